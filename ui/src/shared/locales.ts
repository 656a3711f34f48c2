// The languages of the screens, one line each. A new language is a catalogue in `src/locales/` and a line here; its
// names of months and days come from `tools/names.mjs`. Each catalogue is a chunk of its own, read when it is asked for.

import type { Messages } from "@lingui/core";

export type Digits = "latn" | "arab" | "arabext";
export type Calendar = "gregorian" | "solarHijri" | "both";

export interface Language {
  /** As it stands in the page's `lang`; also the folder of its catalogue. */
  code: string;
  /** In the language itself, so that whoever reads only that one finds it. */
  name: string;
  dir: "ltr" | "rtl";
  /** Arabic script wants higher rows; tokens.css says the same. */
  script: "latin" | "arabic" | "hebrew";
  /** The digits and the calendar that most of its readers use; each person can choose others. */
  digits: Digits;
  calendar: Calendar;
  /** Whose plural forms to use, the first that the engine knows: not every engine knows Pashto. */
  plurals: readonly string[];
  /** Whose order of names, likewise. */
  order: readonly string[];
  load: () => Promise<{ messages: Messages }>;
}

export const ENGLISH: Language = { code: "en", name: "English", dir: "ltr", script: "latin", digits: "latn", calendar: "gregorian", plurals: ["en"], order: ["en"], load: () => import("../locales/en/messages") };

export const LANGUAGES: readonly Language[] = [
  ENGLISH,
  { code: "ar", name: "العربية", dir: "rtl", script: "arabic", digits: "latn", calendar: "gregorian", plurals: ["ar"], order: ["ar"], load: () => import("../locales/ar/messages") },
  { code: "fa-AF", name: "دری", dir: "rtl", script: "arabic", digits: "arabext", calendar: "solarHijri", plurals: ["fa", "en"], order: ["fa-AF", "fa"], load: () => import("../locales/fa-AF/messages") },
  { code: "ps", name: "پښتو", dir: "rtl", script: "arabic", digits: "arabext", calendar: "solarHijri", plurals: ["ps", "en"], order: ["ps", "fa"], load: () => import("../locales/ps/messages") },
  { code: "he", name: "עברית", dir: "rtl", script: "hebrew", digits: "latn", calendar: "gregorian", plurals: ["he"], order: ["he"], load: () => import("../locales/he/messages") },
  { code: "es", name: "Español", dir: "ltr", script: "latin", digits: "latn", calendar: "gregorian", plurals: ["es"], order: ["es"], load: () => import("../locales/es/messages") },
  { code: "fr", name: "Français", dir: "ltr", script: "latin", digits: "latn", calendar: "gregorian", plurals: ["fr"], order: ["fr"], load: () => import("../locales/fr/messages") },
];

/** What computers call a language that goes by another name here. */
const OTHER_NAMES: Record<string, string> = { prs: "fa-AF", fa: "fa-AF", iw: "he" };

/** The first of the wished languages that there is, a region's own before the language at large; English otherwise. */
export function bestLanguage(wished: readonly string[], languages: readonly Language[] = LANGUAGES): Language {
  for (const wish of wished) {
    const [base = ""] = wish.split("-");
    for (const code of [wish, OTHER_NAMES[base], base]) {
      const found = languages.find((each) => each.code === code);
      if (found !== undefined) return found;
    }
  }
  return ENGLISH;
}
