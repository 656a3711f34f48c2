// Every date, time, number and order that the screens show goes through here. Names of months and days, the order of a
// date's parts, digits and separators come from our own tables, the same in every engine. `Intl` is asked for two
// things only: what the clock shows in the hotel's zone, and the order of names.

import { CalendarDate, GregorianCalendar, PersianCalendar, toCalendar } from "@internationalized/date";
import { plural, t } from "@lingui/core/macro";
import { ENGLISH, type Calendar, type Digits, type Language } from "./locales";
import { NAMES, type Names } from "./names";

interface Settings {
  language: Language;
  digits: Digits;
  calendar: Calendar;
  timeZone: string;
}

const settings: Settings = { language: ENGLISH, digits: ENGLISH.digits, calendar: ENGLISH.calendar, timeZone: "UTC" };

let zoned: Intl.DateTimeFormat | null = null;
let collator: Intl.Collator | null = null;

/** Sets the language, its digits and calendar, and the hotel's time zone. An unknown zone is shown as UTC rather than
 * not at all. */
export function configure(next: Partial<Settings>): void {
  const { timeZone, ...rest } = next;
  if (timeZone !== undefined && timeZone !== settings.timeZone) {
    settings.timeZone = isZone(timeZone) ? timeZone : "UTC";
    zoned = null;
  }
  if (rest.language !== undefined && rest.language !== settings.language) collator = null;
  Object.assign(settings, rest);
}

function isZone(zone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
}

const ENGLISH_NAMES = NAMES["en"] as Names;

function names(): Names {
  return NAMES[settings.language.code] ?? ENGLISH_NAMES;
}

const ZERO: Record<Digits, number> = { latn: 0x30, arab: 0x660, arabext: 0x6f0 };

/** The digits of a text in those that the person reads. */
function inDigits(text: string): string {
  if (settings.digits === "latn") return text;
  const zero = ZERO[settings.digits];
  return text.replace(/[0-9]/g, (digit) => String.fromCharCode(zero + Number(digit)));
}

const two = (value: number): string => String(value).padStart(2, "0");

function read(stamp: string): Date | null {
  const at = new Date(stamp);
  return Number.isNaN(at.getTime()) ? null : at;
}

interface Instant {
  day: CalendarDate;
  hour: number;
  minute: number;
}

/** What the clock and the calendar on the hotel's wall show. */
function atTheHotel(at: Date | number): Instant {
  zoned ??= new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", { timeZone: settings.timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" });
  const parts = new Map(zoned.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return { day: new CalendarDate(part("year"), part("month"), part("day")), hour: part("hour"), minute: part("minute") };
}

const gregorian = new GregorianCalendar();
const solarHijri = new PersianCalendar();

/** One day in one calendar, after a pattern such as `EEE d MMM`. */
function write(day: CalendarDate, pattern: string, calendar: "gregorian" | "solarHijri"): string {
  const { months, monthsShort, solarMonths, days, daysShort } = names();
  const there = toCalendar(day, calendar === "gregorian" ? gregorian : solarHijri);
  const weekday = new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
  const month = (list: readonly string[]) => (calendar === "gregorian" ? list : solarMonths)[there.month - 1] ?? "";
  const parts: Record<string, () => string> = {
    EEEE: () => days[weekday] ?? "",
    EEE: () => daysShort[weekday] ?? "",
    MMMM: () => month(months),
    MMM: () => month(monthsShort),
    d: () => inDigits(String(there.day)),
    y: () => inDigits(String(there.year)),
  };
  return pattern.replace(/'([^']*)'|EEEE|EEE|MMMM|MMM|d|y/g, (part: string, quoted?: string) => quoted ?? parts[part]?.() ?? part);
}

/** One day in the calendar of this person, or in both: then the second one says no more than it must. */
function dated(day: CalendarDate, form: keyof Names["dates"]): string {
  const { calendar } = settings;
  const { dates } = names();
  if (calendar !== "both") return write(day, dates[form], calendar);
  return `${write(day, dates[form], "solarHijri")} · ${write(day, dates[form === "medium" ? "medium" : "dayMonth"], "gregorian")}`;
}

/** `14:02`, in the hotel's zone. Unreadable input is shown as it is. */
export function time(stamp: string): string {
  const at = read(stamp);
  if (at === null) return stamp;
  const { hour, minute } = atTheHotel(at);
  return inDigits(`${two(hour)}:${two(minute)}`);
}

/** A time of day that stands in the data, such as `14:30`: no zone moves it. None is nothing. */
export function clock(timeOfDay = ""): string {
  return /^\d{1,2}:\d{2}$/.test(timeOfDay) ? inDigits(timeOfDay) : timeOfDay;
}

/** `27 Mar, 14:02`, in the hotel's zone; only the time when it was on the same day as `now`. */
export function dateTime(stamp: string, now: number = Date.now()): string {
  const at = read(stamp);
  if (at === null) return stamp;
  const { day } = atTheHotel(at);
  if (day.compare(atTheHotel(now).day) === 0) return time(stamp);
  return `${dated(day, "dayMonth")}${names().comma}${time(stamp)}`;
}

/** `27 Mar 2016, 14:02`, in the hotel's zone: for paper, which is read in another year. */
export function dateTimeInFull(stamp: string): string {
  const at = read(stamp);
  if (at === null) return stamp;
  return `${dated(atTheHotel(at).day, "medium")}${names().comma}${time(stamp)}`;
}

/** A service day such as `2016-03-27`, as `Sunday 27 March 2016`. It is a day, not an instant: no zone moves it. */
export function serviceDay(isoDate: string, form: "long" | "short" = "long"): string {
  const at = read(`${isoDate}T12:00:00Z`);
  if (at === null) return isoDate;
  const day = new CalendarDate(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
  return dated(day, form === "long" ? "full" : "dayOfWeek");
}

/** The week as the language's country keeps it: its first day and the days of rest, from Sunday, which is 0. */
export function week(): { firstDay: number; weekend: readonly number[] } {
  const { firstDay, weekend } = names();
  return { firstDay, weekend };
}

/** A whole number, grouped. Never for room numbers, which are names. */
export function count(value: number): string {
  const { group, groupFrom } = names();
  const text = String(Math.abs(value));
  const grouped = Math.abs(value) < groupFrom ? text : text.replace(/\B(?=(?:\d{3})+$)/g, group[settings.digits]);
  return inDigits(value < 0 ? `\u2212${grouped}` : grouped);
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
    const rest = inDigits(two(minutes % 60));
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
  collator ??= new Intl.Collator([...settings.language.order], { numeric: true, sensitivity: "base" });
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
    .replace(/[\u0649\u064a]/g, "\u06cc")
    .replace(/\u0643/g, "\u06a9")
    .replace(/\u06ab/g, "\u06af")
    .toLowerCase()
    .trim();
}

/** Whether the person's language is written from the right. */
export function fromTheRight(): boolean {
  return settings.language.dir === "rtl";
}

/** Isolates a name or a room number inside a plain string (accessible names, announcements, titles), so that text of
 * the other direction around it cannot reorder it. */
export function iso(text: string): string {
  return `\u2068${text}\u2069`;
}
