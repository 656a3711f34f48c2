// The Sync Center's page of the outbox: only the rows near the screen are held, however long the outbox is.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { CarriedDesk, ConflictHead, MergedNote, OutboxFilter, OutboxRow, RoomOnHold, SyncCenter } from "../bindings/bindings";
import { lineId } from "../shared/DayBegan";
import { share } from "./share";

export const PAGE = 50;

export interface OutboxState {
  filter: OutboxFilter;
  /** Rows by their place under the filter. */
  rows: ReadonlyMap<number, OutboxRow>;
  /** The lines that somebody opened. */
  open: readonly string[];
  /** Which line was last seen in each place, also where it is out of sight now: its height is known by its name. */
  ids: ReadonlyMap<number, string>;
  total: number;
  conflicts: readonly ConflictHead[];
  merged: readonly MergedNote[];
  /** Other desks' work that is sent from here. */
  carried: readonly CarriedDesk[];
  /** Rooms of which nothing is sent until somebody lets them go. */
  onHold: readonly RoomOnHold[];
  loaded: boolean;
}

type Read = (filter: OutboxFilter, open: readonly string[], offset: number, limit: number) => Promise<SyncCenter>;

export interface OutboxStore extends StoreApi<OutboxState> {
  setFilter: (filter: OutboxFilter) => void;
  /** Opens a line to the rooms that it tells of, or closes it. */
  toggle: (id: string) => void;
  /** Says which rows are on screen. */
  setRange: (first: number, last: number) => void;
  /** Reads the pages of the rows on screen again. */
  read: () => Promise<void>;
}

function sameIds(before: ReadonlyMap<number, string>, now: ReadonlyMap<number, string>): boolean {
  return before.size === now.size && [...now].every(([at, id]) => before.get(at) === id);
}

export function createOutboxStore(read: Read, changed: () => void): OutboxStore {
  const store = createStore<OutboxState>(() => ({
    filter: "all",
    rows: new Map(),
    open: [],
    ids: new Map(),
    total: 0,
    conflicts: [],
    merged: [],
    carried: [],
    onHold: [],
    loaded: false,
  }));
  let first = 0;
  let last = 0;
  const askForWhatIsMissing = (): void => {
    const { rows, total } = store.getState();
    const end = Math.min(last, total - 1);
    for (let at = first; at <= end; at += 1) {
      if (!rows.has(at)) {
        changed();
        return;
      }
    }
  };
  return Object.assign(store, {
    setFilter: (filter: OutboxFilter) => {
      if (filter === store.getState().filter) return;
      // From the top, as many as are in sight.
      last -= first;
      first = 0;
      store.setState({ filter, rows: new Map(), ids: new Map(), loaded: false });
      changed();
    },
    toggle: (id: string) => {
      const { open } = store.getState();
      store.setState({ open: open.includes(id) ? open.filter((each) => each !== id) : [...open, id] });
      changed();
    },
    setRange: (from: number, to: number) => {
      first = from;
      last = to;
      askForWhatIsMissing();
    },
    read: async () => {
      const { filter, open } = store.getState();
      const [top, bottom] = [first, last];
      // Whole pages, in one reading: between two of them a row could change its place and come twice.
      const from = Math.floor(first / PAGE) * PAGE;
      const head = await read(filter, open, from, (Math.floor(last / PAGE) + 1) * PAGE - from);
      // What was asked meanwhile is read by itself.
      if (store.getState().filter !== filter || store.getState().open !== open) return;
      // What still says the same stays the same object, so that only what changed is drawn anew.
      const before = store.getState();
      const known = new Map([...before.rows.values()].map((row) => [lineId(row), row]));
      const rows = new Map<number, OutboxRow>();
      const ids = new Map(before.ids);
      head.rows.forEach((row, at) => {
        rows.set(from + at, share(known.get(lineId(row)) ?? row, row));
        ids.set(from + at, lineId(row));
      });
      store.setState({
        rows,
        ids: sameIds(before.ids, ids) ? before.ids : ids,
        total: head.total,
        conflicts: share(before.conflicts, head.conflicts),
        merged: share(before.merged, head.merged),
        carried: share(before.carried, head.carried),
        onHold: share(before.onHold, head.onHold),
        loaded: true,
      });
      // Somebody may have scrolled meanwhile.
      if (first !== top || last !== bottom) askForWhatIsMissing();
    },
  });
}
