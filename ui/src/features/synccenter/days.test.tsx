// A day that begins is recorded room by room, and told in one line for each end that several rooms came to.

import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { createDesk, type Desk } from "../../data/desk";
import { DeskContext } from "../../data/useDesk";
import { memoryPlatform, type MemoryOptions } from "../../platform/memory/memory";
import { SyncCenter } from "./SyncCenter";

afterEach(cleanup);

async function open(options: MemoryOptions): Promise<Desk> {
  const desk = createDesk(memoryPlatform({ link: "unplugged", floors: 5, perFloor: 12, ...options }));
  await act(async () => desk.refresh());
  render(
    <DeskContext value={desk}>
      <SyncCenter />
    </DeskContext>,
  );
  await waitFor(() => expect(screen.getAllByTestId("outbox-row").length).toBeGreaterThan(0));
  return desk;
}

const lines = () => screen.getAllByTestId("outbox-row");
const told = () => lines().map((line) => [line.dataset["state"], line.dataset["rooms"] ?? line.dataset["room"]]);

describe("a day that began", () => {
  it("is one line for each end, and a room of it that failed stands by itself where what needs a look stands", async () => {
    const desk = await open({ dayBegan: true });
    const [failed, waiting, taken, ...others] = told();
    expect(failed?.[0]).toBe("failed");
    expect([waiting, taken]).toEqual([["pending", "3"], ["synced", "56"]]);
    expect(others).toEqual([]);
    expect(lines()[2]?.textContent).toContain("Sunday 27 March 2016 began in 56 rooms");
    // What the sum counts is actions, whatever they are told in.
    expect(screen.getByTestId("ledger-all").dataset["value"]).toBe("60");
    expect(desk.outbox.getState().total).toBe(3);
  });

  it("opens to its rooms and closes again, and the focus stays on its line", async () => {
    const desk = await open({ dayBegan: true });
    const [first] = screen.getAllByTestId("day-began");
    first?.focus();
    await act(async () => fireEvent.click(first as HTMLElement));
    await waitFor(() => expect(desk.outbox.getState().total).toBe(6));
    expect(first?.isConnected && first.getAttribute("aria-expanded")).toBe("true");
    expect(document.activeElement).toBe(first);
    expect(told().slice(1, 5).map(([state]) => state)).toEqual(["pending", "pending", "pending", "pending"]);
    expect(new Set(told().map(([, room]) => room)).size).toBe(6);
    await act(async () => fireEvent.click(first as HTMLElement));
    await waitFor(() => expect(desk.outbox.getState().total).toBe(3));
    expect(document.activeElement).toBe(first);
  });
});

describe("what is worst stands first", () => {
  it("a room that two guests were given is before every other conflict, in the list and beside it", async () => {
    const desk = await open({ busy: true, givenTwice: true });
    const [card] = screen.getAllByTestId("conflict-card");
    expect(card?.dataset["givenTwice"]).toBe("true");
    const { rows, conflicts } = desk.outbox.getState();
    expect(conflicts.map((each) => each.givenTwice)).toEqual([true, false]);
    expect(rows.get(0)?.entityId).toBe(conflicts[0]?.entityId);
  });
});
