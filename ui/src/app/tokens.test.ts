// Contrast is arithmetic: text on tiles and status words keep 7:1, edges of controls and the focus ring 3:1, in every
// theme; in high contrast every text keeps 7:1 and every edge 3:1.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(__dirname, "tokens.css"), "utf8");

function tokens(text: string): Map<string, string> {
  return new Map([...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6})/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
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

/** The tokens of one block, by how its selector begins. */
function block(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`);
  expect(start, selector).toBeGreaterThanOrEqual(0);
  return tokens(css.slice(start, css.indexOf("}", start)));
}

const light = block(":root");
const dark = new Map([...light, ...block(':root[data-scheme="dark"]')]);
const contrastLight = new Map([...light, ...block(':root[data-contrast="more"]')]);
const contrastDark = new Map([...dark, ...contrastLight, ...block(':root[data-contrast="more"][data-scheme="dark"]')]);

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

describe.each([
  ["light", contrastLight],
  ["dark", contrastDark],
])("high contrast, %s", (_name, theme) => {
  const grounds = ["tile", "panel", "ground", "well", "plate"];
  const text = ["ink", "ink-2", "ink-3", "accent", "dirty", "progress", "clean", "inspected", "wait", "send", "alarm", "good"];
  const edges = ["line", "line-strong", "focus", "wait-line", "send-line", "alarm-line", "good-line"];
  const on = (ink: string, ground: string) => contrast(theme.get(ink) ?? "", theme.get(ground) ?? "");

  it.each(text)("every text in %s is at least 7:1", (ink) => {
    for (const ground of grounds) expect(on(ink, ground)).toBeGreaterThanOrEqual(7);
    expect(on("accent-ink", "accent")).toBeGreaterThanOrEqual(7);
    expect(on("bar-ink-2", "bar-2")).toBeGreaterThanOrEqual(7);
  });
  it.each(edges)("every edge in %s is at least 3:1", (edge) => {
    for (const ground of grounds) expect(on(edge, ground)).toBeGreaterThanOrEqual(3);
  });
  it("no ground says anything: all are one", () => {
    const all = [...grounds, "accent-soft", "wait-soft", "send-soft", "alarm-soft", "good-soft"].map((ground) => theme.get(ground));
    expect(new Set(all).size).toBe(1);
  });
});

it("every theme names every colour, and the computer's colours take the place of each", () => {
  const colours = [...light.keys()];
  const forced = css.slice(css.indexOf("@media (forced-colors: active)"));
  expect(colours.filter((name) => !forced.includes(`--${name}: `))).toEqual([]);
  expect(colours.filter((name) => !block(':root[data-contrast="more"]').has(name))).toEqual([]);
});
