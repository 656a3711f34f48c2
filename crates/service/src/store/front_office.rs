//! What the PMS reports: whether it is news, and what is to be written where it is.
//!
//! The newest version of each subject is kept, so that sending again is always safe and what comes late changes nothing.
//! What a report changes in rooms goes into the trail as events of the service's own chain, as a single action does; a
//! booking is changed in the hotel's document.
//!
//! Deliberately absent: I/O. The store brings what is kept of the subject and the rooms that [`rooms`] names, and writes
//! what [`decide`] says in one transaction.

use super::single::own_install;
use super::{Batch, Body, Chain, Entity, Hash, Incoming, StoreError};
use crate::env::text_of;
use crate::workflow::{self, Asked};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use turndown_domain::front_office::{self, BookingState, DAYS_AHEAD_MAX, FRONT_OFFICE, Report, Stood, Told};
use turndown_domain::{PropertyBook, ROOM, RoomId};
use turndown_protocol::{
    ActorId, EVENT_SCHEMA, EntityRef, Event, EventId, EventResult, Mode, Outcome, Problem, PropertyId, ReportDone,
    ReportOutcome, ReportResult, SealedEvent, codes,
};

/// The actor of what is reported.
const PMS: &str = "system:pms";

/// What the name of what is kept of a booking begins with.
const BOOKING: &str = "booking/";

/// A report as it came in.
#[derive(Debug)]
pub struct Reported {
    /// Whose property.
    pub property: PropertyId,
    /// Which of the reports about its subject it is.
    pub version: u64,
    /// What it says.
    pub report: Report,
    /// SHA-256 of what it says.
    pub hash: Hash,
    /// The service's clock, milliseconds since 1970.
    pub now_ms: i64,
    /// Randomness for events' ids.
    pub random: u128,
}

/// What is kept of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The newest version.
    pub version: u64,
    /// What it said.
    pub hash: Hash,
    /// Of a booking: how it stands.
    pub stood: Option<Stood>,
}

/// One of the rooms that a report concerns.
#[derive(Debug)]
pub(super) struct Place {
    /// Which.
    pub(super) room: RoomId,
    /// Its row; absent where the hotel has no such room.
    pub(super) entity: Option<Entity>,
    /// What is kept of the bookings that were reported in it, and of the one whose guest it has.
    pub(super) kept: BTreeMap<String, Stood>,
}

/// What is to be done with a report.
#[derive(Debug)]
pub(super) enum Decided {
    /// To answer it; nothing is kept.
    Answer(ReportResult),
    /// To write all of this, and to answer what [`taken`] makes of it.
    Take {
        /// What changes in rooms.
        batch: Batch,
        /// The hotel's document, where it is another one now.
        reference: Option<String>,
        /// What is kept of the subject.
        kept: Kept,
    },
}

/// The name of what is kept of a booking.
pub(super) fn of_booking(id: &str) -> String {
    format!("{BOOKING}{id}")
}

/// How a state stands in a database.
pub(super) fn state_name(state: BookingState) -> &'static str {
    match state {
        BookingState::Expected => "expected",
        BookingState::InHouse => "in_house",
        BookingState::Departed => "departed",
        BookingState::Cancelled => "cancelled",
    }
}

/// How a booking stood, as a database has it.
pub(super) fn stood(state: Option<String>, room: Option<String>) -> Result<Option<Stood>, StoreError> {
    let Some((state, room)) = state.zip(room) else { return Ok(None) };
    Ok(Some(Stood { state: serde_json::from_value(Value::from(state))?, room: RoomId(room) }))
}

/// The booking whose guest a row has; an empty name where it has none.
pub(super) fn guest_of(entity: Option<&Entity>) -> String {
    let guest = entity.and_then(|entity| entity.fields.get("room/guest")["booking_id"].as_str());
    of_booking(guest.unwrap_or_default())
}

/// The booking of a subject.
pub(super) fn booking_of(subject: &str) -> String {
    subject.strip_prefix(BOOKING).unwrap_or(subject).to_owned()
}

/// The answer to a report that cannot be so, whatever is kept. Asked before anything of it is looked up: not every
/// database takes every text.
pub(super) fn faulty(reported: &Reported) -> Option<ReportResult> {
    let fault = reported.report.fault()?;
    Some(refused(reported, Problem::new(422, codes::BAD_REQUEST, fault)))
}

/// The answer to a report that is no news.
pub(super) fn answered(reported: &Reported, kept: Option<&Kept>) -> Option<ReportResult> {
    let kept = kept.filter(|kept| reported.version <= kept.version)?;
    if reported.version == kept.version && reported.hash != kept.hash {
        let problem = Problem::new(409, codes::KEY_REUSE, "This version came before and said something else.")
            .with_detail("Give each report about the same booking or room a higher version than the one before.");
        return Some(refused(reported, problem));
    }
    Some(result(reported, ReportOutcome::Known))
}

/// The rooms that have to be brought.
pub(super) fn rooms(reported: &Reported, kept: Option<&Kept>, book: &PropertyBook) -> Vec<RoomId> {
    front_office::rooms(&reported.report, kept.and_then(|kept| kept.stood.as_ref()), book)
}

/// The entity of a room.
pub(super) fn entity_of(room: &RoomId) -> EntityRef {
    EntityRef::new(ROOM, room.0.as_str())
}

/// Decides a report that is news. `chain` is the service's own.
pub(super) fn decide(
    reported: &Reported,
    store_id: &str,
    kept: Option<&Kept>,
    places: &[Place],
    book: &PropertyBook,
    reference: &str,
    chain: &Chain,
) -> Result<Decided, StoreError> {
    let report = &reported.report;
    let own_room = match report {
        Report::Booking { booking, .. } => &booking.room,
        Report::Room { room, .. } => room,
    };
    let there = |place: &&Place| place.entity.as_ref().is_some_and(|entity| !entity.deleted);
    if !own_room.0.is_empty() && !places.iter().filter(there).any(|place| place.room == *own_room) {
        let problem = Problem::new(404, codes::NOT_FOUND, format!("The hotel has no room {}.", own_room.0));
        return Ok(Decided::Answer(refused(reported, problem)));
    }
    let too_early = report.is_too_early(book);
    let is_listed = |id: &str| book.bookings.iter().any(|booking| booking.id == id);
    if too_early && !matches!(report, Report::Booking { booking, .. } if is_listed(&booking.id)) {
        let title = format!("That guest comes in more than {DAYS_AHEAD_MAX} days.");
        let problem = Problem::new(422, codes::BAD_REQUEST, title).with_detail("Report the booking when it is nearer.");
        return Ok(Decided::Answer(refused(reported, problem)));
    }
    let mut after = book.clone();
    let bookings = report.bookings(book);
    let reference = bookings.as_ref().map(|bookings| with_bookings(reference, book, bookings)).transpose()?;
    after.bookings = bookings.unwrap_or(after.bookings);
    let told = Told { report, stood: kept.and_then(|kept| kept.stood.as_ref()), before: book, after: &after };

    let mut events = vec![];
    let (mut local_seq, mut prev_hash) = (chain.highest_seq, chain.highest_hash);
    for place in places.iter().filter(there) {
        let Some(entity) = &place.entity else { continue };
        let effect = match front_office::decide(&entity.fields, &place.room, &place.kept, &told) {
            Ok(effect) => effect,
            Err(refusal) => {
                let status = workflow::refusal_status(refusal.code);
                let problem = Problem::new(status, refusal.code.as_str(), refusal.message);
                return Ok(Decided::Answer(refused(reported, problem)));
            }
        };
        if effect.changes.is_empty() {
            continue;
        }
        local_seq += 1;
        let id = reported.random.wrapping_add(u128::from(local_seq));
        let sealed = SealedEvent::seal(Event {
            schema: EVENT_SCHEMA,
            event_id: EventId::generate(reported.now_ms.unsigned_abs(), id),
            install_id: own_install(store_id)?,
            local_seq,
            prev_hash: hex::encode(prev_hash),
            actor_id: ActorId::parse(PMS).map_err(|_| StoreError::Fault)?,
            workflow: FRONT_OFFICE.into(),
            entity: entity.entity.clone(),
            turn: Asked::turn(&entity.fields),
            service_day: Some(Asked::day(&entity.fields, book).to_owned()),
            action: effect.action.into(),
            args: serde_json::to_value(report)?,
            changes: effect.changes,
            relies_on: Default::default(),
            base_version: entity.version,
            prev_event_id: None,
            depends_on: vec![],
            settles: vec![],
            recorded_at: text_of(reported.now_ms),
            mode: Mode::Online,
            data_age_s: None,
            authority: None,
        })
        .map_err(|_| StoreError::Fault)?;
        let hash: Hash = Sha256::digest(sealed.bytes.as_bytes()).into();
        prev_hash = hash;
        events.push(Incoming {
            event_id: sealed.event.event_id.clone(),
            entity: Some(entity.entity.clone()),
            hash,
            bytes: sealed.bytes.into(),
            body: Body::Event(Box::new(sealed.event)),
        });
    }
    let batch = Batch {
        property: reported.property.clone(),
        epoch: None,
        sender: None,
        seen: None,
        received_at: text_of(reported.now_ms),
        events,
    };
    let stood = match report {
        Report::Booking { booking, state } => Some(Stood { state: *state, room: booking.room.clone() }),
        Report::Room { .. } => None,
    };
    // One that was put off until then goes from the list, and the same report counts when it is nearer.
    let version = if too_early { reported.version.saturating_sub(1) } else { reported.version };
    let hash = kept.filter(|kept| kept.version == version).map_or(reported.hash, |kept| kept.hash);
    let kept = Kept { version, hash, stood };
    Ok(Decided::Take { batch, reference, kept })
}

/// The hotel's document with these bookings. Members that this build does not know stay, in the document and in each
/// booking that is as it was.
fn with_bookings(
    reference: &str,
    book: &PropertyBook,
    bookings: &[turndown_domain::Booking],
) -> Result<String, StoreError> {
    let mut document: Value = serde_json::from_str(reference)?;
    let stored = document["bookings"].as_array().cloned().unwrap_or_default();
    let as_it_was = |booking| book.bookings.iter().position(|other| other == booking).and_then(|at| stored.get(at));
    let written = bookings
        .iter()
        .map(|booking| as_it_was(booking).cloned().map_or_else(|| serde_json::to_value(booking), Ok))
        .collect::<Result<Vec<_>, _>>()?;
    document["bookings"] = written.into();
    Ok(document.to_string())
}

/// The answer to a report that was taken, with what became of its events.
pub(super) fn taken(reported: &Reported, batch: &Batch, results: &[EventResult]) -> Result<ReportResult, StoreError> {
    let mut done = vec![];
    for (incoming, result) in batch.events.iter().zip(results) {
        // Decided and judged by the same rules on the same row an instant apart; should they ever differ, nothing of it
        // is kept.
        let (Body::Event(event), Outcome::Applied, Some(seq)) = (&incoming.body, result.outcome, result.seq) else {
            return Err(StoreError::Fault);
        };
        let (entity, action) = (event.entity.clone(), event.action.clone());
        done.push(ReportDone { entity, action, event_id: event.event_id.clone(), seq });
    }
    Ok(ReportResult { done, ..result(reported, ReportOutcome::Taken) })
}

fn result(reported: &Reported, outcome: ReportOutcome) -> ReportResult {
    ReportResult { subject: Some(reported.report.subject()), outcome, done: vec![], problem: None }
}

fn refused(reported: &Reported, problem: Problem) -> ReportResult {
    ReportResult { problem: Some(problem), ..result(reported, ReportOutcome::Refused) }
}
