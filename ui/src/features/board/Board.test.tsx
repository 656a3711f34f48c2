// The board as a person works it: by keys, by pointer, one tile or many.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Column } from "../../bindings/bindings";
import { undo, undoable } from "../../data/actions";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryPlatform } from "../../platform/memory/memory";
import { dismissToast, toasts } from "../../shared/toasts";
import * as words from "../../shared/words";
import { setPref } from "../../shared/prefs";
import { NO_FILTER } from "../../shared/views";
import { Board } from "./Board";
import { boardFilter } from "./filter";
import { clearSelection } from "./selection";

vi.mock("../../shared/words", async (original) => {
  const actual = await original<typeof words>();
  return { ...actual, kindWord: vi.fn(actual.kindWord) };
});

beforeEach(() => {
  clearSelection();
  boardFilter.setState(NO_FILTER);
  undoable.setState({ stack: [] });
  for (const toast of toasts.getState().list) dismissToast(toast.id);
});
afterEach(cleanup);

async function open(): Promise<{ platform: MemoryPlatform; desk: Desk }> {
  const platform = memoryPlatform({ floors: 2, perFloor: 12, link: "unplugged" });
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  render(
    <DeskContext value={desk}>
      <Board />
    </DeskContext>,
  );
  await screen.findAllByTestId("tile");
  return { platform, desk };
}

const lane = (column: Column) => screen.getAllByTestId("lane").find((each) => each.dataset["column"] === column) ?? document.body;
const tilesOf = (column: Column) => within(lane(column)).queryAllByTestId("tile");
const firstOf = (column: Column) => {
  const [tile] = tilesOf(column);
  if (tile === undefined) throw new Error("the lane is empty");
  return tile;
};
const columnOf = (desk: Desk, task: string) => desk.board.getState().tiles.get(task)?.column;
const taskOf = (tile: HTMLElement) => tile.dataset["task"] ?? "";
const focus = (tile: HTMLElement) => act(async () => tile.focus());
const key = (name: string, more: Partial<KeyboardEventInit> = {}) => act(async () => fireEvent.keyDown(document.activeElement ?? document.body, { key: name, ...more }));
const selected = () => screen.queryAllByRole("gridcell").filter((tile) => tile.getAttribute("aria-selected") === "true");
const said = () => [...document.querySelectorAll("[data-live-announcer] > div")].map((each) => each.textContent ?? "");
const foot = () => toasts.getState().list.at(-1);

describe("10_the_tab_key_stops_once_on_the_board", () => {
  const stops = () => screen.getAllByTestId("tile").filter((tile) => tile.tabIndex === 0).length;

  it("or at every tile, for whoever likes that better (H23)", async () => {
    await open();
    expect(stops()).toBe(1);
    await act(async () => setPref({ tabEveryTile: true }));
    expect(stops()).toBe(screen.getAllByTestId("tile").length);
    await act(async () => setPref({ tabEveryTile: false }));
    expect(stops()).toBe(1);
  });
});

describe("49_what_the_keys_lead_to_is_in_sight", () => {
  it("also where what is around the lane scrolls; of what others do nothing scrolls", async () => {
    const { platform, desk } = await open();
    const stop = desk.watch("board");
    const shown = vi.spyOn(HTMLElement.prototype, "scrollIntoView").mockImplementation(() => undefined);
    const led = () => shown.mock.contexts.map((each) => (each as HTMLElement).id);
    await focus(firstOf("dirty"));
    shown.mockClear();
    await key("ArrowDown");
    await waitFor(() => expect(led()).toEqual([document.activeElement?.id]));
    const [first] = tilesOf("dirty");
    const at = document.activeElement as HTMLElement;
    expect(at).not.toBe(first);
    // Somebody elsewhere completes the task that the focus is on: it goes to its new lane.
    shown.mockClear();
    await act(async () => {
      platform.remote((house) => {
        const tile = house.tiles.get(taskOf(at));
        if (tile !== undefined) house.tiles.set(tile.taskId, { ...tile, status: "completed", column: "clean" });
        return [at.dataset["room"] ?? ""];
      });
      await desk.refresh();
    });
    await waitFor(() => expect(columnOf(desk, taskOf(at))).toBe("clean"));
    await waitFor(() => expect(document.activeElement?.id).toBe(at.id));
    expect(led()).toEqual([]);
    shown.mockRestore();
    stop();
  });
});

describe("12_the_focus_stays_where_a_person_is", () => {
  const fromMenu = async (tile: HTMLElement, verb: string) => {
    await act(async () => fireEvent.click(within(tile).getByTestId("tile-menu")));
    await act(async () => fireEvent.click(await screen.findByTestId(`menu-${verb}`)));
  };

  it("a dialog from a tile's menu that is closed gives it back to the tile", async () => {
    await open();
    const tile = firstOf("dirty");
    await focus(tile);
    await fromMenu(tile, "hold");
    const field = await screen.findByTestId("hold-reason");
    await waitFor(() => expect(document.activeElement).toBe(field));
    await key("Escape");
    await waitFor(() => expect(screen.queryByTestId("dialog-hold")).toBeNull());
    await waitFor(() => expect(document.activeElement?.id).toBe(tile.id));
  });

  it("who went from such a dialog to the search goes on typing there, whatever it finds", async () => {
    await open();
    const [tile, , other] = tilesOf("dirty");
    if (tile === undefined || other === undefined) throw new Error("there is work");
    await focus(tile);
    await fromMenu(tile, "hold");
    await screen.findByTestId("dialog-hold");
    const search = screen.getByTestId("board-search");
    await key("Escape");
    // As a click does, before anything else has taken the focus.
    await act(async () => search.focus());
    await act(async () => boardFilter.setState({ query: other.dataset["room"] ?? "" }));
    await waitFor(() => expect(tilesOf("dirty").map((each) => each.id)).not.toContain(tile.id));
    expect(document.activeElement).toBe(search);
  });
});

describe("19_a_tile_is_moved_by_keys_alone", () => {
  it("to the lane beside, and the focus goes along", async () => {
    const { desk } = await open();
    const task = taskOf(firstOf("dirty"));
    await focus(firstOf("dirty"));
    await key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(columnOf(desk, task)).toBe("inProgress"));
    await waitFor(() => expect(document.activeElement?.id).toBe(`tile-${task}`));
    await key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(columnOf(desk, task)).toBe("clean"));
    await waitFor(() => expect(document.activeElement?.id).toBe(`tile-${task}`));
  });

  it("24_says_once_the_room_its_new_lane_and_what_is_left", async () => {
    const { desk } = await open();
    const left = desk.board.getState().lanes.dirty.length - 1;
    const number = firstOf("dirty").dataset["room"] ?? "";
    await focus(firstOf("dirty"));
    await key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(said()).toEqual([`Room \u2068${number}\u2069: moved to In progress. Saved on this device. ${left} left in Dirty.`]));
  });

  it("mirrored where text runs from right to left", async () => {
    document.documentElement.dir = "rtl";
    try {
      const { desk } = await open();
      const task = taskOf(firstOf("dirty"));
      await focus(firstOf("dirty"));
      await key("ArrowLeft", { shiftKey: true });
      await waitFor(() => expect(columnOf(desk, task)).toBe("inProgress"));
    } finally {
      document.documentElement.dir = "";
    }
  });

  it("17_a_lane_that_refuses_says_why_and_nothing_is_asked_of_the_core", async () => {
    const { platform } = await open();
    const asked = vi.spyOn(platform, "act");
    const tile = firstOf("clean");
    await focus(tile);
    await key("ArrowLeft", { shiftKey: true });
    expect(foot()).toMatchObject({ tone: "trouble", nextStep: "It is completed already. Fail the inspection to have it done again." });
    expect(said().join()).toContain("Fail the inspection");
    expect(asked).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(tile);
  });

  it("a_verb_leaves_the_focus_where_the_work_is", async () => {
    const { desk } = await open();
    const [first, second] = tilesOf("dirty");
    if (first === undefined || second === undefined) throw new Error("there is work");
    const next = second.id;
    await focus(first);
    await key("s");
    await waitFor(() => expect(columnOf(desk, taskOf(first))).toBe("inProgress"));
    await waitFor(() => expect(document.activeElement?.id).toBe(next));
  });
});

describe("19_a_tile_is_moved_by_single_clicks", () => {
  it("the menu names the other lanes, and those that refuse with the reason", async () => {
    const { desk } = await open();
    const task = taskOf(firstOf("dirty"));
    await act(async () => fireEvent.click(within(firstOf("dirty")).getByTestId("tile-menu")));
    const refuses = await screen.findByTestId("menu-move-clean");
    expect(refuses.getAttribute("aria-disabled")).toBe("true");
    expect(refuses.textContent).toContain("Start it first.");
    expect(screen.queryByTestId("menu-move-dirty")).toBeNull();
    await act(async () => fireEvent.click(screen.getByTestId("menu-move-inProgress")));
    await waitFor(() => expect(columnOf(desk, task)).toBe("inProgress"));
  });

  it("back to dirty asks for the reason first", async () => {
    const { desk } = await open();
    const task = taskOf(firstOf("clean"));
    await act(async () => fireEvent.click(within(firstOf("clean")).getByTestId("tile-menu")));
    await act(async () => fireEvent.click(await screen.findByTestId("menu-move-dirty")));
    await act(async () => fireEvent.change(screen.getByTestId("reason"), { target: { value: "Dust on the lamp" } }));
    await act(async () => fireEvent.click(screen.getByTestId("reason-confirm")));
    await waitFor(() => expect(columnOf(desk, task)).toBe("dirty"));
    expect(desk.board.getState().tiles.get(task)?.reworkReason).toBe("Dust on the lamp");
  });
});

describe("16_a_tile_is_dragged_to_another_lane", () => {
  const COLUMNS: readonly Column[] = ["dirty", "inProgress", "clean", "inspected"];
  const pointer = (name: string, x: number, target: Element = document.body) =>
    act(async () => {
      target.dispatchEvent(new PointerEvent(name, { bubbles: true, cancelable: true, pointerId: 1, isPrimary: true, pointerType: "mouse", buttons: name === "pointerup" ? 0 : 1, clientX: x, clientY: 50 }));
      await new Promise((later) => requestAnimationFrame(() => setTimeout(later, 0)));
    });
  /** Holds the first tile of a lane over another; the lanes lie side by side, a hundred wide. */
  async function hold(tile: HTMLElement, over: Column): Promise<void> {
    vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockImplementation(function place(this: HTMLElement) {
      const around = this.closest<HTMLElement>("[data-testid=lane]");
      const at = COLUMNS.indexOf((around?.dataset["column"] ?? "dirty") as Column) * 100;
      return new DOMRect(at, 0, 100, 400);
    });
    await pointer("pointerdown", 50, tile);
    await pointer("pointermove", 60);
    await pointer("pointermove", COLUMNS.indexOf(over) * 100 + 50);
  }
  const hint = (column: Column) => within(lane(column)).queryByTestId("drop");

  it("each lane says what letting go does, and the drop does it", async () => {
    const { desk } = await open();
    const tile = firstOf("dirty");
    await hold(tile, "inProgress");
    expect(hint("dirty")).toBeNull();
    expect(hint("inProgress")?.dataset).toMatchObject({ verdict: "goes", over: "true" });
    expect(hint("inProgress")?.textContent).toContain("Start");
    expect(hint("clean")?.textContent).toContain("Start it first.");
    await pointer("pointerup", 150);
    await waitFor(() => expect(columnOf(desk, taskOf(tile))).toBe("inProgress"));
    await waitFor(() => expect(document.activeElement?.id).toBe(`tile-${taskOf(tile)}`));
    expect(screen.queryByTestId("drop")).toBeNull();
  });

  it("17_a_lane_that_refuses_leaves_everything_as_it_was", async () => {
    const { platform } = await open();
    const asked = vi.spyOn(platform, "act");
    await hold(firstOf("dirty"), "clean");
    expect(hint("clean")?.dataset).toMatchObject({ verdict: "refused", over: "true" });
    await pointer("pointerup", 250);
    expect(asked).not.toHaveBeenCalled();
    expect(foot()).toMatchObject({ tone: "trouble", nextStep: "Start it first." });
  });

  it("the board holds still while a tile is in the hand, and goes on afterwards", async () => {
    const { platform, desk } = await open();
    const task = taskOf(firstOf("clean"));
    await hold(firstOf("dirty"), "inProgress");
    await act(async () => {
      const room = platform.house.tiles.get(task)?.roomId ?? "";
      await platform.act({ intentId: "elsewhere", roomId: room, since: null, action: { action: "inspect", args: { task, verdict: { result: "pass" } } } });
      await desk.refresh(["rooms"]);
    });
    expect(columnOf(desk, task)).toBe("clean");
    await act(async () => fireEvent.keyDown(document.body, { key: "Escape" }));
    await waitFor(() => expect(columnOf(desk, task)).toBe("inspected"));
    await pointer("pointerup", 150);
    expect(undoable.getState().stack).toEqual([]);
  });

  it("what is selected goes along", async () => {
    const { desk } = await open();
    await focus(firstOf("dirty"));
    await key(" ");
    await key("ArrowDown", { shiftKey: true });
    const tasks = selected().map(taskOf);
    await hold(firstOf("dirty"), "inProgress");
    expect(document.querySelector(".drag-note")?.textContent).toBe("2 rooms");
    await pointer("pointerup", 150);
    await waitFor(() => expect(tasks.every((task) => columnOf(desk, task) === "inProgress")).toBe(true));
  });
});

describe("several_tiles_are_selected", () => {
  it("by Space and Shift with the arrows, and let go by Esc", async () => {
    await open();
    await focus(firstOf("dirty"));
    await key(" ");
    await key("ArrowDown", { shiftKey: true });
    await key("ArrowDown", { shiftKey: true });
    expect(selected().map(taskOf)).toEqual(tilesOf("dirty").slice(0, 3).map(taskOf));
    await key("ArrowUp", { shiftKey: true });
    expect(selected()).toHaveLength(2);
    expect(screen.getByTestId("selection").textContent).toContain("2 rooms selected");
    await key("Escape");
    expect(selected()).toEqual([]);
    expect(screen.queryByTestId("selection")).toBeNull();
  });

  it("by Ctrl+A as far as the filter shows the lane", async () => {
    const { desk } = await open();
    await act(async () => boardFilter.setState({ section: "1A" }));
    await focus(firstOf("dirty"));
    await key("a", { ctrlKey: true });
    const size = Number(screen.getByTestId("selection").dataset["count"]);
    const there = desk.board.getState().lanes.dirty.filter((id) => desk.board.getState().tiles.get(id)?.section === "1A").length;
    expect(size).toBe(there);
    await act(async () => boardFilter.setState({ section: "2A" }));
    expect(screen.getByTestId("selection").textContent).toContain(`${there} not shown by the filter`);
  });

  it("by clicks with Ctrl and Shift, which press no button", async () => {
    const { platform } = await open();
    const asked = vi.spyOn(platform, "act");
    const [first, , third] = tilesOf("dirty");
    if (first === undefined || third === undefined) throw new Error("there is work");
    await act(async () => fireEvent.click(within(first).getByTestId("tile-primary"), { ctrlKey: true }));
    await act(async () => fireEvent.click(third, { shiftKey: true }));
    expect(selected()).toHaveLength(3);
    expect(asked).not.toHaveBeenCalled();
  });

  it("grids say that they take several", async () => {
    await open();
    expect(screen.getAllByRole("grid").every((grid) => grid.getAttribute("aria-multiselectable") === "true")).toBe(true);
  });

  it("one more selected tile renders one tile, however many there are", async () => {
    await open();
    await focus(firstOf("dirty"));
    await key(" ");
    const rendered = vi.mocked(words.kindWord);
    rendered.mockClear();
    await act(async () => fireEvent.click(firstOf("clean"), { ctrlKey: true }));
    // A tile names its work twice: for the eye and for the ear.
    expect(rendered).toHaveBeenCalledTimes(2);
  });

  it("a tile stays small, selected or not", async () => {
    await open();
    await focus(firstOf("dirty"));
    await key("a", { ctrlKey: true });
    const sizes = screen.getAllByTestId("tile").map((tile) => 1 + (tile.parentElement?.querySelectorAll("*").length ?? 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
  });

  it("who works next finds nothing selected", async () => {
    const { platform, desk } = await open();
    await focus(firstOf("dirty"));
    await key(" ");
    await act(async () => {
      await platform.choosePerson("s2");
      await desk.refresh();
    });
    expect(selected()).toEqual([]);
  });

  it("a room that leaves the board leaves the selection", async () => {
    const { platform, desk } = await open();
    await focus(firstOf("dirty"));
    await key(" ");
    await key("ArrowDown", { shiftKey: true });
    const [gone] = selected();
    const task = gone === undefined ? "" : taskOf(gone);
    await act(async () => {
      const room = platform.house.tiles.get(task)?.roomId ?? "";
      await platform.act({ intentId: "elsewhere", roomId: room, since: null, action: { action: "cancel_task", args: { task, reason: "Stay extended" } } });
      await desk.refresh(["rooms"]);
    });
    await waitFor(() => expect(screen.getByTestId("selection").dataset["count"]).toBe("1"));
  });
});

describe("what_is_selected_is_worked_together", () => {
  async function select(column: Column, size: number): Promise<string[]> {
    await focus(firstOf(column));
    await key(" ");
    for (let more = 1; more < size; more += 1) await key("ArrowDown", { shiftKey: true });
    return selected().map(taskOf);
  }

  it("one message, one undo, and what was refused stays selected", async () => {
    const { desk } = await open();
    const tasks = await select("dirty", 3);
    await act(async () => fireEvent.click(screen.getByTestId("bulk-start")));
    await waitFor(() => expect(tasks.every((task) => columnOf(desk, task) === "inProgress")).toBe(true));
    // The focus is on the next room that is left, not with those that went.
    await waitFor(() => expect(columnOf(desk, document.activeElement?.id.slice("tile-".length) ?? "")).toBe("dirty"));
    expect(foot()?.text).toMatch(/^3 (rooms|tasks in \d rooms): started$/);
    expect(screen.queryByTestId("selection")).toBeNull();
    await act(async () => undo(desk));
    await waitFor(() => expect(tasks.every((task) => columnOf(desk, task) === "dirty")).toBe(true));
  });

  it("a letter on a selected tile means all of them, on another tile that one alone", async () => {
    const { desk } = await open();
    const tasks = await select("dirty", 2);
    await key("s");
    await waitFor(() => expect(tasks.every((task) => columnOf(desk, task) === "inProgress")).toBe(true));
    const others = await select("dirty", 2);
    const alone = tilesOf("dirty").find((tile) => !others.includes(taskOf(tile)));
    if (alone === undefined) throw new Error("there is more work");
    await focus(alone);
    await key("s");
    await waitFor(() => expect(columnOf(desk, taskOf(alone))).toBe("inProgress"));
    expect(others.every((task) => columnOf(desk, task) === "dirty")).toBe(true);
  });

  it("all of them go to one person", async () => {
    const { desk } = await open();
    const tasks = await select("dirty", 3);
    await key("a");
    const [choice] = screen.getAllByTestId("assign-choice").filter((each) => !(each as HTMLButtonElement).disabled);
    await act(async () => fireEvent.click(choice ?? document.body));
    await waitFor(() => expect(new Set(tasks.map((task) => desk.board.getState().tiles.get(task)?.assignee)).size).toBe(1));
    // Who has them now, they can be started next.
    expect(selected()).toHaveLength(3);
  });

  it("they move together, and the focus goes along with the tile it was on", async () => {
    const { desk } = await open();
    const tasks = await select("dirty", 2);
    const on = document.activeElement?.id;
    await key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(tasks.every((task) => columnOf(desk, task) === "inProgress")).toBe(true));
    await waitFor(() => expect(document.activeElement?.id).toBe(on));
  });
});
