import { describe, expect, it } from "vitest";
import { tile } from "../../test/tile";
import { bulkLabel, bulkVerbs, creditsOf, roomsOf } from "./bulk";

const ready = [tile({ number: "1" }), tile({ number: "2", rush: true }), tile({ number: "3", cannotWork: "doNotDisturb" })];
const running = tile({ number: "4", status: "in_progress", column: "inProgress" });
const paused = tile({ number: "5", status: "paused", column: "inProgress" });
const completed = tile({ number: "6", status: "completed", column: "clean" });
const inspected = tile({ number: "7", status: "inspected", column: "inspected" });
const all = [...ready, running, paused, completed, inspected];

describe("what_several_tiles_can_take", () => {
  const labels = (tiles: typeof all) => Object.fromEntries(bulkVerbs(tiles).map((verb) => [verb.id, bulkLabel(verb, tiles.length)]));

  it("says the verb alone where all can, and how many where some can", () => {
    expect(labels(ready.slice(0, 2))).toMatchObject({ start: "Start", reassign: "Assign to…", "rush-on": "Rush 1 of 2", cancel: "Cancel…" });
    expect(labels(all)).toMatchObject({ start: "Start 2 of 7", resume: "Resume 1 of 7", complete: "Complete 2 of 7", inspect: "Inspect 1 of 7…", reassign: "Assign to 5 of 7…" });
  });
  it("offers nothing that none of them can take", () => {
    expect(Object.keys(labels([inspected]))).toEqual([]);
    expect(Object.keys(labels([completed]))).toEqual(["inspect"]);
  });
  it("leaves alone what it is not asked to change", () => {
    const rush = bulkVerbs(ready).find((verb) => verb.id === "high");
    expect(rush?.tiles.map((each) => rush.action?.(each))).toContainEqual({ action: "set_priority", args: { task: "t-2", priority: "high", rush: true } });
  });
  it("counts rooms and credits", () => {
    expect(roomsOf([...ready, { ...running, roomId: "1" }])).toBe(3);
    expect(creditsOf(ready)).toBe(9);
  });
});
