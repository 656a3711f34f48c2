// What the announcer says about the link and the queue: every change of state at once, one message when sending begins,
// one summary when it ends, and something that needs a look at once and loudly. Never every step of a count.

import { plural, t } from "@lingui/core/macro";
import type { AppState } from "../bindings/bindings";
import type { Desk } from "../data/desk";
import { announce } from "../shared/announcer";
import { count, dateTime } from "../shared/fmt";
import { ageSentence } from "../shared/staleness";
import { inAList } from "../shared/words";

/** Of this desk's own work and of what it carries for others. */
function needsALook({ sync }: AppState): number {
  return sync.ledger.attention + sync.carriedAttention;
}

/** What there is to say between two states. */
export function newsBetween(before: AppState, after: AppState): { text: string; urgency: "polite" | "assertive"; key: string }[] {
  const news: { text: string; urgency: "polite" | "assertive"; key: string }[] = [];
  const wasUp = before.sync.state === "online" && before.sync.mode === "auto";
  const isUp = after.sync.state === "online" && after.sync.mode === "auto";
  const link = (text: string) => news.push({ text, urgency: "polite", key: "link" });
  if (after.sync.mode === "workOffline" && before.sync.mode !== "workOffline") {
    link(t`Working offline. Everything is saved on this device.`);
  } else if (wasUp && !isUp) {
    link(after.sync.state === "stopped" ? t`Sending stopped. Everything is saved on this device.` : t`Offline. Everything is saved on this device.`);
  } else if (!wasUp && isUp && before.sync.state !== "starting") {
    const going = after.sync.ledger.waiting - after.sync.heldBack;
    if (going <= 0) link(t`Online again.`);
    else if (after.sync.paused) link(t`Online again. Sending is paused.`);
    else link(t`Online again. Sending ${plural(going, { one: "# change", other: "# changes" })}.`);
  }
  if (after.sync.paused !== before.sync.paused) {
    if (after.sync.paused) link(t`Sending paused. Everything is saved on this device.`);
    else link(isUp ? t`Sending goes on.` : t`Sending is not paused any more.`);
  }
  const flush = after.sync.lastFlush;
  if (flush !== null && flush.endedAt !== before.sync.lastFlush?.endedAt && flush.okCount + flush.errorCount > 1) {
    // What stands behind something that needs a look needs one with it: the numbers are those of the pill.
    const { waiting } = after.sync.ledger;
    const attention = needsALook(after);
    const parts = [t`${count(flush.okCount)} sent`];
    if (flush.errorCount > 0) parts.push(plural(attention, { one: `${count(attention)} needs a look`, other: `${count(attention)} need a look` }));
    if (waiting > 0) parts.push(plural(waiting, { one: `${count(waiting)} waits`, other: `${count(waiting)} wait` }));
    const text = `${inAList(parts)}.`;
    news.push({ text, urgency: "polite", key: "flush" });
  }
  const more = needsALook(after) - needsALook(before);
  if (more > 0) {
    const what = after.sync.conflicts > before.sync.conflicts ? t`A conflict has to be decided.` : t`A change was not accepted.`;
    news.push({ text: `${what} ${t`See the Sync Center.`}`, urgency: "assertive", key: "attention" });
  }
  if (after.staleness.warn && !before.staleness.warn) {
    news.push({ text: t`What this desk knows is getting old. Connect once to refresh it.`, urgency: "polite", key: "stale" });
  }
  const emergency = after.staleness.emergency;
  if (emergency !== null && emergency.until !== before.staleness.emergency?.until) {
    const text = `${t`Emergency operation until ${dateTime(emergency.until)}.`} ${ageSentence(after.staleness.ageS)}`;
    news.push({ text, urgency: "polite", key: "stale" });
  } else if (emergency !== null && after.staleness.mayGoOn && !before.staleness.mayGoOn) {
    const text = t`Emergency operation ends at ${dateTime(emergency.until)}. A manager can go on for longer.`;
    news.push({ text, urgency: "polite", key: "stale" });
  }
  if (after.staleness.clockSetBack && !before.staleness.clockSetBack) {
    news.push({ text: ageSentence(null), urgency: "polite", key: "stale" });
  }
  return news;
}

export function announceSync(desk: Desk): void {
  desk.app.subscribe((now, before) => {
    if (now.state === null || before.state === null || now.state.phase !== "ready" || now.state === before.state) return;
    for (const { text, urgency, key } of newsBetween(before.state, now.state)) announce(text, { urgency, key });
  });
}
