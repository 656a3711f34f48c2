// A long list is one stop of the Tab key, with the links of its current row; the arrow keys go from row to row. Rows carry
// their place as `data-index`.

import { useEffect, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import type { Virtualizer } from "@tanstack/react-virtual";

const PAGE = 8;

export interface RowKeys {
  current: number;
  setCurrent: (index: number) => void;
  onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
}

export function useRowKeys<Item extends Element>(virtual: Virtualizer<HTMLDivElement, Item>, scroller: RefObject<HTMLDivElement | null>, total: number): RowKeys {
  const [held, setCurrent] = useState(0);
  const current = Math.min(held, Math.max(0, total - 1));
  // The row that a key led to, until it is there: it may be read later than the key was pressed.
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    const row = wanted.current === null ? null : scroller.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (row == null) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const steps: Record<string, number> = { ArrowUp: current - 1, ArrowDown: current + 1, PageUp: current - PAGE, PageDown: current + PAGE, Home: 0, End: total - 1 };
    const to = steps[event.key];
    if (to === undefined || total === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(to, total - 1));
    wanted.current = next;
    setCurrent(next);
    virtual.scrollToIndex(next, { align: "auto" });
  };
  return { current, setCurrent, onKeyDown };
}
