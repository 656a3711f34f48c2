import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { age, compareNames, compareRooms, configure, count, dateTime, duration, durationInWords, fold, iso, serviceDay, time } from "./fmt";
import { ENGLISH, LANGUAGES } from "./locales";

beforeEach(() => configure({ timeZone: "Europe/Lisbon" }));
afterEach(() => configure({ timeZone: "UTC" }));

describe("fmt", () => {
  it("shows times in the hotel's zone, not the computer's", () => {
    expect(time("2016-07-01T13:02:00Z")).toBe("14:02");
    expect(time("2016-01-01T00:05:00Z")).toBe("00:05");
  });
  it("names the day only when it is another day at the hotel", () => {
    const now = Date.parse("2016-03-27T10:00:00Z");
    expect(dateTime("2016-03-27T08:10:00Z", now)).toBe("09:10");
    expect(dateTime("2016-03-26T08:10:00Z", now)).toBe("26 Mar, 08:10");
  });
  it("a service day is a day: no zone moves it", () => {
    configure({ timeZone: "Pacific/Kiritimati" });
    expect(serviceDay("2016-03-27")).toBe("Sunday 27 March 2016");
    expect(serviceDay("2016-03-27", "short")).toBe("Sun 27 Mar");
  });
  it("a zone that nobody knows is shown as UTC", () => {
    configure({ timeZone: "Mars/Olympus" });
    expect(time("2016-07-01T13:02:00Z")).toBe("13:02");
  });
  it("shows what it cannot read as it is", () => expect(time("soon")).toBe("soon"));
  it("ages", () => {
    const now = Date.parse("2016-03-27T10:00:00Z");
    expect(age("2016-03-27T09:25:00Z", now)).toBe("35 min");
    expect(age("2016-03-27T07:55:00Z", now)).toBe("2 h 05");
    expect(age("2016-03-27T10:05:00Z", now)).toBe("just now");
    expect(duration(4 * 86_400)).toBe("4 days");
    expect(durationInWords(25 * 3600)).toBe("25 hours");
  });
  it("groups counts", () => expect(count(12_500)).toBe("12,500"));
  it("sorts rooms as the corridor does", () => {
    expect(["1011", "101", "12A", "9", "1009"].toSorted(compareRooms)).toEqual(["9", "12A", "101", "1009", "1011"]);
  });
  it("sorts Pashto names as Persian, in an engine that knows no Pashto too", () => {
    configure({ language: LANGUAGES.find((each) => each.code === "ps") });
    expect(["یوسف", "پروین", "احمد", "گلالۍ"].toSorted(compareNames)).toEqual(["احمد", "پروین", "گلالۍ", "یوسف"]);
    expect(["1011", "9", "101"].toSorted(compareRooms)).toEqual(["9", "101", "1011"]);
    configure({ language: ENGLISH });
  });
  it("folds digits of other scripts, case and accents", () => {
    expect(fold("۲۰۴")).toBe("204");
    expect(fold("٢٠٤")).toBe("204");
    expect(fold(" João ")).toBe("joao");
    expect(fold("كريم")).toBe(fold("کریم"));
    expect(fold("ګلالۍ")).toBe(fold("گلالۍ"));
    expect(fold("ليلى")).toBe(fold("لیلی"));
  });
  it("isolates a room number in a plain string", () => expect(iso("204")).toBe("\u2068204\u2069"));
});
