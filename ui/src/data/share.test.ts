import { expect, it } from "vitest";
import { share } from "./share";

it("keeps every part that says the same and takes every part that does not", () => {
  const before = { staff: [{ id: "a" }, { id: "b" }], sync: { waiting: 1, why: null }, day: "2016-03-27" };
  const after = share(before, { staff: [{ id: "a" }, { id: "b" }], sync: { waiting: 2, why: null }, day: "2016-03-27" });
  expect(after).toEqual({ staff: [{ id: "a" }, { id: "b" }], sync: { waiting: 2, why: null }, day: "2016-03-27" });
  expect(after.staff).toBe(before.staff);
  expect(after.sync).not.toBe(before.sync);
  expect(share(before, structuredClone(before))).toBe(before);
});

it("sees what was added, taken away or put in the place of something else", () => {
  expect(share([1, 2], [1])).toEqual([1]);
  expect(share<unknown>({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
  expect(share<unknown>({ a: 1 }, { a: 1, b: undefined })).toEqual({ a: 1, b: undefined });
  expect(share<unknown>([], {})).toEqual({});
  expect(share<unknown>(null, { a: 1 })).toEqual({ a: 1 });
});
