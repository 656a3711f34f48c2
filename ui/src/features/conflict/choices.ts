// The choices of one conflict. Nothing is chosen until a person chose it; a choice falls away only when the other side
// of that very field moved.

import type { ConflictField, ConflictView, FieldChoice, Side } from "../../bindings/bindings";

export type Choices = ReadonlyMap<string, Side>;

/** What a person chose before comes along, except where it asks again. */
export function initialChoices(view: ConflictView): Choices {
  const choices = new Map<string, Side>();
  for (const field of view.fields) {
    if (field.chosen !== null && !field.changedAgain) choices.set(field.path, field.chosen);
  }
  return choices;
}

/** The conflict was read again: choices stay where both sides still say the same. */
export function carryOver(before: ConflictView, choices: Choices, after: ConflictView): { choices: Choices; asksAgain: string[] } {
  const known = new Map(before.fields.map((field) => [field.path, field]));
  const kept = new Map(initialChoices(after));
  const asksAgain: string[] = [];
  for (const field of after.fields) {
    const was = known.get(field.path);
    const same = was !== undefined && was.mine === field.mine && was.theirs === field.theirs;
    const chosen = choices.get(field.path);
    if (same && chosen !== undefined) kept.set(field.path, chosen);
    if (!same || (field.changedAgain && !kept.has(field.path))) {
      if (!same) kept.delete(field.path);
      asksAgain.push(field.path);
    }
  }
  return { choices: kept, asksAgain };
}

export function open(view: ConflictView, choices: Choices): ConflictField[] {
  return view.fields.filter((field) => !choices.has(field.path));
}

/** The next field without a choice, after (or before) the one given; goes round. */
export function nextOpen(view: ConflictView, choices: Choices, from: string | null, step: 1 | -1 = 1): string | null {
  const paths = view.fields.map((field) => field.path);
  const start = from === null ? (step === 1 ? -1 : 0) : paths.indexOf(from);
  for (let n = 1; n <= paths.length; n += 1) {
    const path = paths[(start + step * n + paths.length * 2) % paths.length];
    if (path !== undefined && !choices.has(path)) return path;
  }
  return null;
}

/** Takes one side for every field that has no choice yet. */
export function takeAll(view: ConflictView, choices: Choices, side: Side): Choices {
  const all = new Map(choices);
  for (const field of view.fields) if (!all.has(field.path)) all.set(field.path, side);
  return all;
}

/** One choice for every field, in the order shown; null while one is open. */
export function complete(view: ConflictView, choices: Choices): FieldChoice[] | null {
  const list: FieldChoice[] = [];
  for (const { path } of view.fields) {
    const side = choices.get(path);
    if (side === undefined) return null;
    list.push({ path, side });
  }
  return list;
}
