// What the offline pill says: one state out of six, in words, with what waits. The state is what the service answered,
// not what the operating system believes.

import { plural, t } from "@lingui/core/macro";
import type { Staleness, SyncStatus } from "../bindings/bindings";
import { count, time } from "./fmt";

export type PillTone = "good" | "sending" | "offline" | "planned" | "attention" | "stopped" | "starting";

export interface PillModel {
  tone: PillTone;
  /** The state, in a word or two. */
  word: string;
  /** What waits or when; empty when there is nothing to say. */
  detail: string;
  /** A second thing that must not hide behind the first. */
  extra: string;
}

export function pillModel(sync: SyncStatus, staleness: Staleness): PillModel {
  const { waiting } = sync.ledger;
  const attention = sync.ledger.attention + sync.carriedAttention;
  const pending = waiting > 0 ? t`${count(waiting)} pending` : "";
  const look = attention > 0 ? needALook(attention) : "";

  if (sync.mode === "workOffline") return { tone: "planned", word: t`Working offline`, detail: pending, extra: look };
  if (sync.mode === "unplugged") return { tone: "offline", word: t`Offline`, detail: pending, extra: look };
  switch (sync.state) {
    case "starting":
      return { tone: "starting", word: t`Connecting`, detail: pending, extra: look };
    case "offline":
      return { tone: "offline", word: t`Offline`, detail: pending, extra: look };
    case "stopped":
      return { tone: "stopped", word: t`Sending stopped`, detail: pending, extra: look };
    case "online":
      break;
  }
  if (sync.flushing && sync.flushTotal > 0) {
    const at = count(Math.min(sync.flushDone + 1, sync.flushTotal));
    return { tone: "sending", word: t`Sending ${at} of ${count(sync.flushTotal)}`, detail: "", extra: look };
  }
  if (sync.paused) return { tone: "planned", word: t`Paused`, detail: pending, extra: look };
  if (attention > 0) return { tone: "attention", word: look, detail: pending, extra: "" };
  if (waiting > 0 && waiting === sync.heldBack) return { tone: "planned", word: t`Online`, detail: t`${count(waiting)} on hold`, extra: "" };
  if (waiting > 0) return { tone: "sending", word: t`Online`, detail: pending, extra: "" };
  const known = staleness.knownAt;
  return { tone: "good", word: t`Up to date`, detail: known === null ? "" : time(known), extra: "" };
}

function needALook(n: number): string {
  const shown = count(n);
  return plural(n, { one: `${shown} needs a look`, other: `${shown} need a look` });
}

/** The pill as one sentence. */
export function pillText(model: PillModel): string {
  return [model.word, model.detail, model.extra].filter(Boolean).join(" · ");
}
