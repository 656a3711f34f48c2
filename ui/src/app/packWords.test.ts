import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Phrase } from "../bindings/bindings";
import { createDesk, type Desk } from "../data/desk";
import { memoryPlatform, type MemoryPlatform } from "../platform/memory/memory";
import { phrase } from "../platform/memory/phrase";
import { iso } from "../shared/fmt";
import { speech, startSpeaking } from "../shared/language";
import { setPref } from "../shared/prefs";
import { said } from "../shared/said";
import { sayForThePack } from "./packWords";

const speak = async (code: string): Promise<void> => {
  setPref({ language: code });
  await vi.waitFor(() => expect(speech.getState().language.code).toBe(code), { timeout: 30_000 });
};

beforeAll(() => startSpeaking());
afterEach(() => setPref({ digits: "own", calendar: "own" }));
afterAll(() => speak("en"));

const SENTENCES: readonly Phrase[] = [
  phrase("Do not disturb"),
  phrase("Section {section}", { section: "1A" }),
  phrase("{n, plural, one {# person} other {# persons}}", { n: 3 }),
  phrase("arrival {eta}", { eta: { clock: "14:30" } }),
  phrase("{number}", { number: 1204 }),
  phrase("departure clean"),
];
const SEEN = phrase("{time}", { time: { time: "2016-03-27T13:02:00.000Z" } });

async function writing(phrases: readonly Phrase[]): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform({ floors: 1, perFloor: 4 });
  const desk = createDesk(platform);
  await desk.refresh();
  sayForThePack(desk);
  await vi.waitFor(() => expect(platform.saidForPack().voice).not.toBeNull());
  platform.wantForPack(phrases);
  await desk.refresh();
  await vi.waitFor(() => expect(platform.saidForPack().words).not.toContain(null));
  return { platform, desk };
}

describe("the_downtime_pack_is_said_as_the_window_says_it", () => {
  it.each([
    ["ar", "rtl", "27 مارس 2016، 14:02"],
    ["fa-AF", "rtl", "۸ حمل ۱۳۹۵، ۱۴:۰۲"],
    ["ps", "rtl", "۱۳۹۵ وری ۸، ۱۴:۰۲"],
    ["he", "rtl", "27 במרץ 2016, 14:02"],
    ["es", "ltr", "27 mar 2016, 14:02"],
    ["en", "ltr", "27 Mar 2016, 14:02"],
  ])("in %s with its words, digits and calendar, and every moment with its date by the hotel's clock", async (code, dir, moment) => {
    await speak(code);
    const { platform } = await writing([...SENTENCES, SEEN]);
    expect(platform.saidForPack().voice).toMatchObject({ lang: code, dir });
    expect(platform.saidForPack().words).toEqual([...SENTENCES.map(said), dir === "rtl" ? iso(moment) : moment]);
  });

  it("with the digits and the calendar that somebody chooses, as soon as they do", async () => {
    await speak("ar");
    const { platform } = await writing([...SENTENCES, SEEN]);
    setPref({ digits: "arab", calendar: "both" });
    await vi.waitFor(() => expect(platform.saidForPack()).toMatchObject({ voice: { digits: "arab", calendar: "both" } }));
    await vi.waitFor(() => expect(platform.saidForPack().words.at(-1)).toBe(iso("٨ الحمل ١٣٩٥ · ٢٧ مارس ٢٠١٦، ١٤:٠٢")));
    expect(platform.saidForPack().words.slice(0, -1)).toEqual(SENTENCES.map(said));
  });

  it("only what is wanted is said, and nothing where nothing is", async () => {
    await speak("he");
    const { platform, desk } = await writing(SENTENCES);
    const asked = vi.spyOn(platform, "sayForPack");
    await desk.refresh();
    expect(asked).not.toHaveBeenCalled();
    platform.wantForPack([...SENTENCES, SEEN]);
    await desk.refresh();
    await vi.waitFor(() => expect(platform.saidForPack().words).not.toContain(null));
    expect(asked.mock.calls.flatMap(([, words]) => words.map((each) => each.phrase))).toEqual([SEEN]);
  });

  it("a window that speaks otherwise than it is wanted is silent, until it changes", async () => {
    await speak("fr");
    const { platform, desk } = await writing(SENTENCES);
    const other = { lang: "ps", dir: "rtl", digits: "arabext", calendar: "solarHijri" } as const;
    await platform.sayForPack(other, []);
    const asked = vi.spyOn(platform, "sayForPack");
    await desk.refresh();
    await desk.refresh();
    expect(asked).not.toHaveBeenCalled();
    setPref({ digits: "arab" });
    await vi.waitFor(() => expect(platform.saidForPack()).toMatchObject({ voice: { lang: "fr", digits: "arab" } }));
  });

  it("before a hotel is known nothing is said, because nobody knows its clock", async () => {
    await speak("en");
    const platform = memoryPlatform({ phase: "setup" });
    const desk = createDesk(platform);
    const asked = vi.spyOn(platform, "sayForPack");
    await desk.refresh();
    sayForThePack(desk);
    await desk.refresh();
    expect(asked).not.toHaveBeenCalled();
  });

  it("an answer that is lost is given at the next look", async () => {
    await speak("en");
    const platform = memoryPlatform({ floors: 1, perFloor: 4 });
    const desk = createDesk(platform);
    await desk.refresh();
    const lost = vi.spyOn(platform, "sayForPack").mockRejectedValueOnce(new Error("the bridge is gone"));
    sayForThePack(desk);
    await vi.waitFor(() => expect(lost).toHaveBeenCalledTimes(1));
    expect(platform.saidForPack().voice).toBeNull();
    await desk.refresh();
    await vi.waitFor(() => expect(platform.saidForPack().voice?.lang).toBe("en"));
  });
});
