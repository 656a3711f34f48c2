// Every letter of every language comes from a font that the app carries, whatever the computer has: the fonts' own
// tables are read, and the ranges that the style sheet gives them.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { create } from "fontkit";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../shared/locales";
import { NAMES } from "../shared/names";

const css = readFileSync(join(__dirname, "tokens.css"), "utf8");
const find = createRequire(import.meta.url);

interface Face {
  family: string;
  bytes: number;
  has: (letter: string) => boolean;
}

const faces: Face[] = [...css.matchAll(/@font-face \{([^}]*)\}/g)].map(([, rule = ""]) => {
  const file = find.resolve(/url\("([^"]+)"\)/.exec(rule)?.[1] ?? "");
  const data = readFileSync(file);
  const font = create(data);
  if (!("characterSet" in font)) throw new Error(`${file} is a collection`);
  const points = new Set(font.characterSet);
  const ranges = [...(/unicode-range: ([^;]+);/.exec(rule)?.[1] ?? "U+0-10FFFF").matchAll(/U\+([0-9A-F]+)(?:-([0-9A-F]+))?/g)].map(([, from = "", to = from]) => [Number.parseInt(from, 16), Number.parseInt(to, 16)] as const);
  return {
    family: /font-family: "([^"]+)"/.exec(rule)?.[1] ?? "",
    bytes: data.length,
    has: (letter) => {
      const point = letter.codePointAt(0) ?? 0;
      return points.has(point) && ranges.some(([from, to]) => point >= from && point <= to);
    },
  };
});

const missing = (text: string, carried = faces): string[] => [...new Set(text)].filter((letter) => /[^\s\p{Cf}]/u.test(letter) && !carried.some((face) => face.has(letter)));

describe("h45_letters_come_from_the_apps_own_fonts", () => {
  it.each([
    ["Arabic", "ابتثجحخدذرزسشصضطظعغفقكلمنهويءآأؤإئىةٱ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0640"],
    ["Dari", "اآبپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءئؤأةۀ"],
    ["Pashto", "اآبپتټثجچحخځڅدډذرړزژږسشښصضطظعغفقکګلمنڼوهءیېيۍئۀةأؤ"],
    ["Hebrew", "אבגדהוזחטיכךלמםנןסעפףצץקרשת׳״־₪"],
    ["digits of Arabic, and of Dari and Pashto", "٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹"],
    ["signs", "،؛؟٪٫٬"],
    ["Spanish and French", "áéíóúüñÁÉÍÓÚÜÑ¿¡àâæçèêëîïôœùûÿÀÂÆÇÈÊËÎÏÔŒÙÛ«»’…"],
  ])("%s", (_name, letters) => expect(missing(letters)).toEqual([]));

  it.each(LANGUAGES.map(({ code }) => [code]))("all of the words, months and days of %s", (code) => {
    const words = readFileSync(join(__dirname, `../locales/${code}/messages.po`), "utf8").matchAll(/^msgstr "(.*)"$/gm);
    expect(missing([...words].map(([, text]) => text).join("") + JSON.stringify(NAMES[code]))).toEqual([]);
  });

  it("the names of all languages, which stand in the settings of each", () => expect(missing(LANGUAGES.map(({ name }) => name).join(""))).toEqual([]));

  it("weigh no more than 150 KB for any language", () => {
    for (const { code } of LANGUAGES) {
      const words = readFileSync(join(__dirname, `../locales/${code}/messages.po`), "utf8");
      const read = faces.filter((face) => [...words].some((letter) => /\p{L}/u.test(letter) && face.has(letter)));
      expect(read.length).toBeLessThan(3);
      expect(read.reduce((sum, face) => sum + face.bytes, 0), code).toBeLessThanOrEqual(150 * 1024);
    }
  });

  it("wait for their letters rather than show others first, and Latin names stay in the Latin font", () => {
    expect([...css.matchAll(/font-display: (\w+)/g)].map(([, how]) => how)).toEqual(faces.map(() => "block"));
    expect(faces.filter((face) => face.has("A")).map((face) => face.family)).toEqual(["Inter Variable"]);
  });
});
