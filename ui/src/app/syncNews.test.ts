import { describe, expect, it } from "vitest";
import type { AppState } from "../bindings/bindings";
import { memoryPlatform } from "../platform/memory/memory";
import { newsBetween } from "./syncNews";

async function state(change: (state: AppState) => void = () => {}): Promise<AppState> {
  const made = await memoryPlatform({ floors: 1, perFloor: 2 }).appState();
  change(made);
  return made;
}

const offline = (waiting = 0) => (app: AppState) => {
  app.sync.state = "offline";
  app.sync.ledger.waiting = waiting;
};

describe("h7_what_is_said_about_the_link", () => {
  it("losing and finding the service is one message each", async () => {
    const [up, down] = [await state(), await state(offline(3))];
    expect(newsBetween(up, down).map((news) => news.text)).toEqual(["Offline. Everything is saved on this device."]);
    const back = await state((app) => {
      app.sync.ledger.waiting = 3;
    });
    expect(newsBetween(down, back).map((news) => news.text)).toEqual(["Online again. Sending 3 changes."]);
  });
  it("a count that grows or shrinks is not said", async () => {
    expect(newsBetween(await state(offline(3)), await state(offline(4)))).toEqual([]);
    const sending = (done: number) => (app: AppState) => Object.assign(app.sync, { flushing: true, flushDone: done, flushTotal: 20 });
    expect(newsBetween(await state(sending(3)), await state(sending(9)))).toEqual([]);
  });
  it("a flush ends with one summary", async () => {
    const ended = await state((app) => {
      app.sync.lastFlush = { startedAt: "2016-03-27T10:00:00Z", endedAt: "2016-03-27T10:00:04Z", okCount: 12, errorCount: 0, conflictCount: 0, code: null };
    });
    expect(newsBetween(await state(), ended).map((news) => news.text)).toEqual(["12 sent."]);
  });
  it("the summary leaves nothing out: what waits behind a conflict needs a look with it, and what waits is said", async () => {
    const ended = (errorCount: number, attention: number, waiting: number) => (app: AppState) => {
      app.sync.lastFlush = { startedAt: "2016-03-27T10:00:00Z", endedAt: "2016-03-27T10:00:04Z", okCount: 1, errorCount, conflictCount: errorCount, code: null };
      Object.assign(app.sync.ledger, { attention, waiting });
    };
    const said = async (change: (app: AppState) => void) => newsBetween(await state((app) => void (app.sync.ledger.attention = app.sync.conflicts = 3)), await state(change)).map((news) => news.text);
    expect(await said(ended(1, 3, 0))).toEqual(["1 sent, 3 need a look."]);
    expect(await said(ended(1, 1, 2))).toEqual(["1 sent, 1 needs a look, 2 wait."]);
    const earlier = (app: AppState) => {
      ended(0, 3, 1)(app);
      if (app.sync.lastFlush !== null) app.sync.lastFlush.okCount = 5;
    };
    expect(await said(earlier)).toEqual(["5 sent, 1 waits."]);
  });
  it("the service is back while nothing may go, or less than waits", async () => {
    const back = (change: (app: AppState) => void) => async () => {
      const down = await state((app) => {
        offline(12)(app);
        change(app);
      });
      const up = await state((app) => {
        app.sync.ledger.waiting = 12;
        change(app);
      });
      return newsBetween(down, up).map((news) => news.text);
    };
    expect(await back((app) => void (app.sync.paused = true))()).toEqual(["Online again. Sending is paused."]);
    expect(await back((app) => void (app.sync.heldBack = 12))()).toEqual(["Online again."]);
    expect(await back((app) => void (app.sync.heldBack = 5))()).toEqual(["Online again. Sending 7 changes."]);
  });
  it("what is carried for others counts as the pill counts it", async () => {
    const hurt = (app: AppState) => {
      app.sync.carriedAttention = 1;
      app.sync.lastFlush = { startedAt: "2016-03-27T10:00:00Z", endedAt: "2016-03-27T10:00:04Z", okCount: 12, errorCount: 1, conflictCount: 0, code: null };
    };
    expect(newsBetween(await state(), await state(hurt)).map((news) => news.text)).toEqual(["12 sent, 1 needs a look.", "A change was not accepted. See the Sync Center."]);
  });
  it("what needs a look is said loudly, once", async () => {
    const hurt = (app: AppState) => {
      app.sync.ledger.attention = 2;
      app.sync.conflicts = 1;
    };
    const news = newsBetween(await state(), await state(hurt));
    expect(news).toEqual([{ text: "A conflict has to be decided. See the Sync Center.", urgency: "assertive", key: "attention" }]);
    expect(newsBetween(await state(hurt), await state(hurt))).toEqual([]);
  });
  it("h11_an_emergency_operation_is_said_when_it_begins_and_when_it_is_about_to_end", async () => {
    const runs = (mayGoOn: boolean) => (app: AppState) =>
      Object.assign(app.staleness, { ageS: 26 * 3600, mayGoOn, emergency: { name: "Rosa", reason: "storm", until: "2016-03-27T21:40:00Z" } });
    const [began] = newsBetween(await state(), await state(runs(false)));
    expect(began?.text).toMatch(/^Emergency operation until .*21:40\. What this desk knows is 26 hours old\.$/);
    expect(newsBetween(await state(runs(false)), await state(runs(false)))).toEqual([]);
    const [ending] = newsBetween(await state(runs(false)), await state(runs(true)));
    expect(ending?.text).toMatch(/A manager can go on for longer\.$/);
  });
});
