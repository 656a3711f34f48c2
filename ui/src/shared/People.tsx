// People to choose one of, as many as a house has: only those near the screen are in the page. The list is one stop of the
// Tab key and the arrow keys lead through it; whoever types there goes on in the field above it.

import { useVirtualizer, type Range } from "@tanstack/react-virtual";
import { Search } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactNode, type RefObject } from "react";
import { Input, SearchField } from "react-aria-components";
import type { StaffId } from "../bindings/bindings";
import { fold } from "./fmt";
import { rowHeight } from "./language";
import { rangeWith, useRowKeys } from "./rowKeys";
import "./people.css";

export interface PersonRow {
  /** Null where the row is no one person: everybody, or nobody. */
  id: StaffId | null;
  name: string;
  chosen?: boolean;
  /** Can be read and not be chosen. */
  barred?: boolean;
  /** What the row is called, where its own text does not say it well. */
  words?: string;
  /** The row's mark for tests, where it is not that of the list. */
  mark?: string;
}

interface ListProps<Row extends PersonRow> {
  label: string;
  rows: readonly Row[];
  /** How high a row of one line is, in pixels with small Latin letters. */
  rowPx: number;
  /** The least width of a card, where cards stand beside one another. */
  cardRem?: number;
  /** The mark of each row for tests. */
  mark: string;
  autoFocus?: boolean;
  /** Who was chosen, and the stamp of the event that did it. */
  onChoose: (row: Row, from: number) => void;
  /** What a row shows. */
  children: (row: Row) => ReactNode;
}

export function PeopleList<Row extends PersonRow>({ label, rows, rowPx, cardRem, mark, autoFocus = false, onChoose, children }: ListProps<Row>): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const across = useAcross(scroller, cardRem);
  const kept = useRef(0);
  const virtual = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: Math.ceil(rows.length / across),
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight(rowPx),
    overscan: 6,
    indexAttribute: "data-line",
    rangeExtractor: useCallback((range: Range) => rangeWith(range, kept.current), []),
  });
  // Whoever has it already is where it stands, not where somebody looks for another.
  const chosen = rows.findIndex((row) => row.chosen === true && row.barred !== true);
  const { current, setCurrent, onKeyDown } = useRowKeys(virtual, scroller, rows.length, undefined, { first: Math.max(0, chosen), across });
  useEffect(() => {
    kept.current = Math.floor(current / across);
  }, [current, across]);
  useEffect(() => {
    if (chosen > 0) virtual.scrollToIndex(Math.floor(chosen / across), { align: "center" });
    // Who is chosen is looked for once; then the list stays where somebody scrolled it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  return (
    // The keys of every row, at one place.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={scroller} className={cardRem === undefined ? "people-scroll" : "people-scroll people-cards"} onKeyDown={onKeyDown}>
      <div role="listbox" aria-label={label} style={{ blockSize: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((line) => (
          <div key={line.key} ref={virtual.measureElement} data-line={line.index} className="people-line" style={{ insetBlockStart: line.start, gridTemplateColumns: `repeat(${across}, minmax(0, 1fr))` }}>
            {rows.slice(line.index * across, (line.index + 1) * across).map((row, place) => {
              const index = line.index * across + place;
              return (
                <button
                  key={row.id ?? ""}
                  type="button"
                  role="option"
                  className="people-row"
                  data-testid={row.mark ?? mark}
                  data-staff={row.id ?? undefined}
                  data-index={index}
                  tabIndex={index === current ? 0 : -1}
                  // oxlint-disable-next-line jsx-a11y/no-autofocus
                  autoFocus={autoFocus && index === current}
                  aria-selected={row.chosen === true}
                  aria-disabled={row.barred === true || undefined}
                  aria-setsize={rows.length}
                  aria-posinset={index + 1}
                  aria-label={row.words}
                  onFocus={() => setCurrent(index)}
                  onClick={(event) => (row.barred === true ? undefined : onChoose(row, event.timeStamp))}
                >
                  {children(row)}
                </button>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

/** How many cards of this width stand beside one another. */
function useAcross(scroller: RefObject<HTMLElement | null>, cardRem: number | undefined): number {
  const [across, setAcross] = useState(1);
  useLayoutEffect(() => {
    const list = scroller.current;
    if (list === null || cardRem === undefined) return undefined;
    const measure = () => setAcross(Math.max(1, Math.floor(list.clientWidth / (cardRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)))));
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(list);
    return () => sizes.disconnect();
  }, [scroller, cardRem]);
  return across;
}

interface SearchProps<Row extends PersonRow> extends Omit<ListProps<Row>, "rows" | "autoFocus"> {
  /** What can be typed into the field. */
  asks: string;
  fieldMark?: string;
  /** Who fits what was typed, folded; nothing typed is an empty text. */
  find: (wanted: string) => readonly Row[];
  /** Said in the list's place where nobody fits. */
  none: string;
  /** Between the field and the list. */
  head?: ReactNode;
}

/** A field that finds, and those who fit below it. Enter takes the first of them. */
export function PeopleSearch<Row extends PersonRow>({ asks, fieldMark, find, none, head, onChoose, ...list }: SearchProps<Row>): ReactNode {
  const [query, setQuery] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const below = useRef<HTMLDivElement>(null);
  const wanted = fold(query);
  const rows = find(wanted);
  const takeFirst = () => {
    const first = rows.find((row) => row.barred !== true);
    if (wanted !== "" && first !== undefined) onChoose(first, performance.now());
  };
  const goOnTyping = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.key === " " || !isText(event.key)) return;
    // The letter is written where the focus is when the key has been pressed.
    field.current?.focus();
  };
  return (
    <>
      <SearchField
        className="find people-find"
        aria-label={asks}
        value={query}
        onChange={setQuery}
        onSubmit={takeFirst}
        onKeyDown={(event) => {
          const first = below.current?.querySelector<HTMLElement>("[role=option][tabindex='0']");
          if (event.key !== "ArrowDown" || first == null) return;
          event.preventDefault();
          first.focus();
        }}
        autoFocus
      >
        <Search size={16} aria-hidden />
        <Input ref={field} className="input" placeholder={asks} data-search="" data-testid={fieldMark} />
      </SearchField>
      {head}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={below} className="people-found" onKeyDown={goOnTyping}>
        {rows.length === 0 ? <p className="people-none">{none}</p> : <PeopleList key={wanted} {...list} rows={rows} onChoose={onChoose} />}
      </div>
    </>
  );
}

/** What a key writes: a letter, or two at once. Keys that write nothing have names of several ASCII letters. */
function isText(key: string): boolean {
  return key.length === 1 || /[^\u0020-\u007e]/.test(key);
}
