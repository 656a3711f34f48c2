import { describe, expect, it } from "vitest";
import type { Column, Tile } from "../bindings/bindings";
import { random } from "../platform/memory/house";
import { changed, everything, standing, tile } from "../test/tile";
import { COLUMNS, createBoardStore, roomKey } from "./board";

function numbers(store: ReturnType<typeof createBoardStore>, column: Column): string[] {
  const { lanes, tiles } = store.getState();
  return lanes[column].map((id) => tiles.get(id)?.number ?? "?");
}

describe("the board's store", () => {
  it("a20_puts_rooms_in_corridor_order_9_12A_101_1009_1011", () => {
    const store = createBoardStore();
    store.apply(everything(1, ["1011", "101", "12A", "1009", "9"].map((number) => tile({ number }))));
    expect(numbers(store, "dirty")).toEqual(["9", "12A", "101", "1009", "1011"]);
    expect(roomKey("12a")).toBe(roomKey("12A"));
  });

  it("orders by rank before the room", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "101", standing: standing(500) }), tile({ number: "900", standing: standing(0) }), tile({ number: "20", standing: standing(500) })]));
    expect(numbers(store, "dirty")).toEqual(["900", "20", "101"]);
  });

  it("lifts every room of a type while a guest waits for one, and lets them down again", () => {
    const store = createBoardStore();
    const suite = { roomType: "SUP", standing: standing(500), ifTypeWaited: standing(100, "type_waited_for") };
    const asked = tile({ number: "30", roomType: "SUP", standing: standing(600) });
    store.apply(everything(1, [tile({ number: "10", standing: standing(400) }), tile({ number: "20", ...suite }), tile({ number: "21", ...suite }), asked]));
    expect(numbers(store, "dirty")).toEqual(["10", "20", "21", "30"]);
    const waiting = { ...asked, standing: standing(0, "guest_waits"), waiting: { since: "2016-03-27T12:00:00Z", promised: null } };
    store.apply(changed(2, [waiting]));
    expect(numbers(store, "dirty")).toEqual(["30", "20", "21", "10"]);
    expect(store.standing("t-20")?.rung).toBe("type_waited_for");
    store.apply(changed(3, [asked]));
    expect(numbers(store, "dirty")).toEqual(["10", "20", "21", "30"]);
  });

  it("lifts a room an hour before its guest is due, and not while the board is held", () => {
    const store = createBoardStore();
    const from = "2016-03-27T13:00:00Z";
    store.tick(Date.parse(from) - 1000);
    const due = { from, standing: standing(100, "arrival_soon") };
    store.apply(everything(1, [tile({ number: "10", standing: standing(400) }), tile({ number: "20", standing: standing(500), ifSoon: due })]));
    expect(numbers(store, "dirty")).toEqual(["10", "20"]);
    const release = store.hold();
    store.tick(Date.parse(from));
    expect(numbers(store, "dirty")).toEqual(["10", "20"]);
    release();
    expect(numbers(store, "dirty")).toEqual(["20", "10"]);
    expect(store.standing("t-20")?.rung).toBe("arrival_soon");
  });

  it("forgets the tiles of a changed room and takes the new ones", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "101" }), tile({ number: "101", taskId: "linen", kind: "linen" }), tile({ number: "102" })]));
    store.apply(changed(2, [tile({ number: "101", status: "in_progress", column: "inProgress" })]));
    expect(numbers(store, "dirty")).toEqual(["102"]);
    expect(numbers(store, "inProgress")).toEqual(["101"]);
    expect(store.getState().tiles.has("linen")).toBe(false);
    store.apply(changed(3, [], ["102"]));
    expect(numbers(store, "dirty")).toEqual([]);
  });

  it("leaves a lane's list alone when only a tile's content changed", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "101" }), tile({ number: "102" })]));
    const before = store.getState();
    store.apply(changed(2, [tile({ number: "101", localState: "waiting" })]));
    const after = store.getState();
    expect(after.lanes.dirty).toBe(before.lanes.dirty);
    expect(after.tiles.get("t-101")?.localState).toBe("waiting");
  });

  it("does not go back when an older answer comes late", () => {
    const store = createBoardStore();
    store.apply(everything(5, [tile({ number: "101", status: "completed", column: "clean" })]));
    store.apply(changed(4, [tile({ number: "101" })]));
    expect(numbers(store, "clean")).toEqual(["101"]);
    expect(store.getState().revision).toBe(5);
  });

  it("5_3_4_nothing_moves_while_a_pointer_is_down", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "101" }), tile({ number: "102" })]));
    const first = store.hold();
    const second = store.hold();
    store.apply(changed(2, [tile({ number: "101", status: "in_progress", column: "inProgress" })]));
    store.apply(changed(3, [tile({ number: "102", standing: standing(1) })]));
    first();
    first();
    expect(numbers(store, "dirty")).toEqual(["101", "102"]);
    second();
    expect(numbers(store, "dirty")).toEqual(["102"]);
    expect(store.getState().revision).toBe(3);
  });

  it("ends in the same order whether changes come one by one or all at once", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const next = random(seed);
      const any = (number: string): Tile => {
        const column = COLUMNS[Math.floor(next() * 4)] ?? "dirty";
        return tile({
          number,
          column,
          roomType: next() < 0.5 ? "DBL" : "SUP",
          standing: standing(10 + Math.floor(next() * 4)),
          ifTypeWaited: next() < 0.5 ? standing(Math.floor(next() * 4), "type_waited_for") : null,
          waiting: next() < 0.01 ? { since: "2016-03-27T12:00:00Z", promised: null } : null,
        });
      };
      const rooms = Array.from({ length: 120 }, (_, n) => String(101 + n));
      const held = new Map(rooms.map((number) => [number, any(number)]));
      const store = createBoardStore();
      store.apply(everything(1, [...held.values()]));
      for (let revision = 2; revision < 60; revision += 1) {
        const some = rooms.filter(() => next() < 0.1 + (revision % 7 === 0 ? 0.8 : 0));
        for (const number of some) held.set(number, any(number));
        store.apply(changed(revision, some.flatMap((number) => held.get(number) ?? [])));
      }
      const fresh = createBoardStore();
      fresh.apply(everything(1, [...held.values()]));
      for (const column of COLUMNS) expect(numbers(store, column), `seed ${seed}`).toEqual(numbers(fresh, column));
    }
  });
});
