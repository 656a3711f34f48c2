//! What is proved at the end of a journey, from what both sides hold.

use crate::Api;
use crate::desk::{Desk, Entry};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use turndown_protocol::{AuditEntry, Fields, Outcome, ZERO_HASH};

/// The desk's database, read without the desk: every audit entry has one outbox row and the other way round, the chain
/// verifies, and SQLite finds nothing wrong.
///
/// # Panics
/// With what does not agree.
pub fn database_agrees(folder: &Path) {
    let connection = Connection::open_with_flags(folder.join("desk.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the desk's database");
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0)).expect("a count");
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(sound, "ok");
    let apart = count(
        "SELECT (SELECT count(*) FROM audit_local a LEFT JOIN outbox o
                 ON o.local_seq = a.local_seq AND o.event_id = a.event_id WHERE o.event_id IS NULL)
              + (SELECT count(*) FROM outbox o LEFT JOIN audit_local a
                 ON o.local_seq = a.local_seq AND o.event_id = a.event_id WHERE a.event_id IS NULL)",
    );
    assert_eq!(apart, 0, "outbox and audit name the same events");
    let mut statement =
        connection.prepare("SELECT local_seq, prev_hash, hash, bytes FROM audit_local ORDER BY 1").expect("sql");
    let mut rows = statement.query([]).expect("rows");
    let (mut expected, mut before) = (1, ZERO_HASH.to_owned());
    while let Some(row) = rows.next().expect("a row") {
        let seq: u64 = row.get(0).expect("a number");
        let (prev, hash, bytes): (String, String, String) =
            (row.get(1).expect("text"), row.get(2).expect("text"), row.get(3).expect("text"));
        assert_eq!((seq, &prev), (expected, &before), "the chain has no gap");
        assert_eq!(turndown_protocol::SealedEvent::hash_of(bytes.as_bytes()), hash, "entry {seq} has its hash");
        (expected, before) = (seq + 1, hash);
    }
}

/// The rows that the desk shows are the service's last rows with the open events applied, and nothing else.
///
/// # Panics
/// With the room that differs.
pub fn rows_are_mirror_and_lane(folder: &Path) {
    let connection = Connection::open_with_flags(folder.join("desk.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("the desk's database");
    let mut shown: BTreeMap<String, Fields> = BTreeMap::new();
    let mut rows = connection.prepare("SELECT id, room FROM rooms_local WHERE deleted = 0").expect("sql");
    let mut tasks = connection.prepare("SELECT room_id, id, task FROM tasks_local").expect("sql");
    let members = |text: String| serde_json::from_str::<serde_json::Map<String, Value>>(&text).expect("an object");
    let text = |row: &rusqlite::Row<'_>, at| row.get::<_, String>(at);
    for row in rows.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?))).expect("rows") {
        let (id, room) = row.expect("a row");
        let fields = shown.entry(id).or_default();
        members(room).into_iter().for_each(|(member, value)| fields.set(format!("room/{member}"), value));
    }
    for row in tasks.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?, text(row, 2)?))).expect("rows") {
        let (room, id, task) = row.expect("a row");
        let fields = shown.entry(room).or_default();
        members(task).into_iter().for_each(|(member, value)| fields.set(format!("task/{id}/{member}"), value));
    }
    let mut expected: BTreeMap<String, Fields> = BTreeMap::new();
    let mut mirror = connection.prepare("SELECT entity_id, row FROM mirror").expect("sql");
    for row in mirror.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?))).expect("rows") {
        let (id, row) = row.expect("a row");
        let row: turndown_protocol::EntityRow = serde_json::from_str(&row).expect("a mirrored row");
        if !row.deleted {
            expected.insert(id, row.fields);
        }
    }
    let mut lanes = connection
        .prepare(
            "SELECT o.entity_id, a.bytes FROM outbox o JOIN audit_local a USING (local_seq)
             WHERE o.state IN ('pending', 'failed', 'conflict', 'held') AND o.settled_by IS NULL AND o.entity_kind = 'room'
             ORDER BY o.entity_id, o.lane_rank, o.local_seq",
        )
        .expect("sql");
    for row in lanes.query_map([], |row| Ok((text(row, 0)?, text(row, 1)?))).expect("rows") {
        let (id, bytes) = row.expect("a row");
        let sealed = turndown_protocol::SealedEvent::from_bytes(bytes).expect("an event");
        sealed.event.apply_to(expected.entry(id).or_default());
    }
    for (room, fields) in &expected {
        assert_eq!(shown.get(room), Some(fields), "room {room} shows its row with the open events applied");
    }
    assert_eq!(shown.len(), expected.len());
}

/// What the service's trail says of one desk, against what that desk says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trails {
    /// The highest number that the service holds without a gap.
    pub closed: u64,
    /// Whether `(local_seq, event_id, hash)` are the same up to there.
    pub equal: bool,
    /// Events that the desk has and the service does not.
    pub missing: Vec<String>,
    /// Events with more than one effect on the service.
    pub doubled: Vec<String>,
}

/// Compares the two trails.
#[must_use]
pub fn trails(install: &str, desk: &[Entry], service: &[AuditEntry]) -> Trails {
    let mut held: BTreeMap<u64, (String, String)> = BTreeMap::new();
    let mut effects: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    let mut entries_with_effect: BTreeMap<&str, u32> = BTreeMap::new();
    let mut equal = true;
    for entry in service.iter().filter(|entry| entry.install_id.as_str() == install) {
        let named = (entry.event_id.to_string(), entry.event_hash.clone());
        // An event that was answered more than once has more than one entry; all of them name the same bytes.
        equal &= held.insert(entry.local_seq, named.clone()).is_none_or(|before| before == named);
        if matches!(entry.outcome, Outcome::Applied | Outcome::Merged) {
            *entries_with_effect.entry(entry.event_id.as_str()).or_default() += 1;
            effects.entry(entry.event_id.as_str()).or_default().extend(entry.seq);
        }
    }
    let mut closed = 0;
    while held.contains_key(&(closed + 1)) {
        closed += 1;
    }
    for entry in desk.iter().take_while(|entry| entry.event.local_seq <= closed) {
        let own = (entry.event.event_id.to_string(), entry.hash.clone());
        equal &= held.get(&entry.event.local_seq) == Some(&own);
    }
    equal &= u64::try_from(desk.len()).is_ok_and(|own| own >= closed);
    let known: BTreeSet<&str> = held.values().map(|(id, _)| id.as_str()).collect();
    let missing =
        desk.iter().map(|entry| entry.event.event_id.to_string()).filter(|id| !known.contains(id.as_str())).collect();
    let doubled = entries_with_effect
        .iter()
        .filter(|(id, count)| **count > 1 || effects.get(*id).is_some_and(|seqs| seqs.len() > 1))
        .map(|(id, _)| (*id).to_owned())
        .collect();
    Trails { closed, equal, missing, doubled }
}

/// After everything is sent: both trails are the same to the last entry, nothing is missing and nothing doubled, and
/// every hash of the service's own chain is right.
///
/// # Panics
/// With what is not so.
pub fn sent_once_and_in_order(desk: &mut Desk, api: &mut Api) {
    let (install, own, service) = (desk.install(), desk.trail(), api.audit());
    let found = trails(&install, &own, &service);
    let expected = Trails { closed: own.len() as u64, equal: true, missing: vec![], doubled: vec![] };
    assert_eq!(found, expected, "the desk's trail and the service's");
    let mut before = ZERO_HASH.to_owned();
    for (entry, number) in service.iter().zip(1..) {
        assert_eq!((entry.audit_seq, &entry.prev_hash), (number, &before), "the service's chain has no gap");
        assert_eq!(entry.expected_hash().expect("a hash"), entry.hash, "entry {number} has its hash");
        before.clone_from(&entry.hash);
    }
    // Effects came in the order in which they were recorded, room by room.
    let recorded: BTreeMap<&str, (u64, &str)> = own
        .iter()
        .filter(|entry| entry.event.settles.is_empty())
        .map(|entry| (entry.event.event_id.as_str(), (entry.event.local_seq, entry.event.entity.id.as_str())))
        .collect();
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut effects: Vec<&AuditEntry> =
        service.iter().filter(|entry| entry.install_id.as_str() == install && entry.seq.is_some()).collect();
    effects.sort_by_key(|entry| entry.seq);
    for entry in effects {
        if let Some((seq, room)) = recorded.get(entry.event_id.as_str()) {
            let before = last.insert(room, *seq);
            assert!(before.is_none_or(|before| before < *seq), "room {room}: {seq} came before {before:?}");
        }
    }
}

/// Every room is the same at the desk and at the service.
///
/// # Panics
/// With the room that differs.
pub fn same_rooms(desk: &mut Desk, api: &mut Api) {
    for row in api.snapshot().rows.into_iter().filter(|row| row.entity.kind == "room" && !row.deleted) {
        let id = row.entity.id.clone();
        desk.wait_for(&format!("room {id} is the same on both sides"), |desk| desk.fields(&id) == row.fields);
    }
}

/// The domain events of one kind, by the event that they speak of.
#[must_use]
pub fn domain_events_by_event(lines: &[Value], kind: &str) -> BTreeMap<String, Vec<Value>> {
    let mut by: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for line in lines.iter().filter(|line| line["type"] == kind) {
        // At least once, under the same id: a consumer drops what it has seen.
        if seen.insert(line["id"].as_str().unwrap_or_default().to_owned()) {
            by.entry(line["data"]["event_id"].as_str().unwrap_or_default().to_owned()).or_default().push(line.clone());
        }
    }
    by
}
