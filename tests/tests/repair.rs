//! A desk whose files are damaged or gone, on real processes: it goes on, and everything arrives once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fs;
use turndown_app::dto::Side;
use turndown_domain::{Action, Role};
use turndown_gates::Journey;
use turndown_gates::journey::{complete, start};

/// Some work acknowledged, a conflict decided, some work waiting; then the desk is killed, the network gone.
fn killed_in_an_outage() -> Journey {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    for tile in &tiles[..2] {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    journey.desk.wait_drained();
    let contested = &tiles[2];
    journey.outage();
    journey.desk.act(&contested.room_id.0, start(&contested.task_id)).expect("recorded");
    journey.desk.act(&contested.room_id.0, complete(&contested.task_id)).expect("recorded");
    journey.service.act(&["cancel", "--task", &contested.task_id.0, "--reason", "guest extended"]);
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&contested.room_id.0).expect("open");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    journey.desk.wait_drained();
    journey.outage();
    for tile in &tiles[..2] {
        journey.desk.act(&tile.room_id.0, complete(&tile.task_id)).expect("recorded");
    }
    journey.desk.kill();
    journey
}

fn goes_on(journey: &mut Journey, recorded: usize) {
    journey.desk.restart();
    let notice = journey.desk.state().notice.expect("it says what it did");
    assert_eq!(notice.code, "DATABASE_SET_ASIDE");
    assert!(
        notice.message.to_string().contains("quarantine") && notice.next_step.to_string().contains("Nothing is lost"),
        "{notice:?}"
    );
    // Everything that was recorded, and the note of the repair.
    assert_eq!(journey.desk.trail().len(), recorded + 1);
    journey.relay.restore();
    journey.desk.wait_online();
    journey.desk.wait_for("the rooms are back", |desk| !desk.board().is_empty());
    journey.all_is_well();
    let lead = journey.desk.person(Role::Lead);
    journey.desk.choose(&lead);
    let tiles = journey.workable();
    journey.desk.act(&tiles[0].room_id.0, Action::Note { text: Some("afterwards".into()) }).expect("recorded");
    journey.all_is_well();
}

#[test]
fn a6_a_desk_whose_database_is_gone_goes_on_from_its_second_copy_and_everything_arrives_once() {
    let mut journey = killed_in_an_outage();
    journey.desk.restart();
    let recorded = journey.desk.trail().len();
    journey.desk.kill();
    let folder = journey.desk.folder().to_owned();
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
    goes_on(&mut journey, recorded);
}

#[test]
fn a6_a_desk_whose_database_is_garbage_goes_on_and_everything_arrives_once() {
    let mut journey = killed_in_an_outage();
    journey.desk.restart();
    let recorded = journey.desk.trail().len();
    journey.desk.stop();
    let file = journey.desk.folder().join("desk.db");
    let mut bytes = fs::read(&file).expect("the database");
    let half = bytes.len() / 2;
    bytes[half / 2..half].fill(0xA5);
    bytes[..100].fill(0);
    fs::write(&file, bytes).expect("damaged");
    goes_on(&mut journey, recorded);
}

#[test]
fn a6_damage_that_a_running_desk_meets_stops_no_board_and_is_said_and_the_next_start_mends_it() {
    let mut journey = Journey::small();
    let tile = journey.workable().remove(0);
    let room = tile.room_id.0.clone();
    journey.desk.put_on_hold(&room, "the guest is asked first").expect("on hold");
    journey.desk.act(&room, start(&tile.task_id)).expect("recorded");
    journey.desk.wait_for("the hold has arrived", |desk| desk.sync().ledger.waiting == 1);
    assert!(journey.desk.state().notice.is_none());
    let rot = "UPDATE on_hold SET reason = CAST(x'74ff' AS TEXT)";
    let connection = rusqlite::Connection::open(journey.desk.folder().join("desk.db")).expect("the database");
    assert_eq!(connection.execute(rot, []).expect("a bad bit"), 1);
    drop(connection);
    assert!(!journey.desk.board().is_empty());
    let notice = journey.desk.state().notice.expect("it is said at once");
    assert_eq!(notice.code, "DATABASE_CORRUPT");
    assert!(notice.next_step.to_string().contains("open it again"), "{notice:?}");
    let other = journey.workable().remove(1);
    journey.desk.act(&other.room_id.0, start(&other.task_id)).expect("recorded all the same");
    journey.desk.wait_for("it has arrived, and the room's work is still held", |desk| desk.sync().ledger.waiting == 1);
    journey.desk.stop();
    journey.desk.restart();
    assert_eq!(journey.desk.state().notice.expect("it says what it did").code, "DATABASE_SET_ASIDE");
    journey.desk.wait_online();
    journey.desk.wait_for("the house is back", |desk| !desk.state().staff.is_empty() && !desk.board().is_empty());
    let held = journey.desk.sync_center(turndown_app::dto::OutboxFilter::Waiting).on_hold;
    assert_eq!((held.len(), held[0].reason.as_str()), (1, "the guest is asked first"), "as the record has it");
    let lead = journey.desk.person(Role::Lead);
    journey.desk.choose(&lead);
    journey.desk.let_go(&room).expect("let go");
    journey.all_is_well();
}
