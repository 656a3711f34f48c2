// Where the focus goes when the board changes under it. Never to the page's body.

import type { Column, TaskId } from "../../bindings/bindings";
import { COLUMNS, type Lanes } from "../../data/board";

export interface TileFocus {
  column: Column;
  taskId: TaskId;
  /** Its place in the lane when last seen. */
  index: number;
}

export type NextFocus = { kind: "same" } | { kind: "tile"; focus: TileFocus } | { kind: "lane"; column: Column };

/** What moved the tile: a person's verb on it, a person who took it to another lane, or something from elsewhere. */
export type Mover = "verb" | "move" | "remote";

/**
 * After a verb the focus stays at the same place in the same lane (the next room to work), on the last tile if that was
 * the last, on the lane's heading if the lane is empty. After a move, and after a change from elsewhere, it follows the
 * tile; if the tile is nowhere any more, the rule for verbs holds.
 * `before` is what the lanes were: where several tiles left together, the same place is the next one of those that stay.
 */
export function nextFocus(focus: TileFocus, lanes: Lanes, mover: Mover, before?: Lanes): NextFocus {
  const lane = lanes[focus.column];
  const index = lane.indexOf(focus.taskId);
  if (index >= 0) {
    return index === focus.index ? { kind: "same" } : { kind: "tile", focus: { ...focus, index } };
  }
  if (mover !== "verb") {
    for (const column of COLUMNS) {
      const there = lanes[column].indexOf(focus.taskId);
      if (there >= 0) return { kind: "tile", focus: { column, taskId: focus.taskId, index: there } };
    }
  }
  const following = before?.[focus.column].slice(focus.index + 1) ?? [];
  const stays = following.length === 0 ? undefined : nearest(following, lane);
  const at = stays ?? Math.min(focus.index, lane.length - 1);
  const taskId = lane[at];
  if (taskId === undefined) return { kind: "lane", column: focus.column };
  return { kind: "tile", focus: { column: focus.column, taskId, index: at } };
}

/** The place of the first of these tiles that still is in the lane. */
function nearest(ids: readonly TaskId[], lane: readonly TaskId[]): number | undefined {
  const places = new Map(lane.map((id, at) => [id, at]));
  for (const id of ids) {
    const at = places.get(id);
    if (at !== undefined) return at;
  }
  return undefined;
}

export type Move = "up" | "down" | "pageUp" | "pageDown" | "home" | "end" | "first" | "last" | "laneBefore" | "laneAfter";

/** Where an arrow or page key leads. Null where there is nowhere to go. */
export function moveFocus(focus: TileFocus, lanes: Lanes, move: Move, page: number): TileFocus | null {
  const lane = lanes[focus.column];
  const to = (column: Column, index: number): TileFocus | null => {
    const ids = lanes[column];
    const at = Math.max(0, Math.min(index, ids.length - 1));
    const taskId = ids[at];
    return taskId === undefined ? null : { column, taskId, index: at };
  };
  switch (move) {
    case "up":
      return to(focus.column, focus.index - 1);
    case "down":
      return to(focus.column, focus.index + 1);
    case "pageUp":
      return to(focus.column, focus.index - page);
    case "pageDown":
      return to(focus.column, focus.index + page);
    case "home":
      return to(focus.column, 0);
    case "end":
      return to(focus.column, lane.length - 1);
    case "first": {
      const column = COLUMNS.find((each) => lanes[each].length > 0);
      return column === undefined ? null : to(column, 0);
    }
    case "last": {
      const column = COLUMNS.findLast((each) => lanes[each].length > 0);
      return column === undefined ? null : to(column, lanes[column].length - 1);
    }
    case "laneBefore":
    case "laneAfter": {
      const step = move === "laneBefore" ? -1 : 1;
      for (let at = COLUMNS.indexOf(focus.column) + step; at >= 0 && at < COLUMNS.length; at += step) {
        const column = COLUMNS[at];
        if (column !== undefined && lanes[column].length > 0) return to(column, focus.index);
      }
      return null;
    }
  }
}

/** Which way an arrow key leads: as the eye sees it, so mirrored where text runs from right to left. */
export function moveOfKey(key: string, ctrl: boolean, rtl: boolean): Move | null {
  switch (key) {
    case "ArrowUp":
      return "up";
    case "ArrowDown":
      return "down";
    case "ArrowLeft":
      return rtl ? "laneAfter" : "laneBefore";
    case "ArrowRight":
      return rtl ? "laneBefore" : "laneAfter";
    case "PageUp":
      return "pageUp";
    case "PageDown":
      return "pageDown";
    case "Home":
      return ctrl ? "first" : "home";
    case "End":
      return ctrl ? "last" : "end";
    default:
      return null;
  }
}
