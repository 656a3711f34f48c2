// What works right now and what does not. Being offline takes little away, and whoever stands at the desk should not have
// to find out which by trying.

import { t } from "@lingui/core/macro";
import type { Staleness, SyncStatus } from "../../bindings/bindings";

export interface Part {
  id: "board" | "frontDesk" | "claims" | "radio" | "nextDay" | "sending" | "others" | "suggestions";
  works: boolean;
  text: string;
}

/** Every part of the desk, in the order in which it is missed. */
export function parts(sync: SyncStatus, staleness: Staleness): Part[] {
  const isUp = sync.mode === "auto" && sync.state === "online";
  const { blocked } = staleness;
  const isDoubtful = blocked || staleness.emergency !== null || staleness.clockSetBack;
  return [
    { id: "board", works: !blocked, text: blocked ? t`The board is blocked until it is refreshed` : isUp ? t`The board` : t`The board: everything is saved here` },
    { id: "frontDesk", works: !isDoubtful, text: isDoubtful ? t`The front desk calls no room safe to give out` : isUp ? t`The front desk` : t`The front desk, on what this desk knows` },
    { id: "claims", works: !blocked, text: blocked ? t`Claims wait for the board` : isUp && !sync.paused ? t`Claims, seen by every desk` : t`Claims, seen on this computer only` },
    { id: "radio", works: !blocked, text: blocked ? t`The radio line waits for the board` : t`The radio line` },
    { id: "nextDay", works: true, text: isUp ? t`The next day's tasks` : t`The next day's tasks, from the bookings that this desk has` },
    sending(sync, isUp),
    { id: "others", works: isUp, text: others(sync, isUp) },
    { id: "suggestions", works: isUp, text: isUp ? t`Suggested attendants` : t`Suggested attendants: assign by hand` },
  ];
}

function sending(sync: SyncStatus, isUp: boolean): Part {
  const id = "sending";
  if (sync.paused) return { id, works: false, text: t`Sending: somebody paused it` };
  if (!isUp) return { id, works: false, text: sync.state === "stopped" ? t`Sending: stopped; all of it waits here` : t`Sending: all of it waits here, in order` };
  return { id, works: true, text: isSlowToTake(sync) ? t`Sending, but for some actions` : t`Sending` };
}

/** Whether what is slow is the sending of some actions; what else the core calls slow is what comes in. */
function isSlowToTake({ slow }: SyncStatus): boolean {
  return slow?.code === "NOT_TAKEN_YET" || slow?.code === "SERVICE_TROUBLE";
}

function others(sync: SyncStatus, isUp: boolean): string {
  if (isUp) return sync.slow === null || sync.paused || isSlowToTake(sync) ? t`What other desks do` : t`What other desks do, later than usual`;
  return sync.state === "stopped" ? t`What other desks do: not all of it is seen` : t`What other desks do is not seen`;
}
