// What came of an action, and what changed for the front desk, in words.

import { plural, t } from "@lingui/core/macro";
import type { CameTo, ReportRow, ReportSums, RoomEffect } from "../../bindings/bindings";
import type { GlyphName } from "../../shared/glyphs";

export const ENDS: readonly CameTo[] = ["taken", "merged", "decided", "givenUp", "waiting", "attention"];

export const END_GLYPH: Record<CameTo, GlyphName> = { taken: "tick", merged: "split", decided: "disc", givenUp: "cross", waiting: "drive", attention: "alert" };

/** The word beside a number. */
export function endWord(end: CameTo, n: number): string {
  switch (end) {
    case "taken":
      return t`taken`;
    case "merged":
      return t`merged`;
    case "decided":
      return t`decided`;
    case "givenUp":
      return t`given up`;
    case "waiting":
      return t`waiting`;
    case "attention":
      return plural(n, { one: "needs a look", other: "need a look" });
  }
}

/** What came of one action. */
export function outcomeWord(row: ReportRow): string {
  switch (row.cameTo) {
    case "taken":
      return t`Taken by the service`;
    case "merged":
      return t`Merged with a change made elsewhere`;
    case "decided":
      return t`Settled by a decision`;
    case "givenUp":
      return t`Given up`;
    case "waiting":
      return t`Waits to be sent`;
    case "attention":
      return row.conflict ? t`In conflict: a person decides` : t`Needs a look`;
  }
}

export function endCount(sums: ReportSums, end: CameTo): number {
  return sums[end];
}

/** What happened to a room, as the front desk asks for it. */
export function effectWord(effect: RoomEffect): string {
  switch (effect) {
    case "ready":
      return t`Ready to give out now`;
    case "notReady":
      return t`No longer ready to give out`;
    case "contested":
      return t`Contested`;
    case "departed":
      return t`Guest departed`;
    case "arrived":
      return t`Guest arrived`;
    case "outOfUse":
      return t`Out of order or service`;
    case "backInService":
      return t`Back in service`;
    case "doNotDisturb":
      return t`Do not disturb`;
    case "doNotDisturbGone":
      return t`Do not disturb cleared`;
    case "refused":
      return t`Service not wanted`;
    case "doubleLock":
      return t`Double lock`;
    case "rush":
      return t`Asked for now`;
    case "discrepancy":
      return t`Discrepancy`;
  }
}
