import { describe, expect, it } from "vitest";
import type { Column, Tile } from "../../bindings/bindings";
import { COLUMNS } from "../../data/board";
import { tile } from "../../test/tile";
import { laneBeside, movable, moveTo, planMove, planReasons, planWords, verdictOn } from "./moves";

const broken = { kind: "out_of_order", deducts_inventory: true, assignable: false } as const;
const ready = tile({ number: "204" });
const running = tile({ number: "204", status: "in_progress", column: "inProgress" });
const paused = tile({ number: "204", status: "paused", column: "inProgress" });
const completed = tile({ number: "204", status: "completed", column: "clean" });
const inspected = tile({ number: "204", status: "inspected", column: "inspected" });

/** What a move comes to, in one word or as the sentence why not. */
function outcome(from: Tile, to: Column): string {
  const move = moveTo(from, to);
  return move.kind === "refused" ? move.why : move.kind === "here" ? "here" : move.verb;
}

describe("a_lane_stands_for_a_verb_or_says_why_not", () => {
  const disturbing = { cannotWork: "doNotDisturb", dndSince: "2016-03-27T08:00:00Z" } as const;
  const table: [string, Tile, Record<Column, string | RegExp>][] = [
    ["dirty", ready, { dirty: "here", inProgress: "start", clean: "Start it first.", inspected: "Start and complete it first." }],
    ["being worked", running, { dirty: /Pause it instead/, inProgress: "here", clean: "complete", inspected: "Complete it first." }],
    ["paused", paused, { dirty: /Leave it paused/, inProgress: "resume", clean: "complete", inspected: "Complete it first." }],
    ["clean", completed, { dirty: "fail", inProgress: /Fail the inspection/, clean: "here", inspected: "pass" }],
    ["inspected", inspected, { dirty: /Add a task/, inProgress: /Add a task/, clean: /Add a task/, inspected: "here" }],
    ["dirty, do not disturb", { ...ready, ...disturbing }, { dirty: "here", inProgress: /must not be disturbed/, clean: "Start it first.", inspected: "Start and complete it first." }],
    ["being worked, do not disturb", { ...running, ...disturbing }, { dirty: /Pause it instead/, inProgress: "here", clean: "complete", inspected: "Complete it first." }],
    ["dirty, out of order", { ...ready, cannotWork: "outOfOrder", sellability: broken }, { dirty: "here", inProgress: /out of order/, clean: "Start it first.", inspected: "Start and complete it first." }],
    ["paused, out of order", { ...paused, cannotWork: "outOfOrder", sellability: broken }, { dirty: /Leave it paused/, inProgress: /out of order/, clean: /out of order/, inspected: "Complete it first." }],
    ["clean, out of order since", { ...completed, sellability: broken }, { dirty: /out of order/, inProgress: /Fail the inspection/, clean: "here", inspected: /out of order/ }],
    ["a deep clean of a room out of order", { ...ready, kind: "deep_clean", sellability: broken }, { dirty: "here", inProgress: "start", clean: "Start it first.", inspected: "Start and complete it first." }],
  ];
  for (const [name, from, wanted] of table) {
    for (const to of COLUMNS) {
      it(`${name}, to ${to}`, () => {
        const expected = wanted[to];
        if (typeof expected === "string") expect(outcome(from, to)).toBe(expected);
        else expect(outcome(from, to)).toMatch(expected);
      });
    }
  }

  it("names the task in what it asks of the core", () => {
    expect(moveTo(ready, "inProgress")).toMatchObject({ action: { action: "start", args: { task: "t-204" } } });
    expect(moveTo(completed, "inspected")).toMatchObject({ action: { action: "inspect", args: { task: "t-204", verdict: { result: "pass" } } } });
  });
});

describe("several_tiles_go_to_one_lane_together", () => {
  const other = tile({ number: "205" });
  const shut = tile({ number: "206", cannotWork: "doNotDisturb" });

  it("those that can go do, and the others say why", () => {
    const plan = planMove([other, shut, paused, running], "inProgress");
    expect(plan.acts.map(({ tile: each, verb }) => [each.number, verb])).toEqual([["205", "start"], ["204", "resume"]]);
    expect(plan.refused.map(({ tile: each }) => each.number)).toEqual(["206"]);
    expect(movable(plan)).toBe(2);
    expect(planWords(plan, 4)).toBe("Start or Resume (2 of 4)");
  });
  it("says the verb alone when all of them can go, and nothing when none can", () => {
    expect(planWords(planMove([ready, other], "inProgress"), 2)).toBe("Start");
    expect(planWords(planMove([ready, other], "clean"), 2)).toBe("");
  });
  it("says each reason once", () => {
    expect(planReasons(planMove([ready, other, inspected], "clean"))).toEqual(["Start it first.", "It is inspected already. Add a task if the room needs more work."]);
  });
  it("asks one reason for all that fail", () => {
    expect(planMove([completed, ready], "dirty").asks).toEqual([completed]);
  });
});

describe("17_a_lane_says_what_letting_go_over_it_does", () => {
  const shut = tile({ number: "206", cannotWork: "doNotDisturb" });
  it("the verb, the verb for some with the reasons of the others, or why not", () => {
    expect(verdictOn([ready], "inProgress")).toEqual({ kind: "goes", words: "Start", reasons: [] });
    expect(verdictOn([ready, shut], "inProgress")).toMatchObject({ kind: "goes", words: "Start (1 of 2)", reasons: [expect.stringContaining("must not be disturbed")] });
    expect(verdictOn([ready], "clean")).toEqual({ kind: "refused", reasons: ["Start it first."] });
  });
  it("nothing happens where it came from, not even to a paused task", () => {
    expect(verdictOn([paused], "inProgress")).toEqual({ kind: "home" });
    expect(verdictOn([paused, ready], "inProgress")).toMatchObject({ kind: "goes" });
  });
});

it("the_lane_beside_is_the_next_step_of_the_work", () => {
  expect(laneBeside("dirty", 1)).toBe("inProgress");
  expect(laneBeside("dirty", -1)).toBeNull();
  expect(laneBeside("inspected", 1)).toBeNull();
});
