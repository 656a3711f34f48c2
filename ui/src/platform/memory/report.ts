// The made-up desk's outages, and what came of them: everything in its outbox was done in one.

import type { CameTo, Outage, OutageSummary, OutboxRow, Report, ReportPeriod, ReportRow, ReportSums, RoomOutcome } from "../../bindings/bindings";
import { ownWords, said } from "../../shared/said";
import { phrase } from "./phrase";
import { inLines } from "./together";

const ENDS: Record<OutboxRow["state"], CameTo> = { pending: "waiting", syncing: "waiting", synced: "taken", failed: "attention", conflict: "attention", held: "attention", settled: "decided", discarded: "givenUp" };

function sumsOf(rows: readonly ReportRow[]): ReportSums {
  const of = (end: CameTo) => rows.filter((row) => row.cameTo === end).length;
  return { recorded: rows.length, taken: of("taken"), merged: of("merged"), decided: of("decided"), givenUp: of("givenUp"), waiting: of("waiting"), attention: of("attention"), balanced: true };
}

function reportRow(row: OutboxRow): ReportRow {
  const { eventId, localSeq, entityKind, entityId, title, summary, actor, recordedAt } = row;
  const cameTo = row.state === "synced" && localSeq % 11 === 0 ? "merged" : ENDS[row.state];
  const decision = cameTo === "givenUp" ? { what: phrase("Gave it up: {reason}", { reason: "the guest stays" }), actor: ownWords("Maria Santos"), at: recordedAt } : cameTo === "decided" ? { what: phrase("Took what the service had"), actor: ownWords("Maria Santos"), at: recordedAt } : null;
  return { eventId, localSeq, entityKind, entityId, title, summary, actor, recordedAt, offline: true, cameTo, conflict: row.state === "conflict", acceptedAt: row.acknowledgedAt, seq: row.seq, code: row.code, why: cameTo === "attention" || cameTo === "waiting" ? row.why : null, decision, began: null };
}

function outcome(rows: readonly ReportRow[]): RoomOutcome {
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) throw new Error("no rows");
  const sums = sumsOf(rows);
  const conflict = rows.some((row) => row.conflict);
  const failed = rows.some((row) => row.cameTo === "attention" && !row.conflict && row.code !== null);
  const effects: RoomOutcome["effects"] = conflict ? ["notReady", "contested"] : failed ? ["rush"] : last.summary.template.startsWith("Completed") ? ["ready"] : [];
  return { entityKind: first.entityKind, entityId: first.entityId, title: first.title, effects, sums, conflict, failed, last: last.summary };
}

export interface MadeUpReports {
  report: (period: ReportPeriod, cameTo: CameTo | null, open: readonly string[], offset: number, limit: number) => Report;
  summary: () => OutageSummary;
}

/** `outages` says whether there has been one, and whether it lasts; with `idle` there was one more, in which nothing was done. */
export function madeUpReports(outbox: readonly OutboxRow[], days: ReadonlyMap<string, { day: string; first: number }>, revision: () => number, ago: (minutes: number) => string, online: () => boolean, outages: () => boolean, idle = false): MadeUpReports {
  const last = (): Outage => ({ id: 3, beganAt: ago(134), endedAt: online() ? ago(12) : null, code: "SERVICE_UNREACHABLE", planned: false, actions: outbox.length });
  const shift: Outage = { id: 2, beganAt: ago(3 * 1440), endedAt: ago(3 * 1440 - 380), code: "PLANNED_OFFLINE", planned: true, actions: 0 };
  const nothing: Outage = { id: 4, beganAt: ago(6), endedAt: ago(2), code: "SERVICE_UNREACHABLE", planned: false, actions: 0 };
  const newestFirst = () => [...(idle ? [nothing] : []), ...(outages() ? [last(), shift] : [])];
  return {
    report: (period, cameTo, open, offset, limit) => {
      const known = newestFirst();
      const outage = period.kind === "time" ? null : period.kind === "last" ? (known[0] ?? null) : (known.find((each) => each.id === period.id) ?? null);
      const all = outage?.actions === 0 || (outage === null && period.kind !== "time") ? [] : outbox.map(reportRow);
      const rows = cameTo === null ? all : all.filter((row) => row.cameTo === cameTo);
      const lines = inLines(rows, days, (row) => (row.cameTo === "taken" || row.cameTo === "merged" || row.cameTo === "waiting" ? row.cameTo : null), open);
      const people = new Map<string, number>();
      for (const row of all) people.set(said(row.actor), (people.get(said(row.actor)) ?? 0) + 1);
      return { revision: revision(), hotel: "City Hotel", desk: "Desk 01M0B7", madeAt: ago(0), outage, outages: known, sums: sumsOf(all), people: [...people].map(([name, actions]) => ({ name: ownWords(name), actions })), rows: lines.slice(offset, offset + limit), total: lines.length };
    },
    summary: () => {
      const outage = newestFirst()[0] ?? null;
      const rows = outage === null || outage.actions === 0 ? [] : outbox.map(reportRow);
      const byRoom = new Map<string, ReportRow[]>();
      for (const row of rows) byRoom.set(row.entityId, [...(byRoom.get(row.entityId) ?? []), row]);
      return { revision: revision(), outage, sums: sumsOf(rows), rooms: [...byRoom.values()].map(outcome) };
    },
  };
}
