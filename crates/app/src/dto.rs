//! What crosses to the screens. Types here are promised to TypeScript; nothing below this crate is.
//! Member names are camelCase on the other side. Times are RFC 3339 in UTC; the screens show them in the property's zone.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use turndown_domain::ladder::Standing;
use turndown_domain::{
    Action, Arrival, Cleanliness, Guest, InspectionPolicy, Occupancy, Priority, Role, RoomId, Sellability, ServiceFlag,
    StaffId, Stay, TaskId, TaskKind, TaskStatus,
};
use turndown_phrase::Phrase;

/// Declares a type that crosses to the screens.
macro_rules! dto {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
        #[serde(rename_all = "camelCase")]
        $item
    )* };
}

mod report;

pub use report::*;

dto! {
    /// The first message of a subscription, and every one after it: something changed; ask for what you show.
    pub struct Notice {
        /// The newest revision. Revisions only grow while the app runs.
        #[ts(type = "number")]
        pub revision: u64,
        /// Which sorts of thing changed.
        pub kinds: Vec<ChangeKind>,
    }

    /// A sort of thing that changed.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum ChangeKind {
        /// Rooms and tasks: ask `board` and `frontDesk`.
        Rooms,
        /// The outbox, the ledger, conflicts: ask `syncCenter` and open conflicts.
        Outbox,
        /// The link, the pill, the age of what is known: ask `appState`.
        Status,
        /// Hotel, people, session, first load, guide: ask `appState`.
        Session,
    }

    /// Why a command could not do what was asked.
    pub struct CommandError {
        /// Stable; screens and tests act on it.
        pub code: String,
        /// What is wrong, in one plain sentence.
        pub message: Phrase,
        /// What to do next, in one plain sentence.
        pub next_step: Phrase,
        /// Also stands in the log.
        pub reference: String,
    }

    /// Where the app stands before the board can be used.
    #[derive(Copy, Eq)]
    pub enum Phase {
        /// No hotel yet: offer the sample hotel or a connection.
        Setup,
        /// A hotel is known; its first load is running.
        Loading,
        /// The first load is there; nobody has said who is working.
        ChoosePerson,
        /// The one who is working has left the desk alone: it opens with their PIN, or somebody else's.
        Locked,
        /// The board is open.
        Ready,
        /// The database cannot be used; `trouble` says why and what next.
        Trouble,
    }

    /// The whole frame around the views.
    pub struct AppState {
        /// The revision this was read at.
        #[ts(type = "number")]
        pub revision: u64,
        /// Where the app stands.
        pub phase: Phase,
        /// The hotel, once known.
        pub hotel: Option<Hotel>,
        /// What people call this desk, and what other desks call it; empty while the database cannot be used.
        pub desk: String,
        /// Who is working.
        pub person: Option<Person>,
        /// Everybody who could be.
        pub staff: Vec<Person>,
        /// How people say who they are.
        pub sign_in: SignIn,
        /// The link and the queue.
        pub sync: SyncStatus,
        /// How old the desk's knowledge is.
        pub staleness: Staleness,
        /// The day that has come by the clock while the house stood still (ISO date): somebody is to say whether it begins.
        pub day_to_begin: Option<String>,
        /// The first load's progress, while it runs.
        pub loading: Option<Loading>,
        /// Why the database cannot be used, and what was saved.
        pub trouble: Option<CommandError>,
        /// Something a person should read once: what start-up found and did.
        pub notice: Option<StartNotice>,
        /// The sample hotel's guide; absent elsewhere.
        pub guide: Option<Guide>,
        /// The voice in which the downtime pack wants words: a page that speaks so says them. Absent where none are wanted.
        pub pack_wants: Option<Voice>,
        /// The build.
        pub version: String,
    }

    /// How people say who they are at this desk.
    #[derive(Eq, Default)]
    pub struct SignIn {
        /// By name and PIN; by name alone where not.
        pub by_pin: bool,
        /// After how many minutes without a touch the desk locks; absent where it does not.
        #[ts(type = "number | null")]
        pub lock_minutes: Option<u32>,
        /// The PIN of whoever is working was made by somebody else, and is to be changed.
        pub temporary: bool,
        /// What is recorded now waits for somebody with a pass, and why: the pass has run out, or the desk has lost it.
        pub lacks: Option<Phrase>,
        /// What the role of whoever is working does not include: names of actions. Taking something back is asked of what
        /// is taken back.
        pub may_not: Vec<String>,
        /// Nobody has touched the desk for so long that it locks within the next half minute.
        pub locks_soon: bool,
    }

    /// The hotel.
    pub struct Hotel {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// IANA time zone.
        pub time_zone: String,
        /// The service day (ISO date).
        pub service_day: String,
        /// Which rooms need an inspection.
        pub inspection: InspectionPolicy,
        /// Whether it is the sample hotel.
        pub sample: bool,
        /// The service's address.
        pub address: String,
    }

    /// A person of the house.
    pub struct Person {
        /// Their id.
        pub id: StaffId,
        /// Their name.
        pub name: String,
        /// Two letters for small places.
        pub initials: String,
        /// What they do.
        pub role: Role,
        /// The section they work today.
        pub section: Option<String>,
    }

    /// What start-up found and did, for a person to read and close.
    pub struct StartNotice {
        /// Stable.
        pub code: String,
        /// What happened.
        pub message: Phrase,
        /// What to do, or that nothing needs doing.
        pub next_step: Phrase,
    }

    /// The first load.
    pub struct Loading {
        /// What is happening, in words.
        pub step: Phrase,
        /// Rooms so far.
        pub done: u32,
        /// Rooms in all, once known.
        pub total: Option<u32>,
    }

    /// What the person told the link to do.
    #[derive(Copy, Eq)]
    pub enum LinkMode {
        /// Connected whenever the service answers.
        Auto,
        /// Told to work offline (a planned offline shift).
        WorkOffline,
        /// The sample hotel's plug is pulled.
        Unplugged,
    }

    /// What the service answers, not what the operating system believes.
    #[derive(Copy, Eq)]
    pub enum LinkState {
        /// Not asked yet.
        Starting,
        /// The service answers.
        Online,
        /// It does not; `reason` says why.
        Offline,
        /// It answers, but the desk must not or cannot send; `reason` says why.
        Stopped,
    }

    /// The pill and the head of the Sync Center.
    pub struct SyncStatus {
        /// What the person told the link.
        pub mode: LinkMode,
        /// Whether somebody paused the sending.
        pub paused: bool,
        /// Waiting actions of rooms that somebody put on hold.
        pub held_back: u32,
        /// Other desks' actions that are carried here and need a look.
        pub carried_attention: u32,
        /// What the service answers.
        pub state: LinkState,
        /// Why it is not online: code, sentence, next step.
        pub reason: Option<CommandError>,
        /// Why something does not move although the service answers.
        pub slow: Option<CommandError>,
        /// What a person should know of the service and that stops nothing.
        pub notice: Option<CommandError>,
        /// Since when it is offline or stopped.
        pub since: Option<String>,
        /// The sum.
        pub ledger: Ledger,
        /// Whether a flush is running.
        pub flushing: bool,
        /// Events sent and still to send in the running flush.
        pub flush_done: u32,
        /// Events the running flush began with, and those that came since.
        pub flush_total: u32,
        /// The last flush that ended.
        pub last_flush: Option<FlushSummary>,
        /// When the oldest waiting action was recorded.
        pub oldest_waiting: Option<String>,
        /// Above 100 waiting: the playbook should be read.
        pub backlog_warning: bool,
        /// Open conflicts.
        pub conflicts: u32,
        /// When the service next will be asked, in milliseconds from now, if a timer is armed.
        pub next_try_ms: Option<u32>,
    }

    /// recorded = acknowledged + waiting + needs attention + discarded. `recorded` counts the audit trail, the others
    /// count outbox rows and sealed counts, so the sum can fail; then `balanced` is false.
    #[derive(Copy, Eq, Default)]
    pub struct Ledger {
        /// Everything ever recorded here.
        #[ts(type = "number")]
        pub recorded: u64,
        /// The service has it.
        #[ts(type = "number")]
        pub acknowledged: u64,
        /// On its way.
        #[ts(type = "number")]
        pub waiting: u64,
        /// A person has to look.
        #[ts(type = "number")]
        pub attention: u64,
        /// Given up by a named person.
        #[ts(type = "number")]
        pub discarded: u64,
        /// Whether the sum is right.
        pub balanced: bool,
    }

    /// A flush that ended.
    pub struct FlushSummary {
        /// When it began.
        pub started_at: String,
        /// When it ended.
        pub ended_at: String,
        /// Events taken.
        pub ok_count: u32,
        /// Events that need a look or failed.
        pub error_count: u32,
        /// Of those, conflicts.
        pub conflict_count: u32,
        /// `OUTBOX_PARTIAL_FAILURE`, `STATUS_CONFLICT_ON_FLUSH`, or absent.
        pub code: Option<String>,
    }

    /// How old the desk's knowledge is.
    pub struct Staleness {
        /// When the desk last knew itself at the service's head.
        pub known_at: Option<String>,
        /// Seconds since; absent where nothing is known yet, or where a clock that was set back makes it unknown.
        #[ts(type = "number | null")]
        pub age_s: Option<u64>,
        /// Above this the board is blocked.
        #[ts(type = "number")]
        pub limit_s: u64,
        /// A warning is due (80 % of the limit).
        pub warn: bool,
        /// The clock stands before the time at which the desk knew it.
        pub clock_set_back: bool,
        /// The board is blocked with `OFFLINE_PRIMER_STALE`.
        pub blocked: bool,
        /// A manager went on with old data.
        pub emergency: Option<Emergency>,
        /// A manager can go on, or go on for longer.
        pub may_go_on: bool,
        /// For how long one decision holds.
        #[ts(type = "number")]
        pub emergency_s: u64,
    }

    /// A manager's decision to go on with old data, while it holds.
    pub struct Emergency {
        /// Who decided it; empty while the desk is locked.
        pub name: String,
        /// Why; empty while the desk is locked.
        pub reason: String,
        /// Until when it holds.
        pub until: String,
    }

    /// The six steps of the sample hotel's guide.
    pub struct Guide {
        /// In order.
        pub steps: Vec<GuideStep>,
        /// Put away by the person.
        pub dismissed: bool,
    }

    /// One step; it ticks itself off.
    pub struct GuideStep {
        /// Stable: `start`, `unplug`, `work`, `elsewhere`, `plug`, `decide`.
        pub id: String,
        /// Whether it was done.
        pub done: bool,
    }

    /// Where an entity's newest edit of this desk stands.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum LocalState {
        /// Nothing of this desk is outstanding.
        Server,
        /// Saved here, not sent yet.
        Waiting,
        /// On its way.
        Sending,
        /// A person has to look: failed.
        Failed,
        /// A person has to look: conflict.
        Conflict,
    }

    /// A board column.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum Column {
        /// Ready to be worked.
        Dirty,
        /// In progress, or paused.
        InProgress,
        /// Completed.
        Clean,
        /// Inspected.
        Inspected,
    }

    /// Why a room cannot be worked now.
    #[derive(Copy, Eq)]
    pub enum CannotWork {
        /// Do not disturb.
        DoNotDisturb,
        /// Out of order.
        OutOfOrder,
        /// The guest sent the attendant away.
        Refused,
        /// No service due.
        NoService,
        /// Locked from inside.
        DoubleLock,
    }

    /// One task on the board.
    pub struct Tile {
        /// The task.
        pub task_id: TaskId,
        /// Its room.
        pub room_id: RoomId,
        /// The number on the door.
        pub number: String,
        /// The floor.
        pub floor: String,
        /// The section.
        pub section: String,
        /// The room type.
        pub room_type: String,
        /// What sort of work.
        pub kind: TaskKind,
        /// Where it stands.
        pub status: TaskStatus,
        /// Which column it belongs to.
        pub column: Column,
        /// Who does it.
        pub assignee: Option<StaffId>,
        /// Its weight.
        pub credits: u16,
        /// How soon.
        pub priority: Priority,
        /// Asked for now.
        pub rush: bool,
        /// When it was last started or resumed.
        pub started_at: Option<String>,
        /// When it was completed.
        pub completed_at: Option<String>,
        /// How often it came back.
        pub rework: u16,
        /// Why it last came back.
        pub rework_reason: Option<String>,
        /// What the attendant should know.
        pub note: Option<String>,
        /// What the room needs.
        pub cleanliness: Cleanliness,
        /// Front-office occupancy.
        pub occupancy: Occupancy,
        /// Arrival, stayover ...
        pub stay: Stay,
        /// Who has the room.
        pub guest: Option<Guest>,
        /// Who comes today.
        pub arrival: Option<Arrival>,
        /// Flags that are set.
        pub flags: Vec<ServiceFlag>,
        /// Do not disturb since.
        pub dnd_since: Option<String>,
        /// In service, out of service, out of order.
        pub sellability: Sellability,
        /// Why it cannot be worked now, if it cannot.
        pub cannot_work: Option<CannotWork>,
        /// Where this desk's newest edit stands.
        pub local_state: LocalState,
        /// Somebody's edit of this room is in conflict (this desk's or another's).
        pub contested: bool,
        /// Nothing of this room is sent until somebody lets it go.
        pub on_hold: bool,
        /// The guest who waits at the front desk for this room.
        pub waiting: Option<WaitingShown>,
        /// Where it stands in its column, and why.
        pub standing: Standing,
        /// Where it stands while a guest waits for some room of its type.
        pub if_type_waited: Option<Standing>,
        /// Where it stands once its guest is due within the hour.
        pub if_soon: Option<Soon>,
    }

    /// A standing that holds from a time on.
    pub struct Soon {
        /// From when.
        pub from: String,
        /// Where it stands then.
        pub standing: Standing,
    }

    /// A guest who waits at the front desk for a room.
    pub struct WaitingShown {
        /// Since when.
        pub since: String,
        /// The time that they were told (`HH:MM`, local).
        pub promised: Option<String>,
    }

    /// What changed on the board since the revision that the view holds.
    pub struct BoardDelta {
        /// The revision this brings the view to.
        #[ts(type = "number")]
        pub revision: u64,
        /// True when this is everything: forget what you hold.
        pub full: bool,
        /// Rooms that changed: forget all tiles of these rooms, then take `tiles`.
        pub rooms: Vec<RoomId>,
        /// The tiles of those rooms (of all rooms when `full`). Cancelled tasks are left out.
        pub tiles: Vec<Tile>,
    }

    /// Whom the service proposes for what nobody is assigned to. Empty while it is away.
    #[derive(Default)]
    pub struct Suggestions {
        /// In the order of the board.
        pub list: Vec<SuggestedPerson>,
        /// Why there are none although the service answers otherwise: people assign by themselves.
        pub problem: Option<CommandError>,
    }

    /// A person proposed for a task.
    pub struct SuggestedPerson {
        /// The room.
        pub room_id: RoomId,
        /// Its number.
        pub number: String,
        /// The task.
        pub task_id: TaskId,
        /// What sort of work.
        pub kind: TaskKind,
        /// Who is proposed.
        pub to: StaffId,
        /// Their name.
        pub name: String,
        /// Why: `in_the_room`, `section`, `fewest_credits`, or a word that this build does not know.
        pub why: String,
        /// Credits that they have left without it.
        pub credits_left: u32,
        /// Its weight.
        pub credits: u16,
    }

    /// Whether a room can be given out.
    pub struct SafeToGive {
        /// The answer.
        pub safe: bool,
        /// Why not, each with a stable code: `dirty`, `not_inspected`, `occupied`, `claimed`, `not_assignable`,
        /// `conflict`, `contested`, `check_open`, `discrepancy`, `work_in_progress`, `unsent_failure`, `unreadable`, `stale`.
        pub reasons: Vec<String>,
    }

    /// One room at the front desk.
    pub struct RackRoom {
        /// The room.
        pub room_id: RoomId,
        /// The number on the door.
        pub number: String,
        /// The floor.
        pub floor: String,
        /// The section.
        pub section: String,
        /// The room type.
        pub room_type: String,
        /// Dirty, pickup, clean, inspected.
        pub cleanliness: Cleanliness,
        /// Front-office occupancy.
        pub occupancy: Occupancy,
        /// As housekeeping saw it.
        pub hk_occupancy: Option<Occupancy>,
        /// The PMS and housekeeping disagree.
        pub discrepancy: bool,
        /// Arrival, stayover ...
        pub stay: Stay,
        /// Who has the room.
        pub guest: Option<Guest>,
        /// Who comes today.
        pub arrival: Option<Arrival>,
        /// Flags that are set.
        pub flags: Vec<ServiceFlag>,
        /// In service, out of service, out of order.
        pub sellability: Sellability,
        /// Who means to give it out.
        pub claim: Option<ClaimShown>,
        /// The guest who waits for it.
        pub waiting: Option<WaitingShown>,
        /// What people should know.
        pub note: Option<String>,
        /// The open or newest task's kind, status, and who does it.
        pub task: Option<RackTask>,
        /// Whether it can be given out, and why not.
        pub safe: SafeToGive,
        /// Where this desk's newest edit stands.
        pub local_state: LocalState,
        /// Somebody's edit of this room is in conflict.
        pub contested: bool,
    }

    /// A claim on a room.
    pub struct ClaimShown {
        /// Who claims it, by name.
        pub by: String,
        /// Since when.
        pub at: String,
        /// For whom.
        pub guest: Option<String>,
    }

    /// What is being done for a room.
    pub struct RackTask {
        /// The task.
        pub task_id: TaskId,
        /// What sort of work.
        pub kind: TaskKind,
        /// Where it stands.
        pub status: TaskStatus,
        /// Who does it, by name.
        pub assignee: Option<String>,
        /// How soon.
        pub priority: Priority,
        /// Asked for now.
        pub rush: bool,
        /// When it was last started.
        pub started_at: Option<String>,
    }

    /// What changed at the front desk since the revision that the view holds.
    pub struct FrontDeskDelta {
        /// The revision this brings the view to.
        #[ts(type = "number")]
        pub revision: u64,
        /// True when this is everything.
        pub full: bool,
        /// Rooms that changed (all when `full`).
        pub rooms: Vec<RackRoom>,
        /// Rooms that are gone.
        pub removed: Vec<RoomId>,
    }

    /// What a line of the radio entry means.
    pub struct RadioEcho {
        /// Room by room, in the order in which it is recorded.
        pub rooms: Vec<RadioRoom>,
        /// What was not understood; then there are no rooms.
        pub problem: Option<RadioProblem>,
        /// How the last word could go on.
        pub completions: Vec<String>,
    }

    /// What a line of the radio entry means for one room.
    pub struct RadioRoom {
        /// The room.
        pub room_id: RoomId,
        /// Its number.
        pub number: String,
        /// What is recorded, in order. Empty where it is all so already, or where a problem stands first.
        pub actions: Vec<Action>,
        /// The same in words.
        pub says: Vec<Phrase>,
        /// Why it, or the rest of it, cannot be recorded.
        pub problem: Option<RadioProblem>,
    }

    /// What was not understood, or may not be done.
    pub struct RadioProblem {
        /// Stable.
        pub code: String,
        /// What is wrong and what to type instead, in one or two plain sentences.
        pub message: Phrase,
    }

    /// What a person did, for the desk to record.
    pub struct ActRequest {
        /// Made by the screen when the person acted, so that a repeated call records once (a ULID).
        pub intent_id: String,
        /// The room.
        pub room_id: RoomId,
        /// What was done.
        pub action: Action,
        /// The revision of the board that the window shows: what changed on it since comes with the answer. None where it
        /// shows no board.
        #[ts(type = "number | null")]
        pub since: Option<u64>,
    }

    /// It is on disk, and this is how the board shows it: asking for that by itself would come a round trip later.
    pub struct Recorded {
        /// The event.
        pub event_id: String,
        /// The revision in which it shows.
        #[ts(type = "number")]
        pub revision: u64,
        /// What changed on the board, where that was asked for and could be read.
        pub board: Option<BoardDelta>,
    }

    /// It is on disk.
    pub struct Acted {
        /// The event.
        pub event_id: String,
        /// The revision in which it shows.
        #[ts(type = "number")]
        pub revision: u64,
    }

    /// An outbox row's state as shown.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum OutboxState {
        /// Waits to be sent.
        Pending,
        /// On its way.
        Syncing,
        /// The service has it.
        Synced,
        /// Refused, or given up after tries.
        Failed,
        /// Somebody else changed the same thing.
        Conflict,
        /// Waits for an earlier one of the same room.
        Held,
        /// Settled by a later one.
        Settled,
        /// Given up by a named person.
        Discarded,
    }

    /// Which rows the Sync Center shows.
    #[derive(Copy, Eq)]
    pub enum OutboxFilter {
        /// All.
        All,
        /// On their way.
        Waiting,
        /// A person has to look.
        Attention,
        /// The service has them.
        Acknowledged,
        /// Given up.
        Discarded,
    }

    /// What undoing means for a row of the Sync Center.
    #[derive(Copy, Eq)]
    pub enum RowUndo {
        /// A decision: what it set aside comes back.
        BringBack,
        /// What was given up is done once more.
        DoAgain,
    }

    /// A day that began, of which one line tells for all rooms in which it came to the same.
    #[derive(Eq)]
    pub struct DayBegan {
        /// Names the line, to open it by.
        pub id: String,
        /// The day (ISO date).
        pub day: String,
        /// In how many rooms.
        #[ts(type = "number")]
        pub rooms: u64,
        /// Whether the rooms follow one by one.
        pub open: bool,
    }

    /// One outbox row.
    pub struct OutboxRow {
        /// The event.
        pub event_id: String,
        /// Its place in this desk's record.
        #[ts(type = "number")]
        pub local_seq: u64,
        /// Where it stands.
        pub state: OutboxState,
        /// Kind of entity (`room`, `place`, `desk`).
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The room's number, or what else names it; empty for this desk itself.
        pub title: String,
        /// The action's stable name.
        pub action: String,
        /// What was done, in plain words ("Completed the departure clean").
        pub summary: Phrase,
        /// Who did it.
        pub actor: Phrase,
        /// When.
        pub recorded_at: String,
        /// Whether it was done offline.
        pub offline: bool,
        /// How often it was tried.
        pub attempts: u32,
        /// The last answer's code.
        pub code: Option<String>,
        /// The last answer in words, or why it is not sent.
        pub why: Option<Phrase>,
        /// What to do next, if anything.
        pub next_step: Option<Phrase>,
        /// The event it waits for, in words.
        pub waits_for: Option<Phrase>,
        /// Whether retrying it can help.
        pub can_retry: bool,
        /// What undoing means here, where it can be undone from the Sync Center.
        pub undo: Option<RowUndo>,
        /// When the service took it.
        pub acknowledged_at: Option<String>,
        /// Its sequence number there.
        #[ts(type = "number | null")]
        pub seq: Option<u64>,
        /// The day that the line tells of, where it is not about this room alone.
        pub began: Option<DayBegan>,
    }

    /// What became of something, once.
    pub struct StoryStep {
        /// What, in words.
        pub what: Phrase,
        /// When, by the clock of whoever says so; absent for what is so now.
        pub at: Option<String>,
    }

    /// One thing that was done to a room.
    pub struct StoryLine {
        /// The event.
        pub event_id: String,
        /// What was done, in words.
        pub what: Phrase,
        /// Who did it.
        pub actor: Phrase,
        /// Where, in words ("this desk", another desk's name, "the service").
        pub desk: Phrase,
        /// When, by that desk's clock.
        pub done_at: String,
        /// Whether it was done offline.
        pub offline: bool,
        /// The tasks that it is about.
        pub tasks: Vec<String>,
        /// What became of it, oldest first.
        pub steps: Vec<StoryStep>,
        /// Whether a person still has to look.
        pub attention: bool,
        /// Whether it has not reached the service.
        pub waiting: bool,
        /// Whether it has no effect: it was given up, or the service did not take it.
        pub came_to_nothing: bool,
    }

    /// A task of a story, to look at alone.
    pub struct StoryTask {
        /// Its id.
        pub id: String,
        /// What sort of work, in words.
        pub name: Phrase,
    }

    /// What happened to one room.
    pub struct Story {
        /// The room's number.
        pub title: String,
        /// The newest first, in the order in which the service took them; what it does not have yet before that.
        pub lines: Vec<StoryLine>,
        /// The tasks that it speaks of.
        pub tasks: Vec<StoryTask>,
        /// Why what others did is missing; absent where it is not.
        pub alone: Option<CommandError>,
        /// Who holds the room back, if somebody does.
        pub on_hold: Option<RoomOnHold>,
    }

    /// A page of the Sync Center.
    pub struct SyncCenter {
        /// The revision this was read at.
        #[ts(type = "number")]
        pub revision: u64,
        /// The head.
        pub status: SyncStatus,
        /// Lines in the order: needs attention first, the worst of it before the rest, then as they will be sent, then
        /// newest acknowledged first.
        pub rows: Vec<OutboxRow>,
        /// Lines in all under this filter.
        pub total: u32,
        /// Conflicts that are open.
        pub conflicts: Vec<ConflictHead>,
        /// What was merged by itself lately, for a person to see.
        pub merged: Vec<MergedNote>,
        /// Other desks' work that is sent from here.
        pub carried: Vec<CarriedDesk>,
        /// Rooms of which nothing is sent until somebody lets them go.
        pub on_hold: Vec<RoomOnHold>,
    }

    /// A room that somebody put on hold.
    pub struct RoomOnHold {
        /// The room.
        pub room_id: RoomId,
        /// Its number.
        pub title: String,
        /// Who.
        pub by: String,
        /// Why.
        pub reason: String,
        /// Since when.
        pub since: String,
        /// Its actions that wait.
        pub waiting: u32,
    }

    /// An open conflict in a list.
    pub struct ConflictHead {
        /// Kind of entity.
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The room's number.
        pub title: String,
        /// In one sentence.
        pub summary: Phrase,
        /// Since when.
        pub since: String,
        /// Fields that touch.
        pub fields: u32,
        /// The room was given to two guests: nothing comes before this.
        pub given_twice: bool,
    }

    /// Something that was merged by itself.
    pub struct MergedNote {
        /// The room's number.
        pub title: String,
        /// What was merged, in words.
        pub summary: Phrase,
        /// When.
        pub at: String,
    }

    /// One side's author and time of a value.
    pub struct Authorship {
        /// Who.
        pub actor: Phrase,
        /// From where, in words ("this desk", or another desk's name).
        pub desk: Phrase,
        /// When it was done.
        pub done_at: String,
        /// When the service took it; absent for what it has not.
        pub received_at: Option<String>,
    }

    /// One field of a conflict.
    pub struct ConflictField {
        /// The path; names the choice.
        pub path: String,
        /// The field in hotel words ("Task status", "Assigned to").
        pub label: Phrase,
        /// What this desk last had from the service, in words.
        pub before: Phrase,
        /// This desk's value, in words.
        pub mine: Phrase,
        /// The service's value, in words.
        pub theirs: Phrase,
        /// Whose mine is.
        pub mine_by: Option<Authorship>,
        /// Whose theirs is.
        pub theirs_by: Option<Authorship>,
        /// What follows from keeping mine, in hotel words; nothing where the value says it all.
        pub if_mine: Option<Phrase>,
        /// What follows from taking theirs.
        pub if_theirs: Option<Phrase>,
        /// Whether a person may write a text of their own.
        pub editable: bool,
        /// The choice made earlier, where the other side moved again meanwhile.
        pub chosen: Option<Side>,
        /// The text written then.
        pub edited: Option<String>,
        /// True when theirs changed since that choice: it asks again.
        pub changed_again: bool,
        /// What may be right, for whoever wants to know. It never decides.
        pub suggestion: Option<Suggestion>,
    }

    /// Whose value may be right, and why.
    pub struct Suggestion {
        /// Whose.
        pub side: Side,
        /// Why, in one sentence.
        pub reason: Phrase,
    }

    /// What stands in a field.
    #[derive(Copy, Eq)]
    pub enum Side {
        /// This desk's value.
        Mine,
        /// The service's value.
        Theirs,
        /// What a person wrote in their place.
        Edited,
    }

    /// What happened, where it has words of its own.
    #[derive(Copy, Eq)]
    pub enum Situation {
        /// Both sides gave the room to a guest.
        GivenTwice,
        /// The service was restored and has something else now.
        Restored,
        /// What was done here belongs to a guest who left, or to a day that passed.
        PreviousTurn,
        /// The room is gone.
        Removed,
        /// Cancelled elsewhere, worked on here.
        CancelledElsewhere,
        /// Cancelled here, worked on elsewhere.
        CancelledHere,
        /// Inspected elsewhere after what was done here.
        InspectedElsewhere,
        /// Put out of order elsewhere, worked in here.
        OutOfOrder,
        /// Given to somebody else elsewhere, worked on here.
        Reassigned,
        /// Anything else.
        Fields,
    }

    /// A conflict, field by field.
    pub struct ConflictView {
        /// Kind of entity.
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The room's number.
        pub title: String,
        /// What happened.
        pub situation: Situation,
        /// The same in one or two sentences.
        pub summary: Phrase,
        /// The version of theirs that is shown; a resolution names it.
        #[ts(type = "number")]
        pub version: u64,
        /// Fields that touch: each wants a choice.
        pub fields: Vec<ConflictField>,
        /// Fields of this desk that merge by themselves, unless somebody chooses the other side.
        pub merged: Vec<ConflictField>,
        /// The events that the resolution settles.
        pub settles: Vec<String>,
        /// What was done here, in words, oldest first.
        pub my_actions: Vec<Phrase>,
        /// Whether somebody can be sent to look.
        pub can_look: bool,
    }

    /// One choice.
    pub struct FieldChoice {
        /// The field.
        pub path: String,
        /// Whose value.
        pub side: Side,
        /// What was written, where that is the choice.
        pub text: Option<String>,
    }

    /// Nobody here can know: somebody is sent to look.
    pub struct LookRequest {
        /// Made by the screen when the person decided (a ULID).
        pub intent_id: String,
        /// Kind of entity.
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The version of theirs that was on screen.
        #[ts(type = "number")]
        pub version: u64,
        /// The events that were on screen.
        pub settles: Vec<String>,
    }

    /// What a person decided.
    pub struct ResolveRequest {
        /// Made by the screen when the person decided (a ULID).
        pub intent_id: String,
        /// Kind of entity.
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The version of theirs that was on screen.
        #[ts(type = "number")]
        pub version: u64,
        /// The events that were on screen.
        pub settles: Vec<String>,
        /// One choice for every field that touches.
        pub choices: Vec<FieldChoice>,
    }

    /// A hotel found at an address, before connecting to it.
    pub struct FoundHotel {
        /// Its name.
        pub name: String,
        /// The address as understood.
        pub address: String,
    }

    /// Another desk's work that was brought here in a file and is sent from here. It counts at its own desk.
    pub struct CarriedDesk {
        /// The other desk's installation.
        pub maker: String,
        /// What people call it.
        pub desk: String,
        /// Who wrote the newest file; empty where nobody had said who is working.
        pub exported_by: String,
        /// When, by that desk's clock.
        pub exported_at: String,
        /// Who brought it here.
        pub carried_by: String,
        /// When.
        pub carried_at: String,
        /// Actions brought.
        #[ts(type = "number")]
        pub total: u64,
        /// The service has them.
        #[ts(type = "number")]
        pub arrived: u64,
        /// On their way.
        #[ts(type = "number")]
        pub waiting: u64,
        /// Somebody has to look.
        #[ts(type = "number")]
        pub attention: u64,
        /// The first of those that the service does not have, what needs a look before the others.
        pub rows: Vec<OutboxRow>,
    }

    /// A file of what waits was written.
    pub struct Exported {
        /// Where it is.
        pub path: String,
        /// Actions in it.
        #[ts(type = "number")]
        pub events: u64,
    }

    /// What can be printed when this computer, or its network, is gone.
    pub struct DowntimePack {
        /// The folder that it is in.
        pub folder: String,
        /// As of when it is; absent while there is none yet.
        pub written_at: Option<String>,
        /// Why it could not be written last.
        pub problem: Option<Phrase>,
    }

    /// How a window speaks: all that the words of a sentence depend on.
    #[derive(Eq)]
    pub struct Voice {
        /// The language, as it stands in a page.
        pub lang: String,
        /// Where its lines begin.
        pub dir: Direction,
        /// The digits.
        pub digits: String,
        /// The calendar.
        pub calendar: String,
    }

    /// Where lines begin.
    #[derive(Copy, Eq)]
    pub enum Direction {
        /// On the left.
        Ltr,
        /// On the right.
        Rtl,
    }

    /// A sentence, and how a window says it.
    pub struct SaidPhrase {
        /// The sentence.
        pub phrase: Phrase,
        /// Its words.
        pub words: String,
    }

    /// Where files are written to and found.
    pub struct CarryPlaces {
        /// The desk's own folder for exports.
        pub own_folder: String,
        /// Drives that are plugged in.
        pub places: Vec<CarryPlace>,
        /// Files that can be imported, or why not.
        pub files: Vec<CarryFound>,
    }

    /// A drive that is plugged in.
    pub struct CarryPlace {
        /// Its folder; names it in `exportWaiting`.
        pub path: String,
        /// What it is called.
        pub name: String,
    }

    /// A file that was found.
    pub struct CarryFound {
        /// Where it is; names it in `importWaiting`.
        pub path: String,
        /// Its name.
        pub file: String,
        /// The drive or folder that it is in.
        pub place: String,
        /// Which desk wrote it; empty where it does not say.
        pub desk: String,
        /// Who.
        pub by: String,
        /// When, by that desk's clock.
        pub at: String,
        /// Actions in it.
        #[ts(type = "number")]
        pub events: u64,
        /// Why it cannot be imported here, as far as its first line tells.
        pub problem: Option<Phrase>,
    }

    /// Every failed action was tried again.
    pub struct Retried {
        /// Recorded once more.
        pub tried: u32,
        /// Not yet possible: each stays where it is.
        pub refused: u32,
    }

    /// A file was imported.
    pub struct Brought {
        /// The desk whose work it is.
        pub desk: String,
        /// Actions in the file.
        #[ts(type = "number")]
        pub events: u64,
        /// Of those, new here: they are sent from now on.
        #[ts(type = "number")]
        pub brought: u64,
        /// Of those, recorded at this very desk, which sends them itself.
        #[ts(type = "number")]
        pub own: u64,
    }
}
