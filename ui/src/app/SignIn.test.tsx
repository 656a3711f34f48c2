// Signing in by PIN, and the lock: the PIN goes one way, a locked desk tells nothing and asks nothing, and what somebody
// had begun is there for them alone.

import { act, cleanup, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { undoable } from "../data/actions";
import { PIN, type MemoryPlatform } from "../platform/memory/memory";
import { configureDuties } from "../shared/duties";
import { giveFocus } from "../shared/focus";
import { startSpeaking } from "../shared/language";
import { applyLooks } from "../shared/prefs";
import { toasts } from "../shared/toasts";
import { allIsSaid, choose, enter, frames, isLocked, isOpen, lock, press, spoken, typePin, unlock, value, write } from "../test/hands";
import { open } from "../test/window";
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

/** The window hears of nothing that changes. */
const deaf = (platform: MemoryPlatform) => void vi.spyOn(platform, "subscribe").mockImplementation(async () => undefined);

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
    await waitFor(() => expect(spoken("assertive")).toContain("That is not the PIN."));
  });

  it("whose_pin_is_asked_for_is_in_the_name_of_the_field_which_begins_as_it_is_labelled", async () => {
    await open({ phase: "choosePerson" });
    await choose(0);
    const name = screen.getByRole("heading", { level: 1 }).textContent ?? "";
    expect(screen.getByLabelText(new RegExp(`^PIN.*${name}`))).toBe(screen.getByTestId("pin"));
    const label = screen.getByTestId("pin").closest(".pin-field")?.querySelector("label");
    expect([...(label?.children ?? [])].map((each) => [each.textContent?.replaceAll(/[\u2066-\u2069]/g, ""), each.getAttribute("aria-hidden")])).toEqual([
      ["PIN", "true"],
      [`PIN of ${name}`, null],
    ]);
  });

  it("an_empty_pin_is_asked_for_and_what_was_wrong_before_is_told_no_more", async () => {
    const { platform } = await open({ phase: "choosePerson" });
    const signIn = vi.spyOn(platform, "signIn");
    await choose(0);
    await typePin("111111");
    await enter("pin");
    expect(signIn).toHaveBeenCalledTimes(1);
    expect(screen.getByTestId("pin-form").textContent).toContain("Type the PIN.");
    expect(screen.queryByTestId("pin-problem")).toBeNull();
    await waitFor(() => expect(spoken("assertive")).toContain("Type the PIN."), { timeout: 2_500 });
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

  it("a_managers_pin_that_was_half_typed_is_not_left_to_whoever_opens_the_desk", async () => {
    const { platform } = await open({ stale: true, link: "unplugged" });
    await press("stale-go-on");
    await choose(0, "go-on-manager");
    await write("pin", PIN);
    await lock();
    await isLocked();
    const signIn = vi.spyOn(platform, "signIn");
    await unlock();
    await waitFor(() => expect(value("pin")).toBe(""));
    await enter("pin");
    expect(signIn).toHaveBeenCalledTimes(1);
    expect((await platform.appState()).person?.role).toBe("lead");
  });

  it("what_one_manager_began_to_write_is_not_put_before_another", async () => {
    const { platform } = await open({ stale: true, link: "unplugged" });
    const other = platform.house.staff.find(({ role }) => role === "inspector");
    await act(async () => platform.setState(({ staff }) => staff.forEach((each) => (each.role = each.id === other?.id ? "manager" : each.role))));
    await press("stale-go-on");
    await choose(1, "go-on-manager");
    expect(screen.getByTestId("pin-form").dataset["staff"]).not.toBe(other?.id);
    await typePin(PIN);
    await waitFor(() => expect(screen.getByTestId("go-on-reason")).toBeDefined());
    await write("go-on-reason", "the line is cut");
    await lock();
    await isLocked();
    // Whoever wrote it finds it again.
    await unlock();
    expect(value("go-on-reason")).toBe("the line is cut");
    await lock();
    await isLocked();
    await press("pin-back");
    const theirs = () => screen.getAllByTestId("staff-choice").findIndex((each) => each.dataset["staff"] === other?.id);
    await waitFor(() => expect(theirs()).toBeGreaterThanOrEqual(0));
    await choose(theirs());
    await unlock();
    expect(screen.queryByTestId("go-on")).toBeNull();
    await press("stale-go-on");
    await waitFor(() => expect(value("go-on-reason")).toBe(""));
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

  it("tells_that_it_is_an_emergency_and_not_who_said_what_of_it", async () => {
    await open({ emergency: true });
    expect(screen.getByTestId("emergency").textContent).toContain("The line to the house is cut");
    await lock();
    await isLocked();
    const told = within(document.querySelector<HTMLElement>(".before-the-board") as HTMLElement).getByTestId("emergency").textContent ?? "";
    expect(told).toContain("Emergency operation until");
    expect(told).not.toContain("The line to the house is cut");
  });

  it("takes_back_what_was_said_of_rooms", async () => {
    const { announce } = await import("../shared/announcer");
    await open();
    announce("Room 412: started.");
    announce("Room 413: started.");
    await lock();
    await isLocked();
    await allIsSaid();
    expect(document.body.textContent).not.toContain("Room 412: started.");
    expect(document.body.textContent).not.toContain("Room 413: started.");
    expect(spoken()).toContain("This desk is locked.");
  });

  it("says_nothing_of_what_is_answered_late", async () => {
    const { platform } = await open();
    const record = platform.act;
    let answer = () => {};
    vi.spyOn(platform, "act").mockImplementation(async (request) => {
      const acted = await record(request);
      await new Promise<void>((go) => (answer = go));
      return acted;
    });
    await act(async () => fireEvent.click((await screen.findAllByTestId("tile-primary"))[0] as HTMLElement));
    await lock();
    await isLocked();
    await act(async () => answer());
    await allIsSaid();
    expect(spoken()).toContain("This desk is locked.");
    expect(spoken()).not.toContain("Saved on this device");
  });

  it.each([
    ["board", "#/board", ["board", "suggestions"]],
    ["board", "#/sync", ["syncCenter"]],
    ["board", "#/story/room/ROOM", ["story"]],
    ["board", "#/conflict/room/ROOM", ["conflict"]],
    ["board", "#/report", ["report"]],
    ["board", "#/summary", ["outageSummary"]],
    ["board", "#/board cockpit", ["downtimePack", "syncCenter"]],
    ["front-desk", "#/front-desk", ["frontDesk"]],
  ] as const)("asks_for_nothing_in_the_window_%s_at_%s_and_asks_again_when_it_is_unlocked", async (name, place, commands) => {
    const asked = new Map<string, ReturnType<typeof vi.fn>>();
    const { desk, platform } = await open({ floors: 2, perFloor: 20, suggests: 3, window: name }, (made) => {
      // Before the desk is made, which keeps some of them.
      for (const command of commands) asked.set(command, vi.spyOn(made, command) as ReturnType<typeof vi.fn>);
    });
    const { conflicts } = await platform.syncCenter("all", [], 0, 1);
    const [hash = "", cockpit] = place.replace("ROOM", conflicts[0]?.entityId ?? "").split(" ");
    await act(async () => (window.location.hash = hash));
    if (cockpit !== undefined) await press("pill");
    for (const spy of asked.values()) await waitFor(() => expect(spy).toHaveBeenCalled());
    await frames();
    await lock();
    await isLocked();
    for (const spy of asked.values()) spy.mockClear();
    await act(async () => {
      platform.remote((house) => [...house.rooms.keys()]);
      platform.setState(() => undefined, ["rooms", "outbox", "status", "session"]);
      window.dispatchEvent(new Event("focus"));
      await desk.refresh();
    });
    await frames();
    for (const spy of asked.values()) expect(spy).not.toHaveBeenCalled();
    await unlock();
    for (const spy of asked.values()) await waitFor(() => expect(spy).toHaveBeenCalled());
  });

  it("a_question_that_meets_the_lock_is_no_fault", async () => {
    const { desk, platform } = await open({}, deaf);
    await waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
    // Locked by the core, and this window asks before it has heard of it.
    await act(async () => {
      await platform.lock();
      await desk.refresh(["rooms"]);
    });
    await isLocked();
    expect(toasts.getState().list).toEqual([]);
    expect(spoken("assertive")).toBe("");
  });

  it("what_is_pressed_and_meets_the_lock_is_no_fault", async () => {
    const { platform } = await open({}, deaf);
    const [primary] = await screen.findAllByTestId("tile-primary");
    await act(async () => {
      await platform.lock();
      fireEvent.click(primary as HTMLElement);
    });
    await isLocked();
    expect(toasts.getState().list).toEqual([]);
    expect(spoken("assertive")).toBe("");
  });

  it.each([
    ["the keys", lock],
    ["the menu", async () => {
      await press("person");
      await press("lock");
    }],
  ])("locked_by_%s_it_is_locked_at_once_though_no_notice_comes", async (_way, by) => {
    await open({}, deaf);
    await by();
    await isLocked();
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
    await unlock();
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
    at(60_000);
    await lock();
    await isLocked();
    here.mockClear();
    at(120_000);
    fireEvent.pointerDown(document.body);
    expect(here).not.toHaveBeenCalled();
    await unlock();
    at(180_000);
    fireEvent.pointerDown(document.body);
    expect(here).toHaveBeenCalled();
    clock.mockRestore();
  });

  it.each([
    ["pointerMove", () => fireEvent.pointerMove(document.body, { screenX: 4, screenY: 7 })],
    ["input", () => fireEvent.input(screen.getByTestId("radio-input"), { target: { value: "4" } })],
    ["focusIn", () => fireEvent.focusIn(screen.getByTestId("radio-input"))],
    ["click", () => fireEvent.click(screen.getByTestId("radio-input"))],
  ])("is_whoever_does_%s", async (_name, touch) => {
    const { platform } = await open();
    const here = vi.spyOn(platform, "stillHere");
    touch();
    expect(here).toHaveBeenCalledTimes(1);
  });

  it("is_not_whom_the_page_gives_the_focus_to_nor_a_pointer_under_which_it_moves", async () => {
    const { platform } = await open();
    await screen.findAllByTestId("tile");
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000_000);
    fireEvent.pointerMove(document.body, { screenX: 4, screenY: 7 });
    const here = vi.spyOn(platform, "stillHere");
    clock.mockReturnValue(1_060_000);
    fireEvent.pointerMove(document.body, { screenX: 4, screenY: 7 });
    act(() => giveFocus(screen.getByTestId("radio-input")));
    expect(document.activeElement).toBe(screen.getByTestId("radio-input"));
    expect(here).not.toHaveBeenCalled();
    clock.mockRestore();
  });

  it("is_reported_for_the_last_touch_as_well_unless_the_desk_locks_before", async () => {
    const { platform } = await open();
    vi.useFakeTimers();
    const here = vi.spyOn(platform, "stillHere");
    fireEvent.keyDown(document.body, { key: "a" });
    vi.advanceTimersByTime(5_000);
    fireEvent.keyDown(document.body, { key: "b" });
    fireEvent.keyDown(document.body, { key: "c" });
    expect(here).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(15_000);
    expect(here).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(60_000);
    expect(here).toHaveBeenCalledTimes(2);
    fireEvent.keyDown(document.body, { key: "d" });
    fireEvent.keyDown(document.body, { key: "e" });
    expect(here).toHaveBeenCalledTimes(3);
    cleanup();
    vi.advanceTimersByTime(60_000);
    expect(here).toHaveBeenCalledTimes(3);
  });
});

describe("a desk that locks in a moment", () => {
  const soon = (platform: MemoryPlatform, is: boolean) => act(async () => platform.setState(({ signIn }) => (signIn.locksSoon = is), ["session"]));

  it("says_so_once_and_quietly_and_a_button_keeps_it_open", async () => {
    const { platform } = await open();
    await screen.findAllByTestId("tile");
    await act(async () => screen.getByTestId("radio-input").focus());
    const here = vi.spyOn(platform, "stillHere");
    await soon(platform, true);
    const notice = await screen.findByTestId("locks-soon");
    expect(notice.textContent).toContain("This desk locks in a moment.");
    expect(document.activeElement).toBe(screen.getByTestId("radio-input"));
    await waitFor(() => expect(spoken()).toContain("This desk locks in a moment."), { timeout: 2_500 });
    expect(spoken().split("This desk locks in a moment.").length).toBe(2);
    expect(spoken("assertive")).toBe("");
    here.mockClear();
    await press("stay");
    expect(here).toHaveBeenCalled();
    await waitFor(() => expect(screen.queryByTestId("locks-soon")).toBeNull());
    expect(document.activeElement).not.toBe(document.body);
  });

  it("is_kept_open_by_any_key_and_the_focus_stays_where_it_is", async () => {
    const { platform } = await open();
    await screen.findAllByTestId("tile");
    await act(async () => screen.getByTestId("radio-input").focus());
    const clock = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 60_000);
    await soon(platform, true);
    await screen.findByTestId("locks-soon");
    await act(async () => void fireEvent.keyDown(screen.getByTestId("radio-input"), { key: "Shift" }));
    clock.mockRestore();
    await waitFor(() => expect(screen.queryByTestId("locks-soon")).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId("radio-input"));
  });

  it("gives_the_focus_back_where_its_button_had_it", async () => {
    const { platform } = await open();
    await screen.findAllByTestId("tile");
    await act(async () => screen.getByTestId("radio-input").focus());
    await soon(platform, true);
    await act(async () => (await screen.findByTestId("stay")).focus());
    await soon(platform, false);
    await waitFor(() => expect(screen.queryByTestId("locks-soon")).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId("radio-input"));
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

  it("gives_the_focus_to_the_view_when_the_notice_that_it_was_opened_from_goes", async () => {
    await open({ temporary: true, window: "front-desk" });
    await screen.findAllByTestId("rack-room");
    await act(async () => screen.getByTestId("pin-temporary-change").focus());
    await press("pin-temporary-change");
    await fill(PIN, "735190");
    await waitFor(() => expect(screen.queryByTestId("dialog-change-pin")).toBeNull());
    await waitFor(() => expect(screen.getByRole("main").contains(document.activeElement)).toBe(true));
  });

  it("says_one_thing_at_a_time_and_each_in_one_way", async () => {
    await open({ temporary: true });
    await press("pin-temporary-change");
    await fill("000000", "735190");
    expect(screen.getByTestId("change-pin-problem")).toBeDefined();
    // The focus went to the field, and the words are read with it.
    await allIsSaid();
    expect(spoken("assertive")).toBe("");
    await fill(PIN, "735190", "735191");
    expect(screen.queryByTestId("change-pin-problem")).toBeNull();
    expect(document.querySelectorAll('[aria-invalid="true"]').length).toBe(1);
    expect(document.activeElement).toBe(screen.getByTestId("change-pin-again"));
    expect(spoken("assertive")).toBe("");
    // It is there already.
    await write("change-pin-again", "735192");
    await enter("change-pin-again");
    await waitFor(() => expect(spoken("assertive")).toContain("The two new PINs are not the same."), { timeout: 2_500 });
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

describe("what the desk lacks", () => {
  it("passes_that_have_run_out_stand_in_a_notice", async () => {
    await open({ lacks: true });
    expect(screen.getByTestId("sign-in-lacks").textContent).toContain("its passes have run out");
  });
});
