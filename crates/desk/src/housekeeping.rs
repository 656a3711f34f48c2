//! The workflow: how a room's fields become rows of `rooms_local` and `tasks_local`, and back.

use rusqlite::types::Value as Sqlite;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use turndown_domain::{
    Booking, InspectionPolicy, PLACE, PropertyBook, ROOM, Role, Staff, begins_nothing, has_passed, is_stamp,
    is_turn_bound,
};
use turndown_offline::{EngineError, EntityState, LocalState, Look, Sql, UnitOfWork, Workflow};
use turndown_phrase::Phrase;
use turndown_protocol::{EntityRef, Event, Fields, Reference};

/// Housekeeping's side of the engine.
#[derive(Default)]
pub struct Housekeeping {
    /// The reference document as read last: it is large, and every action looks into it.
    book: Mutex<Option<Kept>>,
}

struct Kept {
    version: u64,
    /// The fact [`BEGAN`] as it was then.
    began: Option<String>,
    book: Arc<PropertyBook>,
}

/// The fact that says which service day began here last (ISO date).
pub(crate) const BEGAN: &str = "day_began";

impl Housekeeping {
    /// The hotel's settings, people and bookings, once a snapshot has come. Its service day is the one that this desk works
    /// on: one that began here may be ahead of the service's.
    pub(crate) fn book<S: Sql>(&self, sql: &mut S) -> Result<Option<Arc<PropertyBook>>, EngineError> {
        let Some(version) = sql.first("SELECT version FROM reference", [], |row| row.get::<_, u64>(0))? else {
            return Ok(None);
        };
        let began = turndown_offline::fact(sql, BEGAN)?;
        let mut kept = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.as_ref()
            && known.version == version
            && known.began == began
        {
            return Ok(Some(Arc::clone(&known.book)));
        }
        let document = sql.first("SELECT document FROM reference", [], |row| row.get::<_, String>(0))?;
        let Some(document) = document else { return Ok(None) };
        let document: Value =
            serde_json::from_str(&document).map_err(|error| EngineError::stored("reference document", error))?;
        // In no form that this build knows: it goes on with the one before.
        let Some(mut book) = understood(document) else {
            return Ok(kept.as_ref().map(|known| Arc::clone(&known.book)));
        };
        // ISO dates order as text.
        if let Some(day) = began.as_ref().filter(|day| **day > book.property.service_day) {
            book.property.service_day.clone_from(day);
        }
        let book = Arc::new(book);
        *kept = Some(Kept { version, began, book: Arc::clone(&book) });
        Ok(Some(book))
    }
}

/// The hotel's document as far as this build understands it: what it does not know asks for more care, never for less.
fn understood(mut document: Value) -> Option<PropertyBook> {
    if let Ok(book) = serde_json::from_value(document.clone()) {
        return Some(book);
    }
    tracing::warn!("this build does not know all values in the hotel's document");
    let replace = |of: &mut Value, member: &str, known: &dyn Fn(&Value) -> bool, with: Value| {
        if of.get(member).is_some_and(|value| !known(value)) {
            of[member] = with;
        }
    };
    let is_policy = |value: &Value| serde_json::from_value::<InspectionPolicy>(value.clone()).is_ok();
    let is_role = |value: &Value| serde_json::from_value::<Role>(value.clone()).is_ok();
    let all = serde_json::to_value(InspectionPolicy::All).ok()?;
    let least = serde_json::to_value(Role::Attendant).ok()?;
    if let Some(property) = document.get_mut("property") {
        replace(property, "inspection", &is_policy, all);
    }
    if let Some(people) = document.get_mut("staff").and_then(Value::as_array_mut) {
        for person in people.iter_mut() {
            replace(person, "role", &is_role, least.clone());
        }
        people.retain(|person| serde_json::from_value::<Staff>(person.clone()).is_ok());
    }
    if let Some(bookings) = document.get_mut("bookings").and_then(Value::as_array_mut) {
        bookings.retain(|booking| serde_json::from_value::<Booking>(booking.clone()).is_ok());
    }
    serde_json::from_value(document).ok()
}

/// A room's members and its tasks' members, as the tables keep them.
#[derive(Default)]
struct Rows {
    room: Map<String, Value>,
    tasks: BTreeMap<String, Map<String, Value>>,
}

impl Rows {
    fn of(fields: &Fields) -> Self {
        let mut rows = Self::default();
        for (path, value) in fields.iter() {
            if let Some(member) = path.strip_prefix("room/") {
                rows.room.insert(member.to_owned(), value.clone());
            } else if let Some((id, member)) = path.strip_prefix("task/").and_then(|rest| rest.split_once('/')) {
                rows.tasks.entry(id.to_owned()).or_default().insert(member.to_owned(), value.clone());
            }
        }
        rows
    }
}

pub(crate) fn object(text: &str) -> Result<Map<String, Value>, EngineError> {
    serde_json::from_str(text).map_err(|error| EngineError::stored("room row", error))
}

fn refuse_rotted(as_written: bool) -> Result<(), EngineError> {
    if as_written { Ok(()) } else { Err(EngineError::stored("room row", "it is not as it was written")) }
}

impl Workflow for Housekeeping {
    fn keeps(&self, kind: &str) -> bool {
        kind == ROOM || kind == PLACE
    }

    fn read(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<Option<Fields>, EngineError> {
        let room = work.first(
            &format!(
                "SELECT room, {} FROM rooms_local WHERE id = ?1 AND kind = ?2 AND deleted = 0",
                work.as_written("rooms_local")
            ),
            [&entity.id, &entity.kind],
            |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
        )?;
        let Some((room, as_written)) = room else { return Ok(None) };
        refuse_rotted(as_written)?;
        let mut fields = Fields::new();
        for (member, value) in object(&room)? {
            fields.set(format!("room/{member}"), value);
        }
        let tasks = work.all(
            &format!("SELECT id, task, {} FROM tasks_local WHERE room_id = ?1", work.as_written("tasks_local")),
            [&entity.id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?)),
        )?;
        for (id, task, as_written) in tasks {
            refuse_rotted(as_written)?;
            for (member, value) in object(&task)? {
                fields.set(format!("task/{id}/{member}"), value);
            }
        }
        Ok(Some(fields))
    }

    fn write(
        &self,
        work: &mut UnitOfWork<'_>,
        entity: &EntityRef,
        fields: &Fields,
        state: EntityState,
    ) -> Result<(), EngineError> {
        let rows = Rows::of(fields);
        let revision = work.revision();
        work.execute(
            "INSERT INTO rooms_local (id, kind, room, local_state, contested, deleted, revision)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
             ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, room = excluded.room,
                local_state = excluded.local_state, contested = excluded.contested, deleted = 0,
                revision = excluded.revision",
            (
                &entity.id,
                &entity.kind,
                Value::Object(rows.room).to_string(),
                state.local.as_str(),
                state.contested,
                revision,
            ),
        )?;
        let known =
            work.all("SELECT id FROM tasks_local WHERE room_id = ?1", [&entity.id], |row| row.get::<_, String>(0))?;
        for gone in known.into_iter().filter(|id| !rows.tasks.contains_key(id)) {
            work.execute("DELETE FROM tasks_local WHERE room_id = ?1 AND id = ?2", [&entity.id, &gone])?;
        }
        let as_written = work.as_written("tasks_local");
        for (id, task) in rows.tasks {
            work.execute(
                &format!(
                    "INSERT INTO tasks_local (room_id, id, task) VALUES (?1, ?2, ?3) ON CONFLICT (room_id, id)
                     DO UPDATE SET task = excluded.task WHERE task <> excluded.task OR NOT ({as_written})"
                ),
                (&entity.id, id, Value::Object(task).to_string()),
            )?;
        }
        Ok(())
    }

    fn mark(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef, local: LocalState) -> Result<bool, EngineError> {
        let revision = work.revision();
        let marked = work.execute(
            // A row that is not as it was written is not there: it is made anew.
            &format!(
                "UPDATE rooms_local SET local_state = ?3, revision = ?4
                 WHERE id = ?1 AND kind = ?2 AND deleted = 0 AND {}",
                work.as_written("rooms_local")
            ),
            (&entity.id, &entity.kind, local.as_str(), revision),
        )?;
        Ok(marked > 0)
    }

    fn remove(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<(), EngineError> {
        let revision = work.revision();
        work.execute("DELETE FROM tasks_local WHERE room_id = ?1", [&entity.id])?;
        // The row stays as a mark, so that views hear that the room is gone.
        work.execute(
            "UPDATE rooms_local SET deleted = 1, local_state = 'server', contested = 0, revision = ?2 WHERE id = ?1",
            (&entity.id, revision),
        )?;
        Ok(())
    }

    fn take_reference(&self, work: &mut UnitOfWork<'_>, reference: &Reference) -> Result<(), EngineError> {
        // A page that is refused comes again for ever; what is not understood is no reason to stand still.
        let Some(book) = understood(reference.document.clone()) else {
            tracing::error!("this build does not understand the hotel's document; it goes on with the one before");
            return Ok(());
        };
        let roles: BTreeMap<&str, &str> = reference.document["staff"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|person| Some((person["id"].as_str()?, person["role"].as_str()?)))
            .collect();
        work.execute("DELETE FROM staff_local", [])?;
        for person in &book.staff {
            let role = roles.get(person.id.0.as_str()).copied();
            let section = person.section.clone().map_or(Sqlite::Null, Sqlite::Text);
            work.execute(
                "INSERT INTO staff_local (id, name, role, section) VALUES (?1, ?2, ?3, ?4)",
                (&person.id.0, &person.name, role.unwrap_or_default(), section),
            )?;
        }
        Ok(())
    }

    fn is_stamp(&self, path: &str) -> bool {
        is_stamp(path)
    }

    fn has_passed(&self, look: &mut dyn Look, theirs: &Fields, event: &Event) -> Result<bool, EngineError> {
        let today = look.text("SELECT json_extract(document, '$.property.service_day') FROM reference")?;
        Ok(has_passed(theirs, event, today.as_deref().unwrap_or_default()))
    }

    fn is_there_already(&self, row: &Fields, event: &Event) -> bool {
        begins_nothing(row, event)
    }

    fn is_passing(&self, path: &str) -> bool {
        is_turn_bound(path)
    }

    fn goes_together(&self, fields: &Fields) -> Result<(), Phrase> {
        turndown_domain::check(fields).map_err(|refusal| refusal.message)
    }
}
