// Every date, time, number and order that the screens show goes through here. `Intl` is an implementation detail of
// this module: what differs between engines and languages is settled in one place.

import { t } from "@lingui/core/macro";
import { plural } from "@lingui/core/macro";

interface Settings {
  locale: string;
  timeZone: string;
}

const settings: Settings = { locale: "en", timeZone: "UTC" };

// Digits are chosen, never left to the engine: engines disagree about the same language.
const NUMBERING = "latn";

const formats = new Map<string, Intl.DateTimeFormat>();
let numbers: Intl.NumberFormat | null = null;
let collator: Intl.Collator | null = null;

/** Sets the language and the hotel's time zone. An unknown zone is shown as UTC rather than not at all. */
export function configure(next: Partial<Settings>): void {
  if (next.timeZone !== undefined && next.timeZone !== settings.timeZone) {
    settings.timeZone = isZone(next.timeZone) ? next.timeZone : "UTC";
    formats.clear();
  }
  if (next.locale !== undefined && next.locale !== settings.locale) {
    settings.locale = next.locale;
    formats.clear();
    numbers = null;
    collator = null;
  }
}

/** English is read day before month, as most hotels write it. */
function formatLocale(): string {
  return settings.locale === "en" ? "en-GB" : settings.locale;
}

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let made = formats.get(name);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(formatLocale(), { numberingSystem: NUMBERING, ...options });
    formats.set(name, made);
  }
  return made;
}

function read(stamp: string): Date | null {
  const at = new Date(stamp);
  return Number.isNaN(at.getTime()) ? null : at;
}

/** `14:02`, in the hotel's zone. Unreadable input is shown as it is. */
export function time(stamp: string): string {
  const at = read(stamp);
  if (at === null) return stamp;
  return format("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: settings.timeZone }).format(at);
}

/** `27 Mar, 14:02`, in the hotel's zone; only the time when it was on the same day as `now`. */
export function dateTime(stamp: string, now: number = Date.now()): string {
  const at = read(stamp);
  if (at === null) return stamp;
  const day = format("dayKey", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: settings.timeZone });
  if (day.format(at) === day.format(now)) return time(stamp);
  const date = format("dayMonth", { day: "numeric", month: "short", timeZone: settings.timeZone }).format(at);
  return `${date}, ${time(stamp)}`;
}

/** `27 Mar 2016, 14:02`, in the hotel's zone: for paper, which is read in another year. */
export function dateTimeInFull(stamp: string): string {
  const at = read(stamp);
  if (at === null) return stamp;
  const date = format("dayMonthYear", { day: "numeric", month: "short", year: "numeric", timeZone: settings.timeZone }).format(at);
  return `${date}, ${time(stamp)}`;
}

/** A service day such as `2016-03-27`, as `Sunday 27 March 2016`. It is a day, not an instant: no zone moves it. */
export function serviceDay(isoDate: string, form: "long" | "short" = "long"): string {
  const at = read(`${isoDate}T12:00:00Z`);
  if (at === null) return isoDate;
  const options: Intl.DateTimeFormatOptions =
    form === "long"
      ? { weekday: "long", day: "numeric", month: "long", year: "numeric" }
      : { weekday: "short", day: "numeric", month: "short" };
  const parts = format(`day-${form}`, { ...options, timeZone: "UTC" }).formatToParts(at);
  // English orders the parts by country; the desk reads weekday, day, month, year.
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  if (settings.locale.startsWith("en")) {
    return ["weekday", "day", "month", "year"].map(part).filter(Boolean).join(" ");
  }
  return parts.map((p) => p.value).join("");
}

/** A whole number, grouped. Never for room numbers, which are names. */
export function count(value: number): string {
  numbers ??= new Intl.NumberFormat(formatLocale(), { numberingSystem: NUMBERING });
  return numbers.format(value);
}

/** How long ago, short: `just now`, `35 min`, `2 h 05`, `3 days`. */
export function age(stamp: string, now: number): string {
  const at = read(stamp);
  return at === null ? "" : duration(Math.max(0, now - at.getTime()) / 1000);
}

/** A length of time, short. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t`just now`;
  if (minutes < 60) return t`${count(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    const rest = String(minutes % 60).padStart(2, "0");
    return t`${count(hours)} h ${rest}`;
  }
  const days = Math.floor(hours / 24);
  return plural(days, { one: "# day", other: "# days" });
}

/** A length of time in words, for sentences: `25 hours`. */
export function durationInWords(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 90) return plural(minutes, { one: "# minute", other: "# minutes" });
  const hours = Math.round(minutes / 60);
  if (hours < 72) return plural(hours, { one: "# hour", other: "# hours" });
  return plural(Math.round(hours / 24), { one: "# day", other: "# days" });
}

/** Rooms in the order of the corridor: 9, 12A, 101, 1009, 1011. */
export function compareRooms(a: string, b: string): number {
  collator ??= new Intl.Collator(settings.locale, { numeric: true, sensitivity: "base" });
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Names in the order of the language. */
export const compareNames = compareRooms;

const ARABIC_DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/g;

/** Folds what people type and what is stored to one form: digits of other scripts, case, accents, and the letters that
 * Arabic, Persian and Pashto keyboards write differently. */
export function fold(text: string): string {
  return text
    .replace(ARABIC_DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
    .normalize("NFKD")
    .replace(/[\p{M}\u200c\u0640]/gu, "")
    .replace(/\u064a/g, "\u06cc")
    .replace(/\u0643/g, "\u06a9")
    .toLocaleLowerCase(settings.locale)
    .trim();
}

/** Isolates a name or a room number inside a plain string (accessible names, announcements, titles), so that text of
 * the other direction around it cannot reorder it. */
export function iso(text: string): string {
  return `\u2068${text}\u2069`;
}
