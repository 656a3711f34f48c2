//! Recording an action: the one way in which work enters.

use crate::engine::{Engine, lock};
use crate::{EngineError, RecordError, Sql, UnitOfWork, rfc3339};
use serde_json::Value;
use std::collections::BTreeMap;
use turndown_protocol::{ActorId, AuditHead, Change, EVENT_SCHEMA, EntityRef, Event, EventId, Fields, SealedEvent};
use turndown_sabotage::{self as sabotage, Version};

/// The fact with the most bytes that the service takes of one event.
pub const EVENT_BYTES_MAX: &str = "event_bytes_max";

/// What somebody wants to do.
pub struct Intent<R> {
    /// Made where the person acted, so that a repeated call records once.
    pub event_id: EventId,
    /// Who.
    pub actor: ActorId,
    /// To what.
    pub entity: EntityRef,
    /// The workflow's rule: takes the entity as this desk sees it, answers with what the action does.
    pub decide: Decide<R>,
}

/// A workflow's decision, run on the writer's thread inside the transaction.
pub type Decide<R> =
    Box<dyn FnOnce(&mut UnitOfWork<'_>, Option<Fields>) -> Result<Draft, RecordError<R>> + Send + 'static>;

/// What an action does, before it is sealed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Draft {
    /// The workflow's name.
    pub workflow: String,
    /// One guest's use of the room, where there is one.
    pub turn: Option<u32>,
    /// The service day, where there is one.
    pub service_day: Option<String>,
    /// The action's stable name.
    pub action: String,
    /// Its arguments.
    pub args: Value,
    /// What it writes.
    pub changes: BTreeMap<String, Change>,
    /// What it relies on.
    pub relies_on: BTreeMap<String, Value>,
    /// What must be there first, of other entities.
    pub depends_on: Vec<EventId>,
    /// What it settles.
    pub settles: Vec<EventId>,
}

/// It is on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The event as it will be sent.
    pub sealed: SealedEvent,
    /// The revision in which it shows.
    pub revision: u64,
    /// It was on disk before: the call was a repetition.
    pub repeated: bool,
}

impl Engine {
    /// Records an action: rows, outbox and audit in one transaction. When this returns `Ok`, it is on disk.
    ///
    /// # Errors
    /// The workflow's refusal, or that the database refused. Nothing of the action was saved then.
    pub fn record<R: Send + 'static>(&self, intent: Intent<R>) -> Result<Recorded, RecordError<R>> {
        self.write(move |work| {
            // What is on disk already is answered, room or not.
            if let Err(error) = work.shared.has_space()
                && work.recorded_event(&intent.event_id)?.is_none()
            {
                return Err(error.into());
            }
            work.record(intent)
        })
    }
}

impl Engine {
    /// Makes what the workflow shows of an entity anew, from the service's row and the open events.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn show_anew(&self, entity: &EntityRef) -> Result<(), EngineError> {
        let entity = entity.clone();
        self.write_behind(move |work| work.refresh(&entity))
    }
}

impl UnitOfWork<'_> {
    /// Records an action inside a unit of work that does more.
    ///
    /// # Errors
    /// As [`Engine::record`].
    pub fn record<R>(&mut self, intent: Intent<R>) -> Result<Recorded, RecordError<R>> {
        if !sabotage::on(Version::GestureNotLookedUp)
            && let Some(sealed) = self.recorded_event(&intent.event_id)?
        {
            return Ok(Recorded { sealed, revision: self.revision(), repeated: true });
        }
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        let keeps = workflow.keeps(&intent.entity.kind);
        let seen = if keeps { self.read_shown(&intent.entity)? } else { None };
        let draft = (intent.decide)(self, seen.clone())?;
        let sealed = self.append(intent.event_id, intent.actor, intent.entity, draft)?;
        let (entity, event) = (&sealed.event.entity, &sealed.event);
        if event.settles.is_empty() {
            let mut fields = seen.unwrap_or_default();
            event.apply_to(&mut fields);
            self.write_view(entity, &fields)?;
        } else {
            self.refresh(entity)?;
        }
        workflow.recorded(self, &sealed.event)?;
        Ok(Recorded { sealed, revision: self.revision(), repeated: false })
    }

    /// What the workflow shows of an entity. A row of it that rotted is made anew: the service's row and the open events
    /// say all that it said.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn read_shown(&mut self, entity: &EntityRef) -> Result<Option<Fields>, EngineError> {
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        match workflow.read(self, entity) {
            Err(EngineError::Stored { what, source }) => {
                tracing::error!(%entity, what, %source, "what is shown cannot be read and is made anew");
                self.refresh(entity)?;
                workflow.read(self, entity)
            }
            read => read,
        }
    }

    /// An event of this desk, by id.
    ///
    /// # Errors
    /// When SQLite refuses or the bytes cannot be read.
    pub fn recorded_event(&mut self, id: &EventId) -> Result<Option<SealedEvent>, EngineError> {
        crate::outbox::recorded(self, id)
    }

    /// Puts what a decision settles behind it. What the service has answered waits for the decision to arrive; what it
    /// never saw goes with the decision, right behind it, so that the audit trail is whole on both sides.
    pub(crate) fn put_behind(&mut self, decision: &EventId, rank: i64, settles: &[EventId]) -> Result<(), EngineError> {
        for settled in settles {
            self.execute(
                "UPDATE outbox SET
                    state = CASE answered WHEN 1 THEN 'held' ELSE 'pending' END,
                    held_by = CASE answered WHEN 1 THEN ?2 END,
                    lane_rank = ?3,
                    settled_by = ?2
                 WHERE event_id = ?1 AND state IN ('pending', 'failed', 'conflict', 'held')",
                (settled.as_str(), decision.as_str(), rank + 1),
            )?;
        }
        Ok(())
    }

    /// Seals an event and appends it to the audit chain and the outbox.
    fn append(
        &mut self,
        event_id: EventId,
        actor_id: ActorId,
        entity: EntityRef,
        draft: Draft,
    ) -> Result<SealedEvent, EngineError> {
        let mode = *lock(&self.shared.mode);
        let data_age_s = self.data_age_s(mode)?;
        let base_version = self
            .first(
                "SELECT version FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
                [&entity.kind, &entity.id],
                |row| row.get(0),
            )?
            .unwrap_or(0);
        let stuck = self.stuck_in_lane(&entity)?;
        let settles = draft.settles.clone();
        let sealed = SealedEvent::seal(Event {
            schema: EVENT_SCHEMA,
            event_id,
            install_id: self.state.install_id.clone(),
            local_seq: self.state.head.local_seq + 1,
            prev_hash: self.state.head.hash.clone(),
            actor_id,
            workflow: draft.workflow,
            entity: entity.clone(),
            turn: draft.turn,
            service_day: draft.service_day,
            action: draft.action,
            args: draft.args,
            changes: draft.changes,
            relies_on: draft.relies_on,
            base_version,
            // A decision stands on the service's row that the person saw and goes first; everything else stands on
            // this desk's own chain.
            prev_event_id: if settles.is_empty() { self.last_of_lane(&entity)? } else { None },
            depends_on: draft.depends_on,
            settles: draft.settles,
            recorded_at: rfc3339(self.now()),
            mode,
            data_age_s,
            authority: *lock(&self.shared.authority),
        })?;
        let event = &sealed.event;
        // Told at once, where the service said what it takes (B10). A decision is never refused for its length.
        if settles.is_empty()
            && let Some(max) = self.fact(EVENT_BYTES_MAX)?.and_then(|text| text.parse::<u64>().ok())
            && max > 0
            && sealed.bytes.len() as u64 > max
        {
            return Err(EngineError::TooLarge { bytes: sealed.bytes.len() as u64, max });
        }
        self.execute(
            "INSERT INTO audit_local (local_seq, event_id, prev_hash, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            (event.local_seq, event.event_id.as_str(), &event.prev_hash, &sealed.hash, &sealed.bytes),
        )?;
        if sabotage::on(Version::SplitTransaction) {
            self.execute("COMMIT", [])?;
            self.execute("BEGIN IMMEDIATE", [])?;
        }
        // Behind something that cannot move, a new event waits with it; a decision about that goes to the head.
        let stuck = stuck.iter().find(|event| !settles.contains(&event.event_id));
        let (state, held_by, rank) = match stuck {
            Some(stuck) if settles.is_empty() => ("held", Some(stuck.event_id.as_str()), 2),
            _ if settles.is_empty() => ("pending", None, 2),
            _ => ("pending", None, self.rank_of_decision(&settles)?),
        };
        self.execute(
            "INSERT INTO outbox (local_seq, event_id, entity_kind, entity_id, state, held_by, lane_rank)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (event.local_seq, event.event_id.as_str(), &entity.kind, &entity.id, state, held_by, rank),
        )?;
        self.put_behind(&event.event_id, rank, &settles)?;
        // What waited behind what is settled now follows the decision, before anything that is recorded from now on.
        if !settles.is_empty() && stuck.is_none() {
            self.free_lane(&entity)?;
        }
        self.state.head = AuditHead { local_seq: event.local_seq, hash: sealed.hash.clone() };
        self.recorded.push(sealed.clone());
        Ok(sealed)
    }
}
