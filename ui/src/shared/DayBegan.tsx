// A day that began, told in one line for all rooms in which it came to the same; it opens to the single rooms, which follow
// in the list.

import { plural } from "@lingui/core/macro";
import { ChevronDown, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import type { DayBegan as Began } from "../bindings/bindings";
import { serviceDay } from "./fmt";

/** What the line says. */
export function dayBegan({ day, rooms }: Began): string {
  const said = serviceDay(day);
  return plural(rooms, { one: `${said} began in # room`, other: `${said} began in # rooms` });
}

/** Names a line of a list in which several may be about the same action. */
export function lineId(row: { eventId: string; began: Began | null }): string {
  return row.began?.id ?? row.eventId;
}

interface DayBeganProps {
  began: Began;
  /** Whether it is a stop of the Tab key. */
  current: boolean;
  onToggle: (id: string) => void;
}

export function DayBegan({ began, current, onToggle }: DayBeganProps): ReactNode {
  const Arrow = began.open ? ChevronDown : ChevronRight;
  return (
    <button type="button" className="day-began" aria-expanded={began.open} tabIndex={current ? 0 : -1} data-testid="day-began" onClick={() => onToggle(began.id)}>
      <Arrow size={16} className={began.open ? undefined : "flips"} aria-hidden /> {dayBegan(began)}
    </button>
  );
}
