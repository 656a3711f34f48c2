//! Reading rows of one hotel: one function a table, used by what writes and by what reads alike.

use super::open::HotelTx;
use crate::store::batch::Known;
use crate::store::front_office::{self, Kept, Place, stood};
use crate::store::stored::{self, AuditColumns, Authors, EntityColumns, outcome_named, to_i64};
use crate::store::{Chain, Entity, Hash, SignIn, SingleDone, StaffPin, StoreError, WireReference, WireRow};
use crate::workflow::Move;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;
use turndown_domain::RoomId;
use turndown_protocol::{AuditEntry, EntityRef, EventId, InstallId, StoryEntry, StoryOutcome};

/// A column by its place.
pub(super) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}

pub(super) fn get_u64(row: &Row, column: usize) -> Result<u64, StoreError> {
    get::<i64>(row, column).map(i64::unsigned_abs)
}

pub(super) fn get_some_u64(row: &Row, column: usize) -> Result<Option<u64>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(i64::unsigned_abs))
}

pub(super) fn get_hash(row: &Row, column: usize) -> Result<Hash, StoreError> {
    get::<&[u8]>(row, column)?.try_into().map_err(|_| StoreError::Fault)
}

/// Whether the audit trail has this entry, and goes on behind it with changes above a number: that one was given out
/// before them, if the trail is the same.
pub(super) async fn has_audit(tx: &HotelTx<'_>, audit_seq: u64, hash: &str, seq: u64) -> Result<bool, StoreError> {
    let row = tx
        .one(
            "SELECT (SELECT hash FROM audit WHERE property_id = $1 AND audit_seq = $2),
                    (SELECT seq FROM audit WHERE property_id = $1 AND audit_seq > $2 AND seq IS NOT NULL
                     ORDER BY audit_seq LIMIT 1)",
            &[&tx.id(), &to_i64(audit_seq)],
        )
        .await?
        .ok_or(StoreError::Fault)?;
    let found: Option<&[u8]> = get(&row, 0)?;
    let next = get_some_u64(&row, 1)?;
    let is_here = audit_seq == 0 || found.is_some_and(|found| hex::encode(found) == hash);
    Ok(is_here && next.is_none_or(|next| next > seq))
}

/// What stands of these events, of those that are here.
pub(super) async fn known(tx: &HotelTx<'_>, ids: &[&str]) -> Result<BTreeMap<EventId, Known>, StoreError> {
    let rows = tx
        .all(
            "SELECT event_id, n, hash, outcome, seq, detail FROM events WHERE property_id = $1 AND event_id = ANY ($2)",
            &[&tx.id(), &ids],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let known = stored::known(
                get_u64(row, 1)?,
                get_hash(row, 2)?,
                get(row, 3)?,
                get_some_u64(row, 4)?,
                get::<Option<&str>>(row, 5)?,
            )?;
            Ok((event_id(row, 0)?, known))
        })
        .collect()
}

fn event_id(row: &Row, column: usize) -> Result<EventId, StoreError> {
    EventId::parse(get::<&str>(row, column)?).map_err(|_| StoreError::Fault)
}

/// Which of these events are settled.
pub(super) async fn settled(tx: &HotelTx<'_>, ids: &[&str]) -> Result<BTreeSet<EventId>, StoreError> {
    let rows = tx
        .all("SELECT event_id FROM settled WHERE property_id = $1 AND event_id = ANY ($2)", &[&tx.id(), &ids])
        .await?;
    rows.iter().map(|row| event_id(row, 0)).collect()
}

/// The bytes of these events, of those that are here.
pub(super) async fn event_bytes(tx: &HotelTx<'_>, ids: &[&str]) -> Result<Vec<(EventId, String)>, StoreError> {
    let rows = tx
        .all("SELECT event_id, bytes FROM events WHERE property_id = $1 AND event_id = ANY ($2)", &[&tx.id(), &ids])
        .await?;
    rows.iter().map(|row| Ok((event_id(row, 0)?, get(row, 1)?))).collect()
}

/// These entities, of those that are here.
pub(super) async fn entities(tx: &HotelTx<'_>, names: &BTreeSet<EntityRef>) -> Result<Vec<Entity>, StoreError> {
    let kinds: Vec<&str> = names.iter().map(|name| name.kind.as_str()).collect();
    let ids: Vec<&str> = names.iter().map(|name| name.id.as_str()).collect();
    let rows = tx
        .all(
            "SELECT kind, id, version, fields_version, fields, provenance, contests, deleted_at_ms IS NOT NULL
             FROM entities WHERE property_id = $1 AND (kind, id) IN (SELECT * FROM unnest($2::text[], $3::text[]))",
            &[&tx.id(), &kinds, &ids],
        )
        .await?;
    rows.iter().map(entity).collect()
}

/// All entities of a kind that are not deleted, in the order of their ids.
pub(super) async fn entities_of_kind(tx: &HotelTx<'_>, kind: &str) -> Result<Vec<Entity>, StoreError> {
    let rows = tx
        .all(
            "SELECT kind, id, version, fields_version, fields, provenance, contests, false
             FROM entities WHERE property_id = $1 AND kind = $2 AND deleted_at_ms IS NULL ORDER BY id",
            &[&tx.id(), &kind],
        )
        .await?;
    rows.iter().map(entity).collect()
}

fn entity(row: &Row) -> Result<Entity, StoreError> {
    let columns = EntityColumns {
        n: 0,
        version: get_u64(row, 2)?,
        fields_version: get_u64(row, 3)?,
        fields: get(row, 4)?,
        provenance: get(row, 5)?,
        contests: get(row, 6)?,
        deleted: get(row, 7)?,
    };
    columns.read(EntityRef { kind: get(row, 0)?, id: get(row, 1)? })
}

/// Whether a text that a caller named could stand in a table: PostgreSQL keeps none with a zero in it.
fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

/// The entity that a part belongs to.
pub(super) async fn entity_of_part(tx: &HotelTx<'_>, part: &str) -> Result<Option<EntityRef>, StoreError> {
    if !can_be_kept(part) {
        return Ok(None);
    }
    let row = tx.one("SELECT kind, id FROM parts WHERE property_id = $1 AND part = $2", &[&tx.id(), &part]).await?;
    row.map(|row| Ok(EntityRef { kind: get(&row, 0)?, id: get(&row, 1)? })).transpose()
}

/// How people of a hotel sign in.
pub(super) async fn sign_in(tx: &HotelTx<'_>) -> Result<SignIn, StoreError> {
    let row = tx
        .one("SELECT reference, lock_minutes FROM properties WHERE property_id = $1", &[&tx.id()])
        .await?
        .ok_or(StoreError::Fault)?;
    let lock_minutes = get::<Option<i32>>(&row, 1)?.map(i32::unsigned_abs);
    let found = tx
        .all("SELECT staff_id, verifier, temporary FROM pins WHERE property_id = $1 ORDER BY staff_id", &[&tx.id()])
        .await?;
    let pin = |row: &Row| {
        Ok(StaffPin { staff_id: stored::actor(get::<&str>(row, 0)?)?, verifier: get(row, 1)?, temporary: get(row, 2)? })
    };
    let pins = found.iter().map(pin).collect::<Result<_, StoreError>>()?;
    Ok(SignIn { book: serde_json::from_str(get(&row, 0)?)?, lock_minutes, pins })
}

/// The ids of those who have a PIN.
pub(super) async fn passes(tx: &HotelTx<'_>) -> Result<BTreeSet<String>, StoreError> {
    let found = tx.all("SELECT staff_id FROM pins WHERE property_id = $1", &[&tx.id()]).await?;
    found.iter().map(|row| get(row, 0)).collect()
}

/// All installs that an install continues, one behind the other.
pub(super) async fn was_before(tx: &HotelTx<'_>, install: &InstallId) -> Result<BTreeSet<InstallId>, StoreError> {
    // UNION drops what was there already, so that a ring ends.
    let rows = tx
        .all(
            "WITH RECURSIVE before (install_id) AS (
                 SELECT continues FROM installs WHERE property_id = $1 AND install_id = $2
                 UNION
                 SELECT i.continues FROM installs i JOIN before b ON i.install_id = b.install_id
                 WHERE i.property_id = $1
             ) SELECT install_id FROM before WHERE install_id IS NOT NULL",
            &[&tx.id(), &install.as_str()],
        )
        .await?;
    rows.iter().map(|row| InstallId::parse(get::<&str>(row, 0)?).map_err(|_| StoreError::Fault)).collect()
}

/// The chains of these installs, of those that are known.
pub(super) async fn chains(tx: &HotelTx<'_>, installs: &[&str]) -> Result<BTreeMap<InstallId, Chain>, StoreError> {
    let rows = tx
        .all(
            "SELECT install_id, highest_seq, highest_hash, closed_seq, closed_hash, announced_seq, announced_hash,
                    begins_seq, begins_hash, fork_seq
             FROM installs WHERE property_id = $1 AND install_id = ANY ($2)",
            &[&tx.id(), &installs],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let chain = Chain {
                n: 0,
                highest_seq: get_u64(row, 1)?,
                highest_hash: get_hash(row, 2)?,
                closed_seq: get_u64(row, 3)?,
                closed_hash: get_hash(row, 4)?,
                announced_seq: get_u64(row, 5)?,
                announced_hash: get_hash(row, 6)?,
                begins_seq: get_u64(row, 7)?,
                begins_hash: get_hash(row, 8)?,
                fork_seq: get_some_u64(row, 9)?,
            };
            Ok((InstallId::parse(get::<&str>(row, 0)?).map_err(|_| StoreError::Fault)?, chain))
        })
        .collect()
}

/// Up to where a chain is here without a gap and every entry of it was taken as it is. What came to anything else may have
/// come to something else before this store was restored, and whoever heard that has to hear this.
pub(super) async fn holds_until(tx: &HotelTx<'_>, install: &InstallId, chain: &Chain) -> Result<u64, StoreError> {
    let row = tx
        .one(
            "SELECT min(local_seq) FROM events
             WHERE property_id = $1 AND install_id = $2 AND outcome NOT IN ('applied', 'merged')",
            &[&tx.id(), &install.as_str()],
        )
        .await?;
    let other = row.map(|row| get_some_u64(&row, 0)).transpose()?.flatten();
    Ok(chain.closed_seq.min(other.map_or(u64::MAX, |seq| seq.saturating_sub(1))))
}

/// Places of an install's chain from one on, each with the entries that are there: the hash that each carries of the one
/// before, and its own.
pub(super) async fn links(
    tx: &HotelTx<'_>,
    install: &InstallId,
    from: u64,
    places: u64,
) -> Result<BTreeMap<u64, Vec<(Hash, Hash)>>, StoreError> {
    let rows = tx
        .all(
            "SELECT local_seq, prev_hash, hash FROM events
             WHERE property_id = $1 AND install_id = $2 AND local_seq >= $3 AND local_seq < $4 ORDER BY n",
            &[&tx.id(), &install.as_str(), &to_i64(from), &to_i64(from.saturating_add(places))],
        )
        .await?;
    let mut links: BTreeMap<u64, Vec<(Hash, Hash)>> = BTreeMap::new();
    for row in &rows {
        links.entry(get_u64(row, 0)?).or_default().push((get_hash(row, 1)?, get_hash(row, 2)?));
    }
    Ok(links)
}

/// Which of these places of chains are taken.
pub(super) async fn taken_places(
    tx: &HotelTx<'_>,
    places: &[(&InstallId, u64)],
) -> Result<BTreeSet<(InstallId, u64)>, StoreError> {
    let installs: Vec<&str> = places.iter().map(|(install, _)| install.as_str()).collect();
    let seqs: Vec<i64> = places.iter().map(|(_, seq)| to_i64(*seq)).collect();
    let rows = tx
        .all(
            "SELECT install_id, local_seq FROM events
             WHERE property_id = $1
               AND (install_id, local_seq) IN (SELECT * FROM unnest($2::text[], $3::bigint[]))",
            &[&tx.id(), &installs, &seqs],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((InstallId::parse(get::<&str>(row, 0)?).map_err(|_| StoreError::Fault)?, get_u64(row, 1)?)))
        .collect()
}

/// The kept answer of a single action, with what its key stands for.
pub(super) async fn request(tx: &HotelTx<'_>, key: &str) -> Result<Option<(Hash, SingleDone)>, StoreError> {
    let row = tx
        .one(
            "SELECT fingerprint, status, version, answer FROM requests WHERE property_id = $1 AND key = $2",
            &[&tx.id(), &key],
        )
        .await?;
    row.map(|row| {
        let done = SingleDone {
            status: get::<i16>(&row, 1)?.unsigned_abs(),
            version: get_some_u64(&row, 2)?,
            body: get(&row, 3)?,
            replayed: true,
        };
        Ok((get_hash(&row, 0)?, done))
    })
    .transpose()
}

/// What was reported last of a subject.
pub(super) async fn report(tx: &HotelTx<'_>, subject: &str) -> Result<Option<Kept>, StoreError> {
    let row = tx
        .one(
            "SELECT version, hash, state, room FROM reports WHERE property_id = $1 AND subject = $2",
            &[&tx.id(), &subject],
        )
        .await?;
    row.map(|row| {
        Ok(Kept { version: get_u64(&row, 0)?, hash: get_hash(&row, 1)?, stood: stood(get(&row, 2)?, get(&row, 3)?)? })
    })
    .transpose()
}

/// A room as a report finds it.
pub(super) async fn place(tx: &HotelTx<'_>, room: RoomId) -> Result<Place, StoreError> {
    let entity = entities(tx, &BTreeSet::from([front_office::entity_of(&room)])).await?.pop();
    let guest = front_office::guest_of(entity.as_ref());
    let found = tx
        .all(
            "SELECT subject, state, room FROM reports
             WHERE property_id = $1 AND ((room = $2 AND state IS NOT NULL) OR subject = $3)",
            &[&tx.id(), &room.0, &guest],
        )
        .await?;
    let mut kept = BTreeMap::new();
    for row in &found {
        let subject: &str = get(row, 0)?;
        kept.extend(stood(get(row, 1)?, get(row, 2)?)?.map(|stood| (front_office::booking_of(subject), stood)));
    }
    Ok(Place { room, entity, kept })
}

/// Whoever changed these fields.
pub(super) async fn authors(tx: &HotelTx<'_>, provenances: &[&BTreeMap<String, u64>]) -> Result<Authors, StoreError> {
    let numbers: BTreeSet<i64> = provenances.iter().flat_map(|paths| paths.values()).map(|n| to_i64(*n)).collect();
    let mut authors = Authors::default();
    if numbers.is_empty() {
        return Ok(authors);
    }
    let numbers: Vec<i64> = numbers.into_iter().collect();
    let rows = tx
        .all(
            "SELECT n, bytes, seq, received_at FROM events WHERE property_id = $1 AND n = ANY ($2)",
            &[&tx.id(), &numbers],
        )
        .await?;
    for row in &rows {
        authors.put(get_u64(row, 0)?, get(row, 1)?, get_some_u64(row, 2)?, get(row, 3)?)?;
    }
    Ok(authors)
}

/// Rows of `SELECT kind, id, version, fields, provenance, contests, deleted_at_ms IS NOT NULL FROM entities ...`.
pub(super) async fn wire_rows(tx: &HotelTx<'_>, rows: &[Row]) -> Result<Vec<WireRow>, StoreError> {
    let provenances: Vec<BTreeMap<String, u64>> =
        rows.iter().map(|row| Ok(serde_json::from_str(get(row, 4)?)?)).collect::<Result<_, StoreError>>()?;
    let authors = authors(tx, &provenances.iter().collect::<Vec<_>>()).await?;
    rows.iter()
        .zip(&provenances)
        .map(|(row, provenance)| {
            let entity = EntityRef { kind: get(row, 0)?, id: get(row, 1)? };
            authors.wire_row(entity, get_u64(row, 2)?, get(row, 3)?, provenance, get(row, 5)?, get(row, 6)?)
        })
        .collect()
}

pub(super) fn wire_reference(version: u64, reference: String) -> Result<WireReference, StoreError> {
    Ok(WireReference { version, document: RawValue::from_string(reference)? })
}

/// Events of one entity, newest first, each with what became of it.
pub(super) async fn story(
    tx: &HotelTx<'_>,
    entity: &EntityRef,
    before: u64,
    limit: u32,
) -> Result<(Vec<StoryEntry>, Option<u64>), StoreError> {
    if !can_be_kept(&entity.kind) || !can_be_kept(&entity.id) {
        return Ok((vec![], None));
    }
    let rows = tx
        .all(
            "SELECT n, bytes FROM events WHERE property_id = $1 AND entity = $2 AND n < $3 ORDER BY n DESC LIMIT $4",
            &[&tx.id(), &entity.to_string(), &to_i64(before), &i64::from(limit)],
        )
        .await?;
    let numbers: Vec<i64> = rows.iter().map(|row| get(row, 0)).collect::<Result<_, StoreError>>()?;
    let outcomes = tx
        .all(
            "SELECT event_n, audit_seq, outcome, seq, code, received_at FROM audit
             WHERE property_id = $1 AND event_n = ANY ($2) ORDER BY audit_seq",
            &[&tx.id(), &numbers],
        )
        .await?;
    let mut became: BTreeMap<i64, Vec<StoryOutcome>> = BTreeMap::new();
    for row in &outcomes {
        became.entry(get(row, 0)?).or_default().push(StoryOutcome {
            audit_seq: get_u64(row, 1)?,
            outcome: outcome_named(get(row, 2)?)?,
            seq: get_some_u64(row, 3)?,
            code: get(row, 4)?,
            received_at: get(row, 5)?,
        });
    }
    let entries = rows
        .iter()
        .zip(&numbers)
        .map(|(row, n)| {
            let event = serde_json::from_str(get(row, 1)?)?;
            Ok(StoryEntry { event, outcomes: became.remove(n).unwrap_or_default() })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    let more = numbers.last().filter(|_| numbers.len() == limit as usize).map(|n| n.unsigned_abs());
    Ok((entries, more))
}

/// Audit entries with their task moves, as the trail and the sinks read them.
pub(super) async fn audit(
    tx: &HotelTx<'_>,
    after: u64,
    install: Option<&InstallId>,
    limit: u32,
) -> Result<Vec<(AuditEntry, Vec<Move>)>, StoreError> {
    let rows = tx
        .all(
            "SELECT a.audit_seq, a.hash, a.outcome, a.seq, a.code, a.received_at, a.moves, e.hash, e.bytes,
                    (SELECT p.hash FROM audit p WHERE p.property_id = a.property_id AND p.audit_seq = a.audit_seq - 1)
             FROM audit a JOIN events e ON e.property_id = a.property_id AND e.n = a.event_n
             WHERE a.property_id = $1 AND a.audit_seq > $2 AND ($3::text IS NULL OR e.install_id = $3)
             ORDER BY a.audit_seq LIMIT $4",
            &[&tx.id(), &to_i64(after), &install.map(InstallId::as_str), &i64::from(limit)],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let prev: Option<&[u8]> = get(row, 9)?;
            AuditColumns {
                audit_seq: get_u64(row, 0)?,
                hash: get_hash(row, 1)?,
                outcome: get(row, 2)?,
                seq: get_some_u64(row, 3)?,
                code: get(row, 4)?,
                received_at: get(row, 5)?,
                moves: get(row, 6)?,
                event_hash: get_hash(row, 7)?,
                event_bytes: get(row, 8)?,
                prev_hash: prev.and_then(|hash| hash.try_into().ok()),
            }
            .read()
        })
        .collect()
}
