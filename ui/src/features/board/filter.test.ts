import { describe, expect, it } from "vitest";
import { createBoardStore } from "../../data/board";
import { everything, tile } from "../../test/tile";
import { NO_FILTER, TILE_STATES, UNASSIGNED, type TileState } from "../../shared/views";
import type { Tile } from "../../bindings/bindings";
import { filterLanes, findRoom, isFiltering, isInState, sumLane } from "./filter";

function board() {
  const store = createBoardStore();
  store.apply(
    everything(1, [
      tile({ number: "20", section: "1A", assignee: "s1", credits: 3 }),
      tile({ number: "204", section: "2A", credits: 2, occupancy: "occupied", cannotWork: "doNotDisturb" }),
      tile({ number: "2041", section: "2A", assignee: "s2", column: "clean", status: "completed" }),
    ]),
  );
  return store.getState();
}

describe("what the board shows", () => {
  it("filters by section, attendant, nobody and room", () => {
    const { lanes, tiles } = board();
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, section: "2A" }).dirty).toEqual(["t-204"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, attendant: "s1" }).dirty).toEqual(["t-20"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, attendant: UNASSIGNED }).dirty).toEqual(["t-204"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, query: "۲۰۴" }).clean).toEqual(["t-2041"]);
  });
  it("filters by floor and kind: any of those that are ticked", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "101" }), tile({ number: "201", floor: "2", kind: "linen" }), tile({ number: "301", floor: "3", kind: "check" })]));
    const { lanes, tiles, floors } = store.getState();
    expect(floors).toEqual(["1", "2", "3"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, floors: ["1", "3"] }).dirty).toEqual(["t-101", "t-301"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, kinds: ["linen", "check"] }).dirty).toEqual(["t-201", "t-301"]);
    expect(filterLanes(lanes, tiles, { ...NO_FILTER, floors: ["3"], kinds: ["linen"] }).dirty).toEqual([]);
  });
  it("leaves the lanes alone when nothing is filtered", () => {
    const { lanes, tiles } = board();
    expect(filterLanes(lanes, tiles, NO_FILTER)).toBe(lanes);
  });
  it("sums a lane, and what cannot be worked is counted, not hidden", () => {
    const { lanes, tiles } = board();
    expect(sumLane(lanes.dirty, tiles)).toEqual({ tasks: 2, credits: 5, vacant: 1, occupied: 1, paused: 0, cannotWork: 1 });
  });
  it("knows each state by what the tile says", () => {
    const guest = { booking_id: "b", persons: 1, vip: true, departs_on: "2016-03-28" };
    const examples: Record<TileState, Partial<Tile>> = {
      vip: { guest },
      rush: { rush: true },
      dnd: { flags: ["do_not_disturb"] },
      cannotWork: { cannotWork: "outOfOrder" },
      paused: { status: "paused", column: "inProgress" },
      rework: { rework: 1 },
      notSent: { localState: "waiting" },
      look: { contested: true },
      onHold: { onHold: true },
    };
    for (const state of TILE_STATES) {
      const fits = TILE_STATES.filter((each) => isInState(tile({ number: "1", ...examples[each] }), state));
      expect(fits, state).toEqual([state]);
      expect(isFiltering({ ...NO_FILTER, states: [state] })).toBe(true);
    }
  });
  it("a4_typed_digits_go_to_the_shortest_room_that_begins_with_them", () => {
    const { lanes, tiles } = board();
    expect(findRoom(lanes, tiles, "20")?.taskId).toBe("t-20");
    expect(findRoom(lanes, tiles, "204")?.taskId).toBe("t-204");
    expect(findRoom(lanes, tiles, "2041")).toMatchObject({ column: "clean", index: 0 });
    expect(findRoom(lanes, tiles, "9")).toBeNull();
  });
});
