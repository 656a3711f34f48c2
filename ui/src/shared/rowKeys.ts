// A long list is one stop of the Tab key, with the links of its current row; the arrow keys go from row to row, over what
// is no row but stands between them. Rows carry their place as `data-index`.

import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { Virtualizer } from "@tanstack/react-virtual";

const PAGE = 8;

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

export function useRowKeys<Item extends Element>(virtual: Virtualizer<HTMLDivElement, Item>, scroller: RefObject<HTMLDivElement | null>, total: number, isRow: (index: number) => boolean = always): RowKeys {
  const [held, setCurrent] = useState(0);
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
    const steps: Record<string, number> = { ArrowUp: here - 1, ArrowDown: here + 1, PageUp: here - PAGE, PageDown: here + PAGE, Home: 0, End: total - 1 };
    const to = steps[event.key];
    if (to === undefined || total === 0) return;
    event.preventDefault();
    const next = rowFrom(to, to < here ? -1 : 1, total, isRow);
    wanted.current = next;
    setCurrent(next);
    // Home shows what stands above the first row as well.
    virtual.scrollToIndex(to === 0 ? 0 : next, { align: "auto" });
  };
  return { current, setCurrent, onKeyDown };
}
