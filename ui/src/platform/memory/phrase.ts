// The memory platform says what the core says, in the same form.

import type { Arg, Phrase } from "../../bindings/bindings";

type Given = string | number | Phrase | Arg;

export function phrase(template: string, given: Record<string, Given> = {}): Phrase {
  return { template, args: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, arg(value)])), said: null };
}

function arg(value: Given): Arg {
  if (typeof value === "string") return { text: value };
  if (typeof value === "number") return { number: value };
  return "template" in value ? { phrase: value } : value;
}
