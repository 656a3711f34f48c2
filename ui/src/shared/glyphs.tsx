// The shapes of the states. One path each, so that a tile stays small. The four columns fill up like a moon: a ring, a
// half, a disc, and a seal with a tick.

import type { ReactNode } from "react";
import type { Cleanliness, Column, LocalState, TaskStatus } from "../bindings/bindings";

const RING = "M8 1.25a6.75 6.75 0 1 0 0 13.5a6.75 6.75 0 0 0 0-13.5Zm0 2a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 0 1 0-9.5Z";
const SEAL =
  "M8 .6l1.9 1.5 2.4-.2.7 2.3 2 1.3-.8 2.3.8 2.3-2 1.3-.7 2.3-2.4-.2L8 15l-1.9-1.5-2.4.2-.7-2.3-2-1.3.8-2.3L1 5.5l2-1.3.7-2.3 2.4.2ZM7.1 10.9l4.5-4.5-1.2-1.2-3.3 3.3-1.5-1.5-1.2 1.2Z";

const PATHS = {
  ring: RING,
  half: `${RING}M8 4.25a3.75 3.75 0 0 1 0 7.5Z`,
  bars: `${RING}M5.8 5.2h1.6v5.6H5.8ZM8.6 5.2h1.6v5.6H8.6Z`,
  disc: "M8 1.25a6.75 6.75 0 1 1 0 13.5a6.75 6.75 0 0 1 0-13.5Z",
  pickup: `${RING}M4.5 7h7v2h-7Z`,
  seal: SEAL,
  cross: "M3.2 1.8 8 6.6l4.8-4.8 1.4 1.4L9.4 8l4.8 4.8-1.4 1.4L8 9.4l-4.8 4.8-1.4-1.4L6.6 8 1.8 3.2Z",
  tick: "M6.3 12.9 1.7 8.3l1.5-1.5 3.1 3.1 6.5-6.5 1.5 1.5Z",
  clock: `${RING}M7.2 4.4h1.6v3.3l2.4 1.5-.8 1.3-3.2-2Z`,
  drive: "M2.5 3h11L15 9v4.5H1V9Zm1.3 1.8L2.9 9h10.2l-.9-4.2ZM10.5 10.5V12H13v-1.5Z",
  up: "M8 1.2 13.5 6.7l-1.4 1.4L9 5v9.5H7V5L3.9 8.1 2.5 6.7Z",
  alert: "M8 .8 15.6 14.5H.4ZM7 5.5v4.8h2V5.5ZM7 11.4v1.9h2v-1.9Z",
  split: "M1 3h5.2L11 10.5V8l4 4-4 4v-2.5H9.6L4.8 5H1ZM11 0l4 4-4 4V5.5H9.6L8.9 6.6 7.7 4.6 8.7 3H11ZM1 11h3.7l.9-1.5 1.2 2L5.9 13H1Z",
} as const;

export type GlyphName = keyof typeof PATHS;

export function Glyph({ name, className }: { name: GlyphName; className?: string }): ReactNode {
  return (
    <svg className={className ?? "glyph"} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path fillRule="evenodd" d={PATHS[name]} />
    </svg>
  );
}

export const COLUMN_GLYPH: Record<Column, GlyphName> = { dirty: "ring", inProgress: "half", clean: "disc", inspected: "seal" };

export const STATUS_GLYPH: Record<TaskStatus, GlyphName> = {
  ready: "ring",
  in_progress: "half",
  paused: "bars",
  completed: "disc",
  inspected: "seal",
  cancelled: "cross",
};

export const CLEANLINESS_GLYPH: Record<Cleanliness, GlyphName> = {
  dirty: "ring",
  pickup: "pickup",
  clean: "disc",
  inspected: "seal",
};

export const LOCAL_GLYPH: Record<LocalState, GlyphName> = {
  server: "tick",
  waiting: "drive",
  sending: "up",
  failed: "alert",
  conflict: "split",
};
