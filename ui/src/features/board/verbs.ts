// What can be done to a tile from where it stands, in the order of the day's work. Whether it may be done is the core's
// to say: what it refuses comes back as a sentence.

import { t } from "@lingui/core/macro";
import type { Action, Tile } from "../../bindings/bindings";
import { may, type Duty } from "../../shared/duties";
import type { ShortcutId } from "../../shared/keys";

/** Verbs that ask something first. */
export type Ask = "reassign" | "inspect" | "fail" | "skip" | "cancel" | "note" | "hold" | "details";

export interface Verb {
  id: string;
  label: string;
  /** What it is called once done. */
  done: string;
  /** Has what waits of the room sent again. */
  letsGo?: boolean;
  /** What does it on a focused tile. */
  shortcut?: ShortcutId;
  action?: Action;
  ask?: Ask;
}

/** What is recorded in the end by a verb that asks something first. */
const RECORDS: Readonly<Partial<Record<Ask, Duty>>> = { reassign: "reassign", inspect: "inspect", fail: "inspect", skip: "inspect", cancel: "cancel_task", note: "note" };

function isTheirs({ action, ask }: Verb): boolean {
  const duty = action?.action ?? (ask === undefined ? undefined : RECORDS[ask]);
  return duty === undefined || may(duty);
}

export interface VerbGroup {
  id: string;
  label: string;
  verbs: Verb[];
}

function work(tile: Tile): Verb[] {
  const task = tile.taskId;
  const start: Verb = { id: "start", label: t`Start`, done: t`started`, shortcut: "start", action: { action: "start", args: { task } } };
  const pause: Verb = { id: "pause", label: t`Pause`, done: t`paused`, shortcut: "pause", action: { action: "pause", args: { task } } };
  const resume: Verb = { id: "resume", label: t`Resume`, done: t`resumed`, shortcut: "start", action: { action: "resume", args: { task } } };
  const complete: Verb = { id: "complete", label: t`Complete`, done: t`completed`, shortcut: "complete", action: { action: "complete", args: { task } } };
  switch (tile.status) {
    case "ready":
      return [start];
    case "in_progress":
      return [complete, pause];
    case "paused":
      return [resume, complete];
    case "completed":
      return [
        { id: "inspect", label: t`Inspect…`, done: "", shortcut: "inspect", ask: "inspect" },
        { id: "pass", label: t`Inspect: pass`, done: t`passed inspection`, action: { action: "inspect", args: { task, verdict: { result: "pass" } } } },
        { id: "fail", label: t`Inspect: fail…`, done: "", ask: "fail" },
        { id: "skip", label: t`Inspect: skip…`, done: "", ask: "skip" },
      ];
    case "inspected":
    case "cancelled":
      return [];
  }
}

export function isOpen(tile: Tile): boolean {
  return tile.status === "ready" || tile.status === "in_progress" || tile.status === "paused";
}

function planning(tile: Tile): Verb[] {
  if (!isOpen(tile)) return [];
  const task = tile.taskId;
  const verbs: Verb[] = [{ id: "reassign", label: t`Assign to…`, done: "", shortcut: "assign", ask: "reassign" }];
  const priority = (id: string, label: string, done: string, value: Tile["priority"], rush: boolean): Verb => ({
    id,
    label,
    done,
    action: { action: "set_priority", args: { task, priority: value, rush } },
  });
  verbs.push(
    tile.rush
      ? priority("rush-off", t`Take back the rush`, t`no longer a rush`, tile.priority, false)
      : priority("rush-on", t`Rush`, t`marked as rush`, tile.priority, true),
  );
  if (tile.priority !== "high") verbs.push(priority("high", t`Priority: high`, t`priority high`, "high", tile.rush));
  if (tile.priority !== "normal") verbs.push(priority("normal", t`Priority: normal`, t`priority normal`, "normal", tile.rush));
  if (tile.priority !== "low") verbs.push(priority("low", t`Priority: low`, t`priority low`, "low", tile.rush));
  verbs.push({ id: "cancel", label: t`Cancel this task…`, done: "", ask: "cancel" });
  return verbs;
}

function room(tile: Tile): Verb[] {
  const dnd = tile.flags.includes("do_not_disturb");
  const verbs: Verb[] = [];
  if (tile.occupancy === "occupied") {
    verbs.push(
      {
        id: "dnd",
        label: dnd ? t`Clear do not disturb` : t`Do not disturb`,
        done: dnd ? t`do not disturb cleared` : t`do not disturb set`,
        action: { action: "set_flag", args: { flag: "do_not_disturb", on: !dnd } },
      },
      { id: "departed", label: t`Guest has left, as told`, done: t`guest left, as told`, action: { action: "departed", args: {} } },
      { id: "seen-vacant", label: t`Seen vacant`, done: t`seen vacant`, action: { action: "see_occupancy", args: { occupancy: "vacant" } } },
    );
  } else {
    if (tile.arrival !== null) {
      verbs.push({ id: "arrived", label: t`Guest has come, as told`, done: t`guest came, as told`, action: { action: "arrived", args: {} } });
    }
    verbs.push({ id: "seen-occupied", label: t`Seen occupied`, done: t`seen occupied`, action: { action: "see_occupancy", args: { occupancy: "occupied" } } });
  }
  verbs.push({ id: "note", label: t`Note…`, done: "", ask: "note" });
  verbs.push(tile.onHold ? { id: "let-go", label: t`Let it go on`, done: "", letsGo: true } : { id: "hold", label: t`Put on hold…`, done: "", ask: "hold" });
  verbs.push({ id: "details", label: t`Details`, done: "", ask: "details" });
  return verbs;
}

/** The verbs of the tile as it stands, whosever they are. */
function everyGroup(tile: Tile): VerbGroup[] {
  return [
    { id: "work", label: t`Work`, verbs: work(tile) },
    { id: "planning", label: t`Planning`, verbs: planning(tile) },
    { id: "room", label: t`Room`, verbs: room(tile) },
  ];
}

export function verbGroups(tile: Tile): VerbGroup[] {
  return everyGroup(tile)
    .map((group) => ({ ...group, verbs: group.verbs.filter(isTheirs) }))
    .filter((group) => group.verbs.length > 0);
}

/** The one thing most likely wanted next. */
export function primaryVerb(tile: Tile): Verb | null {
  return work(tile).filter(isTheirs)[0] ?? null;
}

/** The verb of a shortcut, if the tile has it now. */
export function verbOf(tile: Tile, shortcut: ShortcutId): Verb | null {
  return verbGroups(tile).flatMap((group) => group.verbs).find((verb) => verb.shortcut === shortcut) ?? null;
}

/** Whether the tile has the verb of a shortcut now, and the role of whoever is working does not include it. */
export function isOthersVerb(tile: Tile, shortcut: ShortcutId): boolean {
  return everyGroup(tile).some((group) => group.verbs.some((verb) => verb.shortcut === shortcut && !isTheirs(verb)));
}
