import { describe, expect, it } from "vitest";
import { keptFilter, NO_FILTER, readViews, sameFilter, viewName, VIEWS_MAX } from "./views";

describe("what_was_kept_is_looked_at_before_it_is_believed", () => {
  const filter = { section: "1A", attendant: null, floors: ["1"], kinds: ["departure"], states: ["vip"] };

  it("a whole view comes back as it was", () => {
    expect(readViews([{ name: "Mornings", filter }])).toEqual([{ name: "Mornings", filter }]);
  });
  it("what is no view is left out", () => {
    expect(readViews("views")).toEqual([]);
    expect(readViews([null, 7, {}, { name: "  ", filter }, { name: "A" }, { name: "B", filter: null }, { name: 7, filter }])).toEqual([]);
  });
  it("what this build does not know is left out of the view", () => {
    const odd = { section: 7, attendant: { id: "s1" }, floors: ["2", 3, "x".repeat(100)], kinds: ["departure", "magic"], states: ["vip", "gone"] };
    expect(readViews([{ name: "Odd", filter: odd }])).toEqual([{ name: "Odd", filter: { section: null, attendant: null, floors: ["2"], kinds: ["departure"], states: ["vip"] } }]);
  });
  it("each name once, and not more than fit", () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ name: `View ${at}`, filter }));
    expect(readViews(many)).toHaveLength(VIEWS_MAX);
    expect(readViews([many[0], many[0]])).toHaveLength(1);
  });
  it("names are trimmed and short", () => {
    expect(viewName("  Late \n arrivals ")).toBe("Late arrivals");
    expect(viewName("x".repeat(60))).toHaveLength(40);
    expect(viewName(" ")).toBe("");
  });
});

it("two_filters_are_the_same_when_they_show_the_same", () => {
  const one = { ...NO_FILTER, floors: ["2", "1"], states: ["rush", "vip"] as const };
  expect(sameFilter(keptFilter(one), { ...keptFilter(NO_FILTER), floors: ["1", "2"], states: ["vip", "rush"] })).toBe(true);
  expect(sameFilter(keptFilter(one), keptFilter(NO_FILTER))).toBe(false);
});
