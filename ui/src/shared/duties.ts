// What the role of whoever is working does not include. The core refuses it in any case; here it is known before anything
// is asked, so that nobody is offered what they may not do.

import { t } from "@lingui/core/macro";
import type { Action } from "../bindings/bindings";

/** What roles tell apart: actions on rooms and tasks, deciding a conflict, and giving something up. */
export type Duty = Action["action"] | "resolve" | "discard";

let mayNot: ReadonlySet<string> = new Set();

export function configureDuties(names: readonly string[]): void {
  mayNot = new Set(names);
}

export function may(duty: Duty): boolean {
  return !mayNot.has(duty);
}

export function mayNotWords(): string {
  return t`Your role does not include this.`;
}
