import { describe, expect, it } from "vitest";
import type { Lanes } from "../../data/board";
import { moveFocus, moveOfKey, nextFocus } from "./focus";

const lanes = (dirty: string[], inProgress: string[] = [], clean: string[] = []): Lanes => ({ dirty, inProgress, clean, inspected: [] });

describe("5_3_where_the_focus_goes", () => {
  const at = (taskId: string, index: number) => ({ column: "dirty" as const, taskId, index });

  it("rule 1: after a verb it stays at the same place of the lane", () => {
    expect(nextFocus(at("b", 1), lanes(["a", "c"], ["b"]), "verb")).toEqual({ kind: "tile", focus: at("c", 1) });
  });
  it("rule 1: on the one before when it was the last", () => {
    expect(nextFocus(at("c", 2), lanes(["a", "b"], ["c"]), "verb")).toEqual({ kind: "tile", focus: at("b", 1) });
  });
  it("rule 1: on the next that stays, where several left together", () => {
    const before = lanes(["a", "b", "c", "d", "e"]);
    expect(nextFocus(at("c", 2), lanes(["d", "e"], ["a", "b", "c"]), "verb", before)).toEqual({ kind: "tile", focus: at("d", 0) });
    expect(nextFocus(at("e", 4), lanes(["a", "b"], ["c", "d", "e"]), "verb", before)).toEqual({ kind: "tile", focus: at("b", 1) });
  });
  it("rule 1: on the heading when the lane is empty", () => {
    expect(nextFocus(at("a", 0), lanes([], ["a"]), "verb")).toEqual({ kind: "lane", column: "dirty" });
  });
  it("a verb that leaves the tile where it is leaves the focus on it", () => {
    expect(nextFocus(at("b", 1), lanes(["a", "b"]), "verb")).toEqual({ kind: "same" });
  });
  it("rule 2: after a move it goes along with its tile", () => {
    expect(nextFocus(at("b", 1), lanes(["a", "c"], ["x", "b"]), "move")).toEqual({ kind: "tile", focus: { column: "inProgress", taskId: "b", index: 1 } });
  });
  it("rule 3: a change from elsewhere takes it along with its tile", () => {
    const next = nextFocus(at("b", 1), lanes(["a", "c"], ["x", "b"]), "remote");
    expect(next).toEqual({ kind: "tile", focus: { column: "inProgress", taskId: "b", index: 1 } });
  });
  it("rule 3: it knows the tile's new place when others moved around it", () => {
    expect(nextFocus(at("b", 1), lanes(["a", "new", "b"]), "remote")).toEqual({ kind: "tile", focus: at("b", 2) });
  });
  it("rule 3, tile gone: as after a verb, never nowhere", () => {
    expect(nextFocus(at("b", 1), lanes(["a"]), "remote")).toEqual({ kind: "tile", focus: at("a", 0) });
  });
});

describe("arrow and page keys", () => {
  const all = lanes(["a", "b", "c", "d"], [], ["x"]);
  const from = { column: "dirty" as const, taskId: "c", index: 2 };
  it("stops at the ends", () => {
    expect(moveFocus(from, all, "pageDown", 10)?.taskId).toBe("d");
    expect(moveFocus(from, all, "pageUp", 10)?.taskId).toBe("a");
    expect(moveFocus({ ...from, taskId: "a", index: 0 }, all, "up", 1)?.taskId).toBe("a");
  });
  it("skips empty lanes", () => {
    expect(moveFocus(from, all, "laneAfter", 1)).toEqual({ column: "clean", taskId: "x", index: 0 });
    expect(moveFocus(from, all, "laneBefore", 1)).toBeNull();
  });
  it("first and last of the board", () => {
    expect(moveFocus(from, all, "first", 1)?.taskId).toBe("a");
    expect(moveFocus(from, all, "last", 1)?.taskId).toBe("x");
  });
  it("h26_arrows_are_as_the_eye_sees_them", () => {
    expect(moveOfKey("ArrowLeft", false, false)).toBe("laneBefore");
    expect(moveOfKey("ArrowLeft", false, true)).toBe("laneAfter");
    expect(moveOfKey("Home", true, false)).toBe("first");
    expect(moveOfKey("q", false, false)).toBeNull();
  });
});
