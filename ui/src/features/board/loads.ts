// What each attendant was given today, and how far it is: in rooms and in credits. Added up from the tiles that the board
// holds, when somebody looks.

import type { StaffId, Tile } from "../../bindings/bindings";

export interface Load {
  /** Credits in all. */
  given: number;
  /** Credits of what is being worked or paused. */
  started: number;
  /** Credits of what is completed or inspected. */
  done: number;
  /** Credits of what is not completed. */
  left: number;
  /** Rooms in which something is not completed. */
  roomsLeft: number;
}

export const NO_LOAD: Load = { given: 0, started: 0, done: 0, left: 0, roomsLeft: 0 };

/** The load of everybody who has one; null stands for what nobody was given. */
export function loadsOf(tiles: Iterable<Tile>): ReadonlyMap<StaffId | null, Load> {
  const loads = new Map<StaffId | null, Load>();
  const open = new Map<StaffId | null, Set<string>>();
  for (const tile of tiles) {
    const { assignee, credits, status } = tile;
    let load = loads.get(assignee);
    if (load === undefined) {
      load = { ...NO_LOAD };
      loads.set(assignee, load);
      open.set(assignee, new Set());
    }
    load.given += credits;
    if (status === "completed" || status === "inspected") {
      load.done += credits;
    } else {
      load.left += credits;
      if (status !== "ready") load.started += credits;
      open.get(assignee)?.add(tile.roomId);
    }
  }
  for (const [assignee, load] of loads) load.roomsLeft = open.get(assignee)?.size ?? 0;
  return loads;
}
