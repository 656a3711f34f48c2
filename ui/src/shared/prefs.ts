// What one person likes at this screen: language and digits, theme, size of the text, the board's named views, and what
// the keys do. Kept by the page; losing it loses nothing. Each value is looked at before it is believed, so that an older
// or a damaged record costs only what cannot be read of it.

import { createStore } from "zustand/vanilla";
import { readKeys, type ChangedKeys } from "./keys";
import type { Calendar, Digits } from "./locales";
import { readViews, type SavedView } from "./views";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export const DENSITIES = ["comfortable", "compact"] as const;
export const MOTIONS = ["system", "reduced"] as const;
/** In percent of what the screens are drawn for. */
export const TEXT_SIZES = [100, 110, 125, 150, 175, 200] as const;
const DIGITS = ["own", "latn", "arab", "arabext"] as const satisfies readonly (Digits | "own")[];
const CALENDARS = ["own", "gregorian", "solarHijri", "both"] as const satisfies readonly (Calendar | "own")[];

export type Theme = (typeof THEMES)[number];
export type Density = (typeof DENSITIES)[number];
export type Motion = (typeof MOTIONS)[number];
export type TextSize = (typeof TEXT_SIZES)[number];

interface Prefs {
  /** A language's code, or the computer's. */
  language: string;
  /** The language's own, or one of them whatever the language. */
  digits: Digits | "own";
  calendar: Calendar | "own";
  theme: Theme;
  motion: Motion;
  textSize: TextSize;
  density: Density;
  /** Beside the choices of a conflict. Off until somebody asks for them: a hint is half a decision. */
  suggestions: boolean;
  /** Whether every tile is a stop of the Tab key. */
  tabEveryTile: boolean;
  /** Whether single keys act on the focused tile and lead from view to view. */
  letterKeys: boolean;
  /** Single keys that are others than at first. */
  keys: ChangedKeys;
  /** Ways of looking at the board, by name, the oldest first. */
  views: readonly SavedView[];
}

const KEY = "turndown.prefs";

function load(): Prefs {
  let kept: Partial<Record<keyof Prefs, unknown>> = {};
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof read === "object" && read !== null) kept = read;
  } catch {
    // Unreadable or forbidden storage means the defaults.
  }
  const one = <Value>(values: readonly Value[], value: unknown, otherwise: Value): Value => values.find((each) => each === value) ?? otherwise;
  return {
    language: typeof kept.language === "string" ? kept.language : "system",
    digits: one<Prefs["digits"]>(DIGITS, kept.digits, "own"),
    calendar: one<Prefs["calendar"]>(CALENDARS, kept.calendar, "own"),
    theme: one<Theme>(THEMES, kept.theme, "system"),
    motion: one<Motion>(MOTIONS, kept.motion, "system"),
    textSize: one<TextSize>(TEXT_SIZES, kept.textSize, 100),
    density: one<Density>(DENSITIES, kept.density, "comfortable"),
    suggestions: kept.suggestions === true,
    tabEveryTile: kept.tabEveryTile === true,
    letterKeys: kept.letterKeys !== false,
    keys: readKeys(kept.keys),
    views: readViews(kept.views),
  };
}

export const prefs = createStore<Prefs>(load);

export function setPref(change: Partial<Prefs>): void {
  prefs.setState(change);
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs.getState()));
  } catch {
    // The choice holds for as long as the window is open.
  }
}

/** Below these sizes of the window some things stand otherwise, in pixels for text of 100 %. Style sheets ask for them by
 * `data-narrower` and `data-lower`: with larger text the window is a smaller one, and no engine knows a media query for
 * that. */
export const WIDTHS = [1360, 1180, 1120, 1080, 900, 860, 760] as const;
export const HEIGHTS = [576] as const;

/** Puts theme, motion and size of the text on the page, now and whenever this person or the computer changes them, also
 * in the other window. */
export function applyLooks(): void {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const contrast = window.matchMedia("(prefers-contrast: more)");
  const apply = () => {
    const { theme, motion, textSize } = prefs.getState();
    const page = document.documentElement;
    page.dataset["scheme"] = theme === "dark" || (theme !== "light" && dark.matches) ? "dark" : "light";
    page.dataset["contrast"] = theme === "contrast" || contrast.matches ? "more" : "normal";
    page.dataset["motion"] = motion;
    page.style.fontSize = `${textSize}%`;
    const below = (limits: readonly number[], size: number) => limits.filter((limit) => (size * 100) / textSize <= limit).join(" ");
    page.dataset["narrower"] = below(WIDTHS, window.innerWidth);
    page.dataset["lower"] = below(HEIGHTS, window.innerHeight);
  };
  apply();
  prefs.subscribe(apply);
  dark.addEventListener("change", apply);
  contrast.addEventListener("change", apply);
  window.addEventListener("resize", apply);
  window.addEventListener("storage", (event) => {
    if (event.key === KEY) prefs.setState(load());
  });
}
