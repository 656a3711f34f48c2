//! Either side comes back older than it was: the desk from a backup or as a copy, the service from a backup or by a
//! replica that lacks its last commits. Everything that was recorded is there in the end, once.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use turndown_app::dto::{OutboxFilter, OutboxState, Side};
use turndown_domain::Action;
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey};
use turndown_protocol::Outcome;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn note(text: &str) -> Action {
    Action::Note { text: Some(text.into()) }
}

/// Everything that these desks recorded is at the service, as it was made and with one effect at most, under whichever
/// install it was made; the ledgers balance; both audit chains verify.
fn all_arrived<'a>(journey: &'a mut Journey, mut others: Vec<&'a mut Desk>) {
    let service = journey.service.api().audit();
    let mut held: BTreeMap<&str, BTreeSet<(&str, u64, &str)>> = BTreeMap::new();
    let mut effects: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in &service {
        let place = (entry.install_id.as_str(), entry.local_seq, entry.event_hash.as_str());
        held.entry(entry.event_id.as_str()).or_default().insert(place);
        if matches!(entry.outcome, Outcome::Applied | Outcome::Merged) {
            *effects.entry(entry.event_id.as_str()).or_default() += 1;
        }
    }
    others.push(&mut journey.desk);
    for desk in others {
        let ledger = desk.sync().ledger;
        assert!(ledger.balanced && ledger.waiting == 0, "{ledger:?}");
        for entry in desk.trail() {
            let event = &entry.event;
            let place = BTreeSet::from([(event.install_id.as_str(), event.local_seq, entry.hash.as_str())]);
            assert_eq!(held.get(event.event_id.as_str()), Some(&place), "{} {}", event.action, event.event_id);
        }
    }
    assert!(effects.values().all(|count| *count == 1), "one effect each: {effects:?}");
    journey.service.verify_audit();
}

#[test]
fn d1_a_desk_restored_from_a_backup_sends_all_its_later_edits_under_a_new_install() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.wait_drained();
    journey.desk.stop();
    let backup = tempfile::tempdir().expect("a folder");
    copy_folder(journey.desk.folder(), backup.path());
    journey.desk.restart();
    journey.desk.wait_online();
    journey.desk.act(&tiles[0].room_id.0, complete(&tiles[0].task_id)).expect("recorded");
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    journey.desk.wait_drained();
    let install = journey.desk.install();
    let known = journey.service.api().audit().len();

    // The disk broke; the computer comes back as it was. Work begins before the network is there.
    let mut restored = Desk::stopped_on(backup.path());
    journey.desk.stop();
    journey.relay.cut();
    restored.restart();
    restored.wait_not_online();
    let person = restored.person(turndown_domain::Role::Lead);
    restored.choose(&person);
    restored.act(&tiles[2].room_id.0, start(&tiles[2].task_id)).expect("recorded");
    journey.relay.restore();
    restored.wait_drained();
    restored.wait_online();
    restored.act(&tiles[2].room_id.0, complete(&tiles[2].task_id)).expect("recorded");
    restored.wait_drained();
    let now = restored.install();
    assert_ne!(now, install, "it goes on as another install");
    // What the lost part had done is there, and what was done since.
    for tile in &tiles[..3] {
        let shown = restored.tile(&tile.task_id.0).status;
        let expected = if tile.task_id == tiles[1].task_id { "in_progress" } else { "completed" };
        assert_eq!(serde_json::to_value(shown).expect("JSON"), expected, "{}", tile.number);
    }
    std::mem::swap(&mut journey.desk, &mut restored);
    all_arrived(&mut journey, vec![]);
    let audit = journey.service.api().audit();
    assert!(audit.len() > known && audit.iter().any(|entry| entry.action == "continued"));
    // It stays who it is now.
    journey.desk.stop();
    journey.desk.restart();
    journey.desk.wait_online();
    assert_eq!(journey.desk.install(), now);
}

/// Both computers have the same desk, which has sent the first room's start; neither is running.
fn copied(journey: &mut Journey) -> (TempDir, Desk) {
    let tile = &journey.workable()[0];
    journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    journey.desk.wait_drained();
    journey.desk.stop();
    let folder = tempfile::tempdir().expect("a folder");
    copy_folder(journey.desk.folder(), folder.path());
    let copy = Desk::stopped_on(folder.path());
    (folder, copy)
}

#[test]
fn d2_a_desk_copied_to_a_second_computer_is_noticed_and_both_computers_edits_arrive() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (_folder, mut copy) = copied(&mut journey);
    journey.relay.cut();
    for (desk, tile) in [(&mut journey.desk, &tiles[1]), (&mut copy, &tiles[2])] {
        desk.restart();
        desk.wait_not_online();
        let person = desk.person(turndown_domain::Role::Lead);
        desk.choose(&person);
        desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
        desk.act(&tile.room_id.0, complete(&tile.task_id)).expect("recorded");
    }
    journey.relay.restore();
    journey.desk.wait_drained();
    copy.wait_drained();
    // Each goes on, again with both at work at once.
    journey.desk.act(&tiles[3].room_id.0, start(&tiles[3].task_id)).expect("recorded");
    copy.act(&tiles[4].room_id.0, start(&tiles[4].task_id)).expect("recorded");
    journey.desk.wait_drained();
    copy.wait_drained();
    assert_ne!(journey.desk.install(), copy.install(), "they are two installs now");
    let audit = journey.service.api().audit();
    assert!(audit.iter().any(|entry| entry.action == "continued"));
    let done = |number: usize| {
        audit.iter().filter(|entry| entry.entity.id == tiles[number].room_id.0 && entry.action == "start").count()
    };
    assert_eq!([0, 1, 2, 3, 4].map(done), [1; 5], "both branches are listed");
    all_arrived(&mut journey, vec![&mut copy]);
}

#[test]
fn d2_two_copies_that_were_greeted_alike_are_told_apart_by_what_the_service_has_of_them() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (_folder, mut copy) = copied(&mut journey);
    // Neither has anything that the other has not, when they are greeted.
    for desk in [&mut journey.desk, &mut copy] {
        desk.restart();
        desk.wait_online();
    }
    assert_eq!(journey.desk.install(), copy.install(), "nothing tells them apart yet");
    for (desk, tile) in [(&mut journey.desk, &tiles[1]), (&mut copy, &tiles[2])] {
        let person = desk.person(turndown_domain::Role::Lead);
        desk.choose(&person);
        desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    journey.desk.wait_drained();
    copy.wait_drained();
    let other = &mut journey.desk;
    copy.wait_for("the two are told apart", |copy| copy.install() != other.install());
    journey.desk.wait_drained();
    copy.wait_drained();
    all_arrived(&mut journey, vec![&mut copy]);
}

/// The service goes back to a backup. What this desk had acknowledged since comes back by itself: edits, a decision with
/// what it settles, and what another desk did in between.
fn the_service_goes_back(rotate: bool) {
    let mut journey = Journey::small();
    let mut other = journey.another_desk();
    let tiles = journey.workable();
    let ids = |number: usize| (tiles[number].room_id.0.clone(), tiles[number].task_id.clone());
    let (room, task) = ids(0);
    journey.desk.act(&room, start(&task)).expect("recorded");
    journey.desk.wait_drained();
    // The harness has its own key before the backup is made.
    journey.service.api();
    let backup = journey.service.back_up();
    journey.desk.wait_online();
    other.wait_online();

    journey.desk.act(&room, complete(&task)).expect("recorded");
    let (second, second_task) = ids(1);
    for action in [start(&second_task), Action::Pause { task: second_task.clone() }, note("window open")] {
        journey.desk.act(&second, action).expect("recorded");
    }
    journey.desk.wait_drained();
    // A conflict that a person decided, with two events behind it.
    let (third, third_task) = ids(2);
    journey.outage();
    journey.desk.act(&third, start(&third_task)).expect("recorded");
    journey.desk.act(&third, complete(&third_task)).expect("recorded");
    let elsewhere = Action::CancelTask { task: third_task.clone(), reason: "guest extended".into() };
    other.act(&third, elsewhere).expect("recorded");
    other.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&third).expect("open");
    journey.desk.resolve(&view, |_| Side::Mine).expect("decided");
    journey.desk.wait_drained();
    let before: Vec<_> =
        journey.service.api().snapshot().rows.into_iter().map(|row| (row.entity, row.fields)).collect();

    // Nobody can reach it while it is put back; work goes on.
    journey.outage();
    let (fourth, fourth_task) = ids(3);
    journey.desk.act(&fourth, start(&fourth_task)).expect("recorded");
    journey.service.restore(&backup, rotate);
    journey.service.restart();
    // The other desk did the cancelling that the decision was about: it comes first here.
    other.wait_online();
    other.wait_drained();
    journey.relay.restore();
    journey.desk.wait_online();
    journey.desk.wait_drained();
    let attention = journey.desk.outbox(OutboxFilter::Attention);
    assert!(attention.is_empty(), "{attention:#?}");
    let now: BTreeMap<_, _> =
        journey.service.api().snapshot().rows.into_iter().map(|row| (row.entity, row.fields)).collect();
    for (entity, fields) in before.iter().filter(|(entity, _)| entity.id != fourth) {
        assert_eq!(now.get(entity), Some(fields), "{} is as it was before the restore", entity.id);
    }
    let settled = journey.desk.outbox(OutboxFilter::Acknowledged);
    let settled = settled.iter().filter(|row| row.entity_id == third && row.state == OutboxState::Settled).count();
    assert_eq!(settled, 2, "what the decision settled is settled again");
    all_arrived(&mut journey, vec![&mut other]);
}

#[test]
fn d3_a_service_restored_from_a_backup_is_given_what_it_lost_and_nothing_doubles() {
    the_service_goes_back(true);
}

#[test]
fn d6_a_replica_that_lacks_the_last_commits_is_noticed_without_being_told_and_given_them() {
    the_service_goes_back(false);
}
