// What one person likes at this screen: theme, density, the board's named views, and whether a conflict comes with
// suggestions. Kept by the page; losing it loses nothing.

import { createStore } from "zustand/vanilla";
import { readViews, type SavedView } from "./views";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";

interface Prefs {
  theme: Theme;
  density: Density;
  /** Beside the choices of a conflict. Off until somebody asks for them: a hint is half a decision. */
  suggestions: boolean;
  /** Ways of looking at the board, by name, the oldest first. */
  views: readonly SavedView[];
}

const KEY = "turndown.prefs";

function load(): Prefs {
  const prefs: Prefs = { theme: "system", density: "comfortable", suggestions: false, views: [] };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    if (typeof kept === "object" && kept !== null) {
      const { theme, density, suggestions, views } = kept as Partial<Prefs>;
      if (theme === "light" || theme === "dark") prefs.theme = theme;
      if (density === "compact") prefs.density = density;
      prefs.suggestions = suggestions === true;
      prefs.views = readViews(views);
    }
  } catch {
    // Unreadable or forbidden storage means the defaults.
  }
  return prefs;
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

/** Puts the theme on the page, now and whenever it changes. */
export function applyTheme(): void {
  const apply = () => {
    document.documentElement.dataset["theme"] = prefs.getState().theme;
  };
  apply();
  prefs.subscribe(apply);
}
