// The record of everything done at this desk, and where each piece stands. The sum on top must come out; if it does
// not, that is said before anything else.

import { plural, t } from "@lingui/core/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Pause, Play, RefreshCw, RotateCcw } from "lucide-react";
import { memo, useCallback, useEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useStore } from "zustand";
import type { OutboxFilter, OutboxRow, OutboxState, Retried, RowUndo, SyncStatus } from "../../bindings/bindings";
import { attempt, letGoOn, perform } from "../../data/actions";
import { useNow } from "../../data/ticker";
import { useApp, useDesk, useWatch } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { Button, Code, Dialog, Field, RoomNumber } from "../../shared/controls";
import { DayBegan, lineId } from "../../shared/DayBegan";
import { may, mayRecord, type Duty } from "../../shared/duties";
import { age, count, dateTime, duration, iso, time } from "../../shared/fmt";
import { Glyph, type GlyphName } from "../../shared/glyphs";
import { rowHeight } from "../../shared/language";
import { go, routeHash } from "../../shared/route";
import { inFull, said } from "../../shared/said";
import { showToast } from "../../shared/toasts";
import { giveFocus, useFocusKept, useHeadingFocus } from "../../shared/focus";
import { useRowKeys } from "../../shared/rowKeys";
import { flushSentence } from "../../shared/sending";
import { buttonName, outboxStateWord } from "../../shared/words";
import { AfterOutage } from "./AfterOutage";
import { Carried, CarryButtons } from "./Carried";
import { OnHold } from "./OnHold";
import "./synccenter.css";

/** What a row is thought to be high until it was measured. */
const ROW = 60;
/** The heading that stays on top; the rows begin below it. */
const HEAD = 36;
/** Longer than two frames. */
const FOCUS_MS = 60;
const estimateSize = (): number => rowHeight(ROW);

const STATE_GLYPH: Record<OutboxState, GlyphName> = {
  pending: "drive",
  syncing: "up",
  synced: "tick",
  failed: "alert",
  conflict: "split",
  held: "pickup",
  settled: "disc",
  discarded: "cross",
};

/** What is said of these says already who can try it again. */
const SAY_WHO = ["ROLE_MAY_NOT", "PASS_MISSING", "PASS_EXPIRED"];

const undoWord = (undo: RowUndo): string => (undo === "bringBack" ? t`Bring mine back` : t`Do it after all`);

// Every change of the queue comes by here, thousands in an hour: each part listens to what it shows, and no more of the
// screen is drawn anew than what changed.
export function SyncCenter(): ReactNode {
  useWatch("outbox");
  const page = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useHeadingFocus(heading);
  useFocusKept(page, heading);

  return (
    <div ref={page} className="sync" data-testid="sync-center">
      <header className="sync-head">
        <div className="sync-top">
          <h1 ref={heading} tabIndex={-1} data-quiet-focus="">{t`Sync Center`}</h1>
          <HeadActions />
        </div>
        <State />
      </header>

      <LedgerBar />

      <AfterOutage />

      <BacklogNote />

      <div className="sync-columns">
        <Rows />
        <Side />
      </div>
    </div>
  );
}

function HeadActions(): ReactNode {
  const desk = useDesk();
  const hasFailed = useApp((state) => state.sync.ledger.attention > 0) && mayRecord();
  const paused = useApp((state) => state.sync.paused);
  const retryFailed = async () => {
    const done = await attempt(() => desk.platform.retryFailed());
    if (done === undefined) return;
    const came = retriedWords(done);
    announce(came, { key: "retry-failed" });
    showToast(done.refused === 0 ? { tone: "done", text: came } : { tone: "trouble", text: came, nextStep: t`Each says why in its row, or when it is tried by itself.` });
  };
  return (
    <div className="sync-actions">
      <a className="sync-playbook" href={routeHash({ view: "playbook", place: null })} data-testid="open-playbook">{t`Playbook`}</a>
      <CarryButtons />
      <Button testId="retry-failed" aria-disabled={hasFailed ? undefined : true} onPress={() => (hasFailed ? void retryFailed() : undefined)}>
        <RotateCcw size={16} aria-hidden /> {t`Retry all failed`}
      </Button>
      <Button testId="pause-sending" data-paused={paused} onPress={() => void attempt(() => desk.platform.pauseSending(!paused))}>
        {paused ? <Play size={16} className="flips" aria-hidden /> : <Pause size={16} aria-hidden />} {paused ? t`Resume sending` : t`Pause sending`}
      </Button>
      <SyncNow />
    </div>
  );
}

function retriedWords({ tried, refused }: Retried): string {
  if (tried + refused === 0) return t`Nothing has failed. Conflicts want a decision.`;
  const again = plural(tried, { 0: "Nothing could be tried again", one: "# action is tried again", other: "# actions are tried again" });
  return refused === 0 ? t`${again}.` : t`${again}; ${plural(refused, { one: "# cannot be yet", other: "# cannot be yet" })}.`;
}

function SyncNow(): ReactNode {
  const desk = useDesk();
  const flushing = useApp((state) => state.sync.flushing);
  const syncNow = async () => {
    announce(t`Asking the service now.`, { key: "sync-now" });
    await attempt(() => desk.platform.syncNow());
  };
  return (
    <Button look="solid" testId="sync-now" onPress={() => void syncNow()}>
      <RefreshCw size={16} aria-hidden className={flushing ? "turning" : undefined} /> {flushing ? t`Sending…` : t`Sync now`}
    </Button>
  );
}

function State(): ReactNode {
  const sync = useApp((state) => state.sync);
  const now = useNow();
  return (
    <>
      <p className="sync-state" data-testid="sync-state">
        {stateSentence(sync, now)} {sync.slow === null || sync.state !== "online" ? null : <Code code={sync.slow.code} />}
      </p>
      {sync.notice === null ? null : (
        <p className="sync-state" data-testid="sync-notice">
          <bdi>{inFull(sync.notice)}</bdi> <Code code={sync.notice.code} />
        </p>
      )}
      <p className="sync-state">
        {flushSentence(sync, now)} {sync.lastFlush?.code == null ? null : <Code code={sync.lastFlush.code} />}
      </p>
    </>
  );
}

function BacklogNote(): ReactNode {
  const isLong = useApp((state) => state.sync.backlogWarning);
  return isLong ? (
    <p className="sync-note" data-testid="backlog">
      <Glyph name="alert" />
      <span>
        {t`More than 100 actions wait. Everything is kept and will be sent.`} <a href={routeHash({ view: "playbook", place: "more-than-100-actions-wait" })}>{t`What to check meanwhile`}</a>
      </span>
    </p>
  ) : null;
}

function Side(): ReactNode {
  const desk = useDesk();
  const conflicts = useStore(desk.outbox, (state) => state.conflicts);
  const merged = useStore(desk.outbox, (state) => state.merged);
  const carried = useStore(desk.outbox, (state) => state.carried);
  const onHold = useStore(desk.outbox, (state) => state.onHold);
  const now = useNow();
  if (conflicts.length + merged.length + carried.length + onHold.length === 0) return null;
  return (
    <aside className="sync-side" aria-label={t`What needs a decision, what is held back or carried for other desks, and what merged by itself`}>
      {conflicts.length === 0 ? null : (
        <section aria-labelledby="to-decide">
          <h2 id="to-decide">{plural(conflicts.length, { one: "# conflict to decide", other: "# conflicts to decide" })}</h2>
          <ul className="cards">
            {conflicts.map((head) => (
              <li key={`${head.entityKind}/${head.entityId}`} className="card" data-testid="conflict-card" data-entity={head.entityId} data-given-twice={head.givenTwice || undefined}>
                <b>
                  <Glyph name="split" /> {t`Room`} <RoomNumber number={head.title} />
                  {head.givenTwice ? <em className="card-urgent">{t`Given to two guests`}</em> : null}
                </b>
                <p dir="auto">{said(head.summary)}</p>
                <div className="card-foot">
                  <small>
                    {plural(head.fields, { one: "# field", other: "# fields" })} · {t`since ${dateTime(head.since, now)}`}
                  </small>
                  <Button look="solid" small testId="decide" aria-label={t`Decide about room ${iso(head.title)}`} onPress={() => go({ view: "conflict", entityKind: head.entityKind, entityId: head.entityId })}>
                    {t`Decide`}
                  </Button>
                </div>
              </li>
            ))}
          </ul>
        </section>
      )}
      <OnHold rooms={onHold} now={now} />
      <Carried carried={carried} now={now} />
      {merged.length === 0 ? null : (
        <section aria-labelledby="merged-notes">
          <h2 id="merged-notes">{t`Merged by itself`}</h2>
          <ul className="cards">
            {merged.map((note, at) => (
              <li key={`${note.at}/${note.title}/${at}`} className="card card-quiet">
                <b>
                  {t`Room`} <RoomNumber number={note.title} />
                </b>
                <p dir="auto">{said(note.summary)}</p>
                <small>{dateTime(note.at, now)}</small>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  );
}

function stateSentence(sync: SyncStatus, now: number): string {
  const parts: string[] = [];
  if (sync.mode === "workOffline") parts.push(t`You chose to work offline.`);
  else if (sync.reason !== null) parts.push(inFull(sync.reason));
  else if (sync.state === "online" && sync.slow !== null) parts.push(inFull(sync.slow));
  else if (sync.state === "online") parts.push(t`The service answers.`);
  else if (sync.state === "starting") parts.push(t`The service has not been asked yet.`);
  else parts.push(t`The service cannot be reached. Everything is saved on this device.`);
  if (sync.since !== null) parts.push(t`Since ${time(sync.since)} (${age(sync.since, now)}).`);
  if (sync.nextTryMs !== null && sync.state !== "online" && sync.mode === "auto") {
    parts.push(t`Next try in ${sync.nextTryMs < 60_000 ? t`less than a minute` : duration(sync.nextTryMs / 1000)}.`);
  }
  return parts.join(" ");
}

function LedgerBar(): ReactNode {
  const desk = useDesk();
  const ledger = useApp((state) => state.sync.ledger);
  const filter = useStore(desk.outbox, (state) => state.filter);
  const cells: { id: OutboxFilter; label: string; value: number; sign: string }[] = [
    { id: "all", label: t`recorded`, value: ledger.recorded, sign: "" },
    { id: "acknowledged", label: t`acknowledged`, value: ledger.acknowledged, sign: "=" },
    { id: "waiting", label: t`waiting`, value: ledger.waiting, sign: "+" },
    { id: "attention", label: plural(ledger.attention, { one: "needs a look", other: "need a look" }), value: ledger.attention, sign: "+" },
    { id: "discarded", label: t`discarded`, value: ledger.discarded, sign: "+" },
  ];
  return (
    <div className="ledger" role="group" aria-label={t`The sum of everything recorded here`} data-testid="ledger" data-balanced={ledger.balanced}>
      {cells.map((cell) => (
        <div key={cell.id} className="ledger-cell">
          {cell.sign === "" ? null : (
            <span className="ledger-sign" aria-hidden>
              {cell.sign}
            </span>
          )}
          <button
            type="button"
            className="ledger-button"
            aria-pressed={filter === cell.id}
            data-testid={`ledger-${cell.id}`}
            data-value={cell.value}
            data-some={cell.value > 0 || undefined}
            onClick={() => desk.outbox.setFilter(cell.id)}
          >
            <b>{count(cell.value)}</b> <span>{cell.label}</span>
          </button>
        </div>
      ))}
      {ledger.balanced ? null : (
        <p className="ledger-wrong">
          <Glyph name="alert" />
          {t`This sum does not come out. Nothing is deleted; export what waits and call support.`}
        </p>
      )}
    </div>
  );
}

function Rows(): ReactNode {
  const desk = useDesk();
  const { total, rows, ids, loaded, filter } = useStore(desk.outbox);
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const [givingUp, setGivingUp] = useState<OutboxRow | null>(null);
  // Whether somebody works in the list.
  const worksHere = useRef(false);
  const getItemKey = useCallback((index: number) => ids.get(index) ?? index, [ids]);
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroller.current, estimateSize, overscan: 6, getItemKey, scrollPaddingEnd: rowHeight(HEAD) });
  const items = virtual.getVirtualItems();
  const { current: at, setCurrent, onKeyDown } = useRowKeys(virtual, scroller, total);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => desk.outbox.setRange(first, last), [desk, first, last]);
  useEffect(() => {
    setCurrent(0);
    scroller.current?.scrollTo({ top: 0 });
  }, [filter, setCurrent]);

  // A button goes with what it did: the focus is never left behind.
  useEffect(() => {
    const list = scroller.current;
    const row = list?.querySelector<HTMLElement>(`tr[data-index="${at}"]`) ?? null;
    // After whatever else gives the focus back, as a dialog does that closes.
    const later = setTimeout(() => {
      if (worksHere.current && document.activeElement === document.body) giveFocus(row?.isConnected === true ? row : list);
    }, FOCUS_MS);
    return () => clearTimeout(later);
  });

  const onBlur = (event: FocusEvent<HTMLElement>) => {
    const to = event.relatedTarget;
    if (to instanceof HTMLElement && to.closest('[role="dialog"]') === null && !event.currentTarget.contains(to)) worksHere.current = false;
  };
  // The arrow keys of a button are its own.
  const onListKey = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target instanceof HTMLElement && event.target.closest("button") === null) onKeyDown(event);
  };

  const above = items[0]?.start ?? 0;
  const below = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);

  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={scroller} className="outbox" tabIndex={-1} data-quiet-focus="" onKeyDown={onListKey} onFocus={() => (worksHere.current = true)} onBlur={onBlur}>
        <table aria-rowcount={total + 1} aria-label={t`What was recorded here`}>
          <thead>
            <tr aria-rowindex={1}>
              <th scope="col" className="col-state">{t`Status`}</th>
              <th scope="col" className="col-room">{t`Room`}</th>
              <th scope="col">{t`What was done`}</th>
              <th scope="col" className="col-tries">{t`Tries`}</th>
              <th scope="col" className="col-do">
                <span className="hidden-words">{t`What can be done`}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {above > 0 ? <Gap size={above} /> : null}
            {items.map((item) => {
              const row = rows.get(item.index);
              return row === undefined ? (
                <tr key={`gap-${item.index}`} className="outbox-row">
                  <td colSpan={5}>{"…"}</td>
                </tr>
              ) : (
                <Row key={lineId(row)} row={row} now={now} index={item.index} current={item.index === at} onCurrent={setCurrent} onGiveUp={setGivingUp} measure={virtual.measureElement} />
              );
            })}
            {below > 0 ? <Gap size={below} /> : null}
          </tbody>
        </table>
        {loaded && total === 0 ? <p className="outbox-empty">{emptyWords(filter)}</p> : null}
      </div>
      {/* Outside the list, whose arrow keys are not those of the field. */}
      {givingUp === null ? null : <GiveUp row={givingUp} onClose={() => setGivingUp(null)} />}
    </>
  );
}

function GiveUp({ row, onClose }: { row: OutboxRow; onClose: () => void }): ReactNode {
  const desk = useDesk();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  const giveUp = async () => {
    const text = reason.trim();
    if (text === "") {
      setError(t`Say why, so that the next person knows.`);
      return;
    }
    const done = await attempt(async () => {
      await desk.platform.discardEvent(row.eventId, text);
      return true;
    });
    if (done !== true) return;
    announce(t`Room ${iso(row.title)}: given up. It stays in the record.`);
    onClose();
  };
  return (
    <Dialog title={t`Give up: ${iso(said(row.summary))}, room ${iso(row.title)}`} onClose={onClose} testId="dialog-give-up">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void giveUp();
        }}
      >
        <p>{t`It will not be sent again. It stays in the record, with your name and the reason, and what was recorded after it goes on.`}</p>
        <Field label={t`Why?`} value={reason} onChange={setReason} error={error} required autoFocus maxLength={200} testId="give-up-reason" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="give-up-confirm">{t`Give up`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Gap({ size }: { size: number }): ReactNode {
  return (
    <tr aria-hidden>
      {/* oxlint-disable-next-line jsx-a11y/control-has-associated-label */}
      <td colSpan={5} className="outbox-gap" style={{ blockSize: size }} />
    </tr>
  );
}

function emptyWords(filter: OutboxFilter): string {
  switch (filter) {
    case "all":
      return t`Nothing has been recorded at this desk yet.`;
    case "waiting":
      return t`Nothing waits. Everything recorded here has been sent.`;
    case "attention":
      return t`Nothing needs a look.`;
    case "acknowledged":
      return t`The service has not taken anything from this desk yet.`;
    case "discarded":
      return t`Nobody has given anything up.`;
  }
}

/** Whether somebody holds its room back. */
function isOnHold(row: OutboxRow): boolean {
  return row.code === "ROOM_ON_HOLD";
}

interface CellsProps {
  row: OutboxRow;
  now: number;
  current: boolean;
  onGiveUp: (row: OutboxRow) => void;
}

interface RowProps extends CellsProps {
  index: number;
  onCurrent: (index: number) => void;
  measure: (row: HTMLTableRowElement | null) => void;
}

// Drawn anew when its place changes, as every row's does when one comes on top; its cells are not.
const Row = memo(function Row({ index, onCurrent, measure, ...cells }: RowProps): ReactNode {
  const { row, current } = cells;
  return (
    <tr
      ref={measure}
      data-index={index}
      className="outbox-row"
      aria-rowindex={index + 2}
      tabIndex={current ? 0 : -1}
      onFocus={() => onCurrent(index)}
      data-testid="outbox-row"
      data-state={row.state}
      data-event={row.eventId}
      data-room={row.began === null ? row.title : undefined}
      data-rooms={row.began?.rooms}
    >
      <Cells {...cells} />
    </tr>
  );
});

// Drawn anew when their own words change, and not when the list scrolls or another row comes, changes or goes.
const Cells = memo(function Cells({ row, now, current, onGiveUp }: CellsProps): ReactNode {
  const desk = useDesk();
  // Trying it again, doing it after all and taking it back are asked of the action itself.
  const mine = may(row.action as Duty);
  const isOthers = !mine && (row.canRetry || row.undo === "doAgain") && !SAY_WHO.includes(row.code ?? "");
  const retry = async () => {
    const taken = await attempt(async () => {
      await desk.platform.retryEvent(row.eventId);
      return true;
    });
    if (taken === true) announce(t`Room ${iso(row.title)}: will be tried again.`);
  };
  const undoRow = async () => {
    if (row.undo === "bringBack") {
      await perform(desk, row.entityId, { action: "undo", args: { event: row.eventId } }, { number: row.title, done: t`brought back` });
      return;
    }
    const taken = await attempt(async () => {
      await desk.platform.retryEvent(row.eventId);
      return true;
    });
    if (taken === true) announce(t`Room ${iso(row.title)}: recorded once more.`);
  };
  return (
    <>
      <td>
        <span className="outbox-state" data-state={row.state}>
          <Glyph name={isOnHold(row) ? "bars" : STATE_GLYPH[row.state]} />
          {isOnHold(row) ? t`On hold` : outboxStateWord(row.state)}
        </span>
      </td>
      <td>
        {row.began !== null ? null : row.entityKind === "desk" ? (
          <span className="outbox-desk">{t`This desk`}</span>
        ) : (
          // Links of a row are stops of the Tab key in the current row alone, or they stand between people and what they look for.
          <a className="outbox-room" tabIndex={current ? 0 : -1} href={routeHash({ view: "story", entityKind: row.entityKind, entityId: row.entityId })} data-testid="row-story" title={t`What happened in this room`}>
            <RoomNumber number={row.title} />
          </a>
        )}
      </td>
      <td>
        {row.began === null ? <span className="outbox-what" dir="auto">{said(row.summary)}</span> : <DayBegan began={row.began} current={current} onToggle={desk.outbox.toggle} />}
        <small>
          <bdi>{said(row.actor)}</bdi> · {dateTime(row.recordedAt, now)}
          {row.offline ? ` · ${t`offline`}` : ""}
          {row.waitsFor === null ? "" : ` · ${t`waits for: ${iso(said(row.waitsFor))}`}`}
          {row.acknowledgedAt === null ? "" : ` · ${t`taken ${dateTime(row.acknowledgedAt, now)}`}`}
        </small>
        {row.why === null ? null : (
          <small className="outbox-why" data-state={row.state}>
            <b dir="auto">{said(row.why)}</b> <bdi>{said(row.nextStep)}</bdi> {isOthers ? t`Trying it again is for somebody whose role includes it.` : null} {row.code === null ? null : <Code code={row.code} tabIndex={current ? 0 : -1} />}
          </small>
        )}
      </td>
      {/* Tries in vain: of what went through at once there is nothing to say. */}
      <td className="outbox-tries">{row.attempts === 0 || row.began !== null ? null : count(row.attempts)}</td>
      <td className="outbox-do">
        {row.state === "conflict" ? (
          <Button small testId="row-decide" aria-label={t`Decide about room ${iso(row.title)}`} onPress={() => go({ view: "conflict", entityKind: row.entityKind, entityId: row.entityId })}>
            {t`Decide`}
          </Button>
        ) : null}
        {row.canRetry && mine ? (
          <Button small testId="retry" aria-label={t`Retry: ${said(row.summary)}, room ${iso(row.title)}`} onPress={() => void retry()}>
            {t`Retry`}
          </Button>
        ) : null}
        {isOnHold(row) ? (
          <Button small testId="row-let-go" aria-label={buttonName(t`Let it go on`, t`Room ${iso(row.title)}`)} onPress={() => void letGoOn(desk, row.entityId, row.title)}>
            {t`Let it go on`}
          </Button>
        ) : null}
        {row.undo === null || !mine ? null : (
          <Button small testId="row-undo" aria-label={buttonName(undoWord(row.undo), said(row.summary), t`Room ${iso(row.title)}`)} onPress={() => void undoRow()}>
            {undoWord(row.undo)}
          </Button>
        )}
        {row.state === "failed" && may("discard") ? (
          <Button small testId="give-up" aria-label={t`Give up: ${iso(said(row.summary))}, room ${iso(row.title)}`} onPress={() => onGiveUp(row)}>
            {t`Give up`}
          </Button>
        ) : null}
      </td>
    </>
  );
});
