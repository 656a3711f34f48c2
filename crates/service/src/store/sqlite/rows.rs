//! Reading rows: one function a table, used by the writer and by the read connections alike.

use crate::store::Identity;
use crate::store::batch::Known;
use crate::store::{Author, Chain, Detail, Entity, Hash, StoreError, WireReference, WireRow};
use crate::workflow::Move;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use turndown_protocol::{
    ActorId, AuditEntry, Contested, EntityRef, EntityRow, EventId, Fields, InstallId, Mode, Outcome, Provenance,
    ServiceHead, StoryEntry, StoryOutcome,
};

/// Sequence numbers and counts are far below 2^63; SQLite stores them signed.
pub(super) fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn get_u64(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// An outcome by its stable name, as it stands in messages.
pub(super) fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "applied",
        Outcome::Merged => "merged",
        Outcome::Duplicate => "duplicate",
        Outcome::Conflict => "conflict",
        Outcome::Rejected => "rejected",
        Outcome::Settled => "settled",
        Outcome::Blocked => "blocked",
        Outcome::MissingPredecessor => "missing_predecessor",
        Outcome::KeyReuse => "key_reuse",
        Outcome::TooLarge => "too_large",
        Outcome::RetryLater => "retry_later",
        Outcome::UpgradeRequired => "upgrade_required",
    }
}

pub(super) fn outcome_named(name: &str) -> Result<Outcome, StoreError> {
    Ok(Outcome::deserialize(serde::de::value::StrDeserializer::<serde_json::Error>::new(name))?)
}

/// The number and reference of a property.
pub(super) struct PropertyRow {
    pub(super) n: i64,
    pub(super) reference_version: u64,
    pub(super) reference: String,
    pub(super) audit_seq: u64,
    pub(super) audit_hash: Hash,
}

/// Where the record stands: the newest change, and the newest entry of a property's audit trail.
pub(super) fn head(identity: &Identity, seq: u64, audit_seq: u64, audit_hash: Hash) -> ServiceHead {
    let (epoch, run) = (identity.epoch.clone(), identity.run.clone());
    ServiceHead { epoch, run, seq, audit_seq, audit_hash: hex::encode(audit_hash) }
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
    let detail: Option<Detail> = detail.as_deref().map(serde_json::from_str).transpose()?;
    Ok(Some(Known { n, hash, outcome: outcome_named(&outcome)?, seq: seq.map(i64::unsigned_abs), detail }))
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
            Ok((
                row.get::<_, i64>(0)?,
                get_u64(row, 1)?,
                get_u64(row, 2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, Option<i64>>(6)?,
            ))
        })
        .optional()?;
    let Some((n, version, fields_version, fields, provenance, contests, deleted_at)) = found else {
        return Ok(None);
    };
    let fields: Fields = serde_json::from_str(&fields)?;
    let provenance: BTreeMap<String, u64> = serde_json::from_str(&provenance)?;
    let contests: Vec<Contested> = serde_json::from_str(&contests)?;
    Ok(Some(Entity {
        n,
        entity: entity.clone(),
        version,
        fields_version,
        fields,
        provenance,
        contests,
        deleted: deleted_at.is_some(),
    }))
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

/// The members of a stored event that its record beside the bytes does not repeat.
#[derive(Deserialize)]
struct Maker {
    event_id: EventId,
    install_id: InstallId,
    local_seq: u64,
    actor_id: ActorId,
    entity: EntityRef,
    action: String,
    recorded_at: String,
    mode: Mode,
}

/// Who changed what: looks events up by number, each once.
#[derive(Default)]
pub(super) struct Authors(BTreeMap<u64, Author>);

impl Authors {
    pub(super) fn of(
        &mut self,
        conn: &Connection,
        provenance: &BTreeMap<String, u64>,
    ) -> Result<BTreeMap<String, Author>, StoreError> {
        let mut named = BTreeMap::new();
        for (path, n) in provenance {
            let author = match self.0.get(n) {
                Some(author) => author.clone(),
                None => {
                    let author = Author(Arc::new(Self::read(conn, *n)?));
                    self.0.insert(*n, author.clone());
                    author
                }
            };
            named.insert(path.clone(), author);
        }
        Ok(named)
    }

    fn read(conn: &Connection, n: u64) -> Result<Provenance, StoreError> {
        let (bytes, seq, received_at) = conn
            .prepare_cached("SELECT bytes, seq, received_at FROM events WHERE n = ?1")?
            .query_row([to_i64(n)], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, String>(2)?))
            })?;
        let maker: Maker = serde_json::from_str(&bytes)?;
        Ok(Provenance {
            seq: seq.unwrap_or(0).unsigned_abs(),
            actor_id: maker.actor_id.to_string(),
            install_id: maker.install_id.to_string(),
            event_id: maker.event_id.to_string(),
            recorded_at: maker.recorded_at,
            received_at,
        })
    }
}

/// An entity with who changed it, for an answer to a batch.
pub(super) fn entity_row(conn: &Connection, entity: &Entity, authors: &mut Authors) -> Result<EntityRow, StoreError> {
    let provenance = authors.of(conn, &entity.provenance)?;
    Ok(EntityRow {
        entity: entity.entity.clone(),
        version: entity.version,
        deleted: entity.deleted,
        fields: entity.fields.clone(),
        provenance: provenance.into_iter().map(|(path, author)| (path, (*author.0).clone())).collect(),
        contested: entity.contests.first().cloned(),
    })
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
        let contests: Vec<Contested> = serde_json::from_str(row.get_ref(5)?.as_str().map_err(unreadable)?)?;
        rows.push(WireRow {
            entity: EntityRef { kind: row.get(0)?, id: row.get(1)? },
            version: get_u64(row, 2)?,
            fields: RawValue::from_string(row.get(3)?)?,
            provenance: authors.of(conn, &provenance)?,
            contested: contests.into_iter().next(),
            deleted: row.get::<_, Option<i64>>(6)?.is_some(),
        });
    }
    Ok(rows)
}

fn unreadable(error: rusqlite::types::FromSqlError) -> StoreError {
    StoreError::Database(error.into())
}

pub(super) fn wire_reference(property: PropertyRow) -> Result<WireReference, StoreError> {
    Ok(WireReference { version: property.reference_version, document: RawValue::from_string(property.reference)? })
}

/// Audit entries with their task moves, as the trail and the sinks read them.
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
        let maker: Maker = serde_json::from_str(row.get_ref(8)?.as_str().map_err(unreadable)?)?;
        let moves: Option<String> = row.get(6)?;
        let entry = AuditEntry {
            audit_seq: get_u64(row, 0)?,
            prev_hash: hex::encode(row.get::<_, Option<Hash>>(9)?.unwrap_or_default()),
            hash: hex::encode(row.get::<_, Hash>(1)?),
            install_id: maker.install_id,
            local_seq: maker.local_seq,
            event_id: maker.event_id,
            event_hash: hex::encode(row.get::<_, Hash>(7)?),
            actor_id: maker.actor_id.to_string(),
            action: maker.action,
            entity: maker.entity,
            outcome: outcome_named(row.get_ref(2)?.as_str().map_err(unreadable)?)?,
            seq: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
            code: row.get(4)?,
            recorded_at: maker.recorded_at,
            received_at: row.get(5)?,
            originated_offline: maker.mode == Mode::Offline,
        };
        let moves = moves.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        entries.push((entry, moves));
    }
    Ok(entries)
}
