//! When a desk was without its service, and what came of what was done meanwhile: kept by numbers, over restarts, and in
//! agreement with the ledger.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{House, add};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use turndown_offline::{CameTo, Engine, Outage, Period, PeriodSums, Sql};
use turndown_protocol::{EntityRef, EntityRow, EventId, EventResult, Fields, Mode, Outcome, Theirs};

fn id(n: u32) -> String {
    format!("01ARZ3NDEKTSV4RRFFQ69G{n:04}")
}

/// Records so many actions, each on a counter of its own.
fn work(engine: &Engine, numbers: std::ops::Range<u32>) {
    numbers.for_each(|n| drop(add(engine, n, &id(n))));
}

fn result(n: u32, outcome: Outcome, seq: Option<u64>) -> EventResult {
    let entity = EntityRef::new("counter", n.to_string());
    let row = EntityRow {
        entity,
        version: 90,
        deleted: false,
        fields: Fields::new(),
        provenance: [].into(),
        contested: None,
    };
    EventResult {
        event_id: EventId::parse(id(n)).unwrap(),
        outcome,
        original: None,
        seq,
        row: None,
        theirs: (outcome == Outcome::Conflict).then(|| Theirs {
            row,
            paths: vec!["value".into()],
            class: "fields".into(),
        }),
        problem: None,
    }
}

fn answer(engine: &Engine, results: Vec<EventResult>) {
    engine.take_results("store", "epoch", None, results).unwrap();
}

fn take(engine: &Engine, numbers: std::ops::Range<u32>) {
    answer(engine, numbers.map(|n| result(n, Outcome::Applied, Some(u64::from(n) + 1))).collect());
}

fn only(engine: &Engine) -> Outage {
    let mut outages = engine.outages(10).unwrap();
    assert_eq!(outages.len(), 1, "{outages:?}");
    outages.remove(0)
}

fn pass(house: &House, seconds: i64) {
    house.environment.seconds.fetch_add(seconds, Ordering::SeqCst);
}

#[test]
fn an_outage_goes_over_a_restart_and_a_kill_and_is_known_by_the_numbers_of_what_was_done_in_it() {
    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..3);
    take(&engine, 0..3);
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    work(&engine, 3..5);
    // A link that says so again, with another reason, changes nothing.
    engine.outage_begins("SERVICE_SILENT", false).unwrap();
    let open = only(&engine);
    assert_eq!((open.after_seq, open.until_seq, open.code.as_str()), (3, 5, "SERVICE_UNREACHABLE"));
    assert_eq!(open.ended_at, None);

    // The clock is set back meanwhile; numbers are not.
    pass(&house, -7_200);
    drop(engine);
    let (engine, _) = house.open();
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    work(&engine, 5..7);
    pass(&house, 10_000);
    engine.outage_ends().unwrap();
    work(&engine, 7..9);
    let ended = only(&engine);
    assert_eq!((ended.id, ended.after_seq, ended.until_seq), (open.id, 3, 7));
    assert_eq!(ended.began_at, open.began_at);
    assert!(ended.ended_at.is_some());
    let rows = engine.period_rows(Period::from(&ended), None, 0, 100).unwrap();
    let done: Vec<u64> = rows.iter().map(|row| row.sealed.event.local_seq).collect();
    assert_eq!(done, [4, 5, 6, 7]);
    // An end without a beginning is none.
    engine.outage_ends().unwrap();
    assert_eq!(only(&engine), ended);
}

#[test]
fn what_could_not_be_sent_when_the_desk_noticed_belongs_to_the_outage_and_what_was_sent_before_does_not() {
    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..4);
    take(&engine, 0..2);
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    assert_eq!(only(&engine).after_seq, 2, "the two that waited were not heard of");
}

#[test]
fn a_link_that_breaks_again_while_the_work_is_sent_is_the_same_outage_and_another_one_later_is_not() {
    let house = House::new();
    let (engine, _) = house.open();
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    work(&engine, 0..6);
    pass(&house, 600);
    engine.outage_ends().unwrap();
    take(&engine, 0..2);
    engine.outage_begins("CONNECTION_BROKEN", false).unwrap();
    assert_eq!((only(&engine).after_seq, only(&engine).ended_at), (0, None));
    engine.outage_ends().unwrap();
    take(&engine, 2..6);

    engine.outage_begins("PLANNED_OFFLINE", false).unwrap();
    work(&engine, 6..7);
    let outages = engine.outages(10).unwrap();
    assert_eq!(outages.iter().map(|one| (one.after_seq, one.until_seq)).collect::<Vec<_>>(), [(6, 7), (0, 6)]);
    assert_eq!(engine.outage(outages[1].id).unwrap().as_ref(), outages.get(1));
    assert_eq!(engine.outage(99).unwrap(), None);
}

#[test]
fn what_a_restored_service_is_offered_again_and_what_somebody_holds_back_is_not_of_the_next_outage() {
    let house = House::new();
    let (engine, _) = house.open();
    engine.begin_epoch("store", "epoch").unwrap();
    // An outage of long ago, all of it sent; then much more work, sent as well.
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    work(&engine, 0..3);
    pass(&house, 600);
    engine.outage_ends().unwrap();
    work(&engine, 3..9);
    take(&engine, 0..9);
    engine.offer_again("store", "epoch-2", 0).unwrap();
    assert_eq!(engine.ledger().unwrap().waiting, 10, "all of it is offered again, and a note says so");
    work(&engine, 9..10);
    engine.outage_begins("CONNECTION_BROKEN", false).unwrap();
    let outages = engine.outages(10).unwrap();
    let stretches: Vec<_> = outages.iter().map(|one| (one.after_seq, one.until_seq)).collect();
    assert_eq!(stretches, [(9, 11), (0, 3)], "only what was never sent is of the new one");

    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..2);
    let by = turndown_protocol::ActorId::parse("lea").unwrap();
    engine
        .put_on_hold(EventId::parse("h1").unwrap(), by, EntityRef::new("counter", "1"), "asked first".into())
        .unwrap();
    drop(add(&engine, 1, &id(50)));
    take(&engine, 0..1);
    answer(
        &engine,
        vec![EventResult { event_id: EventId::parse("h1").unwrap(), ..result(0, Outcome::Applied, Some(9)) }],
    );
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    assert_eq!(only(&engine).after_seq, 4, "two actions of a counter on hold wait, and not for the link");

    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..5);
    engine.outage_begins("SERVICE_UNREACHABLE", true).unwrap();
    assert_eq!(only(&engine).after_seq, 5, "somebody had paused the sending");
}

#[test]
fn a_moment_without_the_service_in_which_nobody_did_anything_is_forgotten_and_an_hour_is_not() {
    let house = House::new();
    let (engine, _) = house.open();
    engine.outage_begins("SERVICE_SILENT", false).unwrap();
    pass(&house, 5);
    engine.outage_ends().unwrap();
    assert_eq!(engine.outages(10).unwrap(), []);
    engine.outage_begins("SERVICE_SILENT", false).unwrap();
    pass(&house, 3_600);
    engine.outage_ends().unwrap();
    assert_eq!(only(&engine).until_seq, 0);
    engine.outage_begins("SERVICE_SILENT", false).unwrap();
    work(&engine, 0..1);
    engine.outage_ends().unwrap();
    assert_eq!(engine.outages(10).unwrap().len(), 2, "somebody did something in it");
}

#[test]
fn l1_the_sums_of_a_period_are_its_actions_and_agree_with_the_ledger() {
    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..2);
    take(&engine, 0..2);
    engine.set_mode(Mode::Offline);
    engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
    work(&engine, 2..12);
    // Behind one that will need a look, in the same lane.
    drop(add(&engine, 4, &id(100)));
    engine.outage_ends().unwrap();
    take(&engine, 6..9);
    answer(
        &engine,
        vec![
            result(2, Outcome::Merged, Some(50)),
            result(3, Outcome::Rejected, None),
            result(4, Outcome::Conflict, None),
        ],
    );
    let period = Period::from(&only(&engine));
    let sums = engine.period_sums(period).unwrap();
    let expected = PeriodSums { recorded: 11, taken: 3, merged: 1, decided: 0, given_up: 0, waiting: 4, attention: 3 };
    assert_eq!(sums, expected);
    assert!(sums.is_balanced());
    for (came_to, count) in [
        (CameTo::Taken, 3),
        (CameTo::Merged, 1),
        (CameTo::Decided, 0),
        (CameTo::GivenUp, 0),
        (CameTo::Waiting, 4),
        (CameTo::Attention, 3),
    ] {
        let rows = engine.period_rows(period, Some(came_to), 0, 100).unwrap();
        assert_eq!(rows.len(), count, "{came_to:?}");
        assert!(rows.iter().all(|row| row.came_to == came_to));
    }
    assert_eq!(engine.period_actors(period).unwrap(), [("tester".to_owned(), 11)]);

    let entities = engine.period_entities(period).unwrap();
    assert_eq!(entities.iter().map(|one| one.sums.recorded).sum::<u64>(), sums.recorded);
    assert!(entities.iter().all(|one| one.sums.is_balanced()));
    let of = |n: &str| entities.iter().find(|one| one.entity.id == n).unwrap();
    assert!(of("4").conflict && of("4").sums.attention == 2);
    assert_eq!(of("3").failed.as_ref().map(EventId::as_str), Some(id(3).as_str()));
    assert_eq!(of("4").changes["value"].base, serde_json::Value::Null);
    assert_eq!(of("4").changes["value"].new, 2, "from before the first to after the last");

    // All of the record is a period too, and then the sums are the ledger's.
    let (all, ledger) = (engine.period_sums(Period::default()).unwrap(), engine.ledger().unwrap());
    assert_eq!(all.recorded, ledger.recorded);
    assert_eq!(all.taken + all.merged + all.decided, ledger.acknowledged);
    assert_eq!((all.waiting, all.attention, all.given_up), (ledger.waiting, ledger.attention, ledger.discarded));

    // A page at a time comes to the same.
    let paged: Vec<u64> = (0..4)
        .flat_map(|page| engine.period_rows(period, None, page * 3, 3).unwrap())
        .map(|row| row.sealed.event.local_seq)
        .collect();
    assert_eq!(paged, (3..=13).collect::<Vec<_>>());
}

#[test]
fn a_period_of_time_holds_what_was_recorded_in_it() {
    let house = House::new();
    let (engine, _) = house.open();
    let begin = turndown_offline::Environment::now(house.environment.as_ref());
    for n in 0..4 {
        work(&engine, n..n + 1);
        pass(&house, 60);
    }
    let at = |minutes| Some(begin + chrono::TimeDelta::minutes(minutes));
    let period = Period { from: at(1), to: at(3), ..Period::default() };
    let rows = engine.period_rows(period, None, 0, 10).unwrap();
    assert_eq!(rows.iter().map(|row| row.sealed.event.local_seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(engine.period_sums(period).unwrap().recorded, 2);
}

#[test]
fn rows_that_were_let_go_still_count_and_a_row_that_is_lost_does_not_hide() {
    let house = House::new();
    let (engine, _) = house.open();
    work(&engine, 0..8);
    take(&engine, 0..4);
    answer(&engine, vec![result(5, Outcome::Merged, Some(70))]);
    engine
        .write(|work| {
            work.execute("UPDATE outbox SET state = 'discarded', acknowledged_day = 0 WHERE local_seq = 7", [])?;
            work.execute("UPDATE outbox SET state = 'settled', acknowledged_day = 0 WHERE local_seq = 8", [])?;
            Ok::<_, turndown_offline::EngineError>(())
        })
        .unwrap();
    let before = engine.period_sums(Period::default()).unwrap();
    for _ in 0..48 {
        engine.ran_an_hour().unwrap();
    }
    engine.set_mode(turndown_protocol::Mode::Online);
    let pruned = engine.prune(1).unwrap();
    assert!(pruned > 0);
    let sums = engine.period_sums(Period::default()).unwrap();
    let expected = PeriodSums { recorded: 8, taken: 4, merged: 1, decided: 1, given_up: 1, waiting: 1, attention: 0 };
    assert_eq!((before, sums), (expected, expected), "what came of each is still known");
    assert!(sums.is_balanced());
    let rows = engine.period_rows(Period::default(), None, 0, 10).unwrap();
    assert_eq!(rows.len(), 8, "the record still has them");
    assert_eq!(rows.iter().find(|row| row.came_to == CameTo::GivenUp).unwrap().sealed.event.local_seq, 7);
    let ledger = engine.ledger().unwrap();
    assert!(ledger.is_balanced() && ledger.discarded == 1, "{ledger:?}");
    assert!(rows.iter().any(|row| row.state.is_none()));

    let other = House::new();
    let (engine, _) = other.open();
    work(&engine, 0..3);
    engine
        .write(|work| {
            work.execute("DELETE FROM outbox WHERE local_seq = 2", [])?;
            Ok::<_, turndown_offline::EngineError>(())
        })
        .unwrap();
    assert!(!engine.period_sums(Period::default()).unwrap().is_balanced());
    let left: Option<u64> =
        engine.read(|mut sql| sql.first("SELECT count(*) FROM outbox", [], |row| row.get(0))).unwrap();
    assert_eq!(left, Some(2));
    assert!(engine.next_to_send(10, 1 << 20, &BTreeSet::new()).unwrap().len() == 2);
}

#[test]
fn l3_how_old_the_oldest_is_that_waits_is_said_of_what_still_waits() {
    let house = House::new();
    let (engine, _) = house.open();
    assert_eq!(engine.oldest_waiting().unwrap(), None);
    let recorded: Vec<String> = (0..4)
        .map(|n| {
            pass(&house, 60);
            add(&engine, n, &id(n)).event.recorded_at
        })
        .collect();
    let oldest = || engine.oldest_waiting().unwrap();
    assert_eq!(oldest().as_ref(), Some(&recorded[0]));
    take(&engine, 0..1);
    assert_eq!(oldest().as_ref(), Some(&recorded[1]));
    // What needs a person is not on its way.
    answer(&engine, vec![result(1, Outcome::Conflict, None)]);
    assert_eq!(oldest().as_ref(), Some(&recorded[2]));
    take(&engine, 2..4);
    assert_eq!(oldest(), None);
}
