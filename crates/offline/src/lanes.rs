//! An entity's lane: its events that are not done, in the order in which they are sent, and the view they make.

use crate::engine::Sort;
use crate::outbox::event_id;
use crate::{EngineError, EntityState, LocalState, OutboxState, Sql, UnitOfWork};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use turndown_protocol::{EntityRef, EntityRow, EventId, Fields, SealedEvent};
use turndown_sabotage::{self as sabotage, Version};

/// Named by an error where a row of the service cannot be read any more.
pub(crate) const MIRRORED_ROW: &str = "mirrored row";
/// What an error says of an event in the record that is none.
pub(crate) const EVENT: &str = "event";

/// An event of a lane that is not done.
#[derive(Debug, Clone)]
pub(crate) struct LaneEvent {
    pub(crate) event_id: EventId,
    pub(crate) state: OutboxState,
}

/// What an event does to its entity, as its bytes say it.
#[derive(Deserialize)]
pub(crate) struct Effect<'a> {
    #[serde(borrow, default)]
    changes: BTreeMap<String, NewValue<'a>>,
    #[serde(default)]
    pub(crate) settles: Vec<EventId>,
}

#[derive(Deserialize)]
struct NewValue<'a> {
    #[serde(borrow)]
    new: &'a RawValue,
}

impl Effect<'_> {
    pub(crate) fn of(bytes: &str) -> Result<Effect<'_>, EngineError> {
        serde_json::from_str(bytes).map_err(|error| EngineError::stored(EVENT, error))
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.changes.is_empty()
    }
}

/// A mirrored row of which only what an event touches is looked at: the same JSON as [`EntityRow`].
#[derive(Serialize, Deserialize)]
struct RowText<'a> {
    #[serde(borrow)]
    entity: &'a RawValue,
    version: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    #[serde(borrow)]
    fields: BTreeMap<String, &'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    provenance: Option<&'a RawValue>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    contested: Option<&'a RawValue>,
}

impl UnitOfWork<'_> {
    /// What of a lane cannot move by itself, in the order of the lane.
    pub(crate) fn stuck_in_lane(&mut self, entity: &EntityRef) -> Result<Vec<LaneEvent>, EngineError> {
        self.all(
            "SELECT event_id, state FROM outbox
             WHERE entity_kind = ?1 AND entity_id = ?2 AND state IN ('failed', 'conflict')
             ORDER BY lane_rank, local_seq",
            [&entity.kind, &entity.id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
        )?
        .into_iter()
        .map(|(id, state)| Ok(LaneEvent { event_id: event_id(&id)?, state: OutboxState::parse(&state)? }))
        .collect()
    }

    /// Where the newest edit of an entity stands: the worst of what is open, however much waits.
    pub(crate) fn lane_state(&mut self, entity: &EntityRef) -> Result<LocalState, EngineError> {
        let stuck = self.stuck_in_lane(entity)?;
        if !stuck.is_empty() {
            let conflict = stuck.iter().any(|event| event.state == OutboxState::Conflict);
            return Ok(if conflict { LocalState::Conflict } else { LocalState::Failed });
        }
        let open = self.first(
            "SELECT 1 FROM outbox
             WHERE entity_kind = ?1 AND entity_id = ?2 AND state IN ('pending', 'failed', 'conflict', 'held') LIMIT 1",
            [&entity.kind, &entity.id],
            |_| Ok(()),
        )?;
        Ok(if open.is_some() { LocalState::Waiting } else { LocalState::Server })
    }

    /// The events whose effect the desk shows on top of the service's row, in the order in which they are sent. What a
    /// decision settles has no effect of its own any more: the decision's stands for it.
    pub(crate) fn lane_events(&mut self, entity: &EntityRef) -> Result<Vec<SealedEvent>, EngineError> {
        self.all(
            "SELECT a.bytes FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
             WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state IN ('pending', 'failed', 'conflict', 'held')
                AND o.settled_by IS NULL
             ORDER BY o.lane_rank, o.local_seq",
            [&entity.kind, &entity.id],
            |row| row.get::<_, String>(0),
        )?
        .into_iter()
        .map(|bytes| Ok(SealedEvent::from_bytes(bytes)?))
        .collect()
    }

    /// The entity as it was in its lane before one of its events: what that event is decided on when it is tried anew.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn fields_before(&mut self, event: &turndown_protocol::Event) -> Result<Fields, EngineError> {
        let mut fields = self.mirrored(&event.entity)?.map(|row| row.fields).unwrap_or_default();
        for earlier in self.lane_events(&event.entity)? {
            if earlier.event.event_id == event.event_id {
                break;
            }
            self.show_in(&mut fields, &earlier.event);
        }
        Ok(fields)
    }

    /// What an open event makes of a row.
    fn show_in(&self, row: &mut Fields, event: &turndown_protocol::Event) {
        if !self.shared.workflow.is_there_already(row, event) {
            event.apply_to(row);
        }
    }

    /// The service's last row of an entity.
    pub(crate) fn mirrored(&mut self, entity: &EntityRef) -> Result<Option<EntityRow>, EngineError> {
        let row: Option<String> = self.first(
            "SELECT row FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
            [&entity.kind, &entity.id],
            |row| row.get(0),
        )?;
        row.map(|text| serde_json::from_str(&text).map_err(|error| EngineError::stored(MIRRORED_ROW, error)))
            .transpose()
    }

    /// Keeps the service's row of an entity. A row that is older than the one at hand is left alone, because the one
    /// at hand already has what an acknowledgement told.
    pub(crate) fn keep_mirrored(&mut self, row: &EntityRow) -> Result<(), EngineError> {
        let text = serde_json::to_string(row).map_err(|error| EngineError::stored(MIRRORED_ROW, error))?;
        self.execute(
            "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (entity_kind, entity_id) DO UPDATE SET version = excluded.version, row = excluded.row
             WHERE excluded.version >= mirror.version",
            (&row.entity.kind, &row.entity.id, row.version, text),
        )?;
        Ok(())
    }

    /// The service took events of one entity as they were, each with its sequence number: the mirrored row with their
    /// changes is the service's row. Answers false where the mirror has one that is as new already: a pull brought it.
    pub(crate) fn apply_to_mirror(
        &mut self,
        entity: &EntityRef,
        effects: &[(u64, Effect<'_>)],
    ) -> Result<bool, EngineError> {
        let mirrored: Option<String> = self.first(
            "SELECT row FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
            [&entity.kind, &entity.id],
            |row| row.get(0),
        )?;
        let unreadable = |error| EngineError::stored(MIRRORED_ROW, error);
        let text = match mirrored {
            Some(text) => text,
            // What came into being here.
            None => serde_json::to_string(&EntityRow {
                entity: entity.clone(),
                version: 0,
                deleted: false,
                fields: Fields::new(),
                provenance: BTreeMap::new(),
                contested: None,
            })
            .map_err(unreadable)?,
        };
        let mut row: RowText<'_> = serde_json::from_str(&text).map_err(unreadable)?;
        let before = row.version;
        let mut newer = true;
        for (seq, effect) in effects {
            if row.version >= *seq {
                newer = false;
                continue;
            }
            for (path, NewValue { new }) in &effect.changes {
                if new.get() == "null" {
                    row.fields.remove(path);
                } else {
                    row.fields.insert(path.clone(), new);
                }
            }
            row.version = *seq;
        }
        if row.version > before {
            let text = serde_json::to_string(&row).map_err(unreadable)?;
            self.execute(
                "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (entity_kind, entity_id) DO UPDATE SET version = excluded.version, row = excluded.row",
                (&entity.kind, &entity.id, row.version, text),
            )?;
        }
        Ok(newer)
    }

    fn contested(&mut self, entity: &EntityRef) -> Result<bool, EngineError> {
        #[derive(Deserialize)]
        struct Marks {
            #[serde(default)]
            deleted: bool,
            #[serde(default)]
            contested: Option<IgnoredAny>,
        }
        let row: Option<String> = self.first(
            "SELECT row FROM mirror WHERE entity_kind = ?1 AND entity_id = ?2",
            [&entity.kind, &entity.id],
            |row| row.get(0),
        )?;
        let Some(row) = row else { return Ok(true) };
        let marks: Marks = serde_json::from_str(&row).map_err(|error| EngineError::stored(MIRRORED_ROW, error))?;
        Ok(marks.deleted || marks.contested.is_some())
    }

    /// Makes the workflow's rows of an entity anew: the service's row with the open events applied.
    pub(crate) fn refresh(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        self.touch(Sort::Outbox);
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        if !workflow.keeps(&entity.kind) {
            return Ok(());
        }
        self.touch(Sort::Entities);
        let mirrored = self.mirrored(entity)?;
        let contested = mirrored.as_ref().is_some_and(|row| row.contested.is_some());
        let gone = mirrored.as_ref().is_none_or(|row| row.deleted);
        let mut fields: Fields = mirrored.map(|row| row.fields).unwrap_or_default();
        let local = self.lane_state(entity)?;
        if gone && local == LocalState::Server {
            return workflow.remove(self, entity);
        }
        // What the service does not have any more keeps its last face while work on it waits, and nobody may rely on it.
        if gone && let Some(last) = workflow.read(self, entity)? {
            fields = last;
        }
        for sealed in self.lane_events(entity)? {
            self.show_in(&mut fields, &sealed.event);
        }
        let contested = contested || gone;
        workflow.write(self, entity, &fields, EntityState { local, contested })
    }

    /// Writes fields that are known to be the entity's view, with its present state.
    pub(crate) fn write_view(&mut self, entity: &EntityRef, fields: &Fields) -> Result<(), EngineError> {
        self.touch(Sort::Outbox);
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        if !workflow.keeps(&entity.kind) {
            return Ok(());
        }
        self.touch(Sort::Entities);
        let local = self.lane_state(entity)?;
        let contested = self.contested(entity)?;
        workflow.write(self, entity, fields, EntityState { local, contested })
    }

    /// Says that where the entity's events stand has changed, but not what they make of it.
    pub(crate) fn mark(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        if workflow.keeps(&entity.kind) {
            let local = self.lane_state(entity)?;
            if workflow.mark(self, entity, local)? {
                self.touch(Sort::Outbox);
                self.touch(Sort::Entities);
                return Ok(());
            }
        }
        self.refresh(entity)
    }

    /// Holds everything that stands in a lane behind an event that cannot move, each in its place. What a restored service
    /// is offered again stands before it and goes on.
    pub(crate) fn hold_lane(&mut self, entity: &EntityRef, behind: &EventId) -> Result<(), EngineError> {
        self.execute(
            "UPDATE outbox SET state = 'held', held_by = ?3
             WHERE entity_kind = ?1 AND entity_id = ?2 AND event_id <> ?3 AND state IN ('pending', 'held')
                AND (lane_rank, local_seq) > (SELECT b.lane_rank, b.local_seq FROM outbox b WHERE b.event_id = ?3)",
            (&entity.kind, &entity.id, behind.as_str()),
        )?;
        if sabotage::on(Version::BlocksAllRooms) {
            self.execute("UPDATE outbox SET state = 'held', held_by = ?1 WHERE state = 'pending'", [behind.as_str()])?;
        }
        Ok(())
    }

    /// Lets a lane go on: what is held becomes pending, as far as the first event that still cannot move.
    pub(crate) fn release_lane(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let stuck = self.stuck_in_lane(entity)?;
        self.free_lane(entity)?;
        match stuck.first() {
            Some(stuck) => self.hold_lane(entity, &stuck.event_id),
            None => Ok(()),
        }
    }

    /// Makes pending what is held in a lane. What the service has already answered for good is never sent again: it
    /// waits for its decision.
    pub(crate) fn free_lane(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        if sabotage::on(Version::HeldForGood) {
            return Ok(());
        }
        self.execute(
            "UPDATE outbox SET state = 'pending', held_by = NULL
             WHERE entity_kind = ?1 AND entity_id = ?2 AND state = 'held' AND answered = 0",
            [&entity.kind, &entity.id],
        )?;
        Ok(())
    }

    /// The event of a lane that is sent last: what is recorded next stands on it.
    pub(crate) fn last_of_lane(&mut self, entity: &EntityRef) -> Result<Option<EventId>, EngineError> {
        self.first(
            "SELECT event_id FROM outbox
             WHERE entity_kind = ?1 AND entity_id = ?2 AND state IN ('pending', 'failed', 'conflict', 'held')
                AND settled_by IS NULL
             ORDER BY lane_rank DESC, local_seq DESC LIMIT 1",
            [&entity.kind, &entity.id],
            |row| row.get::<_, String>(0),
        )?
        .map(|id| event_id(&id))
        .transpose()
    }
}
