//! The link over real sockets: a real engine, real HTTP, and a service that answers wrongly when it is told to.
//! Named after the hard cases of synchronisation. No test waits for a fixed time; each waits for what it promises.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod bench;

use bench::counters::{self, record};
use bench::house::{Backup, House, Route, Wrong};
use bench::relay::Flow;
use bench::{Bench, Desk, hurried, impatient};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;
use turndown_offline::{OutboxState, RowFilter};
use turndown_protocol::{ActorId, AuditHead, EventId, Mode};
use turndown_sync::{LinkMode, LinkState, Sync, enroll, find_hotel};

type Tests = tokio::runtime::Runtime;

fn runtime() -> Tests {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
}

#[test]
fn what_was_recorded_arrives_and_what_changed_elsewhere_comes_back() {
    runtime().block_on(async {
        let desk = Desk::new();
        let house = House::start().await;
        house.set(7, 40);
        desk.add(1, 5);
        desk.add(1, 2);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 7), (7, 40)]));
        assert_eq!(bench.desk.value(7), 40);
        bench.until_online().await;
        let status = bench.status();
        assert_eq!((status.reason, status.slow, status.notice), (None, None, None));
        let flush = status.last_flush.expect("a flush ended");
        assert_eq!((flush.ok_count, flush.error_count, flush.conflict_count, flush.code), (2, 0, 0, None));
        bench.until("nothing is on its way", |bench| bench.desk.engine.in_flight().is_empty()).await;
        // What is recorded from now on goes at once and says that it was recorded online.
        let recorded = counters::add(&bench.desk.engine, 1, 1);
        assert_eq!(recorded.sealed.event.mode, Mode::Online);
        bench.until_agreed().await;
        // The facts that others stand on.
        let fact = |key: &str| bench.desk.engine.fact(key).expect("it can be read");
        assert_eq!(fact("store_id").as_deref(), Some(bench::house::STORE));
        assert_eq!(fact("epoch").as_deref(), Some("epoch-1"));
        assert!(fact("cursor").is_some());
        bench.until("the age is known", |bench| bench.desk.engine.fact("known_at").expect("read").is_some()).await;
        bench
            .until("the witness is kept", |bench| {
                let witness = turndown_sync::SignedHead::kept(&bench.desk.engine).expect("it can be read");
                witness.is_some_and(|signed| {
                    signed.head.local_seq == 3 && signed.install_id == bench.desk.engine.install_id()
                })
            })
            .await;
        bench.stop().await;
    });
}

/// One wrong answer stands; a thing is recorded; nothing is acknowledged while it stands and the screen says why; then
/// the service behaves, and everything arrives once with nobody's help.
async fn stands_and_heals(what: &str, route: Route, wrong: Wrong, state: LinkState, code: &str) {
    let timing = if matches!(wrong, Wrong::Hang) { impatient() } else { hurried() };
    let bench = Bench::start(timing).await;
    bench.until_online().await;
    bench.desk.add(1, 1);
    bench.until_agreed().await;
    if matches!(route, Route::Capabilities | Route::Handshake) {
        // These are only asked on a new connection.
        bench.relay.cut().await;
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
    }
    bench.house.stand(route, wrong);
    bench.desk.add(1, 1);
    bench.desk.add(2, 1);
    bench.relay.restore().await;
    bench.until(what, |bench| bench.status().state == state && bench.code() == Some(code)).await;
    let ledger = bench.desk.ledger();
    assert_eq!((ledger.acknowledged, ledger.waiting, ledger.attention), (1, 2, 0), "{what}");
    let reason = bench.status().reason.expect("a reason");
    assert!(reason.message != "" && reason.next_step != "", "{what}");
    // Recording goes on.
    bench.desk.add(2, 1);
    bench.house.behave();
    bench.until_agreed().await;
    bench.until_online().await;
    assert_eq!(bench.house.values(), BTreeMap::from([(1, 2), (2, 2)]), "{what}");
    bench.stop().await;
}

macro_rules! stands_and_heals {
    ($($name:ident: $route:ident, $wrong:expr, $state:ident, $code:literal;)*) => { $(
        #[test]
        fn $name() {
            runtime().block_on(stands_and_heals(stringify!($name), Route::$route, $wrong, LinkState::$state, $code));
        }
    )* };
}

const PORTAL: &str = "<html><body>Welcome to the guest network. Please sign in.</body></html>";

stands_and_heals! {
    b6_a_portals_page_with_status_200_acknowledges_nothing:
        Events, Wrong::Raw(200, vec![("content-type", "text/html")], PORTAL), Offline, "NOT_THE_SERVICE";
    b6_a_portals_page_that_claims_to_be_json_acknowledges_nothing:
        Events, Wrong::Raw(200, vec![("content-type", "application/json")], PORTAL), Offline, "ANSWER_UNFIT";
    b6_a_portals_redirect_is_not_followed:
        Events, Wrong::Raw(302, vec![("location", "http://127.0.0.1:1/login")], ""), Offline, "NOT_THE_SERVICE";
    b7_an_error_inside_a_200_acknowledges_nothing:
        Events, Wrong::Raw(200, vec![("content-type", "application/json")], r#"{"error":407}"#), Offline, "ANSWER_UNFIT";
    b7_an_answer_that_leaves_out_an_event_acknowledges_nothing: Events, Wrong::Omit, Offline, "ANSWER_UNFIT";
    b7_an_answer_for_another_batch_acknowledges_nothing: Events, Wrong::Say("batch_id", "b"), Offline, "ANSWER_UNFIT";
    b7_an_answer_from_another_store_acknowledges_nothing: Events, Wrong::Say("store_id", "x"), Offline, "ANSWER_UNFIT";
    b7_an_answer_from_another_epoch_acknowledges_nothing: Events, Wrong::Say("epoch", "x"), Offline, "ANSWER_UNFIT";
    b8_an_answer_cut_in_the_middle_acknowledges_nothing: Events, Wrong::DoneThenCut, Offline, "CONNECTION_BROKEN";
    b1_an_answer_that_is_lost_after_the_work_is_done_is_asked_for_again:
        Events, Wrong::DoneThenGone, Offline, "CONNECTION_BROKEN";
    b14_a_request_that_hangs_is_cut_by_its_deadline: Events, Wrong::Hang, Offline, "SERVICE_SILENT";
    b14_a_greeting_that_hangs_is_cut_by_its_deadline: Capabilities, Wrong::Hang, Offline, "SERVICE_SILENT";
    b16_too_many_requests: Events, Wrong::Raw(429, vec![("retry-after", "1")], ""), Offline, "SERVICE_BUSY";
    b16_a_service_that_is_stopping: Events, Wrong::Raw(503, vec![("retry-after", "0")], ""), Offline, "SERVICE_BUSY";
    f1_a_token_that_is_not_taken_any_more: Events, Wrong::Problem(401, "UNAUTHENTICATED"), Stopped, "TOKEN_REFUSED";
    f4_a_desk_that_may_not_speak_for_this_hotel: Events, Wrong::Problem(403, "FORBIDDEN"), Stopped, "WRONG_PROPERTY";
    d4_a_batch_that_another_store_refuses: Events, Wrong::Problem(409, "WRONG_STORE"), Stopped, "WRONG_STORE";
    i2_a_service_that_wants_a_newer_desk: Events, Wrong::Problem(426, "UPGRADE_REQUIRED"), Stopped, "UPGRADE_REQUIRED";
    a_handshake_answer_of_another_store: Handshake, Wrong::Say("store_id", "x"), Offline, "ANSWER_UNFIT";
}

#[test]
fn f1_a_token_refused_at_the_greeting_stops_the_link_and_recording_goes_on() {
    runtime().block_on(async {
        let house = House::start().await;
        house.with(|store| store.token = "another".into());
        let bench = Bench::start_with(Desk::new(), house, hurried()).await;
        bench.until("the token is refused", |bench| bench.code() == Some("TOKEN_REFUSED")).await;
        assert_eq!(bench.status().state, LinkState::Stopped);
        bench.desk.add(1, 1);
        assert_eq!(bench.house.count(Route::Events), 0);
        bench.house.with(|store| store.token = bench::house::TOKEN.into());
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn f4_a_token_of_another_hotel_is_known_before_anything_is_sent() {
    runtime().block_on(async {
        let house = House::start().await;
        house.with(|store| store.property = "p2".into());
        let desk = Desk::new();
        desk.add(1, 1);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until("it is known", |bench| bench.code() == Some("WRONG_PROPERTY")).await;
        assert_eq!((bench.house.count(Route::Handshake), bench.house.count(Route::Events)), (0, 0));
        assert_eq!(bench.status().state, LinkState::Stopped);
        bench.house.with(|store| store.property = bench::house::PROPERTY.into());
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn b12_an_outage_ends_by_itself() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.relay.cut().await;
        bench.until("the outage is noticed", |bench| bench.code() == Some("SERVICE_UNREACHABLE")).await;
        assert_eq!(bench.status().state, LinkState::Offline);
        for n in 0..60 {
            let recorded = counters::add(&bench.desk.engine, n % 7, 1);
            assert_eq!(recorded.sealed.event.mode, Mode::Offline);
        }
        assert_eq!(bench.desk.ledger().waiting, 60);
        bench.relay.restore().await;
        bench.until_agreed().await;
        bench.until_online().await;
        assert_eq!(bench.house.with(|store| store.effects.len()), 60);
        bench.stop().await;
    });
}

#[test]
fn b14_b15_a_connection_that_goes_deaf_either_way_is_given_up_and_heals_without_a_restart() {
    runtime().block_on(async {
        for flow in [Flow::None, Flow::OutOnly] {
            let bench = Bench::start(impatient()).await;
            bench.until_online().await;
            bench.desk.add(1, 1);
            bench.until_agreed().await;
            bench.relay.flow(flow);
            bench.desk.add(1, 1);
            bench.until("the silence is noticed", |bench| bench.code() == Some("SERVICE_SILENT")).await;
            assert_eq!(bench.desk.ledger().waiting, 1, "{flow:?}");
            bench.relay.restore().await;
            bench.until_agreed().await;
            assert_eq!(bench.house.values(), BTreeMap::from([(1, 2)]), "{flow:?}");
            bench.stop().await;
        }
    });
}

#[test]
fn c8_a_second_drop_in_the_middle_of_a_flush_leaves_the_rest_unsent_and_nothing_marked() {
    runtime().block_on(async {
        let desk = Desk::new();
        for n in 0..400 {
            desk.add(n % 40, 1);
        }
        let house = House::start().await;
        house.with(|store| {
            store.max_events = 20;
            store.delay = Duration::from_millis(10);
        });
        let bench = Bench::start_with(desk, house, hurried()).await;
        for part in [1, 100, 200] {
            bench.until("some are through", |bench| bench.desk.ledger().acknowledged > part).await;
            bench.relay.cut().await;
            bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
            bench.until("nothing is on its way", |bench| bench.desk.engine.in_flight().is_empty()).await;
            let ledger = bench.desk.ledger();
            assert_eq!(ledger.acknowledged + ledger.waiting, 400);
            // What was cut off is over there too before more comes, or it would count beside it.
            bench.until("nothing runs there", |bench| bench.house.with(|store| store.running) == 0).await;
            bench.relay.restore().await;
        }
        bench.until_agreed().await;
        assert!(bench.house.with(|store| store.most_at_once) <= 5);
        bench.stop().await;
    });
}

#[test]
fn b11_c6_a_backlog_larger_than_any_limit_goes_in_pieces_and_nothing_acknowledged_goes_twice() {
    runtime().block_on(async {
        let mut desk = Desk::new();
        for n in 0..1_500 {
            desk.add(n % 100, 1);
        }
        let house = House::start().await;
        house.with(|store| store.max_events = 70);
        // The link is ended and begun again on the way; an answer that was not taken may be asked for again.
        for part in [100, 400, 900] {
            let bench = Bench::start_with(desk, house.clone(), hurried()).await;
            bench.until("some are through", |bench| bench.desk.ledger().acknowledged >= part).await;
            bench.stop().await;
            let acknowledged = bench.desk.ledger().acknowledged;
            desk = bench.desk.reopened();
            assert!(desk.ledger().acknowledged >= acknowledged);
        }
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        let (largest, repeats, gzipped) = bench
            .house
            .with(|store| (store.batches.iter().copied().max().expect("batches"), store.repeats, store.gzipped));
        assert!(largest <= 70, "{largest}");
        assert!(repeats <= 3 * 5 * 70, "only what was on its way at a stop goes again: {repeats}");
        assert!(gzipped > 0, "large bodies are compressed");
        bench.stop().await;
    });
}

#[test]
fn b11_a_batch_never_has_more_bytes_than_the_service_takes() {
    runtime().block_on(async {
        let desk = Desk::new();
        for n in 0..60 {
            record(&desk.engine, n, 1, json!({"note": "x".repeat(2_000)}));
        }
        let house = House::start().await;
        house.with(|store| store.max_bytes = 20_000);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert!(bench.house.with(|store| store.log_of(Route::Events).iter().all(|status| *status == 200)));
        bench.stop().await;
    });
}

#[test]
fn b10_one_event_over_the_limit_is_parked_alone_and_everything_else_arrives() {
    runtime().block_on(async {
        let desk = Desk::new();
        for n in 0..30 {
            desk.add(n, 1);
        }
        let huge = record(&desk.engine, 13, 1, json!({"note": "x".repeat(50_000)})).sealed.event.event_id;
        for n in 0..30 {
            desk.add(n, 1);
        }
        let house = House::start().await;
        house.with(|store| store.max_bytes = 30_000);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench
            .until("the rest is through and it needs a look", |bench| {
                let ledger = bench.desk.ledger();
                ledger.waiting == 0 && ledger.attention == 2
            })
            .await;
        let row = bench.desk.engine.row(&huge).expect("read").expect("it is there");
        assert_eq!((row.state, row.last_code.as_deref()), (OutboxState::Failed, Some("TOO_LARGE")));
        assert_eq!(bench.house.with(|store| store.effects.len()), 60 - 1, "only what stands behind it waits");
        bench.house.check_order();
        bench.stop().await;
    });
}

#[test]
fn b10_a_service_that_refuses_whole_batches_is_sent_smaller_ones() {
    runtime().block_on(async {
        let desk = Desk::new();
        for n in 0..50 {
            desk.add(n % 5, 1);
        }
        let house = House::start().await;
        house.stand(Route::Events, Wrong::TooMany(3));
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert_eq!(bench.desk.ledger().acknowledged, 50);
        bench.stop().await;
    });
}

#[test]
fn c2_an_event_that_always_makes_the_service_fail_is_parked_and_starves_nobody() {
    runtime().block_on(async {
        let desk = Desk::new();
        for n in 0..60 {
            desk.add(n, 1);
        }
        let bad = record(&desk.engine, 30, 1, json!({"poison": true})).sealed.event.event_id;
        desk.add(30, 1);
        let bench = Bench::start_with(desk, House::start().await, hurried()).await;
        // All neighbours arrive although the bad one is still being tried.
        bench.until("the neighbours are through", |bench| bench.desk.ledger().acknowledged >= 60).await;
        // It is the event's fault only as long as others pass.
        let mut n = 0;
        bench
            .until("it is parked", |bench| {
                let state = bench.desk.engine.row(&bad).expect("read").expect("it is there").state;
                if state != OutboxState::Failed && bench.desk.ledger().waiting <= 2 {
                    n += 1;
                    bench.desk.add(100 + n % 10, 1);
                }
                state == OutboxState::Failed
            })
            .await;
        let row = bench.desk.engine.row(&bad).expect("read").expect("it is there");
        assert_eq!(row.last_code.as_deref(), Some("POISON"));
        assert!(row.last_message.is_some_and(|message| message.contains("10 times")));
        bench.until("the rest is through", |bench| bench.desk.ledger().waiting == 0).await;
        assert_eq!(bench.desk.ledger().attention, 2, "the bad one, and the one behind it in its lane");
        bench
            .until("it is on screen", |bench| {
                bench.status().last_flush.is_some_and(|flush| flush.code.is_some() || flush.error_count == 0)
            })
            .await;
        bench.house.check_order();
        bench.stop().await;
    });
}

#[test]
fn a_conflict_is_counted_and_the_rest_flows() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        bench.sync.set_mode(LinkMode::WorkOffline);
        bench.until("cut", |bench| bench.code() == Some("PLANNED_OFFLINE")).await;
        bench.desk.add(1, 1);
        bench.desk.add(1, 1);
        bench.desk.add(2, 1);
        bench.house.set(1, 50);
        bench.sync.set_mode(LinkMode::Auto);
        bench.until("the conflict is known", |bench| bench.desk.ledger().attention == 2).await;
        bench.until("the rest is through", |bench| bench.desk.ledger().waiting == 0).await;
        assert_eq!(bench.desk.engine.conflict_count().expect("read"), 1);
        bench
            .until("it is on screen", |bench| {
                bench.status().last_flush.is_some_and(|flush| {
                    flush.code == Some("STATUS_CONFLICT_ON_FLUSH")
                        && (flush.error_count, flush.conflict_count) == (1, 1)
                })
            })
            .await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 50), (2, 1)]));
        bench.stop().await;
    });
}

#[test]
fn d4_another_service_at_the_same_address_gets_nothing_and_the_outbox_stays() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        bench.relay.cut().await;
        bench.desk.add(1, 1);
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        let sent = bench.house.count(Route::Events);
        // It does not know the token, and would say so.
        bench.house.with(|store| {
            store.store_id = "store-2".into();
            store.token = "of-another-hotel".into();
        });
        bench.relay.restore().await;
        bench.until("the stranger is known", |bench| bench.code() == Some("WRONG_STORE")).await;
        assert_eq!(bench.status().state, LinkState::Stopped);
        // Whatever was on its way when the line was cut has arrived by now; every greeting from here on is to the stranger.
        let seen = bench.house.with(|store| store.tokens_seen);
        bench.sync.sync_now();
        let greeted = bench.house.count(Route::Capabilities);
        bench.until("it is looked at again", |bench| bench.house.count(Route::Capabilities) > greeted + 2).await;
        assert_eq!(bench.house.count(Route::Events), sent, "nothing is sent to a stranger");
        assert_eq!(bench.house.with(|store| store.tokens_seen), seen, "nor is it shown the token");
        assert_eq!(bench.desk.ledger().waiting, 1);
        bench.house.with(|store| {
            store.store_id = bench::house::STORE.into();
            store.token = bench::house::TOKEN.into();
        });
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn d3_a_restored_service_is_noticed_and_what_waits_is_kept_and_sent() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        for n in 0..10 {
            bench.desk.add(n, 1);
        }
        bench.until_agreed().await;
        let snapshots = bench.house.count(Route::Snapshot);
        bench.relay.cut().await;
        bench.desk.add(20, 1);
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        // Restored from a backup in which counter 9 had another value; the sequence goes on above.
        bench.house.with(|store| {
            store.epoch = "epoch-2".into();
            store.seq += 1_000;
            let version = store.seq;
            let row = store.rows.get_mut(&counters::entity(9)).expect("it is there");
            row.fields.set("value", json!(70));
            row.version = version;
        });
        bench.relay.restore().await;
        bench.until_agreed().await;
        until_the_loss_is_said(&bench).await;
        assert!(bench.house.count(Route::Snapshot) > snapshots);
        assert_eq!(bench.desk.value(9), 70, "the snapshot counts, although its rows are older in their numbers");
        assert_eq!(bench.desk.engine.fact("epoch").expect("read").as_deref(), Some("epoch-2"));
        bench.stop().await;
    });
}

/// The service goes back to a backup; everything that this desk had acknowledged since is offered again by itself, has
/// its effect once, and the ledger balances at every moment in between.
async fn heals_a_service_that_went_back(epoch_after: &str, seq_after: u64) {
    let bench = Bench::start(hurried()).await;
    bench.until_online().await;
    for n in 0..10 {
        bench.desk.add(n, 1);
    }
    bench.until_agreed().await;
    let backup = bench.house.with(|store| store.backup());
    for n in 0..40 {
        bench.desk.add(n % 12, 10);
    }
    bench.until_agreed().await;
    let before = bench.house.values();
    let kept = bench.desk.engine.rows(RowFilter::All, 0, 1_000).expect("rows").0;
    bench.relay.cut().await;
    bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
    // Recorded on what the service has lost.
    bench.desk.add(3, 100);
    bench.desk.add(20, 100);
    bench.house.with(|store| {
        store.restore(backup);
        store.epoch = epoch_after.into();
        store.seq += seq_after;
    });
    let lost = bench.house.with(|store| store.effects.len());
    bench.relay.restore().await;
    until_the_loss_is_said(&bench).await;
    bench.until_agreed().await;
    bench.until_online().await;
    let mut expected = before;
    *expected.entry(3).or_default() += 100;
    expected.insert(20, 100);
    assert_eq!(bench.house.values(), expected, "nothing is lost and nothing doubled");
    assert!(bench.house.with(|store| store.effects.len()) >= lost + 42);
    // The same bytes under the same names, and receipts of the new epoch.
    let rows = bench.desk.engine.rows(RowFilter::All, 0, 1_000).expect("rows").0;
    for row in &kept {
        let now = rows.iter().find(|now| now.sealed.event.event_id == row.sealed.event.event_id).expect("it is kept");
        assert_eq!((&now.sealed.bytes, now.state), (&row.sealed.bytes, OutboxState::Synced));
    }
    let seen = bench.desk.engine.service_head(epoch_after).expect("read").expect("a head of this epoch");
    assert!(bench.house.with(|store| store.holds(&seen)));
    let said = |row: &&turndown_offline::OutboxRow| row.sealed.event.action == "service_restored";
    assert_eq!(rows.iter().filter(said).count(), 1, "it is in the record");
    bench.stop().await;
}

#[test]
fn d3_what_a_restored_service_lost_is_given_to_it_again_once() {
    runtime().block_on(heals_a_service_that_went_back("epoch-2", 1_000));
}

#[test]
fn d6_what_a_copy_that_took_over_lacks_is_noticed_in_the_same_epoch_and_given_to_it_again() {
    runtime().block_on(heals_a_service_that_went_back("epoch-1", 0));
}

/// What a copy lacks that has the backup.
async fn goes_on_after_a_backup(bench: &Bench) -> Backup {
    bench.until_online().await;
    bench.desk.add(1, 1);
    bench.until_agreed().await;
    let backup = bench.house.with(|store| store.backup());
    bench.desk.add(1, 10);
    bench.desk.add(2, 5);
    bench.until_agreed().await;
    backup
}

async fn until_the_loss_is_said(bench: &Bench) {
    let said = |bench: &Bench| bench.status().notice.is_some_and(|notice| notice.code == "WRONG_EPOCH");
    bench.until("it is said", said).await;
}

#[test]
fn d6_a_desk_with_nothing_to_send_gives_a_copy_that_took_over_what_it_lacks() {
    runtime().block_on(async {
        // The copy's numbers end below what the desk has seen, or go on above it.
        for seq_ahead in [0, 1_000] {
            let bench = Bench::start(hurried()).await;
            let backup = goes_on_after_a_backup(&bench).await;
            bench.until("it listens", |bench| bench.house.count(Route::Stream) > 0).await;
            let before = bench.house.values();
            // No request fails, and nothing is recorded any more.
            bench.house.take_over(backup, seq_ahead);
            bench.until("what it lacks is given to it", |bench| bench.house.values() == before).await;
            bench.until_agreed().await;
            until_the_loss_is_said(&bench).await;
            bench.stop().await;
        }
    });
}

#[test]
fn d6_what_another_desk_did_at_a_copy_since_does_not_hide_what_the_copy_lacks() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        // A proxy lets no stream through: the desk asks for changes now and then, and nothing tells it of another copy.
        bench.house.stand(Route::Stream, Wrong::Raw(404, vec![("content-type", "text/html")], "<p>Not here.</p>"));
        let backup = goes_on_after_a_backup(&bench).await;
        let mut expected = bench.house.values();
        expected.insert(3, 7);
        // By the time that this desk hears of the copy, it has gone on as far as the first one had, and further.
        bench.house.with(|store| store.goes_on_behind(backup, 10));
        bench.house.set(3, 7);
        bench.until("what it lacks is given to it", |bench| bench.house.values() == expected).await;
        bench.until_agreed().await;
        until_the_loss_is_said(&bench).await;
        bench.stop().await;
    });
}

#[test]
fn d6_a_head_below_what_this_desk_has_seen_is_noticed_although_no_receipt_is_lost() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        let backup = bench.house.with(|store| store.backup());
        bench.house.set(2, 7);
        bench.until("it came", |bench| bench.desk.value(2) == 7).await;
        bench.relay.cut().await;
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        bench.house.with(|store| store.restore(backup));
        bench.relay.restore().await;
        until_the_loss_is_said(&bench).await;
        bench.until("what the service lost is not shown any more", |bench| bench.desk.value(2) == 0).await;
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn d3_what_does_not_fit_a_restored_service_any_more_is_a_conflict_that_says_so() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        let backup = bench.house.with(|store| store.backup());
        bench.desk.add(1, 1);
        bench.desk.add(1, 1);
        bench.desk.add(2, 5);
        bench.until_agreed().await;
        bench.relay.cut().await;
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        bench.house.with(|store| {
            store.restore(backup);
            store.epoch = "epoch-2".into();
        });
        // Another desk was faster.
        bench.house.set(1, 70);
        bench.relay.restore().await;
        bench.until("it needs a person", |bench| bench.desk.ledger().attention == 2).await;
        bench.until_drained().await;
        let conflict = bench.desk.engine.conflict(&counters::entity(1)).expect("read").expect("a conflict");
        assert_eq!(conflict.class, turndown_offline::SERVICE_RESTORED);
        assert_eq!(conflict.events.len(), 2, "the whole chain is on screen");
        assert_eq!((bench.house.values()[&1], bench.house.values()[&2]), (70, 5));
        bench.stop().await;
    });
}

#[test]
fn d3_acknowledged_events_are_kept_for_the_backup_horizon_and_then_leave_a_count() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        for n in 0..30 {
            bench.desk.add(n % 5, 1);
        }
        bench.until_agreed().await;
        bench.desk.environment.move_clock(10 * 365 * 24 * 3_600);
        let engine = &bench.desk.engine;
        assert_eq!(engine.prune(14).expect("it prunes"), 0, "a clock that jumps lets nothing go");
        let days = |days: u32| {
            let full = (0..days * 24).filter(|_| engine.ran_an_hour().expect("it counts")).count();
            assert_eq!(full, days as usize);
        };
        days(14);
        bench.desk.add(7, 1);
        bench.until_agreed().await;
        assert_eq!(engine.prune(14).expect("it prunes"), 0, "fourteen days are kept");
        days(1);
        bench.desk.add(8, 1);
        bench.until_drained().await;
        let before = bench.desk.ledger();
        assert_eq!(engine.prune(14).expect("it prunes"), 30);
        assert_eq!(engine.prune(14).expect("it prunes"), 0);
        assert_eq!(bench.desk.ledger(), before, "what went is counted");
        assert_eq!(engine.rows(RowFilter::All, 0, 100).expect("rows").1, 2);
        let trail = engine.audit_head().expect("a head").local_seq;
        assert_eq!(trail, 32, "the audit trail keeps everything");
        // The same gesture again is still the same gesture, and the desk is opened again on it.
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        bench.stop().await;
        let Bench { desk, .. } = bench;
        let desk = desk.reopened();
        assert_eq!(desk.ledger().recorded, 33);
    });
}

#[test]
fn d3_a_desk_that_stops_while_it_offers_again_goes_on_after_its_restart() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        for n in 0..20 {
            bench.desk.add(n, 1);
        }
        bench.until_agreed().await;
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        // It began and came as far as the mark.
        desk.engine.set_facts(vec![("restoring", Some("epoch-1".to_owned()))]).expect("kept");
        let desk = desk.reopened();
        let events = house.count(Route::Events);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until("it is finished", |bench| bench.desk.engine.fact("restoring").expect("read").is_none()).await;
        bench.until_agreed().await;
        bench.until("it was offered", |bench| bench.house.count(Route::Events) >= events).await;
        assert_eq!(bench.house.values().len(), 20);
        bench.stop().await;
    });
}

#[test]
fn d3_receipts_that_a_repair_found_count_only_as_far_as_the_service_says_so_too() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        let backup = bench.house.with(|store| store.backup());
        for n in 0..20 {
            bench.desk.add(n, 1);
        }
        bench.until_agreed().await;
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        // The service lost them and says so by its epoch; the desk's file is damaged before the two have met, and the
        // facts about the service with it, but not the receipts.
        house.with(|store| {
            store.restore(backup);
            store.epoch = "epoch-2".into();
        });
        let desk = desk.reopened_after(|folder| std::fs::write(folder.join("desk.damaged"), "a test").expect("marked"));
        assert_eq!(desk.engine.ledger().expect("a ledger").acknowledged, 20, "its receipts could be read");
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        bench.until("all of it is there", |bench| bench.house.values().len() == 20).await;
        assert_eq!(bench.desk.engine.fact("restoring").expect("read"), None);
        bench.stop().await;
    });
}

#[test]
fn d1_a_desk_whose_data_went_back_goes_on_under_a_new_install_and_everything_arrives() {
    runtime().block_on(async {
        let desk = Desk::new();
        let house = House::start().await;
        let install = desk.engine.install_id();
        let ahead = AuditHead { local_seq: 9, hash: "ab".repeat(32) };
        house.with(|store| store.highest.insert(install.to_string(), ahead));
        desk.add(1, 1);
        house.set(2, 5);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench
            .until("it is said", |bench| bench.status().notice.is_some_and(|notice| notice.code == "INSTALL_FORKED"))
            .await;
        bench.until_agreed().await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 2), (2, 5)]));
        let now = bench.desk.engine.install_id();
        assert_ne!(now, install);
        let before = bench.desk.engine.continues().expect("read").expect("it says whom it continues");
        assert_eq!((before.install_id, before.head.local_seq), (install.clone(), 1));
        // What was made under the old id went as it was; what came later is of the new one, in one unbroken chain.
        let rows = bench.desk.engine.rows(RowFilter::All, 0, 10).expect("rows").0;
        let mut events: Vec<_> = rows.iter().map(|row| &row.sealed).collect();
        events.sort_by_key(|sealed| sealed.event.local_seq);
        let makers: Vec<_> = events.iter().map(|sealed| sealed.event.install_id == now).collect();
        assert_eq!(makers, [false, true, true]);
        assert!(events.windows(2).all(|pair| pair[1].event.prev_hash == pair[0].hash));
        bench.stop().await;
    });
}

#[test]
fn d1_a_desk_that_continues_another_is_the_same_one_after_a_restart() {
    runtime().block_on(async {
        let desk = Desk::new();
        desk.add(1, 1);
        let new = turndown_protocol::InstallId::parse("another").expect("a valid id");
        desk.engine.continue_as(new.clone()).expect("it continues");
        desk.add(1, 1);
        let desk = desk.reopened();
        assert_eq!(desk.engine.install_id(), new);
        let bench = Bench::start_with(desk, House::start().await, hurried()).await;
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 2)]));
        bench.stop().await;
    });
}

#[test]
fn g3_a_cursor_that_is_gone_means_a_snapshot_and_keeps_the_outbox() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.house.set(1, 10);
        bench.until("it came", |bench| bench.desk.value(1) == 10).await;
        bench.relay.cut().await;
        bench.until("offline", |bench| bench.status().state == LinkState::Offline).await;
        bench.desk.add(2, 3);
        // Meanwhile counter 1 went, and the feed forgot about it.
        bench.house.set(3, 30);
        bench.house.with(|store| {
            store.rows.remove(&counters::entity(1));
            store.begins = store.seq;
        });
        bench.house.set(4, 40);
        bench.relay.restore().await;
        bench.until_agreed().await;
        // A snapshot forgets last, after its rows are in.
        bench.until("what went is gone", |bench| bench.desk.value(1) == 0).await;
        assert_eq!([2, 3, 4].map(|n| bench.desk.value(n)), [3, 30, 40]);
        bench.stop().await;
    });
}

#[test]
fn g2_a_link_that_ends_between_pages_loses_and_doubles_nothing() {
    runtime().block_on(async {
        let mut desk = Desk::new();
        let house = House::start().await;
        for round in 0..4 {
            let bench = Bench::start_with(desk, house.clone(), hurried()).await;
            bench.until_online().await;
            for n in 0..100 {
                bench.house.set(n, i64::from(n) + round);
            }
            bench.until("some came", |bench| bench.desk.value(5) == 5 + round).await;
            bench.stop().await;
            desk = bench.desk.reopened();
        }
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert_eq!(bench.desk.value(99), 99 + 3);
        bench.stop().await;
    });
}

#[test]
fn g8_an_edit_never_flickers_back_whatever_is_pulled_meanwhile() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        let mut notices = bench.desk.engine.notices();
        let engine = bench.desk.engine.clone();
        let watcher = tokio::spawn(async move {
            let mut last = 0;
            while last < 150 {
                notices.changed().await.expect("the desk is open");
                let value = tokio::task::spawn_blocking({
                    let engine = engine.clone();
                    move || counters::value(&engine, 1)
                })
                .await
                .expect("read");
                assert!(value >= last, "the counter went back from {last} to {value}");
                last = value;
            }
        });
        for n in 0..150 {
            bench.desk.add(1, 1);
            if n % 10 == 0 {
                bench.sync.refresh_snapshot();
            }
            if n % 3 == 0 {
                bench.house.set(2, i64::from(n));
            }
            tokio::task::yield_now().await;
        }
        bench.until_agreed().await;
        tokio::time::timeout(Duration::from_secs(60), watcher)
            .await
            .expect("it saw the end")
            .expect("it never went back");
        bench.stop().await;
    });
}

#[test]
fn b16_a_service_that_asks_for_an_hour_gets_a_quarter_and_a_person_may_ask_sooner() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.house.once(Route::Events, [Wrong::Raw(429, vec![("retry-after", "3600")], "")]);
        bench.desk.add(1, 1);
        bench.until("it is busy", |bench| bench.code() == Some("SERVICE_BUSY")).await;
        let wait = bench.status().next_try.expect("a timer is armed");
        assert!(wait <= Duration::from_secs(900) && wait > Duration::from_secs(800), "{wait:?}");
        assert!(bench.status().next_try_at.is_some());
        bench.sync.sync_now();
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn b17_a_fault_inside_the_link_starts_it_again_and_the_queue_drains() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        for n in 0..5 {
            bench.desk.environment.panics.store(true, Ordering::SeqCst);
            bench.desk.add(n, 1);
            bench.until("the fault struck", |bench| !bench.desk.environment.panics.load(Ordering::SeqCst)).await;
            bench.until_agreed().await;
        }
        bench.until_online().await;
        bench.until("nothing is on its way", |bench| bench.desk.engine.in_flight().is_empty()).await;
        bench.stop().await;
    });
}

#[test]
fn h22_a_link_that_a_person_cut_stays_cut_over_a_restart_and_drops_what_is_on_its_way() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        // A request hangs at the service; the plug is pulled.
        bench.house.stand(Route::Events, Wrong::Hang);
        bench.desk.add(1, 1);
        bench.until("it is on its way", |bench| !bench.desk.engine.in_flight().is_empty()).await;
        bench.sync.set_mode(LinkMode::Unplugged);
        bench.until("it is not any more", |bench| bench.desk.engine.in_flight().is_empty()).await;
        bench.until("and the screen says so", |bench| bench.code() == Some("UNPLUGGED")).await;
        assert_eq!((bench.status().state, bench.status().mode), (LinkState::Offline, LinkMode::Unplugged));
        bench.house.behave();
        let asked = bench.house.log().len();
        bench.sync.sync_now();
        bench
            .until("the switch is kept", |bench| {
                bench.desk.engine.fact("link_mode").expect("read").as_deref() == Some("unplugged")
            })
            .await;
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        let bench = Bench::start_with(desk.reopened(), house, hurried()).await;
        bench.until("still cut", |bench| bench.code() == Some("UNPLUGGED")).await;
        let recorded = counters::add(&bench.desk.engine, 1, 1);
        assert_eq!(recorded.sealed.event.mode, Mode::Offline);
        assert_eq!(bench.house.log().len(), asked, "a link that is cut asks nothing");
        bench.sync.set_mode(LinkMode::Auto);
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn the_sending_pauses_and_goes_on_and_a_pause_outlives_a_restart_while_changes_come_in() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.sync.pause_sending(true);
        bench.until("paused", |bench| bench.status().paused).await;
        bench.until("it is kept", |bench| bench.desk.engine.fact("sending_paused").expect("read").is_some()).await;
        bench.desk.add(1, 1);
        bench.house.set(2, 7);
        bench.until("what others do comes in", |bench| bench.desk.value(2) == 7).await;
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        let bench = Bench::start_with(desk.reopened(), house, hurried()).await;
        bench.until_online().await;
        bench.house.set(2, 8);
        bench.until("and after a restart", |bench| bench.desk.value(2) == 8).await;
        assert_eq!((bench.status().paused, bench.house.count(Route::Events)), (true, 0));
        assert_eq!(bench.status().slow.map(|reason| reason.code), Some("SENDING_PAUSED"));
        bench.sync.pause_sending(false);
        bench.until_agreed().await;
        bench.stop().await;
    });
}

#[test]
fn a_room_on_hold_stays_here_while_the_others_go_and_follows_when_it_is_let_go() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.desk.add(1, 1);
        bench.until_agreed().await;
        let lea = || ActorId::parse("lea").expect("a name");
        let id = |text: &str| EventId::parse(text).expect("an id");
        let engine = &bench.desk.engine;
        engine.put_on_hold(id("h1"), lea(), counters::entity(1), "asked first".into()).expect("it is on hold");
        for counter in 1..4 {
            bench.desk.add(counter, 10);
        }
        bench.until("the others went", |bench| bench.desk.ledger().waiting == 1).await;
        bench.until("the flush ended", |bench| !bench.status().flushing).await;
        assert_eq!(bench.house.values()[&1], 1, "the room on hold did not");
        assert_eq!(bench.status().flush_total, bench.status().flush_done, "and no bar waits for it");
        engine.let_go(id("g1"), lea(), counters::entity(1)).expect("it is let go");
        bench.until_agreed().await;
        assert_eq!(bench.house.values()[&1], 11);
        bench.stop().await;
    });
}

#[test]
fn what_another_desk_does_comes_by_the_stream_and_a_dead_stream_is_replaced() {
    runtime().block_on(async {
        // Nothing is asked for on a timer here, so only the stream can bring it.
        let mut timing = impatient();
        timing.pace.tick = Duration::from_secs(3600);
        let house = House::start().await;
        // The first stream opens and never says anything.
        house.once(Route::Stream, [Wrong::Hang]);
        house.once(Route::Stream, [Wrong::Omit]);
        let bench = Bench::start_with(Desk::new(), house, timing).await;
        bench.until("a stream that lives", |bench| bench.house.count(Route::Stream) >= 2).await;
        for n in 1..6 {
            bench.house.set(1, n);
            bench.until("it comes", |bench| bench.desk.value(1) == n).await;
        }
        bench.stop().await;
    });
}

#[test]
fn a_snapshot_older_than_an_hour_is_taken_afresh_on_reconnect_and_a_younger_one_is_not() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.until("it knows when", |bench| bench.status().known_at.is_some()).await;
        for (away_s, afresh) in [(30 * 60, 0), (61 * 60, 1)] {
            let snapshots = bench.house.count(Route::Snapshot);
            bench.sync.set_mode(LinkMode::WorkOffline);
            bench.until("cut", |bench| bench.code() == Some("PLANNED_OFFLINE")).await;
            bench.until("the age is kept", |bench| bench.desk.engine.fact("known_at").expect("read").is_some()).await;
            bench.desk.environment.move_clock(away_s);
            bench.house.set(1, away_s);
            let pulled = bench.house.count(Route::Changes);
            bench.sync.set_mode(LinkMode::Auto);
            bench.until("it caught up", |bench| bench.desk.value(1) == away_s).await;
            bench.until("it pulled", |bench| bench.house.count(Route::Changes) > pulled).await;
            assert_eq!(bench.house.count(Route::Snapshot), snapshots + afresh, "{away_s}");
        }
        bench.stop().await;
    });
}

#[test]
fn the_first_load_shows_how_far_it_is() {
    runtime().block_on(async {
        let house = House::start().await;
        for n in 0..400 {
            house.set(n, 1);
        }
        house.with(|store| store.delay = Duration::from_millis(300));
        let desk = Desk::new();
        let relay = bench::relay::Relay::start(house.address()).await;
        let sync = Sync::start_with(desk.engine.clone(), bench::config(&relay), hurried());
        let mut status = sync.status();
        let mut seen = vec![];
        while desk.value(399) == 0 || status.borrow().loading.is_some() {
            let _ = tokio::time::timeout(Duration::from_millis(50), status.changed()).await;
            seen.extend(status.borrow_and_update().loading);
        }
        assert!(seen.iter().any(|(_, total)| *total == Some(400) || total.is_none()), "{seen:?}");
        assert!(seen.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{seen:?}");
        sync.stop().await;
    });
}

#[test]
fn a_desk_that_cannot_keep_the_answer_says_so_and_loses_nothing() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.house.with(|store| store.delay = Duration::from_millis(200));
        bench.desk.add(1, 1);
        bench.until("it is on its way", |bench| !bench.desk.engine.in_flight().is_empty()).await;
        // The writer is gone when the answer comes.
        let engine = bench.desk.engine.clone();
        tokio::task::spawn_blocking(move || engine.close()).await.expect("it closes");
        bench.until("it is said", |bench| bench.code() == Some("DATABASE_CLOSED")).await;
        assert_eq!(bench.status().state, LinkState::Stopped);
        bench.stop().await;
        let Bench { desk, house, .. } = bench;
        house.with(|store| store.delay = Duration::ZERO);
        let desk = desk.reopened();
        assert_eq!(desk.ledger().waiting, 1);
        let bench = Bench::start_with(desk, house, hurried()).await;
        bench.until_agreed().await;
        assert_eq!(bench.house.values(), BTreeMap::from([(1, 1)]));
        bench.stop().await;
    });
}

#[test]
fn a_stop_is_quick_whatever_is_on_its_way_and_a_dropped_link_is_silent() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.until_online().await;
        bench.house.stand(Route::Events, Wrong::Hang);
        bench.desk.add(1, 1);
        bench.until("it is on its way", |bench| !bench.desk.engine.in_flight().is_empty()).await;
        tokio::time::timeout(Duration::from_secs(30), bench.stop()).await.expect("it ends");
        bench.until("nothing is on its way", |bench| bench.desk.engine.in_flight().is_empty()).await;
        assert_eq!(bench.desk.ledger().waiting, 1);
        bench.sync.sync_now();
        bench.stop().await;
    });
}

#[test]
fn everything_that_waits_can_be_read_while_the_link_is_down() {
    runtime().block_on(async {
        let bench = Bench::start(hurried()).await;
        bench.relay.cut().await;
        for n in 0..20 {
            bench.desk.add(n, 1);
        }
        let (rows, total) = bench.desk.engine.rows(RowFilter::Waiting, 0, 100).expect("read");
        assert_eq!((rows.len(), total), (20, 20));
        bench.stop().await;
    });
}

#[test]
fn enrolment_says_what_is_wrong_in_words() {
    runtime().block_on(async {
        let house = House::start().await;
        let address = house.address().to_string();
        let found = find_hotel(&address, " abcd-1234 ").await.expect("it is found");
        assert_eq!((found.name.as_str(), found.address), ("The House of Counters", format!("http://{address}")));
        let enrolled = enroll(&address, "ABCD 1234", "Desk 1").await.expect("it is let in");
        assert_eq!(enrolled.token, bench::house::TOKEN);
        assert_eq!(
            (enrolled.property_id.as_str(), enrolled.store_id.as_str()),
            (bench::house::PROPERTY, bench::house::STORE)
        );
        assert!(!format!("{enrolled:?}").contains(bench::house::TOKEN), "a token is not printed");
        let nobody = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
            listener.local_addr().expect("an address").to_string()
        };
        house.once(Route::Enroll, [Wrong::Raw(200, vec![], PORTAL)]);
        for (address, code, expected) in [
            (address.as_str(), "ABCD1234", "NOT_THE_SERVICE"),
            (address.as_str(), "WRONG999", "CODE_UNKNOWN"),
            (address.as_str(), "", "CODE_UNKNOWN"),
            (address.as_str(), "../../etc", "CODE_UNKNOWN"),
            (nobody.as_str(), "ABCD1234", "SERVICE_UNREACHABLE"),
            ("no-such-host.invalid", "ABCD1234", "ADDRESS_UNKNOWN"),
            ("", "ABCD1234", "ADDRESS_EMPTY"),
            ("localhost:99999", "ABCD1234", "ADDRESS_UNFIT"),
        ] {
            let reason = find_hotel(address, code).await.expect_err("it cannot be found");
            assert_eq!(reason.code, expected, "{address} {code}: {reason:?}");
            assert!(reason.message != "" && reason.next_step != "");
        }
        assert_eq!(enroll(&address, "WRONG999", "Desk 1").await.expect_err("refused").code, "CODE_UNKNOWN");
    });
}
