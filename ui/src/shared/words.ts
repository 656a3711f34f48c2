// The trade's words for every value that the desk knows. One place, so that the board, the front desk and the details
// of a room never call the same thing by two names.

import { plural, t } from "@lingui/core/macro";
import type {
  CannotWork,
  Cleanliness,
  Column,
  LocalState,
  Occupancy,
  OutboxState,
  Priority,
  Role,
  Rung,
  SellabilityKind,
  ServiceFlag,
  Stay,
  TaskKind,
  TaskStatus,
  WaitingShown,
} from "../bindings/bindings";
import { age, clock, count, time } from "./fmt";

/** The parts of a list after each other, joined as the language does it; empty ones are left out. */
export function inAList(parts: readonly string[]): string {
  const said = parts.filter(Boolean);
  return said.length === 0 ? "" : said.reduce((list, next) => t({ message: `${list}, ${next}`, context: "one more part of a list" }));
}

/** What a button is called: by what is written on it, so that whoever speaks to the computer can say it, and then by what
 * it is about. */
export function buttonName(written: string, ...about: string[]): string {
  return [written, ...about].join(": ");
}

export function kindWord(kind: TaskKind): string {
  switch (kind) {
    case "departure":
      return t`Departure clean`;
    case "stayover":
      return t`Stayover`;
    case "turnover":
      return t`Turnover`;
    case "linen":
      return t`Linen change`;
    case "pickup":
      return t`Pickup`;
    case "turndown":
      return t`Turndown`;
    case "check":
      return t`Check`;
    case "inspection":
      return t`Inspection`;
    case "deep_clean":
      return t`Deep clean`;
  }
}

export function statusWord(status: TaskStatus): string {
  switch (status) {
    case "ready":
      return t`Dirty`;
    case "in_progress":
      return t`In progress`;
    case "paused":
      return t`Paused`;
    case "completed":
      return t`Clean`;
    case "inspected":
      return t`Inspected`;
    case "cancelled":
      return t`Cancelled`;
  }
}

export function columnWord(column: Column): string {
  switch (column) {
    case "dirty":
      return t`Dirty`;
    case "inProgress":
      return t`In progress`;
    case "clean":
      return t`Clean`;
    case "inspected":
      return t`Inspected`;
  }
}

export function cleanlinessWord(cleanliness: Cleanliness): string {
  switch (cleanliness) {
    case "dirty":
      return t`Dirty`;
    case "pickup":
      return t`Pickup`;
    case "clean":
      return t`Clean`;
    case "inspected":
      return t`Inspected`;
  }
}

export function occupancyWord(occupancy: Occupancy): string {
  return occupancy === "vacant" ? t`Vacant` : t`Occupied`;
}

export function stayWord(stay: Stay): string {
  switch (stay) {
    case "not_reserved":
      return t`Not reserved`;
    case "arrival":
      return t`Arrival`;
    case "arrived":
      return t`Arrived`;
    case "stayover":
      return t`Stayover`;
    case "due_out":
      return t`Due out`;
    case "departed":
      return t`Departed`;
    case "turnover":
      return t`Due out, then arrival`;
    case "day_use":
      return t`Day use`;
  }
}

export function priorityWord(priority: Priority): string {
  switch (priority) {
    case "low":
      return t`Low`;
    case "normal":
      return t`Normal`;
    case "high":
      return t`High`;
    case "urgent":
      return t`Urgent`;
  }
}

export function sellabilityWord(kind: SellabilityKind): string {
  switch (kind) {
    case "in_service":
      return t`In service`;
    case "out_of_service":
      return t`Out of service`;
    case "out_of_order":
      return t`Out of order`;
  }
}

export function flagWord(flag: ServiceFlag): string {
  switch (flag) {
    case "do_not_disturb":
      return t`Do not disturb`;
    case "make_up_room":
      return t`Make up room`;
    case "no_service":
      return t`No service`;
    case "refused":
      return t`Service refused`;
    case "double_lock":
      return t`Double lock`;
  }
}

export function cannotWorkWord(why: CannotWork): string {
  switch (why) {
    case "doNotDisturb":
      return t`Do not disturb`;
    case "outOfOrder":
      return t`Out of order`;
    case "refused":
      return t`Service refused`;
    case "noService":
      return t`No service`;
    case "doubleLock":
      return t`Double lock`;
  }
}

export function localStateWord(state: LocalState): string {
  switch (state) {
    case "server":
      return t`Synced`;
    case "waiting":
      return t`Saved here`;
    case "sending":
      return t`On its way`;
    case "failed":
      return t`Needs a look`;
    case "conflict":
      return t`Conflict`;
  }
}

export function outboxStateWord(state: OutboxState): string {
  switch (state) {
    case "pending":
      return t`Pending`;
    case "syncing":
      return t`Sending`;
    case "synced":
      return t`Synced`;
    case "failed":
      return t`Failed`;
    case "conflict":
      return t`Conflict`;
    case "held":
      return t`Blocked`;
    case "settled":
      return t`Settled`;
    case "discarded":
      return t`Discarded`;
  }
}

export function roleWord(role: Role): string {
  switch (role) {
    case "lead":
      return t`Housekeeping lead`;
    case "inspector":
      return t`Inspector`;
    case "front_desk":
      return t`Front desk`;
    case "manager":
      return t`Manager`;
    case "auditor":
      return t`Auditor`;
    case "attendant":
      return t`Attendant`;
  }
}

/** Why a room cannot be given out, from its stable code. A code this build does not know is shown as it is. */
export function notSafeWord(code: string): string {
  switch (code) {
    case "dirty":
      return t`Not clean yet`;
    case "not_inspected":
      return t`Waits for inspection`;
    case "occupied":
      return t`Occupied`;
    case "claimed":
      return t`Claimed`;
    case "not_assignable":
      return t`Not to be assigned`;
    case "conflict":
      return t`A conflict is open`;
    case "contested":
      return t`Another desk disagrees`;
    case "check_open":
      return t`Somebody was sent to look`;
    case "discrepancy":
      return t`Discrepancy`;
    case "work_in_progress":
      return t`Somebody is working in it`;
    case "unsent_failure":
      return t`A change was not accepted`;
    case "unreadable":
      return t`Update this desk to read it`;
    case "stale":
      return t`Knowledge is too old`;
    default:
      return code;
  }
}

/** Why a task stands where it stands on the board. */
export function rungWord(rung: Rung): string {
  switch (rung) {
    case "vip_waits":
      return t`First of all: a VIP guest waits at the front desk for this room.`;
    case "guest_waits":
      return t`Near the top: a guest waits at the front desk for this room.`;
    case "type_waited_for":
      return t`High up: a guest waits at the front desk for a room of this type.`;
    case "rush":
      return t`High up: somebody asked for it now.`;
    case "urgent":
      return t`High up: it was set to urgent.`;
    case "vip_soon":
      return t`Vacant, and a VIP guest is due within the hour.`;
    case "arrival_soon":
      return t`Vacant, and a guest is due within the hour.`;
    case "vip_arrival":
      return t`Vacant, and a VIP guest is due today.`;
    case "arrival":
      return t`Vacant, and a guest is due today; the earliest first.`;
    case "vacant_high":
      return t`Vacant, nobody is due, priority high.`;
    case "vacant":
      return t`Vacant, and nobody is due.`;
    case "stayover_first":
      return t`The guest stays: a VIP, or priority high.`;
    case "stayover":
      return t`The guest stays. Vacant rooms come before.`;
    case "due_out_high":
      return t`The guest leaves today and has not left yet; first of those.`;
    case "due_out":
      return t`The guest leaves today and has not left yet.`;
    case "cannot_work":
      return t`Last: nobody can work there now.`;
  }
}

export function persons(n: number): string {
  return plural(n, { one: "# person", other: "# persons" });
}

export function creditsWord(n: number): string {
  const shown = count(n);
  return plural(n, { one: `${shown} credit`, other: `${shown} credits` });
}

/** For how long a guest waits, and what they were told. */
export function waitingWords(waiting: WaitingShown, now: number): string {
  const since = t`since ${time(waiting.since)} (${age(waiting.since, now)})`;
  return waiting.promised === null ? since : t`${since}, told ${clock(waiting.promised)}`;
}

export function tasksWord(n: number): string {
  const shown = count(n);
  return plural(n, { one: `${shown} task`, other: `${shown} tasks` });
}

/** How much work is meant: "12 rooms", or "13 tasks in 12 rooms" where a room has more than one. */
export function workWord(tasks: number, rooms: number): string {
  const shown = count(rooms);
  const inRooms = plural(rooms, { one: `${shown} room`, other: `${shown} rooms` });
  if (tasks === rooms) return inRooms;
  const work = count(tasks);
  return plural(tasks, { one: `${work} task in ${inRooms}`, other: `${work} tasks in ${inRooms}` });
}
