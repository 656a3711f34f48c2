// What a person does on a page, for tests of the whole of it.

import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect } from "vitest";
import { PIN } from "../platform/memory/memory";
import { announce } from "../shared/announcer";

export const press = (id: string) => act(async () => fireEvent.click(await screen.findByTestId(id)));
export const write = (id: string, text: string) => act(async () => void fireEvent.change(screen.getByTestId(id), { target: { value: text } }));
export const value = (id: string) => screen.getByTestId<HTMLInputElement>(id).value;
export const enter = (id: string) => act(async () => fireEvent.submit(screen.getByTestId(id).closest("form") as HTMLFormElement));
/** The n-th of those who can be chosen, once so many can be: a list may be growing. */
export async function choose(at: number, mark = "staff-choice"): Promise<void> {
  const chosen = await waitFor(() => {
    const listed = screen.getAllByTestId(mark)[at];
    if (listed === undefined) throw new Error(`fewer than ${at + 1} can be chosen`);
    return listed;
  });
  await act(async () => fireEvent.click(chosen));
}

export const lock = () => act(async () => void fireEvent.keyDown(document.body, { key: "l", code: "KeyL", ctrlKey: true }));
export const isLocked = () => waitFor(() => expect(screen.getByTestId("locked")).toBeDefined());
export const isOpen = () => waitFor(() => expect(screen.queryByTestId("locked")).toBeNull());

export async function typePin(pin: string): Promise<void> {
  await write("pin", pin);
  await enter("pin");
}

/** Types the PIN at the locked desk: what it hides may ask for one as well. */
export async function unlock(): Promise<void> {
  const field = within(screen.getByTestId(screen.queryByTestId("locked") === null ? "who-pin" : "locked")).getByTestId("pin");
  await act(async () => void fireEvent.change(field, { target: { value: PIN } }));
  await act(async () => fireEvent.submit(field.closest("form") as HTMLFormElement));
  await isOpen();
  await waitFor(() => expect(screen.queryByTestId("who-pin")).toBeNull());
}

/** What the two live regions say, or have just said. */
export const spoken = (urgency: "polite" | "assertive" = "polite") => document.querySelector(`.live-region[role=${urgency === "polite" ? "status" : "alert"}]`)?.textContent ?? "";

/** Waits until all that waited to be said has been said: it is said in order, and can be read for a while. */
export async function allIsSaid(): Promise<void> {
  announce("All is said.", { atTheDoor: true });
  await waitFor(() => expect(spoken()).toContain("All is said."), { timeout: 10_000 });
}

/** Lets the page draw: what follows something by itself has followed it by then. */
export const frames = (count = 3) =>
  act(async () => {
    for (let frame = 0; frame < count; frame += 1) await new Promise(requestAnimationFrame);
  });
