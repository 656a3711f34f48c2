// The made-up desk tells days that began as the core does: one line for each end that several rooms came to.

import type { DayBegan } from "../../bindings/bindings";

interface Told {
  eventId: string;
  localSeq: number;
  began: DayBegan | null;
}

/** `endOf` is absent for what stands by itself. */
export function inLines<Row extends Told>(rows: readonly Row[], days: ReadonlyMap<string, { day: string; first: number }>, endOf: (row: Row) => string | null, open: readonly string[]): Row[] {
  const groups = new Map<string, Row[]>();
  const groupOf = (row: Row): string | null => {
    const day = days.get(row.eventId);
    const end = endOf(row);
    return day === undefined || end === null ? null : `${day.first}-${end}`;
  };
  for (const row of rows) {
    const id = groupOf(row);
    if (id !== null) groups.set(id, [...(groups.get(id) ?? []), row]);
  }
  return rows.flatMap((row) => {
    const id = groupOf(row);
    const group = id === null ? undefined : groups.get(id);
    const day = days.get(row.eventId)?.day;
    if (id === null || day === undefined || group === undefined || group.length < 2) return [row];
    if (group[0] !== row) return [];
    const line = { ...row, began: { id, day, rooms: group.length, open: open.includes(id) } };
    return open.includes(id) ? [line, ...group] : [line];
  });
}
