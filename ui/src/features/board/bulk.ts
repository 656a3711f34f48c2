// What can be done to several tiles at once: the verbs of the day's work that at least one of them can take. What each
// of them means for one tile is said elsewhere; here it is counted, cheaply, because a whole lane may be selected.

import { t } from "@lingui/core/macro";
import type { Action, Priority, Tile } from "../../bindings/bindings";
import { may } from "../../shared/duties";
import { count } from "../../shared/fmt";
import type { ShortcutId } from "../../shared/keys";
import { moveTo, type MoveVerb } from "./moves";
import { isOpen, type Ask } from "./verbs";

export type BulkId = "start" | "resume" | "complete" | "inspect" | "reassign" | "rush-on" | "rush-off" | "high" | "normal" | "low" | "cancel";

export interface BulkVerb {
  id: BulkId;
  label: string;
  /** What they are called once done. */
  done: string;
  /** What does it where several tiles are selected. */
  shortcut?: ShortcutId;
  /** Those of the tiles that can take it. */
  tiles: readonly Tile[];
  action?: (tile: Tile) => Action;
  ask?: Ask;
  /** They go to another lane by it, or off the board: what was selected for it is done with. */
  leaves?: boolean;
}

export function roomsOf(tiles: readonly Tile[]): number {
  return new Set(tiles.map((tile) => tile.roomId)).size;
}

export function creditsOf(tiles: readonly Tile[]): number {
  return tiles.reduce((sum, tile) => sum + tile.credits, 0);
}

function setPriority({ taskId: task, priority, rush }: Tile, change: { priority?: Priority; rush?: boolean }): Action {
  return { action: "set_priority", args: { task, priority, rush, ...change } };
}

/** The verbs that at least one of the tiles can take, in the order of the work. */
export function bulkVerbs(tiles: readonly Tile[]): BulkVerb[] {
  const does = (to: "inProgress" | "clean" | "inspected", verb: MoveVerb) => (tile: Tile) => {
    const move = moveTo(tile, to);
    return move.kind === "act" && move.verb === verb;
  };
  const starts = does("inProgress", "start");
  const resumes = does("inProgress", "resume");
  const completes = does("clean", "complete");
  const passes = does("inspected", "pass");
  const open = tiles.filter(isOpen);
  const ranked = may("set_priority") ? open : [];
  const of = (fits: (tile: Tile) => boolean) => tiles.filter(fits);
  const verbs: BulkVerb[] = [
    { id: "start", label: t`Start`, done: t`started`, shortcut: "start", tiles: of((tile) => tile.status === "ready" && starts(tile)), action: ({ taskId: task }) => ({ action: "start", args: { task } }), leaves: true },
    { id: "resume", label: t`Resume`, done: t`resumed`, shortcut: "start", tiles: of((tile) => tile.status === "paused" && resumes(tile)), action: ({ taskId: task }) => ({ action: "resume", args: { task } }) },
    { id: "complete", label: t`Complete`, done: t`completed`, shortcut: "complete", tiles: of((tile) => (tile.status === "in_progress" || tile.status === "paused") && completes(tile)), action: ({ taskId: task }) => ({ action: "complete", args: { task } }), leaves: true },
    { id: "inspect", label: t`Inspect…`, done: "", shortcut: "inspect", tiles: of((tile) => tile.status === "completed" && passes(tile)), ask: "inspect", leaves: true },
    { id: "reassign", label: t`Assign to…`, done: "", shortcut: "assign", tiles: may("reassign") ? open : [], ask: "reassign" },
    { id: "rush-on", label: t`Rush`, done: t`marked as rush`, tiles: ranked.filter((tile) => !tile.rush), action: (tile) => setPriority(tile, { rush: true }) },
    { id: "rush-off", label: t`Take back the rush`, done: t`no longer a rush`, tiles: ranked.filter((tile) => tile.rush), action: (tile) => setPriority(tile, { rush: false }) },
    { id: "high", label: t`Priority: high`, done: t`priority high`, tiles: ranked.filter((tile) => tile.priority !== "high"), action: (tile) => setPriority(tile, { priority: "high" }) },
    { id: "normal", label: t`Priority: normal`, done: t`priority normal`, tiles: ranked.filter((tile) => tile.priority !== "normal"), action: (tile) => setPriority(tile, { priority: "normal" }) },
    { id: "low", label: t`Priority: low`, done: t`priority low`, tiles: ranked.filter((tile) => tile.priority !== "low"), action: (tile) => setPriority(tile, { priority: "low" }) },
    { id: "cancel", label: t`Cancel…`, done: "", tiles: may("cancel_task") ? open : [], ask: "cancel", leaves: true },
  ];
  return verbs.filter((verb) => verb.tiles.length > 0);
}

/** "Start", or "Start 9 of 12" where not all can. */
export function bulkLabel({ label, tiles }: Pick<BulkVerb, "label" | "tiles">, all: number): string {
  if (tiles.length === all) return label;
  const some = t`${count(tiles.length)} of ${count(all)}`;
  // A verb that asks something first says so at its end.
  return label.endsWith("…") ? `${label.slice(0, -1)} ${some}…` : `${label} ${some}`;
}
