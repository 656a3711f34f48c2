//! What networks and services do to a flush: answers that are lost, cut, doubled, late, or somebody else's.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use fastrand::Rng;
use turndown_app::dto::{LinkState, LocalState, OutboxFilter};
use turndown_domain::Action;
use turndown_gates::journey::start;
use turndown_gates::{Fault, Journey, Service, check, eventually, seed};

/// Records notes, `rounds` in each of the rooms that can be worked.
fn notes(journey: &mut Journey, rounds: usize) -> usize {
    let tiles = journey.workable();
    for round in 0..rounds {
        for tile in &tiles {
            let text = Some(format!("round {round}"));
            journey.desk.act(&tile.room_id.0, Action::Note { text }).expect("recorded");
        }
    }
    rounds * tiles.len()
}

/// An outage with work, the network back with these faults, and the end of it without anybody's help.
fn through(faults: &[Fault], rounds: usize) -> Journey {
    let mut journey = Journey::small();
    journey.outage();
    notes(&mut journey, rounds);
    journey.relay.next(faults);
    journey.relay.restore();
    journey.all_is_well();
    let happened: Vec<Fault> = journey.relay.seen().into_iter().map(|seen| seen.fault).collect();
    for fault in faults {
        assert!(happened.contains(fault), "{fault:?} came to pass: {happened:?}");
    }
    journey
}

#[test]
fn b1_an_answer_lost_after_the_commit_is_asked_for_again_and_the_effect_happens_once() {
    let mut journey = through(&[Fault::LoseAnswer], 1);
    // H19: the same event came twice under one id, and the service answered the first outcome again.
    let recorded = journey.desk.sync().ledger.recorded;
    assert_eq!(journey.service.api().audit().len() as u64, recorded, "one entry an event");
    assert!(journey.relay.seen().len() >= 2);
}

#[test]
fn b1_three_lost_answers_in_a_row_change_nothing() {
    through(&[Fault::LoseAnswer, Fault::LoseAnswer, Fault::LoseAnswer], 1);
}

#[test]
fn b2_a_late_copy_of_a_request_has_no_effect() {
    let mut journey = Journey::small();
    journey.outage();
    let tiles = journey.workable();
    let (room, task) = (tiles[0].room_id.0.clone(), tiles[0].task_id.clone());
    journey.desk.act(&room, start(&task)).expect("recorded");
    journey.relay.next(&[Fault::Keep]);
    journey.relay.restore();
    journey.desk.wait_drained();
    // Meanwhile the room has moved on.
    journey.desk.act(&room, Action::Pause { task: task.clone() }).expect("recorded");
    journey.desk.wait_drained();
    let row = journey.service.api().room(&room);
    assert_eq!(journey.relay.deliver_late_copies(), [200]);
    let after = journey.service.api().room(&room);
    assert_eq!((after.version, after.fields), (row.version, row.fields));
    journey.all_is_well();
}

#[test]
fn b3_the_same_request_twice_at_once_is_done_once() {
    through(&[Fault::Twice], 3);
}

#[test]
fn b6_a_sign_in_page_with_status_200_acknowledges_nothing_and_says_what_it_is() {
    let mut journey = Journey::small();
    journey.outage();
    let count = notes(&mut journey, 1) as u64;
    journey.relay.set_portal(true);
    journey.relay.restore();
    journey.desk.wait_reason("NOT_THE_SERVICE");
    let sync = journey.desk.sync();
    assert_eq!(sync.ledger.waiting, count);
    assert!(sync.reason.is_some_and(|reason| reason.next_step != ""));
    journey.relay.set_portal(false);
    journey.all_is_well();
    // And in the middle of a flush.
    through(&[Fault::Portal], 1);
}

#[test]
fn b8_an_answer_that_is_cut_in_the_middle_acknowledges_nothing_by_itself() {
    through(&[Fault::CutAnswer, Fault::CutAnswer], 3);
}

#[test]
fn b16_a_busy_service_is_asked_again_when_it_said() {
    through(&[Fault::Busy], 1);
}

#[test]
fn c8_a_second_outage_in_the_middle_of_a_flush_leaves_what_was_not_sent_marked_so() {
    let mut journey = Journey::small();
    journey.outage();
    let count = notes(&mut journey, 30) as u64;
    // The first requests share the twelve rooms among them, four in each. The next one comes when one of them is answered.
    journey.relay.next(&[Fault::Pass, Fault::Pass, Fault::Pass, Fault::CutNetwork]);
    journey.relay.restore();
    {
        let relay = &journey.relay;
        eventually("the second outage", || relay.is_cut().then_some(()));
    }
    journey.desk.wait_for("the desk knows", |desk| desk.sync().state != LinkState::Online && !desk.sync().flushing);
    let ledger = journey.desk.sync().ledger;
    assert!(ledger.balanced && ledger.waiting > 0 && ledger.waiting < count, "{ledger:?} of {count}");
    let waiting = journey.desk.outbox(OutboxFilter::Waiting);
    assert_eq!(waiting.len() as u64, ledger.waiting);
    check::database_agrees(journey.desk.folder());
    check::rows_are_mirror_and_lane(journey.desk.folder());
    journey.relay.restore();
    journey.all_is_well();
}

#[test]
fn b12_a_service_that_was_stopped_and_started_is_found_and_given_everything_with_no_user_action() {
    let mut journey = Journey::small();
    journey.service.stop();
    journey.desk.wait_not_online();
    let tiles = journey.workable();
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    assert_eq!(journey.desk.tile(&tiles[0].task_id.0).local_state, LocalState::Waiting);
    journey.service.restart();
    journey.all_is_well();
}

#[test]
fn b9_a_service_killed_in_the_middle_of_batches_separates_no_effect_from_its_record() {
    let seed = seed("b9");
    let mut rng = Rng::with_seed(seed);
    let mut journey = Journey::small();
    journey.outage();
    notes(&mut journey, 40);
    journey.relay.restore();
    let mut kills = 0;
    while kills < 5 && journey.desk.sync().ledger.waiting > 0 {
        let seen = journey.relay.requests();
        let more = rng.u64(1..4);
        journey.desk.wait_for("requests, or the end", {
            let relay = &journey.relay;
            move |desk| relay.requests() >= seen + more || desk.sync().ledger.waiting == 0
        });
        journey.service.kill();
        kills += 1;
        journey.service.restart();
        journey.desk.sync_now();
    }
    println!("the service was killed {kills} times");
    journey.all_is_well();
}

#[test]
fn d4_another_store_behind_the_same_address_is_given_nothing_and_what_waits_is_kept() {
    let mut journey = Journey::small();
    let mut other = turndown_gates::Service::small();
    journey.outage();
    let count = notes(&mut journey, 1) as u64;
    journey.relay.lead_to(other.address());
    journey.relay.restore();
    journey.desk.wait_reason("WRONG_STORE");
    let sync = journey.desk.sync();
    assert_eq!((sync.state, sync.ledger.waiting), (LinkState::Stopped, count));
    assert!(other.api().audit().is_empty(), "the other service was told nothing");
    // Recording goes on, and what waits can be exported.
    let tile = journey.workable().remove(0);
    journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    let file = journey.desk.export_waiting().expect("exported");
    assert_eq!(
        std::fs::read_to_string(file).expect("the file").lines().count() as u64,
        count + 3,
        "between head and sum"
    );
    journey.relay.lead_to(journey.service.address());
    journey.desk.sync_now();
    journey.all_is_well();
    assert!(other.api().audit().is_empty());
}

/// Changes the file that says which service the desk belongs to.
fn change_connection(journey: &mut Journey, member: &str, value: &str) -> String {
    let path = journey.desk.folder().join("connection.json");
    let text = std::fs::read_to_string(&path).expect("the connection");
    let mut connection: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let before = connection[member].as_str().expect("text").to_owned();
    connection[member] = value.into();
    journey.desk.stop();
    std::fs::write(&path, connection.to_string()).expect("written");
    journey.desk.restart();
    before
}

#[test]
fn a_token_that_is_not_taken_stops_the_sending_with_its_reason_and_recording_goes_on() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let token = change_connection(&mut journey, "token", "not-a-token");
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.wait_reason("TOKEN_REFUSED");
    assert_eq!(journey.desk.sync().ledger.waiting, 1);
    change_connection(&mut journey, "token", &token);
    journey.all_is_well();
}

#[test]
fn a_token_of_another_hotel_stops_the_sending_with_its_reason_and_recording_goes_on() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let property = change_connection(&mut journey, "property_id", "another-hotel");
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.wait_reason("WRONG_PROPERTY");
    assert_eq!(journey.desk.sync().ledger.waiting, 1);
    change_connection(&mut journey, "property_id", &property);
    journey.all_is_well();
}

#[test]
fn a_code_of_another_hotel_changes_nothing_at_a_desk_that_has_one() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let other = Service::small();
    let file = journey.desk.folder().join("connection.json");
    let before = std::fs::read(&file).expect("the connection");
    let code = other.code();
    let refused = journey.desk.connect(&other.url(), &code).expect_err("this desk has a hotel");
    assert_eq!(refused.code, "OTHER_HOTEL");
    assert_eq!(std::fs::read(&file).expect("the connection"), before);
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.all_is_well();
}

#[test]
fn a_desk_that_lost_the_file_that_names_its_hotel_says_so_and_sends_once_it_is_connected_again() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.stop();
    std::fs::remove_file(journey.desk.folder().join("connection.json")).expect("removed");
    journey.desk.restart();
    journey.relay.restore();
    let sync = journey.desk.sync();
    assert_eq!((sync.state, sync.ledger.waiting), (LinkState::Stopped, 1));
    assert_eq!(sync.reason.map(|reason| reason.code).as_deref(), Some("CONNECTION_UNREADABLE"));
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    let other = Service::small();
    let refused = journey.desk.connect(&other.url(), &other.code()).expect_err("another store");
    assert_eq!(refused.code, "OTHER_HOTEL");
    journey.desk.connect(&journey.relay.url(), &journey.service.code()).expect("connects");
    let state = journey.desk.state();
    assert_eq!(state.notice, None, "it has its hotel again");
    journey.all_is_well();
}
