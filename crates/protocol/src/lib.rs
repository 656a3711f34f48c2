//! What desk and service say to each other.
//!
//! The life of one message: the desk records an [`Event`], freezes it as [`SealedEvent`] (canonical bytes and
//! their hash), sends it in an [`EventsRequest`], and the service names it in an [`EventResult`]. State comes
//! back in [`Snapshot`] and [`ChangesPage`]; both carry [`EntityRow`]s.
//!
//! Deliberately absent: housekeeping. This crate knows entity kinds, ids and field paths, and nothing of rooms.
//! It performs no I/O, reads no clock and holds no state.

mod event;
mod fields;
mod id;
mod messages;
mod passes;
mod problem;

pub use event::{Authority, Change, EVENT_SCHEMA, Event, Mode, SealError, SealedEvent, ZERO_HASH};
pub use fields::{EntityRef, Fields, Provenance};
pub use id::{ActorId, BatchId, EventId, IdError, InstallId, PropertyId};
pub use messages::{
    AuditClosed, AuditEntry, AuditForm, AuditHead, AuditPage, Capabilities, ChangesPage, Contested, Continues, Enroll,
    EnrollCode, Enrolled, EntityRow, EventResult, EventsRequest, EventsResponse, Handshake, HandshakeAnswer, Outcome,
    ProposedPerson, Reference, ReportDone, ReportOutcome, ReportResult, ReportSent, Reports, ReportsAnswer,
    ServiceHead, SingleAction, SingleActionAnswer, Snapshot, StoryEntry, StoryOutcome, StoryPage, Suggestions, Theirs,
};
pub use passes::{ChangePin, Pass, Passes, SignedPasses};
pub use problem::{Problem, codes};
