//! Somebody with a hand in a desk's files changes its record. The service, which was told the truth before, notices.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use rusqlite::Connection;
use turndown_gates::Journey;
use turndown_gates::journey::start;
use turndown_protocol::{ActorId, SealedEvent, ZERO_HASH};

/// Whether somebody with a hand in the files puts back what guards the trail, or leaves a database that has no guards.
#[derive(Clone, Copy)]
enum Hand {
    Careful,
    Careless,
}

/// A journey whose desk recorded and sent something and was tampered with while it was closed, and the install it was.
fn tampered(hand: Hand, with: impl FnOnce(&Connection)) -> (Journey, String) {
    let mut journey = Journey::small();
    for tile in &journey.workable()[..3] {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    journey.desk.wait_drained();
    let install = journey.desk.install();
    journey.desk.stop();
    let folder = journey.desk.folder().to_owned();
    let connection = Connection::open(folder.join("desk.db")).expect("the database");
    let guards = triggers_of(&connection, "audit_local");
    assert!(!guards.is_empty(), "the trail is guarded");
    for (name, _) in &guards {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).expect("the trigger goes");
    }
    with(&connection);
    if let Hand::Careful = hand {
        for (_, sql) in &guards {
            connection.execute_batch(sql).expect("the trigger is back");
        }
    }
    drop(connection);
    // The second copies and backups would give it back: whoever tampers takes them too.
    for other in ["copies", "backups"] {
        let _ = std::fs::remove_dir_all(folder.join(other));
    }
    journey.desk.restart();
    (journey, install)
}

/// The name and text of each trigger that guards a table.
fn triggers_of(connection: &Connection, table: &str) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1";
    let mut statement = connection.prepare(sql).expect("sql");
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

/// The desk goes on under a new install, and what was done is at the service as it was done.
fn noticed(journey: &mut Journey, install: &str) {
    let before = journey.service.api().audit();
    journey.desk.wait_for("it is noticed", |desk| desk.install() != install);
    journey.desk.wait_online();
    // A start repairs a database without its guards, and the desk asks for the house again.
    journey.desk.wait_for("the house is known", |desk| !desk.state().staff.is_empty());
    let person = journey.desk.person(turndown_domain::Role::Lead);
    journey.desk.choose(&person);
    let room = journey.desk.board()[0].room_id.0.clone();
    let note = turndown_domain::Action::Note { text: Some("checked".into()) };
    journey.desk.act(&room, note).expect("recorded");
    journey.desk.wait_drained();
    let after = journey.service.api().audit();
    assert_eq!(&after[..before.len()], &before[..], "what was in the record stays as it was");
    assert!(after.iter().any(|entry| entry.action == "continued"), "it is in the record that the desk is another one");
    journey.service.verify_audit();
}

/// Takes away everything behind a number.
fn cut_behind(keep: u64) -> impl FnOnce(&Connection) {
    move |connection| {
        for table in ["audit_local", "outbox"] {
            connection.execute(&format!("DELETE FROM {table} WHERE local_seq > ?1"), [keep]).expect("cut");
        }
    }
}

/// Seals every entry again over the one before, so that the chain is sound in itself.
fn rewrite_from_the_beginning(connection: &Connection) {
    let mut statement = connection.prepare("SELECT local_seq, bytes FROM audit_local ORDER BY 1").expect("sql");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
    let rows: Vec<(u64, String)> = rows.collect::<Result<_, _>>().expect("rows");
    let mut before = ZERO_HASH.to_owned();
    for (local_seq, bytes) in rows {
        let mut event = SealedEvent::from_bytes(bytes).expect("an event").event;
        event.actor_id = ActorId::parse("somebody-else").expect("a valid id");
        event.prev_hash = before;
        let sealed = SealedEvent::seal(event).expect("it seals");
        let sql = "UPDATE audit_local SET prev_hash = ?2, hash = ?3, bytes = ?4 WHERE local_seq = ?1";
        let entry = (local_seq, &sealed.event.prev_hash, &sealed.hash, &sealed.bytes);
        connection.execute(sql, entry).expect("written");
        before = sealed.hash;
    }
}

#[test]
fn k2_an_audit_trail_whose_tail_was_cut_off_or_that_is_gone_is_noticed_at_the_next_contact() {
    for (hand, keep) in [(Hand::Careful, 2), (Hand::Careful, 0), (Hand::Careless, 2)] {
        let (mut journey, install) = tampered(hand, cut_behind(keep));
        noticed(&mut journey, &install);
    }
}

#[test]
fn k2_a_trail_that_is_gone_with_its_guards_is_found_again_in_the_file_by_the_repair_at_the_start() {
    let (mut journey, install) = tampered(Hand::Careless, cut_behind(0));
    journey.desk.wait_online();
    journey.all_is_well();
    assert_eq!(journey.desk.install(), install, "it is whole again, so it goes on as who it was");
}

#[test]
fn k3_a_chain_that_was_rewritten_from_its_beginning_is_noticed_at_the_next_contact() {
    for hand in [Hand::Careful, Hand::Careless] {
        let (mut journey, install) = tampered(hand, rewrite_from_the_beginning);
        noticed(&mut journey, &install);
        assert_ne!(journey.desk.install(), install, "and it stays another one");
    }
}
