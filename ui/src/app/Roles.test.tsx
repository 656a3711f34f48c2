// What the role of whoever is working does not include: nobody is offered it, wherever something is done.

import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Action, RadioRoom } from "../bindings/bindings";
import { clearSelection } from "../features/board/selection";
import type { MemoryPlatform } from "../platform/memory/memory";
import { phrase } from "../platform/memory/phrase";
import { configureDuties } from "../shared/duties";
import { startSpeaking } from "../shared/language";
import { applyLooks } from "../shared/prefs";
import { toasts } from "../shared/toasts";
import { press, spoken, write } from "../test/hands";
import { open } from "../test/window";

const REFUSED = "Your role does not include this.";
/** An attendant's. */
const NOT_AN_ATTENDANTS = ["reassign", "add_task", "cancel_task", "set_priority", "inspect", "set_sellability", "departed", "arrived", "claim", "release", "queue_guest", "leave_queue", "resolve", "discard"];
/** An auditor's: everything. */
const EVERYTHING = ["start", "pause", "resume", "complete", "set_room_status", "see_occupancy", "set_flag", "note", ...NOT_AN_ATTENDANTS];

beforeAll(async () => {
  applyLooks();
  await startSpeaking();
});
beforeEach(() => {
  toasts.setState({ list: [] });
  clearSelection();
});
afterEach(() => {
  cleanup();
  configureDuties([]);
});

const key = (name: string, more: Partial<KeyboardEventInit> = {}) => act(async () => void fireEvent.keyDown(document.activeElement ?? document.body, { key: name, ...more }));
/** Focuses the first tile of a state. */
async function onTile(status: string): Promise<HTMLElement> {
  const found = (await screen.findAllByTestId("tile")).find((each) => each.dataset["status"] === status);
  if (found === undefined) throw new Error(`no tile is ${status}`);
  await act(async () => found.focus());
  return found;
}

describe("on the board", () => {
  it("what_it_lacks_is_not_offered", async () => {
    const mayNot = ["start", "pause", "resume", "complete", "inspect", "add_task", "cancel_task"];
    await open({ mayNot });
    const tiles = await screen.findAllByTestId("tile");
    expect(screen.queryByTestId("tile-primary")).toBeNull();
    expect(screen.queryByTestId("add-task")).toBeNull();
    await act(async () => fireEvent.click(within(tiles[0] as HTMLElement).getByTestId("tile-menu")));
    const offered = screen.getAllByRole("menuitem").map((each) => each.dataset["testid"]);
    for (const id of ["start", "pause", "complete", "inspect", "pass", "fail", "cancel"]) expect(offered).not.toContain(`menu-${id}`);
    expect(offered).toContain("menu-note");
    const moves = screen.getAllByRole("menuitem").filter((each) => each.dataset["testid"]?.startsWith("menu-move"));
    expect(moves.some((each) => each.textContent?.includes("Your role does not include this."))).toBe(true);
  });

  it.each([
    ["s", "ready", ["start"]],
    ["c", "in_progress", ["complete"]],
    ["i", "completed", ["inspect"]],
    ["a", "ready", ["reassign"]],
  ])("the_key_%s_on_a_tile_that_is_%s_says_so_and_records_nothing", async (pressed, status, mayNot) => {
    const { platform } = await open({ mayNot, perFloor: 30 });
    const acts = vi.spyOn(platform, "act");
    await onTile(status);
    await key(pressed);
    await waitFor(() => expect(spoken()).toContain(REFUSED), { timeout: 2_500 });
    expect(acts).not.toHaveBeenCalled();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("a_move_by_keys_to_the_lane_beside_says_so_and_records_nothing", async () => {
    const { platform } = await open({ mayNot: ["start"] });
    const acts = vi.spyOn(platform, "act");
    await onTile("ready");
    await key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(spoken()).toContain(REFUSED), { timeout: 2_500 });
    expect(acts).not.toHaveBeenCalled();
  });

  it("of_what_is_done_to_several_at_once_nothing_is_offered_that_it_lacks", async () => {
    await open({ mayNot: NOT_AN_ATTENDANTS, perFloor: 30 });
    const offered = () => [...screen.getByTestId("selection").querySelectorAll<HTMLElement>("[data-testid^=bulk-]")].map((each) => each.dataset["testid"]);
    await onTile("ready");
    await key("a", { ctrlKey: true });
    await waitFor(() => expect(offered()).toContain("bulk-start"));
    for (const id of ["bulk-reassign", "bulk-rush-on", "bulk-priority", "bulk-cancel"]) expect(offered()).not.toContain(id);
    await key("Escape");
    await onTile("completed");
    await key(" ");
    await key("ArrowDown", { shiftKey: true });
    await waitFor(() => expect(screen.getByTestId("selection")).toBeDefined());
    expect(offered()).not.toContain("bulk-inspect");
  });
});

describe("at the front desk", () => {
  it("what_it_lacks_is_not_offered", async () => {
    await open({ window: "front-desk", mayNot: ["claim", "release", "arrived", "departed", "queue_guest", "leave_queue", "set_priority"] });
    const rows = await screen.findAllByTestId("rack-room");
    expect(screen.queryByTestId("rack-primary")).toBeNull();
    await act(async () => fireEvent.click(within(rows[0] as HTMLElement).getByTestId("rack-more")));
    const offered = [...screen.getByTestId("dialog-room").querySelectorAll<HTMLElement>(".panel-verbs button")].map((each) => each.dataset["testid"]);
    expect(offered.length).toBeGreaterThan(0);
    for (const id of ["claim", "release", "arrived", "departed", "queue", "rush"]) expect(offered).not.toContain(`room-${id}`);
  });
});

describe("at the radio", () => {
  const task = "t1";
  const room = (number: string, ...actions: Action[]): RadioRoom => ({ roomId: number, number, actions, says: actions.map((each) => phrase(each.action)), problem: null });
  const start: Action = { action: "start", args: { task } };
  const rush: Action = { action: "set_priority", args: { task, priority: "normal", rush: true } };
  const status = (cleanliness: "clean" | "inspected"): Action => ({ action: "set_room_status", args: { cleanliness } });
  const hear = (rooms: RadioRoom[]) => (platform: MemoryPlatform) => void vi.spyOn(platform, "radio").mockResolvedValue({ rooms, problem: null, completions: [] });
  const say = async () => {
    await write("radio-input", "412 x");
    await screen.findByTestId("radio-echo");
  };

  it("what_it_lacks_is_refused_before_anything_is_recorded", async () => {
    const { platform } = await open({ mayNot: ["start"] }, hear([room("412", start)]));
    const acts = vi.spyOn(platform, "act");
    await say();
    expect(screen.getByTestId("radio-echo").textContent).toContain(REFUSED);
    expect(screen.getByTestId("radio-echo").textContent).not.toContain("records it");
    expect(screen.getByTestId("radio-room").dataset["code"]).toBe("ROLE_MAY_NOT");
    await act(async () => void fireEvent.keyDown(screen.getByTestId("radio-input"), { key: "Enter" }));
    expect(acts).not.toHaveBeenCalled();
    await waitFor(() => expect(toasts.getState().list.at(-1)?.nextStep).toContain(REFUSED));
  });

  it("what_stands_before_it_is_recorded_and_what_follows_is_not", async () => {
    const { platform } = await open({ mayNot: ["set_priority"] }, hear([room("412", status("clean"), rush, start), room("413", start)]));
    const acts = vi.spyOn(platform, "act").mockRejectedValue(new Error("not here"));
    await say();
    expect(screen.getByTestId("radio-echo").textContent).toContain("records it");
    await act(async () => void fireEvent.keyDown(screen.getByTestId("radio-input"), { key: "Enter" }));
    expect(acts.mock.calls.map(([{ roomId, action }]) => `${roomId} ${action.action}`)).toEqual(["412 set_room_status", "413 start"]);
  });

  it("that_a_room_is_inspected_is_said_by_whoever_inspects", async () => {
    await open({ mayNot: ["inspect"] }, hear([room("412", status("inspected")), room("413", status("clean"))]));
    await say();
    const codes = screen.getAllByTestId("radio-room").map((each) => each.dataset["code"]);
    expect(codes).toEqual(["ROLE_MAY_NOT", undefined]);
  });

  it("whoever_looks_on_has_none", async () => {
    await open({ mayNot: EVERYTHING });
    await screen.findAllByTestId("tile");
    expect(screen.queryByTestId("radio")).toBeNull();
    cleanup();
    await open({ mayNot: NOT_AN_ATTENDANTS });
    expect(screen.getByTestId("radio")).toBeDefined();
  });
});

describe("in the Sync Center", () => {
  // Of the made-up rows a new priority failed and a note was given up; a decision took this desk's side back.
  const decided = (platform: MemoryPlatform) => {
    const read = platform.syncCenter;
    platform.syncCenter = async (...asked) => {
      const page = await read(...asked);
      for (const row of page.rows) if (row.state === "synced") Object.assign(row, { action: "resolve", undo: "bringBack" });
      for (const row of page.rows) if (row.state === "discarded") Object.assign(row, { why: phrase("{person} gave it up: {reason}", { person: "Maria Santos", reason: "done by hand" }) });
      return page;
    };
  };
  const there = async (mayNot: readonly string[]) => {
    window.location.hash = "#/sync";
    const opened = await open({ mayNot }, decided);
    await screen.findAllByTestId("outbox-row");
    return opened;
  };
  /** The first row of a state. */
  const row = async (filter: string, state: string) => {
    await press(`ledger-${filter}`);
    return waitFor(() => {
      const found = screen.getAllByTestId("outbox-row").find((each) => each.dataset["state"] === state);
      if (found === undefined) throw new Error(`no row is ${state}`);
      return found;
    });
  };
  const OTHERS = "Trying it again is for somebody whose role includes it.";

  it("whoever_may_tries_again_takes_back_and_does_it_after_all", async () => {
    await there([]);
    const failed = await row("attention", "failed");
    expect(within(failed).getByTestId("retry")).toBeDefined();
    expect(failed.textContent).not.toContain(OTHERS);
    expect(within(await row("acknowledged", "synced")).getByTestId("row-undo").textContent).toBe("Bring mine back");
    expect(within(await row("discarded", "discarded")).getByTestId("row-undo").textContent).toBe("Do it after all");
    expect(screen.getByTestId("retry-failed").getAttribute("aria-disabled")).toBeNull();
  });

  it("whoever_may_not_is_offered_none_of_it_and_reads_who_may", async () => {
    await there(["set_priority", "resolve", "note"]);
    const failed = await row("attention", "failed");
    expect(within(failed).queryByTestId("retry")).toBeNull();
    expect(failed.textContent).toContain(OTHERS);
    const taken = await row("acknowledged", "synced");
    expect(within(taken).queryByTestId("row-undo")).toBeNull();
    expect(taken.textContent).not.toContain(OTHERS);
    const givenUp = await row("discarded", "discarded");
    expect(within(givenUp).queryByTestId("row-undo")).toBeNull();
    expect(givenUp.textContent).toContain(OTHERS);
    // Other actions are theirs.
    expect(screen.getByTestId("retry-failed").getAttribute("aria-disabled")).toBeNull();
  });

  it("whoever_looks_on_tries_nothing_again", async () => {
    const { platform } = await there(EVERYTHING);
    const all = vi.spyOn(platform, "retryFailed");
    expect(screen.getByTestId("retry-failed").getAttribute("aria-disabled")).toBe("true");
    await press("retry-failed");
    expect(all).not.toHaveBeenCalled();
    await row("attention", "failed");
    for (const id of ["retry", "row-undo", "give-up"]) expect(screen.queryByTestId(id)).toBeNull();
  });
});

describe("in a conflict", () => {
  it("whoever_may_not_decide_looks_and_sends_nothing", async () => {
    const { platform } = await open({ mayNot: ["resolve"] });
    const { conflicts } = await platform.syncCenter("all", [], 0, 1);
    await act(async () => (window.location.hash = `#/conflict/room/${conflicts[0]?.entityId ?? ""}`));
    const resolves = vi.spyOn(platform, "resolve");
    await press("keep-all-mine");
    expect(screen.getByTestId("resolve").getAttribute("aria-disabled")).toBe("true");
    expect(document.getElementById(screen.getByTestId("resolve").getAttribute("aria-describedby") ?? "")?.textContent).toBe(REFUSED);
    expect(screen.queryByTestId("send-to-look")).toBeNull();
    await press("resolve");
    await act(async () => void fireEvent.keyDown(screen.getByTestId("keep-all-mine"), { key: "Enter", ctrlKey: true }));
    expect(resolves).not.toHaveBeenCalled();
    await waitFor(() => expect(spoken()).toContain(REFUSED), { timeout: 3_500 });
  });
});
