// Which key a person pressed, whatever keyboard layout is active: an ASCII letter or digit is taken as typed; where the
// layout types another script, the key's place on the keyboard counts.

import { fold } from "./fmt";

export interface KeyLike {
  key: string;
  code: string;
}

/** The letter `a` to `z` or digit of a key press; otherwise the key's own name (`Enter`, `ArrowUp`, `?`, `/`). */
export function keyOf(event: KeyLike): string {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toLowerCase();
  const digit = event.key.length === 1 ? fold(event.key) : "";
  if (/^[0-9]$/.test(digit)) return digit;
  if (event.key.length === 1 && event.key.charCodeAt(0) > 0x7f) {
    const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
    if (letter !== undefined) return letter.toLowerCase();
    const number = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (number !== undefined) return number;
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
