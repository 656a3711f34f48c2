// Which tiles the board shows: finer filters, named views, and the board of one attendant.

import { act, cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Person } from "../../bindings/bindings";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform } from "../../platform/memory/memory";
import { prefs, setPref } from "../../shared/prefs";
import { NO_FILTER, UNASSIGNED } from "../../shared/views";
import { boardFilter } from "./filter";
import { Filters } from "./Filters";
import { loadsOf } from "./loads";

beforeEach(() => {
  localStorage.clear();
  boardFilter.setState(NO_FILTER);
  prefs.setState({ views: [] });
});
afterEach(cleanup);

async function open(staff: (staff: Person[]) => void = () => undefined): Promise<Desk> {
  const platform = memoryPlatform({ floors: 3, perFloor: 20, link: "unplugged" });
  staff(platform.house.staff);
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  desk.watch("board");
  await vi.waitFor(() => expect(desk.board.getState().revision).not.toBeNull());
  render(
    <DeskContext value={desk}>
      <Filters onAdd={() => undefined} onFind={() => undefined} />
    </DeskContext>,
  );
  return desk;
}

const press = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark)));
/** The box itself: its label is what is seen. */
const tick = (mark: string) => act(async () => fireEvent.click(screen.getByTestId(mark).querySelector("input") ?? screen.getByTestId(mark)));
const type = (mark: string, text: string) => act(async () => fireEvent.change(screen.getByTestId(mark), { target: { value: text } }));
const chips = () => screen.queryAllByTestId("filter-chip").map((chip) => chip.textContent?.trim());

describe("finer_filters_are_seen_and_taken_away_one_by_one", () => {
  it("what is ticked stands as a chip below the bar", async () => {
    await open();
    await press("filter-more");
    await tick("filter-state-vip");
    await tick("filter-kind-linen");
    await tick("filter-floor-2");
    expect(boardFilter.getState()).toMatchObject({ states: ["vip"], kinds: ["linen"], floors: ["2"] });
    expect(chips()).toEqual(["VIP", "Linen change", "Floor 2"]);
  });
  it("a chip takes away its own filter, and the focus stays where filters are chosen", async () => {
    boardFilter.setState({ states: ["vip", "rush"], floors: ["1"] });
    await open();
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Rush: take this filter away" })));
    expect(chips()).toEqual(["VIP", "Floor 1"]);
    expect(document.activeElement).toBe(screen.getByTestId("filter-more"));
    await press("filter-clear");
    expect(boardFilter.getState()).toMatchObject(NO_FILTER);
    expect(chips()).toEqual([]);
  });
});

describe("a_way_of_looking_is_kept_by_name", () => {
  const choose = async (mark: string) => {
    await press("views");
    await act(async () => fireEvent.click(await screen.findByTestId(mark)));
  };
  const save = async (name: string) => {
    await choose("view-name");
    await type("view-typed", name);
    await press("view-save");
  };

  it("named, and chosen again", async () => {
    boardFilter.setState({ section: "1A", states: ["rush"], query: "10" });
    await open();
    await save("  Mornings  ");
    expect(prefs.getState().views.map((view) => view.name)).toEqual(["Mornings"]);
    expect(localStorage.getItem("turndown.prefs")).toContain("Mornings");
    boardFilter.setState(NO_FILTER);
    await press("views");
    await act(async () => fireEvent.click(await screen.findByTestId("view")));
    // The room that was looked for is no way of looking.
    expect(boardFilter.getState()).toEqual({ ...NO_FILTER, section: "1A", states: ["rush"] });
    expect(screen.getByTestId("views").textContent).toContain("Mornings");
  });
  it("not without a name, nor under another's", async () => {
    setPref({ views: [{ name: "Mornings", filter: { section: "1A", attendant: null, floors: [], kinds: [], states: [] } }] });
    boardFilter.setState({ states: ["rush"] });
    await open();
    await save(" ");
    expect(screen.getByText("Type a name.")).toBeDefined();
    await type("view-typed", "Mornings");
    await press("view-save");
    expect(screen.getByText("Another view has this name. Choose a different one.")).toBeDefined();
    expect(prefs.getState().views).toHaveLength(1);
  });
  it("at most twenty", async () => {
    setPref({ views: Array.from({ length: 20 }, (_, at) => ({ name: `View ${at}`, filter: { section: String(at), attendant: null, floors: [], kinds: [], states: [] } })) });
    boardFilter.setState({ states: ["rush"] });
    await open();
    await choose("view-name");
    expect(screen.getByTestId("dialog-view").textContent).toContain("There are 20 views already.");
    expect(screen.queryByTestId("view-save")).toBeNull();
  });
  it("renamed and deleted, when that is saved", async () => {
    const filter = { section: null, attendant: null, floors: ["1"], kinds: [], states: [] };
    setPref({ views: [{ name: "One", filter }, { name: "Two", filter: { ...filter, floors: ["2"] } }] });
    await open();
    await choose("view-change");
    const [first, second] = screen.getAllByTestId("view-rename");
    await act(async () => fireEvent.change(second ?? document.body, { target: { value: "One" } }));
    await press("views-save");
    expect(screen.getByText("Another view has this name. Choose a different one.")).toBeDefined();
    await act(async () => fireEvent.click(screen.getByRole("button", { name: "Delete \u2068One\u2069" })));
    expect(first?.isConnected).toBe(false);
    expect(prefs.getState().views).toHaveLength(2);
    await press("views-save");
    expect(prefs.getState().views).toEqual([{ name: "One", filter: { ...filter, floors: ["2"] } }]);
  });
});

describe("the_board_of_one_attendant", () => {
  it("chosen from a list that says how much everybody has left and done", async () => {
    const desk = await open();
    await press("filter-attendant");
    const rows = await screen.findAllByTestId("attendant-choice");
    const loads = loadsOf(desk.board.getState().tiles.values());
    const nobody = rows.find((row) => row.dataset["staff"] === UNASSIGNED);
    expect(nobody?.getAttribute("aria-label")).toContain(`${loads.get(null)?.left} credits left`);
    const names = rows.slice(2).map((row) => row.querySelector(".people-name")?.textContent ?? "");
    expect(names).toEqual(names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true })));
    const person = rows[2];
    const id = person?.dataset["staff"] ?? "";
    await act(async () => fireEvent.click(person ?? document.body));
    expect(boardFilter.getState().attendant).toBe(id);
    const head = screen.getByTestId("attendant-head");
    const load = loads.get(id);
    expect(head.dataset).toMatchObject({ given: String(load?.given), done: String(load?.done), left: String(load?.roomsLeft) });
    await press("attendant-all");
    expect(boardFilter.getState().attendant).toBeNull();
    expect(screen.queryByTestId("attendant-head")).toBeNull();
  });
  it("four hundred of them are found by name, and few are in the page", async () => {
    await open((staff) => {
      for (let n = 0; n < 400; n += 1) staff.push({ id: `x${n}`, name: `Attendant ${n}`, initials: "AT", role: "attendant", section: null });
    });
    await press("filter-attendant");
    await waitFor(() => expect(screen.getAllByTestId("attendant-choice").length).toBeGreaterThan(5));
    expect(screen.getAllByTestId("attendant-choice").length).toBeLessThan(60);
    await type("attendant-search", "attendant 377");
    const [found, ...others] = screen.getAllByTestId("attendant-choice");
    expect(others).toEqual([]);
    expect(within(found ?? document.body).getByText("Attendant 377")).toBeDefined();
  });
});
