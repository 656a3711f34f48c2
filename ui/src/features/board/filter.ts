// Which tiles the board shows, and what each lane adds up to.

import { t } from "@lingui/core/macro";
import { createStore } from "zustand/vanilla";
import type { Column, TaskId, Tile } from "../../bindings/bindings";
import { COLUMNS, type Lanes } from "../../data/board";
import { fold } from "../../shared/fmt";
import { NO_FILTER, UNASSIGNED, type BoardFilter, type TileState } from "../../shared/views";

/** Kept outside the view, so that a look at the Sync Center does not lose it. */
export const boardFilter = createStore<BoardFilter>(() => NO_FILTER);

export function isFiltering(filter: BoardFilter): boolean {
  return filter.section !== null || filter.attendant !== null || filter.query.trim() !== "" || finer(filter) > 0;
}

/** How much is chosen beyond section, attendant and room. */
export function finer({ floors, kinds, states }: BoardFilter): number {
  return floors.length + kinds.length + states.length;
}

export function isInState(tile: Tile, state: TileState): boolean {
  switch (state) {
    case "vip":
      return tile.guest?.vip === true || tile.arrival?.vip === true;
    case "rush":
      return tile.rush;
    case "dnd":
      return tile.flags.includes("do_not_disturb");
    case "cannotWork":
      return tile.cannotWork !== null;
    case "paused":
      return tile.status === "paused";
    case "rework":
      return tile.rework > 0;
    case "notSent":
      return tile.localState === "waiting" || tile.localState === "sending";
    case "look":
      return tile.localState === "failed" || tile.localState === "conflict" || tile.contested;
    case "onHold":
      return tile.onHold;
  }
}

export function stateWord(state: TileState): string {
  switch (state) {
    case "vip":
      return t`VIP`;
    case "rush":
      return t`Rush`;
    case "dnd":
      return t`Do not disturb`;
    case "cannotWork":
      return t`Cannot be worked`;
    case "paused":
      return t`Paused`;
    case "rework":
      return t`Rework`;
    case "notSent":
      return t`Not sent yet`;
    case "look":
      return t`Needs a look`;
    case "onHold":
      return t`On hold`;
  }
}

export function matches(tile: Tile, filter: BoardFilter, folded: string): boolean {
  if (filter.section !== null && tile.section !== filter.section) return false;
  if (filter.attendant === UNASSIGNED && tile.assignee !== null) return false;
  if (filter.attendant !== null && filter.attendant !== UNASSIGNED && tile.assignee !== filter.attendant) return false;
  if (filter.floors.length > 0 && !filter.floors.includes(tile.floor)) return false;
  if (filter.kinds.length > 0 && !filter.kinds.includes(tile.kind)) return false;
  if (filter.states.length > 0 && !filter.states.some((state) => isInState(tile, state))) return false;
  return folded === "" || fold(tile.number).startsWith(folded);
}

export function filterLanes(lanes: Lanes, tiles: ReadonlyMap<TaskId, Tile>, filter: BoardFilter): Lanes {
  if (!isFiltering(filter)) return lanes;
  const folded = fold(filter.query);
  const keep = (id: TaskId): boolean => {
    const tile = tiles.get(id);
    return tile !== undefined && matches(tile, filter, folded);
  };
  return {
    dirty: lanes.dirty.filter(keep),
    inProgress: lanes.inProgress.filter(keep),
    clean: lanes.clean.filter(keep),
    inspected: lanes.inspected.filter(keep),
  };
}

export interface LaneSum {
  tasks: number;
  credits: number;
  vacant: number;
  occupied: number;
  paused: number;
  cannotWork: number;
}

export const NO_SUM: LaneSum = { tasks: 0, credits: 0, vacant: 0, occupied: 0, paused: 0, cannotWork: 0 };

export function sumLane(ids: readonly TaskId[], tiles: ReadonlyMap<TaskId, Tile>): LaneSum {
  const sum: LaneSum = { tasks: ids.length, credits: 0, vacant: 0, occupied: 0, paused: 0, cannotWork: 0 };
  for (const id of ids) {
    const tile = tiles.get(id);
    if (tile === undefined) continue;
    sum.credits += tile.credits;
    if (tile.occupancy === "vacant") sum.vacant += 1;
    else sum.occupied += 1;
    if (tile.status === "paused") sum.paused += 1;
    if (tile.cannotWork !== null) sum.cannotWork += 1;
  }
  return sum;
}

/** The first tile, in board order, of the room that the typed digits begin. */
export function findRoom(
  lanes: Lanes,
  tiles: ReadonlyMap<TaskId, Tile>,
  typed: string,
): { column: Column; taskId: TaskId; index: number } | null {
  const folded = fold(typed);
  let best: { column: Column; taskId: TaskId; index: number; length: number } | null = null;
  for (const column of COLUMNS) {
    for (const [index, taskId] of lanes[column].entries()) {
      const number = fold(tiles.get(taskId)?.number ?? "");
      // "20" goes to room 20 before room 204.
      if (number.startsWith(folded) && (best === null || number.length < best.length)) {
        best = { column, taskId, index, length: number.length };
      }
    }
  }
  return best;
}
