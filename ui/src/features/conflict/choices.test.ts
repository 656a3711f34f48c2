import { describe, expect, it } from "vitest";
import type { ConflictField, ConflictView } from "../../bindings/bindings";
import { carryOver, complete, initialChoices, nextOpen, open, takeAll } from "./choices";

function field(path: string, change: Partial<ConflictField> = {}): ConflictField {
  return { path, label: path, before: "b", mine: "m", theirs: "t", mineBy: null, theirsBy: null, ifMine: "", ifTheirs: "", chosen: null, changedAgain: false, ...change };
}

function view(fields: ConflictField[], version = 1): ConflictView {
  return { entityKind: "room", entityId: "204", title: "204", summary: "", version, fields, merged: [], settles: ["e1"], myActions: [] };
}

describe("h16_the_choices_of_a_conflict", () => {
  const three = view([field("a"), field("b"), field("c")]);

  it("preselects nothing", () => {
    expect(initialChoices(three).size).toBe(0);
    expect(complete(three, initialChoices(three))).toBeNull();
  });

  it("goes from open field to open field, both ways and round", () => {
    const some = new Map([["b", "mine" as const]]);
    expect(nextOpen(three, some, null)).toBe("a");
    expect(nextOpen(three, some, "a")).toBe("c");
    expect(nextOpen(three, some, "c")).toBe("a");
    expect(nextOpen(three, some, "c", -1)).toBe("a");
    expect(nextOpen(three, takeAll(three, some, "theirs"), "a")).toBeNull();
  });

  it("takes one side for what is open and keeps what was chosen", () => {
    const all = takeAll(three, new Map([["b", "mine" as const]]), "theirs");
    expect(complete(three, all)).toEqual([
      { path: "a", side: "theirs" },
      { path: "b", side: "mine" },
      { path: "c", side: "theirs" },
    ]);
    expect(open(three, all)).toEqual([]);
  });

  it("asks again only where the other side moved, and keeps the other choices", () => {
    const chosen = takeAll(three, new Map(), "mine");
    const moved = view([field("a"), field("b", { theirs: "t2" }), field("c")], 2);
    const after = carryOver(three, chosen, moved);
    expect([...after.choices.keys()]).toEqual(["a", "c"]);
    expect(after.asksAgain).toEqual(["b"]);
  });

  it("asks a field again that this desk changed meanwhile, and a field that is new", () => {
    const chosen = takeAll(three, new Map(), "theirs");
    const moved = view([field("a", { mine: "m2" }), field("b"), field("c"), field("d")], 1);
    const after = carryOver(three, chosen, moved);
    expect([...after.choices.keys()].toSorted()).toEqual(["b", "c"]);
    expect(after.asksAgain).toEqual(["a", "d"]);
  });

  it("brings an earlier choice along, except where it asks again", () => {
    const again = view([field("a", { chosen: "mine" }), field("b", { chosen: "mine", changedAgain: true })]);
    expect([...initialChoices(again)]).toEqual([["a", "mine"]]);
  });
});
