// The demonstration page: the screens on made-up data, to look at them without the core. `npm run dev`, then
// /demo.html?busy=1&link=unplugged, or `npm run demo` for a page under the same policy as the shell's.

import type { AppState, LinkMode } from "../bindings/bindings";
import { memoryPlatform } from "../platform/memory/memory";
import { phrase } from "../platform/memory/phrase";
import { LANGUAGES } from "../shared/locales";
import { setPref, TEXT_SIZES, type Theme } from "../shared/prefs";
import { ownWords } from "../shared/said";
import { boot } from "./boot";
import { PSEUDO } from "./pseudo";

const asked = new URLSearchParams(window.location.search);
const flag = (name: string) => asked.get(name) === "1";

const platform = memoryPlatform({
  window: asked.get("window") === "front-desk" ? "front-desk" : "board",
  phase: (asked.get("phase") ?? "ready") as AppState["phase"],
  byPin: flag("pin"),
  temporary: flag("temporary"),
  lacks: flag("lacks"),
  mayNot: asked.get("maynot")?.split(",") ?? [],
  link: (asked.get("link") ?? "auto") as LinkMode,
  busy: flag("busy"),
  givenTwice: flag("giventwice"),
  suggests: Number(asked.get("suggests") ?? 0),
  dayBegan: flag("daybegan"),
  taken: Number(asked.get("taken") ?? 0),
  idle: flag("idle"),
  stale: flag("stale"),
  emergency: asked.get("emergency") === "ending" ? "ending" : flag("emergency"),
  sends: asked.get("sends") !== "0",
  seed: Number(asked.get("seed") ?? 7),
  floors: Number(asked.get("floors") ?? 10),
  perFloor: Number(asked.get("doors") ?? 30),
  ...(asked.has("rooms") ? { rooms: Number(asked.get("rooms")) } : {}),
  quiet: flag("quiet"),
});
setPref({
  language: asked.get("lang") ?? (asked.get("dir") === "rtl" ? "ar-XB" : "en"),
  textSize: TEXT_SIZES.find((size) => String(size) === asked.get("text")) ?? 100,
  theme: (asked.get("theme") ?? "system") as Theme,
});
if (flag("noguide")) {
  platform.setState((state) => {
    state.guide = null;
  });
}
if (flag("notice")) {
  platform.setState((state) => {
    state.notice = { code: "UNCLEAN_STOP", message: ownWords("Turndown was not closed properly last time."), nextStep: ownWords("Nothing is lost: 14 actions are waiting, as before. A full check runs behind the board.") };
    state.staleness.warn = true;
  });
}
if (flag("setback")) {
  platform.setState((state) => {
    Object.assign(state.staleness, { clockSetBack: true, ageS: null });
  });
}
if (asked.get("phase") === "trouble") {
  platform.setState((state) => {
    state.trouble = { code: "DATABASE_NEWER", message: phrase("This desk's data was written by a newer Turndown. It was not touched."), nextStep: phrase("Install the newest Turndown on this computer and open it again."), reference: "T-7F3A" };
  });
}
Object.defineProperty(window, "__demo", { value: platform });
void boot(platform, [...LANGUAGES, ...PSEUDO]);
