// Everything that was done in an outage, or in a period of time: by whom, when, what came of it, what was decided, what is
// open. For the screen a page at a time; for paper all of it; as a table for other programs.

import { parseAbsolute } from "@internationalized/date";
import { plural, t } from "@lingui/core/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Printer, Table } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type ComponentProps, type ReactNode } from "react";
import { DateField, DateInput, DateSegment, Form, Label } from "react-aria-components";
import type { CameTo, CommandError, Report as Told, ReportPeriod, ReportRow, ReportSums } from "../../bindings/bindings";
import { attempt } from "../../data/actions";
import { metTheLock } from "../../data/lock";
import { useNow } from "../../data/ticker";
import { useApp, useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { asCommandError } from "../../platform/platform";
import { announce } from "../../shared/announcer";
import { Back, Button, RoomNumber, Select } from "../../shared/controls";
import { DayBegan, lineId } from "../../shared/DayBegan";
import { count, dateTime } from "../../shared/fmt";
import { useHeadingFocus } from "../../shared/focus";
import { Glyph } from "../../shared/glyphs";
import { rowHeight } from "../../shared/language";
import { cameToSentence, outageName } from "../../shared/outage";
import { go, routeHash } from "../../shared/route";
import { useRowKeys } from "../../shared/rowKeys";
import { Unshown } from "../../shared/Unshown";
import { said } from "../../shared/said";
import { Paper, PAPER_MAX } from "./Paper";
import { END_GLYPH, endCount, ENDS, endWord, outcomeWord } from "./words";
import "./report.css";

const PAGE = 100;
/** The longest page that the desk gives. */
const PAGE_MAX = 500;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const estimateSize = (): number => rowHeight(58);
const NOTHING: ReportSums = { recorded: 0, taken: 0, merged: 0, decided: 0, givenUp: 0, waiting: 0, attention: 0, balanced: true };

/** The address names an outage, or two times, or nothing for the last outage. */
export function periodOf(text: string | null): ReportPeriod {
  const [from, to] = (text ?? "").split("..");
  if (from !== undefined && to !== undefined) return { kind: "time", from, to };
  const id = Number(text);
  return text !== null && Number.isInteger(id) && id > 0 ? { kind: "outage", id } : { kind: "last" };
}

export default function Report({ period: asked }: { period: string | null }): ReactNode {
  const desk = useDesk();
  const now = useNow();
  const [end, setEnd] = useState<CameTo | null>(null);
  const [head, setHead] = useState<Told | null>(null);
  /** The lines that somebody opened. */
  const [open, setOpen] = useState<readonly string[]>([]);
  const [rows, setRows] = useState<ReadonlyMap<number, ReportRow>>(new Map());
  const [error, setError] = useState<CommandError | null>(null);
  const [paper, setPaper] = useState<Omit<ComponentProps<typeof Paper>, "period"> | null>(null);
  const [busy, setBusy] = useState(false);
  const [written, setWritten] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // Pages that are on screen.
  const range = useRef({ first: 0, last: 0 });
  const newest = useRef(0);

  const read = useCallback(async () => {
    const turn = (newest.current += 1);
    const period = periodOf(asked);
    const { first, last: until } = range.current;
    try {
      const pages = await Promise.all(Array.from({ length: until - first + 1 }, (_, n) => desk.platform.report(period, end, open, (first + n) * PAGE, PAGE)));
      // An answer that was overtaken by a newer question says nothing.
      if (turn !== newest.current) return;
      const found = new Map<number, ReportRow>();
      pages.forEach((page, n) => page.rows.forEach((row, at) => found.set((first + n) * PAGE + at, row)));
      setRows(found);
      const last = pages.at(-1);
      const people = pages.find((page) => page.people.length > 0)?.people;
      if (last !== undefined) setHead((before) => ({ ...last, people: people ?? before?.people ?? [] }));
      setError(null);
    } catch (thrown) {
      const why = asCommandError(thrown);
      if (turn === newest.current && !metTheLock(why)) setError(why);
    }
  }, [desk, asked, end, open]);

  useReading(read);
  const loaded = head !== null && error === null;
  useHeadingFocus(heading, loaded);

  const total = head?.total ?? 0;
  const sums = head?.sums ?? NOTHING;
  const onRange = useCallback(
    (first: number, last: number) => {
      const before = range.current;
      range.current = { first: Math.floor(first / PAGE), last: Math.floor(last / PAGE) };
      if (before.first !== range.current.first || before.last !== range.current.last) void read();
    },
    [read],
  );

  // What is to be printed stands on the paper before the window is asked to print it.
  useEffect(() => {
    if (paper === null) return undefined;
    const done = () => setPaper(null);
    window.addEventListener("afterprint", done, { once: true });
    window.print();
    return () => window.removeEventListener("afterprint", done);
  }, [paper]);

  const toggle = useCallback((id: string) => setOpen((before) => (before.includes(id) ? before.filter((each) => each !== id) : [...before, id])), []);
  const show = (each: CameTo | null) => {
    range.current = { first: 0, last: 0 };
    setEnd(each);
  };

  /** All actions of one end, as far as paper goes, and the report's head as the first page has it. */
  const all = async (one: CameTo | null): Promise<{ told: Told; found: ReportRow[] }> => {
    const told = await desk.platform.report(periodOf(asked), one, [], 0, PAGE_MAX);
    const found = [...told.rows];
    while (found.length < Math.min(told.total, PAPER_MAX)) {
      const next = await desk.platform.report(periodOf(asked), one, [], found.length, PAGE_MAX);
      if (next.rows.length === 0) break;
      found.push(...next.rows);
    }
    return { told, found };
  };
  /** One at a time: pressed twice, it is done once. */
  const once = async (work: () => Promise<void>) => {
    if (busy || sums.recorded === 0) return;
    setBusy(true);
    await attempt(work);
    setBusy(false);
  };
  const print = () =>
    once(async () => {
      const both = async (one: CameTo, other: CameTo) => [...(await all(one)).found, ...(await all(other)).found].toSorted((a, b) => a.localSeq - b.localSeq);
      const unsettled = await both("attention", "waiting");
      const decided = await both("decided", "givenUp");
      const { told, found } = await all(null);
      setPaper({ head: told, rows: found, open: unsettled, decided });
    });
  const save = () =>
    once(async () => {
      const file = await desk.platform.exportReport(periodOf(asked));
      setWritten(file.path);
      announce(plural(file.events, { one: "A table with # action is written.", other: "A table with # actions is written." }));
    });

  if (error !== null) {
    return (
      <Unshown className="report" error={error} testId="report-problem" onRetry={() => void read()}>
        <a className="report-link" href={routeHash({ view: "report", period: null })}>{t`The last outage`}</a>
      </Unshown>
    );
  }
  if (head === null) return <div className="report" aria-busy="true" />;
  const { outage } = head;
  const period = periodOf(asked);
  const cannot = sums.recorded === 0 || busy || undefined;
  return (
    <>
      <div className="report" data-testid="report">
        <header className="report-head">
          <div>
            <Back />
            <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
              {outage === null ? (period.kind === "time" ? t`What was done at this desk` : t`Report on an outage`) : outageName(outage, (stamp) => dateTime(stamp, now))}
            </h1>
            <p className="report-sentence" data-testid="report-sentence">
              {outage !== null ? cameToSentence(outage, sums) : period.kind === "time" ? plural(sums.recorded, { one: "# action.", other: "# actions." }) : t`This desk has not been without its service yet.`}
            </p>
          </div>
          <div className="report-actions">
            <Button testId="report-print" aria-disabled={cannot} onPress={() => void print()}>
              <Printer size={16} aria-hidden /> {t`Print`}
            </Button>
            <Button testId="report-save" aria-disabled={cannot} onPress={() => void save()}>
              <Table size={16} aria-hidden /> {t`Save as a table`}
            </Button>
          </div>
        </header>
        {written === null ? null : (
          <p className="report-written" data-testid="report-path">
            <Glyph name="tick" /> {t`The table is in`} <bdi dir="ltr" className="selectable">{written}</bdi>
          </p>
        )}
        <Choosing head={head} asked={asked} now={now} />
        {sums.recorded === 0 ? (
          // Of an outage the head says it already.
          outage !== null ? null : <p className="report-nothing" data-testid="report-nothing">{period.kind === "time" ? t`Nothing was done at this desk then.` : t`When it is, everything done meanwhile stands here, with what came of it.`}</p>
        ) : (
          <>
            <div className="ends" role="group" aria-label={t`What came of it`} data-testid="report-sums" data-balanced={sums.balanced}>
              <EndButton label={t`done`} value={sums.recorded} pressed={end === null} onPress={() => show(null)} testId="end-all" />
              {ENDS.map((each) => (
                <EndButton key={each} label={endWord(each, endCount(sums, each))} value={endCount(sums, each)} pressed={end === each} onPress={() => show(end === each ? null : each)} testId={`end-${each}`} />
              ))}
              {sums.balanced ? null : <p className="ends-wrong">{t`This sum does not come out. Nothing is deleted; export what waits and call support.`}</p>}
            </div>
            <p className="report-people">
              {head.people.map((person, at) => (
                <span key={said(person.name)}>
                  {at === 0 ? null : " · "}
                  <bdi>{said(person.name)}</bdi> {count(person.actions)}
                </span>
              ))}
            </p>
            <Rows key={end ?? "all"} rows={rows} total={total} now={now} onRange={onRange} onToggle={toggle} />
          </>
        )}
      </div>
      {paper === null ? null : <Paper {...paper} period={period} />}
    </>
  );
}

const keyAt = (rows: ReadonlyMap<number, ReportRow>, index: number): string | number => {
  const row = rows.get(index);
  return row === undefined ? index : lineId(row);
};

/** However many there are, only those near the screen are there. */
function Rows({ rows, total, now, onRange, onToggle }: { rows: ReadonlyMap<number, ReportRow>; total: number; now: number; onRange: (first: number, last: number) => void; onToggle: (id: string) => void }): ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const getItemKey = useCallback((index: number) => keyAt(rows, index), [rows]);
  const virtual = useVirtualizer<HTMLDivElement, HTMLTableRowElement>({ count: total, getScrollElement: () => scroller.current, estimateSize, overscan: 8, getItemKey });
  const items = virtual.getVirtualItems();
  const { current, setCurrent, onKeyDown } = useRowKeys(virtual, scroller, total);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onRange(first, last), [onRange, first, last]);
  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={scroller} className="report-scroll" tabIndex={-1} data-quiet-focus="" onKeyDown={onKeyDown}>
      <table className="report-table" aria-rowcount={total + 1} aria-label={t`What was done, in its order`}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col" className="col-when">{t`When`}</th>
            <th scope="col" className="col-place">{t`Room`}</th>
            <th scope="col">{t`What was done, by whom`}</th>
            <th scope="col">{t`What came of it`}</th>
          </tr>
        </thead>
        <tbody>
          {above > 0 ? <Gap size={above} /> : null}
          {items.map((item) => {
            const row = rows.get(item.index);
            return row === undefined ? (
              <tr key={`gap-${item.index}`} className="report-row">
                <td colSpan={4}>{"…"}</td>
              </tr>
            ) : (
              <Row key={lineId(row)} row={row} index={item.index} now={now} current={item.index === current} onCurrent={setCurrent} onToggle={onToggle} measure={virtual.measureElement} />
            );
          })}
          {below > 0 ? <Gap size={below} /> : null}
        </tbody>
      </table>
      {total === 0 ? <p className="report-nothing">{t`None.`}</p> : null}
    </div>
  );
}

function EndButton({ label, value, pressed, onPress, testId }: { label: string; value: number; pressed: boolean; onPress: () => void; testId: string }): ReactNode {
  return (
    <button type="button" className="end" aria-pressed={pressed} data-testid={testId} data-value={value} data-some={value > 0 || undefined} onClick={onPress}>
      <b>{count(value)}</b> {label}
    </button>
  );
}

function Gap({ size }: { size: number }): ReactNode {
  return (
    <tr aria-hidden>
      {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label */}
      <td colSpan={4} className="report-gap" style={{ blockSize: size }} />
    </tr>
  );
}

interface RowProps {
  row: ReportRow;
  index: number;
  now: number;
  current: boolean;
  onCurrent: (index: number) => void;
  onToggle: (id: string) => void;
  measure: (row: HTMLTableRowElement | null) => void;
}

function Row({ row, index, now, current, onCurrent, onToggle, measure }: RowProps): ReactNode {
  const tabIndex = current ? 0 : -1;
  return (
    <tr ref={measure} data-index={index} className="report-row" aria-rowindex={index + 2} tabIndex={tabIndex} onFocus={() => onCurrent(index)} data-testid="report-row" data-end={row.cameTo} data-event={row.eventId} data-rooms={row.began?.rooms}>
      <td className="col-when">
        {dateTime(row.recordedAt, now)}
        {row.offline ? null : <small>{t`online`}</small>}
      </td>
      <td className="col-place">
        {row.began !== null ? null : row.entityKind === "desk" ? (
          t`This desk`
        ) : (
          <a tabIndex={tabIndex} href={routeHash({ view: "story", entityKind: row.entityKind, entityId: row.entityId })} title={t`What happened in this room`}>
            <RoomNumber number={row.title} />
          </a>
        )}
      </td>
      <td>
        {row.began === null ? <bdi>{said(row.summary)}</bdi> : <DayBegan began={row.began} current={current} onToggle={onToggle} />}
        <small>
          <bdi>{said(row.actor)}</bdi>
        </small>
      </td>
      <td>
        <span className="report-end" data-end={row.cameTo}>
          <Glyph name={END_GLYPH[row.cameTo]} /> {outcomeWord(row)}
          {row.acceptedAt === null ? null : <time dateTime={row.acceptedAt}>{dateTime(row.acceptedAt, now)}</time>}
        </span>
        {row.decision === null ? null : (
          <small>
            <bdi>{said(row.decision.what)}</bdi> · <bdi>{said(row.decision.actor)}</bdi> · {dateTime(row.decision.at, now)}
          </small>
        )}
        {row.why === null ? null : <small dir="auto">{said(row.why)}</small>}
        {row.conflict ? <a tabIndex={tabIndex} href={routeHash({ view: "conflict", entityKind: row.entityKind, entityId: row.entityId })}>{t`Decide`}</a> : null}
      </td>
    </tr>
  );
}

const TIME = "time";
const LAST = "last";

/** Which outage, or from when to when. */
function Choosing({ head, asked, now }: { head: Told; asked: string | null; now: number }): ReactNode {
  const period = periodOf(asked);
  const choices = [
    ...(head.outages.length === 0 ? [{ id: LAST, label: t`The last outage` }] : []),
    ...head.outages.map((outage) => ({ id: String(outage.id), label: outageName(outage, (stamp) => dateTime(stamp, now)), hint: plural(outage.actions, { one: "# action", other: "# actions" }) })),
    { id: TIME, label: t`A period of time…` },
  ];
  const choose = (id: string) => {
    // Whole minutes, as the fields show them: the present one is in it, by the clock and not by when ages were told last.
    const until = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;
    if (id === TIME) go({ view: "report", period: `${new Date(until - DAY_MS).toISOString()}..${new Date(until).toISOString()}` });
    else go({ view: "report", period: id === LAST ? null : id });
  };
  const value = period.kind === "time" ? TIME : String(head.outage?.id ?? LAST);
  return (
    <div className="report-choosing">
      <Select label={t`Which`} choices={choices} value={value} onChange={choose} testId="report-period" />
      {period.kind === "time" ? <Times {...period} /> : null}
    </div>
  );
}

/** From when to when: shown once both are as they should be, and not with each digit. */
function Times(shown: { from: string; to: string }): ReactNode {
  const [from, setFrom] = useState(shown.from);
  const [to, setTo] = useState(shown.to);
  return (
    <Form
      className="report-times"
      onSubmit={(event) => {
        event.preventDefault();
        go({ view: "report", period: `${from}..${to}` });
      }}
    >
      <Moment label={t`From`} value={from} onChange={setFrom} testId="report-from" />
      <Moment label={t`To`} value={to} onChange={setTo} testId="report-to" />
      <Button type="submit" testId="report-show">{t`Show`}</Button>
    </Form>
  );
}

/** A day and a time, in the hotel's zone. */
function Moment({ label, value, onChange, testId }: { label: string; value: string; onChange: (value: string) => void; testId: string }): ReactNode {
  const zone = useApp((state) => state.hotel?.timeZone ?? "UTC");
  return (
    <DateField className="field" value={parseAbsolute(value, zone)} granularity="minute" hourCycle={24} hideTimeZone shouldForceLeadingZeros onChange={(chosen) => (chosen === null ? undefined : onChange(chosen.toDate().toISOString()))} data-testid={testId}>
      <Label>{label}</Label>
      <DateInput className="input moment">{(segment) => <DateSegment segment={segment} className="moment-part" />}</DateInput>
    </DateField>
  );
}
