import { describe, expect, it } from "vitest";
import { createRackStore } from "../../data/rack";
import { memoryPlatform } from "../../platform/memory/memory";
import { rackCounts, rackList } from "./filter";

describe("the front desk's rooms", () => {
  it("each filter shows what it counts, arrivals by their time", async () => {
    const store = createRackStore();
    store.apply(await memoryPlatform({ seed: 3, floors: 6, perFloor: 20 }).frontDesk(null));
    const { order, rooms } = store.getState();
    const counts = rackCounts(rooms);
    expect(counts.all).toBe(120);
    for (const filter of ["ready", "waiting", "arrivals", "discrepancies"] as const) {
      expect(rackList(order, rooms, filter, "").length).toBe(counts[filter]);
      expect(counts[filter]).toBeGreaterThan(0);
    }
    const queue = rackList(order, rooms, "waiting", "").map((id) => rooms.get(id));
    const isVip = queue.map((room) => (room?.arrival?.vip === true ? 0 : 1));
    expect(isVip, "VIP guests first").toEqual(isVip.toSorted());
    const usual = queue.filter((room) => room?.arrival?.vip !== true).map((room) => room?.waiting?.since);
    expect(usual, "then whoever waits longest").toEqual(usual.toSorted());
    const etas = rackList(order, rooms, "arrivals", "").map((id) => rooms.get(id)?.arrival?.eta ?? "99:99");
    expect(etas).toEqual(etas.toSorted());
  });

  it("takes changes and removals, and keeps corridor order", async () => {
    const store = createRackStore();
    const all = await memoryPlatform({ floors: 10, perFloor: 3 }).frontDesk(null);
    store.apply(all);
    expect(store.getState().order.slice(-3)).toEqual(["1001", "1002", "1003"]);
    const first = all.rooms[0];
    if (first === undefined) throw new Error("no room");
    store.apply({ revision: all.revision + 1, full: false, rooms: [{ ...first, cleanliness: "clean" }], removed: ["1003"] });
    expect(store.getState().order).not.toContain("1003");
    expect(store.getState().rooms.get(first.roomId)?.cleanliness).toBe("clean");
  });
});
