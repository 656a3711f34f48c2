// What is written in each language, with each kind of digits and by each calendar, to the letter. The same strings are
// right in Node, in WebKit and in WebView2: nothing in them comes from the engine's own data of a language.

import { afterAll, describe, expect, it, vi } from "vitest";
import { clock, configure, count, dateTime, dateTimeInFull, serviceDay, time, week } from "./fmt";
import { ENGLISH, LANGUAGES, type Calendar, type Digits } from "./locales";

const AT = "2026-11-25T10:00:00Z";

/** Language, digits, calendar; then a service day, long and short, a date with its time, the same for paper, a time, a
 * time of day from the data, and two counts. */
const GOLDEN: readonly [string, Digits, Calendar, readonly string[]][] = [
  ["en", "latn", "gregorian", ["Wednesday 25 November 2026","Wed 25 Nov","25 Nov, 14:30","25 Nov 2026, 14:30","14:30","14:30","1,234","12,500"]],
  ["en", "arab", "gregorian", ["Wednesday ٢٥ November ٢٠٢٦","Wed ٢٥ Nov","٢٥ Nov, ١٤:٣٠","٢٥ Nov ٢٠٢٦, ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["en", "arabext", "gregorian", ["Wednesday ۲۵ November ۲۰۲۶","Wed ۲۵ Nov","۲۵ Nov, ۱۴:۳۰","۲۵ Nov ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["en", "arabext", "solarHijri", ["Wednesday ۴ Qaws ۱۴۰۵","Wed ۴ Qaws","۴ Qaws, ۱۴:۳۰","۴ Qaws ۱۴۰۵, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["en", "latn", "both", ["Wednesday 4 Qaws 1405 · 25 Nov","Wed 4 Qaws · 25 Nov","4 Qaws · 25 Nov, 14:30","4 Qaws 1405 · 25 Nov 2026, 14:30","14:30","14:30","1,234","12,500"]],
  ["en", "arabext", "both", ["Wednesday ۴ Qaws ۱۴۰۵ · ۲۵ Nov","Wed ۴ Qaws · ۲۵ Nov","۴ Qaws · ۲۵ Nov, ۱۴:۳۰","۴ Qaws ۱۴۰۵ · ۲۵ Nov ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ar", "latn", "gregorian", ["الأربعاء، 25 نوفمبر 2026","الأربعاء، 25 نوفمبر","25 نوفمبر، 14:30","25 نوفمبر 2026، 14:30","14:30","14:30","1,234","12,500"]],
  ["ar", "arab", "gregorian", ["الأربعاء، ٢٥ نوفمبر ٢٠٢٦","الأربعاء، ٢٥ نوفمبر","٢٥ نوفمبر، ١٤:٣٠","٢٥ نوفمبر ٢٠٢٦، ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["ar", "arabext", "gregorian", ["الأربعاء، ۲۵ نوفمبر ۲۰۲۶","الأربعاء، ۲۵ نوفمبر","۲۵ نوفمبر، ۱۴:۳۰","۲۵ نوفمبر ۲۰۲۶، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ar", "arabext", "solarHijri", ["الأربعاء، ۴ القوس ۱۴۰۵","الأربعاء، ۴ القوس","۴ القوس، ۱۴:۳۰","۴ القوس ۱۴۰۵، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ar", "latn", "both", ["الأربعاء، 4 القوس 1405 · 25 نوفمبر","الأربعاء، 4 القوس · 25 نوفمبر","4 القوس · 25 نوفمبر، 14:30","4 القوس 1405 · 25 نوفمبر 2026، 14:30","14:30","14:30","1,234","12,500"]],
  ["ar", "arabext", "both", ["الأربعاء، ۴ القوس ۱۴۰۵ · ۲۵ نوفمبر","الأربعاء، ۴ القوس · ۲۵ نوفمبر","۴ القوس · ۲۵ نوفمبر، ۱۴:۳۰","۴ القوس ۱۴۰۵ · ۲۵ نوفمبر ۲۰۲۶، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["fa-AF", "arabext", "solarHijri", ["چهارشنبه ۴ قوس ۱۴۰۵","چهارشنبه ۴ قوس","۴ قوس، ۱۴:۳۰","۴ قوس ۱۴۰۵، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["fa-AF", "latn", "gregorian", ["چهارشنبه 25 نومبر 2026","چهارشنبه 25 نومبر","25 نومبر، 14:30","25 نومبر 2026، 14:30","14:30","14:30","1,234","12,500"]],
  ["fa-AF", "arab", "gregorian", ["چهارشنبه ٢٥ نومبر ٢٠٢٦","چهارشنبه ٢٥ نومبر","٢٥ نومبر، ١٤:٣٠","٢٥ نومبر ٢٠٢٦، ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["fa-AF", "arabext", "gregorian", ["چهارشنبه ۲۵ نومبر ۲۰۲۶","چهارشنبه ۲۵ نومبر","۲۵ نومبر، ۱۴:۳۰","۲۵ نومبر ۲۰۲۶، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["fa-AF", "latn", "both", ["چهارشنبه 4 قوس 1405 · 25 نومبر","چهارشنبه 4 قوس · 25 نومبر","4 قوس · 25 نومبر، 14:30","4 قوس 1405 · 25 نومبر 2026، 14:30","14:30","14:30","1,234","12,500"]],
  ["fa-AF", "arabext", "both", ["چهارشنبه ۴ قوس ۱۴۰۵ · ۲۵ نومبر","چهارشنبه ۴ قوس · ۲۵ نومبر","۴ قوس · ۲۵ نومبر، ۱۴:۳۰","۴ قوس ۱۴۰۵ · ۲۵ نومبر ۲۰۲۶، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ps", "arabext", "solarHijri", ["څلرنۍ د ۱۴۰۵ د لیندۍ ۴","څلرنۍ لیندۍ ۴","لیندۍ ۴، ۱۴:۳۰","۱۴۰۵ لیندۍ ۴، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ps", "latn", "gregorian", ["څلرنۍ د 2026 د نومبر 25","څلرنۍ نومبر 25","نومبر 25، 14:30","2026 نومبر 25، 14:30","14:30","14:30","1.234","12.500"]],
  ["ps", "arab", "gregorian", ["څلرنۍ د ٢٠٢٦ د نومبر ٢٥","څلرنۍ نومبر ٢٥","نومبر ٢٥، ١٤:٣٠","٢٠٢٦ نومبر ٢٥، ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["ps", "arabext", "gregorian", ["څلرنۍ د ۲۰۲۶ د نومبر ۲۵","څلرنۍ نومبر ۲۵","نومبر ۲۵، ۱۴:۳۰","۲۰۲۶ نومبر ۲۵، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["ps", "latn", "both", ["څلرنۍ د 1405 د لیندۍ 4 · نومبر 25","څلرنۍ لیندۍ 4 · نومبر 25","لیندۍ 4 · نومبر 25، 14:30","1405 لیندۍ 4 · 2026 نومبر 25، 14:30","14:30","14:30","1.234","12.500"]],
  ["ps", "arabext", "both", ["څلرنۍ د ۱۴۰۵ د لیندۍ ۴ · نومبر ۲۵","څلرنۍ لیندۍ ۴ · نومبر ۲۵","لیندۍ ۴ · نومبر ۲۵، ۱۴:۳۰","۱۴۰۵ لیندۍ ۴ · ۲۰۲۶ نومبر ۲۵، ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["he", "latn", "gregorian", ["יום רביעי, 25 בנובמבר 2026","יום ד׳, 25 בנוב׳","25 בנוב׳, 14:30","25 בנוב׳ 2026, 14:30","14:30","14:30","1,234","12,500"]],
  ["he", "arab", "gregorian", ["יום רביעי, ٢٥ בנובמבר ٢٠٢٦","יום ד׳, ٢٥ בנוב׳","٢٥ בנוב׳, ١٤:٣٠","٢٥ בנוב׳ ٢٠٢٦, ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["he", "arabext", "gregorian", ["יום רביעי, ۲۵ בנובמבר ۲۰۲۶","יום ד׳, ۲۵ בנוב׳","۲۵ בנוב׳, ۱۴:۳۰","۲۵ בנוב׳ ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["he", "arabext", "solarHijri", ["יום רביעי, ۴ בקוס ۱۴۰۵","יום ד׳, ۴ בקוס","۴ בקוס, ۱۴:۳۰","۴ בקוס ۱۴۰۵, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["he", "latn", "both", ["יום רביעי, 4 בקוס 1405 · 25 בנוב׳","יום ד׳, 4 בקוס · 25 בנוב׳","4 בקוס · 25 בנוב׳, 14:30","4 בקוס 1405 · 25 בנוב׳ 2026, 14:30","14:30","14:30","1,234","12,500"]],
  ["he", "arabext", "both", ["יום רביעי, ۴ בקוס ۱۴۰۵ · ۲۵ בנוב׳","יום ד׳, ۴ בקוס · ۲۵ בנוב׳","۴ בקוס · ۲۵ בנוב׳, ۱۴:۳۰","۴ בקוס ۱۴۰۵ · ۲۵ בנוב׳ ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["es", "latn", "gregorian", ["miércoles, 25 de noviembre de 2026","mié, 25 nov","25 nov, 14:30","25 nov 2026, 14:30","14:30","14:30","1234","12.500"]],
  ["es", "arab", "gregorian", ["miércoles, ٢٥ de noviembre de ٢٠٢٦","mié, ٢٥ nov","٢٥ nov, ١٤:٣٠","٢٥ nov ٢٠٢٦, ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٢٣٤","١٢٬٥٠٠"]],
  ["es", "arabext", "gregorian", ["miércoles, ۲۵ de noviembre de ۲۰۲۶","mié, ۲۵ nov","۲۵ nov, ۱۴:۳۰","۲۵ nov ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱۲۳۴","۱۲٬۵۰۰"]],
  ["es", "arabext", "solarHijri", ["miércoles, ۴ de Qaws de ۱۴۰۵","mié, ۴ Qaws","۴ Qaws, ۱۴:۳۰","۴ Qaws ۱۴۰۵, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱۲۳۴","۱۲٬۵۰۰"]],
  ["es", "latn", "both", ["miércoles, 4 de Qaws de 1405 · 25 nov","mié, 4 Qaws · 25 nov","4 Qaws · 25 nov, 14:30","4 Qaws 1405 · 25 nov 2026, 14:30","14:30","14:30","1234","12.500"]],
  ["es", "arabext", "both", ["miércoles, ۴ de Qaws de ۱۴۰۵ · ۲۵ nov","mié, ۴ Qaws · ۲۵ nov","۴ Qaws · ۲۵ nov, ۱۴:۳۰","۴ Qaws ۱۴۰۵ · ۲۵ nov ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱۲۳۴","۱۲٬۵۰۰"]],
  ["fr", "latn", "gregorian", ["mercredi 25 novembre 2026","mer. 25 nov.","25 nov., 14:30","25 nov. 2026, 14:30","14:30","14:30","1\u202f234","12\u202f500"]],
  ["fr", "arab", "gregorian", ["mercredi ٢٥ novembre ٢٠٢٦","mer. ٢٥ nov.","٢٥ nov., ١٤:٣٠","٢٥ nov. ٢٠٢٦, ١٤:٣٠","١٤:٣٠","١٤:٣٠","١٬٢٣٤","١٢٬٥٠٠"]],
  ["fr", "arabext", "gregorian", ["mercredi ۲۵ novembre ۲۰۲۶","mer. ۲۵ nov.","۲۵ nov., ۱۴:۳۰","۲۵ nov. ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["fr", "arabext", "solarHijri", ["mercredi ۴ Qaws ۱۴۰۵","mer. ۴ Qaws","۴ Qaws, ۱۴:۳۰","۴ Qaws ۱۴۰۵, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
  ["fr", "latn", "both", ["mercredi 4 Qaws 1405 · 25 nov.","mer. 4 Qaws · 25 nov.","4 Qaws · 25 nov., 14:30","4 Qaws 1405 · 25 nov. 2026, 14:30","14:30","14:30","1\u202f234","12\u202f500"]],
  ["fr", "arabext", "both", ["mercredi ۴ Qaws ۱۴۰۵ · ۲۵ nov.","mer. ۴ Qaws · ۲۵ nov.","۴ Qaws · ۲۵ nov., ۱۴:۳۰","۴ Qaws ۱۴۰۵ · ۲۵ nov. ۲۰۲۶, ۱۴:۳۰","۱۴:۳۰","۱۴:۳۰","۱٬۲۳۴","۱۲٬۵۰۰"]],
];

const speak = (code: string, digits: Digits, calendar: Calendar) => configure({ language: LANGUAGES.find((each) => each.code === code) ?? ENGLISH, digits, calendar, timeZone: "Asia/Kabul" });
const written = () => [serviceDay("2026-11-25"), serviceDay("2026-11-25", "short"), dateTime(AT, Date.parse("2026-11-27T10:00:00Z")), dateTimeInFull(AT), time(AT), clock("14:30"), count(1234), count(12_500)];

afterAll(() => configure({ language: ENGLISH, digits: "latn", calendar: "gregorian", timeZone: "UTC" }));

describe("h43_dates_and_numbers", () => {
  it.each(GOLDEN)("%s with %s digits by the calendar %s", (code, digits, calendar, expected) => {
    speak(code, digits, calendar);
    expect(written()).toEqual(expected);
  });

  it("in Dari and Pashto have no Latin letter in them, on any day of the year", () => {
    for (const code of ["fa-AF", "ps"]) {
      for (const calendar of ["gregorian", "solarHijri", "both"] as const) {
        speak(code, "arabext", calendar);
        for (let day = 0; day < 366; day += 1) {
          const at = new Date(Date.UTC(2026, 0, 1 + day, 12)).toISOString();
          for (const text of [serviceDay(at.slice(0, 10)), serviceDay(at.slice(0, 10), "short"), dateTime(at, 0), dateTimeInFull(at)]) expect(text).not.toMatch(/[A-Za-z0-9]/);
        }
      }
    }
  });

  it("ask the engine for nothing but the hotel's wall clock, in English", () => {
    const { DateTimeFormat } = Intl;
    const asked = vi.spyOn(Intl, "DateTimeFormat").mockImplementation(function made(...how: ConstructorParameters<typeof DateTimeFormat>) {
      return new DateTimeFormat(...how);
    } as typeof DateTimeFormat);
    const numbers = vi.spyOn(Intl, "NumberFormat");
    for (const { code } of LANGUAGES) {
      speak(code, "arabext", "both");
      configure({ timeZone: "Europe/Lisbon" });
      written();
    }
    expect(asked).toHaveBeenCalled();
    for (const [locale] of asked.mock.calls) expect(String(locale)).toMatch(/^en/);
    expect(numbers).not.toHaveBeenCalled();
  });

  it("know the new year of the Solar Hijri calendar, and its leap day", () => {
    speak("fa-AF", "latn", "solarHijri");
    expect(serviceDay("2025-03-20", "short")).toBe("پنجشنبه 30 حوت");
    expect(serviceDay("2025-03-21", "short")).toBe("جمعه 1 حمل");
    expect(serviceDay("2026-03-20", "short")).toBe("جمعه 29 حوت");
    expect(serviceDay("2026-03-21")).toBe("شنبه 1 حمل 1405");
  });

  it("keep the week of the country", () => {
    speak("ps", "arabext", "solarHijri");
    expect(week()).toEqual({ firstDay: 6, weekend: [4, 5] });
    speak("en", "latn", "gregorian");
    expect(week()).toEqual({ firstDay: 1, weekend: [6, 0] });
  });

  it("leave a time of day alone that is none", () => {
    speak("fa-AF", "arabext", "solarHijri");
    expect(clock("after lunch at 2")).toBe("after lunch at 2");
    expect(clock("9:05")).toBe("۹:۰۵");
  });
});
