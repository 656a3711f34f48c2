//! Rooms that a person holds back. What is recorded about them is saved as ever, and nothing of it is sent until somebody
//! lets them go. Both are entries of the record, about the desk and not about the room, so that they are sent at once.

use crate::restored::DESK;
use crate::{Draft, Engine, EngineError, Intent, RecordError, Recorded, Sql, UnitOfWork};
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use turndown_protocol::{ActorId, EntityRef, Event, EventId, SealedEvent};

const PUT_ON_HOLD: &str = "put_on_hold";
const LET_GO: &str = "let_go";

/// What is held back, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnHold {
    /// Of what nothing is sent.
    pub entity: EntityRef,
    /// Who holds it back.
    pub by: ActorId,
    /// Why.
    pub reason: String,
    /// Since when (RFC 3339, this desk's clock).
    pub since: String,
    /// Events of it that wait, as the ledger counts them.
    pub waiting: u64,
}

/// Why something was not put on hold, or not let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefusal {
    /// The desk keeps nothing of that name.
    #[error("there is nothing of that name to hold back")]
    Unknown,
    /// Somebody holds it back already.
    #[error("it is on hold already")]
    AlreadyOnHold,
    /// Nobody holds it back.
    #[error("it is not on hold")]
    NotOnHold,
}

const SELECT: &str = "SELECT entity_kind, entity_id, by, reason, since,
        (SELECT count(*) FROM outbox o LEFT JOIN outbox b ON o.state = 'held' AND b.event_id = o.held_by
         WHERE o.entity_kind = h.entity_kind AND o.entity_id = h.entity_id
            AND o.state IN ('pending', 'failed', 'conflict', 'held')
            AND (o.state = 'pending' OR o.state = 'held' AND coalesce(b.state NOT IN ('failed', 'conflict'), 1)))
        AS waiting
    FROM on_hold h";

type Raw = (EntityRef, String, String, String, u64);

fn raw(row: &rusqlite::Row<'_>) -> rusqlite::Result<Raw> {
    let entity = EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
    Ok((entity, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn read((entity, by, reason, since, waiting): Raw) -> Result<OnHold, EngineError> {
    let by = ActorId::parse(by).map_err(|error| EngineError::stored("actor", error))?;
    Ok(OnHold { entity, by, reason, since, waiting })
}

/// What an entry of the record puts on hold or lets go, if it is about that.
#[must_use]
pub fn held_entity(event: &Event) -> Option<EntityRef> {
    let text = |name: &str| event.args[name].as_str().map(str::to_owned);
    let is_hold = event.entity.kind == DESK && [PUT_ON_HOLD, LET_GO].contains(&event.action.as_str());
    is_hold.then(|| Some(EntityRef::new(text("kind")?, text("id")?))).flatten()
}

/// The lanes that are held back.
pub(crate) fn lanes(connection: &Connection) -> Result<BTreeSet<EntityRef>, EngineError> {
    let mut statement = connection.prepare_cached("SELECT entity_kind, entity_id FROM on_hold")?;
    let lanes =
        statement.query_map([], |row| Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    Ok(lanes.collect::<Result<_, _>>()?)
}

/// By whom, why and since when.
type Hold = (String, String, String);

/// Whether exactly that is held back which the record says, by whom and why it says. Reads the whole record.
pub(crate) fn are_as_recorded(mut connection: &Connection) -> Result<bool, EngineError> {
    let stored = connection.all("SELECT entity_kind, entity_id, by, reason, since FROM on_hold", [], |row| {
        let entity = EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
        Ok((entity, (row.get(2)?, row.get(3)?, row.get(4)?)))
    })?;
    Ok(stored.into_iter().collect::<BTreeMap<_, _>>() == as_recorded(connection)?)
}

/// Holds back what the record says, and nothing else: a repair does it to the backup that it begins from, in which the
/// same row may have rotted.
pub(crate) fn make_anew(connection: &Connection) -> Result<(), EngineError> {
    let said = as_recorded(connection)?;
    connection.execute("DELETE FROM on_hold", [])?;
    for (entity, (by, reason, since)) in said {
        let sql = "INSERT INTO on_hold (entity_kind, entity_id, by, reason, since) VALUES (?1, ?2, ?3, ?4, ?5)";
        connection.execute(sql, (&entity.kind, &entity.id, by, reason, since))?;
    }
    Ok(())
}

fn as_recorded(mut connection: &Connection) -> Result<BTreeMap<EntityRef, Hold>, EngineError> {
    let mut said = BTreeMap::new();
    let entries = connection.all(
        // The canonical bytes of an event begin with its action.
        r#"SELECT bytes FROM audit_local WHERE substr(bytes, 1, 24) = '{"action":"put_on_hold",'
              OR substr(bytes, 1, 19) = '{"action":"let_go",' ORDER BY local_seq"#,
        [],
        |row| row.get::<_, String>(0),
    )?;
    for bytes in entries {
        let event = SealedEvent::from_bytes(bytes)?.event;
        match held_entity(&event) {
            Some(entity) if event.action == LET_GO => _ = said.remove(&entity),
            Some(entity) => {
                let reason = event.args["reason"].as_str().unwrap_or_default().to_owned();
                said.insert(entity, (event.actor_id.as_str().to_owned(), reason, event.recorded_at));
            }
            None => {}
        }
    }
    Ok(said)
}

impl Engine {
    /// Everything that is held back, longest first. What cannot be read is left out and stays on hold: nobody's board
    /// depends on it, and the next start makes it anew from the record.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn on_hold(&self) -> Result<Vec<OnHold>, EngineError> {
        let rows = self.read(|mut connection| {
            connection.all(&format!("{SELECT} ORDER BY since, entity_kind, entity_id"), [], |row| {
                Ok(raw(row).map_err(EngineError::from).and_then(read))
            })
        })?;
        let mut held = vec![];
        for row in rows {
            match row {
                Ok(hold) => held.push(hold),
                Err(error) if self.is_damaged() => tracing::debug!(%error, "a hold that cannot be read"),
                Err(error) => self.shared().mark_damaged(&error.detail())?,
            }
        }
        Ok(held)
    }

    /// How many events wait in all that is held back.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn held_back(&self) -> Result<u64, EngineError> {
        self.read(|mut connection| {
            Ok(connection
                .first(&format!("SELECT coalesce(sum(waiting), 0) FROM ({SELECT})"), [], |row| row.get(0))?
                .unwrap_or(0))
        })
    }

    /// Who holds an entity back, if somebody does.
    ///
    /// # Errors
    /// As [`Engine::on_hold`].
    pub fn hold_of(&self, entity: &EntityRef) -> Result<Option<OnHold>, EngineError> {
        let row = self.read(|mut connection| {
            connection.first(
                &format!("{SELECT} WHERE entity_kind = ?1 AND entity_id = ?2"),
                [&entity.kind, &entity.id],
                raw,
            )
        })?;
        row.map(read).transpose()
    }

    /// Holds an entity back from now on. What is on its way already arrives all the same.
    ///
    /// # Errors
    /// When there is no such entity or it is on hold already, or the database refused; nothing was saved then.
    pub fn put_on_hold(
        &self,
        event_id: EventId,
        actor: ActorId,
        entity: EntityRef,
        reason: String,
    ) -> Result<Recorded, RecordError<HoldRefusal>> {
        self.change_hold(event_id, actor, entity, Some(reason))
    }

    /// Lets an entity go: what waits is sent, in its order.
    ///
    /// # Errors
    /// When it is not on hold, or the database refused; nothing was saved then.
    pub fn let_go(
        &self,
        event_id: EventId,
        actor: ActorId,
        entity: EntityRef,
    ) -> Result<Recorded, RecordError<HoldRefusal>> {
        self.change_hold(event_id, actor, entity, None)
    }

    fn change_hold(
        &self,
        event_id: EventId,
        actor: ActorId,
        entity: EntityRef,
        reason: Option<String>,
    ) -> Result<Recorded, RecordError<HoldRefusal>> {
        let desk = EntityRef::new(DESK, self.install_id().as_str());
        self.write(move |work| {
            let held = entity.clone();
            let decide = move |work: &mut UnitOfWork<'_>, _: Option<_>| {
                let is_on_hold = work.is_on_hold(&held)?;
                let workflow = std::sync::Arc::clone(&work.shared.workflow);
                let refuse = |refusal| Err(RecordError::Refused(refusal));
                // What is gone meanwhile can still be let go.
                if !is_on_hold && (!workflow.keeps(&held.kind) || workflow.read(work, &held)?.is_none()) {
                    return refuse(HoldRefusal::Unknown);
                }
                let mut args = json!({ "kind": held.kind, "id": held.id });
                let action = match reason {
                    Some(_) if is_on_hold => return refuse(HoldRefusal::AlreadyOnHold),
                    None if !is_on_hold => return refuse(HoldRefusal::NotOnHold),
                    Some(reason) => {
                        args["reason"] = reason.into();
                        PUT_ON_HOLD
                    }
                    None => LET_GO,
                };
                Ok(Draft { workflow: DESK.into(), action: action.into(), args, ..Draft::default() })
            };
            let recorded = work.record(Intent { event_id, actor, entity: desk, decide: Box::new(decide) })?;
            if !recorded.repeated {
                work.take_hold(&recorded.sealed.event)?;
                // The room is shown with its hold, or without.
                work.refresh(&entity)?;
            }
            Ok(recorded)
        })
    }
}

impl UnitOfWork<'_> {
    fn is_on_hold(&mut self, entity: &EntityRef) -> Result<bool, EngineError> {
        let sql = "SELECT 1 FROM on_hold WHERE entity_kind = ?1 AND entity_id = ?2";
        Ok(self.first(sql, [&entity.kind, &entity.id], |_| Ok(()))?.is_some())
    }

    /// Does what an entry of the record says about a hold, if it says something: as it is recorded, and again where a
    /// repair takes it up.
    pub(crate) fn take_hold(&mut self, event: &Event) -> Result<(), EngineError> {
        let Some(entity) = held_entity(event) else { return Ok(()) };
        if event.action == LET_GO {
            let sql = "DELETE FROM on_hold WHERE entity_kind = ?1 AND entity_id = ?2";
            self.execute(sql, [&entity.kind, &entity.id])?;
            return Ok(());
        }
        let reason = event.args["reason"].as_str().unwrap_or_default();
        self.execute(
            "INSERT INTO on_hold (entity_kind, entity_id, by, reason, since) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (entity_kind, entity_id) DO UPDATE
                SET by = excluded.by, reason = excluded.reason, since = excluded.since",
            (&entity.kind, &entity.id, event.actor_id.as_str(), reason, &event.recorded_at),
        )?;
        Ok(())
    }
}
