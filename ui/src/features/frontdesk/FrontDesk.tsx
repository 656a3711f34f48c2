// The front desk asks one thing all day: which room can I give out now, and is that safe? Every row answers it in words.

import { t } from "@lingui/core/macro";
import { defaultRangeExtractor, useVirtualizer, type Range } from "@tanstack/react-virtual";
import { Search } from "lucide-react";
import { memo, useCallback, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Input, SearchField } from "react-aria-components";
import { useStore } from "zustand";
import type { RackRoom, RoomId } from "../../bindings/bindings";
import { useNow } from "../../data/ticker";
import { useDesk, useWatch } from "../../data/useDesk";
import { RoomNumber } from "../../shared/controls";
import { age, count, iso, serviceDay } from "../../shared/fmt";
import { CLEANLINESS_GLYPH, Glyph, LOCAL_GLYPH } from "../../shared/glyphs";
import { rowHeight } from "../../shared/language";
import { cleanlinessWord, flagWord, kindWord, localStateWord, notSafeWord, occupancyWord, persons, sellabilityWord, statusWord, stayWord } from "../../shared/words";
import { RACK_FILTERS, rackCounts, rackList, type RackFilter } from "./filter";
import "./frontdesk.css";

const ROW = 64;
const HEAD = 36;
const estimateSize = (): number => rowHeight(ROW);

function filterWord(filter: RackFilter): string {
  switch (filter) {
    case "all":
      return t`All rooms`;
    case "ready":
      return t`Ready now`;
    case "arrivals":
      return t`Arrivals waiting`;
    case "discrepancies":
      return t`Discrepancies`;
  }
}

export function FrontDesk(): ReactNode {
  const desk = useDesk();
  useWatch("rack");
  const rack = useStore(desk.rack);
  const [filter, setFilter] = useState<RackFilter>("all");
  const [query, setQuery] = useState("");
  // The map of rooms changes in place; its stamp says when to look again.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  const counts = useMemo(() => rackCounts(rack.rooms), [rack.rooms, rack.stamp]);
  const ids = useMemo(
    () => rackList(rack.order, rack.rooms, filter, query),
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [rack.order, rack.rooms, rack.stamp, filter, query],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(0);
  const at = Math.min(current, Math.max(0, ids.length - 1));
  const getItemKey = useCallback((index: number) => ids[index] ?? index, [ids]);
  // The current row stays in the page however far it is scrolled away, so that the focus is not lost with it.
  const rangeExtractor = useCallback(
    (range: Range) => {
      const indexes = defaultRangeExtractor(range);
      return at >= range.count || indexes.includes(at) ? indexes : [...indexes, at].toSorted((a, b) => a - b);
    },
    [at],
  );
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    overscan: 6,
    getItemKey,
    rangeExtractor,
    // The heading stays on top of what is scrolled.
    scrollPaddingStart: HEAD,
  });

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight(ROW)) - 1);
    const steps: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - page, PageDown: at + page, Home: 0, End: ids.length - 1 };
    const to = steps[event.key];
    if (to === undefined || ids.length === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(to, ids.length - 1));
    setCurrent(next);
    virtual.scrollToIndex(next, { align: "auto" });
    requestAnimationFrame(() => document.getElementById(`rack-${ids[next]}`)?.focus({ preventScroll: true }));
  };

  return (
    <div className="rack" data-testid="front-desk">
      <div className="rack-bar">
        <SearchField className="find" aria-label={t`Find a room`} value={query} onChange={setQuery}>
          <Search size={16} aria-hidden />
          <Input className="input" placeholder={t`Find a room`} data-search="" data-testid="rack-search" />
        </SearchField>
        <div className="rack-filters" role="group" aria-label={t`Which rooms to show`}>
          {RACK_FILTERS.map((each) => (
            <button key={each} type="button" className="rack-filter" aria-pressed={filter === each} data-testid={`rack-filter-${each}`} onClick={() => setFilter(each)}>
              {filterWord(each)} <span>{count(counts[each])}</span>
            </button>
          ))}
        </div>
      </div>
      {/* The rows take the focus, one at a time. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div role="grid" aria-label={t`Rooms`} aria-rowcount={ids.length + 1} className="rack-grid" onKeyDown={onKeyDown}>
        <div ref={scroller} className="rack-scroll" role="rowgroup" tabIndex={-1} data-quiet-focus="">
          <div role="row" aria-rowindex={1} className="rack-row rack-head">
            <span role="columnheader">{t`Room`}</span>
            <span role="columnheader">{t`Give it out?`}</span>
            <span role="columnheader">{t`Housekeeping`}</span>
            <span role="columnheader">{t`Front desk`}</span>
            <span role="columnheader">{t`Arrival`}</span>
            <span role="columnheader">{t`This desk`}</span>
          </div>
          {ids.length === 0 ? (
            <p className="rack-empty">{rack.revision === null ? "" : emptyWords(filter, query)}</p>
          ) : (
            <div className="rack-rows" style={{ blockSize: virtual.getTotalSize() }}>
              {virtual.getVirtualItems().map((item) => {
                const id = ids[item.index];
                return id === undefined ? null : <Row key={id} id={id} top={item.start} index={item.index} current={item.index === at} onCurrent={setCurrent} />;
              })}
            </div>
          )}
        </div>
      </div>
    </div>
  );
}

function emptyWords(filter: RackFilter, query: string): string {
  if (query.trim() !== "") return t`No room begins with what you typed.`;
  switch (filter) {
    case "ready":
      return t`No room is ready to give out right now.`;
    case "arrivals":
      return t`Nobody is expected any more today.`;
    case "discrepancies":
      return t`Front desk and housekeeping agree about every room.`;
    case "all":
      return t`This hotel has no rooms yet.`;
  }
}

function doing(room: RackRoom, now: number): string {
  if (room.task === null) return "";
  const parts = [kindWord(room.task.kind), room.task.status === "ready" ? t`waits` : statusWord(room.task.status).toLowerCase()];
  if (room.task.rush) parts.push(t`rush`);
  if (room.task.status !== "inspected") parts.push(room.task.assignee ?? t`nobody assigned`);
  if (room.task.startedAt !== null && room.task.status === "in_progress") parts.push(age(room.task.startedAt, now));
  return parts.join(" · ");
}

function arrivalWords(room: RackRoom): string[] {
  if (room.arrival === null) return [];
  return [persons(room.arrival.persons), room.arrival.nights === 0 ? t`day use` : ""].filter(Boolean);
}

interface RowProps {
  id: RoomId;
  top: number;
  index: number;
  current: boolean;
  onCurrent: (index: number) => void;
}

const Row = memo(function Row({ id, top, index, current, onCurrent }: RowProps): ReactNode {
  const { rack } = useDesk();
  const room = useStore(rack, (state) => state.rooms.get(id));
  const now = useNow();
  if (room === undefined) return null;
  const reasons = room.safe.reasons.map(notSafeWord);
  const answer = room.safe.safe ? t`Safe to give out` : t`Not yet`;
  const leavesToday = room.stay === "due_out" || room.stay === "turnover";
  const guest = room.guest === null
    ? (room.stay === "turnover" ? t`Left, arrival to come` : stayWord(room.stay))
    // A time of leaving means something on the day itself; before it, the day does.
    : [stayWord(room.stay), leavesToday ? room.guest.departs_at ?? "" : serviceDay(room.guest.departs_on, "short")].filter(Boolean).join(" · ");
  const name = [
    t`Room ${iso(room.number)}`,
    answer,
    ...reasons,
    cleanlinessWord(room.cleanliness),
    doing(room, now),
    room.discrepancy && room.hkOccupancy !== null ? bothSides(room) : occupancyWord(room.occupancy),
    room.arrival === null ? "" : t`arrival ${room.arrival.eta ?? ""}`,
    localStateWord(room.localState),
  ];
  return (
    <div
      role="row"
      id={`rack-${id}`}
      aria-rowindex={index + 2}
      aria-label={name.filter(Boolean).join(", ")}
      tabIndex={current ? 0 : -1}
      onFocus={() => onCurrent(index)}
      className="rack-row"
      style={{ insetBlockStart: top }}
      data-testid="rack-room"
      data-room={room.number}
      data-safe={room.safe.safe}
      data-cleanliness={room.cleanliness}
      data-occupancy={room.occupancy}
      data-local={room.localState}
      data-discrepancy={room.discrepancy || undefined}
      data-contested={room.contested || undefined}
    >
      <span role="gridcell" className="rack-number">
        <RoomNumber number={room.number} />
        <small>
          {room.roomType} · {t`floor ${room.floor}`}
        </small>
      </span>
      <span role="gridcell" className="rack-answer">
        <b>
          <Glyph name={room.safe.safe ? "tick" : "cross"} />
          {answer}
        </b>
        {reasons.length === 0 ? null : <small>{reasons.join(" · ")}</small>}
      </span>
      <span role="gridcell" className="rack-two">
        <b className="rack-clean" data-cleanliness={room.cleanliness}>
          <Glyph name={CLEANLINESS_GLYPH[room.cleanliness]} />
          {cleanlinessWord(room.cleanliness)}
          {room.sellability.kind === "in_service" ? null : <em>{sellabilityWord(room.sellability.kind)}</em>}
        </b>
        <small dir="auto">{doing(room, now)}</small>
      </span>
      <span role="gridcell" className="rack-two">
        {room.discrepancy && room.hkOccupancy !== null ? (
          <b className="rack-sides">
            <Glyph name="alert" />
            {bothSides(room)}
          </b>
        ) : (
          <b>{occupancyWord(room.occupancy)}</b>
        )}
        <small>
          {[guest, room.guest?.vip === true ? t`VIP` : "", ...room.flags.map(flagWord)].filter(Boolean).join(" · ")}
        </small>
      </span>
      <span role="gridcell" className="rack-two">
        {room.arrival === null ? (
          <small>{"–"}</small>
        ) : (
          <>
            <b>
              {room.arrival.eta ?? t`No time said`}
              {room.arrival.vip ? <span className="tag">VIP</span> : null}
            </b>
            <small>{arrivalWords(room).join(" · ")}</small>
          </>
        )}
      </span>
      <span role="gridcell" className="rack-local" data-state={room.localState}>
        <Glyph name={LOCAL_GLYPH[room.localState]} />
        {localStateWord(room.localState)}
      </span>
    </div>
  );
});

/** A discrepancy always says both sides. */
function bothSides(room: RackRoom): string {
  const office = occupancyWord(room.occupancy).toLowerCase();
  const seen = occupancyWord(room.hkOccupancy ?? room.occupancy).toLowerCase();
  return t`Front desk: ${office} / Housekeeping: ${seen}`;
}
