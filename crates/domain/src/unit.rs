//! A room together with its tasks: what one lane, one version and one conflict are about.

use crate::{Room, Task, TaskId};
use serde::de::value::MapDeserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use thiserror::Error;
use turndown_protocol::Fields;

/// The entity kind of a room.
pub const ROOM: &str = "room";
/// The entity kind of a place that is not a room (a pool, a corridor). It has the same form.
pub const PLACE: &str = "place";

/// Why fields are not a room with tasks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{path}: {reason}")]
pub struct UnitError {
    /// Where.
    pub path: String,
    /// What is wrong with it.
    pub reason: String,
}

/// A room and its tasks, typed. Fields this build does not know are not here; they stay in [`Fields`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// The room.
    pub room: Room,
    /// Its tasks.
    pub tasks: BTreeMap<TaskId, Task>,
}

impl Unit {
    /// Reads a unit from fields.
    ///
    /// # Errors
    /// When a known field has a value that its type does not take.
    pub fn from_fields(fields: &Fields) -> Result<Self, UnitError> {
        Self::from_values(fields.iter())
    }

    /// The same from paths and values that stand in no one map.
    pub(crate) fn from_values<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>) -> Result<Self, UnitError> {
        let mut room: Members<'_> = vec![];
        let mut tasks: BTreeMap<&str, Members<'_>> = BTreeMap::new();
        for (path, value) in fields {
            if let Some(member) = path.strip_prefix("room/") {
                room.push((member, value));
            } else if let Some((id, member)) = path.strip_prefix("task/").and_then(|rest| rest.split_once('/')) {
                tasks.entry(id).or_default().push((member, value));
            }
        }
        let room = read(room, || "room".to_owned())?;
        let tasks = tasks
            .into_iter()
            .map(|(id, members)| Ok((TaskId(id.to_owned()), read(members, || format!("task/{id}"))?)))
            .collect::<Result<_, UnitError>>()?;
        Ok(Self { room, tasks })
    }

    /// Writes the unit as fields.
    #[must_use]
    pub fn to_fields(&self) -> Fields {
        let mut fields = Fields::new();
        write(&mut fields, "room", &self.room);
        for (id, task) in &self.tasks {
            write(&mut fields, &format!("task/{}", id.0), task);
        }
        fields
    }

    /// The fields in which another unit differs, with the other's values.
    pub(crate) fn changed_in(&self, other: &Self) -> BTreeMap<String, Value> {
        let mut changed = BTreeMap::new();
        compare(&mut changed, || "room".to_owned(), Some(&self.room), Some(&other.room));
        for id in self.tasks.keys().chain(other.tasks.keys().filter(|id| !self.tasks.contains_key(id))) {
            compare(&mut changed, || format!("task/{}", id.0), self.tasks.get(id), other.tasks.get(id));
        }
        changed
    }
}

/// Members with their values, as they stand in the fields: a room is read too often to be copied first.
type Members<'a> = Vec<(&'a str, &'a Value)>;

fn read<'a, T: Deserialize<'a>>(members: Members<'a>, path: impl Fn() -> String) -> Result<T, UnitError> {
    T::deserialize(MapDeserializer::new(members.into_iter()))
        .map_err(|error: serde_json::Error| UnitError { path: path(), reason: error.to_string() })
}

fn write<T: Serialize>(fields: &mut Fields, prefix: &str, value: &T) {
    for (member, value) in members(value) {
        fields.set(format!("{prefix}/{member}"), value);
    }
}

fn compare<T: Serialize + PartialEq>(
    changed: &mut BTreeMap<String, Value>,
    prefix: impl Fn() -> String,
    before: Option<&T>,
    after: Option<&T>,
) {
    if before == after {
        return;
    }
    let (mut old, new) = (before.map(members).unwrap_or_default(), after.map(members).unwrap_or_default());
    for (member, value) in new {
        if old.remove(&member).unwrap_or_default() != value {
            changed.insert(format!("{}/{member}", prefix()), value);
        }
    }
    let gone = old.into_iter().filter(|(_, value)| !value.is_null());
    changed.extend(gone.map(|(member, _)| (format!("{}/{member}", prefix()), Value::Null)));
}

fn members<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        // Rooms and tasks are plain data with text keys, which JSON can always hold.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_unit_survives_a_round_trip_through_fields() {
        let mut unit = Unit::default();
        unit.room.number = "412".into();
        unit.room.note = Some("pet in room".into());
        unit.tasks.insert(TaskId("t1".into()), Task { credits: 3, ..Task::default() });
        assert_eq!(Unit::from_fields(&unit.to_fields()), Ok(unit));
    }

    #[test]
    fn g9_a_field_this_build_does_not_know_does_not_stop_it() {
        let fields: Fields =
            [("room/number".to_owned(), json!("412")), ("room/minibar".to_owned(), json!({"beer": 2}))]
                .into_iter()
                .collect();
        assert_eq!(Unit::from_fields(&fields).map(|unit| unit.room.number), Ok("412".to_owned()));
    }

    #[test]
    fn a_wrong_value_is_named_by_where_it_is() {
        let fields: Fields = [("task/t1/status".to_owned(), json!("sideways"))].into_iter().collect();
        let error = Unit::from_fields(&fields).expect_err("refused");
        assert_eq!(error.path, "task/t1");
    }
}
