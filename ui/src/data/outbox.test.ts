import { describe, expect, it } from "vitest";
import type { OutboxFilter, OutboxRow, SyncCenter } from "../bindings/bindings";
import { createOutboxStore } from "./outbox";

const row = (id: string): OutboxRow => ({ eventId: id, state: "pending", began: null }) as OutboxRow;

/** An outbox of so many rows, what was asked of it, and a store that reads whenever it says that it has to. */
function house(names: string[]) {
  const asked: [OutboxFilter, number, number][] = [];
  const wishes: number[] = [];
  const read = (filter: OutboxFilter, _open: readonly string[], offset: number, limit: number): Promise<SyncCenter> => {
    asked.push([filter, offset, limit]);
    const rows = names.slice(offset, offset + limit).map(row);
    return Promise.resolve({ rows, total: names.length, conflicts: [], merged: [], carried: [], onHold: [] } as unknown as SyncCenter);
  };
  const store = createOutboxStore(read, () => wishes.push(asked.length));
  return { store, asked, wishes, names };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => `event-${n}`);

describe("the Sync Center holds the rows near the screen", () => {
  it("asks for all pages in sight at once, so that no row comes twice that moves meanwhile", async () => {
    const { store, asked } = house(numbered(400));
    store.setRange(40, 60);
    await store.read();
    expect(asked).toEqual([["all", 0, 100]]);
    expect(store.getState().rows.size).toBe(100);
  });

  it("remembers which action stood in a place that is out of sight, so that its height is known", async () => {
    const { store } = house(numbered(400));
    await store.read();
    store.setRange(200, 220);
    await store.read();
    const { rows, ids } = store.getState();
    expect(rows.has(3)).toBe(false);
    expect(ids.get(3)).toBe("event-3");
    await store.read();
    expect(store.getState().ids, "what did not change is the same object").toBe(ids);
  });

  it("asks for as many rows under another filter as are in sight", async () => {
    const { store, asked } = house(numbered(400));
    store.setRange(120, 190);
    await store.read();
    store.setFilter("waiting");
    expect(store.getState().ids.size).toBe(0);
    await store.read();
    expect(asked.at(-1)).toEqual(["waiting", 0, 100]);
  });

  it("asks again for what was scrolled to while it read, and for nothing that is not there", async () => {
    const { store, wishes } = house(numbered(120));
    await store.read();
    const reading = store.read();
    store.setRange(100, 130);
    const before = wishes.length;
    await reading;
    expect(wishes.length).toBe(before + 1);
    await store.read();
    await store.read();
    expect(wishes.length, "places behind the last row are none").toBe(before + 1);
  });

  it("keeps a row that says the same, wherever it stands now", async () => {
    const { store, names } = house(numbered(3));
    await store.read();
    const before = store.getState().rows.get(0);
    names.unshift("new");
    await store.read();
    expect(store.getState().rows.get(1)).toBe(before);
  });
});
