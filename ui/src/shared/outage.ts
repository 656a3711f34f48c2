// An outage and what came of it, in one sentence each: the Sync Center, the summary and the report say the same.

import { plural, t } from "@lingui/core/macro";
import type { Outage, ReportSums } from "../bindings/bindings";
import { count } from "./fmt";

/** From when to when. */
export function outageSpan({ beganAt, endedAt }: Outage, at: (stamp: string) => string): string {
  return endedAt === null ? t`since ${at(beganAt)}` : t`${at(beganAt)} to ${at(endedAt)}`;
}

/** What it is called, in a list and at the head of what tells of it. */
export function outageName(outage: Outage, at: (stamp: string) => string): string {
  return outage.planned ? t`Worked offline ${outageSpan(outage, at)}` : t`Outage ${outageSpan(outage, at)}`;
}

/** What everything done in it came to. */
export function cameToSentence(outage: Outage, sums: ReportSums): string {
  if (sums.recorded === 0) return t`Nothing was done at this desk meanwhile.`;
  const synced = sums.taken + sums.merged + sums.decided;
  const parts: string[] = [];
  if (outage.endedAt === null) parts.push(plural(sums.recorded, { one: `${count(sums.recorded)} action done meanwhile`, other: `${count(sums.recorded)} actions done meanwhile` }));
  else if (sums.waiting > 0) parts.push(t`Synced ${count(synced)} of ${count(sums.recorded)} actions so far`);
  else parts.push(plural(synced, { one: `Synced ${count(synced)} action`, other: `Synced ${count(synced)} actions` }));
  if (sums.attention > 0) parts.push(plural(sums.attention, { one: `${count(sums.attention)} needs a look`, other: `${count(sums.attention)} need a look` }));
  if (sums.givenUp > 0) parts.push(t`${count(sums.givenUp)} given up`);
  return `${parts.reduce((said, next) => t({ message: `${said}; ${next}`, context: "one more part of a sentence" }))}.`;
}
