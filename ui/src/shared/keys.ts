// Which key a person pressed, whatever keyboard layout is active: an ASCII letter, digit or sign is taken as typed; where
// the layout types another script, the key's place on the keyboard counts.

import { fold } from "./fmt";

export interface KeyLike {
  key: string;
  code: string;
  shiftKey?: boolean;
}

/** Signs by the key that bears them on most keyboards, without and with Shift. */
const SIGNS: Record<string, string> = {
  Backquote: "`~", Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|",
  Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?",
};

/** Hebrew types signs with the keys of two letters, and a full stop with that of the slash. Turkish types its full stop
 * there too, and loses it as a key of its own. */
const OF_HEBREW: Record<string, Record<string, string>> = { KeyQ: { "/": "q" }, KeyW: { "'": "w" }, Slash: { ".": "/" } };

/** The question mark of Arabic script. */
const ARABIC_QUESTION_MARK = "\u061f";

/** The letter `a` to `z` or digit of a key press; otherwise the key's own name (`Enter`, `ArrowUp`, `?`, `/`). */
export function keyOf(event: KeyLike): string {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toLowerCase();
  const digit = fold(event.key);
  if (/^[0-9]$/.test(digit)) return digit;
  if (event.key === ARABIC_QUESTION_MARK) return "?";
  const ofHebrew = OF_HEBREW[event.code]?.[event.key];
  if (ofHebrew !== undefined) return ofHebrew;
  // A key may type two letters at once, as Arabic's lam-alef; the names of keys are ASCII.
  if (/[^\u0020-\u007e]/.test(event.key)) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    if (letter !== undefined) return letter.toLowerCase();
    // French has letters where others have digits; a sign there, such as the percent sign of Arabic script, is a sign.
    const number = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (number !== undefined && /\p{L}/u.test(event.key)) return number;
    const sign = SIGNS[event.code]?.[event.shiftKey === true ? 1 : 0];
    if (sign !== undefined && !/\p{Script=Latin}/u.test(event.key)) return sign;
  }
  return event.key;
}

/** Whether a key press belongs to a text field, where letters are text. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return (
    target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit", "range"].includes(target.type)
  );
}

/** Where a key means something. What works everywhere is taken in each of the others; after the key that goes to a view,
 * the next one says to which. */
export type Place = "everywhere" | "afterGo" | "tile" | "row" | "conflict";

interface Shortcut {
  place: Place;
  key: string;
  /** With Ctrl it is no single key: it cannot be changed, and nobody has to. */
  ctrl?: true;
}

const table = <Ids extends string>(each: Record<Ids, Shortcut>): Record<Ids, Shortcut> => each;

/** Every shortcut of one letter, digit or sign: what is pressed, what the sheet of keys shows and what can be changed are
 * all read from here. */
export const SHORTCUTS = table({
  go: { place: "everywhere", key: "g" },
  find: { place: "everywhere", key: "/" },
  sheet: { place: "everywhere", key: "?" },
  syncCenterAtOnce: { place: "everywhere", key: "j", ctrl: true },
  radio: { place: "everywhere", key: "e", ctrl: true },
  undo: { place: "everywhere", key: "z", ctrl: true },
  settings: { place: "everywhere", key: ",", ctrl: true },
  lock: { place: "everywhere", key: "l", ctrl: true },
  board: { place: "afterGo", key: "b" },
  syncCenter: { place: "afterGo", key: "s" },
  frontDesk: { place: "afterGo", key: "f" },
  cockpit: { place: "afterGo", key: "o" },
  start: { place: "tile", key: "s" },
  pause: { place: "tile", key: "p" },
  complete: { place: "tile", key: "c" },
  assign: { place: "tile", key: "a" },
  inspect: { place: "tile", key: "i" },
  menu: { place: "tile", key: "m" },
  selectLane: { place: "tile", key: "a", ctrl: true },
  claim: { place: "row", key: "c" },
  queue: { place: "row", key: "q" },
  rush: { place: "row", key: "r" },
  mine: { place: "conflict", key: "1" },
  theirs: { place: "conflict", key: "2" },
  anew: { place: "conflict", key: "3" },
});

export type ShortcutId = keyof typeof SHORTCUTS;
/** Keys that a person has given instead of the first ones; an empty one is none. */
export type ChangedKeys = Readonly<Partial<Record<ShortcutId, string>>>;

export const IDS = Object.keys(SHORTCUTS) as ShortcutId[];
export const CHANGEABLE = IDS.filter((id) => SHORTCUTS[id].ctrl === undefined);

/** The key that does this now. */
export function keyFor(id: ShortcutId, changed: ChangedKeys): string {
  return changed[id] ?? SHORTCUTS[id].key;
}

/** Whether two places are ever listened to at once. */
function meet(one: Place, other: Place): boolean {
  if (one === other) return true;
  // What comes after the key that goes to a view is taken before anything else is.
  return (one === "everywhere" || other === "everywhere") && one !== "afterGo" && other !== "afterGo";
}

/** What has this key already where the shortcut would need it. */
export function takenBy(id: ShortcutId, key: string, changed: ChangedKeys): ShortcutId | null {
  if (key === "") return null;
  return CHANGEABLE.find((other) => other !== id && meet(SHORTCUTS[id].place, SHORTCUTS[other].place) && keyFor(other, changed) === key) ?? null;
}

/** Whether a key can be a single key of this place: one that every keyboard can type. On the board digits lead to rooms. */
export function canBe(id: ShortcutId, key: string): "yes" | "digit" | "no" {
  if (!/^[!-~]$/.test(key)) return "no";
  const { place } = SHORTCUTS[id];
  return /[0-9]/.test(key) && (place === "tile" || place === "everywhere") ? "digit" : "yes";
}

/** Keys that were kept, as far as they can all be so at once. */
export function readKeys(kept: unknown): ChangedKeys {
  if (typeof kept !== "object" || kept === null) return {};
  const changed: Partial<Record<ShortcutId, string>> = {};
  for (const id of CHANGEABLE) {
    const key: unknown = (kept as Record<string, unknown>)[id];
    if (key === "" || (typeof key === "string" && canBe(id, key) === "yes")) changed[id] = key.toLowerCase();
  }
  return CHANGEABLE.every((id) => takenBy(id, keyFor(id, changed), changed) === null) ? changed : {};
}
