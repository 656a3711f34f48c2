// Short messages in a corner: what was recorded (with Undo), and what was refused (with the next step and the code).
// They are for the eye; the announcer speaks. They never take the focus and never cover the focused tile's lane.

import { createStore } from "zustand/vanilla";
import type { CommandError } from "../bindings/bindings";
import { said } from "./said";

export interface Toast {
  id: number;
  tone: "done" | "trouble";
  text: string;
  /** What to do next. */
  nextStep?: string;
  /** Stable code and log reference. */
  code?: string;
  /** A button on it. */
  offer?: { label: string; run: () => void };
}

const KEEP = 3;
const DONE_MS = 7000;
const TROUBLE_MS = 20_000;

export const toasts = createStore<{ list: readonly Toast[] }>(() => ({ list: [] }));

let nextId = 1;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

export function showToast(toast: Omit<Toast, "id">): number {
  const id = nextId;
  nextId += 1;
  const list = [...toasts.getState().list, { ...toast, id }];
  for (const old of list.slice(0, -KEEP)) stop(old.id);
  toasts.setState({ list: list.slice(-KEEP) });
  arm(id, toast.tone);
  return id;
}

export function dismissToast(id: number): void {
  stop(id);
  toasts.setState({ list: toasts.getState().list.filter((toast) => toast.id !== id) });
}

/** While a pointer or the focus is on a toast it stays. */
export function holdToast(id: number): void {
  stop(id);
}

export function releaseToast(toast: Toast): void {
  arm(toast.id, toast.tone);
}

function arm(id: number, tone: Toast["tone"]): void {
  stop(id);
  timers.set(
    id,
    setTimeout(() => dismissToast(id), tone === "done" ? DONE_MS : TROUBLE_MS),
  );
}

function stop(id: number): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
}

/** A refusal or a fault, as a toast. */
export function troubleToast(error: CommandError): Omit<Toast, "id"> {
  return {
    tone: "trouble",
    text: said(error.message),
    nextStep: said(error.nextStep),
    code: error.reference === "" ? error.code : `${error.code} · ${error.reference}`,
  };
}
