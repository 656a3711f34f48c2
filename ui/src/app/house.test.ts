// Rules of this house that no compiler holds.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { HEIGHTS, WIDTHS } from "../shared/prefs";

const SRC = resolve(__dirname, "..");

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path, ending) : ending.test(name) ? [path] : [];
  });
}

const sources = files(SRC, /\.tsx?$/).map((path) => ({ path, name: relative(SRC, path), text: readFileSync(path, "utf8") }));

function imports(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
}

/** Tests, and what helps them. */
const isForTests = (name: string) => /\.test\.tsx?$/.test(name) || name.startsWith("test/");

describe("the house rules of the screens", () => {
  it("only platform/ knows the shell", () => {
    const guilty = sources.filter(({ name, text }) => !name.startsWith("platform/") && imports(text).some((each) => each.startsWith("@tauri-apps")));
    expect(guilty.map(({ name }) => name)).toEqual([]);
    expect(sources.some(({ text }) => imports(text).some((each) => each.startsWith("@tauri-apps")))).toBe(true);
  });

  it("a feature imports no other feature, and nothing below imports a feature or the app", () => {
    const area = (path: string) => {
      const [top, second] = relative(SRC, path).split("/");
      return top === "features" ? `features/${second}` : (top ?? "");
    };
    const guilty: string[] = [];
    for (const { path, name, text } of sources) {
      if (isForTests(name)) continue;
      const from = area(path);
      for (const target of imports(text).filter((each) => each.startsWith("."))) {
        const to = area(resolve(dirname(path), target));
        const sideways = from.startsWith("features/") && to.startsWith("features/") && from !== to;
        const upwards = !from.startsWith("app") && to === "app";
        const below = !from.startsWith("app") && !from.startsWith("features/") && to.startsWith("features/");
        if (sideways || upwards || below) guilty.push(`${name} imports ${target}`);
      }
    }
    expect(guilty).toEqual([]);
  });

  it("made-up data is only for tests and the demonstration page", () => {
    const guilty = sources.filter(({ name, text }) => !isForTests(name) && name !== "app/demo.tsx" && !name.startsWith("platform/memory/") && imports(text).some((each) => each.includes("platform/memory")));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });

  it("what helps the tests is only for them", () => {
    const guilty = sources.filter(({ path, name, text }) => !isForTests(name) && imports(text).some((each) => each.startsWith(".") && relative(SRC, resolve(dirname(path), each)).startsWith("test/")));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });

  it("languages that nobody speaks are only for tests and the demonstration page", () => {
    const guilty = sources.filter(({ name, text }) => !/\.test\.tsx?$/.test(name) && name !== "app/demo.tsx" && imports(text).some((each) => each.endsWith("/pseudo")));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });

  it("nothing but the announcer makes a live region, and nothing but fmt formats", () => {
    const code = sources.filter(({ name }) => !/\.test\.tsx?$/.test(name));
    const live = code.filter(({ name, text }) => name !== "shared/announcer.ts" && /aria-live|role="(?:status|alert|log)"|<output\b/.test(text));
    expect(live.map(({ name }) => name)).toEqual([]);
    const formats = code.filter(({ name, text }) => name !== "shared/fmt.ts" && /\bIntl\.|toLocale\w*String/.test(text));
    expect(formats.map(({ name }) => name)).toEqual([]);
  });

  it("h26_styles_name_no_left_or_right", () => {
    const guilty = files(SRC, /\.css$/).flatMap((path) =>
      readFileSync(path, "utf8")
        .split("\n")
        .filter((line) => /(?:^|[\s;{-])(?:left|right)\s*:|(?:margin|padding|border)-(?:left|right|top|bottom)|text-align:\s*(?:left|right)/.test(line))
        .map((line) => `${relative(SRC, path)}: ${line.trim()}`),
    );
    expect(guilty).toEqual([]);
  });

  it("sizes follow the text: styles count in rem, edges alone in pixels, and ask for the window in letters", () => {
    const styles = files(SRC, /\.css$/).map((path) => ({ name: relative(SRC, path), text: readFileSync(path, "utf8") }));
    const pixels = styles.flatMap(({ name, text }) =>
      text
        .replace(/\/\*.*?\*\//gs, "")
        .split("\n")
        .filter((line) => !/^\s*(?:border|outline|text-decoration|text-underline)|gradient/.test(line) || line.includes("border-radius"))
        .filter((line) => [...line.matchAll(/(?<![\w.#])(\d+(?:\.\d+)?)px/g)].some((match) => Number(match[1]) > 3))
        .map((line) => `${name}: ${line.trim()}`),
    );
    expect(pixels).toEqual([]);
    expect(styles.filter(({ text }) => /@(?:media|container)[^{]*(?:width|height)/.test(text)).map(({ name }) => name)).toEqual([]);
    const asked = styles.flatMap(({ text }) => [...text.matchAll(/data-(narrower|lower)~="(\d+)"/g)].map((match) => `${match[1]} ${match[2]}`));
    const known = [...WIDTHS.map((size) => `narrower ${size}`), ...HEIGHTS.map((size) => `lower ${size}`)];
    expect([...new Set(asked)].toSorted()).toEqual(known.toSorted());
  });

  it("the rows of every windowed list follow the text", () => {
    const guilty = sources.filter(({ name, text }) => !/\.test\.tsx?$/.test(name) && text.includes("useVirtualizer") && !text.includes("rowHeight("));
    expect(guilty.map(({ name }) => name)).toEqual([]);
  });

  it("nothing casts a blurred shadow or filters what scrolls", () => {
    const guilty = files(SRC, /\.css$/).filter((path) => /box-shadow|backdrop-filter|filter:\s*(?!none)/.test(readFileSync(path, "utf8")));
    expect(guilty).toEqual([]);
  });

  it("nothing local has a spinner: what turns is being sent to the service, and the one bar is the first load from it", () => {
    const styles = files(SRC, /\.css$/).map((path) => readFileSync(path, "utf8").replace(/\/\*.*?\*\//gs, ""));
    const found = (texts: readonly string[], what: RegExp) => texts.flatMap((text) => [...text.matchAll(what)].map((match) => match[0]));
    expect(found(styles, /animation(?:-name)?:\s*(?!none)[\w-]+/g)).toEqual(["animation: turning"]);
    expect(found(styles, /@keyframes\s+[\w-]+/g)).toEqual(["@keyframes turning"]);
    const code = sources.filter(({ name }) => !/\.test\.tsx?$/.test(name));
    // The class, and whoever hands on whether it is set.
    const turns = found(code.map(({ text }) => text), /[\w.]+ \? "turning"|turning=\{[^}]*\}/g);
    expect(turns.length).toBe(found(code.map(({ text }) => text), /"turning"|turning=/g).length);
    for (const turn of turns) expect(turn).toMatch(/^(?:sync\.)?(?:flushing|turning) \? "turning"$|^turning=\{sync\.flushing\}$/);
    const bars = code.filter(({ text }) => /progressbar|<progress\b|\bProgressBar\b|\bMeter\b|\bSpinner\b|\.animate\(/.test(text));
    expect(bars.map(({ name }) => name)).toEqual(["features/setup/Setup.tsx"]);
  });
});
