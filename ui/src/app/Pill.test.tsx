// The pill and the cockpit that opens from it: what a person reads in each case, where its links lead, and where the focus
// is afterwards.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { useState, type ReactNode } from "react";
import { afterEach, describe, expect, it } from "vitest";
import type { AppState } from "../bindings/bindings";
import { createDesk, type Desk } from "../data/desk";
import { DeskContext } from "../data/useDesk";
import { memoryPlatform, type MemoryOptions, type MemoryPlatform } from "../platform/memory/memory";
import { App } from "./App";
import { Pill } from "./Pill";
import { ownWords } from "../shared/said";

afterEach(cleanup);

function Bar(): ReactNode {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Pill isOpen={isOpen} onOpenChange={setOpen} />
      <button type="button" data-testid="a-tile">
        101
      </button>
    </>
  );
}

async function made(options: MemoryOptions, change: (state: AppState) => void = () => {}): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform({ floors: 6, perFloor: 30, sends: false, ...options });
  platform.setState(change);
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  return { platform, desk };
}

async function open(options: MemoryOptions = {}, change?: (state: AppState) => void): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const all = await made(options, change);
  render(
    <DeskContext value={all.desk}>
      <Bar />
    </DeskContext>,
  );
  await press("pill");
  await screen.findByTestId("cockpit-folder");
  return all;
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));
const text = (mark: string) => screen.getByTestId(mark).textContent ?? "";
const focused = () => (document.activeElement as HTMLElement | null)?.dataset["testid"];

describe("h21_the_pill_opens_the_cockpit", () => {
  it("says the case as the panel's name, and stands first in line for a screen reader", async () => {
    await open();
    const panel = screen.getByRole("dialog", { name: "Online and up to date." });
    expect(document.activeElement).toBe(panel);
    expect(screen.getByTestId("pill").getAttribute("aria-expanded")).toBe("true");
    expect(screen.getByTestId("pill").getAttribute("aria-label")).toMatch(/^Up to date · /);
  });

  it("leads to the Sync Center by its first link", async () => {
    await open();
    const [first] = within(screen.getByTestId("cockpit")).getAllByRole("link");
    expect(first?.dataset["testid"]).toBe("cockpit-sync");
    expect(first?.getAttribute("href")).toBe("#/sync");
    await press("cockpit-sync");
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
  });

  it("gives the focus back to the pill by Esc, by its cross and by the pill itself", async () => {
    await open();
    fireEvent.keyDown(screen.getByTestId("cockpit"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    await waitFor(() => expect(focused()).toBe("pill"));

    await press("pill");
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Close" })));
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    await waitFor(() => expect(focused()).toBe("pill"));

    await press("pill");
    await press("pill");
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    expect(focused()).toBe("pill");
  });

  it("holds nothing up: whoever goes to a tile has gone there", async () => {
    await open();
    await act(async () => screen.getByTestId("a-tile").focus());
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    expect(focused()).toBe("a-tile");
  });

  it("makes no live region of its own", async () => {
    await open({ busy: true, link: "unplugged" });
    expect(document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]")).toHaveLength(0);
  });
});

describe("what_waits_is_said_with_what_can_be_done", () => {
  it("nothing", async () => {
    await open();
    expect(text("cockpit-waits")).toContain("Nothing waits: the service has everything recorded here.");
    expect(screen.queryByTestId("cockpit-waiting")).toBeNull();
    expect(screen.getByTestId("cockpit-send").dataset["does"]).toBe("sync");
  });

  it("400 actions: how many, how old the oldest is, when the next try is, and that nothing is dropped", async () => {
    const { desk } = await open({}, (state) => {
      Object.assign(state.sync, { state: "offline", nextTryMs: 11_000, since: new Date(Date.now() - 65 * 60_000).toISOString(), backlogWarning: true });
      const ledger = { recorded: 400, acknowledged: 0, waiting: 400, attention: 0, discarded: 0, balanced: true };
      // The sum is made anew with every change.
      Object.defineProperty(state.sync, "ledger", { get: () => ({ ...ledger }), enumerable: true });
      Object.defineProperty(state.sync, "oldestWaiting", { get: () => new Date(Date.now() - 62.5 * 60_000).toISOString(), set: () => {}, enumerable: true });
    });
    expect(text("cockpit-waiting")).toMatch(/^400 actions wait; the oldest since .*\(1 h 0[12]\)\.$/);
    expect(text("cockpit-waits")).toContain("Next try within 15 s.");
    expect(text("cockpit-waits")).toContain("Nothing has been sent since the app was opened.");
    expect(text("cockpit-backlog")).toContain("all of it is kept");
    expect(screen.getByTestId("cockpit-send").dataset["does"]).toBe("retry");
    await press("cockpit-waiting");
    expect(desk.outbox.getState().filter).toBe("waiting");
  });

  it("what needs a look, and a room given to two guests before every other conflict", async () => {
    const { platform, desk } = await open({ busy: true, givenTwice: true });
    const { conflicts } = await platform.syncCenter("all", [], 0, 1);
    expect(conflicts.map((each) => each.givenTwice)).toEqual([true, false]);
    const [first, second] = await screen.findAllByTestId("cockpit-conflict");
    expect(first?.textContent).toBe(`Room ${conflicts[0]?.title}: given to two guests`);
    expect(first?.querySelector("a")?.getAttribute("href")).toBe(`#/conflict/room/${conflicts[0]?.entityId}`);
    expect(second?.textContent).toContain("4 fields to decide");
    expect(text("cockpit-flush")).toContain("30 taken, 3 need a look.");
    await press("cockpit-attention");
    expect(desk.outbox.getState().filter).toBe("attention");
  });

  it("a sum that does not come out, before all else that waits", async () => {
    await open({ busy: true }, (state) => Object.defineProperty(state.sync.ledger, "recorded", { get: () => 1, set: () => {}, enumerable: true }));
    expect(text("cockpit-unbalanced")).toContain("Nothing is deleted");
    expect(screen.getByTestId("cockpit-waits").querySelector("li")).toBe(screen.getByTestId("cockpit-unbalanced"));
  });

  it("rooms on hold", async () => {
    const { platform, desk } = await open({ busy: true, link: "unplugged" });
    const [row] = (await platform.syncCenter("waiting", [], 0, 1)).rows;
    await act(async () => {
      await platform.putOnHold("i1", row?.entityId ?? "", "the guest is asked first");
      await desk.refresh();
    });
    const held = desk.app.getState().state?.sync.heldBack ?? 0;
    expect(held).toBeGreaterThan(0);
    expect(text("cockpit-hold")).toMatch(new RegExp(`^1 room on hold, ${held} actions? held back$`));
  });

  it.each<[string, MemoryOptions, (state: AppState) => void]>([
    ["plug", { link: "unplugged" }, () => {}],
    ["online", { link: "workOffline" }, () => {}],
    ["resume", {}, (state) => (state.sync.paused = true)],
  ])("the one button is to %s, and it does", async (does, options, change) => {
    const { desk } = await open(options, change);
    expect(screen.getByTestId("cockpit-send").dataset["does"]).toBe(does);
    await press("cockpit-send");
    await act(async () => desk.refresh());
    expect(screen.getByTestId("cockpit-send").dataset["does"]).toBe("sync");
    expect(text("cockpit-case")).toBe("Online and up to date.");
  });
});

describe("how_old_the_knowledge_is", () => {
  it("is a bar with words, and the time at which the board is blocked", async () => {
    await open({}, (state) => {
      state.sync.state = "offline";
      Object.assign(state.staleness, { ageS: 21 * 3600, knownAt: new Date(Date.now() - 21 * 3_600_000).toISOString(), warn: true });
    });
    const bar = screen.getByRole("meter", { name: "How old the knowledge is" });
    expect(bar.getAttribute("aria-valuetext")).toBe("21 hours of 24 hours");
    expect(bar.dataset["level"]).toBe("warn");
    expect(text("cockpit-blocks")).toMatch(/^The board is blocked at .*, in 3 hours, unless the service answers before\.$/);
  });

  it("cannot be told with the clock set back", async () => {
    await open({}, (state) => Object.assign(state.staleness, { ageS: null, clockSetBack: true }));
    expect(screen.queryByRole("meter")).toBeNull();
    expect(text("cockpit-age")).toContain("this computer's clock was set back");
  });

  it("an emergency operation says by whom and until when, and is prolonged from here", async () => {
    await open({ emergency: "ending", link: "unplugged" });
    expect(text("cockpit-emergency")).toMatch(/Emergency operation until .* The line to the house is cut/);
    await press("cockpit-prolong");
    expect(await screen.findByTestId("go-on")).toBeDefined();
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    await press("go-on-back");
    await waitFor(() => expect(focused()).toBe("pill"));
  });

  it("a refresh that succeeds takes its button away, and no focus with it", async () => {
    const { desk } = await open({ emergency: true });
    const refresh = screen.getByTestId("cockpit-refresh");
    refresh.focus();
    await press("cockpit-refresh");
    await act(async () => desk.refresh());
    expect(refresh.isConnected).toBe(false);
    await waitFor(() => expect(focused()).toBe("cockpit"));
  });

  it("gives way to what blocks the board", async () => {
    const { platform, desk } = await open({ link: "unplugged" });
    await act(async () => {
      platform.setState((state) => (state.staleness.blocked = true));
      await desk.refresh();
    });
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
  });
});

describe("if_it_lasts", () => {
  it("names the pack's folder and time, and opens it", async () => {
    const { platform } = await open();
    let opened = 0;
    platform.openDowntimePack = async () => void (opened += 1);
    expect(text("cockpit-folder")).toBe("/home/desk/turndown/downtime");
    expect(text("cockpit-pack")).toMatch(/as of .*\([34] min\)/);
    await press("cockpit-open-pack");
    expect(opened).toBe(1);
  });

  it.each([
    ["what the core says of it", async () => ({ folder: "/downtime", writtenAt: null, problem: ownWords("The disk is full.") }), "The disk is full."],
    ["that it cannot be read", () => Promise.reject({ code: "X", message: "It cannot be read.", nextStep: "Try again.", reference: "" }), "It cannot be read. Try again."],
  ])("says %s", async (_, downtimePack, problem) => {
    const { platform, desk } = await made({});
    platform.downtimePack = downtimePack;
    render(
      <DeskContext value={desk}>
        <Bar />
      </DeskContext>,
    );
    await press("pill");
    expect((await screen.findByTestId("cockpit-pack-problem")).textContent).toContain(problem);
  });

  it("exports what waits, and the focus comes back to the pill", async () => {
    await open({ busy: true, link: "unplugged" });
    await press("cockpit-export");
    expect(await screen.findByTestId("dialog-export")).toBeDefined();
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Go back" })));
    await waitFor(() => expect(focused()).toBe("pill"));
  });

  it.each<[string, string, MemoryOptions]>([
    ["a planned shift", "#/playbook/a-planned-shift-without-network", { link: "workOffline" }],
    ["an outage of hours", "#/playbook/an-outage-of-hours", { link: "unplugged" }],
    ["an outage of days", "#/playbook/an-outage-of-days", { link: "unplugged", emergency: true }],
    ["an ordinary day", "#/playbook", {}],
  ])("opens the playbook where it speaks of %s", async (_, href, options) => {
    await open(options);
    expect(screen.getByTestId("cockpit-playbook").getAttribute("href")).toBe(href);
  });
});

describe("the_front_desks_window_asks_for_nothing_it_was_not_granted", () => {
  it("reads, and leads to the board for the rest", async () => {
    const platform = memoryPlatform({ window: "front-desk", busy: true, link: "unplugged" });
    const windows: string[] = [];
    let asked = 0;
    platform.openWindow = async (name) => void windows.push(name);
    platform.syncCenter = () => {
      asked += 1;
      return Promise.reject(new Error("not granted"));
    };
    const desk = createDesk(platform);
    await act(async () => desk.refresh());
    render(
      <DeskContext value={desk}>
        <Bar />
      </DeskContext>,
    );
    await press("pill");
    expect(text("cockpit-waits")).toContain("9 actions wait");
    for (const mark of ["cockpit-sync", "cockpit-send", "cockpit-export", "cockpit-playbook", "cockpit-code"]) expect(screen.queryByTestId(mark)).toBeNull();
    expect(within(screen.getByTestId("cockpit")).queryAllByRole("link")).toEqual([]);
    expect(asked).toBe(0);
    await press("cockpit-board");
    expect(windows).toEqual(["board"]);
  });
});

describe("its_key", () => {
  it("G then O opens it and closes it from a tile, and the tile keeps its place; Ctrl J is the Sync Center", async () => {
    const { desk } = await made({}, (state) => (state.guide = null));
    render(<App desk={desk} />);
    const tile = (await screen.findAllByTestId("tile"))[0];
    if (tile === undefined) throw new Error("the board has a tile");
    const keys = (...typed: string[]) =>
      act(async () => {
        for (const key of typed) fireEvent.keyDown(document.activeElement ?? document.body, { key });
      });
    await act(async () => tile.focus());
    await keys("g", "o");
    expect(screen.getByTestId("cockpit")).toBeDefined();
    await keys("Escape");
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(tile));
    await keys("g", "o");
    await keys("g", "o");
    await waitFor(() => expect(screen.queryByTestId("cockpit")).toBeNull());
    await keys("g", "o");
    await keys("?");
    expect(screen.getByTestId("shortcuts")).toBeDefined();
    expect(screen.queryByTestId("cockpit")).toBeNull();
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Close" })));
    await act(async () => fireEvent.keyDown(document.body, { key: "j", ctrlKey: true }));
    expect(window.location.hash).toBe("#/sync");
  });
});
