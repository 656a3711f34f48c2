// What the front desk does to a room, in the order in which it is wanted. Whether it may be done is the core's to say.

import { t } from "@lingui/core/macro";
import type { Action, RackRoom } from "../../bindings/bindings";
import { may, type Duty } from "../../shared/duties";
import type { ShortcutId } from "../../shared/keys";

/** Verbs that ask something first. */
export type Ask = "claim" | "queue" | "note";

export interface Verb {
  id: string;
  label: string;
  /** What it is called once done. */
  done: string;
  /** What does it on the row. */
  shortcut?: ShortcutId;
  action?: Action;
  ask?: Ask;
}

/** What is recorded in the end by a verb that asks something first. */
const RECORDS: Readonly<Record<Ask, Duty>> = { claim: "claim", queue: "queue_guest", note: "note" };

export function verbsOf(room: RackRoom): Verb[] {
  return everyVerb(room).filter(({ action, ask }) => {
    const duty = action?.action ?? (ask === undefined ? undefined : RECORDS[ask]);
    return duty === undefined || may(duty);
  });
}

function everyVerb(room: RackRoom): Verb[] {
  const verbs: Verb[] = [];
  const vacant = room.occupancy === "vacant";
  if (room.claim !== null) verbs.push({ id: "release", label: t`Release`, done: t`released`, shortcut: "claim", action: { action: "release", args: {} } });
  else if (vacant && room.sellability.assignable) verbs.push({ id: "claim", label: t`Claim…`, done: "", shortcut: "claim", ask: "claim" });
  if (vacant) verbs.push({ id: "arrived", label: t`Guest has come, as told`, done: t`guest came, as told`, action: { action: "arrived", args: {} } });
  else verbs.push({ id: "departed", label: t`Guest has left, as told`, done: t`guest left, as told`, action: { action: "departed", args: {} } });
  if (room.waiting !== null) {
    verbs.push(
      { id: "leave-queue", label: t`Waits no more`, done: t`waits no more`, shortcut: "queue", action: { action: "leave_queue", args: {} } },
      { id: "queue", label: t`Change the time told…`, done: "", ask: "queue" },
    );
  } else if (room.arrival !== null) {
    verbs.push({ id: "queue", label: t`Guest waits…`, done: "", shortcut: "queue", ask: "queue" });
  }
  const rush = rushOf(room);
  if (rush !== null) verbs.push(rush);
  verbs.push(
    vacant
      ? { id: "seen-occupied", label: t`Seen occupied`, done: t`seen occupied`, action: { action: "see_occupancy", args: { occupancy: "occupied" } } }
      : { id: "seen-vacant", label: t`Seen vacant`, done: t`seen vacant`, action: { action: "see_occupancy", args: { occupancy: "vacant" } } },
    { id: "note", label: t`Note…`, done: "", ask: "note" },
  );
  return verbs;
}

function rushOf({ task }: RackRoom): Verb | null {
  if (task === null || !["ready", "in_progress", "paused"].includes(task.status)) return null;
  const rush = !task.rush;
  return {
    id: "rush",
    label: rush ? t`Rush` : t`Take back the rush`,
    done: rush ? t`marked as rush` : t`no longer a rush`,
    shortcut: "rush",
    action: { action: "set_priority", args: { task: task.taskId, priority: task.priority, rush } },
  };
}

/** The one thing most likely wanted next: give out what is ready, or hurry what somebody waits for. */
export function primaryVerb(room: RackRoom): Verb | null {
  const wanted = room.claim !== null ? "release" : room.safe.safe ? "claim" : room.arrival !== null && room.task?.rush === false ? "rush" : null;
  return verbsOf(room).find((verb) => verb.id === wanted) ?? null;
}

/** The verb of a shortcut, if the room has it now. */
export function verbOf(room: RackRoom, shortcut: ShortcutId): Verb | null {
  return verbsOf(room).find((verb) => verb.shortcut === shortcut) ?? null;
}
