// What works in each state: being offline takes little away, and what it takes is named.

import { describe, expect, it } from "vitest";
import type { Staleness, SyncStatus } from "../../bindings/bindings";
import { memoryPlatform } from "../../platform/memory/memory";
import { parts } from "./works";
import { ownWords } from "../../shared/said";

async function listed(change: Partial<SyncStatus>, staleness: Partial<Staleness> = {}) {
  const made = await memoryPlatform({ floors: 1, perFloor: 2 }).appState();
  const list = parts({ ...made.sync, ...change }, { ...made.staleness, ...staleness });
  expect(new Set(list.map((part) => part.id)).size).toBe(8);
  return { missing: list.filter((part) => !part.works).map((part) => part.id), words: new Map(list.map((part) => [part.id, part.text])) };
}

/** What comes and goes by the service. */
const OFFLINE = ["sending", "others", "suggestions"];
const emergency = { name: "Rosa", reason: "storm", until: "2016-03-27T21:00:00Z" };
const slow = (code: string) => ({ code, message: ownWords(""), nextStep: ownWords(""), reference: "" });

describe("what_works_is_said_in_each_state", () => {
  it("online, everything", async () => expect((await listed({})).missing).toEqual([]));
  it("offline, all but what comes and goes by the service; claims are seen here only", async () => {
    const { missing, words } = await listed({ state: "offline" });
    expect(missing).toEqual(OFFLINE);
    expect(words.get("claims")).toBe("Claims, seen on this computer only");
    expect(words.get("nextDay")).toContain("from the bookings that this desk has");
  });
  it.each(["workOffline", "unplugged"] as const)("%s takes what an outage takes", async (mode) => expect((await listed({ mode, state: "offline" })).missing).toEqual(OFFLINE));
  it("paused, others' work still comes in", async () => {
    const { missing, words } = await listed({ paused: true, slow: slow("SENDING_PAUSED") });
    expect(missing).toEqual(["sending"]);
    expect(words.get("others")).toBe("What other desks do");
  });
  it("stopped, it says so of the sending", async () => expect((await listed({ state: "stopped" })).words.get("sending")).toContain("stopped"));
  it("in an emergency operation no room is called safe to give out", async () => {
    const { missing, words } = await listed({ state: "offline" }, { emergency });
    expect(missing).toEqual(["frontDesk", ...OFFLINE]);
    expect(words.get("frontDesk")).toContain("no room safe to give out");
  });
  it("with the clock set back neither", async () => expect((await listed({}, { clockSetBack: true })).missing).toEqual(["frontDesk"]));
  it("blocked, the board and what is done at it stand still", async () => expect((await listed({ state: "offline" }, { blocked: true })).missing).toEqual(["board", "frontDesk", "claims", "radio", ...OFFLINE]));
  it("slow in one thing is not slow in the other", async () => {
    const taking = await listed({ slow: slow("NOT_TAKEN_YET") });
    expect([taking.words.get("sending"), taking.words.get("others")]).toEqual(["Sending, but for some actions", "What other desks do"]);
    const coming = await listed({ slow: slow("SERVICE_SILENT") });
    expect([coming.words.get("sending"), coming.words.get("others")]).toEqual(["Sending", "What other desks do, later than usual"]);
  });
});
