// The tiles that a person picked out to do something with together. Kept by task and outside the view: a look at the
// Sync Center does not lose it, and a tile asks only whether it is in it.

import { createStore } from "zustand/vanilla";
import type { TaskId, Tile } from "../../bindings/bindings";
import { COLUMNS, type Lanes } from "../../data/board";

export interface Selection {
  ids: ReadonlySet<TaskId>;
  /** Where a range begins. */
  anchor: TaskId | null;
  /** What was selected before the range that is being drawn, and stays so when it shrinks. */
  base: ReadonlySet<TaskId>;
}

const NONE: Selection = { ids: new Set(), anchor: null, base: new Set() };

export const selection = createStore<Selection>(() => NONE);

export function clearSelection(): void {
  if (selection.getState().ids.size > 0) selection.setState(NONE);
}

export function isSelected(id: TaskId): boolean {
  return selection.getState().ids.has(id);
}

/** Takes a tile in or out; ranges begin at it. */
export function toggleSelected(id: TaskId): void {
  const ids = new Set(selection.getState().ids);
  if (!ids.delete(id)) ids.add(id);
  selection.setState({ ids, anchor: id, base: ids });
}

/** Draws a range in a lane, from where ranges begin to here. Where they begin in another lane, it begins at `from`. */
export function extendSelection(lane: readonly TaskId[], from: TaskId, to: TaskId): void {
  const { anchor, base, ids } = selection.getState();
  const begins = anchor !== null && lane.includes(anchor) ? anchor : from;
  const before = begins === anchor ? base : ids;
  const [a, b] = [lane.indexOf(begins), lane.indexOf(to)];
  if (a < 0 || b < 0) return;
  const range = lane.slice(Math.min(a, b), Math.max(a, b) + 1);
  selection.setState({ ids: new Set([...before, ...range]), anchor: begins, base: before });
}

export function selectAll(lane: readonly TaskId[]): void {
  const ids = new Set([...selection.getState().ids, ...lane]);
  selection.setState({ ids, anchor: lane[0] ?? null, base: ids });
}

/** Leaves only what fits: what left the board leaves the selection. */
export function retainSelected(keep: (id: TaskId) => boolean): void {
  const { ids, anchor, base } = selection.getState();
  const kept = new Set([...ids].filter(keep));
  if (kept.size === ids.size) return;
  if (kept.size === 0) clearSelection();
  else selection.setState({ ids: kept, anchor: anchor !== null && keep(anchor) ? anchor : null, base: new Set([...base].filter(keep)) });
}

/** The selected tiles in the order of the board, whether or not a filter shows them. */
export function selectedTiles(ids: ReadonlySet<TaskId>, lanes: Lanes, tiles: ReadonlyMap<TaskId, Tile>): Tile[] {
  if (ids.size === 0) return [];
  return COLUMNS.flatMap((column) => lanes[column].filter((id) => ids.has(id)).flatMap((id) => tiles.get(id) ?? []));
}
