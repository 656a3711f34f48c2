//! One recorded action, and the bytes it is frozen into.

use crate::{ActorId, EntityRef, EventId, Fields, InstallId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use thiserror::Error;

/// The schema this build writes. The service reads this one and the two before it.
pub const EVENT_SCHEMA: u32 = 3;

/// The `prev_hash` of the first entry of an install's audit chain.
pub const ZERO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Whether the desk could reach the service when the action was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The service could not be reached, or the desk was told to work offline.
    Offline,
    /// The service answered at the time.
    Online,
}

/// What the authority of an action's author lacked. It never keeps anybody from recording: the service holds the action
/// for somebody who has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// The pass by which they had signed in had run out.
    ExpiredPass,
    /// They said their name, where people sign in by PIN: the desk had lost its passes.
    NoPass,
}

/// One field's change: what the desk saw before, and what it made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// The value this desk had when the action was recorded; `null` for absent.
    pub base: Value,
    /// The value after; `null` removes the field.
    pub new: Value,
}

/// One recorded action. Made once, in the transaction that records it, and never changed afterwards.
///
/// Order is `local_seq` on the desk and the service's sequence number on the service. `recorded_at` is for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// The form of this record, see [`EVENT_SCHEMA`].
    pub schema: u32,
    /// Its name for ever; also its idempotency key.
    pub event_id: EventId,
    /// The desk that recorded it.
    pub install_id: InstallId,
    /// Its place in that desk's audit chain, from 1, without gaps.
    pub local_seq: u64,
    /// The hash of the entry before it in that chain; [`ZERO_HASH`] for the first.
    pub prev_hash: String,
    /// Who did it when it was done, whoever is signed in when it is sent.
    pub actor_id: ActorId,
    /// The workflow that understands the action, for example `housekeeping`.
    pub workflow: String,
    /// What it was done to.
    pub entity: EntityRef,
    /// One guest's use of the room; absent where the entity has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u32>,
    /// The property's service day (ISO date); absent where the entity has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_day: Option<String>,
    /// The action's stable name, for example `complete`.
    pub action: String,
    /// What the action was given, in the workflow's own form.
    #[serde(default)]
    pub args: Value,
    /// The fields it writes, with what they were.
    #[serde(default)]
    pub changes: BTreeMap<String, Change>,
    /// The fields it relies on without writing them, with what they were.
    #[serde(default)]
    pub relies_on: BTreeMap<String, Value>,
    /// The entity's version this desk held; 0 if the service never spoke of it.
    pub base_version: u64,
    /// This desk's earlier event on the same entity that was not yet acknowledged: own chains never conflict with themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev_event_id: Option<EventId>,
    /// Events of other entities that must be there first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<EventId>,
    /// Events that this one settles (resolve, discard, retry): exactly those a person saw.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settles: Vec<EventId>,
    /// When it was done, by this desk's clock (RFC 3339, UTC, milliseconds). Shown, never compared.
    pub recorded_at: String,
    /// Whether the service could be reached at the time.
    pub mode: Mode,
    /// Seconds since the desk last knew itself at the service's head, when it was working on old data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_age_s: Option<u64>,
    /// What the author's authority lacked when they did it; absent where nothing was known to be amiss.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Authority>,
}

impl Event {
    /// Applies the changes to an entity's fields: every written path takes its new value.
    pub fn apply_to(&self, fields: &mut Fields) {
        for (path, change) in &self.changes {
            fields.set(path.clone(), change.new.clone());
        }
    }
}

/// Why bytes are not an event.
#[derive(Debug, Error)]
pub enum SealError {
    /// The event could not be written as canonical JSON.
    #[error("the event could not be written as canonical JSON")]
    Write(#[source] serde_json::Error),
    /// The bytes are not an event of a known form.
    #[error("the bytes are not an event")]
    Read(#[source] serde_json::Error),
}

/// An event with the bytes it is for ever: RFC 8785 canonical JSON, and their SHA-256 in hex.
#[derive(Debug, Clone, PartialEq)]
pub struct SealedEvent {
    /// The event.
    pub event: Event,
    /// Canonical JSON (RFC 8785). Sent as they are, again and again; never written a second time.
    pub bytes: String,
    /// SHA-256 of the bytes, lower-case hex.
    pub hash: String,
}

impl SealedEvent {
    /// Freezes an event.
    ///
    /// # Errors
    /// When a value cannot be written as JSON (a number that is not finite).
    pub fn seal(event: Event) -> Result<Self, SealError> {
        let bytes = serde_json_canonicalizer::to_string(&event).map_err(SealError::Write)?;
        let hash = Self::hash_of(bytes.as_bytes());
        Ok(Self { event, bytes, hash })
    }

    /// Reads an event back from its stored or received bytes. The bytes stay as they are.
    ///
    /// # Errors
    /// When the bytes are not an event.
    pub fn from_bytes(bytes: impl Into<String>) -> Result<Self, SealError> {
        let bytes = bytes.into();
        let event = serde_json::from_str(&bytes).map_err(SealError::Read)?;
        let hash = Self::hash_of(bytes.as_bytes());
        Ok(Self { event, bytes, hash })
    }

    /// SHA-256 in lower-case hex.
    #[must_use]
    pub fn hash_of(bytes: &[u8]) -> String {
        hex::encode(Sha256::digest(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event() -> Event {
        Event {
            schema: EVENT_SCHEMA,
            event_id: EventId::generate(1, 2),
            install_id: InstallId::generate(1, 3),
            local_seq: 7,
            prev_hash: ZERO_HASH.into(),
            actor_id: ActorId::parse("stf_1").expect("a valid id"),
            workflow: "housekeeping".into(),
            entity: EntityRef::new("room", "412"),
            turn: Some(3),
            service_day: Some("2016-03-25".into()),
            action: "start".into(),
            args: json!({"task": "t1"}),
            changes: BTreeMap::from([(
                "task/t1/status".to_owned(),
                Change { base: json!("ready"), new: json!("in_progress") },
            )]),
            relies_on: BTreeMap::new(),
            base_version: 12,
            prev_event_id: None,
            depends_on: vec![],
            settles: vec![],
            recorded_at: "2016-03-25T10:00:00.000Z".into(),
            mode: Mode::Offline,
            data_age_s: None,
            authority: None,
        }
    }

    #[test]
    fn a8_the_bytes_of_an_event_survive_a_round_trip_unchanged() {
        let sealed = SealedEvent::seal(event()).expect("seals");
        let back = SealedEvent::from_bytes(sealed.bytes.clone()).expect("reads");
        assert_eq!(back, sealed);
        let again = SealedEvent::seal(back.event).expect("seals");
        assert_eq!(again.bytes, sealed.bytes);
    }

    #[test]
    fn canonical_json_sorts_members_so_that_any_writer_makes_the_same_bytes() {
        let sealed = SealedEvent::seal(event()).expect("seals");
        assert!(sealed.bytes.starts_with(r#"{"action":"start","actor_id""#), "{}", sealed.bytes);
    }

    #[test]
    fn setting_null_removes_a_field() {
        let mut fields: Fields = [("a".to_owned(), json!(1))].into_iter().collect();
        fields.set("a", Value::Null);
        assert!(fields.is_empty());
        assert_eq!(fields.get("a"), &Value::Null);
    }
}
