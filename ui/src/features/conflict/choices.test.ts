import { describe, expect, it } from "vitest";
import type { ConflictField, ConflictView } from "../../bindings/bindings";
import { broughtAlong, carryOver, complete, initialChoices, isTurned, mine, moved, nextOpen, open, takeAll, theirs, turn } from "./choices";
import { ownWords } from "../../shared/said";

function field(path: string, change: Partial<ConflictField> = {}): ConflictField {
  return { path, label: ownWords(path), before: ownWords("b"), mine: ownWords("m"), theirs: ownWords("t"), mineBy: null, theirsBy: null, ifMine: null, ifTheirs: null, editable: false, chosen: null, edited: null, changedAgain: false, suggestion: null, ...change };
}

function view(fields: ConflictField[], version = 1, merged: ConflictField[] = []): ConflictView {
  return { entityKind: "room", entityId: "204", title: "204", situation: "fields", summary: ownWords(""), version, fields, merged, settles: ["e1"], myActions: [], canLook: true };
}

describe("h16_the_choices_of_a_conflict", () => {
  const three = view([field("a"), field("b"), field("c")]);

  it("preselects nothing", () => {
    expect(initialChoices(three).size).toBe(0);
    expect(complete(three, initialChoices(three))).toBeNull();
  });

  it("goes from open field to open field, both ways and round", () => {
    const some = new Map([["b", mine]]);
    expect(nextOpen(three, some, null)).toBe("a");
    expect(nextOpen(three, some, "a")).toBe("c");
    expect(nextOpen(three, some, "c")).toBe("a");
    expect(nextOpen(three, some, "c", -1)).toBe("a");
    expect(nextOpen(three, takeAll(three, some, theirs), "a")).toBeNull();
  });

  it("takes one side for what is open and keeps what was chosen", () => {
    const all = takeAll(three, new Map([["b", mine]]), theirs);
    expect(complete(three, all)).toEqual([
      { path: "a", side: "theirs", text: null },
      { path: "b", side: "mine", text: null },
      { path: "c", side: "theirs", text: null },
    ]);
    expect(open(three, all)).toEqual([]);
  });

  it("asks again only where the other side moved, and keeps the other choices", () => {
    const chosen = takeAll(three, new Map(), mine);
    const newer = view([field("a"), field("b", { theirs: ownWords("t2") }), field("c")], 2);
    const after = carryOver(three, chosen, newer);
    expect([...after.choices.keys()]).toEqual(["a", "c"]);
    expect(after.asksAgain).toEqual(["b"]);
  });

  it("keeps a text that was being written where its field asks again, however often", () => {
    const was = { view: three, choices: new Map([["b", { side: "edited" as const, text: "both" }]]), asksAgain: [] };
    const newer = broughtAlong(was, view([field("a"), field("b", { theirs: ownWords("t2") }), field("c")], 2));
    const newest = broughtAlong(newer, view([field("a"), field("b", { theirs: ownWords("t3") }), field("c")], 3));
    for (const each of [newer, newest]) {
      expect(each.choices.has("b")).toBe(false);
      expect(each.asksAgain).toEqual(["b"]);
      expect(each.view.fields[1]?.edited).toBe("both");
    }
  });

  it("asks a field again that this desk changed meanwhile, and a field that is new", () => {
    const chosen = takeAll(three, new Map(), theirs);
    const newer = view([field("a", { mine: ownWords("m2") }), field("b"), field("c"), field("d")], 1);
    const after = carryOver(three, chosen, newer);
    expect([...after.choices.keys()].toSorted()).toEqual(["b", "c"]);
    expect(after.asksAgain).toEqual(["a", "d"]);
  });

  it("tells of every move of a field that asks again, once", () => {
    const newer = view([field("a"), field("b", { theirs: ownWords("t2") }), field("c")], 2);
    const newest = view([field("a"), field("b", { theirs: ownWords("t3") }), field("c")], 3);
    const told = (before: ConflictView | null, after: ConflictView, asks: string[]) => moved(before, after, asks).map((each) => each.path);
    expect(told(null, three, [])).toEqual([]);
    expect(told(three, newer, ["b"])).toEqual(["b"]);
    expect(told(newer, newer, ["b"])).toEqual([]);
    expect(told(newer, newest, ["b"])).toEqual(["b"]);
    // What was decided without a network and asks again when it is opened.
    expect(told(null, newest, ["b"])).toEqual(["b"]);
  });

  it("sends a text that was written anew, and keeps it when the conflict is read again", () => {
    const note = view([field("room/note", { editable: true })]);
    const written = new Map([["room/note", { side: "edited" as const, text: "cot and towels" }]]);
    expect(complete(note, written)).toEqual([{ path: "room/note", side: "edited", text: "cot and towels" }]);
    expect(carryOver(note, written, note).choices).toEqual(written);
    const refused = view([field("room/note", { editable: true, chosen: "edited", edited: "cot and towels", changedAgain: true })]);
    expect(initialChoices(refused).size).toBe(0);
  });

  it("turns what merged by itself to the other side and back, and asks nobody about it", () => {
    const merging = view([field("a")], 1, [field("d")]);
    const turned = turn(new Map([["a", mine]]), "d");
    expect(complete(merging, turned)).toEqual([
      { path: "a", side: "mine", text: null },
      { path: "d", side: "theirs", text: null },
    ]);
    expect(complete(merging, turn(turned, "d"))).toEqual([{ path: "a", side: "mine", text: null }]);
    const newer = carryOver(merging, turned, view([field("a")], 2, [field("d", { theirs: ownWords("t2") })]));
    expect([...newer.choices.keys()]).toEqual(["a"]);
    expect(newer.asksAgain).toEqual([]);
  });

  it("knows whose side stands in a merged field that came with an earlier choice", () => {
    // It was contested, somebody kept mine, and the service's next answer did not name it any more.
    const merged = [field("d", { chosen: "mine" }), field("e", { chosen: "theirs" }), field("f", { chosen: "edited", edited: "both" })];
    const merging = view([field("a")], 1, merged);
    const choices = initialChoices(merging);
    expect(["d", "e", "f"].map((path) => isTurned(choices, path))).toEqual([false, true, false]);
    const sides = (all: typeof choices) => complete(view([], 1, merged), all)?.map(({ side }) => side);
    expect(sides(choices)).toEqual(["mine", "theirs", "edited"]);
    expect(isTurned(turn(choices, "d"), "d")).toBe(true);
    expect(isTurned(turn(choices, "e"), "e")).toBe(false);
  });

  it("brings an earlier choice along, except where it asks again", () => {
    const again = view([field("a", { chosen: "mine" }), field("b", { chosen: "mine", changedAgain: true })]);
    expect([...initialChoices(again)]).toEqual([["a", mine]]);
  });
});
