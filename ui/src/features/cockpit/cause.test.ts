// Why the desk does not send: each cause of the core has its place, one thing to do and one not to do.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { CommandError, LinkState, SyncStatus } from "../../bindings/bindings";
import { configure } from "../../shared/fmt";
import { ownWords } from "../../shared/said";
import { memoryPlatform } from "../../platform/memory/memory";
import { advice, caseSentence, placeWord, why } from "./cause";

const ROOT = resolve(__dirname, "../../../..");
const NOW = Date.parse("2016-03-27T11:47:00Z");
const TEN_42 = "2016-03-27T10:42:00Z";

configure({ timeZone: "UTC" });

async function sync(change: Partial<SyncStatus> = {}): Promise<SyncStatus> {
  const { sync: made } = await memoryPlatform({ floors: 1, perFloor: 2 }).appState();
  return { ...made, ...change };
}

const because = (code: string): CommandError => ({ code, message: ownWords(`${code}.`), nextStep: ownWords("Ask."), reference: "" });
/** Every code that the link can say, from where it says it. */
const codes = [...readFileSync(resolve(ROOT, "crates/sync/src/reason.rs"), "utf8").matchAll(/=>\s*\{?\s*\(\s*"([A-Z_]+)"/g)].map((match) => match[1] ?? "");

describe("each_cause_has_its_words", () => {
  it("the core's causes are found where they are written", () => expect(codes.length).toBe(26));

  it.each(codes)("%s has a place, a do, a don't, and a row in the playbook", (code) => {
    const said = advice(code);
    expect(said).not.toBeNull();
    expect(placeWord(said?.place ?? "unknown")).not.toBe("Not known");
    expect(said?.good).toMatch(/^[A-Z].*\.$/s);
    expect(said?.bad).toMatch(/^Do not .*\.$/s);
    expect(readFileSync(resolve(ROOT, "docs/playbook.md"), "utf8")).toContain(`| \`${code}\` |`);
  });

  it.each([
    ["SERVICE_UNREACHABLE", "network"],
    ["NOT_THE_SERVICE", "portal"],
    ["SERVICE_SILENT", "service"],
    ["KEYRING_UNAVAILABLE", "computer"],
    ["KEY_MISSING", "computer"],
    ["TOKEN_REFUSED", "signIn"],
    ["WRONG_STORE", "wrongService"],
    ["UPGRADE_REQUIRED", "version"],
    ["CERTIFICATE_REFUSED", "computer"],
    ["PLANNED_OFFLINE", "choice"],
  ])("%s points at the %s", (code, place) => expect(advice(code)?.place).toBe(place));

  it("a sign-in page is opened in a browser, and gets no password of the hotel", () => {
    expect(advice("NOT_THE_SERVICE")?.good).toContain("browser");
    expect(advice("NOT_THE_SERVICE")?.bad).toContain("password of the hotel");
  });

  it("a code of a later build keeps the core's own words", async () => {
    const said = why(await sync({ state: "offline", reason: because("OF_TOMORROW") }));
    expect(said).toMatchObject({ place: "unknown", code: "OF_TOMORROW", message: "OF_TOMORROW.", good: "Ask." });
  });

  it("is silent where nothing is in the way, and says what is slow although the service answers", async () => {
    expect(why(await sync())).toBeNull();
    expect(why(await sync({ slow: because("SENDING_PAUSED") }))?.place).toBe("choice");
    expect(why(await sync({ state: "starting" }))).toBeNull();
  });

  it("a choice is named before the core has named it, and before what was in the way until then", async () => {
    expect(why(await sync({ mode: "workOffline", state: "offline", reason: because("SERVICE_SILENT") }))?.code).toBe("PLANNED_OFFLINE");
    expect(why(await sync({ mode: "workOffline", state: "offline" }))?.code).toBe("PLANNED_OFFLINE");
    expect(why(await sync({ mode: "unplugged", state: "offline" }))?.code).toBe("UNPLUGGED");
    expect(why(await sync({ state: "offline" }))).toMatchObject({ code: null, place: "unknown" });
  });
});

describe("the_case_is_one_sentence", () => {
  const said = async (change: Partial<SyncStatus>) => caseSentence(await sync(change), NOW);
  const ledger = { recorded: 400, acknowledged: 0, waiting: 400, attention: 0, discarded: 0, balanced: true };
  it.each<[string, LinkState, Partial<SyncStatus>]>([
    ["Online and up to date.", "online", {}],
    ["Offline since 10:42 (1 h 05).", "offline", { since: TEN_42 }],
    ["Offline.", "offline", {}],
    ["Sending is stopped since 10:42 (1 h 05).", "stopped", { since: TEN_42 }],
    ["Online, but the sending is paused.", "online", { paused: true }],
    ["Working offline, as planned, since 10:42 (1 h 05).", "offline", { mode: "workOffline", since: TEN_42 }],
    ["The plug is pulled, since 10:42 (1 h 05).", "offline", { mode: "unplugged", since: TEN_42 }],
    ["Connecting: the service has not answered yet.", "starting", {}],
    ["Online; 400 actions are about to be sent.", "online", { ledger }],
    ["Online; what waits is on hold.", "online", { ledger, heldBack: 400 }],
    ["Online; 3 need a look.", "online", { ledger, carriedAttention: 3 }],
    ["Online, sending 3 of 12.", "online", { flushing: true, flushDone: 2, flushTotal: 12 }],
  ])("%s", async (sentence, state, change) => expect(await said({ state, ...change })).toBe(sentence));
});
