//! Reading rows: one function a table, used by the writer and by the read connections alike.

use crate::store::batch::Known;
use crate::store::front_office::{self, Kept, Place, stood};
use crate::store::stored::{self, AuditColumns, Authors, EntityColumns, outcome_named, to_i64};
use crate::store::{Chain, Entity, Hash, SignIn, SingleDone, StaffPin, StoreError, WireReference, WireRow};
use crate::workflow::Move;
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::RoomId;
use turndown_protocol::{AuditEntry, EntityRef, EventId, InstallId, StoryEntry, StoryOutcome};

pub(super) fn get_u64(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// The number and reference of a property.
pub(super) struct PropertyRow {
    pub(super) n: i64,
    pub(super) reference_version: u64,
    pub(super) reference: String,
    pub(super) audit_seq: u64,
    pub(super) audit_hash: Hash,
}

pub(super) fn property(conn: &Connection, id: &str) -> rusqlite::Result<Option<PropertyRow>> {
    conn.prepare_cached(
        "SELECT n, reference_version, reference, audit_seq, audit_hash FROM properties WHERE property_id = ?1",
    )?
    .query_row([id], |row| {
        Ok(PropertyRow {
            n: row.get(0)?,
            reference_version: get_u64(row, 1)?,
            reference: row.get(2)?,
            audit_seq: get_u64(row, 3)?,
            audit_hash: row.get(4)?,
        })
    })
    .optional()
}

/// How people of a hotel sign in.
pub(super) fn sign_in(conn: &Connection, property: &str) -> Result<SignIn, StoreError> {
    let (n, reference, lock_minutes): (i64, String, Option<u32>) = conn
        .prepare_cached("SELECT n, reference, lock_minutes FROM properties WHERE property_id = ?1")?
        .query_row([property], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut statement =
        conn.prepare_cached("SELECT staff_id, verifier, temporary FROM pins WHERE property_n = ?1 ORDER BY staff_id")?;
    let mut found = statement.query([n])?;
    let mut pins = vec![];
    while let Some(row) = found.next()? {
        pins.push(StaffPin {
            staff_id: stored::actor(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
            verifier: row.get(1)?,
            temporary: row.get(2)?,
        });
    }
    Ok(SignIn { book: serde_json::from_str(&reference)?, lock_minutes, pins })
}

/// Who may sign in, where a hotel's people do so by PIN.
pub(super) fn passes(conn: &Connection, property_n: i64) -> rusqlite::Result<Option<BTreeSet<String>>> {
    let by_pin: bool = conn
        .prepare_cached("SELECT lock_minutes IS NOT NULL FROM properties WHERE n = ?1")?
        .query_row([property_n], |row| row.get(0))?;
    if !by_pin {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached("SELECT staff_id FROM pins WHERE property_n = ?1")?;
    statement.query_map([property_n], |row| row.get(0))?.collect::<rusqlite::Result<_>>().map(Some)
}

/// Whether the audit trail has this entry, and goes on behind it with changes above a number: that one was given out
/// before them, if the trail is the same.
pub(super) fn has_audit(
    conn: &Connection,
    property_n: i64,
    audit_seq: u64,
    hash: &str,
    seq: u64,
) -> rusqlite::Result<bool> {
    let found: Option<Hash> = conn
        .prepare_cached("SELECT hash FROM audit WHERE property_n = ?1 AND audit_seq = ?2")?
        .query_row((property_n, to_i64(audit_seq)), |row| row.get(0))
        .optional()?;
    let next: Option<i64> = conn
        .prepare_cached(
            "SELECT seq FROM audit WHERE property_n = ?1 AND audit_seq > ?2 AND seq IS NOT NULL ORDER BY audit_seq LIMIT 1",
        )?
        .query_row((property_n, to_i64(audit_seq)), |row| row.get(0))
        .optional()?;
    let is_here = audit_seq == 0 || found.is_some_and(|found| hex::encode(found) == hash);
    Ok(is_here && next.is_none_or(|next| next.unsigned_abs() > seq))
}

/// Head and floor of the feed.
pub(super) fn feed(conn: &Connection) -> rusqlite::Result<(u64, u64)> {
    conn.prepare_cached("SELECT head_seq, feed_floor_seq FROM meta")?
        .query_row([], |row| Ok((get_u64(row, 0)?, get_u64(row, 1)?)))
}

pub(super) fn known(conn: &Connection, property_n: i64, id: &EventId) -> Result<Option<Known>, StoreError> {
    let found = conn
        .prepare_cached("SELECT n, hash, outcome, seq, detail FROM events WHERE property_n = ?1 AND event_id = ?2")?
        .query_row((property_n, id.as_str()), |row| {
            Ok((
                get_u64(row, 0)?,
                row.get::<_, Hash>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, Option<i64>>(3)?,
                row.get::<_, Option<String>>(4)?,
            ))
        })
        .optional()?;
    let Some((n, hash, outcome, seq, detail)) = found else { return Ok(None) };
    stored::known(n, hash, &outcome, seq.map(i64::unsigned_abs), detail.as_deref()).map(Some)
}

pub(super) fn is_settled(conn: &Connection, property_n: i64, id: &EventId) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM settled WHERE property_n = ?1 AND event_id = ?2")?
        .exists((property_n, id.as_str()))
}

pub(super) fn event_bytes(conn: &Connection, property_n: i64, id: &EventId) -> rusqlite::Result<Option<String>> {
    conn.prepare_cached("SELECT bytes FROM events WHERE property_n = ?1 AND event_id = ?2")?
        .query_row((property_n, id.as_str()), |row| row.get(0))
        .optional()
}

pub(super) fn entity(conn: &Connection, property_n: i64, entity: &EntityRef) -> Result<Option<Entity>, StoreError> {
    let found = conn
        .prepare_cached(
            "SELECT n, version, fields_version, fields, provenance, contests, deleted_at_ms
             FROM entities WHERE property_n = ?1 AND kind = ?2 AND id = ?3",
        )?
        .query_row((property_n, &entity.kind, &entity.id), |row| {
            Ok(EntityColumns {
                n: row.get(0)?,
                version: get_u64(row, 1)?,
                fields_version: get_u64(row, 2)?,
                fields: row.get(3)?,
                provenance: row.get(4)?,
                contests: row.get(5)?,
                deleted: row.get::<_, Option<i64>>(6)?.is_some(),
            })
        })
        .optional()?;
    found.map(|columns| columns.read(entity.clone())).transpose()
}

/// The entity that a part belongs to.
pub(super) fn entity_of_part(conn: &Connection, property_n: i64, part: &str) -> rusqlite::Result<Option<EntityRef>> {
    conn.prepare_cached(
        "SELECT e.kind, e.id FROM parts p JOIN entities e ON e.n = p.entity_n WHERE p.property_n = ?1 AND p.part = ?2",
    )?
    .query_row((property_n, part), |row| Ok(EntityRef { kind: row.get(0)?, id: row.get(1)? }))
    .optional()
}

/// All installs that an install continues, one behind the other.
pub(super) fn was_before(
    conn: &Connection,
    property_n: i64,
    install: &InstallId,
) -> Result<BTreeSet<InstallId>, StoreError> {
    // UNION drops what was there already, so that a ring ends.
    let found = conn
        .prepare_cached(
            "WITH RECURSIVE before (install_id) AS (
                 SELECT continues FROM installs WHERE property_n = ?1 AND install_id = ?2
                 UNION
                 SELECT i.continues FROM installs i JOIN before b ON i.install_id = b.install_id WHERE i.property_n = ?1
             ) SELECT install_id FROM before WHERE install_id IS NOT NULL",
        )?
        .query_map((property_n, install.as_str()), |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(found.into_iter().filter_map(|id| InstallId::parse(id).ok()).collect())
}

pub(super) fn chain(conn: &Connection, property_n: i64, install: &InstallId) -> rusqlite::Result<Option<Chain>> {
    conn.prepare_cached(
        "SELECT n, highest_seq, highest_hash, closed_seq, closed_hash, announced_seq, announced_hash, fork_seq,
                begins_seq, begins_hash
         FROM installs WHERE property_n = ?1 AND install_id = ?2",
    )?
    .query_row((property_n, install.as_str()), |row| {
        Ok(Chain {
            n: row.get(0)?,
            highest_seq: get_u64(row, 1)?,
            highest_hash: row.get(2)?,
            closed_seq: get_u64(row, 3)?,
            closed_hash: row.get(4)?,
            announced_seq: get_u64(row, 5)?,
            announced_hash: row.get(6)?,
            fork_seq: row.get::<_, Option<i64>>(7)?.map(i64::unsigned_abs),
            begins_seq: get_u64(row, 8)?,
            begins_hash: row.get(9)?,
        })
    })
    .optional()
}

/// Whether an install has an entry for this place.
pub(super) fn has_link(conn: &Connection, install_n: i64, local_seq: u64) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM events WHERE install_n = ?1 AND local_seq = ?2")?
        .exists((install_n, to_i64(local_seq)))
}

/// The kept answer of a single action, with what its key stands for.
pub(super) fn request(conn: &Connection, property_n: i64, key: &str) -> rusqlite::Result<Option<(Hash, SingleDone)>> {
    conn.prepare_cached("SELECT fingerprint, status, etag, answer FROM requests WHERE property_n = ?1 AND key = ?2")?
        .query_row((property_n, key), |row| {
            let etag: Option<String> = row.get(2)?;
            let done = SingleDone {
                status: row.get(1)?,
                version: etag.and_then(|etag| etag.parse().ok()),
                body: row.get(3)?,
                replayed: true,
            };
            Ok((row.get(0)?, done))
        })
        .optional()
}

/// What was reported last of a subject.
pub(super) fn report(conn: &Connection, property_n: i64, subject: &str) -> Result<Option<Kept>, StoreError> {
    let found = conn
        .prepare_cached("SELECT version, hash, state, room FROM reports WHERE property_n = ?1 AND subject = ?2")?
        .query_row((property_n, subject), |row| {
            let version: i64 = row.get(0)?;
            Ok((
                version.unsigned_abs(),
                row.get(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, Option<String>>(3)?,
            ))
        })
        .optional()?;
    found.map(|(version, hash, state, room)| Ok(Kept { version, hash, stood: stood(state, room)? })).transpose()
}

/// A room as a report finds it.
pub(super) fn place(conn: &Connection, property_n: i64, room: RoomId) -> Result<Place, StoreError> {
    let entity = entity(conn, property_n, &front_office::entity_of(&room))?;
    let guest = front_office::guest_of(entity.as_ref());
    let mut statement = conn.prepare_cached(
        "SELECT subject, state, room FROM reports WHERE property_n = ?1 AND room = ?2 AND state IS NOT NULL
         UNION SELECT subject, state, room FROM reports WHERE property_n = ?1 AND subject = ?3",
    )?;
    let mut found = statement.query((property_n, &room.0, guest))?;
    let mut kept = BTreeMap::new();
    while let Some(row) = found.next()? {
        let subject: String = row.get(0)?;
        kept.extend(stood(row.get(1)?, row.get(2)?)?.map(|stood| (front_office::booking_of(&subject), stood)));
    }
    Ok(Place { room, entity, kept })
}

/// Up to where a chain is here without a gap and every entry of it was taken as it is. What came to anything else may have
/// come to something else before this store was restored, and whoever heard that has to hear this.
pub(super) fn holds_until(conn: &Connection, chain: &Chain) -> rusqlite::Result<u64> {
    let other: Option<i64> = conn
        .prepare_cached(
            "SELECT min(local_seq) FROM events WHERE install_n = ?1
                AND outcome NOT IN ('applied', 'merged')",
        )?
        .query_row([chain.n], |row| row.get(0))?;
    let before_other = other.map_or(u64::MAX, |seq| seq.unsigned_abs().saturating_sub(1));
    Ok(chain.closed_seq.min(before_other))
}

/// Puts the events there that these fields were changed by, where they are not there yet.
pub(super) fn put_authors(
    conn: &Connection,
    provenance: &BTreeMap<String, u64>,
    authors: &mut Authors,
) -> Result<(), StoreError> {
    for n in provenance.values() {
        if authors.has(*n) {
            continue;
        }
        let (bytes, seq, received_at) = conn
            .prepare_cached("SELECT bytes, seq, received_at FROM events WHERE n = ?1")?
            .query_row([to_i64(*n)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
            })?;
        authors.put(*n, &bytes, seq.map(i64::unsigned_abs), received_at)?;
    }
    Ok(())
}

/// Rows of `SELECT kind, id, version, fields, provenance, contests, deleted_at_ms FROM entities ...`.
pub(super) fn wire_rows(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<WireRow>, StoreError> {
    let mut authors = Authors::default();
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query(params)?;
    let mut rows = vec![];
    while let Some(row) = found.next()? {
        let provenance: BTreeMap<String, u64> = serde_json::from_str(row.get_ref(4)?.as_str().map_err(unreadable)?)?;
        put_authors(conn, &provenance, &mut authors)?;
        rows.push(authors.wire_row(
            EntityRef { kind: row.get(0)?, id: row.get(1)? },
            get_u64(row, 2)?,
            row.get(3)?,
            &provenance,
            row.get_ref(5)?.as_str().map_err(unreadable)?,
            row.get::<_, Option<i64>>(6)?.is_some(),
        )?);
    }
    Ok(rows)
}

fn unreadable(error: rusqlite::types::FromSqlError) -> StoreError {
    StoreError::Database(error.into())
}

pub(super) fn wire_reference(property: PropertyRow) -> Result<WireReference, StoreError> {
    Ok(WireReference { version: property.reference_version, document: RawValue::from_string(property.reference)? })
}

/// Events of one entity, newest first, each with what became of it.
pub(super) fn story(
    conn: &Connection,
    property_n: i64,
    entity: &EntityRef,
    before: u64,
    limit: u32,
) -> Result<(Vec<StoryEntry>, Option<u64>), StoreError> {
    let mut events = conn.prepare_cached(
        "SELECT n, bytes FROM events WHERE property_n = ?1 AND entity = ?2 AND n < ?3 ORDER BY n DESC LIMIT ?4",
    )?;
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    let found = events
        .query_map((property_n, entity.to_string(), before, limit), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let more = found.last().filter(|_| found.len() == limit as usize).map(|(n, _)| n.unsigned_abs());
    let mut outcomes = conn.prepare_cached(
        "SELECT audit_seq, outcome, seq, code, received_at FROM audit
         WHERE property_n = ?1 AND event_n = ?2 ORDER BY audit_seq",
    )?;
    let mut entries = Vec::with_capacity(found.len());
    for (n, bytes) in found {
        let mut rows = outcomes.query((property_n, n))?;
        let mut became = vec![];
        while let Some(row) = rows.next()? {
            became.push(StoryOutcome {
                audit_seq: get_u64(row, 0)?,
                outcome: outcome_named(row.get_ref(1)?.as_str().map_err(unreadable)?)?,
                seq: row.get::<_, Option<i64>>(2)?.map(i64::unsigned_abs),
                code: row.get(3)?,
                received_at: row.get(4)?,
            });
        }
        entries.push(StoryEntry { event: serde_json::from_str(&bytes)?, outcomes: became });
    }
    Ok((entries, more))
}

/// Audit entries with their task moves, as the trail and the sinks read them.
pub(super) fn audit(
    conn: &Connection,
    property_n: i64,
    after: u64,
    install_n: Option<i64>,
    limit: u32,
) -> Result<Vec<(AuditEntry, Vec<Move>)>, StoreError> {
    let mut statement = conn.prepare_cached(
        "SELECT a.audit_seq, a.hash, a.outcome, a.seq, a.code, a.received_at, a.moves, e.hash, e.bytes,
                (SELECT p.hash FROM audit p WHERE p.property_n = a.property_n AND p.audit_seq = a.audit_seq - 1)
         FROM audit a JOIN events e ON e.n = a.event_n
         WHERE a.property_n = ?1 AND a.audit_seq > ?2 AND (?3 IS NULL OR e.install_n = ?3)
         ORDER BY a.audit_seq LIMIT ?4",
    )?;
    let mut found = statement.query((property_n, to_i64(after), install_n, limit))?;
    let mut entries = vec![];
    while let Some(row) = found.next()? {
        let columns = AuditColumns {
            audit_seq: get_u64(row, 0)?,
            hash: row.get(1)?,
            outcome: row.get_ref(2)?.as_str().map_err(unreadable)?,
            seq: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
            code: row.get(4)?,
            received_at: row.get(5)?,
            moves: row.get_ref(6)?.as_str_or_null().map_err(unreadable)?,
            event_hash: row.get(7)?,
            event_bytes: row.get_ref(8)?.as_str().map_err(unreadable)?,
            prev_hash: row.get(9)?,
        };
        entries.push(columns.read()?);
    }
    Ok(entries)
}
