// Signing in by PIN, and the lock: the PIN goes one way, a locked desk tells nothing and asks nothing, and what somebody
// had begun is there for them alone.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { undoable } from "../data/actions";
import { createDesk, type Desk } from "../data/desk";
import { memoryPlatform, PIN, type MemoryOptions, type MemoryPlatform } from "../platform/memory/memory";
import { configureDuties } from "../shared/duties";
import { startSpeaking } from "../shared/language";
import { applyLooks } from "../shared/prefs";
import { toasts } from "../shared/toasts";
import { App } from "./App";
import { settings } from "./Settings";

beforeAll(async () => {
  applyLooks();
  await startSpeaking();
});
beforeEach(() => toasts.setState({ list: [] }));
afterEach(() => {
  cleanup();
  configureDuties([]);
  settings.setState({ open: false, at: "top" });
});

const COMMANDS = ["board", "frontDesk", "suggestions", "radio", "syncCenter", "story", "conflict", "downtimePack", "carryPlaces", "report", "outageSummary"] as const;

async function open(options: MemoryOptions = {}): Promise<{ desk: Desk; platform: MemoryPlatform }> {
  const platform = memoryPlatform({ floors: 1, perFloor: 6, byPin: true, busy: true, sends: false, ...options });
  const desk = createDesk(platform);
  await act(async () => desk.start());
  render(<App desk={desk} />);
  await act(async () => undefined);
  return { desk, platform };
}

const press = (id: string) => act(async () => fireEvent.click(screen.getByTestId(id)));
const write = (id: string, text: string) => act(async () => void fireEvent.change(screen.getByTestId(id), { target: { value: text } }));
const value = (id: string) => screen.getByTestId<HTMLInputElement>(id).value;
const enter = (id: string) => act(async () => fireEvent.submit(screen.getByTestId(id).closest("form") as HTMLFormElement));
const lock = () => act(async () => void fireEvent.keyDown(document.body, { key: "l", code: "KeyL", ctrlKey: true }));
const isLocked = () => waitFor(() => expect(screen.getByTestId("locked")).toBeDefined());
const isOpen = () => waitFor(() => expect(screen.queryByTestId("locked")).toBeNull());
const choose = async (at: number) => act(async () => fireEvent.click((await screen.findAllByTestId("staff-choice"))[at] as HTMLElement));

async function typePin(pin: string): Promise<void> {
  await write("pin", pin);
  await enter("pin");
}

/** All that can be read on the page, by eye or by ear. */
function readable(): string {
  const shown = (element: Element): string => {
    if (element instanceof HTMLElement && (element.style.display === "none" || element.hidden)) return "";
    const own = [element.getAttribute("aria-label") ?? "", element instanceof HTMLInputElement ? element.value : ""];
    return [...own, ...[...element.childNodes].map((node) => (node instanceof Element ? shown(node) : (node.textContent ?? "")))].join(" ");
  };
  return shown(document.body);
}

describe("signing in by PIN", () => {
  it("the_pin_goes_to_the_sign_in_and_nowhere_else", async () => {
    const { platform } = await open({ phase: "choosePerson" });
    const calls: string[] = [];
    for (const [name, command] of Object.entries(platform)) {
      if (typeof command === "function" && name !== "signIn") Object.assign(platform, { [name]: (...args: unknown[]) => (calls.push(JSON.stringify(args)), (command as (...given: unknown[]) => unknown)(...args)) });
    }
    const signIn = vi.spyOn(platform, "signIn");
    const kept = vi.spyOn(Storage.prototype, "setItem");
    await choose(0);
    const typed = "٤٨١٥١٦";
    await typePin(typed);
    await waitFor(() => expect(screen.getByTestId("frame")).toBeDefined());
    expect(signIn.mock.calls).toEqual([[platform.house.staff.find(({ role }) => role === "lead")?.id ?? expect.anything(), typed]]);
    expect(calls.join(" ")).not.toContain(typed);
    expect(JSON.stringify(kept.mock.calls)).not.toContain(typed);
    expect(window.location.href).not.toContain(typed);
    expect(readable()).not.toContain(typed);
  });

  it("a_field_for_a_pin_hides_it_keeps_nothing_and_runs_from_the_left", async () => {
    await open({ phase: "choosePerson" });
    await choose(0);
    const field = screen.getByTestId<HTMLInputElement>("pin");
    expect([field.type, field.inputMode, field.autocomplete, field.dir]).toEqual(["password", "numeric", "off", "ltr"]);
    expect(document.activeElement).toBe(field);
  });

  it("a_wrong_pin_says_so_beside_the_field_empties_it_and_leaves_the_focus_there", async () => {
    await open({ phase: "choosePerson" });
    await choose(0);
    await typePin("111111");
    const problem = screen.getByTestId("pin-problem");
    expect(problem.textContent).toContain("That is not the PIN.");
    expect(problem.textContent).toContain("3 more tries");
    const field = screen.getByTestId<HTMLInputElement>("pin");
    expect(field.value).toBe("");
    expect(document.activeElement).toBe(field);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    const describes = (field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
    expect(describes.join(" ")).toContain("That is not the PIN.");
    await waitFor(() => expect(document.querySelector('[aria-live="assertive"]')?.textContent).toContain("That is not the PIN."));
  });

  it.each([
    ["Esc", () => fireEvent.keyDown(screen.getByTestId("pin"), { key: "Escape" })],
    ["the button", () => fireEvent.click(screen.getByTestId("pin-back"))],
  ])("%s goes back to the names, and what was typed is gone", async (_way, back) => {
    await open({ phase: "choosePerson" });
    await choose(0);
    await write("pin", "4815");
    await act(async () => void back());
    expect(screen.getByTestId("who")).toBeDefined();
    await choose(0);
    expect(value("pin")).toBe("");
  });

  it("whoever_takes_over_the_desk_is_asked_for_their_pin_first", async () => {
    const { desk, platform } = await open();
    const before = desk.app.getState().state?.person?.id;
    await press("person");
    await act(async () => fireEvent.click(await screen.findByTestId("switch-person")));
    await choose(2);
    const name = screen.getByRole("heading", { level: 1 }).textContent;
    await typePin("000000");
    expect(desk.app.getState().state?.person?.id).toBe(before);
    await typePin(PIN);
    await waitFor(() => expect(screen.getByTestId("frame")).toBeDefined());
    expect(desk.app.getState().state?.person?.name).toBe(name);
    expect(platform.house.staff.some((each) => each.name === name)).toBe(true);
  });

  it("a_manager_who_goes_on_with_old_data_shows_who_they_are", async () => {
    const { desk } = await open({ stale: true, link: "unplugged" });
    await press("stale-go-on");
    await act(async () => fireEvent.click((await screen.findAllByTestId("go-on-manager"))[0] as HTMLElement));
    await typePin("000000");
    expect(screen.getByTestId("pin-problem")).toBeDefined();
    expect(desk.app.getState().state?.person?.role).not.toBe("manager");
    await typePin(PIN);
    await waitFor(() => expect(screen.getByTestId("go-on-reason")).toBeDefined());
    expect(desk.app.getState().state?.person?.role).toBe("manager");
  });

  it("where_a_name_is_enough_nobody_is_asked_and_nothing_locks", async () => {
    const { platform } = await open({ byPin: false });
    const [locks, here] = [vi.spyOn(platform, "lock"), vi.spyOn(platform, "stillHere")];
    await lock();
    fireEvent.pointerDown(document.body);
    expect(locks).not.toHaveBeenCalled();
    expect(here).not.toHaveBeenCalled();
    await press("person");
    expect(await screen.findByTestId("switch-person")).toBeDefined();
    expect(screen.queryByTestId("lock")).toBeNull();
    expect(screen.queryByTestId("change-pin")).toBeNull();
  });
});

describe("the locked desk", () => {
  it.each(["board", "front-desk"] as const)("hides_everything_of_rooms_guests_and_what_waits_in_the_window_%s", async (window) => {
    const { platform } = await open({ window });
    const name = (await platform.appState()).person?.name ?? "";
    const numbers = [...platform.house.rooms.values()].map((room) => room.number);
    await waitFor(() => expect(screen.getAllByTestId(window === "board" ? "tile" : "rack-room").length).toBeGreaterThan(0));
    await lock();
    await isLocked();
    expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Locked");
    expect(screen.getByTestId("locked").textContent).toContain("City Hotel");
    expect(screen.getByTestId("locked").textContent).toContain(name);
    expect(screen.getByTestId("locked").textContent).toContain("goes on being sent");
    expect(document.activeElement).toBe(screen.getByTestId("pin"));
    for (const each of numbers) expect(readable()).not.toMatch(new RegExp(`\\b${each}\\b`));
    for (const role of ["grid", "gridcell", "row", "navigation", "banner", "contentinfo"]) expect(screen.queryByRole(role)).toBeNull();
    expect(readable()).not.toMatch(/waiting|needs a look|Guest/);
  });

  it("hides_what_stands_open_before_the_board_as_well", async () => {
    await open();
    const tile = (await screen.findAllByTestId("tile"))[0] as HTMLElement;
    await act(async () => tile.focus());
    await act(async () => void fireEvent.keyDown(tile, { key: "Enter" }));
    expect(screen.getByRole("dialog")).toBeDefined();
    await lock();
    await isLocked();
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(document.activeElement).toBe(screen.getByTestId("pin"));
    await typePin(PIN);
    await isOpen();
    expect(screen.getByRole("dialog")).toBeDefined();
  });

  it("takes_back_what_was_said_of_rooms", async () => {
    const { announce } = await import("../shared/announcer");
    await open();
    announce("Room 412: started.");
    announce("Room 413: started.");
    await lock();
    await isLocked();
    await new Promise((later) => setTimeout(later, 1200));
    expect(document.body.textContent).not.toContain("Room 412: started.");
    expect(document.body.textContent).not.toContain("Room 413: started.");
    expect(document.querySelector('[aria-live="polite"]')?.textContent).toContain("This desk is locked.");
  });

  it("asks_for_nothing_and_asks_again_when_it_is_unlocked", async () => {
    const { desk, platform } = await open({ suggests: 3 });
    await waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
    await lock();
    await isLocked();
    const asked = COMMANDS.map((name) => vi.spyOn(platform, name));
    const [board] = asked;
    await act(async () => {
      platform.remote((house) => [...house.rooms.keys()]);
      window.dispatchEvent(new Event("focus"));
      await desk.refresh();
    });
    for (const each of asked) expect(each).not.toHaveBeenCalled();
    await typePin(PIN);
    await isOpen();
    await waitFor(() => expect(board).toHaveBeenCalled());
  });

  it("a_question_that_meets_the_lock_is_no_fault", async () => {
    const { desk, platform } = await open();
    await waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
    // Locked by the core, and this window asks before it has heard of it.
    await act(async () => {
      await platform.lock();
      await desk.refresh(["rooms"]);
    });
    await isLocked();
    expect(toasts.getState().list).toEqual([]);
  });

  it("whoever_locked_it_finds_what_they_had_begun", async () => {
    await open();
    await write("radio-input", "412 vc");
    await act(async () => screen.getByTestId("radio-input").focus());
    await lock();
    await isLocked();
    await typePin(PIN);
    await isOpen();
    expect(value("radio-input")).toBe("412 vc");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("radio-input")));
  });

  it("somebody_else_finds_nothing_of_it", async () => {
    const { desk } = await open();
    await write("radio-input", "412 vc");
    undoable.setState({ stack: [{ events: [{ eventId: "e1", roomId: "r1", number: "101" }], toast: null }] });
    desk.deciding.change("room/x", () => ({ view: {} as never, choices: new Map(), asksAgain: [] }));
    await lock();
    await isLocked();
    await press("pin-back");
    await choose(3);
    await typePin(PIN);
    await isOpen();
    await waitFor(() => expect(value("radio-input")).toBe(""));
    expect(desk.deciding.getState().held.size).toBe(0);
    expect(undoable.getState().stack).toEqual([]);
  });

  it("a_desk_that_locks_by_itself_closes_the_settings", async () => {
    const { platform } = await open();
    fireEvent.keyDown(document.body, { key: ",", code: "Comma", ctrlKey: true });
    await screen.findByTestId("settings");
    await act(async () => platform.lock());
    await isLocked();
    await waitFor(() => expect(screen.queryByTestId("settings")).toBeNull());
  });

  it("a_pin_that_was_being_changed_is_forgotten", async () => {
    await open();
    await press("person");
    await act(async () => fireEvent.click(await screen.findByTestId("change-pin")));
    await write("change-pin-new", "735190");
    await lock();
    await isLocked();
    await typePin(PIN);
    await isOpen();
    expect(screen.queryByTestId("dialog-change-pin")).toBeNull();
  });

  it.each([
    ["us", "l", "KeyL"],
    ["ar", "م", "KeyL"],
    ["il", "ך", "KeyL"],
    ["ru", "д", "KeyL"],
  ])("is_locked_by_Ctrl_L_under_the_layout_%s", async (_layout, key, code) => {
    await open();
    fireEvent.keyDown(screen.getByTestId("radio-input"), { key, code, ctrlKey: true });
    await isLocked();
  });

  it("is_locked_from_the_persons_menu_and_the_sheet_of_keys_says_how", async () => {
    await open();
    fireEvent.keyDown(document.body, { key: "?", code: "Slash", shiftKey: true });
    expect((await screen.findByTestId("shortcuts")).textContent).toContain("CtrlLLock this desk");
    await act(async () => void fireEvent.keyDown(screen.getByTestId("shortcuts"), { key: "Escape" }));
    await press("person");
    await act(async () => fireEvent.click(await screen.findByTestId("lock")));
    await isLocked();
  });
});

describe("somebody who is here", () => {
  it("is_reported_at_most_once_in_20_seconds_and_not_while_locked", async () => {
    const { platform } = await open();
    const here = vi.spyOn(platform, "stillHere");
    const clock = vi.spyOn(performance, "now");
    const at = (ms: number) => clock.mockReturnValue(1_000_000 + ms);
    at(0);
    for (const touch of ["pointerDown", "keyDown", "wheel"] as const) fireEvent[touch](document.body);
    expect(here).toHaveBeenCalledTimes(1);
    at(19_999);
    fireEvent.wheel(document.body);
    expect(here).toHaveBeenCalledTimes(1);
    at(20_000);
    fireEvent.pointerDown(document.body);
    expect(here).toHaveBeenCalledTimes(2);
    clock.mockRestore();
    await lock();
    await isLocked();
    here.mockClear();
    fireEvent.pointerDown(document.body);
    expect(here).not.toHaveBeenCalled();
  });
});

describe("changing a PIN", () => {
  const fill = async (pin: string, next: string, again = next) => {
    await write("change-pin-pin", pin);
    await write("change-pin-new", next);
    await write("change-pin-again", again);
    await enter("change-pin-new");
  };

  it("a_pin_that_somebody_else_made_is_asked_to_be_changed_until_it_is", async () => {
    const { platform } = await open({ temporary: true });
    const changes = vi.spyOn(platform, "changePin");
    expect(screen.getByTestId("pin-temporary").textContent).toContain("Choose your own.");
    await press("pin-temporary-change");
    expect(screen.getByTestId("dialog-change-pin").textContent).toContain("6 to 12 digits");
    await fill(PIN, "735190", "735191");
    expect(changes).not.toHaveBeenCalled();
    expect(screen.getByTestId("dialog-change-pin").textContent).toContain("The two new PINs are not the same.");
    await write("change-pin-again", "٧٣٥١٩٠");
    await enter("change-pin-again");
    await waitFor(() => expect(screen.queryByTestId("dialog-change-pin")).toBeNull());
    expect(changes.mock.calls).toEqual([[PIN, "735190"]]);
    await waitFor(() => expect(screen.queryByTestId("pin-temporary")).toBeNull());
  });

  it.each([
    ["pin", "000000", "735190", "That is not the PIN you have."],
    ["new", PIN, "12", "That PIN will not do."],
  ])("says_what_is_wrong_beside_the_field_%s", async (which, pin, next, why) => {
    await open({ temporary: true });
    await press("pin-temporary-change");
    await fill(pin, next);
    const field = screen.getByTestId<HTMLInputElement>(`change-pin-${which}`);
    expect(screen.getByTestId("change-pin-problem").textContent).toContain(why);
    expect(field.getAttribute("aria-invalid")).toBe("true");
    expect(field.value).toBe("");
    expect(document.activeElement).toBe(field);
  });

  it("says_so_when_the_service_cannot_be_reached", async () => {
    await open({ temporary: true, link: "unplugged" });
    await press("pin-temporary-change");
    await fill(PIN, "735190");
    expect(screen.getByTestId("change-pin-problem").textContent).toContain("The hotel's service cannot be reached.");
  });
});

describe("what the desk and the role lack", () => {
  it("passes_that_have_run_out_stand_in_a_notice", async () => {
    await open({ lacks: true });
    expect(screen.getByTestId("sign-in-lacks").textContent).toContain("its passes have run out");
  });

  it("what_the_role_does_not_include_is_not_offered_on_the_board", async () => {
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

  it("what_the_role_does_not_include_is_not_offered_at_the_front_desk", async () => {
    await open({ window: "front-desk", mayNot: ["claim", "release", "arrived", "departed", "queue_guest", "leave_queue", "set_priority"] });
    const rows = await screen.findAllByTestId("rack-room");
    expect(screen.queryByTestId("rack-primary")).toBeNull();
    await act(async () => fireEvent.click(within(rows[0] as HTMLElement).getByTestId("rack-more")));
    const offered = [...screen.getByTestId("dialog-room").querySelectorAll<HTMLElement>(".panel-verbs button")].map((each) => each.dataset["testid"]);
    expect(offered.length).toBeGreaterThan(0);
    for (const id of ["claim", "release", "arrived", "departed", "queue", "rush"]) expect(offered).not.toContain(`room-${id}`);
  });
});
