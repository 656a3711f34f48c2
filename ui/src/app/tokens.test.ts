// Contrast is arithmetic: text on tiles and status words keep 7:1, edges of controls and the focus ring 3:1, in both
// themes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(__dirname, "tokens.css"), "utf8");

function tokens(block: string): Map<string, string> {
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const light = tokens(css.slice(css.indexOf(":root {"), css.indexOf("@media")));
const media = tokens(css.slice(css.indexOf("@media"), css.indexOf(":root[data-theme")));
const chosen = tokens(css.slice(css.indexOf(":root[data-theme")));
const dark = new Map([...light, ...chosen]);

const SEVEN: [string, string[]][] = [
  ["ink", ["tile", "panel", "ground", "well", "plate", "accent-soft", "selected"]],
  ["ink-2", ["tile", "panel", "ground", "well", "plate", "selected"]],
  ["wait", ["wait-soft", "tile", "panel", "selected"]],
  ["send", ["send-soft", "tile"]],
  ["alarm", ["alarm-soft", "tile", "panel", "selected"]],
  ["good", ["good-soft", "tile", "panel"]],
  ["accent", ["tile", "panel"]],
  ["accent-ink", ["accent"]],
  ["dirty", ["tile", "selected"]],
  ["bar-ink", ["bar", "bar-2"]],
  ["bar-ink-2", ["bar"]],
];
const THREE: [string, string[]][] = [
  ["line-strong", ["tile", "panel", "ground", "well", "selected"]],
  ["focus", ["tile", "well", "ground", "selected"]],
  ["accent", ["well", "selected"]],
  ["dirty", ["well"]],
  ["progress", ["well"]],
  ["clean", ["well"]],
  ["inspected", ["well"]],
  ["wait-line", ["tile"]],
  ["send-line", ["tile"]],
  ["alarm-line", ["tile"]],
  ["good-line", ["tile"]],
];

describe.each([
  ["light", light],
  ["dark", dark],
])("contrast, %s", (_name, theme) => {
  const pairs = (list: [string, string[]][], least: number) => list.flatMap(([ink, grounds]) => grounds.map((ground) => ({ ink, ground, least })));
  it.each([...pairs(SEVEN, 7), ...pairs([["ink-3", ["tile", "panel", "ground"]]], 4.5), ...pairs(THREE, 3)])("$ink on $ground is at least $least:1", ({ ink, ground, least }) => {
    expect(contrast(theme.get(ink) ?? "", theme.get(ground) ?? "")).toBeGreaterThanOrEqual(least);
  });
});

it("the dark theme is the same whether the computer or the person asked for it", () => {
  expect([...media]).toEqual([...chosen]);
});
