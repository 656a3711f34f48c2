import { expect, it } from "vitest";
import { tile } from "../../test/tile";
import { loadsOf } from "./loads";

it("what_an_attendant_was_given_is_either_done_or_left", () => {
  const mine = { assignee: "s1" };
  const loads = loadsOf([
    tile({ number: "1", ...mine, credits: 3 }),
    tile({ number: "1", taskId: "linen", ...mine, credits: 1 }),
    tile({ number: "2", ...mine, credits: 2, status: "in_progress", column: "inProgress" }),
    tile({ number: "3", ...mine, credits: 4, status: "paused", column: "inProgress" }),
    tile({ number: "4", ...mine, credits: 5, status: "completed", column: "clean" }),
    tile({ number: "5", ...mine, credits: 6, status: "inspected", column: "inspected" }),
    tile({ number: "6", credits: 7 }),
  ]);
  expect(loads.get("s1")).toEqual({ given: 21, started: 6, done: 11, left: 10, roomsLeft: 3 });
  expect(loads.get(null)).toEqual({ given: 7, started: 0, done: 0, left: 7, roomsLeft: 1 });
});
