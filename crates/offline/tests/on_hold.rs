//! Entities that a person holds back: recorded as ever, not sent, visible with the reason, and sent in order when they
//! are let go.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{House, add, copy_folder, is_sound, trail};
use std::collections::BTreeSet;
use turndown_offline::{CarryHotel, Engine, Fate, HoldRefusal, RecordError, Recorded, Waits};
use turndown_protocol::{ActorId, EntityRef, EventId};

fn counter(number: u32) -> EntityRef {
    EntityRef::new("counter", number.to_string())
}

fn lea() -> ActorId {
    ActorId::parse("lea").unwrap()
}

fn hold(engine: &Engine, number: u32, id: &str) -> Result<Recorded, RecordError<HoldRefusal>> {
    engine.put_on_hold(EventId::parse(id).unwrap(), lea(), counter(number), "the guest is asked first".into())
}

fn let_go(engine: &Engine, number: u32, id: &str) -> Result<Recorded, RecordError<HoldRefusal>> {
    engine.let_go(EventId::parse(id).unwrap(), lea(), counter(number))
}

/// What would be sent: names of events, without the desk's own.
fn next(engine: &Engine) -> Vec<String> {
    let items = engine.next_to_send(100, 1 << 20, &BTreeSet::new()).unwrap();
    items.into_iter().filter(|item| item.entity.kind != "desk").map(|item| item.event_id.to_string()).collect()
}

fn refusal(result: Result<Recorded, RecordError<HoldRefusal>>) -> HoldRefusal {
    match result {
        Err(RecordError::Refused(refusal)) => refusal,
        other => panic!("it should be refused: {other:?}"),
    }
}

#[test]
fn what_is_on_hold_is_recorded_and_not_sent_and_goes_in_its_order_when_it_is_let_go() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "a1");
    add(&engine, 2, "b1");
    hold(&engine, 1, "h1").unwrap();
    add(&engine, 1, "a2");
    add(&engine, 2, "b2");
    assert_eq!(next(&engine), ["b1", "b2"], "before and behind the hold nothing of it goes, and all else does");
    let only = engine.next_in_lanes(&BTreeSet::from([counter(1)]), 100, 1 << 20).unwrap();
    assert!(only.is_empty(), "not by name either");
    assert_eq!(engine.held_back().unwrap(), 2);
    let held = engine.on_hold().unwrap();
    assert_eq!((held.len(), held[0].waiting, held[0].by.as_str()), (1, 2, "lea"));
    let row = engine.row(&EventId::parse("a2").unwrap()).unwrap().unwrap();
    let fate = engine.fate_of(&row).unwrap();
    assert!(matches!(&fate, Fate::Waits(Waits::OnHold(hold)) if hold.reason == "the guest is asked first"), "{fate:?}");
    assert_eq!(engine.ledger().unwrap().waiting, 5, "it waits, and counts as waiting");

    let_go(&engine, 1, "g1").unwrap();
    assert_eq!(next(&engine), ["a1", "a2", "b1", "b2"]);
    assert_eq!(engine.on_hold().unwrap(), []);
    is_sound(&engine);
}

#[test]
fn a_hold_is_an_entry_of_the_record_by_name_and_only_where_it_changes_something() {
    let house = House::new();
    let (engine, _) = house.open();
    assert_eq!(refusal(hold(&engine, 1, "h0")), HoldRefusal::Unknown);
    add(&engine, 1, "a1");
    assert_eq!(refusal(let_go(&engine, 1, "g0")), HoldRefusal::NotOnHold);
    let recorded = hold(&engine, 1, "h1").unwrap();
    let event = &recorded.sealed.event;
    assert_eq!((event.entity.kind.as_str(), event.actor_id.as_str()), ("desk", "lea"));
    assert_eq!(event.args["reason"], "the guest is asked first");
    assert_eq!(turndown_offline::held_entity(event), Some(counter(1)));
    let entries = trail(&engine).len();
    assert!(hold(&engine, 1, "h1").unwrap().repeated, "the same gesture once more");
    assert_eq!(refusal(hold(&engine, 1, "h2")), HoldRefusal::AlreadyOnHold);
    assert_eq!(trail(&engine).len(), entries);
    // The entry about the hold is not held back by it.
    let first = engine.next_to_send(100, 1 << 20, &BTreeSet::new()).unwrap();
    assert!(first.iter().any(|item| item.event_id.as_str() == "h1"));
}

#[test]
fn a_hold_outlives_a_restart_and_a_repair_from_the_second_copy() {
    let house = House::new();
    let (engine, _) = house.open();
    for (number, id) in [(1, "a1"), (2, "b1"), (3, "c1")] {
        add(&engine, number, id);
    }
    hold(&engine, 1, "h1").unwrap();
    hold(&engine, 2, "h2").unwrap();
    let_go(&engine, 2, "g2").unwrap();
    let before = engine.on_hold().unwrap();
    let killed = tempfile::tempdir().unwrap();
    copy_folder(&house.path(), &killed.path().join("desk"));
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(engine.on_hold().unwrap(), before);
    drop(engine);

    let again = House { folder: killed, ..House::new() };
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        std::fs::remove_file(again.file(name)).ok();
    }
    let (engine, report) = again.open();
    assert!(report.repair.is_some());
    assert_eq!(engine.on_hold().unwrap(), before, "as the record says it");
    assert!(next(&engine).iter().all(|id| id != "a1"));
    is_sound(&engine);
}

#[test]
fn what_is_on_hold_is_not_exported_to_be_sent_from_elsewhere() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "a1");
    add(&engine, 2, "b1");
    hold(&engine, 1, "h1").unwrap();
    let hotel = CarryHotel { property_id: "hotel".into(), store_id: "store".into() };
    let mut file = vec![];
    let written = engine.write_waiting(hotel, "Hotel".into(), "Lea".into(), &mut file).unwrap().unwrap();
    let text = String::from_utf8(file).unwrap();
    assert_eq!(written, 2, "the other counter, and the entry about the hold");
    assert!(text.contains("\"b1\"") && text.contains("\"h1\"") && !text.contains("\"a1\""), "{text}");
}

#[test]
fn a6_a_hold_that_rotted_is_found_by_the_full_look_and_made_anew_from_the_record() {
    // What a wrong bit leaves: text that is none, another name, another entity, no row at all.
    let rotted = [
        "UPDATE on_hold SET since = CAST(x'32303136ff' AS TEXT)",
        "UPDATE on_hold SET by = 'leb'",
        "UPDATE on_hold SET entity_id = '9'",
        "DELETE FROM on_hold",
    ];
    for rot in rotted {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 1, "a1");
        hold(&engine, 1, "h1").unwrap();
        add(&engine, 2, "b1");
        hold(&engine, 2, "h2").unwrap();
        let_go(&engine, 2, "g2").unwrap();
        let before = engine.on_hold().unwrap();
        is_sound(&engine);
        engine.close();
        drop(engine);
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
        let (engine, report) = house.open();
        assert!(report.repair.is_none(), "a start does not look at it: {rot}");
        let readable = engine.on_hold().unwrap().len();
        assert_eq!(engine.is_damaged(), rot.contains("ff"), "text that is none is known as soon as it is met: {rot}");
        assert_eq!(readable, usize::from(!rot.contains("ff") && !rot.starts_with("DELETE")), "{rot}");
        assert_eq!(engine.check().unwrap().damage.len(), 1, "{rot}");
        assert!(engine.is_damaged(), "{rot}");
        engine.close();
        drop(engine);
        let (engine, report) = house.open();
        assert!(report.repair.is_some(), "{rot}");
        assert_eq!(engine.on_hold().unwrap(), before, "{rot}");
        is_sound(&engine);
    }
}

#[test]
fn a6_a_repair_that_begins_from_a_backup_with_the_same_rot_ends_it_all_the_same() {
    // A backup with a row that is not as it was written is none to begin from. A row that is gone is missed by the record.
    for (rot, begins) in [
        ("UPDATE on_hold SET by = 'leb'", false),
        ("UPDATE on_hold SET entity_id = '9'", false),
        ("DELETE FROM on_hold", true),
    ] {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 1, "a1");
        hold(&engine, 1, "h1").unwrap();
        let before = engine.on_hold().unwrap();
        engine.close();
        drop(engine);
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
        let (engine, _) = house.open();
        assert!(engine.back_up_if_due(std::time::Duration::from_secs(7_200)).unwrap().is_some(), "{rot}");
        assert!(!engine.check().unwrap().damage.is_empty(), "{rot}");
        engine.close();
        drop(engine);
        let (engine, report) = house.open();
        assert_eq!(report.repair.map(|repair| repair.backup.is_some()), Some(begins), "{rot}");
        assert_eq!(engine.on_hold().unwrap(), before, "{rot}");
        is_sound(&engine);
    }
}

#[test]
fn what_waits_behind_a_decision_in_a_room_on_hold_is_counted_with_it() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "a1");
    hold(&engine, 1, "h1").unwrap();
    add(&engine, 1, "a2");
    engine
        .write(|work| {
            work.execute("UPDATE outbox SET state = 'held', held_by = 'a1' WHERE event_id = 'a2'", [])?;
            Ok::<_, turndown_offline::EngineError>(())
        })
        .unwrap();
    assert_eq!(engine.held_back().unwrap(), 2, "as the ledger has it, but for the entry about the hold");
    assert_eq!(engine.ledger().unwrap().waiting, 3);
}
