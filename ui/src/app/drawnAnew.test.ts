import { beforeEach, expect, test } from "vitest";
import { dismissToast, toasts } from "../shared/toasts";
import { endedUnexpectedly, sayDrawnAnew } from "./drawnAnew";

beforeEach(() => {
  sessionStorage.clear();
  for (const { id } of toasts.getState().list) dismissToast(id);
});

test("a page that took leave is followed by one that says nothing, and a page that ended without is noticed", () => {
  expect(endedUnexpectedly(), "the window's first page").toBe(false);
  window.dispatchEvent(new Event("pagehide"));
  expect(endedUnexpectedly(), "after a page that took leave").toBe(false);
  expect(endedUnexpectedly(), "after a page that did not").toBe(true);
});

test("what is said has what is safe, what to look at, and a code", () => {
  sayDrawnAnew();
  expect(toasts.getState().list).toMatchObject([
    { tone: "trouble", text: "This window had to be drawn anew.", nextStep: expect.stringContaining("saved is here"), code: "WINDOW_DRAWN_ANEW" },
  ]);
});
