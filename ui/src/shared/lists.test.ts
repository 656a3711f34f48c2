import { i18n } from "@lingui/core";
import { afterEach, expect, it } from "vitest";
import { learn } from "./language";
import { LANGUAGES } from "./locales";
import { inAList } from "./words";

afterEach(() => i18n.activate("en"));

it.each(LANGUAGES)("what is read one after the other is joined in $code as that language does, and nothing stands for what is empty", async ({ code, plurals, script, load }) => {
  learn(code, (await load()).messages);
  i18n.activate(code, [...plurals]);
  const comma = script === "arabic" ? "،" : ",";
  expect(inAList(["204", "", "205", "206"])).toBe(`204${comma} 205${comma} 206`);
  expect(inAList(["", "204"])).toBe("204");
  expect(inAList([])).toBe("");
});
