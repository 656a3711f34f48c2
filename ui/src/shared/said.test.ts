import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Phrase } from "../bindings/bindings";
import { PHRASES } from "../bindings/phrases";
import { phrase } from "../platform/memory/phrase";
import { configure } from "./fmt";
import { speech, startSpeaking } from "./language";
import { setPref } from "./prefs";
import { inFull, ownWords, said } from "./said";

const speak = async (code: string): Promise<void> => {
  setPref({ language: code });
  await vi.waitFor(() => expect(speech.getState().language.code).toBe(code), { timeout: 30_000 });
};

beforeAll(() => startSpeaking());
afterAll(() => speak("en"));

const given = phrase("Gave the {task} to {person}", { task: phrase("departure clean"), person: "Rosa" });

describe("h44_what_the_core_says_is_said_in_the_persons_language", () => {
  it("in English as the core wrote it, with what is data isolated", async () => {
    await speak("en");
    expect(said(given)).toBe("Gave the departure clean to \u2068Rosa\u2069");
    expect(said(phrase("Gave the {task} to {person}", { task: phrase("departure clean"), person: ownWords("Rosa") }))).toBe(said(given));
  });
  it("in Arabic with the words of the trade, the name as it is, and the digits of the country", async () => {
    await speak("ar");
    expect(said(given)).toContain(said(phrase("departure clean")));
    expect(said(given)).toContain("\u2068Rosa\u2069");
    expect(said(given)).not.toMatch(/[a-z]+ [a-z]+/i);
    setPref({ digits: "arab" });
    expect(said(phrase("Put the guest on the queue, told {time}", { time: { clock: "14:30" } }))).toContain("١٤:٣٠");
    const counted = (count: number) => said(phrase("{count, plural, one {# field still wants a choice.} other {# fields still want a choice.}}", { count }));
    expect(counted(3)).toMatch(/^٣ /);
    expect(counted(2)).not.toMatch(/[٢0-9]/);
    setPref({ digits: "own" });
  });
  it("from the side of its language, whatever is put into it first", async () => {
    const changed = phrase("{who} changed room {number} elsewhere while this desk recorded something else.", { who: "Rosa", number: "412" });
    for (const code of ["ar", "fa-AF", "ps", "he"]) {
      await speak(code);
      const sentence = said(changed);
      expect([code, /[\p{L}\u200f]/u.exec(sentence)?.[0]]).toEqual([code, expect.stringMatching(/[\u0590-\u08ff\u200f]/)]);
      for (const put of ["Rosa", "412"]) expect(sentence).toContain(`\u2068${put}\u2069`);
      const told = said(phrase("Put the guest on the queue, told {time}", { time: { clock: "14:30" } }));
      expect(told).toMatch(/\u2068.{2}:.{2}\u2069/);
      const tomorrow = phrase("{count, plural, one {# robot} other {# robots}}", { count: 2 });
      expect(said(phrase("Gave the {task} to {person}", { task: tomorrow, person: "Rosa" }))).toContain("\u20682 robots\u2069".replace("2", said(phrase("{n}", { n: 2 }))));
    }
    await speak("en");
    expect(said(changed)).toMatch(/^\u2068Rosa\u2069 changed/);
  });
  it("times and days by the person's calendar and the hotel's zone", async () => {
    await speak("en");
    configure({ timeZone: "Europe/Lisbon" });
    expect(said(phrase("Began {day}", { day: { day: "2016-03-27" } }))).toBe("Began Sunday 27 March 2016");
    expect(said(phrase("{at}", { at: { time: "2016-03-27T13:02:00Z" } }))).toContain("14:02");
  });
  it("a sentence of tomorrow in English, with everything put in", async () => {
    await speak("ar");
    setPref({ digits: "latn" });
    const tomorrow = phrase("{count, plural, one {# robot cleans {room}} other {# robots clean {room}}}", { count: 2, room: "412" });
    expect(said(tomorrow)).toBe("2 robots clean \u2068412\u2069");
    setPref({ digits: "own" });
  });
  it("what the service said exactly only where English is spoken, and of a code that is not known everywhere", async () => {
    const answered: Phrase = { ...phrase("The room is out of order. Bring it back into service first."), said: "Room 12 is out of order." };
    await speak("en");
    expect(said(answered)).toBe("Room 12 is out of order.");
    await speak("fr");
    expect(said(answered)).not.toContain("Room");
    expect(said(ownWords("The robot is out of order."))).toBe("The robot is out of order.");
  });
  it("nothing where there is nothing", () => {
    expect(said(null)).toBe("");
    expect(inFull({ message: ownWords("It is full."), nextStep: ownWords("") })).toBe("It is full.");
  });
  it.each(["ar", "fa-AF", "ps", "he", "es", "fr"])("every sentence of the core has its own words in %s", async (code) => {
    const sentences = Object.keys(PHRASES).filter((template) => template.endsWith("."));
    const filled = (template: string) => phrase(template, Object.fromEntries([...template.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => [name ?? "", 2])));
    await speak("en");
    const english = sentences.map((template) => said(filled(template)));
    await speak(code);
    expect(sentences.length).toBeGreaterThan(100);
    expect(sentences.filter((template, at) => said(filled(template)) === english[at])).toEqual([]);
  });
});
