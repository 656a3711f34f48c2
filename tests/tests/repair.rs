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
    assert!(notice.message.contains("quarantine") && notice.next_step.contains("Nothing is lost"), "{notice:?}");
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
