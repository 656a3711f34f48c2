// What the role of whoever is working does not include. The core refuses it in any case; here it is known before anything
// is asked, so that nobody is offered what they may not do.

import { t } from "@lingui/core/macro";
import type { Action } from "../bindings/bindings";

/** What roles tell apart: actions on rooms and tasks, deciding a conflict, and giving something up. */
export type Duty = Action["action"] | "resolve" | "discard";

let mayNot: ReadonlySet<string> = new Set();

export function configureDuties(names: readonly string[]): void {
  mayNot = new Set(names);
}

export function may(duty: Duty): boolean {
  return !mayNot.has(duty);
}

/** Whether an action may be recorded. Saying that a room is inspected passes it. */
export function mayDo(action: Action): boolean {
  const passes = action.action === "set_room_status" && action.args.cleanliness === "inspected";
  return may(action.action) && (!passes || may("inspect"));
}

/** Every action that somebody can record. */
const ACTIONS: Readonly<Record<Exclude<Action["action"], "undo" | "begin_day">, true>> = {
  start: true, pause: true, resume: true, complete: true, set_room_status: true, see_occupancy: true, set_flag: true, note: true, reassign: true, add_task: true, cancel_task: true,
  set_priority: true, inspect: true, set_sellability: true, departed: true, arrived: true, claim: true, release: true, queue_guest: true, leave_queue: true,
};

/** Whether the role includes anything that can be recorded: an auditor looks on. */
export function mayRecord(): boolean {
  return Object.keys(ACTIONS).some((action) => !mayNot.has(action));
}

export function mayNotWords(): string {
  return t`Your role does not include this.`;
}
