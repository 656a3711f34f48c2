// Recording what a person did. The core answers in milliseconds, with the thing on disk: there is no optimistic state
// here to be taken back, only the question, the answer, and a look at what changed.

import { t } from "@lingui/core/macro";
import { ulid } from "ulid";
import { createStore } from "zustand/vanilla";
import type { Acted, Action, CommandError } from "../bindings/bindings";
import { asCommandError } from "../platform/platform";
import { announce } from "../shared/announcer";
import { iso } from "../shared/fmt";
import { dismissToast, showToast, troubleToast } from "../shared/toasts";
import type { Desk } from "./desk";
import { began, landed, refused } from "./probe";

/** The newest recorded action that can still be undone from here, newest last. */
interface Recorded {
  eventId: string;
  roomId: string;
  number: string;
  toast: number;
}

const UNDO_DEPTH = 50;
export const undoable = createStore<{ stack: readonly Recorded[] }>(() => ({ stack: [] }));

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
export async function perform(desk: Desk, roomId: string, action: Action, options: PerformOptions): Promise<Acted | null> {
  if (options.from !== undefined) began(roomId, action.action, options.from);
  try {
    const acted = await desk.platform.act({ intentId: ulid(), roomId, action });
    landed(roomId, acted.revision);
    const shown = desk.refresh(["rooms"]);
    const text = t`Room ${iso(options.number)}: ${options.done}`;
    void shown.then(() => announce([t`${text}. Saved on this device.`, options.left?.() ?? ""].join(" ").trim()));
    if (action.action === "undo") {
      showToast({ tone: "done", text });
    } else {
      const toast = showToast({
        tone: "done",
        text,
        offer: { label: t`Undo`, run: () => void undo(desk, acted.eventId) },
      });
      const entry: Recorded = { eventId: acted.eventId, roomId, number: options.number, toast };
      undoable.setState({ stack: [...undoable.getState().stack, entry].slice(-UNDO_DEPTH) });
    }
    return acted;
  } catch (thrown) {
    refused(roomId);
    report(asCommandError(thrown));
    return null;
  }
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
  undoable.setState({ stack: [...undoable.getState().stack, { eventId, roomId, number, toast }].slice(-UNDO_DEPTH) });
}

/** Undoes one recorded action, or the newest. */
export async function undo(desk: Desk, eventId?: string): Promise<void> {
  const { stack } = undoable.getState();
  const entry = eventId === undefined ? stack.at(-1) : stack.find((each) => each.eventId === eventId);
  if (entry === undefined) {
    announce(t`There is nothing to undo.`);
    return;
  }
  dismissToast(entry.toast);
  undoable.setState({ stack: stack.filter((each) => each !== entry) });
  const action: Action = { action: "undo", args: { event: entry.eventId } };
  await perform(desk, entry.roomId, action, { number: entry.number, done: t`undone` });
}

/** Shows and says what went wrong, where the person is. */
export function report(error: CommandError): void {
  showToast(troubleToast(error));
  announce(`${error.message} ${error.nextStep}`.trim(), { urgency: "assertive" });
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

export { ulid as newId };

/** Lets a room go on: what waits of it is sent. */
export async function letGoOn(desk: Desk, roomId: string, number: string): Promise<void> {
  const done = await attempt(async () => {
    await desk.platform.letGo(ulid(), roomId);
    return true;
  });
  if (done === true) announce(t`Room ${iso(number)} goes on. What waits of it is sent.`);
}
