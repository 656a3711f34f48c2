// What a person does on a page, for tests of the whole of it.

import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect } from "vitest";
import { PIN } from "../platform/memory/memory";

export const press = (id: string) => act(async () => fireEvent.click(await screen.findByTestId(id)));
export const write = (id: string, text: string) => act(async () => void fireEvent.change(screen.getByTestId(id), { target: { value: text } }));
export const value = (id: string) => screen.getByTestId<HTMLInputElement>(id).value;
export const enter = (id: string) => act(async () => fireEvent.submit(screen.getByTestId(id).closest("form") as HTMLFormElement));
/** The n-th of those who can be chosen. */
export const choose = async (at: number, mark = "staff-choice") => act(async () => fireEvent.click((await screen.findAllByTestId(mark))[at] as HTMLElement));

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

export const later = (ms: number) => act(async () => new Promise((done) => setTimeout(done, ms)));
