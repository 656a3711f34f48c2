import { describe, expect, it } from "vitest";
import { canBe, CHANGEABLE, IDS, isTyping, keyFor, keyOf, readKeys, SHORTCUTS, takenBy } from "./keys";

/** What the shortcuts' keys type, by keyboard layout: the key's place, and its sign. A layout of another script types
 * letters where others have signs, and the Arabic one two at once. */
const LAYOUTS: Record<string, Record<string, string>> = {
  us: { KeyA: "a", KeyB: "b", KeyC: "c", KeyF: "f", KeyG: "g", KeyI: "i", KeyJ: "j", KeyM: "m", KeyP: "p", KeyQ: "q", KeyR: "r", KeyS: "s", KeyW: "w", KeyZ: "z", Slash: "/", Comma: ",", Semicolon: ";" },
  ar: { KeyA: "ش", KeyB: "لا", KeyC: "ؤ", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "ة", KeyP: "ح", KeyQ: "ض", KeyR: "ق", KeyS: "س", KeyW: "ص", KeyZ: "ئ", Slash: "ظ", Comma: "و", Semicolon: "ك" },
  ir: { KeyA: "ش", KeyB: "ذ", KeyC: "ز", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "پ", KeyP: "ح", KeyQ: "ض", KeyR: "ق", KeyS: "س", KeyW: "ص", KeyZ: "ظ", Slash: "/", Comma: "و", Semicolon: "ک" },
  "af (ps)": { KeyA: "ش", KeyB: "ذ", KeyC: "ز", KeyF: "ب", KeyG: "ل", KeyI: "ه", KeyJ: "ت", KeyM: "ړ", KeyP: "ح", KeyQ: "ض", KeyR: "ق", KeyS: "س", KeyW: "ص", KeyZ: "ۍ", Slash: "/", Comma: "و", Semicolon: "ک" },
  il: { KeyA: "ש", KeyB: "נ", KeyC: "ב", KeyF: "כ", KeyG: "ע", KeyI: "ן", KeyJ: "ח", KeyM: "צ", KeyP: "פ", KeyQ: "/", KeyR: "ר", KeyS: "ד", KeyW: "'", KeyZ: "ז", Slash: ".", Comma: "ת", Semicolon: "ף" },
};
const MEANT: Record<string, string> = { Slash: "/", Comma: ",", Semicolon: ";" };

describe("h11_shortcuts_on_any_layout", () => {
  it.each(Object.entries(LAYOUTS))("%s", (_layout, keys) => {
    for (const [code, key] of Object.entries(keys)) expect(keyOf({ key, code }), `${code} types ${key}`).toBe(MEANT[code] ?? code.slice(3).toLowerCase());
  });
  it("takes a letter as typed, so that AZERTY works", () => expect(keyOf({ key: "a", code: "KeyQ" })).toBe("a"));
  it("takes a sign as typed, so that Dvorak works", () => {
    expect(keyOf({ key: "'", code: "KeyQ" })).toBe("'");
    expect(keyOf({ key: ",", code: "KeyW" })).toBe(",");
    expect(keyOf({ key: "/", code: "BracketLeft" })).toBe("/");
  });
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

describe("h12_single_keys_can_be_changed", () => {
  it("no key means two things at once, and each can be typed on every keyboard", () => {
    for (const id of CHANGEABLE) {
      expect(takenBy(id, SHORTCUTS[id].key, {}), id).toBeNull();
      expect(canBe(id, SHORTCUTS[id].key), id).toBe("yes");
    }
    const withCtrl = IDS.filter((id) => SHORTCUTS[id].ctrl === true).map((id) => SHORTCUTS[id].key);
    expect(new Set(withCtrl).size).toBe(withCtrl.length);
  });
  it("a key that is taken at the same place, or everywhere, says by what", () => {
    expect(takenBy("start", "c", {})).toBe("complete");
    expect(takenBy("start", "g", {})).toBe("go");
    expect(takenBy("find", "r", {})).toBe("rush");
    expect(takenBy("mine", "3", {})).toBe("anew");
    expect(takenBy("start", "c", { complete: "x" })).toBeNull();
    expect(takenBy("pause", "x", { complete: "x" })).toBe("complete");
  });
  it("the same key may mean different things at different places", () => {
    expect(takenBy("start", "r", {})).toBeNull();
    expect(takenBy("start", "1", {})).toBeNull();
    expect(takenBy("syncCenter", "g", {})).toBeNull();
    expect(takenBy("cockpit", "c", {})).toBeNull();
  });
  it("a key taken away is free for another, and several may have none", () => {
    expect(takenBy("start", "c", { complete: "" })).toBeNull();
    expect(takenBy("pause", "", { complete: "", start: "" })).toBeNull();
  });
  it("digits stay the rooms' where a tile may have the focus", () => {
    expect([canBe("start", "7"), canBe("find", "7"), canBe("mine", "7"), canBe("claim", "7")]).toEqual(["digit", "digit", "yes", "yes"]);
  });
  it.each([" ", "Enter", "F2", "ArrowUp", "ñ", "é", "ش", "", "Dead"])("%j can be no single key", (key) => expect(canBe("start", key)).toBe("no"));
  it("what was kept is read key by key", () => {
    expect(readKeys({ start: "x", complete: "", settings: "y", nothing: "z", pause: 7, mine: "Enter", inspect: "4" })).toEqual({ start: "x", complete: "" });
    expect(readKeys({ start: "c", complete: "s" })).toEqual({ start: "c", complete: "s" });
  });
  it("kept keys of which two are the same count as none", () => {
    expect(readKeys({ start: "c" })).toEqual({});
    expect(readKeys({ start: "x", pause: "x" })).toEqual({});
    expect(readKeys({ find: "r" })).toEqual({});
  });
  it.each([null, 7, "s", [["start", "x"]], undefined])("%j counts as none", (kept) => expect(readKeys(kept)).toEqual({}));
  it("a key that was never changed has its first one", () => expect([keyFor("start", {}), keyFor("start", { start: "x" }), keyFor("start", { start: "" })]).toEqual(["s", "x", ""]));
});
