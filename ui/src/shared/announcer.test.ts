import { beforeEach, describe, expect, it, vi } from "vitest";
import { announce, lockSpeech, mountAnnouncer } from "./announcer";

function said(urgency: "polite" | "assertive"): string[] {
  return [...document.querySelectorAll(`[aria-live=${urgency}] > div`)].map((block) => block.textContent);
}

describe("the announcer", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    mountAnnouncer();
  });

  it("keeps exactly two regions on the body, marked so that a modal leaves them alone", () => {
    mountAnnouncer();
    const regions = document.querySelectorAll("[aria-live]");
    expect(regions.length).toBe(2);
    for (const region of regions) {
      expect(region.parentElement).toBe(document.body);
      expect(region.hasAttribute("data-live-announcer")).toBe(true);
      expect(region.childNodes.length).toBe(0);
    }
  });

  it("says on a locked desk only what stands at the door, and takes back what was said before", () => {
    announce("Room 412: started.");
    announce("Room 413: started.");
    lockSpeech(true);
    announce("Room 414: started.", { urgency: "assertive" });
    announce("This desk is locked.", { atTheDoor: true });
    vi.advanceTimersByTime(3_000);
    expect([...said("polite"), ...said("assertive")]).toEqual(["This desk is locked."]);
    // Heard of twice, it takes nothing back of that.
    lockSpeech(true);
    expect(said("polite")).toEqual(["This desk is locked."]);
    lockSpeech(false);
    announce("Room 415: started.");
    vi.advanceTimersByTime(1_000);
    expect(said("polite")).toContain("Room 415: started.");
  });

  it("adds a new block for each message, at least a second apart, and takes it away later", () => {
    announce("one");
    announce("two");
    expect(said("polite")).toEqual(["one"]);
    vi.advanceTimersByTime(999);
    expect(said("polite")).toEqual(["one"]);
    vi.advanceTimersByTime(1);
    expect(said("polite")).toEqual(["one", "two"]);
    vi.advanceTimersByTime(10_000);
    expect(said("polite")).toEqual([]);
  });

  it("replaces what waits under the same key", () => {
    announce("first");
    announce("3 pending", { key: "count" });
    announce("4 pending", { key: "count" });
    vi.advanceTimersByTime(3000);
    expect(said("polite")).toEqual(["first", "4 pending"]);
  });

  it("says what is urgent before polite messages that wait", () => {
    announce("now");
    announce("later");
    announce("conflict", { urgency: "assertive" });
    vi.advanceTimersByTime(1000);
    expect(said("assertive")).toEqual(["conflict"]);
    expect(said("polite")).toEqual(["now"]);
    vi.advanceTimersByTime(1000);
    expect(said("polite")).toEqual(["now", "later"]);
  });
});
