// A long list is one stop of the Tab key, with the links of its current row; the arrow keys go from row to row, over what
// is no row but stands between them. Rows carry their place as `data-index`.

import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { defaultRangeExtractor, type Range, type Virtualizer } from "@tanstack/react-virtual";

const PAGE = 8;

/** What is near the screen, and one more however far it is scrolled away: with what has the focus the focus would go. */
export function rangeWith(range: Range, index: number): number[] {
  const indexes = defaultRangeExtractor(range);
  return index < 0 || index >= range.count || indexes.includes(index) ? indexes : [...indexes, index].toSorted((a, b) => a - b);
}

export interface RowKeys {
  current: number;
  setCurrent: (index: number) => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

/** The next row from a place on, that place included; where there is none that way, the last one the other way. */
function rowFrom(place: number, way: 1 | -1, total: number, isRow: (index: number) => boolean): number {
  const start = Math.max(0, Math.min(place, total - 1));
  for (const step of [way, -way]) {
    for (let index = start; index >= 0 && index < total; index += step) {
      if (isRow(index)) return index;
    }
  }
  return start;
}

const always = (): boolean => true;

interface Form {
  /** Where the keys begin. */
  first?: number;
  /** How many stand beside one another in a line, each with its own `data-index`. The list is windowed by lines. */
  across?: number;
}

export function useRowKeys<Item extends Element>(virtual: Virtualizer<HTMLDivElement, Item>, scroller: RefObject<HTMLDivElement | null>, total: number, isRow: (index: number) => boolean = always, { first = 0, across = 1 }: Form = {}): RowKeys {
  const [held, setCurrent] = useState(first);
  const current = rowFrom(held, 1, total, isRow);
  // The row that a key led to, until it is there: it may be read later than the key was pressed.
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    const row = wanted.current === null ? null : scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (row == null) return;
    wanted.current = null;
    // In a low window the list itself may not be wholly in sight: the browser scrolls what is around it.
    row.focus();
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // Rows move while somebody reads: the one that has the focus took it along to its new place.
    const focused = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]")?.dataset["index"] : undefined;
    const here = focused === undefined ? current : Number(focused);
    const steps: Record<string, number> = { ArrowUp: here - across, ArrowDown: here + across, PageUp: here - PAGE * across, PageDown: here + PAGE * across, Home: 0, End: total - 1 };
    if (across > 1) {
      const onwards = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
      steps[onwards] = here + 1;
      steps[onwards === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"] = here - 1;
    }
    const to = steps[event.key];
    if (to === undefined || total === 0) return;
    event.preventDefault();
    const next = rowFrom(to, to < here ? -1 : 1, total, isRow);
    wanted.current = next;
    setCurrent(next);
    // Home shows what stands above the first row as well.
    virtual.scrollToIndex(to === 0 ? 0 : Math.floor(next / across), { align: "auto" });
  };
  return { current, setCurrent, onKeyDown };
}
