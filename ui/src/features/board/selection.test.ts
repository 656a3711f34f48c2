import { beforeEach, describe, expect, it, vi } from "vitest";
import { createBoardStore } from "../../data/board";
import { everything, tile } from "../../test/tile";
import { clearSelection, extendSelection, retainSelected, selectAll, selectedTiles, selection, toggleSelected } from "./selection";

const lane = ["a", "b", "c", "d", "e"];
const ids = () => [...selection.getState().ids].toSorted();

beforeEach(clearSelection);

describe("tiles_are_selected_by_task", () => {
  it("one by one, in and out", () => {
    toggleSelected("a");
    toggleSelected("c");
    expect(ids()).toEqual(["a", "c"]);
    toggleSelected("a");
    expect(ids()).toEqual(["c"]);
  });
  it("a range grows and shrinks from where it began, and leaves alone what was selected before", () => {
    toggleSelected("a");
    toggleSelected("c");
    extendSelection(lane, "c", "e");
    expect(ids()).toEqual(["a", "c", "d", "e"]);
    extendSelection(lane, "e", "d");
    expect(ids()).toEqual(["a", "c", "d"]);
    extendSelection(lane, "d", "b");
    expect(ids()).toEqual(["a", "b", "c"]);
  });
  it("a range without a beginning in this lane begins at the tile that had the focus", () => {
    toggleSelected("x");
    extendSelection(lane, "b", "c");
    expect(ids()).toEqual(["b", "c", "x"]);
  });
  it("a lane is added as a whole", () => {
    toggleSelected("x");
    selectAll(lane);
    expect(selection.getState().ids.size).toBe(6);
  });
  it("what leaves the board leaves the selection", () => {
    selectAll(lane);
    retainSelected((id) => id !== "a" && id !== "b");
    expect(ids()).toEqual(["c", "d", "e"]);
    extendSelection(lane, "c", "d");
    expect(ids()).toEqual(["c", "d", "e"]);
    retainSelected(() => false);
    expect(selection.getState()).toMatchObject({ anchor: null });
    expect(ids()).toEqual([]);
  });
  it("nothing is told when nothing changed", () => {
    toggleSelected("a");
    const told = vi.fn();
    const stop = selection.subscribe(told);
    retainSelected(() => true);
    stop();
    expect(told).not.toHaveBeenCalled();
  });
  it("comes back in the order of the board", () => {
    const store = createBoardStore();
    store.apply(everything(1, [tile({ number: "9" }), tile({ number: "101" }), tile({ number: "12", column: "clean", status: "completed" })]));
    const { lanes, tiles } = store.getState();
    expect(selectedTiles(new Set(["t-12", "t-101", "t-9", "gone"]), lanes, tiles).map((each) => each.number)).toEqual(["9", "101", "12"]);
  });
});
