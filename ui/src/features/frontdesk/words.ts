// What the front desk says of a room in one line.

import { t } from "@lingui/core/macro";
import type { RackRoom } from "../../bindings/bindings";
import { age, iso } from "../../shared/fmt";
import { kindWord, occupancyWord, statusWord } from "../../shared/words";

/** What is being done in the room, by whom, and for how long. */
export function doing(room: RackRoom, now: number): string {
  if (room.task === null) return "";
  const parts = [kindWord(room.task.kind), room.task.status === "ready" ? t`waits` : statusWord(room.task.status).toLowerCase()];
  if (room.task.rush) parts.push(t`rush`);
  if (room.task.status !== "inspected") parts.push(room.task.assignee === null ? t`nobody assigned` : iso(room.task.assignee));
  if (room.task.startedAt !== null && room.task.status === "in_progress") parts.push(age(room.task.startedAt, now));
  return parts.join(" · ");
}

/** A discrepancy always says both sides. */
export function bothSides(room: RackRoom): string {
  const office = occupancyWord(room.occupancy).toLowerCase();
  const seen = occupancyWord(room.hkOccupancy ?? room.occupancy).toLowerCase();
  return t`Front desk: ${office} / Housekeeping: ${seen}`;
}
