//! What every database keeps as text: outcomes by name, values and marks as JSON, an event by its own bytes. Here it
//! is written and read, so that two databases cannot come to mean different things by it.
//!
//! Deliberately absent: SQL.

use super::batch::{Known, Plan, Verdict};
use super::{Author, Detail, Entity, Hash, Identity, Incoming, StoreError, WireRow};
use crate::workflow::Move;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use turndown_protocol::{
    ActorId, AuditEntry, Contested, EntityRef, EntityRow, EventId, EventResult, Fields, InstallId, Mode, Outcome,
    Provenance, ServiceHead, Theirs,
};

/// Sequence numbers and counts are far below 2^63; databases store them signed.
pub(super) fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
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

/// The outcome of that name.
pub(super) fn outcome_named(name: &str) -> Result<Outcome, StoreError> {
    Ok(Outcome::deserialize(serde::de::value::StrDeserializer::<serde_json::Error>::new(name))?)
}

/// What else is stored about an outcome, as JSON.
pub(super) fn detail_json(detail: Option<&Detail>) -> Result<Option<String>, StoreError> {
    Ok(detail.map(serde_json::to_string).transpose()?)
}

/// Task moves as JSON; nothing where there are none.
pub(super) fn moves_json(moves: &[Move]) -> Result<Option<String>, StoreError> {
    Ok(if moves.is_empty() { None } else { Some(serde_json::to_string(moves)?) })
}

/// Where the record stands: the newest change, and the newest entry of a property's audit trail.
pub(super) fn head(identity: &Identity, seq: u64, audit_seq: u64, audit_hash: Hash) -> ServiceHead {
    let (epoch, run) = (identity.epoch.clone(), identity.run.clone());
    ServiceHead { epoch, run, seq, audit_seq, audit_hash: hex::encode(audit_hash) }
}

/// The standing of a stored event.
pub(super) fn known(
    n: u64,
    hash: Hash,
    outcome: &str,
    seq: Option<u64>,
    detail: Option<&str>,
) -> Result<Known, StoreError> {
    let detail: Option<Detail> = detail.map(serde_json::from_str).transpose()?;
    Ok(Known { n, hash, outcome: outcome_named(outcome)?, seq, detail })
}

/// An entity's columns.
pub(super) struct EntityColumns {
    /// The store's own number for it; 0 where it counts none.
    pub(super) n: i64,
    pub(super) version: u64,
    pub(super) fields_version: u64,
    pub(super) fields: String,
    pub(super) provenance: String,
    pub(super) contests: String,
    pub(super) deleted: bool,
}

impl EntityColumns {
    /// The entity that they are.
    pub(super) fn read(self, entity: EntityRef) -> Result<Entity, StoreError> {
        Ok(Entity {
            n: self.n,
            entity,
            version: self.version,
            fields_version: self.fields_version,
            fields: serde_json::from_str(&self.fields)?,
            provenance: serde_json::from_str(&self.provenance)?,
            contests: serde_json::from_str(&self.contests)?,
            deleted: self.deleted,
        })
    }

    /// The columns of an entity.
    pub(super) fn of(entity: &Entity) -> Result<Self, StoreError> {
        Ok(Self {
            n: entity.n,
            version: entity.version,
            fields_version: entity.fields_version,
            fields: serde_json::to_string(&entity.fields)?,
            provenance: serde_json::to_string(&entity.provenance)?,
            contests: serde_json::to_string(&entity.contests)?,
            deleted: entity.deleted,
        })
    }
}

/// Values as they are stored.
pub(super) fn fields_json(fields: &Fields) -> String {
    // A map of text to JSON is JSON; nothing here can fail to be written.
    serde_json::to_string(fields).unwrap_or_else(|_| "{}".into())
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

/// Who changed what: events by their number, each read once.
#[derive(Default)]
pub(super) struct Authors(BTreeMap<u64, Author>);

impl Authors {
    /// Whether an event was put here.
    pub(super) fn has(&self, n: u64) -> bool {
        self.0.contains_key(&n)
    }

    /// Puts an event here.
    pub(super) fn put(&mut self, n: u64, bytes: &str, seq: Option<u64>, received_at: String) -> Result<(), StoreError> {
        let maker: Maker = serde_json::from_str(bytes)?;
        let provenance = Provenance {
            seq: seq.unwrap_or(0),
            actor_id: maker.actor_id.to_string(),
            install_id: maker.install_id.to_string(),
            event_id: maker.event_id.to_string(),
            recorded_at: maker.recorded_at,
            received_at,
        };
        self.0.insert(n, Author(Arc::new(provenance)));
        Ok(())
    }

    /// The authors of fields. Each event has to be here; a field whose event is not shows no author.
    pub(super) fn of(&self, provenance: &BTreeMap<String, u64>) -> BTreeMap<String, Author> {
        provenance.iter().filter_map(|(path, n)| Some((path.clone(), self.0.get(n)?.clone()))).collect()
    }

    /// An entity with who changed it, for an answer to a batch.
    pub(super) fn entity_row(&self, entity: &Entity) -> EntityRow {
        let provenance = self.of(&entity.provenance);
        EntityRow {
            entity: entity.entity.clone(),
            version: entity.version,
            deleted: entity.deleted,
            fields: entity.fields.clone(),
            provenance: provenance.into_iter().map(|(path, author)| (path, (*author.0).clone())).collect(),
            contested: entity.contests.first().cloned(),
        }
    }

    /// An entity as it goes out, its values unread.
    pub(super) fn wire_row(
        &self,
        entity: EntityRef,
        version: u64,
        fields: String,
        provenance: &BTreeMap<String, u64>,
        contests: &str,
        deleted: bool,
    ) -> Result<WireRow, StoreError> {
        let contests: Vec<Contested> = serde_json::from_str(contests)?;
        Ok(WireRow {
            entity,
            version,
            deleted,
            fields: RawValue::from_string(fields)?,
            provenance: self.of(provenance),
            contested: contests.into_iter().next(),
        })
    }
}

/// The columns of an audit entry, with those of its event and the hash of the entry before.
pub(super) struct AuditColumns<'a> {
    pub(super) audit_seq: u64,
    pub(super) hash: Hash,
    pub(super) outcome: &'a str,
    pub(super) seq: Option<u64>,
    pub(super) code: Option<String>,
    pub(super) received_at: String,
    pub(super) moves: Option<&'a str>,
    pub(super) event_hash: Hash,
    pub(super) event_bytes: &'a str,
    pub(super) prev_hash: Option<Hash>,
}

impl AuditColumns<'_> {
    /// The entry with its task moves, as the trail and the sinks read them.
    pub(super) fn read(self) -> Result<(AuditEntry, Vec<Move>), StoreError> {
        let maker: Maker = serde_json::from_str(self.event_bytes)?;
        let entry = AuditEntry {
            audit_seq: self.audit_seq,
            prev_hash: hex::encode(self.prev_hash.unwrap_or_default()),
            hash: hex::encode(self.hash),
            install_id: maker.install_id,
            local_seq: maker.local_seq,
            event_id: maker.event_id,
            event_hash: hex::encode(self.event_hash),
            actor_id: maker.actor_id.to_string(),
            action: maker.action,
            entity: maker.entity,
            outcome: outcome_named(self.outcome)?,
            seq: self.seq,
            code: self.code,
            recorded_at: maker.recorded_at,
            received_at: self.received_at,
            originated_offline: maker.mode == Mode::Offline,
        };
        Ok((entry, self.moves.map(serde_json::from_str).transpose()?.unwrap_or_default()))
    }
}

/// The entities whose rows go with the answers to a batch, one place an event.
pub(super) fn with_rows<'a>(
    events: &'a [Incoming],
    plan: &'a Plan,
    entities: &'a BTreeMap<EntityRef, Entity>,
) -> impl Iterator<Item = Option<&'a Entity>> {
    events.iter().zip(&plan.verdicts).map(|(incoming, verdict)| {
        incoming.entity.as_ref().and_then(|name| entities.get(name)).filter(|_| verdict.with_row)
    })
}

/// Puts rows beside the verdicts that need them. Whoever changed those rows is in `authors`.
pub(super) fn results(
    events: &[Incoming],
    plan: &Plan,
    entities: &BTreeMap<EntityRef, Entity>,
    authors: &Authors,
) -> Vec<EventResult> {
    let rows = with_rows(events, plan, entities).map(|entity| entity.map(|entity| authors.entity_row(entity)));
    events
        .iter()
        .zip(&plan.verdicts)
        .zip(rows)
        .map(|((incoming, verdict), row)| result(&incoming.event_id, verdict, row))
        .collect()
}

fn result(event_id: &EventId, verdict: &Verdict, row: Option<EntityRow>) -> EventResult {
    let Verdict { outcome, original, seq, detail, .. } = verdict.clone();
    let Detail { problem, class, paths } = detail.unwrap_or_default();
    let (row, theirs) = match (class, row) {
        (Some(class), Some(row)) => (None, Some(Theirs { row, paths, class })),
        (_, row) => (row, None),
    };
    EventResult { event_id: event_id.clone(), outcome, original, seq, row, theirs, problem }
}

/// A stored id of a person.
pub(super) fn actor(id: &str) -> Result<ActorId, StoreError> {
    ActorId::parse(id).map_err(serde_json::Error::custom).map_err(StoreError::Unreadable)
}
