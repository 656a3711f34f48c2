//! Work that is carried from one desk to another in a file: bytes and order as they were made, counted where they were
//! made, sent once whoever sends first, whole or not at all.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{House, add, copy_folder, is_sound, trail};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use turndown_offline::{
    Brought, CarriedDesk, Carrier, CarryFile, CarryHotel, CarryRefusal, Draft, Engine, FeedPlace, Intent, OutboxItem,
    OutboxState, RecordError,
};
use turndown_protocol::{
    ActorId, EntityRef, EntityRow, EventId, EventResult, Fields, Outcome, Problem, SealedEvent, ServiceHead, Theirs,
};

fn hotel() -> CarryHotel {
    CarryHotel { property_id: "hotel".into(), store_id: "store".into() }
}

/// What a desk exports.
fn export(engine: &Engine) -> Vec<u8> {
    let mut file = vec![];
    engine.write_waiting(hotel(), "Hotel".into(), "Lea".into(), &mut file).unwrap().unwrap();
    file
}

fn lines(file: &[u8]) -> Vec<String> {
    String::from_utf8(file.to_vec()).unwrap().lines().map(str::to_owned).collect()
}

/// The events of a file, in its order.
fn events(file: &[u8]) -> Vec<SealedEvent> {
    let lines = lines(file);
    lines[1..lines.len() - 1].iter().map(|line| SealedEvent::from_bytes(line.as_str()).unwrap()).collect()
}

fn try_carry(engine: &Engine, file: &[u8], id: &str) -> Result<Brought, RecordError<CarryRefusal>> {
    let file = CarryFile::read(file.to_vec(), &hotel()).map_err(RecordError::Refused)?;
    let carrier = Carrier { event_id: EventId::parse(id).unwrap(), actor: ActorId::parse("front").unwrap() };
    engine.carry(file, carrier)
}

fn carry(engine: &Engine, file: &[u8], id: &str) -> Brought {
    try_carry(engine, file, id).unwrap_or_else(|error| panic!("{error:?}"))
}

fn next(engine: &Engine) -> Vec<OutboxItem> {
    engine.next_to_send(100, 1 << 20, &BTreeSet::new()).unwrap()
}

fn ids(items: &[OutboxItem]) -> Vec<&str> {
    items.iter().map(|item| item.event_id.as_str()).collect()
}

fn result(id: &str, outcome: Outcome) -> EventResult {
    let event_id = EventId::parse(id).unwrap();
    let theirs =
        (outcome == Outcome::Conflict).then(|| Theirs { row: row(1, 90), paths: vec![], class: "fields".into() });
    let problem = Some(Problem::new(409, "WHY_NOT", "It is so.")).filter(|_| !outcome.is_final() || theirs.is_some());
    EventResult { event_id, outcome, original: None, seq: None, row: None, theirs, problem }
}

fn answer(engine: &Engine, results: Vec<EventResult>) -> turndown_offline::Taken {
    engine.take_results("store", "epoch", None, results).unwrap()
}

/// A service that takes whatever is sent.
fn drain(engine: &Engine, seq: &mut u64) -> Vec<String> {
    let mut came = vec![];
    loop {
        let items = next(engine);
        if items.is_empty() {
            return came;
        }
        let results = items.iter().map(|item| {
            *seq += 1;
            EventResult { seq: Some(*seq), ..result(item.event_id.as_str(), Outcome::Applied) }
        });
        let results = results.collect();
        came.extend(items.into_iter().map(|item| item.bytes));
        answer(engine, results);
    }
}

fn events_of<'a>(came: &'a [String], actor: &str) -> impl Iterator<Item = &'a String> {
    let actor = format!(r#""actor_id":"{actor}""#);
    came.iter().filter(move |bytes| bytes.contains(&actor))
}

fn row(counter: u32, version: u64) -> EntityRow {
    EntityRow {
        entity: EntityRef::new("counter", counter.to_string()),
        version,
        deleted: false,
        fields: Fields::new(),
        provenance: BTreeMap::new(),
        contested: None,
    }
}

fn only(engine: &Engine) -> CarriedDesk {
    let mut desks = engine.carried(100).unwrap();
    assert_eq!(desks.len(), 1, "{desks:?}");
    desks.remove(0)
}

fn states(engine: &Engine) -> Vec<(String, OutboxState)> {
    only(engine).rows.iter().map(|row| (row.sealed.event.event_id.to_string(), row.state)).collect()
}

/// A desk with three events waiting on two counters, and its file.
fn maker() -> (House, Engine, Vec<u8>) {
    let house = House::new();
    let (engine, _) = house.open();
    for (counter, id) in [(1, "m1"), (2, "m2"), (1, "m3")] {
        add(&engine, counter, id);
    }
    let file = export(&engine);
    (house, engine, file)
}

/// Another desk, whose ids differ.
fn carrier() -> (House, Engine) {
    let house = House::new();
    house.environment.skip_ids(1_000);
    let (engine, _) = house.open();
    (house, engine)
}

#[test]
fn what_waits_is_exported_as_it_will_be_sent_and_carried_as_it_was_made() {
    let (_made, maker, file) = maker();
    let (_house, engine) = carrier();
    add(&engine, 2, "own");
    let before = engine.ledger().unwrap();
    let brought = carry(&engine, &file, "carried");
    assert_eq!((brought.events, brought.brought, brought.own), (3, 3, 0));
    let sent: Vec<String> = next(&maker).into_iter().map(|item| item.bytes).collect();
    let exported: Vec<String> = events(&file).into_iter().map(|sealed| sealed.bytes).collect();
    for counter in ["1", "2"] {
        let of = |all: &[String]| -> Vec<String> {
            let lane = format!(r#""entity":{{"id":"{counter}","#);
            all.iter().filter(|bytes| bytes.contains(&lane)).cloned().collect()
        };
        assert_eq!(of(&exported), of(&sent), "counter {counter}");
    }

    // They count where they were made; here only the carrying does.
    let ledger = engine.ledger().unwrap();
    assert_eq!(ledger.recorded, before.recorded + 1);
    assert_eq!(ledger.waiting, before.waiting + 1);
    is_sound(&engine);
    let noted = engine.row(&EventId::parse("carried").unwrap()).unwrap().unwrap().sealed.event;
    assert_eq!((noted.action.as_str(), noted.actor_id.as_str()), ("carried", "front"));
    assert_eq!(noted.args["events"], 3);

    // Own work first; an entity that is in the request with own work waits for the next.
    let first = next(&engine);
    assert_eq!(ids(&first), ["own", "carried", "m1", "m3"]);
    let mut seq = 10;
    let came = drain(&engine, &mut seq);
    assert_eq!(came.len(), 5);
    assert!(sent.iter().all(|bytes| came.contains(bytes)), "byte for byte");
    let desk = only(&engine);
    assert_eq!((desk.brought, desk.arrived(), desk.waiting, desk.attention), (3, 3, 0, 0));
    assert!(desk.name.starts_with("Desk ") && desk.exported_by == "Lea" && desk.carried_by == "front");
    assert_eq!(engine.ledger().unwrap().acknowledged, 2);
}

#[test]
fn a_file_that_is_not_whole_and_sound_or_not_for_this_hotel_is_refused_whole() {
    let (_made, _maker, file) = maker();
    let (_house, engine) = carrier();
    let lines = lines(&file);
    let text = |lines: &[String]| format!("{}\n", lines.join("\n"));
    // Somebody who also mends the sum.
    let summed = |lines: &[String]| {
        let body = text(lines);
        format!("{body}{}\n", json!({ "sha256": SealedEvent::hash_of(body.as_bytes()) }))
    };
    let inner = &lines[..lines.len() - 1];
    let with_head = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut head: serde_json::Value = serde_json::from_str(&inner[0]).unwrap();
        change(&mut head);
        let mut lines = inner.to_vec();
        lines[0] = head.to_string();
        summed(&lines)
    };
    let with_event = |change: &dyn Fn(&str) -> String| {
        let mut lines = inner.to_vec();
        lines[1] = change(&lines[1]);
        summed(&lines)
    };
    let mut swapped = inner.to_vec();
    swapped[3] = swapped[1].clone();
    let mut without = inner.to_vec();
    without.remove(2);
    for (what, file, expected) in [
        ("as it was written", summed(inner), None),
        ("nothing", String::new(), Some(CarryRefusal::NotOurs)),
        ("a picture", "\u{89}PNG\r\n".into(), Some(CarryRefusal::NotOurs)),
        ("events without a head", text(&inner[1..]), Some(CarryRefusal::NotOurs)),
        ("another format", with_head(&|head| head["format"] = json!("rooms")), Some(CarryRefusal::NotOurs)),
        ("a later form", with_head(&|head| head["version"] = json!(2)), Some(CarryRefusal::Newer)),
        (
            "a later event",
            with_event(&|line| line.replace(r#""schema":3"#, r#""schema":4"#)),
            Some(CarryRefusal::Newer),
        ),
        ("without its end", text(inner), Some(CarryRefusal::Cut)),
        ("a letter changed", text(&lines).replacen("tester", "taster", 1), Some(CarryRefusal::Changed)),
        ("lines as Windows has them", text(&lines).replace('\n', "\r\n"), Some(CarryRefusal::Changed)),
        (
            "a letter and the sum changed",
            with_event(&|line| line.replacen("tester", "taster", 1)),
            Some(CarryRefusal::Changed),
        ),
        ("no event in a line", with_event(&|_| "{}".into()), Some(CarryRefusal::Changed)),
        ("an event twice", summed(&swapped), Some(CarryRefusal::Changed)),
        ("an event less", summed(&without), Some(CarryRefusal::Changed)),
        ("another hotel", with_head(&|head| head["property_id"] = json!("other")), Some(CarryRefusal::OtherHotel)),
        ("another service", with_head(&|head| head["store_id"] = json!("other")), Some(CarryRefusal::OtherHotel)),
        (
            "an event that no request could carry",
            with_event(&|line| line.replacen("xxxx", &"x".repeat(2 << 20), 1)),
            Some(CarryRefusal::TooLarge),
        ),
    ] {
        let read = CarryFile::read(file.clone().into_bytes(), &hotel());
        assert_eq!(read.as_ref().err(), expected.as_ref(), "{what}");
        if let Some(refusal) = expected {
            assert!(try_carry(&engine, file.as_bytes(), "x").is_err(), "{what}");
            assert!(refusal.code().starts_with("CARRY_FILE_"));
            assert!(refusal.to_string().ends_with('.') && refusal.next_step().to_string().ends_with('.'), "{what}");
        }
    }
    // Cut anywhere, it is never taken for a shorter file.
    for length in 0..file.len() {
        assert!(CarryFile::read(file[..length].to_vec(), &hotel()).is_err(), "cut at {length}");
    }
    assert_eq!(trail(&engine), vec![]);
    assert!(engine.carried(1).unwrap().is_empty() && next(&engine).is_empty());
}

#[test]
fn the_same_file_again_and_a_desks_own_file_change_nothing() {
    let (made, maker, file) = maker();
    let (_house, engine) = carrier();
    carry(&engine, &file, "carried");
    let before = (trail(&engine), engine.carried(9).unwrap());
    let again = carry(&engine, &file, "again");
    assert_eq!((again.brought, again.events), (0, 3));
    assert_eq!((trail(&engine), engine.carried(9).unwrap()), before);

    let own = try_carry(&maker, &file, "own");
    assert!(matches!(own, Err(RecordError::Refused(CarryRefusal::Own))), "{own:?}");
    assert!(maker.carried(9).unwrap().is_empty() && trail(&maker).len() == 3);
    assert_eq!(std::fs::read_dir(made.file("carried")).unwrap().count(), 0, "nothing is left of it");

    // A later file of the same desk brings what is new in it.
    add(&maker, 3, "m4");
    let later = carry(&engine, &export(&maker), "later");
    assert_eq!((later.brought, later.events), (1, 4));
    assert_eq!((only(&engine).brought, only(&engine).waiting), (4, 4));
}

#[test]
fn what_the_service_does_not_take_stops_its_makers_lane_only_and_is_asked_again_when_the_room_changes() {
    let (_made, _maker, file) = maker();
    let (_house, engine) = carrier();
    carry(&engine, &file, "carried");
    let sent = next(&engine);
    assert_eq!(ids(&sent), ["carried", "m1", "m2", "m3"]);
    let taken = answer(
        &engine,
        vec![
            EventResult { seq: Some(11), ..result("carried", Outcome::Applied) },
            result("m1", Outcome::Conflict),
            EventResult { seq: Some(12), ..result("m2", Outcome::Applied) },
            result("m3", Outcome::Blocked),
        ],
    );
    assert_eq!((taken.ok, taken.errors, taken.conflicts, taken.again.len()), (2, 1, 1, 0));
    assert_eq!(states(&engine), [("m1".into(), OutboxState::Conflict), ("m3".into(), OutboxState::Held)]);
    assert_eq!(only(&engine).rows[0].last_message.as_deref(), Some("It is so."));
    assert!(next(&engine).is_empty(), "it waits for a person");
    // This desk's own work in that room goes on.
    add(&engine, 1, "own");
    assert_eq!(ids(&next(&engine)), ["own"]);
    drain(&engine, &mut 20);

    // Nothing of another room asks; a change of this one does, and the same answer again is no news.
    engine.take_rows(vec![row(2, 30)], None, "c1").unwrap();
    assert!(next(&engine).is_empty());
    engine.take_rows(vec![row(1, 31)], None, "c2").unwrap();
    assert_eq!(ids(&next(&engine)), ["m1"]);
    let same = EventResult { original: Some(Outcome::Conflict), ..result("m1", Outcome::Duplicate) };
    let theirs = result("m1", Outcome::Conflict);
    let taken = answer(&engine, vec![EventResult { theirs: theirs.theirs, problem: theirs.problem, ..same }]);
    assert_eq!((taken.ok, taken.errors), (0, 0));
    assert!(next(&engine).is_empty());

    // Decided somewhere: it is settled, and what stood behind it is judged by itself.
    engine.take_rows(vec![row(1, 32)], None, "c3").unwrap();
    answer(&engine, vec![EventResult { original: Some(Outcome::Settled), ..result("m1", Outcome::Duplicate) }]);
    assert_eq!(ids(&next(&engine)), ["m3"]);
    drain(&engine, &mut 40);
    assert_eq!((only(&engine).arrived(), only(&engine).rows.len()), (3, 0));
}

#[test]
fn a_decision_that_comes_with_a_later_file_goes_before_what_it_settles() {
    let (_made, maker, file) = maker();
    let (_house, engine) = carrier();
    carry(&engine, &file, "carried");
    answer(
        &engine,
        vec![result("carried", Outcome::Applied), result("m1", Outcome::Conflict), result("m3", Outcome::Blocked)],
    );
    drain(&engine, &mut 20);
    // At its own desk somebody decides about the same conflict, offline.
    maker.take_results("store", "epoch", None, vec![result("m1", Outcome::Conflict)]).unwrap();
    maker
        .record(turndown_offline::Intent::<String> {
            event_id: EventId::parse("decision").unwrap(),
            actor: ActorId::parse("tester").unwrap(),
            entity: EntityRef::new("counter", "1"),
            decide: Box::new(|_, _| {
                Ok(turndown_offline::Draft {
                    workflow: "counters".into(),
                    action: "discard".into(),
                    settles: vec![EventId::parse("m1").unwrap()],
                    ..Default::default()
                })
            }),
        })
        .unwrap();
    let later = export(&maker);
    assert_eq!(events(&later)[0].event.event_id.as_str(), "decision");
    assert_eq!(carry(&engine, &later, "later").brought, 1);
    assert_eq!(ids(&next(&engine)), ["later", "decision"]);
    drain(&engine, &mut 30);
    assert_eq!(only(&engine).rows, vec![]);
    // An older file that turns up afterwards turns nothing round.
    assert_eq!(carry(&engine, &file, "older").brought, 0);
}

#[test]
fn a_service_that_was_restored_is_given_what_was_carried_to_it_too() {
    let (_made, _maker, file) = maker();
    let (_house, engine) = carrier();
    engine.begin_epoch("store", "epoch").unwrap();
    carry(&engine, &file, "carried");
    let mut seq = 10;
    let first: Vec<String> = drain(&engine, &mut seq);
    engine.offer_again("store", "epoch-2", 0).unwrap();
    let again = drain(&engine, &mut seq);
    assert!(first.iter().all(|bytes| again.contains(bytes)));
    let made: Vec<&String> = events_of(&again, "tester").collect();
    assert_eq!(made, events_of(&first, "tester").collect::<Vec<_>>(), "each once, in the same order");
    assert_eq!(only(&engine).arrived(), 3);
    is_sound(&engine);
}

#[test]
fn a_carried_event_that_makes_the_service_fail_is_counted_and_parked_like_any_other() {
    let (_made, _maker, file) = maker();
    let (house, engine) = carrier();
    carry(&engine, &file, "carried");
    let id = EventId::parse("m1").unwrap();
    engine.blame(&id, 4, "SERVICE_TROUBLE", "It fails.").unwrap();
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(engine.blamed().unwrap(), BTreeMap::from([(id.clone(), 4)]));
    engine.park(&id, "POISON", "It failed ten times.").unwrap();
    let lane = BTreeSet::from([EntityRef::new("counter", "1")]);
    assert!(engine.next_in_lanes(&lane, 9, 1 << 20).unwrap().is_empty());
    assert_eq!(ids(&next(&engine)), ["carried", "m2"]);
    // Only a person asks again.
    engine.take_rows(vec![row(1, 31)], None, "c1").unwrap();
    assert_eq!(ids(&next(&engine)), ["carried", "m2"]);
    engine.ask_carried_again().unwrap();
    assert_eq!(ids(&engine.next_in_lanes(&lane, 9, 1 << 20).unwrap()), ["m1"]);
    // A service that asks to wait is asked three times.
    let later = || vec![result("m1", Outcome::RetryLater)];
    let again: Vec<usize> = (0..3).map(|_| answer(&engine, later()).again.len()).collect();
    assert_eq!(again, [1, 1, 0]);
    assert_eq!(states(&engine)[0], ("m1".into(), OutboxState::Failed));
}

#[test]
fn a_carried_event_that_was_parked_and_is_given_up_is_asked_about_once_more() {
    let (_made, _maker, file) = maker();
    let (_house, engine) = carrier();
    carry(&engine, &file, "carried");
    let id = EventId::parse("m1").unwrap();
    engine.park(&id, "TOO_LARGE", "It is too large.").unwrap();
    let given_up = engine.record(Intent {
        event_id: EventId::parse("given-up").unwrap(),
        actor: ActorId::parse("front").unwrap(),
        entity: EntityRef::new("counter", "1"),
        decide: Box::new(|work, _| {
            let settles = work.carried_lane(&EventId::parse("m1").unwrap())?;
            Ok::<_, RecordError<String>>(Draft { action: "discard".into(), settles, ..Draft::default() })
        }),
    });
    given_up.unwrap();
    let lane = BTreeSet::from([EntityRef::new("counter", "1")]);
    answer(&engine, vec![EventResult { seq: Some(40), ..result("given-up", Outcome::Applied) }]);
    assert!(ids(&engine.next_in_lanes(&lane, 9, 1 << 20).unwrap()).contains(&"m1"), "nobody has to ask again");
    answer(&engine, vec![result("m1", Outcome::Settled)]);
    assert!(states(&engine).iter().all(|(id, state)| id != "m1" || *state != OutboxState::Failed));
    is_sound(&engine);
}

#[test]
fn what_the_database_has_lost_of_a_carried_file_comes_back_from_the_file_that_was_kept() {
    let (_made, _maker, file) = maker();
    let (house, engine) = carrier();
    add(&engine, 5, "own");
    engine.close();
    drop(engine);
    let before = tempfile::tempdir().unwrap();
    copy_folder(&house.path(), before.path());
    let (engine, _) = house.open();
    carry(&engine, &file, "carried");
    let second_copy: Vec<_> = house.copy_files();
    engine.close();
    drop(engine);
    // The database is one from before; everything beside it is as it was.
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
        if before.path().join(name).exists() {
            std::fs::copy(before.path().join(name), house.file(name)).unwrap();
        }
    }
    assert_eq!(house.copy_files(), second_copy);
    let (engine, _) = house.open();
    assert!(engine.carried(9).unwrap().is_empty());
    assert_eq!(engine.carry_again(&hotel()).unwrap(), 3);
    assert_eq!(only(&engine).waiting, 3);
    assert_eq!(engine.carry_again(&hotel()).unwrap(), 0);
    is_sound(&engine);
    // Half a file, which the power left, is not taken and nobody is told that it was.
    std::fs::write(house.file("carried").join("half.jsonl"), &file[..file.len() / 2]).unwrap();
    assert_eq!(engine.carry_again(&hotel()).unwrap(), 0);
}

#[test]
fn carried_events_are_let_go_after_the_backup_horizon_and_their_file_with_the_last_of_them() {
    let (_made, _maker, file) = maker();
    let (house, engine) = carrier();
    carry(&engine, &file, "carried");
    drain(&engine, &mut 10);
    add(&engine, 7, "newest");
    drain(&engine, &mut 50);
    for _ in 0..24 * 15 {
        engine.ran_an_hour().unwrap();
    }
    engine.set_mode(turndown_protocol::Mode::Online);
    assert_eq!(engine.prune(15).unwrap(), 0, "not before");
    for _ in 0..24 {
        engine.ran_an_hour().unwrap();
    }
    assert_eq!(std::fs::read_dir(house.file("carried")).unwrap().count(), 1);
    engine.prune(15).unwrap();
    assert!(engine.carried(9).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(house.file("carried")).unwrap().count(), 0);
    is_sound(&engine);
}

#[test]
fn d6_the_newest_head_of_the_service_is_shown_in_whatever_order_its_answers_come() {
    let (_house, engine) = carrier();
    engine.begin_epoch("store", "epoch").unwrap();
    assert_eq!(engine.service_head("epoch").unwrap(), None);
    let head = |seq, audit_seq, hash: &str| {
        let (epoch, run) = ("epoch".into(), "run".into());
        ServiceHead { epoch, run, seq, audit_seq, audit_hash: hash.into() }
    };
    let hear = |head: ServiceHead| {
        engine.take_results("store", "epoch", Some(head), vec![result("unknown", Outcome::Applied)]).unwrap();
    };
    for (heard, shown) in [
        (head(4, 7, "seven"), head(4, 7, "seven")),
        (head(3, 6, "six"), head(4, 7, "seven")),
        // An answer that changed nothing.
        (head(4, 8, "eight"), head(4, 8, "eight")),
        // A change that came from elsewhere.
        (head(9, 8, "eight"), head(9, 8, "eight")),
    ] {
        hear(heard);
        assert_eq!(engine.service_head("epoch").unwrap(), Some(shown));
    }
    let place = FeedPlace { cursor: "c9".into(), head: Some(head(12, 9, "nine")) };
    engine.take_rows(vec![], None, place).unwrap();
    assert_eq!(engine.service_head("epoch").unwrap(), Some(head(12, 9, "nine")), "whoever reads hears of it");
    assert_eq!(engine.service_head("another").unwrap(), None, "nothing is said of another epoch");
    engine.begin_epoch("store", "another").unwrap();
    assert_eq!(engine.service_head("another").unwrap(), None);
}
