// Which tiles a board shows, and the ways of looking at it that a person gave a name. They are kept with the other likes
// of this screen, so what comes back from there is looked at before it is believed.

import type { StaffId, TaskKind } from "../bindings/bindings";

export const TASK_KINDS: readonly TaskKind[] = ["departure", "stayover", "turnover", "linen", "pickup", "turndown", "check", "inspection", "deep_clean"];

/** What a tile can be besides its place: a flag, a state of the work, or where this desk's newest change of it stands. */
export const TILE_STATES = ["vip", "rush", "dnd", "cannotWork", "paused", "rework", "notSent", "look", "onHold"] as const;
export type TileState = (typeof TILE_STATES)[number];

export interface BoardFilter {
  /** A section, or everything. */
  section: string | null;
  /** A staff member, `unassigned`, or everybody. */
  attendant: StaffId | null;
  /** What was typed to find a room. */
  query: string;
  /** Any of them; none means all. */
  floors: readonly string[];
  kinds: readonly TaskKind[];
  states: readonly TileState[];
}

export const UNASSIGNED = "unassigned";
export const NO_FILTER: BoardFilter = { section: null, attendant: null, query: "", floors: [], kinds: [], states: [] };

/** A room that is looked for is no way of looking: it is not kept. */
export type KeptFilter = Omit<BoardFilter, "query">;

export interface SavedView {
  name: string;
  filter: KeptFilter;
}

export const VIEWS_MAX = 20;
export const NAME_MAX = 40;
/** No house has more floors, and nothing that is longer than this names one. */
const FLOORS_MAX = 200;
const WORD_MAX = 80;

/** A name as it is kept. Empty where there is nothing to call it by. */
export function viewName(typed: string): string {
  return typed.trim().replace(/\s+/g, " ").slice(0, NAME_MAX).trim();
}

export function keptFilter({ section, attendant, floors, kinds, states }: BoardFilter): KeptFilter {
  return { section, attendant, floors: floors.toSorted(), kinds: TASK_KINDS.filter((kind) => kinds.includes(kind)), states: TILE_STATES.filter((state) => states.includes(state)) };
}

/** Whether two filters show the same tiles. */
export function sameFilter(a: KeptFilter, b: KeptFilter): boolean {
  return JSON.stringify(keptFilter({ ...NO_FILTER, ...a })) === JSON.stringify(keptFilter({ ...NO_FILTER, ...b }));
}

function word(kept: unknown): string | null {
  return typeof kept === "string" && kept !== "" && kept.length <= WORD_MAX ? kept : null;
}

function words(kept: unknown): string[] {
  return Array.isArray(kept) ? kept.slice(0, FLOORS_MAX).flatMap((each) => word(each) ?? []) : [];
}

function readView(kept: unknown): SavedView | null {
  if (typeof kept !== "object" || kept === null || !("name" in kept) || !("filter" in kept)) return null;
  const name = typeof kept.name === "string" ? viewName(kept.name) : "";
  if (name === "" || typeof kept.filter !== "object" || kept.filter === null) return null;
  const { section, attendant, floors, kinds, states } = kept.filter as Record<string, unknown>;
  const filter = { ...NO_FILTER, section: word(section), attendant: word(attendant), floors: words(floors) };
  // A kind or state that this build does not know is left out rather than the whole view.
  return { name, filter: keptFilter({ ...filter, kinds: words(kinds) as TaskKind[], states: words(states) as TileState[] }) };
}

/** What was kept, as far as it can be believed: whole views, each name once, and not more than fit. */
export function readViews(kept: unknown): SavedView[] {
  if (!Array.isArray(kept)) return [];
  const views = new Map<string, SavedView>();
  for (const each of kept) {
    const view = readView(each);
    if (view !== null && !views.has(view.name)) views.set(view.name, view);
  }
  return [...views.values()].slice(0, VIEWS_MAX);
}
