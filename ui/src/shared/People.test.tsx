// Wherever somebody is chosen from a list of people, the list holds a house with hundreds of them.

import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Person, Role } from "../bindings/bindings";
import { createDesk, type Desk } from "../data/desk";
import { DeskContext } from "../data/useDesk";
import { AddTask, AskDialog, type Recording } from "../features/board/dialogs";
import { WhoIsWorking } from "../features/setup/Setup";
import { memoryPlatform, type MemoryPlatform } from "../platform/memory/memory";
import { tile } from "../test/tile";
import { GoOn } from "./GoOn";
import { PeopleSearch, type PersonRow } from "./People";

const MANY = 343;
/** The list's viewport is 600 high here, and so is each line of it: a handful are in sight, with some around them. */
const FEW = 20;

afterEach(cleanup);

const name = (n: number) => `Person ${String(n).padStart(3, "0")}`;
const people = (role: Role, many = MANY): Person[] => Array.from({ length: many }, (_, n) => ({ id: `p${n + 1}`, name: name(n + 1), initials: "P", role, section: "9Z" }));

async function desk(staff: Person[]): Promise<{ desk: Desk; platform: MemoryPlatform }> {
  const platform = memoryPlatform({ floors: 1, perFloor: 4, link: "unplugged", phase: "ready" });
  platform.house.staff.splice(0, platform.house.staff.length, ...staff);
  const made = createDesk(platform);
  await act(async () => made.refresh());
  return { desk: made, platform };
}

const options = () => screen.queryAllByRole<HTMLElement>("option");
const stops = () => options().filter((each) => each.tabIndex === 0);
const place = (option: Element | null | undefined) => `${option?.getAttribute("aria-posinset")} of ${option?.getAttribute("aria-setsize")}`;
const focused = () => document.activeElement;
const key = (pressed: string) => act(async () => void fireEvent.keyDown(document.activeElement ?? document.body, { key: pressed }));
const inTheField = () => waitFor(() => expect(focused()).toBe(screen.getByRole("searchbox")));
const type = (text: string) => act(async () => void fireEvent.change(screen.getByRole("searchbox"), { target: { value: text } }));

/** The simulated page scrolls nothing by itself. */
function scrolls(): HTMLElement {
  const list = document.querySelector<HTMLElement>(".people-scroll") ?? document.body;
  Object.defineProperty(list, "scrollHeight", { value: 1e6, configurable: true });
  list.scrollTo = ((to: ScrollToOptions) => {
    list.scrollTop = to.top ?? 0;
    fireEvent.scroll(list);
  }) as typeof list.scrollTo;
  return list;
}

describe("343_people_to_choose_one_of", () => {
  const chosen: string[] = [];
  beforeEach(() => void chosen.splice(0));

  async function open(more: Partial<PersonRow> = {}): Promise<HTMLElement> {
    const rows = people("attendant").map(({ id, name: called }): PersonRow => ({ id, name: called, ...(id === "p300" ? more : {}) }));
    render(
      <PeopleSearch asks="Find" label="Everybody" mark="choice" rowPx={44} none="Nobody" find={(wanted) => rows.filter((row) => row.name.toLowerCase().includes(wanted))} onChoose={(row) => chosen.push(row.name)}>
        {(row) => row.name}
      </PeopleSearch>,
    );
    await inTheField();
    return scrolls();
  }

  it("few of them are in the page, each says which of how many it is, and one is a stop of the Tab key", async () => {
    await open();
    expect(options().length).toBeGreaterThan(2);
    expect(options().length).toBeLessThan(FEW);
    expect(options().slice(0, 2).map(place)).toEqual(["1 of 343", "2 of 343"]);
    expect(stops()).toEqual([options()[0]]);
  });

  it("the arrow down leads from the field into the list, and the keys through all of it", async () => {
    await open();
    await key("ArrowDown");
    expect(place(focused())).toBe("1 of 343");
    await key("ArrowDown");
    expect(place(focused())).toBe("2 of 343");
    await key("End");
    await waitFor(() => expect(place(focused())).toBe("343 of 343"));
    expect(options().length).toBeLessThan(FEW);
    expect(stops()).toEqual([focused()]);
    await key("Home");
    await waitFor(() => expect(place(focused())).toBe("1 of 343"));
  });

  it("whoever scrolls on by the wheel keeps the focus", async () => {
    const list = await open();
    await key("ArrowDown");
    const first = focused();
    await act(async () => list.scrollTo({ top: 60_000 }));
    await waitFor(() => expect(options().some((each) => Number(each.getAttribute("aria-posinset")) > 80)).toBe(true));
    expect(focused()).toBe(first);
    expect(first?.isConnected).toBe(true);
  });

  it("what is typed in the list goes on in the field; a key that writes nothing does not", async () => {
    await open();
    for (const [pressed, leads] of [["F2", false], ["Shift", false], [" ", false], ["k", true], ["لا", true], ["ښ", true]] as const) {
      options()[0]?.focus();
      await key(pressed);
      expect([pressed, focused() === screen.getByRole("searchbox")]).toEqual([pressed, leads]);
    }
  });

  it("Enter in the field takes the first who fits, and nobody while nothing is typed", async () => {
    await open();
    await key("Enter");
    expect(chosen).toEqual([]);
    await type("person 34");
    expect(options().map(place)).toEqual(["1 of 4", "2 of 4", "3 of 4", "4 of 4"]);
    await key("Enter");
    expect(chosen).toEqual([name(340)]);
    await type("nobody of that name");
    expect(screen.getByText("Nobody")).toBeDefined();
    expect(screen.queryByRole("listbox")).toBeNull();
  });

  it("who is chosen is where the keys begin", async () => {
    await open({ chosen: true });
    expect(stops().map(place)).toEqual(["300 of 343"]);
    expect(stops()[0]?.getAttribute("aria-selected")).toBe("true");
  });

  it("who cannot be chosen is read and not taken, and the keys begin at the first", async () => {
    await open({ chosen: true, barred: true });
    expect(stops().map(place)).toEqual(["1 of 343"]);
    await type("person 300");
    await key("Enter");
    await act(async () => void fireEvent.click(options()[0] ?? document.body));
    expect(options()[0]?.getAttribute("aria-disabled")).toBe("true");
    expect(chosen).toEqual([]);
  });
});

describe("the_last_of_343_can_be_chosen", () => {
  it("for a task that is given to somebody", async () => {
    const { desk: made } = await desk(people("attendant"));
    const recorded: Recording[] = [];
    render(
      <DeskContext value={made}>
        <AskDialog tiles={[tile({ number: "412" })]} ask="reassign" onClose={() => undefined} onRecord={(each) => recorded.push(each)} onVerb={() => undefined} />
      </DeskContext>,
    );
    await screen.findAllByTestId("assign-choice");
    expect(options().length).toBeLessThan(FEW);
    scrolls();
    await inTheField();
    await key("ArrowDown");
    await key("End");
    await waitFor(() => expect(focused()?.textContent).toContain(name(343)));
    await act(async () => void fireEvent.click(focused() ?? document.body));
    expect(recorded.map(({ action }) => action(tile({ number: "412", taskId: "t9" })))).toEqual([{ action: "reassign", args: { task: "t9", to: "p343" } }]);
  });

  it("for a new task", async () => {
    const { desk: made } = await desk(people("attendant"));
    const tasks: unknown[] = [];
    const [room] = (await made.platform.frontDesk(null)).rooms;
    render(
      <DeskContext value={made}>
        <AddTask number={room?.number ?? ""} onClose={() => undefined} onRecord={({ action }) => tasks.push(action)} />
      </DeskContext>,
    );
    const button = screen.getByTestId("add-assignee");
    expect(button.textContent).toBe("Nobody");
    await act(async () => void fireEvent.click(button));
    await screen.findAllByTestId("assign-choice");
    expect(options().length).toBeLessThan(FEW);
    expect(stops().map((each) => each.dataset["testid"])).toEqual(["assign-nobody"]);
    await type("343");
    await key("Enter");
    await waitFor(() => expect(screen.queryByRole("listbox")).toBeNull());
    expect(button.querySelector("[title]")?.getAttribute("title")).toBe(name(343));
    expect(tasks).toEqual([]);
    await act(async () => void fireEvent.click(screen.getByTestId("add-confirm")));
    await waitFor(() => expect(tasks).toMatchObject([{ action: "add_task", args: { assignee: "p343" } }]));
  });

  it("for the desk itself", async () => {
    const { desk: made, platform } = await desk(people("lead"));
    const asked: string[] = [];
    platform.choosePerson = async (id) => void asked.push(id);
    render(
      <DeskContext value={made}>
        <WhoIsWorking />
      </DeskContext>,
    );
    await screen.findAllByTestId("staff-choice");
    expect(options().length).toBeLessThan(FEW);
    expect(options()[0]?.textContent).toContain("Section");
    scrolls();
    screen.getByRole("searchbox").focus();
    await key("ArrowDown");
    await key("End");
    await waitFor(() => expect(place(focused())).toBe("343 of 343"));
    await act(async () => void fireEvent.click(focused() ?? document.body));
    expect(asked).toEqual(["p343"]);
  });

  it("for old data that a manager goes on with", async () => {
    const { desk: made, platform } = await desk([...people("lead", 1), ...people("manager", 12).map((each) => ({ ...each, id: `m${each.id}` }))]);
    const asked: string[] = [];
    platform.choosePerson = async (id) => void asked.push(id);
    render(
      <DeskContext value={made}>
        <GoOn onDone={() => undefined} onBack={() => undefined} />
      </DeskContext>,
    );
    await waitFor(() => expect(place(focused())).toBe("1 of 12"));
    scrolls();
    await key("End");
    await waitFor(() => expect(place(focused())).toBe("12 of 12"));
    await act(async () => void fireEvent.click(focused() ?? document.body));
    expect(asked).toEqual(["mp12"]);
  });
});

describe("cards_beside_one_another", () => {
  it("are gone through as the eye sees them", async () => {
    const width = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "clientWidth");
    Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => 600 });
    try {
      const { desk: made } = await desk(people("lead"));
      render(
        <DeskContext value={made}>
          <WhoIsWorking />
        </DeskContext>,
      );
      await screen.findAllByTestId("staff-choice");
      screen.getByRole("searchbox").focus();
      await key("ArrowDown");
      for (const [pressed, leads] of [["ArrowDown", 3], ["ArrowRight", 4], ["ArrowRight", 5], ["ArrowLeft", 4], ["ArrowUp", 2]] as const) {
        await key(pressed);
        expect([pressed, place(focused())]).toEqual([pressed, `${leads} of 343`]);
      }
      document.documentElement.dir = "rtl";
      await key("ArrowLeft");
      expect(place(focused())).toBe("3 of 343");
    } finally {
      document.documentElement.dir = "";
      if (width !== undefined) Object.defineProperty(HTMLElement.prototype, "clientWidth", width);
    }
  });
});
