// What meets the lock: the desk may have been locked between a question and its answer. Then the frame says so, and
// nothing is wrong.

import type { CommandError } from "../bindings/bindings";

let met: () => void = () => {};

/** What happens whenever an answer says that the desk is locked. */
export function whenLockIsMet(run: () => void): void {
  met = run;
}

/** Whether it is the lock that refused: that is no fault to show or to say. */
export function metTheLock({ code }: CommandError): boolean {
  if (code !== "DESK_LOCKED") return false;
  met();
  return true;
}
