// The front desk asks one thing all day: which room can I give out now, and is that safe? Every row answers it in words.

import { t } from "@lingui/core/macro";
import { useVirtualizer, type Range } from "@tanstack/react-virtual";
import { Search } from "lucide-react";
import { memo, useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from "react";
import { Input, SearchField } from "react-aria-components";
import { useStore } from "zustand";
import type { ClaimShown, RackRoom, RoomId, WaitingShown } from "../../bindings/bindings";
import { perform } from "../../data/actions";
import { useNow } from "../../data/ticker";
import { useDesk, useWatch } from "../../data/useDesk";
import { RoomNumber } from "../../shared/controls";
import { age, clock, count, iso, serviceDay } from "../../shared/fmt";
import { CLEANLINESS_GLYPH, Glyph, LOCAL_GLYPH } from "../../shared/glyphs";
import { useFocusKept } from "../../shared/focus";
import { rowHeight } from "../../shared/language";
import { rangeWith } from "../../shared/rowKeys";
import { shortcutOf } from "../../shared/shortcuts";
import { cleanlinessWord, flagWord, inAList, localStateWord, notSafeWord, occupancyWord, persons, sellabilityWord, stayWord, waitingWords } from "../../shared/words";
import { AskDialog, RoomPanel, type Recording } from "./dialogs";
import { RACK_FILTERS, rackCounts, rackList, type RackFilter } from "./filter";
import "./frontdesk.css";
import { primaryVerb, verbOf, type Ask, type Verb } from "./verbs";
import { bothSides, doing } from "./words";

const ROW = 64;
const HEAD = 36;
const estimateSize = (): number => rowHeight(ROW);

function filterWord(filter: RackFilter): string {
  switch (filter) {
    case "all":
      return t`All rooms`;
    case "ready":
      return t`Ready now`;
    case "waiting":
      return t`Guests waiting`;
    case "arrivals":
      return t`Arrivals`;
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
  const rangeExtractor = useCallback((range: Range) => rangeWith(range, at), [at]);
  const virtual = useVirtualizer({
    count: ids.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    overscan: 6,
    getItemKey,
    rangeExtractor,
    // The heading stays on top of what is scrolled, and the rows begin below it.
    scrollPaddingEnd: rowHeight(HEAD),
  });

  // What is asked of which room; the panel with everything about it is asked for by Enter.
  const [asked, setAsked] = useState<{ ask: Ask | "panel"; id: RoomId } | null>(null);
  const askedRoom = asked === null ? undefined : rack.rooms.get(asked.id);
  const focusRow = (id: RoomId | undefined) => {
    if (id !== undefined) requestAnimationFrame(() => document.getElementById(`rack-${id}`)?.focus({ preventScroll: true }));
  };
  // When the row that had the focus leaves the list, the row in its place takes it, or the empty list.
  const grid = useRef<HTMLDivElement>(null);
  const inPlace = useRef<HTMLElement>(null);
  useEffect(() => {
    const next = ids[at];
    inPlace.current = (next === undefined ? null : document.getElementById(`rack-${next}`)) ?? scroller.current;
  });
  useFocusKept(grid, inPlace);
  const close = () => {
    focusRow(asked?.id);
    setAsked(null);
  };
  const record = (room: RackRoom, { action, done, from }: Recording) => {
    setAsked(null);
    focusRow(room.roomId);
    void perform(desk, room.roomId, action, { number: room.number, done, from });
  };
  const doVerb = (room: RackRoom, verb: Verb, from: number) => {
    if (verb.ask !== undefined) setAsked({ ask: verb.ask, id: room.roomId });
    else if (verb.action !== undefined) record(room, { action: verb.action, done: verb.done, from });
  };
  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (!(event.target instanceof Element)) return;
    const id = event.target.closest<HTMLElement>("[data-room-id]")?.dataset["roomId"];
    const room = id === undefined ? undefined : rack.rooms.get(id);
    if (room === undefined) return;
    const what = event.target.closest<HTMLElement>("[data-do]")?.dataset["do"];
    const verb = what === "primary" ? primaryVerb(room) : null;
    if (verb !== null) doVerb(room, verb, event.timeStamp);
    else if (what === "panel" || event.detail === 2) setAsked({ ask: "panel", id: room.roomId });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const here = ids[at];
    const room = here === undefined ? undefined : rack.rooms.get(here);
    const onRow = event.target instanceof HTMLElement && event.target.getAttribute("role") === "row";
    if (room !== undefined && onRow && !event.ctrlKey && !event.altKey && !event.metaKey) {
      if (event.key === "Enter") {
        event.preventDefault();
        setAsked({ ask: "panel", id: room.roomId });
        return;
      }
      const shortcut = shortcutOf(event, "row");
      const verb = shortcut === null ? null : verbOf(room, shortcut);
      if (verb !== null) {
        event.preventDefault();
        doVerb(room, verb, event.timeStamp);
        return;
      }
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight(ROW)) - 1);
    const steps: Record<string, number> = { ArrowUp: at - 1, ArrowDown: at + 1, PageUp: at - page, PageDown: at + page, Home: 0, End: ids.length - 1 };
    const to = steps[event.key];
    if (to === undefined || ids.length === 0) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(to, ids.length - 1));
    setCurrent(next);
    virtual.scrollToIndex(next, { align: "auto" });
    // In a low window the list itself may not be wholly in sight: the browser scrolls what is around it.
    requestAnimationFrame(() => document.getElementById(`rack-${ids[next]}`)?.focus());
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
      <div ref={grid} role="grid" aria-label={t`Rooms`} aria-rowcount={ids.length + 1} className="rack-grid" onKeyDown={onKeyDown} onClick={onClick}>
        <div ref={scroller} className="rack-scroll" role="rowgroup" tabIndex={-1} data-quiet-focus="">
          <div role="row" aria-rowindex={1} className="rack-row rack-head">
            <span role="columnheader">{t`Room`}</span>
            <span role="columnheader">{t`Give it out?`}</span>
            <span role="columnheader">{t`Housekeeping`}</span>
            <span role="columnheader">{t`Front desk`}</span>
            <span role="columnheader">{t`Arrival`}</span>
            <span role="columnheader">{t`This desk`}</span>
            <span role="columnheader">
              <span className="hidden-words">{t`What to do`}</span>
            </span>
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
      {asked === null || askedRoom === undefined ? null : asked.ask === "panel" ? (
        <RoomPanel room={askedRoom} onClose={close} onVerb={(verb) => doVerb(askedRoom, verb, performance.now())} />
      ) : (
        <AskDialog room={askedRoom} ask={asked.ask} onClose={close} onRecord={(recording) => record(askedRoom, recording)} />
      )}
    </div>
  );
}

function emptyWords(filter: RackFilter, query: string): string {
  if (query.trim() !== "") return t`No room begins with what you typed.`;
  switch (filter) {
    case "ready":
      return t`No room is ready to give out right now.`;
    case "waiting":
      return t`No guest waits for a room.`;
    case "arrivals":
      return t`Nobody is expected any more today.`;
    case "discrepancies":
      return t`Front desk and housekeeping agree about every room.`;
    case "all":
      return t`This hotel has no rooms yet.`;
  }
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
  const verb = primaryVerb(room);
  const answer = room.safe.safe ? t`Safe to give out` : t`Not yet`;
  const leavesToday = room.stay === "due_out" || room.stay === "turnover";
  const guest = room.guest === null
    ? (room.stay === "turnover" ? t`Left, arrival to come` : stayWord(room.stay))
    // A time of leaving means something on the day itself; before it, the day does.
    : [stayWord(room.stay), leavesToday ? clock(room.guest.departs_at) : serviceDay(room.guest.departs_on, "short")].filter(Boolean).join(" · ");
  const name = [
    t`Room ${iso(room.number)}`,
    answer,
    ...reasons,
    cleanlinessWord(room.cleanliness),
    doing(room, now),
    room.discrepancy && room.hkOccupancy !== null ? bothSides(room) : occupancyWord(room.occupancy),
    room.arrival === null ? "" : t`arrival ${clock(room.arrival.eta)}`,
    room.claim === null ? "" : claimWords(room.claim),
    room.waiting === null ? "" : t`guest waits ${waitingWords(room.waiting, now)}`,
    localStateWord(room.localState),
  ];
  return (
    <div
      role="row"
      id={`rack-${id}`}
      aria-rowindex={index + 2}
      aria-label={inAList(name)}
      tabIndex={current ? 0 : -1}
      onFocus={() => onCurrent(index)}
      className="rack-row"
      style={{ insetBlockStart: top }}
      data-testid="rack-room"
      data-room={room.number}
      data-room-id={id}
      data-claimed={room.claim === null ? undefined : true}
      data-waiting={room.waiting === null ? undefined : true}
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
          <bdi>{room.roomType}</bdi> · {t`floor ${iso(room.floor)}`}
        </small>
      </span>
      <span role="gridcell" className="rack-answer">
        <b>
          <Glyph name={room.safe.safe ? "tick" : "cross"} />
          {answer}
        </b>
        {reasons.length === 0 ? null : <small>{[...(room.claim === null ? [] : [claimWords(room.claim)]), ...reasons.filter((_, at) => room.safe.reasons[at] !== "claimed")].join(" · ")}</small>}
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
              {clock(room.arrival.eta) || t`No time said`}
              {room.arrival.vip ? <span className="tag">{t`VIP`}</span> : null}
            </b>
            {room.waiting === null ? <small>{arrivalWords(room).join(" · ")}</small> : (
              <small className="rack-waits">
                <Glyph name="clock" />
                {waitShort(room.waiting, now)}
              </small>
            )}
          </>
        )}
      </span>
      <span role="gridcell" className="rack-local" data-state={room.localState}>
        <Glyph name={LOCAL_GLYPH[room.localState]} />
        {localStateWord(room.localState)}
      </span>
      <span role="gridcell" className="rack-do">
        {verb === null ? null : (
          <button type="button" tabIndex={-1} data-do="primary" data-testid="rack-primary" data-action={verb.id}>
            {verb.label.replace("…", "")}
          </button>
        )}
        <button type="button" tabIndex={-1} data-do="panel" data-testid="rack-more" aria-label={t`More for room ${iso(room.number)}`}>
          ⋯
        </button>
      </span>
    </div>
  );
});

function claimWords(claim: ClaimShown): string {
  return claim.guest === null ? t`claimed by ${iso(claim.by)}` : t`claimed for ${iso(claim.guest)} by ${iso(claim.by)}`;
}

/** For how long, and what was told, where there is little room. */
function waitShort(waiting: WaitingShown, now: number): string {
  const long = age(waiting.since, now);
  return waiting.promised === null ? t`waits ${long}` : t`waits ${long}, told ${clock(waiting.promised)}`;
}
