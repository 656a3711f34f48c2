import { plural, t } from "@lingui/core/macro";
import { useVirtualizer, type Range } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useRef, type ReactNode } from "react";
import type { Column, TaskId } from "../../bindings/bindings";
import { count } from "../../shared/fmt";
import { COLUMN_GLYPH, Glyph } from "../../shared/glyphs";
import { rowHeight } from "../../shared/language";
import type { Density } from "../../shared/prefs";
import { rangeWith } from "../../shared/rowKeys";
import { columnWord, creditsWord } from "../../shared/words";
import { DropHint } from "./DropHint";
import type { LaneSum } from "./filter";
import { Tile } from "./Tile";

/** A tile's height and the gap below it, in CSS pixels for small Latin letters; board.css says the same. */
export const STRIDE: Record<Density, number> = { comfortable: 104, compact: 62 };

interface Props {
  column: Column;
  ids: readonly TaskId[];
  sum: LaneSum;
  density: Density;
  /** The tile that the focus is on or would return to, if it is in this lane. */
  currentId: TaskId | null;
  currentIndex: number;
  /** Grows when the current tile must be brought into sight. */
  scrollTo: number;
  filtered: boolean;
}

export const Lane = memo(function Lane({ column, ids, sum, density, currentId, currentIndex, scrollTo, filtered }: Props): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);

  const rangeExtractor = useCallback((range: Range): number[] => rangeWith(range, currentIndex), [currentIndex]);

  const getItemKey = useCallback((index: number) => ids[index] ?? index, [ids]);
  const estimateSize = useCallback(() => rowHeight(STRIDE[density]), [density]);

  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    overscan: 4,
    rangeExtractor,
    getItemKey,
  });

  useEffect(() => virtual.measure(), [density, virtual]);

  useEffect(() => {
    if (scrollTo > 0 && currentIndex >= 0) virtual.scrollToIndex(currentIndex, { align: "auto" });
    // Only a new wish scrolls; a lane that changed by itself stays where it is.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [scrollTo]);

  // Who is in the room matters for what is to be done, and for what can be inspected.
  const byOccupancy = column === "dirty" || column === "clean";
  const details = [
    sum.vacant > 0 && byOccupancy ? t`${count(sum.vacant)} vacant` : "",
    sum.occupied > 0 && byOccupancy ? t`${count(sum.occupied)} occupied` : "",
    sum.paused > 0 ? t`${count(sum.paused)} paused` : "",
    sum.cannotWork > 0 ? t`${count(sum.cannotWork)} cannot be worked` : "",
  ].filter(Boolean);

  return (
    <section className="lane" aria-labelledby={`lane-${column}`} data-column={column} data-testid="lane" data-count={ids.length}>
      <header className="lane-head">
        <h2 id={`lane-${column}`} tabIndex={-1} className="lane-title">
          <Glyph name={COLUMN_GLYPH[column]} className="glyph lane-glyph" />
          {columnWord(column)}
          <span className="lane-count">{count(ids.length)}</span>
          <span className="hidden-words">{plural(ids.length, { one: "task", other: "tasks" })}</span>
          <span className="lane-credits">{creditsWord(sum.credits)}</span>
        </h2>
        <p className="lane-details" title={details.join(" · ")}>
          {details.join(" · ")}
        </p>
      </header>
      <div ref={scroller} className="lane-scroll" data-lane={column} tabIndex={-1} data-quiet-focus="">
        {ids.length === 0 ? (
          <p className="lane-empty">{filtered ? t`No room here fits the filter.` : emptyWords(column)}</p>
        ) : (
          <div role="grid" aria-labelledby={`lane-${column}`} aria-rowcount={ids.length} aria-colcount={1} aria-multiselectable className="lane-grid" style={{ blockSize: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const id = ids[item.index];
              return id === undefined ? null : (
                <Tile key={id} id={id} column={column} index={item.index} top={item.start} current={id === currentId} />
              );
            })}
          </div>
        )}
      </div>
      <DropHint column={column} />
    </section>
  );
});

function emptyWords(column: Column): string {
  switch (column) {
    case "dirty":
      return t`Nothing waits to be cleaned.`;
    case "inProgress":
      return t`Nobody is in a room right now.`;
    case "clean":
      return t`Nothing waits for inspection.`;
    case "inspected":
      return t`No room has passed inspection yet.`;
  }
}
