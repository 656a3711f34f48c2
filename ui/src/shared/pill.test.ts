import { describe, expect, it } from "vitest";
import type { Ledger, Staleness, SyncStatus } from "../bindings/bindings";
import { pillModel, pillText } from "./pill";

const known: Staleness = { knownAt: "2016-03-27T14:02:00Z", ageS: 5, limitS: 86_400, warn: false, clockSetBack: false, blocked: false, emergency: null, mayGoOn: false, emergencyS: 43_200 };

function sync(change: Partial<SyncStatus> = {}, ledger: Partial<Ledger> = {}): SyncStatus {
  return {
    mode: "auto",
    paused: false,
    heldBack: 0,
    carriedAttention: 0,
    state: "online",
    reason: null,
    slow: null,
    notice: null,
    since: null,
    ledger: { recorded: 0, acknowledged: 0, waiting: 0, attention: 0, discarded: 0, balanced: true, ...ledger },
    flushing: false,
    flushDone: 0,
    flushTotal: 0,
    lastFlush: null,
    oldestWaiting: null,
    backlogWarning: false,
    conflicts: 0,
    nextTryMs: null,
    ...change,
  };
}

describe("h7_the_offline_pill", () => {
  const text = (status: SyncStatus) => pillText(pillModel(status, known));
  it("says up to date and since when", () => expect(text(sync())).toBe("Up to date · 14:02"));
  it("h8_counts_what_is_pending", () => expect(text(sync({ state: "offline" }, { waiting: 12 }))).toBe("Offline · 12 pending"));
  it("shows the one being sent", () => {
    expect(text(sync({ flushing: true, flushDone: 2, flushTotal: 12 }, { waiting: 10 }))).toBe("Sending 3 of 12");
    expect(text(sync({ flushing: true, flushDone: 12, flushTotal: 12 }))).toBe("Sending 12 of 12");
  });
  it("asks for a look", () => {
    expect(text(sync({}, { attention: 2 }))).toBe("2 need a look");
    expect(text(sync({}, { attention: 1, waiting: 3 }))).toBe("1 needs a look · 3 pending");
  });
  it("h22_a_planned_offline_shift_looks_like_an_outage_with_its_own_word", () =>
    expect(text(sync({ mode: "workOffline", state: "offline" }, { waiting: 4 }))).toBe("Working offline · 4 pending"));
  it("says that somebody paused the sending, and what is held back", () => {
    expect(text(sync({ paused: true }, { waiting: 4 }))).toBe("Paused · 4 pending");
    expect(text(sync({ heldBack: 3 }, { waiting: 3 }))).toBe("Online · 3 on hold");
    expect(text(sync({ heldBack: 3 }, { waiting: 4 }))).toBe("Online · 4 pending");
  });
  it("counts what is carried for other desks and needs a look here", () => {
    expect(text(sync({ carriedAttention: 1 }))).toBe("1 needs a look");
    expect(text(sync({ carriedAttention: 1 }, { attention: 2 }))).toBe("3 need a look");
  });
  it("being offline never hides that something needs a look", () =>
    expect(text(sync({ mode: "unplugged", state: "offline" }, { waiting: 4, attention: 2 }))).toBe("Offline · 4 pending · 2 need a look"));
  it("says that sending stopped although the service answers", () =>
    expect(text(sync({ state: "stopped" }, { waiting: 1 }))).toBe("Sending stopped · 1 pending"));
});
