import { readFileSync } from "node:fs";
import { join } from "node:path";
import { i18n, type Messages } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { messages as english } from "../locales/en/messages";
import { count, durationInWords } from "./fmt";
import { speech, startSpeaking } from "./language";
import { bestLanguage, ENGLISH, LANGUAGES, type Language } from "./locales";
import { prefs, setPref } from "./prefs";
import { toasts } from "./toasts";
import { persons } from "./words";

const unreadable: Language = { ...ENGLISH, code: "xx", name: "Unreadable", load: () => Promise.reject(new Error("no such chunk")) };
let answer: () => void = () => {};
const slow: Language = {
  ...ENGLISH,
  code: "yy",
  name: "Slow",
  load: () =>
    new Promise((resolve) => {
      answer = () => resolve({ messages: {} });
    }),
};

const spoken = async (code: string): Promise<void> => vi.waitFor(() => expect(speech.getState().language.code).toBe(code));

beforeAll(() => startSpeaking([...LANGUAGES, unreadable, slow]));
afterEach(async () => {
  setPref({ language: "en", digits: "own", calendar: "own" });
  await spoken("en");
});

describe("the language of the screens", () => {
  it("is always English when nothing else is wished", () => {
    expect(i18n.locale).toBe("en");
    expect(document.documentElement.lang).toBe("en");
    expect(document.documentElement.dir).toBe("ltr");
  });
  it.each([
    ["ar", "rtl", "اللوحة"],
    ["fa-AF", "rtl", "تخته"],
    ["ps", "rtl", "تخته"],
    ["he", "rtl", "לוח"],
    ["es", "ltr", "Tablero"],
    ["fr", "ltr", "Tableau"],
  ])("changes to %s without a restart, and the page with it", async (code, dir, board) => {
    setPref({ language: code });
    await spoken(code);
    expect(t`Board`).toBe(board);
    expect(document.documentElement.lang).toBe(code);
    expect(document.documentElement.dir).toBe(dir);
  });
  it("shows in English what is not translated yet", async () => {
    setPref({ language: "ps" });
    await spoken("ps");
    expect(t`A sentence of tomorrow`).toBe("A sentence of tomorrow");
  });
  it("says so when its words cannot be read, and stays", async () => {
    setPref({ language: "ar" });
    await spoken("ar");
    setPref({ language: "xx" });
    await vi.waitFor(() => expect(prefs.getState().language).toBe("ar"));
    expect(i18n.locale).toBe("ar");
    expect(document.documentElement.dir).toBe("rtl");
    expect(toasts.getState().list.at(-1)).toMatchObject({ tone: "trouble", code: "LANGUAGE_UNREADABLE" });
    await vi.waitFor(() => expect(document.querySelector("[aria-live=assertive]")?.textContent).toContain("Unreadable"));
  });
  it("of two that are asked for one after the other is the later one", async () => {
    setPref({ language: "yy" });
    setPref({ language: "he" });
    await spoken("he");
    answer();
    await new Promise((done) => setTimeout(done, 5));
    expect(i18n.locale).toBe("he");
  });
  it("writes the counts inside its sentences in the digits that were chosen", async () => {
    setPref({ language: "fa-AF" });
    await spoken("fa-AF");
    expect(persons(3)).toBe("۳ نفر");
    expect(durationInWords(25 * 3600)).toBe("۲۵ ساعت");
    expect(count(12_345)).toBe("۱۲٬۳۴۵");
    setPref({ digits: "latn" });
    expect(persons(3)).toBe("3 نفر");
    expect(count(12_345)).toBe("12,345");
  });
});

describe("the language of a computer", () => {
  it.each([
    [["ar-EG", "en"], "ar"],
    [["fa"], "fa-AF"],
    [["fa-IR"], "fa-AF"],
    [["prs-AF"], "fa-AF"],
    [["ps-PK"], "ps"],
    [["iw-IL"], "he"],
    [["de-DE", "fr-CA"], "fr"],
    [["de-DE"], "en"],
    [[], "en"],
  ])("%s is answered in %s", (wished, code) => expect(bestLanguage(wished).code).toBe(code));
});

describe("h44_every_catalogue", () => {
  const FORMS: Record<string, string[]> = { ar: ["zero", "one", "two", "few", "many", "other"], he: ["one", "two", "other"] };
  type Tokens = Exclude<Messages[string], string>;
  const plurals = (message: Messages[string]): Tokens => (typeof message === "string" ? [] : message.filter((token) => typeof token !== "string" && token[1] === "plural"));
  /** What is put into a message, at any depth. */
  const slots = (message: unknown): string[] => {
    if (!Array.isArray(message)) return [];
    return message.flatMap((token: unknown) => {
      if (!Array.isArray(token)) return [];
      const [name, type, forms] = token as [string, string?, object?];
      return [name, ...(type === undefined ? [] : Object.values(forms ?? {}).flatMap(slots))];
    });
  };
  const translated = (messages: Messages) => Object.entries(messages).filter(([id, message]) => JSON.stringify(message) !== JSON.stringify(english[id]));

  it.each(LANGUAGES.filter((each) => each !== ENGLISH).map((each) => [each.code, each] as const))("%s has every plural form of its language, and puts in what English puts in", async (code, language) => {
    const { messages } = await language.load();
    const mine = translated(messages);
    expect(mine.length).toBeGreaterThan(150);
    for (const [id, message] of mine) {
      const source = english[id];
      expect(source, id).toBeDefined();
      const allowed = new Set(slots(source));
      for (const slot of slots(message)) expect(allowed, `${code}: ${JSON.stringify(message)}`).toContain(slot);
      const forms = FORMS[code] ?? ["one", "other"];
      for (const token of plurals(message)) expect(Object.keys(token[2] as object), `${code}: ${JSON.stringify(message)}`).toEqual(expect.arrayContaining(forms));
      expect(plurals(message).length, `${code}: ${JSON.stringify(message)}`).toBe(plurals(source ?? "").length);
    }
  });

  // Keyboards of neighbouring languages have letters that look the same and are not.
  it.each([
    ["ar", /[\p{Script=Hebrew}یکگپچژټځڅډړږښګڼې]/u],
    ["fa-AF", /[\p{Script=Hebrew}يىكةټځڅډړږښګڼېۍ]/u],
    ["ps", /[\p{Script=Hebrew}كةىگ]/u],
    ["he", /\p{Script=Arabic}/u],
    ["es", /[\p{Script=Arabic}\p{Script=Hebrew}]/u],
    ["fr", /[\p{Script=Arabic}\p{Script=Hebrew}]/u],
  ])("%s is written in its own letters", (code, foreign) => {
    const written = readFileSync(join(__dirname, `../locales/${code}/messages.po`), "utf8").matchAll(/^msgstr "(.*)"$/gm);
    expect([...written].map(([, text]) => text ?? "").filter((text) => foreign.test(text))).toEqual([]);
  });

  it("is a file beside the line that names it", () => {
    for (const { code } of LANGUAGES) expect(readFileSync(join(__dirname, `../locales/${code}/messages.po`), "utf8")).toContain(`"Language: ${code}\\n"`);
  });
});
