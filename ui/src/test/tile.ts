import type { BoardDelta, Standing, Tile } from "../bindings/bindings";

/** A tile with everything ordinary, for tests that care about one thing. */
export function tile(change: Partial<Tile> & { number: string }): Tile {
  return {
    taskId: `t-${change.number}`,
    roomId: change.number,
    floor: "1",
    section: "1A",
    roomType: "DBL",
    kind: "departure",
    status: "ready",
    column: "dirty",
    assignee: null,
    credits: 3,
    priority: "normal",
    rush: false,
    startedAt: null,
    completedAt: null,
    rework: 0,
    reworkReason: null,
    note: null,
    cleanliness: "dirty",
    occupancy: "vacant",
    stay: "departed",
    guest: null,
    arrival: null,
    flags: [],
    dndSince: null,
    sellability: { kind: "in_service", deducts_inventory: false, assignable: true },
    cannotWork: null,
    localState: "server",
    contested: false,
    onHold: false,
    waiting: null,
    standing: { rank: 0, rung: "vacant" },
    ifTypeWaited: null,
    ifSoon: null,
    ...change,
  };
}

export function everything(revision: number, tiles: Tile[]): BoardDelta {
  return { revision, full: true, rooms: tiles.map((each) => each.roomId), tiles };
}

export function changed(revision: number, tiles: Tile[], rooms = tiles.map((each) => each.roomId)): BoardDelta {
  return { revision, full: false, rooms, tiles };
}

/** A place in the order. */
export function standing(rank: number, rung: Standing["rung"] = "vacant"): Standing {
  return { rank, rung };
}
