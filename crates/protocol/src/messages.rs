//! Requests and answers, one type a message.

use crate::{BatchId, EntityRef, EventId, Fields, InstallId, Problem, PropertyId, Provenance};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// `GET /v1/capabilities`: who the service is and what it allows. Checked before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capabilities {
    /// Made once, when the store was made. Another id is another service.
    pub store_id: String,
    /// Changes when the store is restored from a backup.
    pub epoch: String,
    /// The service's clock (RFC 3339), to show a difference; nothing is decided by it.
    pub server_time: String,
    /// The highest number of events in one request.
    pub max_events: u32,
    /// The highest number of bytes in one request, decompressed.
    pub max_batch_bytes: u64,
    /// The highest number of bytes of one event.
    pub max_event_bytes: u64,
    /// How long a desk keeps acknowledged events, so that a restored service can be given what it lost, in days.
    pub backup_horizon_days: u32,
    /// Event schemas the service reads.
    pub schemas: Vec<u32>,
    /// The sequence number of the property's newest change; absent without a token, because it says how much is done there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_seq: Option<u64>,
    /// The property that the request's token is for; absent without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_id: Option<PropertyId>,
    /// Its name; absent without a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property_name: Option<String>,
    /// The Ed25519 key (hex) that signs audit heads.
    pub signing_key: String,
}

/// A point in an install's audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditHead {
    /// The entry's `local_seq`; 0 for an empty chain.
    pub local_seq: u64,
    /// Its hash; [`crate::ZERO_HASH`] for an empty chain.
    pub hash: String,
}

/// The stretch of an install's chain that the service holds without a gap and has verified, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditClosed {
    /// How far the service's copy reaches without a gap.
    #[serde(flatten)]
    pub head: AuditHead,
    /// Ed25519 over `turndown-audit-head\n<store_id>\n<install_id>\n<local_seq>\n<hash>`, hex.
    pub signature: String,
}

/// Where the service's record of a property stands. Desks hear it with whatever they take, and show the newest one that
/// they heard: a service that has not got it, or has another entry in that place, lost the end of its record.
///
/// A record can lose its end between two runs of the service and at no other time. So a desk takes something from the
/// run that it has greeted, and from no other: what it would hear there could hide what the run before had said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceHead {
    /// In which epoch.
    pub epoch: String,
    /// Which run of the service says so: another one after each start.
    pub run: String,
    /// The sequence number of the newest change.
    pub seq: u64,
    /// The newest entry of the service's audit trail; 0 for an empty one.
    pub audit_seq: u64,
    /// Its hash; [`crate::ZERO_HASH`] for an empty trail.
    pub audit_hash: String,
}

/// `POST /v1/installs/{install}/handshake`: what the desk says of itself before it sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Handshake {
    /// The end of the desk's chain.
    pub audit_head: AuditHead,
    /// The newest head of the service's record that the desk heard of in this epoch, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<ServiceHead>,
    /// The install this one goes on from, after a restore or a clone. Said every time: the service may have been
    /// restored since.
    #[serde(default)]
    pub continues: Option<Continues>,
}

/// An install goes on from another one: its chain begins behind this entry. That one may itself have gone on from
/// another: a restored service knows none of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Continues {
    /// The install it was before.
    pub install_id: InstallId,
    /// Where it stood: the new install's first entry has the next number and this hash before it.
    #[serde(flatten)]
    pub head: AuditHead,
    /// What that install went on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub continues: Option<Box<Continues>>,
}

impl Continues {
    /// How many installs are told, the newest first. Each is a restore or a copy of one computer.
    pub const TOLD_MAX: usize = 32;

    /// The same without what goes beyond [`Continues::TOLD_MAX`].
    #[must_use]
    pub fn shortened(mut self) -> Self {
        let mut last = &mut self;
        for _ in 1..Self::TOLD_MAX {
            match last.continues {
                Some(ref mut before) => last = before,
                None => return self,
            }
        }
        last.continues = None;
        self
    }
}

/// What the service knows of the install.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandshakeAnswer {
    /// Which store answers.
    pub store_id: String,
    /// In which epoch.
    pub epoch: String,
    /// The highest `local_seq` the service ever saw of this install, gaps or not; 0 for none.
    pub highest_local_seq: u64,
    /// The hash of that entry.
    #[serde(default)]
    pub highest_hash: Option<String>,
    /// Whether the service's record still has the head that the desk showed; true when it showed none.
    pub holds_seen: bool,
    /// Where the service's record stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ServiceHead>,
    /// Up to this `local_seq` the service holds every entry of this install and took each as it is (applied or merged):
    /// none of it is ever needed again.
    #[serde(default)]
    pub holds_until: u64,
    /// The verified stretch.
    pub audit_closed: AuditClosed,
    /// Set (code `AUDIT_FORK`) while the service holds two different entries for one place of this install's chain,
    /// or the desk's head is not the one the service has. Nothing is lost by it; people should look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_problem: Option<Problem>,
}

/// `POST /v1/properties/{p}/events`: a batch. Each event travels as its own frozen bytes.
#[derive(Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsRequest {
    /// The answer repeats it.
    pub batch_id: BatchId,
    /// Who sends. An event may have another maker (a carried one).
    pub install_id: InstallId,
    /// The store the desk means.
    pub store_id: String,
    /// The epoch the desk means.
    pub epoch: String,
    /// The end of the sender's chain, so that a cut-off tail shows.
    pub audit_head: AuditHead,
    /// The newest head of the service's record that the desk heard of in this epoch, so that a service which lost what
    /// it said hears of it before it takes anything more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<ServiceHead>,
    /// The events, in lane order.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<crate::Event>))]
    pub events: Vec<Box<RawValue>>,
}

/// `POST /v1/enroll`: a desk turns a short code, read out to it by the hotel, into its own long token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enroll {
    /// The code as it was printed; case, spaces and dashes do not matter.
    pub code: String,
    /// What people call the desk, for example `Housekeeping office`.
    pub device_name: String,
}

/// Its answer. The token is shown this one time only; the service keeps its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// For `Authorization: Bearer`.
    pub token: String,
    /// The hotel it is for.
    pub property_id: PropertyId,
    /// The hotel's name.
    pub property_name: String,
    /// The store that gave it.
    pub store_id: String,
}

/// `GET /v1/enroll/{code}`: whose code it is, shown before a desk connects. Does not use the code up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollCode {
    /// The hotel's name.
    pub property_name: String,
}

/// What became of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Taken as it was.
    Applied,
    /// Taken; other fields had changed meanwhile. The merged row comes back.
    Merged,
    /// The bytes were already answered; the first outcome stands in `original`.
    Duplicate,
    /// Nothing was applied: a field it writes or relies on has changed. The current row comes back.
    Conflict,
    /// Nothing was applied, for good.
    Rejected,
    /// Kept for the record without effect: another event has settled it.
    Settled,
    /// Not looked at: an earlier event of the same entity was not taken.
    Blocked,
    /// Not looked at: it builds on an event the service does not have.
    MissingPredecessor,
    /// The id came before with other bytes. Nothing was applied.
    KeyReuse,
    /// Over the size limit.
    TooLarge,
    /// Not now; the problem says why.
    RetryLater,
    /// Its schema is newer than the service.
    UpgradeRequired,
}

impl Outcome {
    /// Whether the service stands by this outcome for ever and replays it.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Applied | Self::Merged | Self::Conflict | Self::Rejected | Self::Settled | Self::Duplicate)
    }
}

/// The service's side of a conflict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Theirs {
    /// The row as the service has it.
    pub row: EntityRow,
    /// The paths that touch.
    pub paths: Vec<String>,
    /// What sort of conflict, in the workflow's words (`fields`, `previous_turn`, `not_open`).
    pub class: String,
}

/// One event's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventResult {
    /// Which event.
    pub event_id: EventId,
    /// What became of it.
    pub outcome: Outcome,
    /// For `duplicate`: the first outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Outcome>,
    /// The sequence number its effect got (applied, merged and their duplicates).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// For `merged`: the row after the merge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<EntityRow>,
    /// For `conflict`: the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Theirs>,
    /// For everything that was not taken: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The answer to a batch. A desk counts an event as acknowledged only when such an answer, complete, of the
/// expected store, epoch and batch, names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventsResponse {
    /// The request's.
    pub batch_id: BatchId,
    /// Which store answers.
    pub store_id: String,
    /// In which epoch.
    pub epoch: String,
    /// The sequence number of the newest change.
    pub head_seq: u64,
    /// The service's clock (RFC 3339).
    pub server_time: String,
    /// One answer an event, in the request's order.
    pub results: Vec<EventResult>,
    /// The verified stretch of the sender's chain.
    pub audit_closed: AuditClosed,
    /// Where the service's record stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ServiceHead>,
}

/// A mark that every desk shows: somebody's edit of this entity is in conflict, so it is not safe to rely on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contested {
    /// Since when (service time, RFC 3339).
    pub since: String,
    /// The desk whose edit it is.
    pub install_id: String,
    /// Whose edit it is.
    pub actor_id: String,
    /// The event.
    pub event_id: EventId,
    /// The paths that touch.
    pub paths: Vec<String>,
}

/// An entity as the service has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntityRow {
    /// Which entity.
    pub entity: EntityRef,
    /// The sequence number of its last change.
    pub version: u64,
    /// Whether it was deleted; its fields are then empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// Its values.
    pub fields: Fields,
    /// Who changed what last, by path. Only paths that changed since the import are named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub provenance: BTreeMap<String, Provenance>,
    /// Set while somebody's edit is in conflict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contested: Option<Contested>,
}

/// What a desk needs besides entities, in the workflow's own form: property, settings, staff, bookings.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reference {
    /// The sequence number of its last change.
    pub version: u64,
    /// The workflow's own document.
    pub document: Value,
}

/// `GET /v1/properties/{p}/snapshot`: everything a desk needs to work alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// Which store answers.
    pub store_id: String,
    /// In which epoch.
    pub epoch: String,
    /// The service's clock (RFC 3339).
    pub server_time: String,
    /// Property, settings, staff, bookings.
    pub reference: Reference,
    /// All entities.
    pub rows: Vec<EntityRow>,
    /// Where the changes go on. Opaque to the desk.
    pub cursor: String,
    /// The sequence number the snapshot stands at.
    pub head_seq: u64,
    /// Where the service's record stood at that instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ServiceHead>,
}

/// `GET /v1/properties/{p}/changes?cursor=`: what changed since, in commit order, tombstones included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesPage {
    /// Which store answers.
    pub store_id: String,
    /// In which epoch.
    pub epoch: String,
    /// The service's clock (RFC 3339).
    pub server_time: String,
    /// The cursor this page starts at (the request's).
    pub from: String,
    /// The cursor to ask with next.
    pub next: String,
    /// Whether there is more behind `next`.
    pub more: bool,
    /// The sequence number of the newest change.
    pub head_seq: u64,
    /// Where the service's record stood at that instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<ServiceHead>,
    /// Entities that changed, each once, as they are now, by version.
    pub rows: Vec<EntityRow>,
    /// The reference document, when it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// `POST /v1/properties/{p}/housekeeping/tasks/{t}/{action}`: one action from a caller that keeps no chain.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SingleAction {
    /// Who does it.
    pub actor_id: String,
    /// What the action is given besides the task (assignee, reason, note ...).
    #[serde(default)]
    pub args: Value,
    /// The key, where the caller cannot set a header.
    #[serde(rename = "_idempotencyKey", default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// Its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SingleActionAnswer {
    /// The event the service made of it.
    pub event_id: EventId,
    /// Its sequence number.
    pub seq: u64,
    /// The row after.
    pub row: EntityRow,
}

/// `POST /v1/properties/{p}/front-office/reports`: how bookings and rooms stand in the hotel's own system.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Reports {
    /// The reports, in the order in which they were made.
    pub reports: Vec<ReportSent>,
}

/// How one booking or one room stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportSent {
    /// Which of the reports about the same booking or room this is. Grows with each; a time in milliseconds will do.
    pub version: u64,
    /// What is reported: `of` is `booking`, with `booking` and `state`, or `room`, with `room` and `sellability`.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub report: serde_json::Map<String, Value>,
}

/// What became of a batch of reports.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportsAnswer {
    /// One answer a report, in order.
    pub results: Vec<ReportResult>,
}

/// What became of one report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportResult {
    /// What it is about: `booking/<id>` or `room/<id>`. Absent where the report cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What became of it.
    pub outcome: ReportOutcome,
    /// What it changed, room by room; nothing where the hotel was so already.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<ReportDone>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What can become of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReportOutcome {
    /// It counts from now on.
    Taken,
    /// This version or a newer one had come before: it changes nothing.
    Known,
    /// It does not count, and the problem says why. It may be sent again.
    Refused,
}

/// What a report changed in one room.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReportDone {
    /// The room.
    pub entity: EntityRef,
    /// What happened there.
    pub action: String,
    /// The event the service made of it.
    pub event_id: EventId,
    /// Its sequence number.
    pub seq: u64,
}

/// One entry of the service's audit trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its place in the service's own chain, from 1.
    pub audit_seq: u64,
    /// Hash of the entry before it.
    pub prev_hash: String,
    /// SHA-256 of the entry's canonical bytes.
    pub hash: String,
    /// The desk whose event it speaks of.
    pub install_id: InstallId,
    /// The event's place in that desk's chain.
    pub local_seq: u64,
    /// The event.
    pub event_id: EventId,
    /// The hash of the event's bytes, as the desk made it.
    pub event_hash: String,
    /// Who did it.
    pub actor_id: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub entity: EntityRef,
    /// What became of it.
    pub outcome: Outcome,
    /// The sequence number its effect got.
    #[serde(default)]
    pub seq: Option<u64>,
    /// Its code, where it was not taken.
    #[serde(default)]
    pub code: Option<String>,
    /// When it was done, by the desk's clock.
    pub recorded_at: String,
    /// When the service took it.
    pub received_at: String,
    /// Whether it was recorded offline.
    pub originated_offline: bool,
}

impl AuditEntry {
    /// The hash that the entry should carry: SHA-256 (hex) of its RFC 8785 canonical JSON without the member `hash`.
    ///
    /// # Errors
    /// When the entry cannot be written as JSON.
    pub fn expected_hash(&self) -> Result<String, serde_json::Error> {
        let form = AuditForm {
            action: &self.action,
            actor_id: &self.actor_id,
            audit_seq: self.audit_seq,
            code: self.code.as_deref(),
            entity: &self.entity,
            event_hash: &self.event_hash,
            event_id: &self.event_id,
            install_id: &self.install_id,
            local_seq: self.local_seq,
            originated_offline: self.originated_offline,
            outcome: self.outcome,
            prev_hash: &self.prev_hash,
            received_at: &self.received_at,
            recorded_at: &self.recorded_at,
            seq: self.seq,
        };
        Ok(hex::encode(form.hash()?))
    }
}

/// All of an [`AuditEntry`] but its hash, as it is hashed: members in the order of RFC 8785, so that writing them is
/// canonical already.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "as in the entry")]
pub struct AuditForm<'a> {
    pub action: &'a str,
    pub actor_id: &'a str,
    pub audit_seq: u64,
    pub code: Option<&'a str>,
    #[serde(serialize_with = "id_before_kind")]
    pub entity: &'a EntityRef,
    pub event_hash: &'a str,
    pub event_id: &'a EventId,
    pub install_id: &'a InstallId,
    pub local_seq: u64,
    pub originated_offline: bool,
    pub outcome: Outcome,
    pub prev_hash: &'a str,
    pub received_at: &'a str,
    pub recorded_at: &'a str,
    pub seq: Option<u64>,
}

impl AuditForm<'_> {
    /// SHA-256 of the entry's canonical bytes.
    ///
    /// # Errors
    /// When the entry cannot be written as JSON.
    pub fn hash(&self) -> Result<[u8; 32], serde_json::Error> {
        Ok(Sha256::digest(serde_json::to_vec(self)?).into())
    }
}

fn id_before_kind<S: Serializer>(entity: &EntityRef, serializer: S) -> Result<S::Ok, S::Error> {
    let mut members = serializer.serialize_struct("entity", 2)?;
    members.serialize_field("id", &entity.id)?;
    members.serialize_field("kind", &entity.kind)?;
    members.end()
}

/// What became of an event at the service, once: an event that was in conflict and is settled has two of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoryOutcome {
    /// The entry of the service's audit trail that says so.
    pub audit_seq: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The sequence number its effect got.
    #[serde(default)]
    pub seq: Option<u64>,
    /// Its code, where it was not taken.
    #[serde(default)]
    pub code: Option<String>,
    /// When the service said so.
    pub received_at: String,
}

/// An event of one entity with all that became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoryEntry {
    /// What was done, as its desk recorded it.
    pub event: crate::Event,
    /// What became of it, in the order in which it did.
    pub outcomes: Vec<StoryOutcome>,
}

/// `GET /v1/properties/{p}/entities/{kind}/{id}/story?before=`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoryPage {
    /// The newest first, in the order in which they came to the service.
    pub entries: Vec<StoryEntry>,
    /// Ask with `before=` this for what came earlier; absent where there is nothing.
    #[serde(default)]
    pub before: Option<u64>,
}

/// A person proposed for a task that nobody is assigned to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProposedPerson {
    /// The room.
    pub entity: EntityRef,
    /// The task.
    pub task: String,
    /// Who is proposed.
    pub to: String,
    /// Why: `in_the_room`, `section` or `fewest_credits`. Others may follow.
    pub why: String,
    /// Credits that this person has left without it, the proposals before counted in.
    pub credits_left: u32,
    /// Its weight.
    pub credits: u16,
}

/// `GET /v1/properties/{p}/suggestions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suggestions {
    /// In the order of the board. Each counts for the next, so that all of them can be taken.
    pub suggestions: Vec<ProposedPerson>,
}

/// `GET /v1/properties/{p}/audit?after=&install=`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    /// Entries in chain order.
    pub entries: Vec<AuditEntry>,
    /// Ask with `after=` this for the next page; absent at the end.
    #[serde(default)]
    pub next: Option<u64>,
}
