// Every view in every form: in hotels of 20, 200 and 5,000 rooms and in one that has none, in light, dark and high
// contrast, in English, Arabic and Pashto. And the main states in further languages, sizes of the text and windows.

import { MAIN, more, pictures, radio, VIEWS as AND_DIALOGS } from "./states.mjs";

/** What each adds to the page's address. The outbox of a larger hotel is longer. */
const HOTELS = { 20: "&rooms=20&taken=20", 200: "&rooms=200&taken=400", 5000: "&rooms=5000&taken=12000", empty: "&rooms=0" };
const LANGUAGES = ["en", "ar", "ps"];
/** As the computer asks for them; `prefs.ts` follows it. */
export const LOOKS = {
  light: { colorScheme: "light", contrast: "no-preference" },
  dark: { colorScheme: "dark", contrast: "no-preference" },
  contrast: { colorScheme: "light", contrast: "more" },
};

const loading = (rooms) => async (page) =>
  page.evaluate(`window.__demo.setState((state) => { state.loading = ${rooms === 0 ? "null" : `{ step: { template: "Loading the hotel's rooms", args: {}, said: null }, done: ${Math.round(rooms * 0.47)}, total: ${rooms} }`}; })`);
const ROOMS = { 20: "101-105", 200: "501-512", 5000: "5001-5012", empty: "101" };

// Each view is one of the states, or its own. `but` has what is done instead in some of the hotels; `null` leaves one out,
// because the view does not exist there. What does not show the hotel is taken in one.
const VIEWS = [
  { view: "board" },
  { view: "guide", of: "board-light" },
  { view: "attendant", of: "board-one", but: { empty: null } },
  { view: "day-notice" },
  { view: "notices", of: "board-notices" },
  { view: "filters", of: "board-more-filters", but: { empty: more("state-vip") } },
  { view: "selected", of: "board-selected", but: { empty: null } },
  { view: "done", of: "board-selected-done", but: { empty: null } },
  { view: "room-card", of: "details", but: { empty: null } },
  { view: "reassign", but: { empty: null } },
  { view: "add-task" },
  { view: "attendants", of: "board-attendants", but: { empty: null } },
  { view: "suggestions", of: "suggestions-look", but: { empty: null } },
  { view: "radio", of: "radio-understood", but: Object.fromEntries(Object.entries(ROOMS).map(([hotel, rooms]) => [hotel, radio(`${rooms} dirty`)])) },
  { view: "front-desk", of: "frontdesk" },
  { view: "front-desk-card", of: "front-desk-panel", but: { empty: null } },
  { view: "sync-center", of: "sync" },
  { view: "resolver", of: "conflict", but: { empty: null } },
  { view: "story", but: { empty: null } },
  { view: "summary" },
  { view: "report" },
  { view: "cockpit", of: "cockpit-offline" },
  { view: "playbook", only: "200" },
  { view: "settings" },
  { view: "shortcuts", but: { empty: async (page) => page.keyboard.press("?") } },
  { view: "person" },
  { view: "too-old", of: "stale" },
  { view: "emergency" },
  { view: "who" },
  { view: "who-pin", only: "200" },
  { view: "locked", only: "200" },
  { view: "first-load", query: "phase=loading", but: Object.fromEntries(Object.keys(HOTELS).map((hotel) => [hotel, loading(hotel === "empty" ? 0 : Number(hotel))])) },
  { view: "setup", only: "200" },
  { view: "trouble", only: "200" },
];

const stateOf = (name) => pictures.find((state) => state.name === name);
const SMALL = { width: 1280, height: 800 };

const seen = ({ view, of = view, query, but }) => (query === undefined ? stateOf(of) : { name: view, query, size: SMALL, act: but["200"] });
/** Every view and every dialog, each once. */
const EVERYTHING = [...new Set([...MAIN.map(stateOf), ...VIEWS.map(seen), ...AND_DIALOGS.map(stateOf)])];

function inHotels({ view, of = view, query, but = {}, only }, { hotels, languages }) {
  const state = query === undefined ? stateOf(of) : { query, size: SMALL };
  return Object.entries(HOTELS)
    .filter(([hotel]) => (only === undefined || hotel === only) && but[hotel] !== null && hotels.includes(hotel))
    .flatMap(([hotel, rooms]) =>
      LANGUAGES.filter((lang) => languages.includes(lang)).map((lang) => ({
        ...state,
        folder: view,
        name: `${only === undefined ? `${hotel.padStart(4, "0")}-` : ""}${lang}`,
        query: `${state.query}${rooms}&lang=${lang}`,
        act: but[hotel] ?? state.act,
        looks: Object.keys(LOOKS),
      })),
    );
}

/** Every visit of the demonstration page, each with the looks that it is taken in. */
export const PARTS = {
  hotels: (asked) => VIEWS.flatMap((view) => inHotels(view, asked)),
  // Each of the states that the screens can come to, in light and in dark.
  states: () =>
    pictures.map((state) => {
      const name = state.name.replace(/-dark$/, "");
      const hasTwin = !state.dark && stateOf(`${state.name}-dark`) !== undefined;
      return { ...state, folder: "states", name, looks: state.dark ? ["dark"] : hasTwin ? ["light"] : ["light", "dark"] };
    }),
  // The main states in text of both sizes, and in large text everything besides.
  tongues: ({ languages }) =>
    EVERYTHING.flatMap((state) =>
      ["ar", "ps", "fa-AF", "he", "en-XA"]
        .filter((lang) => languages.includes(lang))
        .flatMap((lang) => (MAIN.includes(state.name) ? [100, 200] : [200]).map((text) => ({ ...state, folder: "tongues", name: `${state.name}-${lang}-${text}`, query: `${state.query}&lang=${lang}&text=${text}`, looks: ["light"] }))),
    ),
  windows: ({ languages }) =>
    ["board-offline", "board-compact", "frontdesk", "sync", "conflict", "report", "details"].map(stateOf).flatMap((state) =>
      ["en", "ar"].filter((lang) => languages.includes(lang)).flatMap((lang) =>
        [[1366, 768], [3840, 2160]].map(([width, height]) => ({ ...state, size: { width, height }, folder: "windows", name: `${state.name}-${lang}-${width}`, query: `${state.query}${HOTELS[200]}&lang=${lang}`, looks: ["light"] })),
      ),
    ),
};
export const ALL = { hotels: Object.keys(HOTELS), languages: ["en", "ar", "ps", "fa-AF", "he", "en-XA"], looks: Object.keys(LOOKS) };
