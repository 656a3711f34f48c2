//! What the service keeps, and the few things that it asks of whatever keeps it.
//!
//! [`Storage`] is the whole of it: one call a message, none that needs a transaction held open across two calls. Two
//! databases are behind it: [`sqlite`], one file and one process, and [`postgres`], several processes on one server.
//! What both decide alike stands beside them without any SQL. What has to be atomic is one call: a batch goes in as [`Batch`], the
//! implementation loads what [`batch::needs`] names, lets [`batch::decide`] judge it in memory, and writes the
//! [`batch::Plan`] in one transaction that no client's disconnect can cancel.
//!
//! Deliberately absent: HTTP, signing, and any opinion about rooms.

pub mod batch;
mod chain;
mod day;
mod export;
pub mod front_office;
pub mod postgres;
mod pulse;
mod signing;
mod single;
pub mod sqlite;
mod stored;
mod verify;

pub use chain::Chain;
pub use export::{ExportError, Exported, Wanted};
pub use pulse::{Heart, Pulse, heart};
pub use signing::public_hex;
pub use verify::{AuditFault, AuditReport};

use crate::workflow::Move;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;
use turndown_domain::PropertyBook;
use turndown_protocol::{
    ActorId, AuditEntry, AuditHead, Contested, Continues, EntityRef, Event, EventId, EventResult, Fields, InstallId,
    Problem, PropertyId, Provenance, ReportResult, ServiceHead, SingleAction, StoryEntry,
};

/// SHA-256 of something.
pub type Hash = [u8; 32];

/// Who this store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Made once, with the store.
    pub store_id: String,
    /// Changes when the store was restored from a backup, or finds out that it lost what it had acknowledged.
    pub epoch: String,
    /// Another one at each start.
    pub run: String,
}

/// Why the store did not do it, or cannot say whether it did. A commit whose answer was lost is there as a whole or not
/// at all.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database could not.
    #[error("the database could not be read or written")]
    Database(#[from] rusqlite::Error),
    /// The database server could not.
    #[error("the database server could not read or write")]
    Server(#[from] tokio_postgres::Error),
    /// All connections to the database server are in use, or none can be made.
    #[error("there is no connection to the database server")]
    Busy,
    /// What the database holds is not what this build wrote.
    #[error("a stored record cannot be read")]
    Unreadable(#[from] serde_json::Error),
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
    /// A desk holds a receipt of this epoch for something that the store does not have: it lost its newest part, and
    /// goes on in a new epoch from now on.
    #[error("the store had lost what it acknowledged")]
    Lost,
    /// A fault of this program; the log has the rest.
    #[error("a fault in the service")]
    Fault,
}

impl StoreError {
    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Database(error) => error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Server(error) => error.code() == Some(&tokio_postgres::error::SqlState::DISK_FULL),
            _ => false,
        }
    }
}

/// How long an enrolment code holds, in minutes.
pub const CODE_MINUTES: i64 = 15;

/// How many numbers a lost part of a store can have given out: far above ten days of the busiest house.
const SEQ_LOST_MAX: u64 = 1_000_000_000;

/// A day to be put into a store.
#[derive(Debug)]
pub struct Import {
    /// Property, settings, staff, bookings.
    pub book: PropertyBook,
    /// Its rooms and places.
    pub entities: Vec<(EntityRef, Fields)>,
}

/// For whom a token or code is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFor {
    /// The property's id.
    pub property_id: String,
    /// The property's name.
    pub property_name: String,
}

/// An error with what caused it, for the log.
pub(crate) fn error_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut parts = vec![];
    let mut next = Some(error);
    while let Some(error) = next {
        // The server's own details repeat what was to be written: rooms, names, notes.
        let of_server = error.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::as_db_error);
        if let Some(said) = of_server {
            parts.push(format!("{} {}: {}", said.severity(), said.code().code(), said.message()));
            break;
        }
        parts.push(error.to_string());
        next = error.source();
    }
    parts.join(": ")
}

/// What a person's PIN is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffPin {
    /// Whose.
    pub staff_id: ActorId,
    /// Argon2id, in the PHC form.
    pub verifier: String,
    /// It was made by somebody else, and is to be changed.
    pub temporary: bool,
}

/// How people of a hotel sign in.
#[derive(Debug)]
pub struct SignIn {
    /// The hotel.
    pub book: PropertyBook,
    /// After how many minutes without a touch a desk locks, where they sign in by PIN.
    pub lock_minutes: Option<u32>,
    /// Who has a PIN, by id; also of those who have left since.
    pub pins: Vec<StaffPin>,
}

/// What the hotel's IT changes about signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignInChange {
    /// People sign in by PIN, and desks lock after so many minutes; or people say their name.
    LockMinutes(Option<u32>),
    /// These people have these PINs.
    Give(Vec<StaffPin>),
    /// This person has none any more.
    TakeAway(ActorId),
}

/// A device as its token names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The hotel it may speak for.
    pub property_id: PropertyId,
    /// The hotel's name.
    pub property_name: String,
    /// The device's name.
    pub name: String,
}

/// What a desk hears when it says hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeted {
    /// What is known of its chain.
    pub chain: Chain,
    /// Whether the record still has the head that it showed; true when it showed none.
    pub holds_seen: bool,
    /// Where the record stands.
    pub head: ServiceHead,
    /// Up to here every entry of its chain is here and was taken as it is.
    pub holds_until: u64,
}

/// An entity as the writer holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// The store's own number for it; 0 while it has none.
    pub n: i64,
    /// Its name.
    pub entity: EntityRef,
    /// Sequence number of its last change, contested marks included.
    pub version: u64,
    /// Sequence number of the last change of a value.
    pub fields_version: u64,
    /// Its values.
    pub fields: Fields,
    /// Which event changed a path last, by the event's number.
    pub provenance: BTreeMap<String, u64>,
    /// Open contested marks, oldest first.
    pub contests: Vec<Contested>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// An entity as it goes out: the same JSON as [`turndown_protocol::EntityRow`], without reading the stored values.
#[derive(Debug, Serialize)]
pub struct WireRow {
    /// Its name.
    pub entity: EntityRef,
    /// Its version.
    pub version: u64,
    /// Whether it was deleted.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Its values, as stored.
    pub fields: Box<RawValue>,
    /// Who changed what last.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<String, Author>,
    /// The oldest open contested mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contested: Option<Contested>,
}

/// Who changed a field, shared between all the fields that one event changed.
#[derive(Debug, Clone)]
pub struct Author(pub Arc<Provenance>);

impl Serialize for Author {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

/// The reference document as it goes out.
#[derive(Debug, Serialize)]
pub struct WireReference {
    /// The sequence number of its last change.
    pub version: u64,
    /// The document, as stored.
    pub document: Box<RawValue>,
}

/// Everything of a property at one instant.
#[derive(Debug)]
pub struct SnapshotRows {
    /// Property, settings, staff, bookings.
    pub reference: WireReference,
    /// All entities that are not deleted.
    pub rows: Vec<WireRow>,
    /// Where the record stands.
    pub head: ServiceHead,
}

/// A page of changes.
#[derive(Debug)]
pub struct ChangesRows {
    /// Entities that changed, by version.
    pub rows: Vec<WireRow>,
    /// The reference document, when it changed.
    pub reference: Option<WireReference>,
    /// Where the next page starts.
    pub next_seq: u64,
    /// Whether there is more behind it.
    pub more: bool,
    /// Where the record stands.
    pub head: ServiceHead,
}

/// One event as it came in.
#[derive(Debug)]
pub struct Incoming {
    /// Its name.
    pub event_id: EventId,
    /// What it is about, where that could be read.
    pub entity: Option<EntityRef>,
    /// Its bytes, exactly as received.
    pub bytes: Box<str>,
    /// Their SHA-256.
    pub hash: Hash,
    /// What they are.
    pub body: Body,
}

/// What the bytes of an event are.
#[derive(Debug)]
pub enum Body {
    /// An event that can be judged.
    Event(Box<Event>),
    /// An event that cannot; answered without a look at the store's rows.
    Unfit(turndown_protocol::Outcome, Problem),
}

/// Events to be taken together.
#[derive(Debug)]
pub struct Batch {
    /// Whose property.
    pub property: PropertyId,
    /// The epoch that the sender speaks to; absent for the service's own.
    pub epoch: Option<String>,
    /// Who sends, and the end of its chain as it says; absent for the service's own.
    pub sender: Option<(InstallId, AuditHead)>,
    /// The newest head of this record that the sender heard of in this epoch.
    pub seen: Option<Shown>,
    /// The service's clock (RFC 3339).
    pub received_at: String,
    /// The events, in lane order.
    pub events: Vec<Incoming>,
}

/// The head of this store's record as a desk shows it.
#[derive(Debug)]
pub struct Shown {
    /// What the desk heard.
    pub head: ServiceHead,
    /// Randomness for a new epoch, should this store not know of it.
    pub random: u128,
}

/// What became of a batch. It is on disk.
#[derive(Debug)]
pub struct Taken {
    /// One answer an event, in order.
    pub results: Vec<EventResult>,
    /// Where the record stands now.
    pub head: ServiceHead,
    /// The sender's chain afterwards.
    pub chain: Chain,
}

/// One action from a caller that keeps no chain.
#[derive(Debug)]
pub struct Single {
    /// Whose property.
    pub property: PropertyId,
    /// On which task.
    pub task: String,
    /// What.
    pub action: String,
    /// Who, and the arguments.
    pub body: SingleAction,
    /// The caller's key.
    pub key: String,
    /// SHA-256 over everything that the key stands for.
    pub fingerprint: Hash,
    /// The versions that `If-Match` allows; absent where it allows all.
    pub if_match: Option<Vec<u64>>,
    /// The service's clock, milliseconds since 1970: one time for the decision, the event and its receipt, so that the
    /// judge comes to the same values.
    pub now_ms: i64,
    /// Randomness for the event's id.
    pub random: u128,
}

/// The answer to a single action, as it is stored and replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingleDone {
    /// The HTTP status.
    pub status: u16,
    /// The entity's version, for `ETag`.
    pub version: Option<u64>,
    /// The body, JSON.
    pub body: String,
    /// Whether it is the stored answer of an earlier request.
    pub replayed: bool,
}

/// Something that happened, for sinks of domain events.
#[derive(Debug, Clone)]
pub struct Happened {
    /// The audit entry.
    pub entry: AuditEntry,
    /// Task moves that came with it.
    pub moves: Vec<Move>,
}

/// The store of a property service.
///
/// Every call that changes something answers after it is on disk, and runs to its end even when the caller is gone.
#[async_trait]
pub trait Storage: Send + Sync + 'static {
    /// Which store this is, for as long as it lives.
    fn store_id(&self) -> &str;

    /// Who this store is now.
    async fn identity(&self) -> Result<Arc<Identity>, StoreError>;

    /// Told after each commit.
    fn pulse(&self) -> Pulse;

    /// The device of a token, unless it is unknown or over its time.
    async fn device(&self, token_hash: Hash, now_ms: i64) -> Result<Option<Device>, StoreError>;

    /// The hotel's name behind an enrolment code that still holds.
    async fn enroll_code(&self, code_hash: Hash, now_ms: i64) -> Result<Option<String>, StoreError>;

    /// Uses a code up and lets a device in under the hash of its new token.
    async fn redeem_code(
        &self,
        code_hash: Hash,
        device_name: String,
        token_hash: Hash,
        now_ms: i64,
    ) -> Result<Option<Device>, StoreError>;

    /// How people of a hotel sign in.
    async fn sign_in(&self, property: PropertyId) -> Result<SignIn, StoreError>;

    /// Puts a PIN in the place of one; false where another one is there by now.
    async fn change_pin(
        &self,
        property: PropertyId,
        before: String,
        pin: StaffPin,
        now_ms: i64,
    ) -> Result<bool, StoreError>;

    /// The sequence number of a property's newest change.
    async fn head_seq(&self, property: PropertyId) -> Result<u64, StoreError>;

    /// Everything of a property at one instant.
    async fn snapshot(&self, property: PropertyId) -> Result<SnapshotRows, StoreError>;

    /// What changed after a sequence number; `None` where the feed no longer reaches back that far, or never got there.
    async fn changes(&self, property: PropertyId, after: u64, limit: u32) -> Result<Option<ChangesRows>, StoreError>;

    /// Entries of the audit trail after one, of one install or all.
    async fn audit(
        &self,
        property: PropertyId,
        after: u64,
        install: Option<InstallId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The events of one entity that came before a place (`u64::MAX` for the newest), the newest first, and the place
    /// before which the others came.
    async fn story(
        &self,
        property: PropertyId,
        entity: EntityRef,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<StoryEntry>, Option<u64>), StoreError>;

    /// Notes what a desk says of itself and answers what is known of it.
    async fn greet(
        &self,
        property: PropertyId,
        install: InstallId,
        head: AuditHead,
        continues: Option<Continues>,
        seen: Option<Shown>,
    ) -> Result<Greeted, StoreError>;

    /// Takes a batch of events; [`StoreError::Lost`] where it speaks to another epoch than the present one.
    async fn take(&self, batch: Batch) -> Result<Taken, StoreError>;

    /// Does a single action, or replays its answer.
    async fn act(&self, single: Single) -> Result<Result<SingleDone, Problem>, StoreError>;

    /// Takes what the PMS reports of a booking or a room, where it is news.
    async fn report(&self, reported: front_office::Reported) -> Result<ReportResult, StoreError>;

    /// The properties that the store has.
    async fn properties(&self) -> Result<Vec<PropertyId>, StoreError>;

    /// What happened behind an entry of a hotel's trail, in order.
    async fn happened(&self, property: PropertyId, after: u64, limit: u32) -> Result<Vec<Happened>, StoreError>;

    /// The right to feed a sink, where no other process has it.
    async fn lead(&self, sink: &str) -> Result<Option<Box<dyn Lead>>, StoreError>;

    /// Up to which entry of a hotel's trail a sink was given everything.
    async fn delivered_until(&self, sink: &str, property: PropertyId) -> Result<u64, StoreError>;

    /// Everything up to this entry was delivered.
    async fn delivered(&self, sink: &str, property: PropertyId, audit_seq: u64) -> Result<(), StoreError>;

    /// Drops tombstones from before a time; cursors that have not seen them are refused from then on.
    async fn forget_tombstones(&self, before_ms: i64) -> Result<u64, StoreError>;

    /// Begins the next service day of every property where it is due at this time. Answers which.
    async fn begin_days(&self, now_ms: i64) -> Result<Vec<(PropertyId, String)>, StoreError>;

    /// Whether a write would work now.
    async fn ready(&self) -> Result<(), StoreError>;

    /// Ends the writing after what is queued, and closes the database. Later calls answer [`StoreError::Stopping`].
    async fn close(&self);
}

/// The right to feed a sink, for as long as it is kept.
pub trait Lead: Send + Sync + std::fmt::Debug {
    /// Whether it still stands.
    fn holds(&self) -> bool;
}

/// What is stored beside an event that was not taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// For a conflict: what sort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// For a conflict: the paths that touch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}
