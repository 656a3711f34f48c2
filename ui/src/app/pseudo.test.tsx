// Every word that a person sees or hears goes through the catalogues. In the language with brackets, a letter outside of
// brackets was written into the code, unless it is data: names, numbers, and what the core says itself.

import { act, cleanup, fireEvent, render, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createDesk } from "../data/desk";
import { memoryPlatform, type MemoryOptions, type MemoryPlatform } from "../platform/memory/memory";
import { giveAriaOurWords } from "../shared/ariaWords";
import { speech, startSpeaking } from "../shared/language";
import { LANGUAGES } from "../shared/locales";
import { NAMES } from "../shared/names";
import { setPref } from "../shared/prefs";
import { App } from "./App";
import { PSEUDO } from "./pseudo";
import { openSettings, settings } from "./Settings";

const BUSY: MemoryOptions = { busy: true, dayBegan: true, floors: 3, perFloor: 12 };

const speak = async (code: string) => {
  setPref({ language: code });
  await waitFor(() => expect(speech.getState().language.code).toBe(code));
};

beforeAll(async () => {
  giveAriaOurWords();
  await startSpeaking([...LANGUAGES, ...PSEUDO]);
  await speak("en-XA");
});
afterAll(() => speak("en"));
afterEach(() => {
  settings.setState({ open: false });
  cleanup();
});

/** What the desk's answers bring along: everything in them that is no sentence and no bare value such as `in_progress`. */
async function dataOf(platform: MemoryPlatform): Promise<Set<string>> {
  const found = new Set<string>();
  const gather = (value: unknown): void => {
    if (typeof value === "string") {
      if (!/^[a-z_]*$/i.test(value) || /^[A-Z]/.test(value)) found.add(value);
    } else if (typeof value === "object" && value !== null) {
      // A sentence of the core is in the catalogues like any other; data is only what is put into it.
      for (const each of Object.values("template" in value && "args" in value ? (value.args as object) : value)) gather(each);
    }
  };
  const center = await platform.syncCenter("all", [], 0, 500);
  gather([center, await platform.appState(), await platform.board(null), await platform.frontDesk(null), await platform.outageSummary(), await platform.report({ kind: "last" }, null, [], 0, 500), await platform.carryPlaces()]);
  for (const { entityKind, entityId } of center.conflicts) gather([await platform.conflict(entityKind, entityId), await platform.story(entityKind, entityId)]);
  return found;
}

const { months, monthsShort, days, daysShort } = NAMES["en"] ?? { months: [], monthsShort: [], days: [], daysShort: [] };
/** The product's own name, and the names of months and days, which are no messages. */
const NAMES_OF_THINGS = ["Turndown", ...months, ...days, ...monthsShort, ...daysShort];
/** An address as an example, the codes that the playbook explains, and the radio's shorthand. */
const THE_SAME_EVERYWHERE = /^(?:https:\/\/\S+|[A-Z]+(?:_[A-Z]+)+|\d+ vc · .*)$/;
/** What holds no words of ours: keys, code, what the announcer said before, names (`bdi`), and a text that says by its
 * `lang` that it is of another language. */
const NOT_WORDS = "kbd, code, script, style, bdi, [data-live-announcer], [lang]:not(html), [data-testid=hidden-select-container]";
const SAID = ["aria-label", "title", "placeholder", "alt", "aria-description", "aria-roledescription"];

function visibleTexts(): string[] {
  const texts: string[] = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(NOT_WORDS) !== null) continue;
    for (const name of SAID) texts.push(element.getAttribute(name) ?? "");
    for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent ?? "");
  }
  return texts.filter((text) => /\p{L}/u.test(text) && !THE_SAME_EVERYWHERE.test(text));
}

function withoutBrackets(text: string): string {
  let left = text;
  for (let before = ""; before !== left; ) {
    before = left;
    left = left.replace(/\[[^[\]]*\]/g, " ");
  }
  return left;
}

function hardCoded(data: Set<string>): string[] {
  const known = [...data, ...NAMES_OF_THINGS].filter((each) => /\p{L}/u.test(each)).toSorted((a, b) => b.length - a.length);
  return [...new Set(visibleTexts())].filter((text) => {
    let left = withoutBrackets(text);
    for (const each of known) left = left.replaceAll(each, " ");
    return /\p{L}/u.test(left);
  });
}

/** Opens a view and waits for what is to be looked at: `shown` is a selector. */
async function open(hash: string, options: MemoryOptions, shown: string, then?: () => void | Promise<void>): Promise<Set<string>> {
  const platform = memoryPlatform({ ...BUSY, ...options });
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  window.location.hash = hash;
  const app: ReactNode = <App desk={desk} />;
  render(app);
  await act(async () => then?.());
  // A view that is opened for the first time is read first.
  await waitFor(() => expect(document.querySelector(shown)).not.toBeNull(), { timeout: 30_000 });
  return dataOf(platform);
}

const click = (selector: string) => () =>
  waitFor(() => {
    const found = document.querySelector(selector);
    if (found === null) throw new Error(`nothing is at ${selector}`);
    fireEvent.click(found);
  });

const key = (pressed: string) => () => void fireEvent.keyDown(document.body, { key: pressed, code: pressed });

const views: [string, string, MemoryOptions, string, (() => void | Promise<void>)?][] = [
  ["the board", "#/board", {}, "[role=gridcell]"],
  ["the board without network", "#/board", { link: "unplugged" }, "[role=gridcell]"],
  ["the front desk", "", { window: "front-desk" }, "[data-testid=rack-room]"],
  ["the Sync Center", "#/sync", {}, "[data-testid=outbox-row]"],
  ["the Sync Center without network", "#/sync", { link: "workOffline" }, "[data-testid=outbox-row]"],
  ["a conflict", "#/sync", {}, "[data-testid=conflict] [data-field]", click('[data-testid="decide"]')],
  ["a room's story", "#/story/room/101", {}, "[data-testid=story-line]"],
  ["the report", "#/report", {}, "[data-testid=report-sums]"],
  ["what came of an outage", "#/summary", {}, "[data-testid=summary-sentence]"],
  ["the first start", "", { phase: "setup" }, "[data-testid=setup]"],
  ["connecting", "", { phase: "setup" }, "[data-testid=setup-connecting]", click('[data-testid="setup-connect"]')],
  ["who is working", "", { phase: "choosePerson" }, "[data-testid=staff-choice]"],
  ["a PIN", "", { phase: "choosePerson", byPin: true }, "[data-testid=pin-form]", click('[data-testid="staff-choice"]')],
  ["a PIN of one's own", "#/board", { byPin: true, temporary: true, lacks: true }, "[data-testid=dialog-change-pin]", click('[data-testid="pin-temporary-change"]')],
  ["old data", "#/board", { stale: true, link: "unplugged" }, "[data-testid=stale-modal]"],
  ["an emergency operation", "#/board", { emergency: "ending", link: "unplugged" }, "[role=gridcell]"],
  ["the settings", "#/board", {}, "[data-testid=settings]", () => openSettings("keys")],
  ["the shortcuts", "#/board", {}, "[data-testid=shortcuts]", key("?")],
];

describe("h44_nothing_is_written_outside_the_catalogues", () => {
  it.each(views)("%s", async (_name, hash, options, shown, then) => {
    const data = await open(hash, options, shown, then);
    expect(visibleTexts().length).toBeGreaterThan(5);
    expect(hardCoded(data)).toEqual([]);
  });
});

/** What stands apart by itself: the text around it does not order it, nor it the text. */
const APART = "bdi, [dir], kbd, code, script, style, .code, [data-live-announcer], [data-testid=hidden-select-container]";

/** Data in Latin letters that stands beside other words, or other data, with nothing between them that keeps their order. */
function unisolated(data: Set<string>): string[] {
  const known = [...data].filter((each) => /[A-Za-z]/.test(each) && !/^\d{4}-\d\d-\d\dT/.test(each) && each.length > 1);
  const loose = (text: string) => {
    const rest = text.replaceAll(/\u2068[^\u2068\u2069]*\u2069/g, " ");
    return known.some((each) => rest.includes(each));
  };
  const found = new Set<string>();
  for (const element of document.body.querySelectorAll("*")) {
    for (const name of SAID) {
      const text = element.getAttribute(name) ?? "";
      if (!data.has(text) && loose(text)) found.add(`${name}: ${text}`);
    }
    if (element.matches(APART) && element.children.length === 0 && data.has(element.textContent ?? "")) continue;
    if (element.closest("kbd, code, script, style, .code, [data-live-announcer], [data-testid=hidden-select-container]") !== null) continue;
    const parts = [...element.childNodes].filter((node) => (node.textContent ?? "").trim() !== "" && (node.nodeType !== Node.ELEMENT_NODE || !(node as Element).matches("svg")));
    for (const node of parts) {
      const text = node.textContent ?? "";
      if (node.nodeType === Node.TEXT_NODE && loose(text) && (parts.length > 1 || !data.has(text))) found.add(`${element.tagName.toLowerCase()}.${element.className}: ${element.textContent ?? ""}`);
    }
  }
  return [...found];
}

describe("h42_names_numbers_and_addresses_keep_their_order_among_words_from_the_right", () => {
  beforeAll(() => speak("ar"));
  it.each(views)("%s", async (_name, hash, options, shown, then) => {
    const data = await open(hash, options, shown, then);
    expect(document.documentElement.dir).toBe("rtl");
    expect(unisolated(data)).toEqual([]);
  });
});
