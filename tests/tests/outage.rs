//! Outages: work goes on, survives kills, and arrives once, in order, under the names of those who did it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use chrono::{TimeDelta, Utc};
use fastrand::Rng;
use std::collections::BTreeSet;
use std::time::Duration;
use turndown_app::dto::{LinkMode, LinkState, LocalState, OutboxFilter, OutboxState};
use turndown_domain::{Action, Cleanliness, InspectionResult, Role, TaskStatus, Verdict};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Journey, check, intent, seed};
use turndown_offline::{Environment, SystemEnvironment};
use turndown_protocol::Mode;

fn pass() -> Verdict {
    Verdict { result: InspectionResult::Pass, reason: None }
}

#[test]
fn h27_an_outage_with_a_restart_in_it_ends_with_everything_sent_once_and_in_order() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let other = tiles.iter().find_map(|tile| tile.assignee.clone()).expect("somebody works here");
    let before = journey.desk.sync().ledger;
    journey.outage();

    let mut acknowledged = vec![];
    for tile in &tiles[..3] {
        let (room, task) = (&tile.room_id.0, &tile.task_id);
        for action in [
            Action::Reassign { task: task.clone(), to: None },
            Action::Reassign { task: task.clone(), to: Some(other.clone()) },
            start(task),
            Action::Pause { task: task.clone() },
            Action::Resume { task: task.clone() },
            complete(task),
            Action::Inspect { task: task.clone(), verdict: pass() },
        ] {
            let name = action.name();
            match journey.desk.act(room, action) {
                Ok(acted) => acknowledged.push(acted.event_id),
                // Taking a task from nobody changes nothing, and says so.
                Err(refused) => assert_eq!((name, refused.code.as_str()), ("reassign", "NOTHING_TO_CHANGE")),
            }
        }
        let shown = journey.desk.tile(&task.0);
        assert_eq!((shown.status, shown.cleanliness), (TaskStatus::Inspected, Cleanliness::Inspected));
        // H9: each tile says that its work waits.
        assert_eq!(shown.local_state, LocalState::Waiting);
    }
    // H8: the counter counts.
    let ledger = journey.desk.sync().ledger;
    assert_eq!(ledger.waiting, acknowledged.len() as u64);
    assert_eq!(ledger.recorded - before.recorded, ledger.waiting);

    journey.desk.stop();
    journey.desk.restart();
    assert_eq!(journey.desk.sync().ledger, ledger, "a restart changes nothing");

    journey.relay.restore();
    // B12: no user action; the desk finds the service by itself.
    journey.all_is_well();
    let rows = journey.desk.outbox(OutboxFilter::Acknowledged);
    for event in &acknowledged {
        let row = rows.iter().find(|row| &row.event_id == event).expect("H14: the Sync Center lists it");
        assert!(row.state == OutboxState::Synced && row.offline && row.seq.is_some(), "{row:?}");
    }
    // H20: the flush is told.
    let log = journey.desk.whole_log();
    for told in ["frontend.sync.flush_started", "frontend.sync.flush_completed", "frontend.housekeeping.task_complete"]
    {
        assert!(log.contains(told), "{told} is in the telemetry");
    }
}

#[test]
fn h6_killed_again_and_again_while_recording_nothing_acknowledged_is_missing() {
    let seed = seed("h6");
    let mut rng = Rng::with_seed(seed);
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    let mut acknowledged: BTreeSet<String> = BTreeSet::new();
    let (mut saved_unheard, mut never_saved) = (0, 0);
    for kill in 0..15 {
        // A burst without waiting for answers, and a kill after some of them: at any place of an action.
        let mut begun = vec![];
        for _ in 0..rng.u32(4..24) {
            let tile = &tiles[rng.usize(..tiles.len())];
            let intent = intent();
            let text = format!("note {kill} {}", rng.u32(..));
            journey.desk.begin_act(&intent, &tile.room_id.0, Action::Note { text: Some(text.clone()) });
            begun.push((intent, tile.room_id.0.clone(), text));
        }
        let answers = rng.usize(..=begun.len());
        for _ in 0..answers {
            let (_, answer) = journey.desk.hear(turndown_gates::DEADLINE).expect("an answer");
            let acted = answer.unwrap_or_else(|error| panic!("kill {kill}, seed {seed}: {error}"));
            acknowledged.insert(acted["eventId"].as_str().expect("an id").to_owned());
        }
        // And a little later, so that the kill falls into a transaction and not only between two.
        if let Some((_, Ok(acted))) = journey.desk.hear(Duration::from_micros(rng.u64(..3_000))) {
            acknowledged.insert(acted["eventId"].as_str().expect("an id").to_owned());
        }
        journey.desk.kill();

        check::database_agrees(journey.desk.folder());
        check::rows_are_mirror_and_lane(journey.desk.folder());
        journey.desk.restart();
        let held: BTreeSet<String> =
            journey.desk.trail().into_iter().map(|entry| entry.event.event_id.to_string()).collect();
        let missing: Vec<&String> = acknowledged.difference(&held).collect();
        assert!(missing.is_empty(), "after kill {kill}, seed {seed}: {missing:?}");
        // A1: the screen asks again for what it never heard about; what was saved is not saved twice.
        begun.retain(|(intent, ..)| !acknowledged.contains(intent));
        for (intent, room, text) in begun {
            if held.contains(&intent) {
                saved_unheard += 1
            } else {
                never_saved += 1
            }
            match journey.desk.act_as(&intent, &room, Action::Note { text: Some(text) }) {
                Ok(acted) => {
                    assert_eq!(acted.event_id, intent);
                    acknowledged.insert(acted.event_id);
                }
                Err(error) => panic!("asking again after kill {kill}, seed {seed}: {error}"),
            }
        }
        let ledger = journey.desk.sync().ledger;
        assert!(ledger.balanced && ledger.waiting == acknowledged.len() as u64, "{ledger:?}, {}", acknowledged.len());
    }
    println!("15 kills: {} acknowledged, {saved_unheard} saved unheard, {never_saved} never saved", acknowledged.len());
    journey.relay.restore();
    journey.all_is_well();
}

#[test]
fn c8_j2_killed_again_and_again_while_sending_nothing_is_sent_twice_and_nothing_stays_behind() {
    let seed = seed("c8");
    let mut rng = Rng::with_seed(seed);
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    for round in 0..40 {
        for tile in &tiles {
            journey.desk.act(&tile.room_id.0, Action::Note { text: Some(format!("round {round}")) }).expect("recorded");
        }
    }
    journey.relay.restore();
    let mut kills = 0;
    while journey.desk.sync().ledger.waiting > 0 {
        // Somewhere within the next batches.
        let seen = journey.relay.seen().len() + rng.usize(..2);
        journey.desk.wait_for("a batch on its way, or the end", {
            let relay = &journey.relay;
            move |desk| relay.seen().len() > seen || desk.sync().ledger.waiting == 0
        });
        journey.desk.kill();
        kills += 1;
        check::database_agrees(journey.desk.folder());
        journey.desk.restart();
        if kills == 12 {
            break;
        }
    }
    println!("{kills} kills while sending");
    journey.all_is_well();
}

#[test]
fn h22_a_planned_offline_shift_is_the_same_as_a_sudden_one() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.desk.set_link(LinkMode::WorkOffline);
    assert_eq!(journey.desk.wait_not_online(), "PLANNED_OFFLINE");
    let tile = &tiles[0];
    journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    assert_eq!(journey.desk.tile(&tile.task_id.0).local_state, LocalState::Waiting);
    assert_eq!(journey.desk.sync().ledger.waiting, 1);
    let asked = journey.relay.requests();

    // The switch outlives a restart: the person chose it, the person takes it back.
    journey.desk.stop();
    journey.desk.restart();
    journey.desk.act(&tile.room_id.0, complete(&tile.task_id)).expect("recorded");
    assert_eq!(journey.desk.wait_not_online(), "PLANNED_OFFLINE");
    let sync = journey.desk.sync();
    assert_eq!((sync.mode, sync.state, sync.ledger.waiting), (LinkMode::WorkOffline, LinkState::Offline, 2));
    assert_eq!(journey.relay.requests(), asked, "nothing is asked while the person wants it offline");

    journey.desk.set_link(LinkMode::Auto);
    journey.all_is_well();
    let trail = journey.desk.trail();
    let offline: Vec<&str> = trail
        .iter()
        .filter(|entry| entry.event.mode == Mode::Offline)
        .map(|entry| entry.event.action.as_str())
        .collect();
    assert!(offline.ends_with(&["start", "complete"]), "{offline:?}");
}

#[test]
fn f3_what_waits_keeps_its_author_whoever_signs_in() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (lead, front) = (journey.desk.person(Role::Lead), journey.desk.person(Role::FrontDesk));
    assert_ne!(lead, front);
    journey.outage();
    let one = journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded").event_id;
    journey.desk.choose(&front);
    let other = journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded").event_id;
    // Nobody is signed in when it is sent: sending needs the desk's own token and nobody's presence.
    let _: serde_json::Value = journey.desk.ask("sign_out", serde_json::json!({})).expect("signed out");
    let refused = journey.desk.act(&tiles[2].room_id.0, start(&tiles[2].task_id)).expect_err("nobody is working");
    assert_eq!(refused.code, "NOBODY_WORKING");
    journey.relay.restore();
    journey.all_is_well();
    let audit = journey.service.api().audit();
    let author = |event: &str| {
        audit.iter().find(|entry| entry.event_id.as_str() == event).map(|entry| entry.actor_id.clone()).expect("there")
    };
    assert_eq!((author(&one), author(&other)), (lead, front));
}

#[test]
fn h21_after_the_flush_the_house_hears_of_every_move_once_and_that_it_was_made_offline() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    let mut moves = vec![];
    let mut others = vec![];
    for tile in &tiles[..3] {
        let room = &tile.room_id.0;
        moves.push(journey.desk.act(room, start(&tile.task_id)).expect("recorded").event_id);
        others.push(
            journey.desk.act(room, Action::Note { text: Some("balcony door".into()) }).expect("recorded").event_id,
        );
        moves.push(journey.desk.act(room, complete(&tile.task_id)).expect("recorded").event_id);
    }
    journey.relay.restore();
    journey.all_is_well();
    let service = &journey.service;
    turndown_gates::eventually("all domain events are in the file", || {
        let told = check::domain_events_by_event(&service.domain_events(), "melmastoon.audit.recorded.v1");
        moves.iter().chain(&others).all(|event| told.contains_key(event)).then_some(())
    });
    let lines = service.domain_events();
    let changed = check::domain_events_by_event(&lines, "melmastoon.housekeeping.task.status.changed.v1");
    let recorded = check::domain_events_by_event(&lines, "melmastoon.audit.recorded.v1");
    for event in &moves {
        let [one] = changed[event].as_slice() else { panic!("{event}: {:?}", changed[event]) };
        assert_eq!(one["data"]["originated_offline"], true);
    }
    for event in moves.iter().chain(&others) {
        assert_eq!(recorded[event].len(), 1, "{event}");
    }
    for event in &others {
        assert!(!changed.contains_key(event), "a note is no move");
    }
}

#[test]
fn h11_data_older_than_a_day_blocks_the_board_until_the_service_answers_and_nothing_is_lost() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.set_clock(now() + TimeDelta::hours(25));
    let staleness = journey.desk.state().staleness;
    assert!(staleness.blocked, "{staleness:?}");
    let refused = journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect_err("blocked");
    assert_eq!(refused.code, "OFFLINE_PRIMER_STALE");
    assert_eq!(journey.desk.sync().ledger.waiting, 1, "what waits stays");
    let file = journey.desk.export_waiting().expect("and can be exported");
    assert_eq!(std::fs::read_to_string(file).expect("the file").lines().count(), 3, "between its head and its sum");
    journey.relay.restore();
    journey.desk.wait_for("the board opens again", |desk| !desk.state().staleness.blocked);
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    journey.all_is_well();
}

#[test]
fn h11_a_manager_goes_on_with_old_data_by_name_and_every_event_carries_the_age() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let lead = journey.desk.person(Role::Lead);
    let manager = journey.desk.person(Role::Manager);
    journey.outage();
    let began = now();
    journey.desk.set_clock(began + TimeDelta::hours(26));
    let why = "the line to the house is cut";
    assert_eq!(journey.desk.begin_emergency(why).expect_err("a lead cannot").code, "MANAGER_NEEDED");
    journey.desk.choose(&manager);
    assert_eq!(journey.desk.begin_emergency(" ").expect_err("without a reason").code, "REASON_REQUIRED");
    journey.desk.begin_emergency(why).expect("a manager can");
    journey.desk.choose(&lead);

    let staleness = journey.desk.state().staleness;
    assert!(!staleness.blocked && !staleness.may_go_on, "{staleness:?}");
    let stamp = staleness.emergency.expect("on every screen");
    let until: chrono::DateTime<Utc> = stamp.until.parse().expect("a time");
    assert_eq!((until - began - TimeDelta::hours(26 + 12)).num_seconds(), 0, "for twelve hours");
    assert_eq!(stamp.reason, why);
    let rack = journey.desk.front_desk();
    assert!(rack.rooms.iter().all(|room| !room.safe.safe && room.safe.reasons.contains(&"stale".to_owned())));
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");

    // It holds over a restart, and ends by itself.
    journey.desk.kill();
    journey.desk.restart();
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    journey.desk.set_clock(began + TimeDelta::hours(39));
    assert!(journey.desk.state().staleness.blocked);

    journey.desk.set_clock(now());
    journey.relay.restore();
    journey.desk.wait_for("the service ends it", |desk| {
        let staleness = desk.state().staleness;
        !staleness.blocked && staleness.emergency.is_none()
    });
    journey.all_is_well();
    let trail = journey.desk.trail();
    let old: Vec<_> = trail.iter().skip_while(|entry| entry.event.action != "emergency_operation").collect();
    assert_eq!(old[0].event.actor_id.as_str(), manager);
    assert_eq!(old[0].event.args["reason"], why);
    for entry in &old {
        assert!(entry.event.data_age_s.is_some_and(|age| age >= 25 * 3_600), "{:?}", entry.event);
    }
    let audit = journey.service.api().audit();
    assert_eq!(audit.iter().filter(|entry| entry.action == "emergency_operation").count(), 1);
}

#[test]
fn e1_a_clock_that_is_wrong_by_decades_changes_no_order_and_stops_nothing() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let tile = &tiles[0];
    journey.outage();
    journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    for (when, action) in [
        ("1970-01-01T00:00:01Z", Action::Pause { task: tile.task_id.clone() }),
        ("2014-06-01T00:00:00Z", Action::Resume { task: tile.task_id.clone() }),
        ("1999-12-31T23:59:59Z", complete(&tile.task_id)),
    ] {
        journey.desk.set_clock(when.parse().expect("a time"));
        journey.desk.act(&tile.room_id.0, action).expect("recorded");
    }
    journey.relay.restore();
    journey.all_is_well();
    assert_eq!(journey.desk.tile(&tile.task_id.0).status, TaskStatus::Completed);
}

#[test]
fn undo_is_an_event_of_its_own_before_and_after_sending() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (before, after) = (&tiles[0], &tiles[1]);
    // After sending: the service has the start, then hears of the undo.
    let sent = journey.desk.act(&after.room_id.0, start(&after.task_id)).expect("recorded").event_id;
    journey.desk.wait_drained();
    journey.outage();
    // Before sending: both are still here.
    let unsent = journey.desk.act(&before.room_id.0, start(&before.task_id)).expect("recorded").event_id;
    for (tile, event) in [(before, unsent), (after, sent)] {
        journey.desk.act(&tile.room_id.0, Action::Undo { event: event.clone() }).expect("undone");
        assert_eq!(journey.desk.tile(&tile.task_id.0).status, TaskStatus::Ready);
        let again = journey.desk.act(&tile.room_id.0, Action::Undo { event }).expect_err("once");
        assert_eq!(again.code, "UNDO_STOOD_UPON");
    }
    journey.relay.restore();
    journey.all_is_well();
    let actions: Vec<String> = journey.service.api().audit().into_iter().map(|entry| entry.action).collect();
    assert_eq!(actions.iter().filter(|action| *action == "undo").count(), 2, "nothing recorded is ever removed");
    assert_eq!(actions.iter().filter(|action| *action == "start").count(), 2);
}

/// The machine's clock, asked as the product asks it.
fn now() -> chrono::DateTime<Utc> {
    SystemEnvironment.now()
}
