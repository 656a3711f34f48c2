// This file is generated from the Rust types by ts-rs. Do not edit it.

/**
 * A room's id within its property: its number in most hotels.
 */
export type RoomId = string;

/**
 * A task's id: derived from property, room, kind and day for the day's own tasks, random for added ones.
 */
export type TaskId = string;

/**
 * A staff member's id.
 */
export type StaffId = string;

/**
 * What the room needs before a guest may have it. Owned by housekeeping.
 */
export type Cleanliness = "dirty" | "pickup" | "clean" | "inspected";

/**
 * Whether somebody has the room.
 */
export type Occupancy = "vacant" | "occupied";

/**
 * Where the room stands in its guests' stays today.
 */
export type Stay = "not_reserved" | "arrival" | "arrived" | "stayover" | "due_out" | "departed" | "turnover" | "day_use";

/**
 * Whether the house may sell the room at all.
 */
export type SellabilityKind = "in_service" | "out_of_service" | "out_of_order";

/**
 * In service, out of service or out of order. Vendors mean different things by the words, so each says what it does.
 */
export type Sellability = { 
/**
 * Which of the three.
 */
kind: SellabilityKind, 
/**
 * Whether the room leaves the inventory.
 */
deducts_inventory: boolean, 
/**
 * Whether a guest may be given it all the same.
 */
assignable: boolean, 
/**
 * Why.
 */
reason?: string, };

/**
 * The guest in the room.
 */
export type Guest = { 
/**
 * The booking.
 */
booking_id: string, 
/**
 * How many people.
 */
persons: number, 
/**
 * A guest the house takes special care of.
 */
vip: boolean, 
/**
 * The day they leave (ISO date).
 */
departs_on: string, 
/**
 * When they mean to leave on that day (`HH:MM`, local).
 */
departs_at?: string, };

/**
 * The guest who comes today.
 */
export type Arrival = { 
/**
 * The booking.
 */
booking_id: string, 
/**
 * How many people.
 */
persons: number, 
/**
 * A guest the house takes special care of.
 */
vip: boolean, 
/**
 * When they mean to come (`HH:MM`, local).
 */
eta?: string, 
/**
 * How many nights; 0 for day use.
 */
nights: number, };

/**
 * What sort of work.
 */
export type TaskKind = "departure" | "stayover" | "turnover" | "linen" | "pickup" | "turndown" | "check" | "inspection" | "deep_clean";

/**
 * Where a task stands: `ready → in_progress ⇄ paused → completed → inspected`; `cancelled` ends it.
 */
export type TaskStatus = "ready" | "in_progress" | "paused" | "completed" | "inspected" | "cancelled";

/**
 * How soon.
 */
export type Priority = "low" | "normal" | "high" | "urgent";

/**
 * What an inspector found.
 */
export type InspectionResult = "pass" | "fail" | "skip";

/**
 * Which rooms an inspector must pass before they may be given out.
 */
export type InspectionPolicy = "none" | "departures" | "all";

/**
 * What a person does in the house.
 */
export type Role = "lead" | "inspector" | "front_desk" | "manager" | "auditor" | "attendant";

/**
 * A service flag of a room.
 */
export type ServiceFlag = "do_not_disturb" | "make_up_room" | "no_service" | "refused" | "double_lock";

/**
 * What an inspector says.
 */
export type Verdict = { 
/**
 * Pass, fail or skip.
 */
result: InspectionResult, 
/**
 * Why; needed for fail and skip.
 */
reason?: string, };

/**
 * One thing a person does to a room and its tasks.
 */
export type Action = { "action": "start", "args": { 
/**
 * On which task.
 */
task: TaskId, } } | { "action": "pause", "args": { 
/**
 * On which task.
 */
task: TaskId, } } | { "action": "resume", "args": { 
/**
 * On which task.
 */
task: TaskId, } } | { "action": "complete", "args": { 
/**
 * Which task.
 */
task: TaskId, } } | { "action": "reassign", "args": { 
/**
 * Which task.
 */
task: TaskId, 
/**
 * Who; absent for nobody.
 */
to?: StaffId, } } | { "action": "inspect", "args": { 
/**
 * At which task's work.
 */
task: TaskId, 
/**
 * What was found.
 */
verdict: Verdict, } } | { "action": "add_task", "args": { 
/**
 * The new task's id, made by the desk.
 */
task: TaskId, 
/**
 * What sort of work.
 */
kind: TaskKind, 
/**
 * Its weight.
 */
credits: number, 
/**
 * How soon.
 */
priority: Priority, 
/**
 * Who does it.
 */
assignee?: StaffId, 
/**
 * What the attendant should know.
 */
note?: string, } } | { "action": "cancel_task", "args": { 
/**
 * Which task.
 */
task: TaskId, 
/**
 * Why.
 */
reason: string, } } | { "action": "set_priority", "args": { 
/**
 * Which task.
 */
task: TaskId, 
/**
 * How soon.
 */
priority: Priority, 
/**
 * The front desk or the lead asks for it now.
 */
rush: boolean, } } | { "action": "set_room_status", "args": { 
/**
 * What it is.
 */
cleanliness: Cleanliness, } } | { "action": "see_occupancy", "args": { 
/**
 * What they saw.
 */
occupancy: Occupancy, } } | { "action": "set_flag", "args": { 
/**
 * Which flag.
 */
flag: ServiceFlag, 
/**
 * Set or cleared.
 */
on: boolean, } } | { "action": "note", "args": { 
/**
 * The whole note.
 */
text?: string, } } | { "action": "set_sellability", "args": { 
/**
 * What it is now.
 */
sellability: Sellability, } } | { "action": "departed", "args": Record<symbol, never> } | { "action": "arrived", "args": Record<symbol, never> } | { "action": "claim", "args": { 
/**
 * For whom, as the front desk calls them.
 */
guest?: string, } } | { "action": "release", "args": Record<symbol, never> } | { "action": "queue_guest", "args": { 
/**
 * The time that the guest was told (`HH:MM`, local).
 */
promised?: string, } } | { "action": "leave_queue", "args": Record<symbol, never> } | { "action": "begin_day", "args": { 
/**
 * Which room: the day's tasks have their ids from it.
 */
room: RoomId, 
/**
 * Which day (ISO date).
 */
day: string, 
/**
 * Who does what the day brings, where somebody was found for it.
 */
who?: { [key in TaskKind]?: StaffId }, 
/**
 * The round of thorough cleans comes by.
 */
deep_clean?: boolean, } } | { "action": "undo", "args": { 
/**
 * The event's id.
 */
event: string, } };

/**
 * Why a task stands where it stands, the most pressing first.
 */
export type Rung = "vip_waits" | "guest_waits" | "type_waited_for" | "rush" | "urgent" | "vip_soon" | "arrival_soon" | "vip_arrival" | "arrival" | "vacant_high" | "vacant" | "stayover_first" | "stayover" | "due_out_high" | "due_out" | "cannot_work";

/**
 * Where a task stands in its column.
 */
export type Standing = { 
/**
 * Smaller stands first. Room order breaks ties.
 */
rank: number, 
/**
 * Why.
 */
rung: Rung, };

/**
 * A sentence, or a part of one. It is one pointer long, because errors carry it.
 */
export type Phrase = { 
/**
 * The English sentence in ICU message syntax. Screens translate by it.
 */
template: string, 
/**
 * What is put into it.
 */
args: { [key in string]: Arg }, 
/**
 * What somebody else said of the same in English, where that is known more exactly.
 */
said: string | null, };

/**
 * Something that is put into a sentence.
 */
export type Arg = { "text": string } | { "number": number } | { "time": string } | { "day": string } | { "clock": string } | { "phrase": Phrase };

/**
 * The first message of a subscription, and every one after it: something changed; ask for what you show.
 */
export type Notice = { 
/**
 * The newest revision. Revisions only grow while the app runs.
 */
revision: number, 
/**
 * Which sorts of thing changed.
 */
kinds: Array<ChangeKind>, };

/**
 * A sort of thing that changed.
 */
export type ChangeKind = "rooms" | "outbox" | "status" | "session";

/**
 * Why a command could not do what was asked.
 */
export type CommandError = { 
/**
 * Stable; screens and tests act on it.
 */
code: string, 
/**
 * What is wrong, in one plain sentence.
 */
message: Phrase, 
/**
 * What to do next, in one plain sentence.
 */
nextStep: Phrase, 
/**
 * Also stands in the log.
 */
reference: string, };

/**
 * Where the app stands before the board can be used.
 */
export type Phase = "setup" | "loading" | "choosePerson" | "locked" | "ready" | "trouble";

/**
 * The whole frame around the views.
 */
export type AppState = { 
/**
 * The revision this was read at.
 */
revision: number, 
/**
 * Where the app stands.
 */
phase: Phase, 
/**
 * The hotel, once known.
 */
hotel: Hotel | null, 
/**
 * What people call this desk, and what other desks call it; empty while the database cannot be used.
 */
desk: string, 
/**
 * Who is working.
 */
person: Person | null, 
/**
 * Everybody who could be.
 */
staff: Array<Person>, 
/**
 * How people say who they are.
 */
signIn: SignIn, 
/**
 * The link and the queue.
 */
sync: SyncStatus, 
/**
 * How old the desk's knowledge is.
 */
staleness: Staleness, 
/**
 * The day that has come by the clock while the house stood still (ISO date): somebody is to say whether it begins.
 */
dayToBegin: string | null, 
/**
 * The first load's progress, while it runs.
 */
loading: Loading | null, 
/**
 * Why the database cannot be used, and what was saved.
 */
trouble: CommandError | null, 
/**
 * Something a person should read once: what start-up found and did.
 */
notice: StartNotice | null, 
/**
 * The sample hotel's guide; absent elsewhere.
 */
guide: Guide | null, 
/**
 * The voice in which the downtime pack wants words: a page that speaks so says them. Absent where none are wanted.
 */
packWants: Voice | null, 
/**
 * The build.
 */
version: string, };

/**
 * How people say who they are at this desk.
 */
export type SignIn = { 
/**
 * By name and PIN; by name alone where not.
 */
byPin: boolean, 
/**
 * After how many minutes without a touch the desk locks; absent where it does not.
 */
lockMinutes: number | null, 
/**
 * The PIN of whoever is working was made by somebody else, and is to be changed.
 */
temporary: boolean, 
/**
 * What is recorded now waits for somebody with a pass, and why: the pass has run out, or the desk has lost it.
 */
lacks: Phrase | null, 
/**
 * What the role of whoever is working does not include: names of actions. Taking something back is asked of what
 * is taken back.
 */
mayNot: Array<string>, 
/**
 * Nobody has touched the desk for so long that it locks within the next half minute.
 */
locksSoon: boolean, };

/**
 * The hotel.
 */
export type Hotel = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its name.
 */
name: string, 
/**
 * IANA time zone.
 */
timeZone: string, 
/**
 * The service day (ISO date).
 */
serviceDay: string, 
/**
 * Which rooms need an inspection.
 */
inspection: InspectionPolicy, 
/**
 * Whether it is the sample hotel.
 */
sample: boolean, 
/**
 * The service's address.
 */
address: string, };

/**
 * A person of the house.
 */
export type Person = { 
/**
 * Their id.
 */
id: StaffId, 
/**
 * Their name.
 */
name: string, 
/**
 * Two letters for small places.
 */
initials: string, 
/**
 * What they do.
 */
role: Role, 
/**
 * The section they work today.
 */
section: string | null, };

/**
 * What start-up found and did, for a person to read and close.
 */
export type StartNotice = { 
/**
 * Stable.
 */
code: string, 
/**
 * What happened.
 */
message: Phrase, 
/**
 * What to do, or that nothing needs doing.
 */
nextStep: Phrase, };

/**
 * The first load.
 */
export type Loading = { 
/**
 * What is happening, in words.
 */
step: Phrase, 
/**
 * Rooms so far.
 */
done: number, 
/**
 * Rooms in all, once known.
 */
total: number | null, };

/**
 * What the person told the link to do.
 */
export type LinkMode = "auto" | "workOffline" | "unplugged";

/**
 * What the service answers, not what the operating system believes.
 */
export type LinkState = "starting" | "online" | "offline" | "stopped";

/**
 * The pill and the head of the Sync Center.
 */
export type SyncStatus = { 
/**
 * What the person told the link.
 */
mode: LinkMode, 
/**
 * Whether somebody paused the sending.
 */
paused: boolean, 
/**
 * Waiting actions of rooms that somebody put on hold.
 */
heldBack: number, 
/**
 * Other desks' actions that are carried here and need a look.
 */
carriedAttention: number, 
/**
 * What the service answers.
 */
state: LinkState, 
/**
 * Why it is not online: code, sentence, next step.
 */
reason: CommandError | null, 
/**
 * Why something does not move although the service answers.
 */
slow: CommandError | null, 
/**
 * What a person should know of the service and that stops nothing.
 */
notice: CommandError | null, 
/**
 * Since when it is offline or stopped.
 */
since: string | null, 
/**
 * The sum.
 */
ledger: Ledger, 
/**
 * Whether a flush is running.
 */
flushing: boolean, 
/**
 * Events sent and still to send in the running flush.
 */
flushDone: number, 
/**
 * Events the running flush began with, and those that came since.
 */
flushTotal: number, 
/**
 * The last flush that ended.
 */
lastFlush: FlushSummary | null, 
/**
 * When the oldest waiting action was recorded.
 */
oldestWaiting: string | null, 
/**
 * Above 100 waiting: the playbook should be read.
 */
backlogWarning: boolean, 
/**
 * Open conflicts.
 */
conflicts: number, 
/**
 * When the service next will be asked, in milliseconds from now, if a timer is armed.
 */
nextTryMs: number | null, };

/**
 * recorded = acknowledged + waiting + needs attention + discarded. `recorded` counts the audit trail, the others
 * count outbox rows and sealed counts, so the sum can fail; then `balanced` is false.
 */
export type Ledger = { 
/**
 * Everything ever recorded here.
 */
recorded: number, 
/**
 * The service has it.
 */
acknowledged: number, 
/**
 * On its way.
 */
waiting: number, 
/**
 * A person has to look.
 */
attention: number, 
/**
 * Given up by a named person.
 */
discarded: number, 
/**
 * Whether the sum is right.
 */
balanced: boolean, };

/**
 * A flush that ended.
 */
export type FlushSummary = { 
/**
 * When it began.
 */
startedAt: string, 
/**
 * When it ended.
 */
endedAt: string, 
/**
 * Events taken.
 */
okCount: number, 
/**
 * Events that need a look or failed.
 */
errorCount: number, 
/**
 * Of those, conflicts.
 */
conflictCount: number, 
/**
 * `OUTBOX_PARTIAL_FAILURE`, `STATUS_CONFLICT_ON_FLUSH`, or absent.
 */
code: string | null, };

/**
 * How old the desk's knowledge is.
 */
export type Staleness = { 
/**
 * When the desk last knew itself at the service's head.
 */
knownAt: string | null, 
/**
 * Seconds since; absent where nothing is known yet, or where a clock that was set back makes it unknown.
 */
ageS: number | null, 
/**
 * Above this the board is blocked.
 */
limitS: number, 
/**
 * A warning is due (80 % of the limit).
 */
warn: boolean, 
/**
 * The clock stands before the time at which the desk knew it.
 */
clockSetBack: boolean, 
/**
 * The board is blocked with `OFFLINE_PRIMER_STALE`.
 */
blocked: boolean, 
/**
 * A manager went on with old data.
 */
emergency: Emergency | null, 
/**
 * A manager can go on, or go on for longer.
 */
mayGoOn: boolean, 
/**
 * For how long one decision holds.
 */
emergencyS: number, };

/**
 * A manager's decision to go on with old data, while it holds.
 */
export type Emergency = { 
/**
 * Who decided it; empty while the desk is locked.
 */
name: string, 
/**
 * Why; empty while the desk is locked.
 */
reason: string, 
/**
 * Until when it holds.
 */
until: string, };

/**
 * The six steps of the sample hotel's guide.
 */
export type Guide = { 
/**
 * In order.
 */
steps: Array<GuideStep>, 
/**
 * Put away by the person.
 */
dismissed: boolean, };

/**
 * One step; it ticks itself off.
 */
export type GuideStep = { 
/**
 * Stable: `start`, `unplug`, `work`, `elsewhere`, `plug`, `decide`.
 */
id: string, 
/**
 * Whether it was done.
 */
done: boolean, };

/**
 * Where an entity's newest edit of this desk stands.
 */
export type LocalState = "server" | "waiting" | "sending" | "failed" | "conflict";

/**
 * A board column.
 */
export type Column = "dirty" | "inProgress" | "clean" | "inspected";

/**
 * Why a room cannot be worked now.
 */
export type CannotWork = "doNotDisturb" | "outOfOrder" | "refused" | "noService" | "doubleLock";

/**
 * A guest who waits at the front desk for a room.
 */
export type WaitingShown = { 
/**
 * Since when.
 */
since: string, 
/**
 * The time that they were told (`HH:MM`, local).
 */
promised: string | null, };

/**
 * A standing that holds from a time on.
 */
export type Soon = { 
/**
 * From when.
 */
from: string, 
/**
 * Where it stands then.
 */
standing: Standing, };

/**
 * One task on the board.
 */
export type Tile = { 
/**
 * The task.
 */
taskId: TaskId, 
/**
 * Its room.
 */
roomId: RoomId, 
/**
 * The number on the door.
 */
number: string, 
/**
 * The floor.
 */
floor: string, 
/**
 * The section.
 */
section: string, 
/**
 * The room type.
 */
roomType: string, 
/**
 * What sort of work.
 */
kind: TaskKind, 
/**
 * Where it stands.
 */
status: TaskStatus, 
/**
 * Which column it belongs to.
 */
column: Column, 
/**
 * Who does it.
 */
assignee: StaffId | null, 
/**
 * Its weight.
 */
credits: number, 
/**
 * How soon.
 */
priority: Priority, 
/**
 * Asked for now.
 */
rush: boolean, 
/**
 * When it was last started or resumed.
 */
startedAt: string | null, 
/**
 * When it was completed.
 */
completedAt: string | null, 
/**
 * How often it came back.
 */
rework: number, 
/**
 * Why it last came back.
 */
reworkReason: string | null, 
/**
 * What the attendant should know.
 */
note: string | null, 
/**
 * What the room needs.
 */
cleanliness: Cleanliness, 
/**
 * Front-office occupancy.
 */
occupancy: Occupancy, 
/**
 * Arrival, stayover ...
 */
stay: Stay, 
/**
 * Who has the room.
 */
guest: Guest | null, 
/**
 * Who comes today.
 */
arrival: Arrival | null, 
/**
 * Flags that are set.
 */
flags: Array<ServiceFlag>, 
/**
 * Do not disturb since.
 */
dndSince: string | null, 
/**
 * In service, out of service, out of order.
 */
sellability: Sellability, 
/**
 * Why it cannot be worked now, if it cannot.
 */
cannotWork: CannotWork | null, 
/**
 * Where this desk's newest edit stands.
 */
localState: LocalState, 
/**
 * Somebody's edit of this room is in conflict (this desk's or another's).
 */
contested: boolean, 
/**
 * Nothing of this room is sent until somebody lets it go.
 */
onHold: boolean, 
/**
 * The guest who waits at the front desk for this room.
 */
waiting: WaitingShown | null, 
/**
 * Where it stands in its column, and why.
 */
standing: Standing, 
/**
 * Where it stands while a guest waits for some room of its type.
 */
ifTypeWaited: Standing | null, 
/**
 * Where it stands once its guest is due within the hour.
 */
ifSoon: Soon | null, };

/**
 * What changed on the board since the revision that the view holds.
 */
export type BoardDelta = { 
/**
 * The revision this brings the view to.
 */
revision: number, 
/**
 * True when this is everything: forget what you hold.
 */
full: boolean, 
/**
 * Rooms that changed: forget all tiles of these rooms, then take `tiles`.
 */
rooms: Array<RoomId>, 
/**
 * The tiles of those rooms (of all rooms when `full`). Cancelled tasks are left out.
 */
tiles: Array<Tile>, };

/**
 * Whom the service proposes for what nobody is assigned to. Empty while it is away.
 */
export type Suggestions = { 
/**
 * In the order of the board.
 */
list: Array<SuggestedPerson>, 
/**
 * Why there are none although the service answers otherwise: people assign by themselves.
 */
problem: CommandError | null, };

/**
 * A person proposed for a task.
 */
export type SuggestedPerson = { 
/**
 * The room.
 */
roomId: RoomId, 
/**
 * Its number.
 */
number: string, 
/**
 * The task.
 */
taskId: TaskId, 
/**
 * What sort of work.
 */
kind: TaskKind, 
/**
 * Who is proposed.
 */
to: StaffId, 
/**
 * Their name.
 */
name: string, 
/**
 * Why: `in_the_room`, `section`, `fewest_credits`, or a word that this build does not know.
 */
why: string, 
/**
 * Credits that they have left without it.
 */
creditsLeft: number, 
/**
 * Its weight.
 */
credits: number, };

/**
 * Whether a room can be given out.
 */
export type SafeToGive = { 
/**
 * The answer.
 */
safe: boolean, 
/**
 * Why not, each with a stable code: `dirty`, `not_inspected`, `occupied`, `claimed`, `not_assignable`,
 * `conflict`, `contested`, `check_open`, `discrepancy`, `work_in_progress`, `unsent_failure`, `unreadable`, `stale`.
 */
reasons: Array<string>, };

/**
 * A claim on a room.
 */
export type ClaimShown = { 
/**
 * Who claims it, by name.
 */
by: string, 
/**
 * Since when.
 */
at: string, 
/**
 * For whom.
 */
guest: string | null, };

/**
 * One room at the front desk.
 */
export type RackRoom = { 
/**
 * The room.
 */
roomId: RoomId, 
/**
 * The number on the door.
 */
number: string, 
/**
 * The floor.
 */
floor: string, 
/**
 * The section.
 */
section: string, 
/**
 * The room type.
 */
roomType: string, 
/**
 * Dirty, pickup, clean, inspected.
 */
cleanliness: Cleanliness, 
/**
 * Front-office occupancy.
 */
occupancy: Occupancy, 
/**
 * As housekeeping saw it.
 */
hkOccupancy: Occupancy | null, 
/**
 * The PMS and housekeeping disagree.
 */
discrepancy: boolean, 
/**
 * Arrival, stayover ...
 */
stay: Stay, 
/**
 * Who has the room.
 */
guest: Guest | null, 
/**
 * Who comes today.
 */
arrival: Arrival | null, 
/**
 * Flags that are set.
 */
flags: Array<ServiceFlag>, 
/**
 * In service, out of service, out of order.
 */
sellability: Sellability, 
/**
 * Who means to give it out.
 */
claim: ClaimShown | null, 
/**
 * The guest who waits for it.
 */
waiting: WaitingShown | null, 
/**
 * What people should know.
 */
note: string | null, 
/**
 * The open or newest task's kind, status, and who does it.
 */
task: RackTask | null, 
/**
 * Whether it can be given out, and why not.
 */
safe: SafeToGive, 
/**
 * Where this desk's newest edit stands.
 */
localState: LocalState, 
/**
 * Somebody's edit of this room is in conflict.
 */
contested: boolean, };

/**
 * What is being done for a room.
 */
export type RackTask = { 
/**
 * The task.
 */
taskId: TaskId, 
/**
 * What sort of work.
 */
kind: TaskKind, 
/**
 * Where it stands.
 */
status: TaskStatus, 
/**
 * Who does it, by name.
 */
assignee: string | null, 
/**
 * How soon.
 */
priority: Priority, 
/**
 * Asked for now.
 */
rush: boolean, 
/**
 * When it was last started.
 */
startedAt: string | null, };

/**
 * What changed at the front desk since the revision that the view holds.
 */
export type FrontDeskDelta = { 
/**
 * The revision this brings the view to.
 */
revision: number, 
/**
 * True when this is everything.
 */
full: boolean, 
/**
 * Rooms that changed (all when `full`).
 */
rooms: Array<RackRoom>, 
/**
 * Rooms that are gone.
 */
removed: Array<RoomId>, };

/**
 * What a line of the radio entry means.
 */
export type RadioEcho = { 
/**
 * Room by room, in the order in which it is recorded.
 */
rooms: Array<RadioRoom>, 
/**
 * What was not understood; then there are no rooms.
 */
problem: RadioProblem | null, 
/**
 * How the last word could go on.
 */
completions: Array<string>, };

/**
 * What a line of the radio entry means for one room.
 */
export type RadioRoom = { 
/**
 * The room.
 */
roomId: RoomId, 
/**
 * Its number.
 */
number: string, 
/**
 * What is recorded, in order. Empty where it is all so already, or where a problem stands first.
 */
actions: Array<Action>, 
/**
 * The same in words.
 */
says: Array<Phrase>, 
/**
 * Why it, or the rest of it, cannot be recorded.
 */
problem: RadioProblem | null, };

/**
 * What was not understood, or may not be done.
 */
export type RadioProblem = { 
/**
 * Stable.
 */
code: string, 
/**
 * What is wrong and what to type instead, in one or two plain sentences.
 */
message: Phrase, };

/**
 * What a person did, for the desk to record.
 */
export type ActRequest = { 
/**
 * Made by the screen when the person acted, so that a repeated call records once (a ULID).
 */
intentId: string, 
/**
 * The room.
 */
roomId: RoomId, 
/**
 * What was done.
 */
action: Action, 
/**
 * The revision of the board that the window shows: what changed on it since comes with the answer. None where it
 * shows no board.
 */
since: number | null, };

/**
 * It is on disk, and this is how the board shows it: asking for that by itself would come a round trip later.
 */
export type Recorded = { 
/**
 * The event.
 */
eventId: string, 
/**
 * The revision in which it shows.
 */
revision: number, 
/**
 * What changed on the board, where that was asked for and could be read.
 */
board: BoardDelta | null, };

/**
 * It is on disk.
 */
export type Acted = { 
/**
 * The event.
 */
eventId: string, 
/**
 * The revision in which it shows.
 */
revision: number, };

/**
 * An outbox row's state as shown.
 */
export type OutboxState = "pending" | "syncing" | "synced" | "failed" | "conflict" | "held" | "settled" | "discarded";

/**
 * Which rows the Sync Center shows.
 */
export type OutboxFilter = "all" | "waiting" | "attention" | "acknowledged" | "discarded";

/**
 * What undoing means for a row of the Sync Center.
 */
export type RowUndo = "bringBack" | "doAgain";

/**
 * A day that began, of which one line tells for all rooms in which it came to the same.
 */
export type DayBegan = { 
/**
 * Names the line, to open it by.
 */
id: string, 
/**
 * The day (ISO date).
 */
day: string, 
/**
 * In how many rooms.
 */
rooms: number, 
/**
 * Whether the rooms follow one by one.
 */
open: boolean, };

/**
 * One outbox row.
 */
export type OutboxRow = { 
/**
 * The event.
 */
eventId: string, 
/**
 * Its place in this desk's record.
 */
localSeq: number, 
/**
 * Where it stands.
 */
state: OutboxState, 
/**
 * Kind of entity (`room`, `place`, `desk`).
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The room's number, or what else names it; empty for this desk itself.
 */
title: string, 
/**
 * The action's stable name.
 */
action: string, 
/**
 * What was done, in plain words ("Completed the departure clean").
 */
summary: Phrase, 
/**
 * Who did it.
 */
actor: Phrase, 
/**
 * When.
 */
recordedAt: string, 
/**
 * Whether it was done offline.
 */
offline: boolean, 
/**
 * How often it was tried.
 */
attempts: number, 
/**
 * The last answer's code.
 */
code: string | null, 
/**
 * The last answer in words, or why it is not sent.
 */
why: Phrase | null, 
/**
 * What to do next, if anything.
 */
nextStep: Phrase | null, 
/**
 * The event it waits for, in words.
 */
waitsFor: Phrase | null, 
/**
 * Whether retrying it can help.
 */
canRetry: boolean, 
/**
 * What undoing means here, where it can be undone from the Sync Center.
 */
undo: RowUndo | null, 
/**
 * When the service took it.
 */
acknowledgedAt: string | null, 
/**
 * Its sequence number there.
 */
seq: number | null, 
/**
 * The day that the line tells of, where it is not about this room alone.
 */
began: DayBegan | null, };

/**
 * What became of something, once.
 */
export type StoryStep = { 
/**
 * What, in words.
 */
what: Phrase, 
/**
 * When, by the clock of whoever says so; absent for what is so now.
 */
at: string | null, };

/**
 * One thing that was done to a room.
 */
export type StoryLine = { 
/**
 * The event.
 */
eventId: string, 
/**
 * What was done, in words.
 */
what: Phrase, 
/**
 * Who did it.
 */
actor: Phrase, 
/**
 * Where, in words ("this desk", another desk's name, "the service").
 */
desk: Phrase, 
/**
 * When, by that desk's clock.
 */
doneAt: string, 
/**
 * Whether it was done offline.
 */
offline: boolean, 
/**
 * The tasks that it is about.
 */
tasks: Array<string>, 
/**
 * What became of it, oldest first.
 */
steps: Array<StoryStep>, 
/**
 * Whether a person still has to look.
 */
attention: boolean, 
/**
 * Whether it has not reached the service.
 */
waiting: boolean, 
/**
 * Whether it has no effect: it was given up, or the service did not take it.
 */
cameToNothing: boolean, };

/**
 * A task of a story, to look at alone.
 */
export type StoryTask = { 
/**
 * Its id.
 */
id: string, 
/**
 * What sort of work, in words.
 */
name: Phrase, };

/**
 * What happened to one room.
 */
export type Story = { 
/**
 * The room's number.
 */
title: string, 
/**
 * The newest first, in the order in which the service took them; what it does not have yet before that.
 */
lines: Array<StoryLine>, 
/**
 * The tasks that it speaks of.
 */
tasks: Array<StoryTask>, 
/**
 * Why what others did is missing; absent where it is not.
 */
alone: CommandError | null, 
/**
 * Who holds the room back, if somebody does.
 */
onHold: RoomOnHold | null, };

/**
 * A page of the Sync Center.
 */
export type SyncCenter = { 
/**
 * The revision this was read at.
 */
revision: number, 
/**
 * The head.
 */
status: SyncStatus, 
/**
 * Lines in the order: needs attention first, the worst of it before the rest, then as they will be sent, then
 * newest acknowledged first.
 */
rows: Array<OutboxRow>, 
/**
 * Lines in all under this filter.
 */
total: number, 
/**
 * Conflicts that are open.
 */
conflicts: Array<ConflictHead>, 
/**
 * What was merged by itself lately, for a person to see.
 */
merged: Array<MergedNote>, 
/**
 * Other desks' work that is sent from here.
 */
carried: Array<CarriedDesk>, 
/**
 * Rooms of which nothing is sent until somebody lets them go.
 */
onHold: Array<RoomOnHold>, };

/**
 * An open conflict in a list.
 */
export type ConflictHead = { 
/**
 * Kind of entity.
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The room's number.
 */
title: string, 
/**
 * In one sentence.
 */
summary: Phrase, 
/**
 * Since when.
 */
since: string, 
/**
 * Fields that touch.
 */
fields: number, 
/**
 * The room was given to two guests: nothing comes before this.
 */
givenTwice: boolean, };

/**
 * Something that was merged by itself.
 */
export type MergedNote = { 
/**
 * The room's number.
 */
title: string, 
/**
 * What was merged, in words.
 */
summary: Phrase, 
/**
 * When.
 */
at: string, };

/**
 * One side's author and time of a value.
 */
export type Authorship = { 
/**
 * Who.
 */
actor: Phrase, 
/**
 * From where, in words ("this desk", or another desk's name).
 */
desk: Phrase, 
/**
 * When it was done.
 */
doneAt: string, 
/**
 * When the service took it; absent for what it has not.
 */
receivedAt: string | null, };

/**
 * One field of a conflict.
 */
export type ConflictField = { 
/**
 * The path; names the choice.
 */
path: string, 
/**
 * The field in hotel words ("Task status", "Assigned to").
 */
label: Phrase, 
/**
 * What this desk last had from the service, in words.
 */
before: Phrase, 
/**
 * This desk's value, in words.
 */
mine: Phrase, 
/**
 * The service's value, in words.
 */
theirs: Phrase, 
/**
 * Whose mine is.
 */
mineBy: Authorship | null, 
/**
 * Whose theirs is.
 */
theirsBy: Authorship | null, 
/**
 * What follows from keeping mine, in hotel words; nothing where the value says it all.
 */
ifMine: Phrase | null, 
/**
 * What follows from taking theirs.
 */
ifTheirs: Phrase | null, 
/**
 * Whether a person may write a text of their own.
 */
editable: boolean, 
/**
 * The choice made earlier, where the other side moved again meanwhile.
 */
chosen: Side | null, 
/**
 * The text written then.
 */
edited: string | null, 
/**
 * True when theirs changed since that choice: it asks again.
 */
changedAgain: boolean, 
/**
 * What may be right, for whoever wants to know. It never decides.
 */
suggestion: Suggestion | null, };

/**
 * Whose value may be right, and why.
 */
export type Suggestion = { 
/**
 * Whose.
 */
side: Side, 
/**
 * Why, in one sentence.
 */
reason: Phrase, };

/**
 * What stands in a field.
 */
export type Side = "mine" | "theirs" | "edited";

/**
 * What happened, where it has words of its own.
 */
export type Situation = "givenTwice" | "restored" | "previousTurn" | "removed" | "cancelledElsewhere" | "cancelledHere" | "inspectedElsewhere" | "outOfOrder" | "reassigned" | "fields";

/**
 * A conflict, field by field.
 */
export type ConflictView = { 
/**
 * Kind of entity.
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The room's number.
 */
title: string, 
/**
 * What happened.
 */
situation: Situation, 
/**
 * The same in one or two sentences.
 */
summary: Phrase, 
/**
 * The version of theirs that is shown; a resolution names it.
 */
version: number, 
/**
 * Fields that touch: each wants a choice.
 */
fields: Array<ConflictField>, 
/**
 * Fields of this desk that merge by themselves, unless somebody chooses the other side.
 */
merged: Array<ConflictField>, 
/**
 * The events that the resolution settles.
 */
settles: Array<string>, 
/**
 * What was done here, in words, oldest first.
 */
myActions: Array<Phrase>, 
/**
 * Whether somebody can be sent to look.
 */
canLook: boolean, };

/**
 * One choice.
 */
export type FieldChoice = { 
/**
 * The field.
 */
path: string, 
/**
 * Whose value.
 */
side: Side, 
/**
 * What was written, where that is the choice.
 */
text: string | null, };

/**
 * Nobody here can know: somebody is sent to look.
 */
export type LookRequest = { 
/**
 * Made by the screen when the person decided (a ULID).
 */
intentId: string, 
/**
 * Kind of entity.
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The version of theirs that was on screen.
 */
version: number, 
/**
 * The events that were on screen.
 */
settles: Array<string>, };

/**
 * What a person decided.
 */
export type ResolveRequest = { 
/**
 * Made by the screen when the person decided (a ULID).
 */
intentId: string, 
/**
 * Kind of entity.
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The version of theirs that was on screen.
 */
version: number, 
/**
 * The events that were on screen.
 */
settles: Array<string>, 
/**
 * One choice for every field that touches.
 */
choices: Array<FieldChoice>, };

/**
 * A hotel found at an address, before connecting to it.
 */
export type FoundHotel = { 
/**
 * Its name.
 */
name: string, 
/**
 * The address as understood.
 */
address: string, };

/**
 * Another desk's work that was brought here in a file and is sent from here. It counts at its own desk.
 */
export type CarriedDesk = { 
/**
 * The other desk's installation.
 */
maker: string, 
/**
 * What people call it.
 */
desk: string, 
/**
 * Who wrote the newest file; empty where nobody had said who is working.
 */
exportedBy: string, 
/**
 * When, by that desk's clock.
 */
exportedAt: string, 
/**
 * Who brought it here.
 */
carriedBy: string, 
/**
 * When.
 */
carriedAt: string, 
/**
 * Actions brought.
 */
total: number, 
/**
 * The service has them.
 */
arrived: number, 
/**
 * On their way.
 */
waiting: number, 
/**
 * Somebody has to look.
 */
attention: number, 
/**
 * The first of those that the service does not have, what needs a look before the others.
 */
rows: Array<OutboxRow>, };

/**
 * A room that somebody put on hold.
 */
export type RoomOnHold = { 
/**
 * The room.
 */
roomId: RoomId, 
/**
 * Its number.
 */
title: string, 
/**
 * Who.
 */
by: string, 
/**
 * Why.
 */
reason: string, 
/**
 * Since when.
 */
since: string, 
/**
 * Its actions that wait.
 */
waiting: number, };

/**
 * A file of what waits was written.
 */
export type Exported = { 
/**
 * Where it is.
 */
path: string, 
/**
 * Actions in it.
 */
events: number, };

/**
 * What can be printed when this computer, or its network, is gone.
 */
export type DowntimePack = { 
/**
 * The folder that it is in.
 */
folder: string, 
/**
 * As of when it is; absent while there is none yet.
 */
writtenAt: string | null, 
/**
 * Why it could not be written last.
 */
problem: Phrase | null, };

/**
 * How a window speaks: all that the words of a sentence depend on.
 */
export type Voice = { 
/**
 * The language, as it stands in a page.
 */
lang: string, 
/**
 * Where its lines begin.
 */
dir: Direction, 
/**
 * The digits.
 */
digits: string, 
/**
 * The calendar.
 */
calendar: string, };

/**
 * Where lines begin.
 */
export type Direction = "ltr" | "rtl";

/**
 * A sentence, and how a window says it.
 */
export type SaidPhrase = { 
/**
 * The sentence.
 */
phrase: Phrase, 
/**
 * Its words.
 */
words: string, };

/**
 * Where files are written to and found.
 */
export type CarryPlaces = { 
/**
 * The desk's own folder for exports.
 */
ownFolder: string, 
/**
 * Drives that are plugged in.
 */
places: Array<CarryPlace>, 
/**
 * Files that can be imported, or why not.
 */
files: Array<CarryFound>, };

/**
 * A drive that is plugged in.
 */
export type CarryPlace = { 
/**
 * Its folder; names it in `exportWaiting`.
 */
path: string, 
/**
 * What it is called.
 */
name: string, };

/**
 * A file that was found.
 */
export type CarryFound = { 
/**
 * Where it is; names it in `importWaiting`.
 */
path: string, 
/**
 * Its name.
 */
file: string, 
/**
 * The drive or folder that it is in.
 */
place: string, 
/**
 * Which desk wrote it; empty where it does not say.
 */
desk: string, 
/**
 * Who.
 */
by: string, 
/**
 * When, by that desk's clock.
 */
at: string, 
/**
 * Actions in it.
 */
events: number, 
/**
 * Why it cannot be imported here, as far as its first line tells.
 */
problem: Phrase | null, };

/**
 * Every failed action was tried again.
 */
export type Retried = { 
/**
 * Recorded once more.
 */
tried: number, 
/**
 * Not yet possible: each stays where it is.
 */
refused: number, };

/**
 * A file was imported.
 */
export type Brought = { 
/**
 * The desk whose work it is.
 */
desk: string, 
/**
 * Actions in the file.
 */
events: number, 
/**
 * Of those, new here: they are sent from now on.
 */
brought: number, 
/**
 * Of those, recorded at this very desk, which sends them itself.
 */
own: number, };

/**
 * When this desk was without its service.
 */
export type Outage = { 
/**
 * Names it in `ReportPeriod`.
 */
id: number, 
/**
 * When the desk noticed it.
 */
beganAt: string, 
/**
 * When the service answered again; absent while it lasts.
 */
endedAt: string | null, 
/**
 * Why, as it was first known: a reason's code.
 */
code: string, 
/**
 * Somebody chose it.
 */
planned: boolean, 
/**
 * Actions recorded in it.
 */
actions: number, };

/**
 * What a report is about.
 */
export type ReportPeriod = { "kind": "last" } | { "kind": "outage", 
/**
 * Which.
 */
id: number, } | { "kind": "time", 
/**
 * From this time on.
 */
from: string, 
/**
 * Before this time.
 */
to: string, };

/**
 * What an action came to, as far as it has come.
 */
export type CameTo = "taken" | "merged" | "decided" | "givenUp" | "waiting" | "attention";

/**
 * How many actions came to what. `recorded` counts the record, the others what became of it, so the sum can fail.
 */
export type ReportSums = { 
/**
 * Everything recorded in the period.
 */
recorded: number, 
/**
 * The service has them as they were.
 */
taken: number, 
/**
 * The service has them beside what others had changed.
 */
merged: number, 
/**
 * A later decision stands for them.
 */
decided: number, 
/**
 * Given up by a named person.
 */
givenUp: number, 
/**
 * On their way.
 */
waiting: number, 
/**
 * A person has to look.
 */
attention: number, 
/**
 * Whether the sum is right.
 */
balanced: boolean, };

/**
 * Who did how much.
 */
export type ReportPerson = { 
/**
 * Their name.
 */
name: Phrase, 
/**
 * Actions of theirs.
 */
actions: number, };

/**
 * What was decided about an action.
 */
export type ReportDecision = { 
/**
 * In words.
 */
what: Phrase, 
/**
 * By whom.
 */
actor: Phrase, 
/**
 * When.
 */
at: string, };

/**
 * One action of a report.
 */
export type ReportRow = { 
/**
 * The event.
 */
eventId: string, 
/**
 * Its place in this desk's record.
 */
localSeq: number, 
/**
 * Kind of entity (`room`, `place`, `desk`).
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The room's number, or what else names it; empty for this desk itself.
 */
title: string, 
/**
 * What was done, in plain words.
 */
summary: Phrase, 
/**
 * Who did it.
 */
actor: Phrase, 
/**
 * When.
 */
recordedAt: string, 
/**
 * Whether it was done offline.
 */
offline: boolean, 
/**
 * What it came to.
 */
cameTo: CameTo, 
/**
 * A conflict about it is open.
 */
conflict: boolean, 
/**
 * When the service took it.
 */
acceptedAt: string | null, 
/**
 * Its sequence number there.
 */
seq: number | null, 
/**
 * The last answer's code.
 */
code: string | null, 
/**
 * The last answer in words, where it is still open.
 */
why: Phrase | null, 
/**
 * What was decided about it.
 */
decision: ReportDecision | null, 
/**
 * The day that the line tells of, where it is not about this room alone.
 */
began: DayBegan | null, };

/**
 * A page of a report with its head.
 */
export type Report = { 
/**
 * The revision this was read at.
 */
revision: number, 
/**
 * The hotel's name.
 */
hotel: string, 
/**
 * The desk's name.
 */
desk: string, 
/**
 * When this was read.
 */
madeAt: string, 
/**
 * The outage that it is about, if it is about one.
 */
outage: Outage | null, 
/**
 * The outages that are known, the newest first.
 */
outages: Array<Outage>, 
/**
 * What everything done in the period came to.
 */
sums: ReportSums, 
/**
 * Who did it, the most first; with the first page only.
 */
people: Array<ReportPerson>, 
/**
 * Lines in the order in which what they tell of was done.
 */
rows: Array<ReportRow>, 
/**
 * Lines in all under this filter.
 */
total: number, };

/**
 * What changed for the front desk.
 */
export type RoomEffect = "ready" | "notReady" | "contested" | "departed" | "arrived" | "outOfUse" | "backInService" | "doNotDisturb" | "doNotDisturbGone" | "refused" | "doubleLock" | "rush" | "discrepancy";

/**
 * What came of everything that was done in one room.
 */
export type RoomOutcome = { 
/**
 * Kind of entity (`room`, `place`, `desk`).
 */
entityKind: string, 
/**
 * Its id.
 */
entityId: string, 
/**
 * The room's number, or what else names it; empty for this desk itself.
 */
title: string, 
/**
 * What changed for the front desk.
 */
effects: Array<RoomEffect>, 
/**
 * What its actions came to.
 */
sums: ReportSums, 
/**
 * A conflict waits for a decision here.
 */
conflict: boolean, 
/**
 * An action failed and waits for a person.
 */
failed: boolean, 
/**
 * The newest action, in words.
 */
last: Phrase | null, };

/**
 * What came of the last outage, room by room.
 */
export type OutageSummary = { 
/**
 * The revision this was read at.
 */
revision: number, 
/**
 * Which; absent where this desk has never been without its service.
 */
outage: Outage | null, 
/**
 * What everything came to.
 */
sums: ReportSums, 
/**
 * Each room once.
 */
rooms: Array<RoomOutcome>, };

