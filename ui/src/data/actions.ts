// Recording what a person did. The core answers in milliseconds, with the thing on disk: there is no optimistic state
// here to be taken back, only the question, the answer, and a look at what changed.

import { t } from "@lingui/core/macro";
import { ulid } from "ulid";
import { createStore } from "zustand/vanilla";
import type { Action, CommandError, Recorded } from "../bindings/bindings";
import { asCommandError } from "../platform/platform";
import { announce } from "../shared/announcer";
import { count, iso } from "../shared/fmt";
import { inFull } from "../shared/said";
import { inAList, workWord } from "../shared/words";
import { dismissToast, showToast, troubleToast } from "../shared/toasts";
import type { Desk } from "./desk";
import { metTheLock } from "./lock";
import { began, landed, painted, refused } from "./probe";

interface RecordedEvent {
  eventId: string;
  roomId: string;
  number: string;
}

/** What was recorded together, in the order it was recorded: it is undone together. */
interface Together {
  events: readonly RecordedEvent[];
  /** The line at the foot that offers to undo it; null before it is there. */
  toast: number | null;
}

const UNDO_DEPTH = 50;
/** What can still be undone from here, newest last. */
export const undoable = createStore<{ stack: readonly Together[] }>(() => ({ stack: [] }));

export interface PerformOptions {
  /** The room's number, for the words. */
  number: string;
  /** What was done, in the past tense: "started". */
  done: string;
  /** The stamp of the event that asked for it, for the latency probe. */
  from?: number;
  /** What else to say once the board shows it, such as how many are left. */
  left?: () => string;
}

/** Records an action. Resolves to what was recorded, or null when it was refused; that has been shown and said by then. */
export async function perform(desk: Desk, roomId: string, action: Action, options: PerformOptions): Promise<Recorded | null> {
  if (options.from !== undefined) began(roomId, action.action, options.from);
  try {
    const acted = await desk.platform.act({ intentId: ulid(), roomId, action, since: desk.boardRevision() });
    landed(roomId, acted.revision);
    if (acted.board !== null) desk.board.apply(acted.board);
    const text = t`Room ${iso(options.number)}: ${options.done}`;
    const isUndo = action.action === "undo";
    const entry: Together = { events: [{ eventId: acted.eventId, roomId, number: options.number }], toast: null };
    if (!isUndo) canBeUndone(entry);
    // First the room, where the person looks; a frame later the words about it.
    void (acted.board === null ? desk.refresh(["rooms"]) : painted()).then(() => {
      announce([t`${text}. Saved on this device.`, options.left?.() ?? ""].join(" ").trim());
      if (isUndo) {
        showToast({ tone: "done", text });
      } else if (undoable.getState().stack.includes(entry)) {
        entry.toast = showToast({ tone: "done", text, offer: { label: t`Undo`, run: () => void undo(desk, acted.eventId) } });
      }
    });
    return acted;
  } catch (thrown) {
    refused(roomId);
    report(asCommandError(thrown));
    return null;
  }
}

function canBeUndone(entry: Together): void {
  undoable.setState({ stack: [...undoable.getState().stack, entry].slice(-UNDO_DEPTH) });
}

/** One action of several that are recorded together. */
export interface Part {
  roomId: string;
  number: string;
  action: Action;
}

/** What was not done, and why: said with what was done. */
export interface NotDone {
  number: string;
  why: string;
  code?: string;
}

interface ManyOptions {
  done: string;
  /** What was known not to be possible before anything was asked. */
  notDone?: readonly NotDone[];
  left?: () => string;
}

/** What is being recorded together right now. Shown once it takes longer than a moment. */
interface Underway {
  done: number;
  total: number;
  shown: boolean;
}

export const underway = createStore<{ now: Underway | null }>(() => ({ now: null }));

const MOMENT_MS = 300;
/** How often a running count is brought up to date. */
const COUNT_MS = 100;

let running = { done: 0, total: 0, began: 0, told: 0 };

function expectMany(more: number): void {
  const at = performance.now();
  if (running.total === 0) running = { done: 0, total: 0, began: at, told: at };
  running.total += more;
  underway.setState({ now: { done: running.done, total: running.total, shown: at - running.began > MOMENT_MS } });
}

function oneMore(): void {
  running.done += 1;
  const at = performance.now();
  if (running.done >= running.total) {
    running = { done: 0, total: 0, began: 0, told: 0 };
    underway.setState({ now: null });
  } else if (at - running.told > COUNT_MS) {
    running.told = at;
    underway.setState({ now: { done: running.done, total: running.total, shown: at - running.began > MOMENT_MS } });
  }
}

/** So many actions of a bulk are with the core at once: enough to keep it busy, few enough that others get between. */
const IN_FLIGHT = 4;

/**
 * Records several actions in their order, and shows, says and undoes them as one. What is refused holds up nothing else.
 * Resolves to the core's answers, in the order of the parts; null where one was refused.
 */
export async function performMany(desk: Desk, parts: readonly Part[], { done, notDone = [], left }: ManyOptions): Promise<(Recorded | null)[]> {
  const refusals: NotDone[] = [...notDone];
  if (parts.length > 0) expectMany(parts.length);
  const answers = await inOrder(parts, async ({ roomId, number, action }) => {
    try {
      return await desk.platform.act({ intentId: ulid(), roomId, action, since: null });
    } catch (thrown) {
      const error = asCommandError(thrown);
      // Of many, what was not done is told all the same, to whoever opens the desk again.
      metTheLock(error);
      refusals.push({ number, why: inFull(error), code: error.code });
      return null;
    } finally {
      oneMore();
    }
  });
  const events = parts.flatMap((part, at): RecordedEvent[] => {
    const acted = answers[at];
    return acted == null ? [] : [{ eventId: acted.eventId, roomId: part.roomId, number: part.number }];
  });
  const shown = events.length > 0 ? desk.refresh(["rooms"]) : Promise.resolve();
  const why = notDoneWords(refusals);
  const text = events.length === 0 ? t`Nothing was recorded` : t`${whichRooms(events)}: ${done}`;
  const isUndo = parts.every((part) => part.action.action === "undo");
  void shown.then(() => {
    const saved = events.length === 0 ? `${text}.` : t`${text}. Saved on this device.`;
    const urgency = events.length === 0 ? "assertive" : "polite";
    announce([saved, why, events.length === 0 ? "" : (left?.() ?? "")].filter(Boolean).join(" "), { urgency });
  });
  const codes = new Set(refusals.map((each) => each.code ?? ""));
  const [code = ""] = codes;
  const toast = showToast({
    tone: refusals.length > 0 ? "trouble" : "done",
    text: why === "" ? text : `${text}.`,
    ...(why === "" ? {} : { nextStep: why }),
    ...(codes.size === 1 && code !== "" ? { code } : {}),
    ...(events.length === 0 || isUndo ? {} : { offer: { label: t`Undo`, run: () => void undo(desk, events[0]?.eventId) } }),
  });
  if (events.length > 0 && !isUndo) canBeUndone({ events, toast });
  return answers;
}

/** Runs a few at a time, begun in order; two of one room never at once, because the later may stand on the earlier. */
async function inOrder<T>(parts: readonly Part[], run: (part: Part) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  const ofRoom = new Map<string, Promise<unknown>>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next; at < parts.length; at = next) {
      next += 1;
      const part = parts[at];
      if (part === undefined) return;
      const before = ofRoom.get(part.roomId);
      const mine = before === undefined ? run(part) : before.then(() => run(part));
      ofRoom.set(part.roomId, mine);
      // oxlint-disable-next-line no-await-in-loop
      answers[at] = await mine;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return answers;
}

function whichRooms(events: readonly RecordedEvent[]): string {
  const numbers = new Set(events.map((each) => each.number));
  const [only] = numbers;
  return numbers.size === 1 && only !== undefined ? t`Room ${iso(only)}` : workWord(events.length, numbers.size);
}

/** A line at the foot has room for so many reasons, and each of them for so many rooms. */
const REASONS_SHOWN = 3;
const ROOMS_SHOWN = 5;

/** "2 refused. 204, 305: The guest must not be disturbed." */
function notDoneWords(refusals: readonly NotDone[]): string {
  if (refusals.length === 0) return "";
  const byReason = new Map<string, string[]>();
  for (const { number, why } of refusals) byReason.set(why, [...(byReason.get(why) ?? []), number]);
  const reasons = [...byReason].map(([why, numbers]) => {
    const rooms = inAList(numbers.slice(0, ROOMS_SHOWN).map(iso));
    return numbers.length > ROOMS_SHOWN ? t`${rooms} and ${count(numbers.length - ROOMS_SHOWN)} more: ${why}` : `${rooms}: ${why}`;
  });
  const more = reasons.length - REASONS_SHOWN;
  const shown = reasons.slice(0, REASONS_SHOWN).join(" ");
  const refusedCount = count(refusals.length);
  return [t`${refusedCount} not done.`, shown, more > 0 ? t`And ${count(more)} more reasons.` : ""].filter(Boolean).join(" ");
}

interface Decided {
  eventId: string;
  roomId: string;
  number: string;
  /** Whether the other side was taken somewhere: that can be undone. */
  setAside: boolean;
}

/** Says that a conflict was decided, and offers to undo it where this desk's side was set aside. */
export function decided(desk: Desk, { eventId, roomId, number, setAside }: Decided): void {
  const text = t`Room ${iso(number)}: decided`;
  announce(t`${text}. Saved on this device.`);
  if (!setAside) {
    showToast({ tone: "done", text });
    return;
  }
  const toast = showToast({ tone: "done", text, offer: { label: t`Undo`, run: () => void undo(desk, eventId) } });
  canBeUndone({ events: [{ eventId, roomId, number }], toast });
}

/** Undoes what was recorded with this event, or what was recorded last. */
export async function undo(desk: Desk, eventId?: string): Promise<void> {
  if (underway.getState().now !== null) {
    announce(t`Not everything is recorded yet. Undo it when it is.`);
    return;
  }
  const { stack } = undoable.getState();
  const entry = eventId === undefined ? stack.at(-1) : stack.find((each) => each.events.some((event) => event.eventId === eventId));
  if (entry === undefined) {
    announce(t`There is nothing to undo.`);
    return;
  }
  if (entry.toast !== null) dismissToast(entry.toast);
  undoable.setState({ stack: stack.filter((each) => each !== entry) });
  const done = t`undone`;
  const back = entry.events.map(({ eventId: event, roomId, number }): Part => ({ roomId, number, action: { action: "undo", args: { event } } }));
  const [only] = back;
  if (back.length === 1 && only !== undefined) await perform(desk, only.roomId, only.action, { number: only.number, done });
  // The newest first, as they stand on each other.
  else await performMany(desk, back.toReversed(), { done });
}

/** Shows and says what went wrong, where the person is. */
export function report(error: CommandError): void {
  if (metTheLock(error)) return;
  showToast(troubleToast(error));
  announce(inFull(error), { urgency: "assertive" });
}

/** Runs a command whose failure is shown and said. */
export async function attempt<T>(command: () => Promise<T>): Promise<T | undefined> {
  try {
    return await command();
  } catch (thrown) {
    report(asCommandError(thrown));
    return undefined;
  }
}

/** Locks the desk, and shows it at once. */
export function lockDesk(desk: Desk): Promise<void> {
  return attempt(async () => {
    await desk.platform.lock();
    await desk.refresh(["session"]);
  });
}

export { ulid as newId };

/** Lets a room go on: what waits of it is sent. */
export async function letGoOn(desk: Desk, roomId: string, number: string): Promise<void> {
  const done = await attempt(async () => {
    await desk.platform.letGo(ulid(), roomId);
    return true;
  });
  if (done === true) announce(t`Room ${iso(number)} goes on. What waits of it is sent.`);
}
