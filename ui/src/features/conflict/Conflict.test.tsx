// Deciding by hand: what the keys do, and that nothing a person chose gets lost or sent by accident.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ConflictView } from "../../bindings/bindings";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryPlatform } from "../../platform/memory/memory";
import { setPref } from "../../shared/prefs";
import { ownWords } from "../../shared/said";
import { Conflict } from "./Conflict";

afterEach(() => {
  cleanup();
  setPref({ suggestions: false });
});

interface Opened {
  platform: MemoryPlatform;
  desk: Desk;
  room: string;
}

async function house(): Promise<Opened> {
  const platform = memoryPlatform({ busy: true, link: "unplugged" });
  const desk = createDesk(platform);
  await act(async () => desk.refresh());
  const { conflicts } = await platform.syncCenter("all", [], 0, 1);
  return { platform, desk, room: conflicts[0]?.entityId ?? "" };
}

async function come({ desk, room }: Opened): Promise<() => void> {
  const { unmount } = render(
    <DeskContext value={desk}>
      <Conflict entityKind="room" entityId={room} />
    </DeskContext>,
  );
  await screen.findByTestId("conflict");
  await act(async () => {});
  return unmount;
}

async function open(): Promise<Opened> {
  const opened = await house();
  await come(opened);
  return opened;
}

const fields = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("fieldset[data-field]")];
const chosen = (): (string | undefined)[] => fields().map((field) => field.dataset["chosen"]);
const at = (place: number): HTMLElement => fields()[place] ?? document.body;
const radio = (place: number, side: string): HTMLElement => at(place).querySelector<HTMLElement>(`input[value="${side}"]`) ?? document.body;
const choose = (place: number, side: string) => act(async () => fireEvent.click(radio(place, side)));
const press = (key: string, more: object = {}) => act(async () => fireEvent.keyDown(document.activeElement ?? document.body, { key, ...more }));

describe("h16_the_keys_of_a_conflict", () => {
  it("send nothing from the dialog that sends somebody to look", async () => {
    const { platform } = await open();
    const resolved = vi.spyOn(platform, "resolve");
    await act(async () => fireEvent.click(screen.getByTestId("take-all-theirs")));
    await act(async () => fireEvent.click(screen.getByTestId("send-to-look")));
    const confirm = within(screen.getByTestId("dialog-look")).getByTestId("look-confirm");
    await act(async () => fireEvent.keyDown(confirm, { key: "Enter", ctrlKey: true }));
    expect(resolved).not.toHaveBeenCalled();
    expect(screen.getByTestId("dialog-look")).toBeDefined();
  });

  it.each(["1", "2", "3"])("choose nothing while %s is held down", async (key) => {
    await open();
    radio(3, "mine").focus();
    await press(key, { repeat: true });
    expect(chosen()).toEqual(["open", "open", "open", "open"]);
  });

  it("send once, however long they are held down", async () => {
    const { platform } = await open();
    const resolved = vi.spyOn(platform, "resolve");
    await act(async () => fireEvent.click(screen.getByTestId("take-all-theirs")));
    radio(0, "mine").focus();
    await press("Enter", { ctrlKey: true, repeat: true });
    expect(resolved).not.toHaveBeenCalled();
  });

  it("go on to the next open field a moment after a choice", async () => {
    await open();
    vi.useFakeTimers();
    radio(0, "mine").focus();
    await press("1");
    await press("1", { repeat: true });
    expect(document.activeElement).toBe(radio(0, "mine"));
    await act(async () => vi.advanceTimersByTime(400));
    expect(chosen()).toEqual(["mine", "open", "open", "open"]);
    expect(at(1).contains(document.activeElement)).toBe(true);
  });

  it("leave the focus where a later key put it", async () => {
    await open();
    vi.useFakeTimers();
    radio(2, "mine").focus();
    await press("1");
    await press("F8");
    expect(at(3).contains(document.activeElement)).toBe(true);
    await press("3");
    await act(async () => vi.advanceTimersByTime(100));
    const written = screen.getByTestId("written-anew");
    expect(document.activeElement).toBe(written);
    await act(async () => vi.advanceTimersByTime(400));
    expect(document.activeElement).toBe(written);
  });

  it("leave the focus where the pointer put it", async () => {
    await open();
    vi.useFakeTimers();
    radio(0, "mine").focus();
    await press("1");
    const elsewhere = screen.getByTestId("keep-all-mine");
    act(() => elsewhere.focus());
    await act(async () => vi.advanceTimersByTime(500));
    expect(document.activeElement).toBe(elsewhere);
  });

  it("want nothing any more of a page that was left", async () => {
    const opened = await house();
    const leave = await come(opened);
    vi.useFakeTimers();
    radio(0, "mine").focus();
    await press("1");
    const before = vi.getTimerCount();
    leave();
    expect(vi.getTimerCount()).toBe(before - 1);
  });
});

/** The conflict as the service has it from now on. */
function moves({ platform }: Opened, change: (view: ConflictView) => void): void {
  const { conflict } = platform;
  vi.spyOn(platform, "conflict").mockImplementation(async (kind, id) => {
    const view = await conflict(kind, id);
    change(view);
    return view;
  });
}

const theirsMoved = (view: ConflictView): void => {
  const [, second] = view.fields;
  if (second !== undefined) second.theirs = ownWords("Ines Duarte");
  view.version += 1;
};

describe("h16_what_was_chosen_waits_while_somebody_looks_elsewhere", () => {
  it("and is there when they come back, with the text half written", async () => {
    const opened = await house();
    const leave = await come(opened);
    await choose(0, "mine");
    await choose(1, "theirs");
    await choose(3, "edited");
    fireEvent.change(screen.getByTestId("written-anew"), { target: { value: "Cot wanted, ask about the" } });
    leave();
    await come(opened);
    expect(chosen()).toEqual(["mine", "theirs", "open", "edited"]);
    expect((screen.getByTestId("written-anew") as HTMLTextAreaElement).value).toBe("Cot wanted, ask about the");
  });

  it("and asks again only where the service moved meanwhile, also when they leave once more", async () => {
    const opened = await house();
    let leave = await come(opened);
    await choose(0, "mine");
    await choose(1, "mine");
    await choose(2, "theirs");
    leave();
    moves(opened, theirsMoved);
    leave = await come(opened);
    expect(chosen()).toEqual(["mine", "open", "theirs", "open"]);
    expect(at(1).textContent).toContain("changed again: look once more");
    expect(at(0).textContent).not.toContain("changed again");
    leave();
    await come(opened);
    expect(at(1).textContent).toContain("changed again: look once more");
  });

  it.each([
    ["it was sent", ["take-all-theirs", "resolve"]],
    ["somebody was sent to look", ["take-all-theirs", "send-to-look", "look-confirm"]],
  ])("and is forgotten once %s", async (_, buttons) => {
    const opened = await open();
    await choose(0, "mine");
    expect(opened.desk.deciding.getState().held.size).toBe(1);
    for (const button of buttons) {
      // One after the other, as a person presses them.
      // oxlint-disable-next-line no-await-in-loop
      await act(async () => fireEvent.click(screen.getByTestId(button)));
    }
    await vi.waitFor(() => expect(window.location.hash).toBe("#/sync"));
    expect(opened.desk.deciding.getState().held.size).toBe(0);
  });

  it("and is forgotten when the conflict is gone", async () => {
    const opened = await open();
    await choose(0, "mine");
    vi.spyOn(opened.platform, "conflict").mockRejectedValue({ code: "CONFLICT_GONE", message: "It is settled.", nextStep: "", reference: "" });
    await act(async () => opened.desk.refresh());
    await screen.findByTestId("conflict-gone");
    expect(opened.desk.deciding.getState().held.size).toBe(0);
  });

  it("and is not what the room's next conflict begins with", async () => {
    const opened = await house();
    const leave = await come(opened);
    await choose(0, "mine");
    leave();
    moves(opened, (view) => (view.settles = ["another"]));
    await come(opened);
    expect(chosen()).toEqual(["open", "open", "open", "open"]);
  });

  it("and is not put before whoever works here next", async () => {
    const opened = await house();
    const leave = await come(opened);
    await choose(0, "mine");
    leave();
    opened.platform.setState((app) => (app.person = app.staff[1] ?? null));
    await act(async () => opened.desk.refresh());
    await come(opened);
    expect(chosen()).toEqual(["open", "open", "open", "open"]);
  });
});

describe("a_conflict_that_is_read_again_and_again", () => {
  /** Every reading from now on waits until it is let go, oldest first, with what the service had when it began. */
  function slow({ platform }: Opened): (() => Promise<void>)[] {
    const { conflict } = platform;
    const waiting: (() => Promise<void>)[] = [];
    vi.spyOn(platform, "conflict").mockImplementation(async (kind, id) => {
      const view = await conflict(kind, id);
      await new Promise<void>((go) => waiting.push(() => act(async () => go())));
      return view;
    });
    return waiting;
  }

  it("is read once at a time, however much happens", async () => {
    const opened = await open();
    const waiting = slow(opened);
    await act(async () => {
      for (let n = 0; n < 50; n += 1) void opened.desk.refresh(["rooms"]);
    });
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    await waiting[0]?.();
    await vi.waitFor(() => expect(waiting.length).toBe(2));
    await waiting[1]?.();
    expect(opened.platform.conflict).toHaveBeenCalledTimes(2);
  });

  it("keeps what was chosen while the answer was on its way", async () => {
    const opened = await open();
    const waiting = slow(opened);
    await act(async () => opened.desk.refresh(["rooms"]));
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    await choose(0, "mine");
    await waiting[0]?.();
    expect(chosen()).toEqual(["mine", "open", "open", "open"]);
  });

  it("takes no answer any more that was asked for before somebody left", async () => {
    const opened = await house();
    const leave = await come(opened);
    const waiting = slow(opened);
    await act(async () => opened.desk.refresh(["rooms"]));
    await vi.waitFor(() => expect(waiting.length).toBe(1));
    leave();
    vi.restoreAllMocks();
    moves(opened, theirsMoved);
    await come(opened);
    await waiting[0]?.();
    expect(at(1).textContent).toContain("Ines Duarte");
  });
});

describe("h16_a_conflict_that_is_heard", () => {
  /** What is said of a choice behind its name. */
  const described = (place: number, side: string): string => {
    const ids = radio(place, side).getAttribute("aria-describedby")?.split(" ") ?? [];
    return ids.map((id) => document.getElementById(id)?.textContent ?? `nothing is called ${id}`).join(" | ");
  };

  it("says with every choice what stood there before", async () => {
    await open();
    expect(described(0, "mine")).toBe("Before in progress");
    expect(described(1, "theirs")).toBe("Before Ana Costa");
    expect(described(3, "edited")).toBe("Before Cot wanted");
    const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says the suggestion where it is shown", async () => {
    setPref({ suggestions: true });
    await open();
    expect(described(0, "theirs")).toBe("Before in progress | Perhaps mine: The work was done.");
    expect(described(1, "mine")).toBe("Before Ana Costa");
  });

  it("says which field asks again, and what was chosen then", async () => {
    const opened = await house();
    const { conflicts } = await opened.platform.syncCenter("all", [], 0, 1);
    await come({ ...opened, room: conflicts[1]?.entityId ?? "" });
    expect(described(1, "mine")).toBe("changed again: look once more | You had kept yours. | Before Ana Costa");
    expect(described(0, "mine")).not.toContain("changed again");
  });

  it("has the words of the columns for whoever hears them, at every width", () => {
    const css = readFileSync(join(__dirname, "conflict.css"), "utf8");
    expect(css).toContain(".versus-word {");
    expect([...css.matchAll(/\.versus-word \{[^}]*/g)].filter(([rule]) => rule.includes("display: none"))).toEqual([]);
  });
});
