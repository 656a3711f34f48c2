//! More of the hard cases over real sockets, named by their codes (docs/hard-cases.md). See `link.rs`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod bench;

use bench::counters::{self, VALUE};
use bench::house::{House, Route, Wrong};
use bench::{Bench, Desk, hurried, impatient};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use turndown_offline::{
    Draft, Engine, EngineError, Environment, Fate, Intent, OutboxState, RecordError, Recorded, RowFilter,
    SystemEnvironment, Waits, now_ms,
};
use turndown_protocol::{ActorId, Change, EventId};
use turndown_sync::{LinkMode, LinkState};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

fn fresh_id(engine: &Engine) -> EventId {
    EventId::generate(now_ms(engine.environment().as_ref()), SystemEnvironment.random())
}

fn step(counter: u32, seen: Option<&turndown_protocol::Fields>, by: i64) -> BTreeMap<String, Change> {
    let base = seen.map_or(Value::Null, |fields| fields.get(VALUE).clone());
    let new = json!(base.as_i64().unwrap_or(0) + by);
    let _ = counter;
    BTreeMap::from([(VALUE.to_owned(), Change { base, new })])
}

fn intent(engine: &Engine, counter: u32, depends_on: Vec<EventId>) -> Intent<EngineError> {
    Intent {
        event_id: fresh_id(engine),
        actor: ActorId::parse("tester").expect("a valid id"),
        entity: counters::entity(counter),
        decide: Box::new(move |_, seen| {
            let changes = step(counter, seen.as_ref(), 1);
            Ok(Draft { workflow: "counters".into(), action: "add".into(), changes, depends_on, ..Draft::default() })
        }),
    }
}

async fn offline(bench: &Bench) {
    bench.relay.cut().await;
    bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
}

#[test]
fn b10_what_is_larger_than_the_service_takes_is_told_when_it_is_recorded() {
    runtime().block_on(async {
        let house = House::start().await;
        house.with(|store| store.max_event_bytes = 2_000);
        let bench = Bench::start_with(Desk::new(), house, hurried()).await;
        bench.until_online().await;
        offline(&bench).await;
        let engine = bench.desk.engine.clone();
        let long = Intent {
            decide: Box::new(|_, seen: Option<turndown_protocol::Fields>| {
                let changes = step(1, seen.as_ref(), 1);
                let args = json!({ "note": "x".repeat(3_000) });
                Ok(Draft { workflow: "counters".into(), action: "add".into(), args, changes, ..Draft::default() })
            }),
            ..intent(&engine, 1, vec![])
        };
        let Err(RecordError::Engine(error)) = engine.record(long) else { panic!("it is refused") };
        assert_eq!(error.code(), "TOO_LARGE");
        assert!(
            error.message().to_string().contains("Nothing was saved")
                && error.next_step().to_string().contains("shorter")
        );
        assert_eq!(bench.desk.ledger().recorded, 0);
        // The room is not shut by it.
        bench.desk.add(1, 1);
        bench.relay.restore().await;
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 1)]));
        bench.stop().await;
    });
}

#[test]
fn c4_what_depends_on_another_room_never_has_its_effect_first_even_across_batches() {
    runtime().block_on(async {
        let desk = Desk::new();
        let house = House::start().await;
        // Two events a request and several requests at once: parent and child travel apart.
        house.with(|store| store.max_events = 2);
        let mut pairs = vec![];
        for n in 0..20 {
            let parent = desk.engine.record(intent(&desk.engine, n, vec![])).expect("recorded").sealed.event.event_id;
            let child = desk.engine.record(intent(&desk.engine, 100 + n, vec![parent.clone()])).expect("recorded");
            pairs.push((parent, child.sealed.event.event_id));
        }
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        bench.house.with(|store| {
            let at = |id: &EventId| store.effects.iter().position(|sealed| sealed.event.event_id == *id);
            for (parent, child) in &pairs {
                assert!(at(parent).expect("it came") < at(child).expect("it came"));
            }
        });
        bench.stop().await;
    });
}

#[test]
fn c5_a_command_on_thirteen_rooms_that_conflicts_on_one_neither_wedges_nor_drops_the_twelve() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        offline(&bench).await;
        let engine = bench.desk.engine.clone();
        let intents: Vec<_> = (0..13).map(|n| intent(&engine, n, vec![])).collect();
        // One gesture, one transaction, one event a room.
        let recorded: Vec<Recorded> = engine
            .write(move |work| {
                intents
                    .into_iter()
                    .map(|intent| work.record(intent))
                    .collect::<Result<Vec<_>, RecordError<EngineError>>>()
            })
            .expect("recorded");
        assert_eq!(recorded.len(), 13);
        bench.house.set(4, 50);
        bench.relay.restore().await;
        bench.until("one needs a look", |bench| bench.desk.ledger().attention == 1).await;
        bench.until_drained().await;
        let mut expected: BTreeMap<u32, i64> = (0..13).map(|n| (n, 1)).collect();
        expected.insert(4, 50);
        assert_eq!(bench.house.values(), expected);
        assert!(engine.conflict(&counters::entity(4)).expect("read").is_some());
        // The rooms beside it work on.
        bench.desk.add(5, 1);
        bench.until("it arrives", |bench| bench.house.values()[&5] == 2).await;
        bench.stop().await;
    });
}

#[test]
fn e6_a_clock_that_differs_from_the_services_is_shown_and_written_down_and_stops_nothing() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        let skew = bench.status().clock_ahead_s.expect("it is known");
        offline(&bench).await;
        bench.desk.environment.move_clock(3 * 3_600);
        bench.desk.add(1, 1);
        bench.relay.restore().await;
        bench.until_agreed().await;
        bench.until_online().await;
        let now = bench.status().clock_ahead_s.expect("it is known");
        let moved = skew - now;
        assert!((3 * 3_600 - 60..=3 * 3_600 + 600).contains(&moved), "{moved}");
        // The event says when it was by the desk's clock; the service writes its own time beside it.
        let recorded_at = bench.house.with(|store| store.effects[0].event.recorded_at.clone());
        assert_eq!(recorded_at.len(), "2016-03-25T10:00:00.000Z".len());
        bench.stop().await;
    });
}

#[test]
fn f2_with_a_key_that_is_dead_for_good_recording_goes_on_and_everything_is_kept() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        bench.house.with(|store| store.token = "another".into());
        bench.desk.add(1, 1);
        bench.until("the key is refused", |bench| bench.code() == Some("TOKEN_REFUSED")).await;
        for n in 0..50 {
            bench.desk.add(n % 7, 1);
        }
        assert_eq!(bench.desk.ledger().waiting, 51);
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        let desk = desk.reopened();
        assert_eq!(desk.ledger().waiting, 51, "losing a key is no consent to delete");
        house.with(|store| store.token = bench::house::TOKEN.into());
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert!(bench.desk.engine.rows(RowFilter::All, 0, 100).expect("rows").0.iter().all(|row| row.attempts == 0));
        bench.stop().await;
    });
}

#[test]
fn f6_only_a_401_of_the_service_ends_the_session_and_neither_silence_nor_trouble_does() {
    runtime().block_on(async {
        let bench = Bench::start(impatient()).await;
        bench.until_online().await;
        for (wrong, code) in [
            (Wrong::Problem(500, "STORAGE"), "SERVICE_TROUBLE"),
            (Wrong::Problem(503, "STOPPING"), "SERVICE_BUSY"),
            (Wrong::Hang, "SERVICE_SILENT"),
            (Wrong::Raw(200, vec![("content-type", "text/html")], "sign in"), "NOT_THE_SERVICE"),
        ] {
            offline(&bench).await;
            bench.house.stand(Route::Capabilities, wrong);
            bench.relay.restore().await;
            bench.until(code, |bench| bench.code() == Some(code)).await;
            assert_eq!(bench.status().state, LinkState::Offline, "{code}: it looks again by itself");
            bench.desk.add(1, 1);
            bench.house.behave();
            bench.until_agreed().await;
            bench.until_online().await;
        }
        bench.stop().await;
    });
}

#[test]
fn g5_a_page_that_does_not_go_on_from_where_the_desk_stands_is_not_taken() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.until("the first load is in", |bench| bench.desk.engine.fact("cursor").expect("read").is_some()).await;
        let cursor = bench.desk.engine.fact("cursor").expect("read");
        // The stream is away, so that pages are asked for.
        bench.house.stand(Route::Stream, Wrong::Problem(503, "STOPPING"));
        bench.relay.cut().await;
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        bench.house.stand(Route::Changes, Wrong::Say("from", "another place"));
        bench.house.set(1, 5);
        bench.relay.restore().await;
        let asked = bench.house.count(Route::Changes);
        bench.until("it was asked for", |bench| bench.house.count(Route::Changes) > asked + 2).await;
        assert_eq!(bench.desk.engine.fact("cursor").expect("read"), cursor, "nothing is passed over");
        assert_eq!(bench.desk.value(1), 0);
        bench.house.behave();
        bench.until("it comes", |bench| bench.desk.value(1) == 5).await;
        bench.stop().await;
    });
}

#[test]
fn h9_a_conflict_that_nobody_looks_at_for_thirty_days_blocks_its_own_room_and_no_other() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        offline(&bench).await;
        bench.desk.add(1, 1);
        bench.house.set(1, 50);
        bench.relay.restore().await;
        bench.until("it is known", |bench| bench.desk.ledger().attention == 1).await;
        let mut bench = bench;
        for day in 0..30 {
            bench.desk.environment.move_clock(24 * 3_600);
            bench.desk.add(1, 1);
            bench.desk.add(2 + day, 1);
            if day % 10 == 9 {
                bench.stop().await;
                let Bench { desk, house, .. } = bench;
                bench = Bench::start_with(desk.reopened(), house, hurried()).await;
            }
        }
        bench.until_drained().await;
        assert_eq!(bench.desk.ledger().attention, 31);
        let values = bench.house.values();
        assert_eq!((values[&1], values.len()), (50, 31), "every other room arrived: {values:?}");
        // And what others do comes in all the time.
        bench.house.set(90, 9);
        bench.until("it comes", |bench| bench.desk.value(90) == 9).await;
        bench.stop().await;
    });
}

#[test]
fn i3_a_desk_newer_than_the_service_waits_and_nothing_is_refused() {
    runtime().block_on(async {
        let house = House::start().await;
        house.with(|store| store.schemas = vec![1, 2]);
        let bench = Bench::start_with(Desk::new(), house, hurried()).await;
        bench.until("it is said", |bench| bench.code() == Some("UPGRADE_REQUIRED")).await;
        bench.desk.add(1, 1);
        bench.desk.add(2, 1);
        let looked = bench.house.count(Route::Capabilities);
        bench.until("it looks again", |bench| bench.house.count(Route::Capabilities) > looked + 1).await;
        assert_eq!(bench.house.count(Route::Events), 0);
        assert_eq!((bench.desk.ledger().waiting, bench.desk.ledger().attention), (2, 0));
        bench.house.with(|store| store.schemas.push(3));
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 1), (2, 1)]));
        bench.stop().await;
    });
}

#[test]
fn j5_with_a_long_backlog_what_is_on_its_way_stays_within_its_bounds() {
    runtime().block_on(async {
        let desk = Desk::new();
        let engine = desk.engine.clone();
        for round in 0..40 {
            let intents: Vec<_> = (0..100).map(|n| intent(&engine, n, vec![])).collect();
            let recorded =
                engine.write(move |work| intents.into_iter().try_for_each(|one| work.record(one).map(|_| ())));
            recorded.unwrap_or_else(|error| panic!("round {round}: {error}"));
        }
        let house = House::start().await;
        house.with(|store| store.max_events = 60);
        let bench = Bench::start_with(desk, house, hurried()).await;
        let mut most = 0;
        bench
            .until("all is through", |bench| {
                most = most.max(bench.desk.engine.in_flight().len());
                bench.desk.ledger().waiting == 0
            })
            .await;
        assert!(most <= 5 * 60, "{most} events were in memory at once");
        assert!(bench.house.with(|store| store.most_at_once) <= 5);
        assert!(bench.house.with(|store| store.batches.iter().all(|size| *size <= 60)));
        bench.stop().await;
    });
}

#[test]
fn l3_whoever_recorded_something_can_wait_for_what_became_of_it() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        offline(&bench).await;
        let engine = bench.desk.engine.clone();
        let id = |counter| counters::add(&engine, counter, 1).sealed.event.event_id;
        let (plain, contested, behind, other) = (id(1), id(2), id(2), id(1));
        let fate = |id: &EventId| engine.fate(id).expect("read").expect("it is of this desk");
        assert_eq!(fate(&plain), Fate::Waits(Waits::Link));
        assert_eq!(fate(&other), Fate::Waits(Waits::Behind(plain.clone())));
        bench.house.set(2, 50);
        bench.relay.restore().await;
        // Woken by each new revision, not by a timer.
        let mut notices = engine.notices();
        while matches!(fate(&contested), Fate::Waits(_)) || matches!(fate(&other), Fate::Waits(_)) {
            notices.changed().await.expect("the engine is open");
        }
        assert!(matches!(fate(&plain), Fate::Applied { seq: Some(_) }), "{:?}", fate(&plain));
        assert!(matches!(fate(&contested), Fate::Conflict { .. }));
        assert_eq!(fate(&behind), Fate::Waits(Waits::BehindStopped(contested)));
        assert_eq!(engine.fate(&fresh_id(&engine)).expect("read"), None);
        bench.stop().await;
    });
}

#[test]
fn l4_why_something_is_not_sent_has_one_answer_at_every_moment() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        offline(&bench).await;
        for n in 0..60 {
            bench.desk.add(n % 9, 1);
        }
        bench.house.set(3, 50);
        bench.house.with(|store| store.max_events = 3);
        let mut seen: BTreeSet<&'static str> = BTreeSet::new();
        let mut look = |bench: &Bench| {
            for row in bench.desk.engine.rows(RowFilter::All, 0, 200).expect("rows").0 {
                let fate = bench.desk.engine.fate_of(&row).expect("every row has one");
                seen.insert(match (&fate, row.state) {
                    (Fate::Waits(Waits::Link), OutboxState::Pending) => {
                        // Then it is the link's own reason, or it is about to be sent.
                        "link"
                    }
                    (Fate::Waits(Waits::Behind(_)), _) => "behind",
                    (Fate::Waits(Waits::OnItsWay), OutboxState::Pending) => "on its way",
                    (Fate::Waits(Waits::BehindStopped(_)), OutboxState::Held) => "behind stopped",
                    (Fate::Waits(Waits::AskedAgain { code, .. }), OutboxState::Pending) if !code.is_empty() => "again",
                    (Fate::Conflict { code, message }, _) if !code.is_empty() && !message.is_empty() => "conflict",
                    (Fate::Applied { .. }, OutboxState::Synced) => "applied",
                    other => panic!("no true reason: {other:?}"),
                });
            }
        };
        look(&bench);
        let status = bench.status();
        let reason = status.reason.expect("while everything waits for the link, the link has a reason");
        assert!(reason.message != "" && reason.next_step != "");
        bench.relay.restore().await;
        bench
            .until("all is through", |bench| {
                look(bench);
                bench.desk.ledger().waiting == 0
            })
            .await;
        look(&bench);
        for reason in ["link", "behind", "behind stopped", "conflict", "applied"] {
            assert!(seen.contains(reason), "{reason} was never seen: {seen:?}");
        }
        bench.sync.set_mode(LinkMode::WorkOffline);
        bench.until("it says that somebody chose it", |bench| bench.code() == Some("PLANNED_OFFLINE")).await;
        bench.stop().await;
    });
}
