//! What the board and the front desk read.

use crate::Desk;
use crate::housekeeping::object;
use rusqlite::Row;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use turndown_domain::{ROOM, Room, RoomId, Task, TaskId, Unit};
use turndown_offline::{EngineError, LocalState, Sql};
use turndown_protocol::EntityRef;

/// A room with its tasks as this desk sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomRow {
    /// Which room.
    pub id: RoomId,
    /// The room and its tasks.
    pub unit: Unit,
    /// Where this desk's newest edit stands.
    pub local: LocalState,
    /// Somebody's edit of it is in conflict, here or elsewhere.
    pub contested: bool,
    /// Something in it has a value that this build does not know, and is left out of `unit`. Such a room is shown and
    /// never called safe.
    pub unreadable: bool,
}

/// Rooms that changed since a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Rooms {
    /// The revision this brings a view to.
    pub revision: u64,
    /// Whether this is everything.
    pub full: bool,
    /// The rooms, by id.
    pub rooms: Vec<RoomRow>,
    /// Rooms that are gone.
    pub removed: Vec<RoomId>,
}

struct Raw {
    id: String,
    room: String,
    local: String,
    contested: bool,
    deleted: bool,
    kind: String,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        id: row.get(0)?,
        room: row.get(1)?,
        local: row.get(2)?,
        contested: row.get(3)?,
        deleted: row.get(4)?,
        kind: row.get(5)?,
    })
}

/// Reads what this build understands. Answers also whether something had to be left out.
fn typed<T: serde::de::DeserializeOwned>(members: Map<String, Value>) -> Result<(T, bool), EngineError> {
    let read = |members| serde_json::from_value::<T>(Value::Object(members));
    if let Ok(all) = read(members.clone()) {
        return Ok((all, false));
    }
    let alone = |member: &(String, Value)| read(Map::from_iter([member.clone()])).is_ok();
    let understood = members.into_iter().filter(alone).collect();
    Ok((read(understood).map_err(|error| EngineError::stored("room row", error))?, true))
}

impl Desk {
    /// Rooms that changed after a revision, or all of them.
    ///
    /// A value that this build does not know is left out of its room ([`RoomRow::unreadable`]). A row that is no room at
    /// all is made anew.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn rooms(&self, since: Option<u64>) -> Result<Rooms, EngineError> {
        // Read before the picture is taken: what comes in between is in the picture and comes once more, harmlessly.
        let revision = self.engine().revision();
        // A revision from another run, or from the future, means nothing here.
        let since = since.filter(|held| *held <= revision);
        let flown = since.map(|held| self.engine().flown_since(held)).unwrap_or_default();
        let (raws, tasks) = self.engine().read(|mut connection| {
            let mut raws = connection.all(
                "SELECT id, room, local_state, contested, deleted, kind FROM rooms_local WHERE revision > ?1 ORDER BY id",
                [since.unwrap_or(0)],
                raw,
            )?;
            if since.is_none() {
                raws = connection.all(
                    "SELECT id, room, local_state, contested, deleted, kind FROM rooms_local WHERE deleted = 0 ORDER BY id",
                    [],
                    raw,
                )?;
            }
            for entity in &flown {
                if !raws.iter().any(|known| known.id == entity.id) {
                    raws.extend(connection.first(
                        "SELECT id, room, local_state, contested, deleted, kind FROM rooms_local WHERE id = ?1",
                        [&entity.id],
                        raw,
                    )?);
                }
            }
            let mut tasks: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
            if since.is_none() {
                let all = connection.all("SELECT room_id, id, task FROM tasks_local", [], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
                })?;
                for (room, id, task) in all {
                    tasks.entry(room).or_default().push((id, task));
                }
            } else {
                for known in &raws {
                    let own =
                        connection.all("SELECT id, task FROM tasks_local WHERE room_id = ?1", [&known.id], |row| {
                            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                        })?;
                    tasks.insert(known.id.clone(), own);
                }
            }
            Ok((raws, tasks))
        })?;
        let (mut rooms, mut removed) = (Vec::with_capacity(raws.len()), Vec::new());
        for raw in raws {
            if raw.deleted {
                removed.push(RoomId(raw.id));
                continue;
            }
            let own = tasks.get(&raw.id).map(Vec::as_slice).unwrap_or_default();
            match read_room(&raw, own) {
                Ok(room) => rooms.push(room),
                Err(error) => {
                    // It rotted. What the service sent and what was recorded here make it anew.
                    tracing::error!(room = raw.id, ?error, "a room cannot be shown and is made anew");
                    let made_anew = self.engine().show_anew(&EntityRef::new(raw.kind, &raw.id));
                    match made_anew.and_then(|()| self.room(&raw.id)) {
                        Ok(room) => rooms.extend(room),
                        Err(error) => tracing::error!(room = raw.id, ?error, "it cannot be made anew"),
                    }
                }
            }
        }
        Ok(Rooms { revision, full: since.is_none(), rooms, removed })
    }
}

impl Desk {
    /// Every room's id and number. One that rotted has none here; [`Desk::rooms`] makes it anew.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn room_numbers(&self) -> Result<Vec<(RoomId, String)>, EngineError> {
        self.engine().read(|mut connection| {
            let rows = connection.all(
                "SELECT id, CASE WHEN json_valid(room) THEN CAST(json_extract(room, '$.number') AS TEXT) END
                 FROM rooms_local WHERE deleted = 0 AND kind = ?1",
                [ROOM],
                |row| Ok((RoomId(row.get(0)?), row.get::<_, Option<String>>(1)?)),
            )?;
            Ok(rows.into_iter().filter_map(|(id, number)| Some((id, number?))).collect())
        })
    }

    /// One room with its tasks, if there is one.
    ///
    /// # Errors
    /// When the database refuses or the room cannot be read.
    pub fn room(&self, id: &str) -> Result<Option<RoomRow>, EngineError> {
        self.engine().read(|mut connection| {
            let found = connection.first(
                "SELECT id, room, local_state, contested, deleted, kind FROM rooms_local WHERE id = ?1 AND deleted = 0",
                [id],
                raw,
            )?;
            let Some(found) = found else { return Ok(None) };
            let tasks = connection.all("SELECT id, task FROM tasks_local WHERE room_id = ?1", [id], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            read_room(&found, &tasks).map(Some)
        })
    }
}

fn read_room(raw: &Raw, tasks: &[(String, String)]) -> Result<RoomRow, EngineError> {
    let (room, mut unreadable) = typed::<Room>(object(&raw.room)?)?;
    let mut units = BTreeMap::new();
    for (id, task) in tasks {
        let (task, in_part) = typed::<Task>(object(task)?)?;
        unreadable |= in_part;
        units.insert(TaskId(id.clone()), task);
    }
    if unreadable {
        tracing::warn!(room = raw.id, "this build does not know all values of a room");
    }
    Ok(RoomRow {
        id: RoomId(raw.id.clone()),
        unit: Unit { room, tasks: units },
        local: LocalState::from_str_or_server(&raw.local),
        contested: raw.contested,
        unreadable,
    })
}
