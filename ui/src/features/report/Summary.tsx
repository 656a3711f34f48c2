// What came of the last outage, each room once: first what the front desk has to know, then the rest.

import { plural, t } from "@lingui/core/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import type { CommandError, OutageSummary, RoomOutcome } from "../../bindings/bindings";
import { metTheLock } from "../../data/lock";
import { useNow } from "../../data/ticker";
import { useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { asCommandError } from "../../platform/platform";
import { Back, Button, RoomNumber } from "../../shared/controls";
import { compareRooms, count, dateTime, iso } from "../../shared/fmt";
import { useHeadingFocus } from "../../shared/focus";
import { Glyph, type GlyphName } from "../../shared/glyphs";
import { rowHeight } from "../../shared/language";
import { cameToSentence, outageName } from "../../shared/outage";
import { go, routeHash } from "../../shared/route";
import { useRowKeys } from "../../shared/rowKeys";
import { Unshown } from "../../shared/Unshown";
import { said } from "../../shared/said";
import { buttonName } from "../../shared/words";
import { effectWord, endCount, ENDS, endWord } from "./words";
import "./report.css";

type Entry = { heading: string; hint: string } | { room: RoomOutcome };

const isRoom = (entry: Entry | undefined): boolean => entry !== undefined && "room" in entry;

const estimateSize = (): number => rowHeight(58);

/** What needs a decision stands first, then what failed; then the corridor's order. */
function ordered(rooms: readonly RoomOutcome[]): RoomOutcome[] {
  const asks = (room: RoomOutcome) => (room.conflict ? 0 : room.failed ? 1 : 2);
  return rooms.toSorted((a, b) => asks(a) - asks(b) || compareRooms(a.title, b.title));
}

function entries(rooms: readonly RoomOutcome[]): Entry[] {
  const front = ordered(rooms.filter((room) => room.effects.length > 0));
  const others = ordered(rooms.filter((room) => room.effects.length === 0));
  const group = (heading: string, hint: string, some: RoomOutcome[]): Entry[] => (some.length === 0 ? [] : [{ heading, hint }, ...some.map((room) => ({ room }))]);
  return [
    ...group(plural(front.length, { one: "# room changed for the front desk", other: "# rooms changed for the front desk" }), t`Ready or not any more, contested, departed, out of order, not to be disturbed, asked for now`, front),
    ...group(plural(others.length, { one: "# more place, with nothing the front desk waits for", other: "# more places, with nothing the front desk waits for" }), "", others),
  ];
}

const lookWord = (): string => t({ message: "Look", context: "a button: look at what failed" });

export default function Summary(): ReactNode {
  const desk = useDesk();
  const now = useNow();
  const [summary, setSummary] = useState<OutageSummary | null>(null);
  const [error, setError] = useState<CommandError | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const read = useCallback(async () => {
    try {
      setSummary(await desk.platform.outageSummary());
      setError(null);
    } catch (thrown) {
      const why = asCommandError(thrown);
      if (!metTheLock(why)) setError(why);
    }
  }, [desk]);
  useReading(read);
  const loaded = summary !== null && error === null;
  useHeadingFocus(heading, loaded);

  const list = useMemo(() => entries(summary?.rooms ?? []), [summary]);

  if (error !== null) {
    return <Unshown className="report" error={error} testId="summary-problem" onRetry={() => void read()} />;
  }
  if (summary === null) return <div className="report" aria-busy="true" />;
  const { outage, sums } = summary;
  return (
    <div className="report" data-testid="summary">
      <header className="report-head">
        <div>
          <Back />
          <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
            {outage === null ? t`What came of the last outage` : outageName(outage, (stamp) => dateTime(stamp, now))}
          </h1>
          <p className="report-sentence" data-testid="summary-sentence">
            {outage === null ? t`This desk has not been without its service yet.` : cameToSentence(outage, sums)}
          </p>
        </div>
        {list.length === 0 ? null : (
          <a className="report-link" href={routeHash({ view: "report", period: null })} data-testid="summary-report">{t`The whole report`}</a>
        )}
      </header>
      {list.length === 0 ? null : <Outcomes list={list} />}
    </div>
  );
}

/** As many rooms as a house has: only those near the screen are there. */
function Outcomes({ list }: { list: readonly Entry[] }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer<HTMLDivElement, HTMLLIElement>({ count: list.length, getScrollElement: () => scroller.current, estimateSize, overscan: 8 });
  const { current, setCurrent, onKeyDown } = useRowKeys(virtual, scroller, list.length, (index) => isRoom(list[index]));
  const items = virtual.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={scroller} className="report-scroll" tabIndex={-1} data-quiet-focus="" onKeyDown={onKeyDown}>
      <ul className="outcomes" aria-label={t`Rooms, with what came of them`}>
        {above > 0 ? <li aria-hidden style={{ blockSize: above }} /> : null}
        {items.map((item) => {
          const entry = list[item.index];
          if (entry === undefined) return null;
          if (!("room" in entry)) {
            return (
              <li key={item.key} data-index={item.index} ref={virtual.measureElement} className="outcome-heading">
                <h2>{entry.heading}</h2>
                {entry.hint === "" ? null : <small>{entry.hint}</small>}
              </li>
            );
          }
          return (
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/no-noninteractive-element-interactions
            <li key={item.key} tabIndex={item.index === current ? 0 : -1} onFocus={() => setCurrent(item.index)} data-index={item.index} ref={virtual.measureElement} className="outcome" data-testid="outcome" data-room={entry.room.entityId}>
              <Outcome room={entry.room} current={item.index === current} />
            </li>
          );
        })}
        {below > 0 ? <li aria-hidden style={{ blockSize: below }} /> : null}
      </ul>
    </div>
  );
}

function glyph(room: RoomOutcome): GlyphName {
  if (room.conflict || room.failed) return "alert";
  return room.sums.waiting > 0 ? "drive" : "tick";
}

function Outcome({ room, current }: { room: RoomOutcome; current: boolean }): ReactNode {
  const desk = useDesk();
  const { entityKind, entityId, title, sums } = room;
  const isDesk = entityKind === "desk";
  const look = () => {
    desk.outbox.setFilter("attention");
    go({ view: "sync" });
  };
  return (
    <>
      <span className="outcome-mark" data-asks={room.conflict || room.failed || undefined} data-waits={sums.waiting > 0 || undefined}>
        <Glyph name={glyph(room)} />
      </span>
      {isDesk ? (
        <b className="outcome-room">{t`This desk`}</b>
      ) : (
        <a className="outcome-room" tabIndex={current ? 0 : -1} href={routeHash({ view: "story", entityKind, entityId })} title={t`What happened in this room`}>
          <RoomNumber number={title} />
        </a>
      )}
      <div className="outcome-what">
        {room.effects.length === 0 ? null : (
          <p className="effects">
            {room.effects.map((effect) => (
              <span key={effect} className="effect" data-effect={effect}>
                {effectWord(effect)}
              </span>
            ))}
          </p>
        )}
        <small>
          {ENDS.filter((end) => endCount(sums, end) > 0)
            .map((end) => `${count(endCount(sums, end))} ${endWord(end, endCount(sums, end))}`)
            .join(" · ")}
          {room.last === null ? "" : ` · ${t`last: ${iso(said(room.last))}`}`}
        </small>
      </div>
      {room.conflict ? (
        <Button look="solid" small excludeFromTabOrder={!current} testId="outcome-decide" aria-label={t`Decide about room ${iso(title)}`} onPress={() => go({ view: "conflict", entityKind, entityId })}>
          {t`Decide`}
        </Button>
      ) : room.failed ? (
        <Button small excludeFromTabOrder={!current} testId="outcome-look" aria-label={buttonName(lookWord(), t`Room ${iso(title)}`)} onPress={look}>
          {lookWord()}
        </Button>
      ) : null}
    </>
  );
}
