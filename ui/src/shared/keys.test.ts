import { describe, expect, it } from "vitest";
import { isTyping, keyOf } from "./keys";

describe("keys on any layout", () => {
  it("takes a letter as typed, so that AZERTY works", () => expect(keyOf({ key: "a", code: "KeyQ" })).toBe("a"));
  it("takes the key's place where the layout types another script", () => {
    expect(keyOf({ key: "ؤ", code: "KeyC" })).toBe("c");
    expect(keyOf({ key: "ב", code: "KeyC" })).toBe("c");
  });
  it("reads digits of other scripts", () => {
    expect(keyOf({ key: "۲", code: "Digit2" })).toBe("2");
    expect(keyOf({ key: "٤", code: "Digit4" })).toBe("4");
  });
  it("leaves other keys their names", () => {
    expect(keyOf({ key: "Enter", code: "Enter" })).toBe("Enter");
    expect(keyOf({ key: "?", code: "Slash" })).toBe("?");
  });
  it("letters are text in a text field, not on a check box", () => {
    const input = document.createElement("input");
    expect(isTyping(input)).toBe(true);
    input.type = "checkbox";
    expect(isTyping(input)).toBe(false);
    expect(isTyping(document.createElement("button"))).toBe(false);
  });
});
