import { describe, expect, it } from "vitest";
import { changes, together } from "./words";

describe("h16_a_note_by_words", () => {
  it("says what each side added and took away", () => {
    expect(changes("cot for baby", "cot and crib for baby")).toEqual([
      { kind: "same", text: "cot " },
      { kind: "added", text: "and crib " },
      { kind: "same", text: "for baby" },
    ]);
    expect(changes("", "towels")).toEqual([{ kind: "added", text: "towels" }]);
    expect(changes("towels", "")).toEqual([{ kind: "removed", text: "towels" }]);
    expect(changes("same", "same")).toEqual([{ kind: "same", text: "same" }]);
  });

  it.each([
    ["what one side wrote at the end, the other at the beginning", "cot wanted", "cot wanted, pet", "lamp, cot wanted", "lamp, cot wanted, pet"],
    ["a comma is no word", "cot wanted", "cot and crib wanted", "cot wanted, pet in room", "cot and crib wanted, pet in room"],
    ["both at the same place stand side by side", "", "lamp broken", "pet in room", "lamp broken / pet in room"],
    ["the same on both sides stands once", "cot", "cot and towels", "cot and towels", "cot and towels"],
    ["one side emptied it and the other did not touch it", "cot", "", "cot", ""],
    ["in Arabic as well", "سرير", "سرير طفل", "سرير", "سرير طفل"],
  ])("puts together: %s", (_, before, mine, theirs, expected) => {
    expect(together(before, mine, theirs)).toBe(expected);
  });
});
