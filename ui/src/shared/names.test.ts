import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { namesModule } from "../../tools/names.mjs";
import { LANGUAGES } from "./locales";
import { NAMES } from "./names";

it("the names of months and days are what tools/names.mjs makes", () => {
  expect(readFileSync(join(__dirname, "names.ts"), "utf8")).toBe(namesModule());
});

it("every language has its names", () => {
  for (const { code } of LANGUAGES) {
    const names = NAMES[code];
    expect(names?.months).toHaveLength(12);
    expect(names?.solarMonths).toHaveLength(12);
    expect(names?.days).toHaveLength(7);
  }
});
