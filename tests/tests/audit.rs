//! Somebody with a hand in a desk's files changes its record. The service, which was told the truth before, notices.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use rusqlite::Connection;
use turndown_gates::journey::start;
use turndown_gates::{Desk, Journey};
use turndown_protocol::{ActorId, SealedEvent, ZERO_HASH};

/// A journey whose desk recorded and sent something and was tampered with while it was closed.
fn tampered(with: impl FnOnce(&Connection)) -> Journey {
    let mut journey = Journey::small();
    for tile in &journey.workable()[..3] {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    journey.desk.wait_drained();
    journey.desk.stop();
    let folder = journey.desk.folder().to_owned();
    let connection = Connection::open(folder.join("desk.db")).expect("the database");
    connection
        .execute_batch(
            "DROP TRIGGER audit_local_is_append_only_update; DROP TRIGGER audit_local_is_append_only_delete;",
        )
        .expect("the triggers go");
    with(&connection);
    drop(connection);
    // The second copies and backups would give it back: whoever tampers takes them too.
    for other in ["copies", "backups"] {
        let _ = std::fs::remove_dir_all(folder.join(other));
    }
    journey.desk.restart();
    journey
}

/// The desk goes on under a new install, and what was done is at the service as it was done.
fn noticed(journey: &mut Journey, install: &str) {
    let before = journey.service.api().audit();
    journey.desk.wait_for("it is noticed", |desk| desk.install() != install);
    journey.desk.wait_online();
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

fn install_of(desk: &Desk) -> String {
    let connection = Connection::open(desk.folder().join("desk.db")).expect("the database");
    let sql = "SELECT value FROM sync_state WHERE key = 'install_id'";
    connection.query_row(sql, [], |row| row.get(0)).expect("an install")
}

#[test]
fn k2_an_audit_trail_whose_tail_was_cut_off_or_that_is_gone_is_noticed_at_the_next_contact() {
    for keep in [2, 0] {
        let mut install = String::new();
        let mut journey = tampered(|connection| {
            let sql = "SELECT value FROM sync_state WHERE key = 'install_id'";
            install = connection.query_row(sql, [], |row| row.get(0)).expect("an install");
            for table in ["audit_local", "outbox"] {
                connection.execute(&format!("DELETE FROM {table} WHERE local_seq > ?1"), [keep]).expect("cut");
            }
        });
        noticed(&mut journey, &install);
    }
}

#[test]
fn k3_a_chain_that_was_rewritten_from_its_beginning_is_noticed_at_the_next_contact() {
    let mut install = String::new();
    let mut journey = tampered(|connection| {
        let sql = "SELECT value FROM sync_state WHERE key = 'install_id'";
        install = connection.query_row(sql, [], |row| row.get(0)).expect("an install");
        let mut statement = connection.prepare("SELECT local_seq, bytes FROM audit_local ORDER BY 1").expect("sql");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let rows: Vec<(u64, String)> = rows.collect::<Result<_, _>>().expect("rows");
        // Every entry is sealed again over the one before, so that the chain is sound in itself.
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
    });
    noticed(&mut journey, &install);
    assert_ne!(install_of(&journey.desk), install, "and it stays another one");
}
