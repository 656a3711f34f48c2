// The shortcuts as they are now, for this person at this desk: which one a key press is, which key stands beside a name,
// and what each is called. The table itself is in `keys.ts`.

import { t } from "@lingui/core/macro";
import { useStore } from "zustand";
import { IDS, keyFor, keyOf, SHORTCUTS, type KeyLike, type Place, type ShortcutId } from "./keys";
import { prefs } from "./prefs";

interface KeyPress extends KeyLike {
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** The shortcut that this key press is at this place, if it is one. */
export function shortcutOf(event: KeyPress, place: Place): ShortcutId | null {
  const { letterKeys, keys } = prefs.getState();
  const key = keyOf(event);
  const ctrl = event.ctrlKey || event.metaKey;
  if (event.altKey || (!ctrl && !letterKeys)) return null;
  // Some keyboards type signs and digits with Shift; a capital letter is no shortcut.
  if (event.shiftKey && (ctrl || /^[a-z]$/.test(key))) return null;
  return IDS.find((id) => SHORTCUTS[id].place === place && (SHORTCUTS[id].ctrl === true) === ctrl && keyFor(id, keys) === key) ?? null;
}

/** A key as it is written on the keyboard. */
export function written(key: string): string {
  return key.toUpperCase();
}

/** What is pressed for a shortcut now, key by key as they are shown; nothing where nothing is. */
export type PressedFor = (id: ShortcutId) => string[];

export function usePressed(): PressedFor {
  const on = useStore(prefs, (each) => each.letterKeys);
  const changed = useStore(prefs, (each) => each.keys);
  return (id) => {
    const { place, ctrl } = SHORTCUTS[id];
    if (ctrl === true) return ["Ctrl", written(SHORTCUTS[id].key)];
    const keys = (place === "afterGo" ? (["go", id] as const) : [id]).map((each) => written(keyFor(each, changed)));
    return on && !keys.includes("") ? keys : [];
  };
}

export function placeWord(place: Place): string {
  switch (place) {
    case "everywhere":
      return t`Everywhere`;
    case "afterGo":
      return t`To another view`;
    case "tile":
      return t`On a tile`;
    case "row":
      return t`At the front desk`;
    case "conflict":
      return t`In a conflict`;
  }
}

export function shortcutWord(id: ShortcutId): string {
  switch (id) {
    case "go":
      return t`To another view; then a second key`;
    case "find":
      return t`Find a room`;
    case "sheet":
      return t`Keyboard shortcuts`;
    case "radio":
      return t`Radio: type what is called in`;
    case "undo":
      return t`Undo`;
    case "settings":
      return t`Settings`;
    case "lock":
      return t`Lock this desk`;
    case "board":
      return t`Board`;
    case "syncCenter":
    case "syncCenterAtOnce":
      return t`Sync Center`;
    case "frontDesk":
      return t`Front Desk`;
    case "cockpit":
      return t`What is the case: the panel behind the pill`;
    case "start":
      return t`Start or resume`;
    case "pause":
      return t`Pause`;
    case "complete":
      return t`Complete`;
    case "assign":
      return t`Assign to…`;
    case "inspect":
      return t`Inspect…`;
    case "menu":
      return t`More`;
    case "selectLane":
      return t`Select the whole lane, as filtered`;
    case "claim":
      return t`Claim or release the room`;
    case "queue":
      return t`The guest waits, or waits no more`;
    case "rush":
      return t`Rush, or take it back`;
    case "mine":
      return t`Keep mine`;
    case "theirs":
      return t`Take theirs`;
    case "anew":
      return t`Write a note anew`;
  }
}
