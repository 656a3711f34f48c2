// Which key a person pressed, whatever keyboard layout is active: an ASCII letter, digit or sign is taken as typed; where
// the layout types another script, the key's place on the keyboard counts.

import { fold } from "./fmt";

export interface KeyLike {
  key: string;
  code: string;
  shiftKey?: boolean;
}

/** Signs that are shortcuts, by the key that bears them on most keyboards, without and with Shift. */
const SIGNS: Record<string, [string, string]> = { Slash: ["/", "?"], Comma: [",", "<"] };

/** The question mark of Arabic script. */
const ARABIC_QUESTION_MARK = "\u061f";

/** The letter `a` to `z` or digit of a key press; otherwise the key's own name (`Enter`, `ArrowUp`, `?`, `/`). */
export function keyOf(event: KeyLike): string {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toLowerCase();
  const digit = fold(event.key);
  if (/^[0-9]$/.test(digit)) return digit;
  if (event.key === ARABIC_QUESTION_MARK) return "?";
  // A key may type two letters at once, as Arabic's lam-alef; the names of keys are ASCII.
  if (/[^\u0020-\u007e]/.test(event.key)) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    if (letter !== undefined) return letter.toLowerCase();
    // French has letters where others have digits; a sign there, such as the percent sign of Arabic script, is a sign.
    const number = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (number !== undefined && /\p{L}/u.test(event.key)) return number;
    const sign = SIGNS[event.code]?.[event.shiftKey === true ? 1 : 0];
    if (sign !== undefined) return sign;
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
