// The Sync Center's page of the outbox: only the rows near the screen are held, however long the outbox is.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { CarriedDesk, ConflictHead, MergedNote, OutboxFilter, OutboxRow, RoomOnHold, SyncCenter } from "../bindings/bindings";
import { share } from "./share";

export const PAGE = 50;

export interface OutboxState {
  filter: OutboxFilter;
  /** Rows by their place under the filter. */
  rows: ReadonlyMap<number, OutboxRow>;
  total: number;
  conflicts: readonly ConflictHead[];
  merged: readonly MergedNote[];
  /** Other desks' work that is sent from here. */
  carried: readonly CarriedDesk[];
  /** Rooms of which nothing is sent until somebody lets them go. */
  onHold: readonly RoomOnHold[];
  loaded: boolean;
}

type Read = (filter: OutboxFilter, offset: number, limit: number) => Promise<SyncCenter>;

export interface OutboxStore extends StoreApi<OutboxState> {
  setFilter: (filter: OutboxFilter) => void;
  /** Says which rows are on screen. */
  setRange: (first: number, last: number) => void;
  /** Reads the pages of the rows on screen again. */
  read: () => Promise<void>;
}

export function createOutboxStore(read: Read, changed: () => void): OutboxStore {
  const store = createStore<OutboxState>(() => ({
    filter: "all",
    rows: new Map(),
    total: 0,
    conflicts: [],
    merged: [],
    carried: [],
    onHold: [],
    loaded: false,
  }));
  let first = 0;
  let last = 0;
  const pagesOnScreen = (): number[] => {
    const pages: number[] = [];
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) pages.push(page);
    return pages;
  };
  return Object.assign(store, {
    setFilter: (filter: OutboxFilter) => {
      if (filter === store.getState().filter) return;
      first = 0;
      last = 0;
      store.setState({ filter, rows: new Map(), loaded: false });
      changed();
    },
    setRange: (from: number, to: number) => {
      first = from;
      last = to;
      const { rows, total } = store.getState();
      const end = Math.min(to, total - 1);
      for (let at = from; at <= end; at += 1) {
        if (!rows.has(at)) {
          changed();
          return;
        }
      }
    },
    read: async () => {
      const { filter } = store.getState();
      const pages = pagesOnScreen();
      const answers = await Promise.all(pages.map((page) => read(filter, page * PAGE, PAGE)));
      if (store.getState().filter !== filter) return;
      const head = answers.at(-1);
      if (head === undefined) return;
      // What still says the same stays the same object, so that only what changed is drawn anew.
      const before = store.getState();
      const known = new Map([...before.rows.values()].map((row) => [row.eventId, row]));
      const rows = new Map<number, OutboxRow>();
      answers.forEach((answer, n) => {
        const offset = (pages[n] ?? 0) * PAGE;
        answer.rows.forEach((row, at) => rows.set(offset + at, share(known.get(row.eventId) ?? row, row)));
      });
      store.setState({
        rows,
        total: head.total,
        conflicts: share(before.conflicts, head.conflicts),
        merged: share(before.merged, head.merged),
        carried: share(before.carried, head.carried),
        onHold: share(before.onHold, head.onHold),
        loaded: true,
      });
    },
  });
}
