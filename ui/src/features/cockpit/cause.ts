// What is the case, and why: one sentence, the place to look, one thing to do and one not to do. The reason's code and its
// sentence are the core's; the words here are for somebody who stands at a desk with a radio in the hand.

import { plural, t } from "@lingui/core/macro";
import type { CommandError, SyncStatus } from "../../bindings/bindings";
import { age, count, dateTime } from "../../shared/fmt";
import { said } from "../../shared/said";

/** What is the case, in one sentence. */
export function caseSentence(sync: SyncStatus, now: number): string {
  const since = sync.since === null ? null : t`since ${dateTime(sync.since, now)} (${age(sync.since, now)})`;
  if (sync.mode === "workOffline") return since === null ? t`Working offline, as planned.` : t`Working offline, as planned, ${since}.`;
  if (sync.mode === "unplugged") return since === null ? t`The plug is pulled.` : t`The plug is pulled, ${since}.`;
  switch (sync.state) {
    case "starting":
      return t`Connecting: the service has not answered yet.`;
    case "offline":
      return since === null ? t`Offline.` : t`Offline ${since}.`;
    case "stopped":
      return since === null ? t`Sending is stopped.` : t`Sending is stopped ${since}.`;
    case "online":
      return onlineSentence(sync);
  }
}

function onlineSentence(sync: SyncStatus): string {
  const { waiting } = sync.ledger;
  const attention = sync.ledger.attention + sync.carriedAttention;
  if (sync.flushing && sync.flushTotal > 0) {
    const at = count(Math.min(sync.flushDone + 1, sync.flushTotal));
    return t`Online, sending ${at} of ${count(sync.flushTotal)}.`;
  }
  if (sync.paused) return t`Online, but the sending is paused.`;
  if (attention > 0) return plural(attention, { one: `Online; ${count(attention)} needs a look.`, other: `Online; ${count(attention)} need a look.` });
  if (waiting > 0 && waiting === sync.heldBack) return t`Online; what waits is on hold.`;
  if (waiting > 0) return plural(waiting, { one: `Online; ${count(waiting)} action is about to be sent.`, other: `Online; ${count(waiting)} actions are about to be sent.` });
  return t`Online and up to date.`;
}

/** Where to look. */
export type Place = "choice" | "computer" | "network" | "portal" | "service" | "signIn" | "wrongService" | "version" | "unknown";

export function placeWord(place: Place): string {
  switch (place) {
    case "choice":
      return t`Somebody chose it`;
    case "computer":
      return t`This computer`;
    case "network":
      return t`The network`;
    case "portal":
      return t`A sign-in page of the network`;
    case "service":
      return t`The hotel's service`;
    case "signIn":
      return t`This desk's key`;
    case "wrongService":
      return t`The wrong service`;
    case "version":
      return t`The version`;
    case "unknown":
      return t`Not known`;
  }
}

export interface Advice {
  place: Place;
  /** One thing to do. */
  good: string;
  /** One thing not to do. */
  bad: string;
}

/** Where to look for a reason's code, and what to do and not to do; null where this build does not know the code. */
export function advice(code: string): Advice | null {
  const twice = t`Do not record anything a second time: it is saved here, and is sent once.`;
  const hurry = t`Do not restart Turndown to hurry it: it tries again by itself.`;
  const folder = t`Do not reinstall Turndown or move its folder: what waits is in it.`;
  switch (code) {
    case "SERVICE_UNREACHABLE":
      return { place: "network", good: t`Look at a second desk. If it is online, check this computer's cable or Wi-Fi; if not, call whoever looks after the line.`, bad: hurry };
    case "ADDRESS_UNKNOWN":
      return { place: "network", good: t`Look whether other computers are online. If they are, have your IT check the service's address.`, bad: hurry };
    case "SERVICE_SILENT":
      return { place: "service", good: t`Go on working. If it lasts for more than a quarter of an hour, tell your IT that the service does not answer.`, bad: twice };
    case "CONNECTION_BROKEN":
      return { place: "network", good: t`Use a cable instead of the Wi-Fi, or bring the computer closer to its access point.`, bad: twice };
    case "CERTIFICATE_REFUSED":
      return { place: "computer", good: t`Check this computer's date and time. If they are right, tell your IT that the service's certificate is refused.`, bad: t`Do not let anybody switch this check off: it keeps what you record out of wrong hands.` };
    case "NOT_THE_SERVICE":
      return { place: "portal", good: t`Open a browser on this computer and sign in to the network there.`, bad: t`Do not type a password of the hotel into that page: it is not the hotel's service.` };
    case "ANSWER_UNFIT":
      return { place: "service", good: t`Go on working; the desk asks again. If it lasts for an hour, tell your IT.`, bad: twice };
    case "KEYRING_UNAVAILABLE":
      return { place: "computer", good: t`Unlock the keyring if this computer asks for its password. If it does not, tell your IT that Turndown cannot use the keyring.`, bad: folder };
    case "CONNECTION_UNREADABLE":
    case "KEY_MISSING":
      return { place: "computer", good: t`Ask your IT for a new code and connect this desk again. What waits is sent then, under the names of those who did it.`, bad: folder };
    case "TOKEN_REFUSED":
      return { place: "signIn", good: t`Ask your IT for a new code and connect this desk again. What waits is sent then, under the names of those who did it.`, bad: folder };
    case "WRONG_PROPERTY":
      return { place: "signIn", good: t`Ask your IT for a code of this hotel and connect this desk again.`, bad: folder };
    case "WRONG_STORE":
      return { place: "wrongService", good: t`Ask your IT which service belongs to this hotel, before anything else.`, bad: t`Do not connect this desk to the other service: what waits belongs to this hotel's own.` };
    case "WRONG_EPOCH":
      return { place: "service", good: t`Nothing needs doing: the service was restored, and this desk gives it again what it lost.`, bad: twice };
    case "UPGRADE_REQUIRED":
      return { place: "version", good: t`Have the older of the two updated: Turndown on this computer, or the service.`, bad: t`Do not remove Turndown first: install the new one over it, so that what waits stays.` };
    case "SERVICE_TROUBLE":
      return { place: "service", good: t`Tell your IT that the service has a fault. The desk tries again by itself.`, bad: hurry };
    case "SERVICE_BUSY":
      return { place: "service", good: t`Nothing needs doing: many desks come back at once, and each has its turn.`, bad: hurry };
    case "PLANNED_OFFLINE":
      return { place: "choice", good: t`Switch it off when the connection may be used again.`, bad: t`Do not let two desks give rooms out meanwhile: they do not see each other.` };
    case "UNPLUGGED":
      return { place: "choice", good: t`Go on working, then plug in again and see everything arrive.`, bad: twice };
    case "SENDING_PAUSED":
      return { place: "choice", good: t`Press “Resume sending” when it may go on.`, bad: t`Do not leave it paused when you go: other desks see your rooms as they were.` };
    case "INSTALL_FORKED":
    case "AUDIT_FORK":
      return { place: "computer", good: t`Ask your IT whether this computer was copied or put back to an older state. Nothing is lost.`, bad: t`Do not run two copies of this desk side by side.` };
    case "CURSOR_GONE":
      return { place: "service", good: t`Nothing needs doing: after so long away, this desk takes the hotel's data anew.`, bad: twice };
    case "REQUEST_REFUSED":
      return { place: "service", good: t`Tell your IT that the service refuses this desk, with the code beside this.`, bad: folder };
    case "TOO_LARGE":
      return { place: "service", good: t`Export what waits, then record that one action again with a shorter note.`, bad: t`Do not give the long one up before it is exported.` };
    case "NOT_TAKEN_YET":
      return { place: "service", good: t`Look at what waits: each row says what it waits for.`, bad: twice };
    case "LINK_FAULT":
      return { place: "computer", good: t`Go on working. If it stays like this, send the log to your support.`, bad: folder };
    default:
      return null;
  }
}

export interface Why extends Advice {
  /** The stable code, where the core names a reason. */
  code: string | null;
  /** What is wrong, in one sentence. */
  message: string;
}

/** Why the desk does not send, or not everything; null where nothing is in the way. */
export function why(sync: SyncStatus): Why | null {
  // What somebody chose stands before whatever else was in the way until then.
  if (sync.mode === "workOffline") return chosen("PLANNED_OFFLINE", t`This desk works offline because somebody chose to.`);
  if (sync.mode === "unplugged") return chosen("UNPLUGGED", t`The plug is pulled.`);
  const reason = reasonOf(sync);
  // Neither reached nor told why: that happens for moments, before the first try has ended.
  if (reason === null) return sync.state === "offline" || sync.state === "stopped" ? unknown(null, t`The service cannot be reached.`, "") : null;
  const known = advice(reason.code);
  return known === null ? unknown(reason.code, said(reason.message), said(reason.nextStep)) : { ...known, code: reason.code, message: said(reason.message) };
}

function reasonOf(sync: SyncStatus): CommandError | null {
  return sync.state === "online" ? (sync.slow ?? sync.notice) : sync.reason;
}

function chosen(code: "PLANNED_OFFLINE" | "UNPLUGGED", message: string): Why {
  const known = advice(code);
  return known === null ? unknown(code, message, "") : { ...known, code, message };
}

function unknown(code: string | null, message: string, nextStep: string): Why {
  return {
    place: "unknown",
    code,
    message,
    good: nextStep === "" ? t`Go on working. Everything is saved here and is sent as soon as the service answers.` : nextStep,
    bad: t`Do not restart Turndown to hurry it: it tries again by itself.`,
  };
}
