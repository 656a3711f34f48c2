//! The engine's view of a record: a kind, an id, and values named by path.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// Names one entity: one lane in the outbox, one version on the service, one conflict at a time.
/// For housekeeping the entity is a room together with its tasks (kind `room`), a place (kind `place`),
/// or the desk itself (kind `desk`, for sign-in and repair).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntityRef {
    /// What sort of record, for example `room`.
    pub kind: String,
    /// Which one, for example `412`.
    pub id: String,
}

impl EntityRef {
    /// Names an entity.
    #[must_use]
    pub fn new(kind: impl Into<String>, id: impl Into<String>) -> Self {
        Self { kind: kind.into(), id: id.into() }
    }
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

/// An entity's values by path (`room/cleanliness`, `task/<id>/status`). A path that is absent reads as `null`;
/// setting a path to `null` removes it, so that two equal entities have equal maps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Value>);

static NULL: Value = Value::Null;

impl Fields {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value at a path, `null` when absent.
    #[must_use]
    pub fn get(&self, path: &str) -> &Value {
        self.0.get(path).unwrap_or(&NULL)
    }

    /// Sets a path; `null` removes it.
    pub fn set(&mut self, path: impl Into<String>, value: Value) {
        let path = path.into();
        if value.is_null() {
            self.0.remove(&path);
        } else {
            self.0.insert(path, value);
        }
    }

    /// All paths and values, in path order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(path, value)| (path.as_str(), value))
    }

    /// Whether there is no field at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many paths have a value.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<(String, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(iter: I) -> Self {
        let mut fields = Self::new();
        for (path, value) in iter {
            fields.set(path, value);
        }
        fields
    }
}

/// Who last changed a field, from which desk, when it was done and when the service took it.
/// Times are for people to read; nothing is decided by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Provenance {
    /// The sequence number of the change.
    pub seq: u64,
    /// Who did it.
    pub actor_id: String,
    /// The desk it came from.
    pub install_id: String,
    /// The event that made it.
    pub event_id: String,
    /// When it was done, by the clock of that desk (RFC 3339).
    pub recorded_at: String,
    /// When the service took it (RFC 3339).
    pub received_at: String,
}
