import { describe, expect, it } from "vitest";
import { isTyping, keyOf } from "./keys";

/** What the shortcuts' keys type, by keyboard layout: the key's place, and its sign. A layout of another script types
 * letters where others have signs, and the Arabic one two at once. */
const LAYOUTS: Record<string, Record<string, string>> = {
  us: { KeyA: "a", KeyB: "b", KeyC: "c", KeyF: "f", KeyG: "g", KeyI: "i", KeyJ: "j", KeyM: "m", KeyP: "p", KeyS: "s", KeyZ: "z", Slash: "/", Comma: "," },
  ar: { KeyA: "ش", KeyB: "لا", KeyC: "ؤ", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "ة", KeyP: "ح", KeyS: "س", KeyZ: "ئ", Slash: "ظ", Comma: "و" },
  ir: { KeyA: "ش", KeyB: "ذ", KeyC: "ز", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "پ", KeyP: "ح", KeyS: "س", KeyZ: "ظ", Slash: "/", Comma: "و" },
  "af (ps)": { KeyA: "ش", KeyB: "ذ", KeyC: "ز", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "ړ", KeyP: "ح", KeyS: "س", KeyZ: "ۍ", Slash: "/", Comma: "و" },
  il: { KeyA: "ש", KeyB: "נ", KeyC: "ב", KeyF: "כ", KeyG: "ע", KeyI: "ן", KeyJ: "ח", KeyM: "צ", KeyP: "פ", KeyS: "ד", KeyZ: "ז", KeyQ: "/", Comma: "ת" },
};
const MEANT: Record<string, string> = { Slash: "/", Comma: ",", KeyQ: "/" };

describe("h11_shortcuts_on_any_layout", () => {
  it.each(Object.entries(LAYOUTS))("%s", (_layout, keys) => {
    for (const [code, key] of Object.entries(keys)) expect(keyOf({ key, code }), `${code} types ${key}`).toBe(MEANT[code] ?? code.slice(3).toLowerCase());
  });
  it("takes a letter as typed, so that AZERTY works", () => expect(keyOf({ key: "a", code: "KeyQ" })).toBe("a"));
  it.each([
    ["us", "?", "Slash"],
    ["ar", "؟", "Slash"],
    ["ir", "؟", "Slash"],
    ["il", "?", "Slash"],
    ["fr", "?", "KeyM"],
    ["ps with a letter there", "ئ", "Slash"],
  ])("knows the question mark under %s", (_layout, key, code) => expect(keyOf({ key, code, shiftKey: true })).toBe("?"));
  it("a capital letter is the letter, whichever script wrote it", () => {
    expect(keyOf({ key: "S", code: "KeyS", shiftKey: true })).toBe("s");
    expect(keyOf({ key: "ښ", code: "KeyA", shiftKey: true })).toBe("a");
    expect(keyOf({ key: "\u200c", code: "KeyB", shiftKey: true })).toBe("b");
  });
  it("reads a room's number in the digits of any script, on any row of keys", () => {
    const typed = (text: string, code: string) => [...text].map((key) => keyOf({ key, code })).join("");
    expect(typed("۲۰۴", "Digit2")).toBe("204");
    expect(typed("٢٠٤", "Numpad2")).toBe("204");
    expect(typed("204", "Digit2")).toBe("204");
  });
  it("a letter with an accent is the key that it stands on, and no sign of another script", () => {
    expect(keyOf({ key: "é", code: "Digit2" })).toBe("2");
    expect(keyOf({ key: "ñ", code: "Semicolon" })).toBe("ñ");
    expect(keyOf({ key: "٪", code: "Digit5", shiftKey: true })).toBe("٪");
  });
  it("leaves other keys their names", () => {
    for (const key of ["Enter", "Escape", "ArrowUp", "F8", "Dead", "Process", "Unidentified", " ", "-"]) expect(keyOf({ key, code: "KeyS" })).toBe(key);
  });
  it("letters are text in a text field, not on a check box", () => {
    const input = document.createElement("input");
    expect(isTyping(input)).toBe(true);
    input.type = "checkbox";
    expect(isTyping(input)).toBe(false);
    expect(isTyping(document.createElement("button"))).toBe(false);
  });
});
