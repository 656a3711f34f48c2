// What became of the sending, in a sentence: the Sync Center and the cockpit say the same.

import { plural, t } from "@lingui/core/macro";
import type { SyncStatus } from "../bindings/bindings";
import { count, dateTime } from "./fmt";

/** When something was sent last, and what came of it. */
export function flushSentence(sync: SyncStatus, now: number): string {
  const flush = sync.lastFlush;
  if (flush === null) return t`Nothing has been sent since the app was opened.`;
  const ended = dateTime(flush.endedAt, now);
  const taken = count(flush.okCount);
  if (flush.errorCount === 0) return t`Last sent ${ended}: ${taken} taken.`;
  return plural(flush.errorCount, { one: `Last sent ${ended}: ${taken} taken, # needs a look.`, other: `Last sent ${ended}: ${taken} taken, # need a look.` });
}
