// What a move to another lane means. A lane is where a task stands, so going there is a verb of the day's work: nothing
// is ever put into a lane by itself. Whether it may be done is the core's to say; this is what the screen can know before
// it asks, so that a lane that will refuse says why while the tile is still in the hand.

import { t } from "@lingui/core/macro";
import type { Action, Column, Tile } from "../../bindings/bindings";
import { COLUMNS } from "../../data/board";
import { may, mayNotWords } from "../../shared/duties";
import { count } from "../../shared/fmt";

/** What a lane stands for, as a verb on a task. */
export type MoveVerb = "start" | "resume" | "complete" | "pass" | "fail";

export type LaneMove =
  | { kind: "act"; verb: Exclude<MoveVerb, "fail">; action: Action }
  /** A reason is asked first. */
  | { kind: "ask"; verb: "fail" }
  | { kind: "refused"; why: string }
  /** It stands there already. */
  | { kind: "here" };

/** An out-of-order room is cleaned deeply and looked at before it comes back; nothing else happens in it. */
function isOutOfOrder(tile: Tile): boolean {
  return tile.sellability.kind === "out_of_order" && tile.kind !== "deep_clean" && tile.kind !== "check";
}

function refused(why: string): LaneMove {
  return { kind: "refused", why };
}

function work(tile: Tile, verb: Exclude<MoveVerb, "fail">): LaneMove {
  if (!may(verb === "pass" ? "inspect" : verb)) return refused(mayNotWords());
  if (isOutOfOrder(tile)) return refused(t`The room is out of order. Bring it back into service first.`);
  const task = tile.taskId;
  if (verb === "pass") return { kind: "act", verb, action: { action: "inspect", args: { task, verdict: { result: "pass" } } } };
  return { kind: "act", verb, action: { action: verb, args: { task } } };
}

export function moveTo(tile: Tile, to: Column): LaneMove {
  switch (tile.status) {
    case "ready":
      if (to === "dirty") return { kind: "here" };
      if (to === "clean") return refused(t`Start it first.`);
      if (to === "inspected") return refused(t`Start and complete it first.`);
      // Who is in a room already may finish; nobody goes in past the sign.
      if (tile.cannotWork === "doNotDisturb") return refused(t`The guest must not be disturbed. Clear the flag first, when the guest agrees.`);
      return work(tile, "start");
    case "in_progress":
      if (to === "inProgress") return { kind: "here" };
      if (to === "dirty") return refused(t`It was started already. Pause it instead.`);
      if (to === "inspected") return refused(t`Complete it first.`);
      return work(tile, "complete");
    case "paused":
      if (to === "dirty") return refused(t`It was started already. Leave it paused instead.`);
      if (to === "inspected") return refused(t`Complete it first.`);
      return work(tile, to === "clean" ? "complete" : "resume");
    case "completed":
      if (to === "clean") return { kind: "here" };
      if (to === "inProgress") return refused(t`It is completed already. Fail the inspection to have it done again.`);
      if (isOutOfOrder(tile)) return work(tile, "pass");
      if (to === "dirty") return may("inspect") ? { kind: "ask", verb: "fail" } : refused(mayNotWords());
      return work(tile, "pass");
    case "inspected":
      if (to === "inspected") return { kind: "here" };
      return refused(t`It is inspected already. Add a task if the room needs more work.`);
    case "cancelled":
      return refused(t`This task was cancelled. Add a task if the room needs work.`);
  }
}

export interface Refused {
  tile: Tile;
  why: string;
}

/** What becomes of some tiles that go to one lane together, in the order they were given. */
export interface MovePlan {
  to: Column;
  acts: readonly { tile: Tile; verb: MoveVerb; action: Action }[];
  /** A reason is asked first, one for all of them. */
  asks: readonly Tile[];
  refused: readonly Refused[];
}

export function planMove(tiles: readonly Tile[], to: Column): MovePlan {
  const acts: { tile: Tile; verb: MoveVerb; action: Action }[] = [];
  const asks: Tile[] = [];
  const refusals: Refused[] = [];
  for (const tile of tiles) {
    const move = moveTo(tile, to);
    if (move.kind === "act") acts.push({ tile, verb: move.verb, action: move.action });
    else if (move.kind === "ask") asks.push(tile);
    else if (move.kind === "refused") refusals.push({ tile, why: move.why });
  }
  return { to, acts, asks, refused: refusals };
}

/** What goes on a journey, and what stays. */
export function movable(plan: MovePlan): number {
  return plan.acts.length + plan.asks.length;
}

export function moveWord(verb: MoveVerb): string {
  switch (verb) {
    case "start":
      return t`Start`;
    case "resume":
      return t`Resume`;
    case "complete":
      return t`Complete`;
    case "pass":
      return t`Inspect: pass`;
    case "fail":
      return t`Inspect: fail…`;
  }
}

/** What letting go over the lane does: "Start", or "Start and resume 9 of 12" where some stay. Empty where nothing can go. */
export function planWords(plan: MovePlan, all: number): string {
  const goes = movable(plan);
  if (goes === 0) return "";
  const verbs = new Set<MoveVerb>([...plan.acts.map((each) => each.verb), ...(plan.asks.length > 0 ? ["fail" as const] : [])]);
  const [first = "", second] = [...verbs].map(moveWord);
  const what = second === undefined ? first : t`${first} or ${second}`;
  return goes === all ? what : t`${what} (${count(goes)} of ${count(all)})`;
}

/** Why nothing, or not everything, can go: each reason once. */
export function planReasons(plan: MovePlan): string[] {
  return [...new Set(plan.refused.map((each) => each.why))];
}

/** What a lane says while some tiles are held over it. */
export type Verdict =
  /** They came from here. */
  | { kind: "home" }
  | { kind: "goes"; words: string; reasons: readonly string[] }
  | { kind: "refused"; reasons: readonly string[] };

export function verdictOn(tiles: readonly Tile[], to: Column): Verdict {
  // Put back where it was taken from, nothing happens, not even to a paused task that could be resumed.
  if (tiles.every((tile) => tile.column === to)) return { kind: "home" };
  const plan = planMove(tiles, to);
  const reasons = planReasons(plan);
  return movable(plan) === 0 ? { kind: "refused", reasons } : { kind: "goes", words: planWords(plan, tiles.length), reasons };
}

/** The lane beside this one, in the order of the work. */
export function laneBeside(column: Column, step: 1 | -1): Column | null {
  return COLUMNS[COLUMNS.indexOf(column) + step] ?? null;
}
