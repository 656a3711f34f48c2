// The choices of one conflict. Nothing is chosen until a person chose it; a choice falls away only when the other side
// of that very field moved.

import type { ConflictField, ConflictView, FieldChoice } from "../../bindings/bindings";
import type { Choices, Chosen, Deciding } from "../../data/deciding";
import { said } from "../../shared/said";

export const mine: Chosen = { side: "mine", text: "" };
export const theirs: Chosen = { side: "theirs", text: "" };

/** Whether either side of a field is another one now. */
function hasMoved(was: ConflictField, now: ConflictField): boolean {
  return said(was.mine) !== said(now.mine) || said(was.theirs) !== said(now.theirs);
}

/** What a person chose before comes along, except where it asks again. */
export function initialChoices(view: ConflictView): Choices {
  const choices = new Map<string, Chosen>();
  for (const field of [...view.fields, ...view.merged]) {
    if (field.chosen !== null && !field.changedAgain) choices.set(field.path, { side: field.chosen, text: field.edited ?? "" });
  }
  return choices;
}

/** The conflict was read again: choices stay where both sides still say the same. */
export function carryOver(before: ConflictView, choices: Choices, after: ConflictView): { choices: Choices; asksAgain: string[] } {
  const known = new Map([...before.fields, ...before.merged].map((field) => [field.path, field]));
  const kept = new Map(initialChoices(after));
  const asksAgain: string[] = [];
  const same = (field: ConflictField): boolean => {
    const was = known.get(field.path);
    return was !== undefined && !hasMoved(was, field);
  };
  for (const field of [...after.fields, ...after.merged]) {
    const chosen = choices.get(field.path);
    if (same(field) && chosen !== undefined) kept.set(field.path, chosen);
    if (!same(field)) kept.delete(field.path);
  }
  for (const field of after.fields) {
    if (!same(field) || (field.changedAgain && !kept.has(field.path))) asksAgain.push(field.path);
  }
  return { choices: kept, asksAgain };
}

/** The conflict was read: for the first time, once more, or when somebody came back to it. */
export function broughtAlong(was: Deciding | null, view: ConflictView): Deciding {
  // The same room can have another conflict by now; one of which an event is left is the same.
  if (was === null || !was.view.settles.some((event) => view.settles.includes(event))) {
    return { view, choices: initialChoices(view), asksAgain: view.fields.filter((field) => field.changedAgain).map((field) => field.path) };
  }
  const { choices, asksAgain } = carryOver(was.view, was.choices, view);
  // A text is kept where its field asks again: whoever writes it anew goes on from it.
  const written = new Map(was.view.fields.map((field) => [field.path, field.edited]));
  for (const [path, chosen] of was.choices) if (chosen.side === "edited") written.set(path, chosen.text);
  const fields = view.fields.map((field) => ({ ...field, edited: written.get(field.path) ?? field.edited }));
  return { view: { ...view, fields }, choices, asksAgain: [...new Set([...was.asksAgain, ...asksAgain])].filter((path) => !choices.has(path)) };
}

/** The fields that ask again and that nobody was told of as they stand now. */
export function moved(told: ConflictView | null, view: ConflictView, asksAgain: readonly string[]): ConflictField[] {
  const known = new Map(told?.fields.map((field) => [field.path, field]));
  return view.fields.filter((field) => {
    const was = known.get(field.path);
    return asksAgain.includes(field.path) && (was === undefined || hasMoved(was, field));
  });
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
export function takeAll(view: ConflictView, choices: Choices, side: Chosen): Choices {
  const all = new Map(choices);
  for (const field of view.fields) if (!all.has(field.path)) all.set(field.path, side);
  return all;
}

/** Whether the other side stands in a field that merged by itself: an earlier choice of one's own may have come along. */
export function isTurned(choices: Choices, path: string): boolean {
  return choices.get(path)?.side === "theirs";
}

/** Turns a field that merged by itself to the other side, or back. */
export function turn(choices: Choices, path: string): Choices {
  const turned = new Map(choices);
  if (isTurned(choices, path)) turned.delete(path);
  else turned.set(path, theirs);
  return turned;
}

/** One choice for every field, in the order shown, then what was turned back; null while one is open. */
export function complete(view: ConflictView, choices: Choices): FieldChoice[] | null {
  const list: FieldChoice[] = [];
  for (const { path } of [...view.fields, ...view.merged]) {
    const chosen = choices.get(path);
    if (chosen !== undefined) list.push({ path, side: chosen.side, text: chosen.side === "edited" ? chosen.text : null });
  }
  return open(view, choices).length === 0 ? list : null;
}
