// The board as this window holds it: a projection of what the core has, brought up to date by asking for what changed
// since the revision it holds. Tiles are kept by id so that one tile's change renders one tile; the order of each lane
// is kept sorted, never sorted anew for a single change.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { BoardDelta, Column, RoomId, Standing, TaskId, Tile } from "../bindings/bindings";

export const COLUMNS: readonly Column[] = ["dirty", "inProgress", "clean", "inspected"];

export type Lanes = Readonly<Record<Column, readonly TaskId[]>>;

export interface BoardState {
  /** The revision held; null before the first answer. */
  revision: number | null;
  /** Every tile by task. The map is changed in place; a tile that changed is a new object. */
  tiles: ReadonlyMap<TaskId, Tile>;
  /** The tasks of each column in order. An array is replaced only when its own order changed. */
  lanes: Lanes;
  /** Grows with every delta that was applied. */
  stamp: number;
  /** Every section there is, in order. */
  sections: readonly string[];
  /** Every floor there is, in order. */
  floors: readonly string[];
}

export interface BoardStore extends StoreApi<BoardState> {
  /** Takes a delta in. Held back while something holds the board still. */
  apply: (delta: BoardDelta) => void;
  /** Holds the board still, so that nothing moves under a pressed pointer; the returned function lets go. */
  hold: () => () => void;
  /** Lets the clock say whose guest is due within the hour by now (milliseconds). */
  tick: (now: number) => void;
  /** Where a task stands now, and why. */
  standing: (taskId: TaskId) => Standing | undefined;
}

/** A room number as a key that compares in corridor order: runs of digits padded to one width. */
export function roomKey(number: string): string {
  return number.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(8, "0"));
}

function emptyLanes(): Record<Column, TaskId[]> {
  return { dirty: [], inProgress: [], clean: [], inspected: [] };
}

/** Above this many changed rooms a lane is sorted once instead of being searched for every room. */
const RESORT_ABOVE = 64;

export function createBoardStore(): BoardStore {
  const tiles = new Map<TaskId, Tile>();
  const byRoom = new Map<RoomId, TaskId[]>();
  const keys = new Map<string, string>();
  // Where each task stands, what is true of other rooms and of the clock taken into account.
  const standings = new Map<TaskId, Standing>();
  // The rooms that a guest waits for, by their type.
  const waitedFor = new Map<string, Set<RoomId>>();
  // Tasks that will stand elsewhere when their time comes.
  const later = new Map<TaskId, number>();
  let clock = Date.now();
  const sections = new Set<string>();
  const floors = new Set<string>();

  const key = (number: string): string => {
    let made = keys.get(number);
    if (made === undefined) {
      made = roomKey(number);
      keys.set(number, made);
    }
    return made;
  };

  const compare = (a: TaskId, b: TaskId): number => {
    const x = tiles.get(a);
    const y = tiles.get(b);
    if (x === undefined || y === undefined) return 0;
    const rank = (standings.get(a)?.rank ?? 0) - (standings.get(b)?.rank ?? 0);
    if (rank !== 0) return rank;
    const kx = key(x.number);
    const ky = key(y.number);
    if (kx !== ky) return kx < ky ? -1 : 1;
    return a < b ? -1 : a > b ? 1 : 0;
  };

  const store = createStore<BoardState>(() => ({
    revision: null,
    tiles,
    lanes: emptyLanes(),
    sections: [],
    floors: [],
    stamp: 0,
  }));

  /** Of the places that a tile could have now, the highest. */
  const place = (tile: Tile): Standing => {
    let best = tile.standing;
    if (tile.ifTypeWaited !== null && waitedFor.has(tile.roomType) && tile.ifTypeWaited.rank < best.rank) best = tile.ifTypeWaited;
    if (tile.ifSoon !== null && Date.parse(tile.ifSoon.from) <= clock && tile.ifSoon.standing.rank < best.rank) best = tile.ifSoon.standing;
    return best;
  };

  const waits = (tile: Tile, on: boolean): void => {
    const rooms = waitedFor.get(tile.roomType) ?? new Set<RoomId>();
    if (on) rooms.add(tile.roomId);
    else rooms.delete(tile.roomId);
    if (rooms.size > 0) waitedFor.set(tile.roomType, rooms);
    else waitedFor.delete(tile.roomType);
  };

  const add = (tile: Tile): void => {
    tiles.set(tile.taskId, tile);
    standings.set(tile.taskId, place(tile));
    const soon = tile.ifSoon === null ? 0 : Date.parse(tile.ifSoon.from);
    if (soon > clock) later.set(tile.taskId, soon);
    else later.delete(tile.taskId);
    if (tile.section !== "") sections.add(tile.section);
    if (tile.floor !== "") floors.add(tile.floor);
    const ids = byRoom.get(tile.roomId);
    if (ids === undefined) byRoom.set(tile.roomId, [tile.taskId]);
    else ids.push(tile.taskId);
  };

  const takeAll = (delta: BoardDelta): Lanes => {
    for (const kept of [tiles, byRoom, sections, floors, standings, waitedFor, later]) kept.clear();
    const lanes = emptyLanes();
    for (const tile of delta.tiles) if (tile.waiting !== null) waits(tile, true);
    for (const tile of delta.tiles) {
      add(tile);
      lanes[tile.column].push(tile.taskId);
    }
    for (const column of COLUMNS) lanes[column].sort(compare);
    return lanes;
  };

  const takeRooms = (delta: BoardDelta, lanes: Lanes): Lanes => {
    const rooms = new Set<RoomId>([...delta.rooms, ...delta.tiles.map((tile) => tile.roomId)]);
    const gone = new Map<TaskId, Tile>();
    for (const room of rooms) {
      for (const id of byRoom.get(room) ?? []) {
        const tile = tiles.get(id);
        if (tile !== undefined) gone.set(id, tile);
      }
    }
    const come = new Map(delta.tiles.map((tile) => [tile.taskId, tile]));
    const typesBefore = new Set(waitedFor.keys());
    for (const tile of gone.values()) waits(tile, false);
    for (const tile of delta.tiles) if (tile.waiting !== null) waits(tile, true);
    // A guest who waits lifts every room of the type, and whoever is helped lets them down again.
    const isOtherNow = (type: string) => typesBefore.has(type) !== waitedFor.has(type);
    const types = new Set([...typesBefore, ...waitedFor.keys()].filter(isOtherNow));
    const lifted = types.size === 0 ? [] : [...tiles.values()].filter((tile) => types.has(tile.roomType) && tile.ifTypeWaited !== null && !gone.has(tile.taskId));
    // A tile that keeps its place in its lane leaves the lane's array alone.
    const moves = (id: TaskId): boolean => {
      const before = gone.get(id);
      const after = come.get(id);
      return (
        before === undefined ||
        after === undefined ||
        before.column !== after.column ||
        standings.get(id)?.rank !== place(after).rank ||
        before.number !== after.number
      );
    };
    const leaving = [...[...gone.values()].filter((tile) => moves(tile.taskId)), ...lifted];
    const entering = [...delta.tiles.filter((tile) => moves(tile.taskId)), ...lifted];
    return moved(lanes, leaving, entering, () => {
      for (const room of rooms) byRoom.delete(room);
      for (const id of gone.keys()) {
        if (come.has(id)) continue;
        for (const kept of [tiles, standings, later]) kept.delete(id);
      }
      for (const tile of delta.tiles) add(tile);
      for (const tile of lifted) standings.set(tile.taskId, place(tile));
    });
  };

  /** The lanes with some tiles taken out, and put in again where they belong after the change. */
  const moved = (lanes: Lanes, leaving: readonly Tile[], entering: readonly Tile[], change: () => void): Lanes => {
    const out = new Set(leaving.map((tile) => tile.taskId));
    const touched = new Set([...leaving, ...entering].map((tile) => tile.column));
    const next: Record<Column, readonly TaskId[]> = { ...lanes };
    const work = emptyLanes();
    for (const column of touched) {
      work[column] = lanes[column].filter((id) => !out.has(id));
      next[column] = work[column];
    }
    change();
    if (entering.length > RESORT_ABOVE) {
      for (const tile of entering) work[tile.column].push(tile.taskId);
      for (const column of touched) work[column].sort(compare);
    } else {
      for (const tile of entering) insert(work[tile.column], tile.taskId, compare);
    }
    return next;
  };

  const takeIn = (delta: BoardDelta): void => {
    const { revision, lanes, stamp, sections: knownSections, floors: knownFloors } = store.getState();
    // An answer to an older question may come late; what is newer is already here.
    if (revision !== null && delta.revision < revision) return;
    if (!delta.full && delta.rooms.length === 0 && delta.tiles.length === 0) {
      if (delta.revision !== revision) store.setState({ revision: delta.revision });
      return;
    }
    const next = delta.full ? takeAll(delta) : takeRooms(delta, lanes);
    store.setState({
      revision: delta.revision,
      lanes: next,
      sections: inOrder(sections, knownSections),
      floors: inOrder(floors, knownFloors),
      stamp: stamp + 1,
    });
  };

  const takeTime = (): void => {
    const due = [...later].filter(([, from]) => from <= clock).flatMap(([id]) => tiles.get(id) ?? []);
    for (const tile of due) later.delete(tile.taskId);
    const rising = due.filter((tile) => place(tile).rank !== standings.get(tile.taskId)?.rank);
    if (rising.length === 0) return;
    const { lanes, stamp } = store.getState();
    const next = moved(lanes, rising, rising, () => {
      for (const tile of rising) standings.set(tile.taskId, place(tile));
    });
    store.setState({ lanes: next, stamp: stamp + 1 });
  };

  let holds = 0;
  let heldBack: BoardDelta[] = [];

  const release = (): void => {
    const deltas = heldBack;
    heldBack = [];
    for (const delta of deltas) takeIn(delta);
    takeTime();
  };

  return Object.assign(store, {
    apply: (delta: BoardDelta) => {
      if (holds > 0) heldBack.push(delta);
      else takeIn(delta);
    },
    hold: () => {
      holds += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        holds -= 1;
        if (holds === 0) release();
      };
    },
    tick: (now: number) => {
      clock = now;
      if (holds === 0) takeTime();
    },
    standing: (taskId: TaskId) => standings.get(taskId),
  });
}

/** The names in corridor order; the list known before while it says the same. */
function inOrder(names: ReadonlySet<string>, known: readonly string[]): readonly string[] {
  const same = known.length === names.size && known.every((name) => names.has(name));
  return same ? known : [...names].toSorted((a, b) => (roomKey(a) < roomKey(b) ? -1 : 1));
}

function insert(lane: TaskId[], id: TaskId, compare: (a: TaskId, b: TaskId) => number): void {
  let low = 0;
  let high = lane.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const at = lane[middle];
    if (at !== undefined && compare(at, id) <= 0) low = middle + 1;
    else high = middle;
  }
  lane.splice(low, 0, id);
}
