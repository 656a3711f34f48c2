import { i18n } from "@lingui/core";
import { afterEach, beforeEach, vi } from "vitest";
import { messages } from "../locales/en/messages";
import { resetAnnouncer } from "../shared/announcer";
import { learn } from "../shared/language";

learn("en", messages);
i18n.activate("en");

// The page simulated for tests lays nothing out; a list that shows only what is in sight needs something in sight.
for (const side of ["offset", "client"]) {
  Object.defineProperty(HTMLElement.prototype, `${side}Height`, { configurable: true, get: () => 600 });
  Object.defineProperty(HTMLElement.prototype, `${side}Width`, { configurable: true, get: () => 300 });
}

beforeEach(() => {
  document.body.innerHTML = "";
  window.location.hash = "";
});
afterEach(() => {
  resetAnnouncer();
  vi.useRealTimers();
});
