// What a person has chosen in a conflict and has not sent yet. It belongs to the desk and not to the page, so that they
// can look at what happened in the room, or at the board, and come back to it. It is held in memory alone: only what was
// sent is decided.

import { createStore, type StoreApi } from "zustand/vanilla";
import type { ConflictView, Side } from "../bindings/bindings";

export interface Chosen {
  side: Side;
  /** What was written, where that is the choice. */
  text: string;
}

/** By path: of fields that touch, and of fields that merge by themselves where a person chose the other side. */
export type Choices = ReadonlyMap<string, Chosen>;

export interface Deciding {
  /** The conflict as it was last read: what the choices were made between. */
  view: ConflictView;
  choices: Choices;
  /** Fields of which one side moved since somebody chose. */
  asksAgain: readonly string[];
}

export interface DecidingStore extends StoreApi<{ held: ReadonlyMap<string, Deciding> }> {
  /** Makes what is held under a name anew from what is held now; `null` is nothing, before as after. */
  change: (name: string, make: (was: Deciding | null) => Deciding | null) => Deciding | null;
  /** Forgets it all. */
  clear: () => void;
}

export function createDecidingStore(): DecidingStore {
  const store = createStore<{ held: ReadonlyMap<string, Deciding> }>(() => ({ held: new Map() }));
  return Object.assign(store, {
    change: (name: string, make: (was: Deciding | null) => Deciding | null) => {
      const held = new Map(store.getState().held);
      const made = make(held.get(name) ?? null);
      if (made === null) held.delete(name);
      else held.set(name, made);
      store.setState({ held });
      return made;
    },
    clear: () => {
      if (store.getState().held.size > 0) store.setState({ held: new Map() });
    },
  });
}
