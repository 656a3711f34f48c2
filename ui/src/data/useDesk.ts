import { createContext, useContext, useEffect } from "react";
import { useStore } from "zustand";
import type { AppState, TaskId, Tile } from "../bindings/bindings";
import type { Desk, Interest } from "./desk";

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (desk === null) throw new Error("no desk around this view");
  return desk;
}

/** A part of the frame's state. The frame is there before any view is. */
export function useApp<T>(select: (state: AppState) => T): T {
  const { app } = useDesk();
  return useStore(app, (slice) => {
    if (slice.state === null) throw new Error("the frame has not been read yet");
    return select(slice.state);
  });
}

/** One tile; renders again only when that tile changed. */
export function useTile(id: TaskId): Tile | undefined {
  const { board } = useDesk();
  return useStore(board, (state) => state.tiles.get(id));
}

/** Keeps what a view shows fresh for as long as the view is there. */
export function useWatch(interest: Interest, active = true): void {
  const desk = useDesk();
  useEffect(() => (active ? desk.watch(interest) : undefined), [desk, interest, active]);
}
