//! The day roll of the service: at the hotel's hour each room comes over the night by the rules that desks use, whether or
//! not a desk has said so. What a desk began already is left alone.
//!
//! Deliberately absent: I/O. The store brings the hotel and its rooms, and writes what [`begin`] makes of them in one
//! transaction.

use super::{Entity, StoreError};
use crate::workflow;
use chrono::{DateTime, NaiveDate};
use std::collections::BTreeMap;
use turndown_domain::day::{self, Due, due};
use turndown_domain::{Context, PropertyBook, RoomId, Unit, decide};
use turndown_protocol::{ActorId, EntityRef, PropertyId};

/// What a day's beginning changes.
#[derive(Debug)]
pub(super) struct Begun {
    /// The reference document, with the new day.
    pub(super) reference: String,
    /// The sequence number of its change.
    pub(super) reference_version: u64,
    /// The rooms that are different today.
    pub(super) rooms: Vec<Entity>,
    /// Parts that came into being, with their room.
    pub(super) parts: Vec<(String, EntityRef)>,
    /// The newest sequence number afterwards.
    pub(super) head_seq: u64,
}

/// The day that begins by itself. Where more than one has passed nobody asks here: an operator imports the day.
pub(super) fn next_day(book: &PropertyBook, now_ms: i64) -> Option<NaiveDate> {
    let zone = book.property.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let local = DateTime::from_timestamp_millis(now_ms)?.with_timezone(&zone).naive_local();
    match due(&book.property.service_day, local)? {
        Due::Next(day) if !book.property.sample => Some(day),
        _ => None,
    }
}

/// Begins a day in all rooms that are there, given in the order of their ids.
pub(super) fn begin(
    property: &PropertyId,
    book: &PropertyBook,
    reference: &str,
    rooms: Vec<Entity>,
    day: NaiveDate,
    head_seq: u64,
) -> Result<Begun, StoreError> {
    let service_day = day.to_string();
    let mut book = book.clone();
    book.property.service_day.clone_from(&service_day);
    // A room that this build cannot read stays as it is.
    let units: Vec<(RoomId, Unit)> = rooms
        .iter()
        .filter_map(|room| Some((RoomId(room.entity.id.clone()), Unit::from_fields(&room.fields).ok()?)))
        .collect();
    let begins = day::begin(&book, &units, &service_day).unwrap_or_else(|error| {
        tracing::error!(%error, %property, "the bookings cannot be read; the day begins without their work");
        vec![]
    });
    // Members that this build does not know stay.
    let mut reference: serde_json::Value = serde_json::from_str(reference)?;
    reference["property"]["service_day"] = service_day.clone().into();
    let mut begun = Begun {
        reference: reference.to_string(),
        reference_version: head_seq + 1,
        rooms: vec![],
        parts: vec![],
        head_seq: head_seq + 1,
    };
    let actor = ActorId::parse("system:service").map_err(|_| StoreError::Fault)?;
    let mut rooms: BTreeMap<String, Entity> = rooms.into_iter().map(|room| (room.entity.id.clone(), room)).collect();
    for (room, action) in begins {
        let Some(row) = rooms.get_mut(&room.0) else { continue };
        let context =
            Context { now: DateTime::default(), service_day: &service_day, actor: &actor, book: &book, undo_of: None };
        // Where nothing is different today, nothing is told.
        let Ok(decision) = decide(&row.fields, &action, &context) else { continue };
        begun.head_seq += 1;
        for (path, change) in decision.changes {
            if let Some(part) = workflow::part_of(&path) {
                begun.parts.push((part.to_owned(), row.entity.clone()));
            }
            // No event changed it last.
            row.provenance.remove(&path);
            row.fields.set(path, change.new);
        }
        row.version = begun.head_seq;
        row.fields_version = begun.head_seq;
    }
    begun.rooms = rooms.into_values().filter(|row| row.version > head_seq).collect();
    Ok(begun)
}
