// A desk in memory, for tests of the screens and for the demonstration page: it answers every command, keeps an outbox,
// and sends it when the made-up link is up.

import type {
  Action,
  ActRequest,
  Acted,
  BoardDelta,
  AppState,
  CarriedDesk,
  ChangeKind,
  CommandError,
  ConflictView,
  LinkMode,
  OutboxFilter,
  OutboxRow,
  OutboxState,
  Phrase,
  RackRoom,
  RoomOnHold,
  Tile,
} from "../../bindings/bindings";
import { fold } from "../../shared/fmt";
import { ownWords } from "../../shared/said";
import type { Platform, WindowName } from "../platform";
import { judge, makeHouse, place, rest, shareOfWork, type House } from "./house";
import { madeUpPack, type SaidPack } from "./pack";
import { phrase } from "./phrase";
import { block, planOf } from "./plan";
import { understood } from "./radio";
import { madeUpReports } from "./report";
import { inLines } from "./together";

export interface MemoryOptions {
  seed?: number;
  now?: number;
  floors?: number;
  perFloor?: number;
  /** A plausible house of so many rooms, instead of floors and doors; how busy the desk is goes with it. */
  rooms?: number;
  /** Every room is inspected and nobody has anything to do. */
  quiet?: boolean;
  window?: WindowName;
  /** Where the app stands at first. */
  phase?: AppState["phase"];
  /** People sign in by PIN; everybody's is `PIN`. */
  byPin?: boolean;
  /** The PIN of whoever is working was made by somebody else. */
  temporary?: boolean;
  /** The passes have run out. */
  lacks?: boolean;
  /** What the role of whoever is working does not include. */
  mayNot?: readonly string[];
  /** Rows of every state in the outbox, and conflicts. */
  busy?: boolean;
  /** One of the busy desk's conflicts is a room that two guests were given. */
  givenTwice?: boolean;
  /** So many more actions that were taken. */
  taken?: number;
  /** There was one more outage, in which nothing was done. */
  idle?: boolean;
  /** The day began at this desk: the work of most rooms was taken, some waits, one failed. */
  dayBegan?: boolean;
  link?: LinkMode;
  /** So many suggestions for work that nobody has. */
  suggests?: number;
  stale?: boolean;
  /** A manager went on with old data; at the end of it where the word says so. */
  emergency?: boolean | "ending";
  /** Events are acknowledged by themselves when the link is up. */
  sends?: boolean;
}

export interface MemoryPlatform extends Platform {
  /** A change from elsewhere. */
  remote: (change: (house: House) => string[]) => void;
  setState: (change: (state: AppState) => void, kinds?: ChangeKind[]) => void;
  house: House;
  /** A pack is written that has these sentences. */
  wantForPack: (phrases: readonly Phrase[]) => void;
  /** What the pages have said for it. */
  saidForPack: () => SaidPack;
}

/** The PIN of everybody in this house. */
export const PIN = "481516";
/** What is answered while the desk is locked. */
const WAYS_IN = ["subscribe", "appState", "signIn", "lock", "stillHere", "sayForPack", "telemetry", "openWindow", "quit", "remote", "setState", "wantForPack", "saidForPack"];

/** A stick that is plugged in. */
const STICK = "/media/desk/KINGSTON";

const TASK = { task: phrase("task") };
const CLEAN = { task: phrase("departure clean") };
const WORDS: Partial<Record<Action["action"], Phrase>> = {
  start: phrase("Started the {task}", TASK), pause: phrase("Paused the {task}", TASK), resume: phrase("Resumed the {task}", TASK), complete: phrase("Completed the {task}", TASK),
  reassign: phrase("Took the {task} from its attendant", TASK), inspect: phrase("Passed the {task}", TASK), add_task: phrase("Added a task ({task})", { task: phrase("check") }),
  cancel_task: phrase("Cancelled the {task}", TASK), set_priority: phrase("Asked for the {task} now", TASK), set_flag: phrase("Set {flag}", { flag: phrase("do not disturb") }),
  note: phrase("Cleared the note"), claim: phrase("Claimed the room"), release: phrase("Released the room"), arrived: phrase("Recorded the arrival"), departed: phrase("Recorded the departure"),
};
const SHEET = phrase("The task stands on that person's sheet.");
const NEXT = phrase("It is next to be sent.");
const NOTHING = ownWords("");
const NOBODY_KNOWS = phrase("Undid an action");

function fail(code: string, message: Phrase, nextStep: Phrase): never {
  // The screens are told what went wrong as a plain object, as the shell does it.
  throw { code, message, nextStep, reference: "M-0001" } satisfies CommandError;
}

export function memoryPlatform(options: MemoryOptions = {}): MemoryPlatform {
  const now = options.now ?? Date.now();
  const house = makeHouse(options.seed ?? 7, now, options.rooms === undefined ? block(options.floors ?? 10, options.perFloor ?? 30) : planOf(options.rooms));
  if (options.quiet) rest(house);
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  let revision = 1;
  const changedAt = new Map<string, number>();
  let notify: (kinds: ChangeKind[]) => void = () => {};
  let seq = 0;
  const pack = madeUpPack();
  const outbox: OutboxRow[] = [];
  let conflicts: ConflictView[] = [];
  const carried: CarriedDesk[] = [];
  const onHold: RoomOnHold[] = [];
  // How a room was before each event, for undo.
  const before = new Map<string, { tiles: Tile[]; room: RackRoom | undefined }>();
  const tilesOf = (roomId: string) => [...house.tiles.values()].filter((tile) => tile.roomId === roomId);

  /** Which day's beginning each of its actions is, and with which number that began. */
  const days = new Map<string, { day: string; first: number }>();
  const record = (roomId: string, action: string, summary: Phrase, state: OutboxState, minutes = 0): OutboxRow => {
    seq += 1;
    const row: OutboxRow = {
      eventId: `e${String(seq).padStart(6, "0")}`, localSeq: seq, state, entityKind: "room", entityId: roomId,
      title: house.rooms.get(roomId)?.number ?? roomId, action, summary, actor: ownWords(app.person?.name ?? "Maria Santos"),
      recordedAt: ago(minutes), offline: app.sync.state === "offline", attempts: state === "failed" ? 3 : state === "synced" ? 1 : 0,
      code: null, why: null, nextStep: null, waitsFor: null, canRetry: state === "failed", undo: state === "discarded" ? "doAgain" : null, acknowledgedAt: state === "synced" ? ago(minutes - 1) : null,
      seq: state === "synced" ? 48_000 + seq : null, began: null,
    };
    outbox.push(row);
    return row;
  };

  const app: AppState = {
    revision, phase: options.phase ?? "ready",
    hotel: { id: "city", name: "City Hotel", timeZone: "Europe/Lisbon", serviceDay: "2016-03-27", inspection: "departures", sample: true, address: "http://127.0.0.1:8787" },
    desk: "Desk 3TQX",
    person: house.staff[0] ?? null, staff: house.staff,
    signIn: {
      byPin: options.byPin ?? false, lockMinutes: options.byPin === true ? 5 : null, temporary: options.temporary ?? false,
      lacks: options.lacks === true ? phrase("This desk has not reached the service for so long that its passes have run out. What you do is saved, and waits for a manager once it is sent.") : null,
      mayNot: [...(options.mayNot ?? [])], locksSoon: false,
    },
    sync: {
      mode: options.link ?? "auto", paused: false, heldBack: 0, carriedAttention: 0, state: (options.link ?? "auto") === "auto" ? "online" : "offline", reason: null, slow: null, notice: null, since: null,
      ledger: { recorded: 0, acknowledged: 0, waiting: 0, attention: 0, discarded: 0, balanced: true },
      flushing: false, flushDone: 0, flushTotal: 0, lastFlush: null, oldestWaiting: null, backlogWarning: false, conflicts: 0, nextTryMs: null,
    },
    staleness: { knownAt: ago(1), ageS: 60, limitS: 86_400, warn: false, clockSetBack: false, blocked: false, emergency: null, mayGoOn: false, emergencyS: 43_200 },
    dayToBegin: null,
    loading: null, trouble: null, notice: null,
    guide: { dismissed: false, steps: ["start", "unplug", "work", "elsewhere", "plug", "decide"].map((id) => ({ id, done: false })) },
    packWants: null,
    version: "0.1.0",
  };
  if (app.phase === "setup") Object.assign(app, { hotel: null, person: null, guide: null });
  if (app.phase === "choosePerson") app.person = null;
  if (options.stale) Object.assign(app.staleness, { blocked: true, mayGoOn: true, ageS: 25 * 3600, knownAt: ago(25 * 60) });
  if (options.emergency) {
    const ending = options.emergency === "ending";
    const until = new Date(now + (ending ? 2 : 9) * 3_600_000).toISOString();
    const name = house.staff.find((person) => person.role === "manager")?.name ?? "";
    Object.assign(app.staleness, { ageS: 34 * 3600, knownAt: ago(34 * 60), mayGoOn: ending, emergency: { name, reason: "The line to the house is cut; the provider comes tomorrow.", until } });
  }

  const sum = () => {
    const ledger = app.sync.ledger;
    const of = (...states: OutboxState[]) => outbox.filter((row) => states.includes(row.state)).length;
    ledger.recorded = outbox.length;
    ledger.acknowledged = of("synced", "settled");
    ledger.waiting = of("pending", "syncing");
    ledger.attention = of("failed", "conflict", "held");
    ledger.discarded = of("discarded");
    ledger.balanced = ledger.recorded === ledger.acknowledged + ledger.waiting + ledger.attention + ledger.discarded;
    app.sync.conflicts = conflicts.length;
    app.sync.oldestWaiting = outbox.find((row) => row.state === "pending")?.recordedAt ?? null;
  };

  const touch = (rooms: string[], kinds: ChangeKind[]) => {
    revision += 1;
    for (const room of rooms) changedAt.set(room, revision);
    sum();
    app.revision = revision;
    notify(kinds);
  };

  const markHeld = (roomId: string) => {
    const held = onHold.some((each) => each.roomId === roomId);
    for (const [id, tile] of house.tiles) if (tile.roomId === roomId) house.tiles.set(id, { ...tile, onHold: held });
  };

  const localStates = (roomIds: ReadonlySet<string>, state: Tile["localState"]) => {
    for (const [id, tile] of house.tiles) if (roomIds.has(tile.roomId)) house.tiles.set(id, { ...tile, localState: state });
    for (const roomId of roomIds) {
      const room = house.rooms.get(roomId);
      if (room !== undefined) house.rooms.set(roomId, { ...room, localState: state });
      judge(house.rooms, roomId);
    }
  };
  const localState = (roomId: string, state: Tile["localState"]) => localStates(new Set([roomId]), state);

  const rackTask = (tile: Tile, change: Partial<RackRoom>) => {
    const room = house.rooms.get(tile.roomId);
    if (room === undefined) return;
    const name = house.staff.find((person) => person.id === tile.assignee)?.name ?? null;
    house.rooms.set(tile.roomId, { ...room, ...change, task: { taskId: tile.taskId, kind: tile.kind, status: tile.status, assignee: name, priority: tile.priority, rush: tile.rush, startedAt: tile.startedAt } });
  };

  const inRack = (roomId: string, change: Partial<RackRoom>) => {
    const room = house.rooms.get(roomId);
    if (room !== undefined) house.rooms.set(roomId, { ...room, ...change });
    judge(house.rooms, roomId);
  };

  const wait = (roomId: string, waiting: RackRoom["waiting"]) => {
    inRack(roomId, { waiting });
    for (const [id, tile] of house.tiles) if (tile.roomId === roomId) house.tiles.set(id, place({ ...tile, waiting }));
  };

  const apply = (roomId: string, action: Action): void => {
    const id = "task" in action.args ? action.args.task : undefined;
    const tile = id === undefined ? undefined : house.tiles.get(id);
    const put = (change: Partial<Tile>, rack: Partial<RackRoom> = {}) => {
      if (tile === undefined) fail("TASK_NOT_FOUND", phrase("The room has no such task any more."), NOTHING);
      const after = place({ ...tile, ...change });
      house.tiles.set(after.taskId, after);
      rackTask(after, rack);
    };
    switch (action.action) {
      case "start":
        if (tile?.cannotWork === "doNotDisturb") fail("ROOM_DO_NOT_DISTURB", phrase("The guest must not be disturbed."), NOTHING);
        if (tile?.cannotWork === "outOfOrder") fail("ROOM_OUT_OF_ORDER", phrase("The room is out of order. Bring it back into service first."), NOTHING);
        return put({ status: "in_progress", startedAt: new Date().toISOString() });
      case "pause": return put({ status: "paused" });
      case "resume": return put({ status: "in_progress", startedAt: new Date().toISOString() });
      case "complete": return put({ status: "completed", cleanliness: "clean", completedAt: new Date().toISOString() }, { cleanliness: "clean" });
      case "reassign": return put({ assignee: action.args.to ?? null });
      case "inspect":
        if (action.args.verdict.result === "fail") return put({ status: "ready", cleanliness: "dirty", rework: (tile?.rework ?? 0) + 1, reworkReason: action.args.verdict.reason ?? null }, { cleanliness: "dirty" });
        return put({ status: "inspected", cleanliness: "inspected" }, { cleanliness: "inspected" });
      case "set_priority": return put({ priority: action.args.priority, rush: action.args.rush });
      case "undo": {
        const was = before.get(action.args.event);
        if (was === undefined) fail("UNDO_UNKNOWN", phrase("That action is not known here, so it cannot be undone."), NOTHING);
        for (const each of tilesOf(roomId)) house.tiles.delete(each.taskId);
        for (const each of was.tiles) house.tiles.set(each.taskId, each);
        if (was.room !== undefined) house.rooms.set(roomId, was.room);
        return undefined;
      }
      case "cancel_task": house.tiles.delete(action.args.task); return undefined;
      case "add_task": {
        const like = [...house.tiles.values()].find((each) => each.roomId === roomId) ?? [...house.tiles.values()][0];
        const room = house.rooms.get(roomId);
        if (like === undefined || room === undefined) return undefined;
        house.tiles.set(action.args.task, place({ ...like, roomId, number: room.number, section: room.section, occupancy: room.occupancy, stay: room.stay, guest: room.guest, arrival: room.arrival, taskId: action.args.task, kind: action.args.kind, status: "ready", credits: action.args.credits, priority: action.args.priority, assignee: action.args.assignee ?? null, note: action.args.note ?? null, rush: false, startedAt: null, completedAt: null, rework: 0, reworkReason: null }));
        return undefined;
      }
      case "set_flag": {
        for (const [key, each] of house.tiles) {
          if (each.roomId !== roomId) continue;
          const flags = each.flags.filter((flag) => flag !== action.args.flag);
          if (action.args.on) flags.push(action.args.flag);
          const dnd = flags.includes("do_not_disturb");
          house.tiles.set(key, place({ ...each, flags, cannotWork: dnd ? "doNotDisturb" : null, dndSince: dnd ? new Date().toISOString() : null }));
        }
        return undefined;
      }
      case "claim": return inRack(roomId, { claim: { by: app.person?.name ?? "", at: new Date().toISOString(), guest: action.args.guest ?? null } });
      case "release": return inRack(roomId, { claim: null });
      case "queue_guest": return wait(roomId, { since: new Date().toISOString(), promised: action.args.promised ?? null });
      case "leave_queue": return wait(roomId, null);
      case "see_occupancy": return inRack(roomId, { hkOccupancy: action.args.occupancy, discrepancy: house.rooms.get(roomId)?.occupancy !== action.args.occupancy });
      case "arrived": return inRack(roomId, { occupancy: "occupied", stay: "arrived", arrival: null, claim: null, waiting: null });
      case "departed": return inRack(roomId, { occupancy: "vacant", stay: "departed", guest: null, cleanliness: "dirty" });
      case "note": return inRack(roomId, { note: action.args.text ?? null });
      case "set_room_status": return inRack(roomId, { cleanliness: action.args.cleanliness });
      default: return undefined;
    }
  };

  const flush = () => {
    if (app.sync.state !== "online" || options.sends === false) return;
    const waiting = outbox.filter((row) => row.state === "pending");
    if (waiting.length === 0) return;
    Object.assign(app.sync, { flushing: true, flushTotal: waiting.length, flushDone: 0 });
    for (const row of waiting) {
      row.state = "syncing";
      localState(row.entityId, "sending");
    }
    touch(waiting.map((row) => row.entityId), ["outbox", "status", "rooms"]);
    setTimeout(() => {
      for (const row of waiting) {
        Object.assign(row, { state: "synced", attempts: 1, acknowledgedAt: new Date().toISOString(), seq: 50_000 + row.localSeq });
        localState(row.entityId, "server");
      }
      Object.assign(app.sync, { flushing: false, lastFlush: { startedAt: new Date().toISOString(), endedAt: new Date().toISOString(), okCount: waiting.length, errorCount: 0, conflictCount: 0, code: null } });
      touch(waiting.map((row) => row.entityId), ["outbox", "status", "rooms"]);
    }, 600);
  };

  for (const room of [...house.rooms.values()].filter((each) => each.arrival !== null && each.task?.status === "ready").slice(0, 3)) {
    wait(room.roomId, { since: ago(8 + 9 * Number(room.floor)), promised: room.arrival?.vip === true ? "14:30" : null });
  }
  const [promised] = [...house.rooms.values()].filter((each) => each.safe.safe);
  if (promised !== undefined) inRack(promised.roomId, { claim: { by: "Rita Chen", at: ago(6), guest: "Smith, walk-in" } });
  if (options.dayBegan === true) beginDay();
  if (options.busy) fillBusy();
  for (const [n, tile] of [...house.tiles.values()].entries()) {
    for (let more = n; more < (options.taken ?? 0); more += house.tiles.size) record(tile.roomId, "note", phrase("Wrote a note: {text}", { text: String(more) }), "synced", 120);
  }
  const reports = madeUpReports(outbox, days, () => revision, ago, () => app.sync.state === "online", () => outbox.length > 0, options.idle);
  sum();

  function beginWork(staffId: string) {
    app.person = house.staff.find((person) => person.id === staffId) ?? null;
    app.phase = "ready";
    touch([], ["session"]);
  }

  function beginDay() {
    const first = seq + 1;
    for (const [n, room] of [...house.rooms.values()].entries()) {
      const row = record(room.roomId, "begin_day", phrase("Began {day}", { day: { day: "2016-03-27" } }), n === 4 ? "failed" : n % 20 === 7 ? "pending" : "synced", 580);
      days.set(row.eventId, { day: "2016-03-27", first });
      Object.assign(row, { actor: phrase("This desk"), ...(n === 4 ? { code: "RETRIES_SPENT", why: ownWords("The service did not take it after several tries."), nextStep: phrase("Retry, when the reason has passed.") } : {}) });
    }
  }

  function fillBusy() {
    if (options.link !== undefined && options.link !== "auto") {
      app.sync.since = ago(42);
      app.sync.reason =
        options.link === "unplugged"
          ? { code: "UNPLUGGED", message: phrase("The plug is pulled."), nextStep: phrase("Go on working, then plug in again and see everything arrive."), reference: "" }
          : { code: "PLANNED_OFFLINE", message: phrase("This desk works offline because somebody chose to."), nextStep: phrase('Switch "Work offline" off when the connection may be used again.'), reference: "" };
    }
    const { some, waiting, decisions } = shareOfWork(house, options.rooms);
    if (some.length === 0) return;
    for (const [n, tile] of some.entries()) {
      record(tile.roomId, "start", phrase("Started the {task}", CLEAN), "synced", 130 - (n % 120));
    }
    const room = (n: number) => some[(n + waiting - 9) % some.length]?.roomId ?? "101";
    for (let n = 9 - waiting; n < 9; n += 1) {
      record(room(n), "complete", phrase("Completed the {task}", CLEAN), "pending", 40 - (n % 40));
    }
    localStates(new Set(outbox.filter(({ state }) => state === "pending").map(({ entityId }) => entityId)), "waiting");
    const failed = record(room(12), "set_priority", phrase("Set the {task} to {priority}", { ...CLEAN, priority: phrase("urgent") }), "failed", 33);
    Object.assign(failed, { code: "TASK_CANCELLED", why: phrase("This task was cancelled."), nextStep: phrase("Retry, when the reason has passed.") });
    localState(room(12), "failed");
    for (const n of decisions) {
      const row = record(room(n), "complete", phrase("Completed the {task}", CLEAN), "conflict", 30);
      Object.assign(row, { code: "STATUS_CONFLICT_ON_FLUSH", why: phrase("Somebody else changed the same thing meanwhile."), nextStep: phrase("Decide which side stands."), attempts: 1 });
      const held = record(room(n), "inspect", phrase("Passed the {task}", CLEAN), "held", 22);
      Object.assign(held, { waitsFor: row.summary, why: phrase("It waits for an earlier action of the same room, which needs a look.") });
      localState(room(n), "conflict");
      const plain = { editable: false, chosen: null, edited: null, changedAgain: false, suggestion: null };
      const by = (actor: string, desk: Phrase, minutes: number, received: boolean) => ({ actor: ownWords(actor), desk, doneAt: ago(minutes), receivedAt: received ? ago(minutes - 1) : null });
      const mine = by("Maria Santos", phrase("this desk"), 30, false);
      const theirs = by("Olena Petrova", ownWords("Desk 7K2M"), 26, true);
      conflicts.push({
        entityKind: "room", entityId: room(n), title: row.title, version: 48_112, settles: [row.eventId, held.eventId],
        situation: options.givenTwice === true && n === 16 ? "givenTwice" : "reassigned",
        summary: phrase("{who} gave the {work} of room {number} to {to} elsewhere, while it went on here.", { who: "Olena Petrova", work: CLEAN.task, number: row.title, to: "Divya Sharma" }),
        myActions: [row.summary, held.summary],
        fields: [
          { path: `task/t-${row.title}/status`, label: phrase("{field} ({task})", { field: phrase("Status"), ...CLEAN }), before: phrase("in progress"), mine: phrase("inspected"), theirs: phrase("paused"), mineBy: mine, theirsBy: theirs, ifMine: phrase("Room {number} counts as inspected.", { number: row.title }), ifTheirs: phrase("The task counts as interrupted."), ...plain, suggestion: { side: "mine", reason: phrase("The work was done.") } },
          { path: `task/t-${row.title}/assignee`, label: phrase("{field} ({task})", { field: phrase("Assigned to"), ...CLEAN }), before: ownWords("Ana Costa"), mine: ownWords("Ana Costa"), theirs: ownWords("Divya Sharma"), mineBy: mine, theirsBy: theirs, ifMine: SHEET, ifTheirs: SHEET, ...plain, chosen: n === 16 ? "mine" : null, changedAgain: n === 16 },
          { path: "room/cleanliness", label: phrase("Room"), before: phrase("dirty"), mine: phrase("inspected"), theirs: phrase("dirty"), mineBy: mine, theirsBy: theirs, ifMine: phrase("The front desk may give out room {number}.", { number: row.title }), ifTheirs: phrase("The front desk will not give out room {number}.", { number: row.title }), ...plain },
          { path: "room/note", label: phrase("Note"), before: ownWords("Cot wanted"), mine: ownWords("Cot and crib wanted"), theirs: ownWords("Cot wanted, pet in room"), mineBy: mine, theirsBy: theirs, ifMine: null, ifTheirs: null, ...plain, editable: true },
        ],
        merged: [{ path: `task/t-${row.title}/priority`, label: phrase("{field} ({task})", { field: phrase("Priority"), ...CLEAN }), before: phrase("normal"), mine: phrase("urgent"), theirs: phrase("normal"), mineBy: mine, theirsBy: null, ifMine: null, ifTheirs: null, ...plain }],
        canLook: true,
      });
    }
    record(room(20), "note", phrase("Wrote a note: {text}", { text: "the lamp at the desk flickers" }), "discarded", 60);
    app.sync.lastFlush = { startedAt: ago(12), endedAt: ago(12), okCount: 30, errorCount: 3, conflictCount: 2, code: "STATUS_CONFLICT_ON_FLUSH" };
  }

  function settle({ entityId, settles }: { entityId: string; settles: string[] }, summary: Phrase): Acted {
    conflicts = conflicts.filter((each) => each.entityId !== entityId);
    for (const row of outbox) if (settles.includes(row.eventId)) row.state = "settled";
    localState(entityId, "server");
    const row = record(entityId, "resolve", summary, "pending");
    touch([entityId], ["rooms", "outbox", "status"]);
    return { eventId: row.eventId, revision };
  }

  const since = (from: number | null, roomId: string) => from === null || (changedAt.get(roomId) ?? 0) > from;

  const board = (from: number | null): BoardDelta => {
    const rooms = [...house.rooms.keys()].filter((id) => since(from, id));
    const wanted = new Set(rooms);
    return { revision, full: from === null, rooms, tiles: [...house.tiles.values()].filter((tile) => wanted.has(tile.roomId)) };
  };

  const platform: MemoryPlatform = {
    house,
    window: options.window ?? "board",
    wantForPack: (phrases) => {
      pack.ask(phrases);
      app.packWants = pack.wants();
      touch([], ["status"]);
    },
    saidForPack: pack.said,
    remote: (change) => touch(change(house), ["rooms"]),
    setState: (change, kinds = ["status", "session"]) => {
      change(app);
      touch([], kinds);
    },
    subscribe: async (onNotice) => {
      onNotice({ revision, kinds: [] });
      notify = (kinds) => setTimeout(() => onNotice({ revision, kinds }), 2);
    },
    appState: async () => {
      const state = structuredClone(app);
      // As the core: that it is an emergency is seen from the corridor, who said what of it is not.
      if (state.phase === "locked" && state.staleness.emergency !== null) Object.assign(state.staleness.emergency, { name: "", reason: "" });
      return state;
    },
    openSampleHotel: async () => {
      app.phase = "loading";
      app.hotel = { id: "city", name: "City Hotel", timeZone: "Europe/Lisbon", serviceDay: "2016-03-27", inspection: "departures", sample: true, address: "http://127.0.0.1:8787" };
      app.loading = { step: phrase("Loading the hotel's rooms"), done: 140, total: 300 };
      touch([], ["session"]);
      setTimeout(() => {
        app.phase = "choosePerson";
        app.loading = null;
        app.guide = { dismissed: false, steps: ["start", "unplug", "work", "elsewhere", "plug", "decide"].map((id) => ({ id, done: false })) };
        touch([], ["session"]);
      }, 1500);
    },
    findHotel: async (address, code) => {
      if (code.length < 4) fail("CODE_UNKNOWN", phrase("The service does not know this code, or it was used already."), phrase("Check it letter by letter, or ask your IT for a new one."));
      return { name: "Resort Hotel", address };
    },
    connectHotel: async () => undefined,
    choosePerson: async (staffId) => {
      if (app.signIn.byPin) fail("PIN_REQUIRED", phrase("This hotel asks for a PIN."), phrase("Choose your name, then type your PIN."));
      beginWork(staffId);
    },
    signIn: async (staffId, pin) => {
      if (fold(pin) !== PIN) fail("PIN_WRONG", phrase("That is not the PIN."), phrase("Type it again. {left, plural, one {One more try} other {# more tries}} before you have to wait.", { left: 3 }));
      beginWork(staffId);
    },
    signOut: async () => {
      app.person = null;
      app.phase = "choosePerson";
      touch([], ["session"]);
    },
    lock: async () => {
      if (!app.signIn.byPin || app.person === null) return;
      app.phase = "locked";
      app.signIn.locksSoon = false;
      touch([], ["session"]);
    },
    stillHere: async () => {
      if (!app.signIn.locksSoon) return;
      app.signIn.locksSoon = false;
      touch([], ["session"]);
    },
    changePin: async (pin, newPin) => {
      if (fold(newPin).length < 6) fail("PIN_WEAK", phrase("That PIN will not do."), phrase("Choose one that is not among those that everybody tries first."));
      if (fold(pin) !== PIN) fail("PIN_WRONG", phrase("That is not the PIN you have."), phrase("Type it again. Who has forgotten it gets a new one from the hotel's IT."));
      if (app.sync.state !== "online") fail("SERVICE_UNREACHABLE", phrase("The hotel's service cannot be reached."), phrase("Check the address and this computer's network, then try again."));
      app.signIn.temporary = false;
      touch([], ["session"]);
    },
    board: async (from) => board(from),
    frontDesk: async (from) => ({ revision, full: from === null, rooms: [...house.rooms.values()].filter((room) => since(from, room.roomId)), removed: [] }),
    suggestions: async () => {
      if (app.sync.state !== "online") return { list: [], problem: null };
      const free = [...house.tiles.values()].filter((tile) => tile.assignee === null && (tile.column === "dirty" || tile.column === "inProgress"));
      const attendants = house.staff.filter((person) => person.role === "attendant");
      const list = free.slice(0, options.suggests ?? 0).flatMap((tile, at) => {
        const own = attendants.find((person) => person.section === tile.section);
        const to = own ?? attendants[at % attendants.length];
        return to === undefined ? [] : [{ roomId: tile.roomId, number: tile.number, taskId: tile.taskId, kind: tile.kind, to: to.id, name: to.name, why: own === undefined ? "fewest_credits" : "section", creditsLeft: 9 + at, credits: tile.credits }];
      });
      return { list, problem: null };
    },
    act: async ({ roomId, action, since: from }: ActRequest) => {
      const was = { tiles: tilesOf(roomId), room: house.rooms.get(roomId) };
      apply(roomId, action);
      const row = record(roomId, action.action, WORDS[action.action] ?? NOBODY_KNOWS, "pending");
      row.recordedAt = new Date().toISOString();
      before.set(row.eventId, was);
      localState(roomId, "waiting");
      const step = app.guide?.steps.find((each) => each.id === (app.sync.state === "offline" ? "work" : "start"));
      if (step !== undefined) step.done = true;
      touch([roomId], ["rooms", "outbox", "status", "session"]);
      setTimeout(flush, 300);
      return { eventId: row.eventId, revision, board: from === null ? null : board(from) };
    },
    radio: async (line) => understood(line, house),
    beginDay: async (day) => {
      if (app.hotel !== null) app.hotel.serviceDay = day;
      app.dayToBegin = null;
      touch([], ["session"]);
    },
    beginEmergency: async (_intentId, reason) => {
      if (app.person?.role !== "manager") fail("MANAGER_NEEDED", phrase("Only a manager can go on with old data."), phrase("Have a manager choose their name at this desk, and go on."));
      record("This desk", "emergency_operation", phrase("Went on with old data for up to 12 hours: {reason}", { reason }), "pending");
      const until = new Date(Date.now() + app.staleness.emergencyS * 1000).toISOString();
      Object.assign(app.staleness, { blocked: false, mayGoOn: false, emergency: { name: app.person.name, reason, until } });
      touch([], ["status", "outbox"]);
    },
    syncCenter: async (filter: OutboxFilter, open, offset, limit) => {
      const groups: Record<OutboxFilter, OutboxState[]> = { all: [], waiting: ["pending", "syncing"], attention: ["failed", "conflict", "held"], acknowledged: ["synced", "settled"], discarded: ["discarded"] };
      const worst = new Set(conflicts.filter((each) => each.situation === "givenTwice").map((each) => each.entityId));
      const isWorst = (row: OutboxRow) => worst.has(row.entityId) && groups.attention.includes(row.state);
      const order: OutboxState[] = ["conflict", "failed", "held", "syncing", "pending", "synced", "settled", "discarded"];
      const rows = outbox
        .filter((row) => filter === "all" || groups[filter].includes(row.state))
        .toSorted((a, b) => Number(isWorst(b)) - Number(isWorst(a)) || order.indexOf(a.state) - order.indexOf(b.state) || a.localSeq - b.localSeq);
      const lines = inLines(rows, days, (row) => (row.state === "synced" || row.state === "pending" ? row.state : null), open);
      return structuredClone({
        revision, status: app.sync, rows: lines.slice(offset, offset + limit), total: lines.length,
        conflicts: conflicts.toSorted((a, b) => Number(worst.has(b.entityId)) - Number(worst.has(a.entityId))).map((each) => ({ entityKind: each.entityKind, entityId: each.entityId, title: each.title, summary: each.summary, since: ago(12), fields: each.fields.length, givenTwice: each.situation === "givenTwice" })),
        merged: options.busy && outbox.length > 0 ? [{ title: "318", summary: phrase("{what}: merged with a change made elsewhere", { what: phrase("Cleared the note") }), at: ago(12) }] : [],
        carried,
        onHold: onHold.map((each) => ({ ...each, waiting: outbox.filter((row) => row.entityId === each.roomId && row.state === "pending").length })),
      });
    },
    story: async (_kind, id) => ({
      title: house.rooms.get(id)?.number ?? id,
      tasks: [],
      onHold: onHold.find((each) => each.roomId === id) ?? null,
      alone: app.sync.state === "online" ? null : { code: "UNPLUGGED", message: phrase("The plug is pulled."), nextStep: NOTHING, reference: "" },
      lines: outbox
        .filter((row) => row.entityId === id)
        .toReversed()
        .map((row) => ({
          eventId: row.eventId, what: row.summary, actor: row.actor, desk: phrase("this desk"), doneAt: row.recordedAt, offline: row.offline, tasks: [], cameToNothing: row.state === "discarded",
          attention: row.state === "conflict" || row.state === "failed", waiting: row.state === "pending" || row.state === "held",
          steps: [{ what: phrase("Saved at this desk"), at: row.recordedAt }, row.acknowledgedAt === null ? { what: row.why ?? NEXT, at: null } : { what: phrase("Taken by the service"), at: row.acknowledgedAt }],
        })),
    }),
    retryEvent: async (eventId) => {
      const row = outbox.find((each) => each.eventId === eventId);
      if (row !== undefined) Object.assign(row, { state: "pending", code: null, why: null, nextStep: null, canRetry: false, undo: null });
      touch([], ["outbox", "status"]);
    },
    discardEvent: async (eventId, reason) => {
      const row = outbox.find((each) => each.eventId === eventId && each.state === "failed");
      if (row === undefined) fail("NOTHING_TO_DISCARD", phrase("There is nothing to give up here."), phrase("Look at the Sync Center again; it may have been settled meanwhile."));
      Object.assign(row, { state: "discarded", code: null, why: phrase("{person} gave it up: {reason}", { person: app.person?.name ?? "", reason }), nextStep: null, canRetry: false, undo: "doAgain" });
      touch([], ["outbox", "status"]);
    },
    retryFailed: async () => {
      const failed = outbox.filter((row) => row.state === "failed");
      for (const row of failed) row.state = "pending";
      touch([], ["outbox", "status"]);
      return { tried: failed.length, refused: 0 };
    },
    syncNow: async () => flush(),
    setLink: async (mode) => {
      Object.assign(app.sync, { mode, state: mode === "auto" ? "online" : "offline", ...(mode === "auto" ? { reason: null } : {}), since: mode === "auto" ? null : new Date().toISOString() });
      const step = app.guide?.steps.find((each) => each.id === (mode === "auto" ? "plug" : "unplug"));
      if (step !== undefined) step.done = true;
      touch([], ["status", "session"]);
      setTimeout(flush, 400);
    },
    pauseSending: async (paused) => {
      app.sync.paused = paused;
      app.sync.slow = paused ? { code: "SENDING_PAUSED", message: phrase("Somebody paused the sending; what others do still comes in."), nextStep: phrase("Have the sending go on in the Sync Center when it may."), reference: "" } : null;
      touch([], ["status", "outbox"]);
      if (!paused) setTimeout(flush, 400);
    },
    putOnHold: async (_intentId, roomId, reason) => {
      const title = house.rooms.get(roomId)?.number ?? roomId;
      onHold.push({ roomId, title, by: app.person?.name ?? "", reason, since: new Date().toISOString(), waiting: 0 });
      const why = { code: "ROOM_ON_HOLD", why: phrase("{person} put this room on hold: {reason}", { person: app.person?.name ?? "", reason: `${reason}.` }), nextStep: phrase("Let the room go when it may be sent.") };
      for (const row of outbox) if (row.entityId === roomId && row.state === "pending") Object.assign(row, why);
      app.sync.heldBack = outbox.filter((row) => row.code === "ROOM_ON_HOLD").length;
      markHeld(roomId);
      touch([roomId], ["rooms", "status", "outbox"]);
    },
    letGo: async (_intentId, roomId) => {
      onHold.splice(onHold.findIndex((each) => each.roomId === roomId), 1);
      for (const row of outbox) if (row.entityId === roomId && row.code === "ROOM_ON_HOLD") Object.assign(row, { code: null, why: null, nextStep: null });
      app.sync.heldBack = outbox.filter((row) => row.code === "ROOM_ON_HOLD").length;
      markHeld(roomId);
      touch([roomId], ["rooms", "status", "outbox"]);
      setTimeout(flush, 400);
    },
    conflict: async (_kind, id) => structuredClone(conflicts.find((each) => each.entityId === id)) ?? fail("CONFLICT_GONE", phrase("This was decided already."), phrase("Go back to the Sync Center.")),
    resolve: async (request) => settle(request, phrase("Decided a conflict")),
    sendToLook: async (request) => settle(request, phrase("Added a task ({task})", { task: phrase("check") })),
    refreshSnapshot: async () => {
      if (app.sync.state === "offline") fail("SERVICE_UNREACHABLE", phrase("The hotel's service cannot be reached."), phrase("Check the address and this computer's network, then try again."));
      Object.assign(app.staleness, { blocked: false, emergency: null, mayGoOn: false, ageS: 0, knownAt: new Date().toISOString() });
      touch([], ["status"]);
    },
    exportWaiting: async (folder) => ({ path: `${folder ?? "/home/desk/turndown/exports"}/turndown-waiting-Desk-01M0B7-2016-03-27T11-32-05.120Z.jsonl`, events: app.sync.ledger.waiting + app.sync.ledger.attention }),
    carryPlaces: async () => {
      const file = { path: `${STICK}/turndown-waiting-Desk-V8QD-2016-03-27T11-32-05.120Z.jsonl`, file: "turndown-waiting-Desk-V8QD-2016-03-27T11-32-05.120Z.jsonl", place: "KINGSTON", desk: "Desk V8QD", by: "Maria Santos", at: ago(9), events: 40, problem: null };
      const other = { ...file, path: `${STICK}/turndown-waiting-x.jsonl`, file: "turndown-waiting-x.jsonl", desk: "", by: "", at: "", events: 0, problem: phrase("This is not a file of actions that a desk has exported.") };
      return { ownFolder: "/home/desk/turndown/exports", places: [{ path: STICK, name: "KINGSTON" }], files: [file, other] };
    },
    importWaiting: async (path) => {
      if (!path.startsWith(STICK)) fail("CARRY_FILE_UNREADABLE", phrase("The file cannot be read."), phrase("Look whether the stick is still in, and choose it again."));
      if (carried.length > 0) return { desk: "Desk V8QD", events: 40, brought: 0, own: 0 };
      const rooms = [...house.rooms.values()];
      const row = (at: number, state: OutboxState, why: Phrase): OutboxRow => ({
        eventId: `c${at}`, localSeq: at, state, entityKind: "room", entityId: rooms[at]?.roomId ?? "", title: rooms[at]?.number ?? "", action: "complete",
        summary: phrase("Completed the {task}", CLEAN), actor: ownWords("Maria Santos"), recordedAt: ago(30 - at), offline: true, attempts: 0, code: state === "conflict" ? "STATUS_CONFLICT_ON_FLUSH" : null,
        why, nextStep: state === "conflict" ? phrase("Decide it at its own desk if that runs again, or give it up here: then what the service has stands.") : null,
        waitsFor: null, canRetry: false, undo: null, acknowledgedAt: null, seq: null, began: null,
      });
      carried.push({
        maker: "01M0ACJ6", desk: "Desk V8QD", exportedBy: "Maria Santos", exportedAt: ago(9), carriedBy: app.person?.name ?? "", carriedAt: ago(0), total: 40, arrived: 37, waiting: 2, attention: 1,
        rows: [row(1, "conflict", phrase("Somebody else changed the same thing meanwhile.")), row(2, "pending", NEXT), row(3, "pending", NEXT)],
      });
      app.sync.carriedAttention = 1;
      touch([], ["outbox", "status"]);
      return { desk: "Desk V8QD", events: 40, brought: 40, own: 0 };
    },
    discardCarried: async (eventId, reason) => {
      const [from] = carried;
      if (from === undefined || reason === "") fail("NOTHING_TO_DISCARD", phrase("There is nothing to give up here."), phrase("Look at the Sync Center again; it may have been settled meanwhile."));
      from.rows = from.rows.filter((each) => each.eventId !== eventId);
      Object.assign(from, { attention: 0, arrived: from.arrived + 1 });
      app.sync.carriedAttention = 0;
      touch([], ["outbox", "status"]);
    },
    downtimePack: async () => ({ folder: "/home/desk/turndown/downtime", writtenAt: ago(4), problem: null }),
    openDowntimePack: async () => undefined,
    sayForPack: async (voice, said) => {
      const wanted = pack.hear(voice, said);
      app.packWants = pack.wants();
      return wanted;
    },
    report: async (period, cameTo, open, offset, limit) => reports.report(period, cameTo, open, offset, limit),
    outageSummary: async () => reports.summary(),
    exportReport: async () => ({ path: "/home/desk/turndown/exports/turndown-report-2016-03-27T09-10-00.000Z.csv", events: outbox.length }),
    dismissGuide: async () => {
      if (app.guide !== null) app.guide.dismissed = true;
      touch([], ["session"]);
    },
    dismissNotice: async () => {
      app.notice = null;
      touch([], ["session"]);
    },
    telemetry: async () => undefined,
    openWindow: async () => undefined,
    quit: async () => undefined,
  };
  // Behind a locked door nobody is told anything.
  const behindTheDoor = Object.entries(platform).filter(([name, command]) => typeof command === "function" && !WAYS_IN.includes(name));
  for (const [name, command] of behindTheDoor as [string, (...args: unknown[]) => unknown][]) {
    const guarded = async (...args: unknown[]) => {
      if (app.phase === "locked") fail("DESK_LOCKED", phrase("This desk is locked."), phrase("Type your PIN to go on."));
      return command(...args);
    };
    Object.assign(platform, { [name]: guarded });
  }
  return platform;
}
