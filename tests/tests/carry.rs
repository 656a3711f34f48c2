//! A desk breaks with work on it. Somebody exports what waits, carries the file to another desk of the house, and that one
//! sends it: every action once, as it was made, whoever sends first and whatever dies in between.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use turndown_app::dto::{CarriedDesk, LinkMode, OutboxFilter, OutboxState};
use turndown_domain::{Action, TaskStatus};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey, Service, check};
use turndown_protocol::{AuditEntry, Outcome};

const ROOMS: usize = 6;

/// The network is gone, and the desk has three actions waiting in each of some rooms. Answers the exported file.
fn worked_and_exported(journey: &mut Journey) -> PathBuf {
    let tiles = journey.workable();
    journey.outage();
    for tile in &tiles[..ROOMS] {
        let note = Action::Note { text: Some(format!("for {}", tile.number)) };
        for action in [start(&tile.task_id), note, complete(&tile.task_id)] {
            journey.desk.act(&tile.room_id.0, action).expect("recorded");
        }
    }
    journey.desk.export_waiting().expect("exported")
}

fn only(desk: &mut Desk) -> CarriedDesk {
    let mut carried = desk.carried();
    assert_eq!(carried.len(), 1, "{carried:?}");
    carried.remove(0)
}

fn wait_arrived(desk: &mut Desk) {
    desk.wait_for("all that is carried is at the service", |desk| {
        let carried = only(desk);
        carried.arrived == carried.total
    });
}

/// Whether the front desk is told that the room is not safe to give out, because of an open conflict.
fn is_contested(desk: &mut Desk, room: &str) -> bool {
    let rack = desk.front_desk().rooms.into_iter().find(|found| found.room_id.0 == room).expect("the room is there");
    assert!(!(rack.contested && rack.safe.safe), "{rack:?}");
    rack.contested
}

/// The service's entries about one desk.
fn of(service: &mut Service, install: &str) -> Vec<AuditEntry> {
    service.api().audit().into_iter().filter(|entry| entry.install_id.as_str() == install).collect()
}

/// Everything of the maker is at the service, once, in its order and under its name, and the maker's ledger says so.
fn all_is_well(journey: &mut Journey, carrier: &mut Desk) {
    journey.all_is_well();
    let ledger = journey.desk.sync().ledger;
    assert_eq!((ledger.recorded, ledger.waiting, ledger.attention), (ledger.acknowledged, 0, 0), "{ledger:?}");
    let trail = journey.desk.trail();
    let install = journey.desk.install();
    let service = of(&mut journey.service, &install);
    for entry in &trail {
        let found = service.iter().find(|held| held.event_id == entry.event.event_id).expect("it is there");
        assert_eq!(found.actor_id, entry.event.actor_id.as_str(), "its author stays");
    }
    carrier.wait_drained();
    check::sent_once_and_in_order(carrier, &mut journey.service.api());
    check::database_agrees(carrier.folder());
    check::same_rooms(carrier, &mut journey.service.api());
}

#[test]
fn a_dead_desks_work_is_carried_to_another_and_its_ledger_balances_when_it_comes_back() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let tiles = journey.workable();
    let file = worked_and_exported(&mut journey);
    let (install, waiting) = (journey.desk.install(), journey.desk.sync().ledger.waiting);
    let lead = journey.desk.state().person.expect("somebody works");
    let stick = tempfile::tempdir().expect("a stick");
    let carried_to = stick.path().join(file.file_name().expect("a name"));
    fs::copy(&file, &carried_to).expect("carried");
    journey.desk.kill();

    let before = carrier.sync().ledger;
    let brought = carrier.import_waiting(&carried_to).expect("imported");
    assert_eq!((brought.events, brought.brought, brought.own), (waiting, waiting, 0));
    wait_arrived(&mut carrier);
    let carried = only(&mut carrier);
    assert_eq!((carried.total, carried.attention, carried.rows.len()), (waiting, 0, 0));
    assert_eq!((carried.maker.as_str(), carried.exported_by.as_str()), (install.as_str(), lead.name.as_str()));
    carrier.wait_drained();
    let ledger = carrier.sync().ledger;
    assert_eq!(ledger.recorded, before.recorded + 1, "here only the carrying counts");
    for tile in &tiles[..ROOMS] {
        carrier.wait_for("the room as its own desk left it", |desk| {
            matches!(desk.tile(&tile.task_id.0).status, TaskStatus::Completed | TaskStatus::Inspected)
        });
    }
    let service = of(&mut journey.service, &install);
    for tile in &tiles[..ROOMS] {
        let of_room: Vec<&str> = service
            .iter()
            .filter(|entry| entry.entity.id == tile.room_id.0)
            .map(|entry| entry.action.as_str())
            .collect();
        assert_eq!(of_room, ["start", "note", "complete"], "in its own order");
    }

    // The same stick again, and at the desk that wrote it.
    let again = carrier.import_waiting(&carried_to).expect("harmless");
    assert_eq!((again.brought, again.events), (0, waiting));
    journey.desk.restart();
    let own = journey.desk.import_waiting(&carried_to).expect_err("its own");
    assert_eq!(own.code, "CARRY_FILE_OWN");
    assert_eq!(journey.desk.sync().ledger.waiting, waiting, "it has not heard yet");
    journey.relay.restore();
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn l4_what_is_carried_for_a_room_that_is_on_hold_here_says_so_and_goes_when_the_room_is_let_go() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let held = journey.workable().remove(0);
    carrier.put_on_hold(&held.room_id.0, "the guest is asked first").expect("on hold");
    carrier.wait_drained();
    let file = worked_and_exported(&mut journey);
    carrier.import_waiting(&file).expect("imported");
    carrier.wait_for("all but the room on hold has arrived", |desk| {
        let carried = only(desk);
        carried.arrived + 3 == carried.total
    });
    let rows = only(&mut carrier).rows;
    assert_eq!(rows.len(), 3, "{rows:#?}");
    for row in rows {
        assert_eq!((row.title, row.code.as_deref()), (held.number.clone(), Some("ROOM_ON_HOLD")), "{:?}", row.why);
    }
    carrier.let_go(&held.room_id.0).expect("let go");
    wait_arrived(&mut carrier);
    journey.relay.restore();
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn nothing_is_doubled_whoever_sends_first() {
    for maker_first in [true, false] {
        let mut journey = Journey::small();
        let mut carrier = journey.another_desk();
        let file = worked_and_exported(&mut journey);
        if maker_first {
            journey.relay.restore();
            journey.desk.wait_drained();
        } else {
            // Both at once.
            carrier.set_link(LinkMode::WorkOffline);
            carrier.import_waiting(&file).expect("imported");
            let waits = only(&mut carrier);
            assert_eq!(waits.waiting, waits.total);
            assert!(waits.rows.iter().all(|row| row.state == OutboxState::Pending && row.why.is_some()), "{waits:?}");
            journey.relay.restore();
            carrier.set_link(LinkMode::Auto);
        }
        carrier.import_waiting(&file).expect("imported");
        wait_arrived(&mut carrier);
        all_is_well(&mut journey, &mut carrier);
    }
}

#[test]
fn a_carrier_that_is_killed_on_the_way_has_all_of_the_file_or_nothing_and_goes_on() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let file = worked_and_exported(&mut journey);
    let waiting = journey.desk.sync().ledger.waiting;
    journey.desk.kill();
    for _ in 0..4 {
        // Killed before it answers, or after, or while it sends.
        carrier.send("import_waiting", json!({ "path": file }));
        carrier.kill();
        carrier.restart();
        let carried = carrier.carried();
        assert!(carried.iter().all(|desk| desk.total == waiting), "{carried:?}");
    }
    carrier.import_waiting(&file).expect("imported");
    carrier.kill();
    carrier.restart();
    wait_arrived(&mut carrier);
    assert_eq!(only(&mut carrier).total, waiting);
    journey.relay.restore();
    journey.desk.restart();
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn what_the_service_does_not_take_is_shown_where_it_is_carried_and_can_be_given_up_there() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let tiles = journey.workable();
    let file = worked_and_exported(&mut journey);
    let contested = &tiles[0];
    let install = journey.desk.install();
    journey.desk.kill();
    journey.service.act(&["cancel", "--task", &contested.task_id.0, "--reason", "guest extended"]);
    carrier.import_waiting(&file).expect("imported");
    carrier.wait_for("one room stands, the others have arrived", |desk| {
        let carried = only(desk);
        carried.attention == 1 && carried.arrived + 3 == carried.total
    });
    let carried = only(&mut carrier);
    let row = &carried.rows[0];
    assert_eq!((row.state, row.title.as_str()), (OutboxState::Conflict, contested.number.as_str()));
    assert_eq!(row.code.as_deref(), Some("STATUS_CONFLICT_ON_FLUSH"));
    assert!(
        row.why.is_some() && row.next_step.as_ref().is_some_and(|step| step.to_string().contains("give it up here")),
        "{row:?}"
    );
    assert!(carried.rows[1..].iter().all(|row| row.state == OutboxState::Held && row.why.is_some()), "{carried:?}");
    carrier.wait_for("every desk knows that the room is not safe", |desk| is_contested(desk, &contested.room_id.0));

    // This desk's own work in that room goes on beside it.
    let note = Action::Note { text: Some("asked the guest".into()) };
    carrier.act(&contested.room_id.0, note).expect("recorded");
    carrier.wait_drained();

    let refused = carrier.discard_carried(&row.event_id, " ").expect_err("it wants a reason");
    assert_eq!(refused.code, "REASON_REQUIRED");
    carrier.discard_carried(&row.event_id, "the guest stays").expect("given up");
    wait_arrived(&mut carrier);
    let nothing = carrier.discard_carried(&row.event_id, "again").expect_err("done");
    assert_eq!(nothing.code, "NOTHING_TO_DISCARD");
    carrier.wait_for("the mark is gone", |desk| !is_contested(desk, &contested.room_id.0));
    let last = |entries: &[AuditEntry], action: &str| {
        entries
            .iter()
            .rfind(|entry| entry.entity.id == contested.room_id.0 && entry.action == action)
            .expect("there")
            .outcome
    };
    let entries = of(&mut journey.service, &install);
    assert_eq!(last(&entries, "start"), Outcome::Conflict, "it stays in the trail as it was answered");
    assert_eq!(last(&entries, "complete"), Outcome::Settled);
    journey.relay.restore();
    journey.desk.restart();
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn a_conflict_that_is_decided_at_its_own_desk_lets_the_carried_rest_go_on() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let tiles = journey.workable();
    let file = worked_and_exported(&mut journey);
    journey.service.act(&["cancel", "--task", &tiles[0].task_id.0, "--reason", "guest extended"]);
    carrier.import_waiting(&file).expect("imported");
    carrier.wait_for("one room stands", |desk| only(desk).attention == 1);
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&tiles[0].room_id.0).expect("open");
    journey.desk.resolve(&view, |_| turndown_app::dto::Side::Mine).expect("decided");
    wait_arrived(&mut carrier);
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn a_service_that_was_restored_is_given_what_was_carried_to_it() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    journey.service.api();
    let backup = journey.service.back_up();
    carrier.wait_online();
    let elsewhere = journey.workable()[ROOMS].room_id.0.clone();
    let file = worked_and_exported(&mut journey);
    let install = journey.desk.install();
    journey.desk.kill();
    carrier.import_waiting(&file).expect("imported");
    wait_arrived(&mut carrier);
    carrier.wait_drained();
    let rooms = |journey: &mut Journey| -> Vec<_> {
        let rows = journey.service.api().snapshot().rows.into_iter();
        rows.filter(|row| row.entity.id != elsewhere).map(|row| (row.entity, row.fields)).collect()
    };
    let before = rooms(&mut journey);
    journey.service.restore(&backup, false);
    journey.service.restart();
    // Whatever is sent next shows what was heard before, and the service finds that it lost something.
    carrier.act(&elsewhere, Action::Note { text: Some("after the restore".into()) }).expect("recorded");
    let service = &mut journey.service;
    turndown_gates::eventually("what was carried is in the restored trail", || {
        (of(service, &install).len() >= ROOMS * 3).then_some(())
    });
    wait_arrived(&mut carrier);
    carrier.wait_drained();
    assert_eq!(rooms(&mut journey), before, "as it was before the restore");
    journey.relay.restore();
    journey.desk.restart();
    all_is_well(&mut journey, &mut carrier);
}

#[test]
fn a_file_that_is_not_as_it_was_written_or_of_another_hotel_is_refused_with_a_next_step() {
    let mut journey = Journey::small();
    let mut carrier = journey.another_desk();
    let file = worked_and_exported(&mut journey);
    let mut stranger = Journey::small();
    let text = fs::read_to_string(&file).expect("the file");
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path
    };
    let trail = carrier.trail().len();
    for (path, code) in [
        (write("cut", &text[..text.len() / 2]), "CARRY_FILE_CUT"),
        (write("changed", &text.replacen("\"start\"", "\"pause\"", 1)), "CARRY_FILE_CHANGED"),
        (write("photo", "JFIF"), "CARRY_FILE_NOT_OURS"),
        (folder.path().join("gone"), "CARRY_FILE_UNREADABLE"),
        (folder.path().to_owned(), "CARRY_FILE_UNREADABLE"),
    ] {
        let refused = carrier.import_waiting(&path).expect_err("refused");
        assert_eq!(refused.code, code);
        assert!(
            refused.message.to_string().ends_with('.') && refused.next_step.to_string().ends_with('.'),
            "{refused:?}"
        );
    }
    let refused = stranger.desk.import_waiting(&file).expect_err("another hotel");
    assert_eq!(refused.code, "CARRY_FILE_OTHER_HOTEL");
    assert_eq!(carrier.trail().len(), trail);
    assert!(carrier.carried().is_empty() && stranger.desk.carried().is_empty());
    assert!(carrier.outbox(OutboxFilter::Waiting).is_empty());
    let half: Vec<_> = names(journey.desk.folder().join("exports").as_path());
    assert_eq!(half.len(), 1, "an export leaves one file: {half:?}");
}

fn names(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}
