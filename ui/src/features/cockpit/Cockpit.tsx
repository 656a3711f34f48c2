// What opens from the pill: what is the case, why, what works, what waits, how old the knowledge is, and what to do if it
// lasts, in this order, at a glance. It hangs over the board and holds nothing up: whoever presses a tile beside it has
// pressed the tile.

import { plural, t } from "@lingui/core/macro";
import { BookOpen, ExternalLink, FileDown, Printer, RefreshCw, X } from "lucide-react";
import { useCallback, useEffect, useId, useRef, useState, type ReactNode, type RefObject } from "react";
import { Popover } from "react-aria-components";
import { useStore } from "zustand";
import type { DowntimePack, CommandError, ConflictHead, OutboxFilter, SyncStatus } from "../../bindings/bindings";
import { attempt } from "../../data/actions";
import type { Desk } from "../../data/desk";
import { metTheLock } from "../../data/lock";
import { useNow } from "../../data/ticker";
import { useApp, useDesk, useWatch } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { asCommandError } from "../../platform/platform";
import { announce } from "../../shared/announcer";
import { ConnectAgain } from "../../shared/ConnectAgain";
import { Button, Code, Dialog, RoomNumber } from "../../shared/controls";
import { ExportDialog } from "../../shared/ExportDialog";
import { age, count, dateTime, durationInWords } from "../../shared/fmt";
import { Glyph, type GlyphName } from "../../shared/glyphs";
import { useFocusKept } from "../../shared/focus";
import { GoOn } from "../../shared/GoOn";
import { pillModel } from "../../shared/pill";
import { PillIcon } from "../../shared/PillIcon";
import { routeHash, type Route } from "../../shared/route";
import { inFull, said } from "../../shared/said";
import { flushSentence } from "../../shared/sending";
import { ageSentence } from "../../shared/staleness";
import { inAList } from "../../shared/words";
import { caseSentence, placeWord, why } from "./cause";
import { parts, type Part } from "./works";
import "./cockpit.css";

/** As many conflicts as are read at a glance. */
const CONFLICTS_SHOWN = 3;
/** The clock of the ages goes in such steps, so the next try is told no finer. */
const STEP_S = 15;
const HOURS_OF_DAYS = 12;

interface Props {
  /** The pill. */
  anchor: RefObject<HTMLButtonElement | null>;
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

type Asked = "export" | "goOn";

export function Cockpit({ anchor, isOpen, onOpenChange }: Props): ReactNode {
  const blocked = useApp((state) => state.staleness.blocked);
  const [asking, setAsking] = useState<Asked | null>(null);
  const close = useCallback(() => onOpenChange(false), [onOpenChange]);

  // What blocks the board says all of this itself.
  useEffect(() => {
    if (blocked) close();
  }, [blocked, close]);
  useEffect(() => {
    if (!isOpen) return undefined;
    // The event comes late: one that tells of the way here is no way out.
    const from = window.location.hash;
    const onMove = () => {
      if (window.location.hash !== from) close();
    };
    window.addEventListener("hashchange", onMove);
    return () => window.removeEventListener("hashchange", onMove);
  }, [isOpen, close]);
  // It goes back to where the person was. If that is gone meanwhile, the pill is always there.
  useEffect(() => {
    const pill = anchor.current;
    if (!isOpen || pill === null) return undefined;
    const look = () => {
      if (document.activeElement === null || document.activeElement === document.body) pill.focus();
    };
    return () => {
      requestAnimationFrame(() => requestAnimationFrame(look));
    };
  }, [isOpen, anchor]);

  // A dialog stands in its place, and gives the focus back to the pill.
  const ask = (what: Asked) => {
    anchor.current?.focus();
    close();
    setAsking(what);
  };
  const answered = () => setAsking(null);

  return (
    <>
      <Popover
        className="cockpit"
        triggerRef={anchor}
        isOpen={isOpen && !blocked}
        onOpenChange={onOpenChange}
        isNonModal
        placement="bottom end"
        offset={14}
        // The pill itself opens and closes it.
        shouldCloseOnInteractOutside={(element) => anchor.current?.contains(element) !== true}
      >
        <Panel onClose={close} onAsk={ask} />
      </Popover>
      {asking === "export" ? <ExportDialog onClose={answered} /> : null}
      {asking === "goOn" ? (
        <Dialog title={t`Go on for longer`} onClose={answered} testId="dialog-go-on">
          <GoOn onDone={answered} onBack={answered} />
        </Dialog>
      ) : null}
    </>
  );
}

interface PanelProps {
  onClose: () => void;
  onAsk: (what: Asked) => void;
}

function Panel({ onClose, onAsk }: PanelProps): ReactNode {
  const desk = useDesk();
  const sync = useApp((state) => state.sync);
  const staleness = useApp((state) => state.staleness);
  const now = useNow();
  const panel = useRef<HTMLDivElement>(null);
  const title = useId();
  const reason = useId();
  const isBoard = desk.platform.window === "board";
  useWatch("outbox", isBoard);
  useEffect(() => panel.current?.focus({ preventScroll: true }), []);
  useFocusKept(panel, panel);
  const { tone } = pillModel(sync, staleness);
  return (
    <div
      ref={panel}
      role="dialog"
      aria-labelledby={title}
      aria-describedby={reason}
      tabIndex={-1}
      data-quiet-focus=""
      // What hangs over the page takes its direction from the controls' language; the page's own is meant.
      dir={document.documentElement.dir === "rtl" ? "rtl" : "ltr"}
      className="cockpit-panel"
      data-testid="cockpit"
      data-tone={tone}
    >
      <div className="cockpit-head" data-tone={tone}>
        <PillIcon tone={tone} turning={sync.flushing} size={22} />
        <h2 id={title} data-testid="cockpit-case">
          {caseSentence(sync, now)}
        </h2>
        {isBoard ? (
          <Way to={{ view: "sync" }} onGone={onClose} className="btn btn-solid" testId="cockpit-sync">
            {t`Sync Center`}
          </Way>
        ) : (
          <Button look="solid" testId="cockpit-board" onPress={() => void attempt(() => desk.platform.openWindow("board"))}>
            {t`Open the board`} <ExternalLink size={14} className="flips" aria-hidden />
          </Button>
        )}
        <Button look="quiet" className="dialog-close" aria-label={t`Close`} onPress={onClose}>
          <X size={18} aria-hidden />
        </Button>
      </div>
      <Reason id={reason} isBoard={isBoard} onGone={onClose} />
      <Works list={parts(sync, staleness)} />
      <Waits isBoard={isBoard} onGone={onClose} />
      <Age isBoard={isBoard} onAsk={onAsk} />
      <Lasts isBoard={isBoard} onGone={onClose} onAsk={onAsk} />
    </div>
  );
}

interface WayProps {
  to: Route;
  /** What the Sync Center is to show. */
  filter?: OutboxFilter;
  onGone: () => void;
  className?: string;
  testId?: string;
  children: ReactNode;
}

/** A link out of the panel, which closes it. */
function Way({ to, filter, onGone, className, testId, children }: WayProps): ReactNode {
  const desk = useDesk();
  const leave = () => {
    if (filter !== undefined) desk.outbox.setFilter(filter);
    onGone();
  };
  return (
    <a className={className} href={routeHash(to)} data-testid={testId} onClick={leave}>
      {children}
    </a>
  );
}

/** A code, with its way into the playbook where this window has one. */
function Named({ code, isBoard }: { code: string; isBoard: boolean }): ReactNode {
  return isBoard ? <Code code={code} /> : <span className="code">{code}</span>;
}

interface PartProps {
  isBoard: boolean;
  onGone: () => void;
}

function Reason({ id, isBoard, onGone }: PartProps & { id: string }): ReactNode {
  const sync = useApp((state) => state.sync);
  const title = useId();
  const because = why(sync);
  if (because === null) {
    return (
      <section aria-labelledby={title} data-testid="cockpit-why">
        <h3 id={title}>{t`Why`}</h3>
        <p id={id}>{sync.state === "online" ? t`Nothing is in the way: the service answers.` : t`Turndown was opened just now. Everything is saved here meanwhile.`}</p>
      </section>
    );
  }
  return (
    <section aria-labelledby={title} data-testid="cockpit-why" data-place={because.place} data-code={because.code ?? undefined}>
      <h3 id={title}>
        {t`Why`}: <b>{placeWord(because.place)}</b>
      </h3>
      <p id={id}>{because.message}</p>
      <dl className="cockpit-advice">
        <div data-testid="cockpit-do">
          <dt>
            <Glyph name="tick" /> {t`Do`}
          </dt>
          <dd>{because.good}</dd>
        </div>
        <div data-testid="cockpit-dont">
          <dt>
            <Glyph name="cross" /> {t`Don't`}
          </dt>
          <dd>{because.bad}</dd>
        </div>
      </dl>
      <ConnectAgain testId="cockpit-connect" />
      {because.code === null ? null : (
        <p className="cockpit-small">
          {isBoard ? (
            <Way to={{ view: "playbook", place: because.code }} onGone={onGone} testId="cockpit-code">
              {t`In the playbook: ${because.code}`}
            </Way>
          ) : (
            <span className="code">{because.code}</span>
          )}
        </p>
      )}
    </section>
  );
}

function Works({ list }: { list: readonly Part[] }): ReactNode {
  const title = useId();
  const missing = useId();
  const [good, bad] = [list.filter((part) => part.works), list.filter((part) => !part.works)];
  const lines = (some: readonly Part[], glyph: GlyphName) =>
    some.map((part) => (
      <li key={part.id} data-part={part.id} data-works={part.works}>
        <Glyph name={glyph} /> {part.text}
      </li>
    ));
  return (
    <section className="cockpit-works" data-testid="cockpit-works">
      <div>
        <h3 id={title}>{bad.length === 0 ? t`Everything works` : t`Works`}</h3>
        <ul aria-labelledby={title}>{lines(good, "tick")}</ul>
      </div>
      {bad.length === 0 ? null : (
        <div data-bad="">
          <h3 id={missing}>{t`Does not work`}</h3>
          <ul aria-labelledby={missing}>{lines(bad, "cross")}</ul>
        </div>
      )}
    </section>
  );
}

function waitsSentence(sync: SyncStatus, now: number): string {
  const { waiting, attention } = sync.ledger;
  if (waiting === 0) return attention === 0 ? t`Nothing waits: the service has everything recorded here.` : t`Nothing waits to be sent.`;
  const number = count(waiting);
  const waits = plural(waiting, { one: `${number} action waits`, other: `${number} actions wait` });
  if (sync.oldestWaiting === null) return `${waits}.`;
  return t`${waits}; the oldest since ${dateTime(sync.oldestWaiting, now)} (${age(sync.oldestWaiting, now)}).`;
}

/** When the service is asked again. The number is as old as the last reading, so it is rounded up. */
function nextTry(nextTryMs: number): string {
  if (nextTryMs > 60_000) return t`Next try within ${durationInWords(Math.ceil(nextTryMs / 60_000) * 60)}.`;
  const seconds = Math.max(1, Math.ceil(nextTryMs / 1000 / STEP_S)) * STEP_S;
  return t`Next try within ${count(seconds)} s.`;
}

function Waits({ isBoard, onGone }: PartProps): ReactNode {
  const desk = useDesk();
  const sync = useApp((state) => state.sync);
  const conflicts = useStore(desk.outbox, (state) => state.conflicts);
  const onHold = useStore(desk.outbox, (state) => state.onHold);
  const now = useNow();
  const title = useId();
  const { waiting } = sync.ledger;
  const attention = sync.ledger.attention + sync.carriedAttention;
  const held = count(sync.heldBack);
  const look = plural(attention, { one: `${count(attention)} needs a look`, other: `${count(attention)} need a look` });
  const hold = [
    onHold.length === 0 ? "" : plural(onHold.length, { one: "# room on hold", other: "# rooms on hold" }),
    sync.heldBack === 0 ? "" : plural(sync.heldBack, { one: `${held} action held back`, other: `${held} actions held back` }),
  ].filter(Boolean);
  return (
    <section aria-labelledby={title} data-testid="cockpit-waits" data-waiting={waiting} data-attention={attention}>
      <h3 id={title}>{t`What waits`}</h3>
      <p className="cockpit-main">
        {waiting > 0 && isBoard ? (
          <Way to={{ view: "sync" }} filter="waiting" onGone={onGone} testId="cockpit-waiting">
            {waitsSentence(sync, now)}
          </Way>
        ) : (
          waitsSentence(sync, now)
        )}
      </p>
      <ul className="cockpit-lines">
        {sync.ledger.balanced ? null : (
          <li data-tone="alarm" data-testid="cockpit-unbalanced">
            <Glyph name="alert" />
            <b>{t`The sum in the Sync Center does not come out. Nothing is deleted; export what waits and call support.`}</b>
          </li>
        )}
        {isBoard ? <Conflicts conflicts={conflicts} onGone={onGone} /> : null}
        {attention === 0 ? null : (
          <li data-tone="alarm">
            <Glyph name="alert" />
            {isBoard ? (
              <Way to={{ view: "sync" }} filter="attention" onGone={onGone} testId="cockpit-attention">
                {look}
              </Way>
            ) : (
              look
            )}
          </li>
        )}
        {hold.length === 0 ? null : (
          <li data-testid="cockpit-hold">
            <Glyph name="bars" />
            {isBoard ? (
              <Way to={{ view: "sync" }} filter="waiting" onGone={onGone}>
                {inAList(hold)}
              </Way>
            ) : (
              inAList(hold)
            )}
          </li>
        )}
        {sync.backlogWarning ? (
          <li data-testid="cockpit-backlog">
            <Glyph name="drive" />
            {isBoard ? (
              <Way to={{ view: "playbook", place: "more-than-100-actions-wait" }} onGone={onGone}>{t`More than 100: all of it is kept. What to check meanwhile`}</Way>
            ) : (
              t`More than 100: all of it is kept.`
            )}
          </li>
        ) : null}
      </ul>
      <div className="cockpit-send">
        {isBoard ? <Send sync={sync} desk={desk} /> : null}
        <p className="cockpit-small">
          {sync.nextTryMs !== null && sync.state !== "online" && sync.mode === "auto" ? `${nextTry(sync.nextTryMs)} ` : null}
          <span data-testid="cockpit-flush">{flushSentence(sync, now)}</span> {sync.lastFlush?.code == null ? null : <Named code={sync.lastFlush.code} isBoard={isBoard} />}
        </p>
      </div>
    </section>
  );
}

/** The conflicts, rooms that were given to two guests first: those stand at the front desk. */
function Conflicts({ conflicts, onGone }: { conflicts: readonly ConflictHead[]; onGone: () => void }): ReactNode {
  const inOrder = conflicts.toSorted((a, b) => Number(b.givenTwice) - Number(a.givenTwice));
  const more = inOrder.length - CONFLICTS_SHOWN;
  return (
    <>
      {inOrder.slice(0, CONFLICTS_SHOWN).map((head) => (
        <li key={`${head.entityKind}/${head.entityId}`} data-tone="alarm" data-testid="cockpit-conflict" data-given-twice={head.givenTwice || undefined}>
          <Glyph name={head.givenTwice ? "alert" : "split"} />
          <Way to={{ view: "conflict", entityKind: head.entityKind, entityId: head.entityId }} onGone={onGone}>
            {t`Room`} <RoomNumber number={head.title} />: {head.givenTwice ? <b>{t`given to two guests`}</b> : plural(head.fields, { one: "# field to decide", other: "# fields to decide" })}
          </Way>
        </li>
      ))}
      {more > 0 ? (
        <li data-tone="alarm">
          <Glyph name="split" />
          <Way to={{ view: "sync" }} onGone={onGone}>{plural(more, { one: "# more conflict", other: "# more conflicts" })}</Way>
        </li>
      ) : null}
    </>
  );
}

/** The one button that moves what waits, and says what it does. */
function Send({ sync, desk }: { sync: SyncStatus; desk: Desk }): ReactNode {
  const { platform } = desk;
  const ask = async () => {
    announce(t`Asking the service now.`, { key: "sync-now" });
    await platform.syncNow();
  };
  let way: { id: string; label: string; run: () => Promise<void> };
  if (sync.mode === "workOffline") way = { id: "online", label: t`Work online again`, run: () => platform.setLink("auto") };
  else if (sync.mode === "unplugged") way = { id: "plug", label: t`Plug in again`, run: () => platform.setLink("auto") };
  else if (sync.state !== "online") way = { id: "retry", label: t`Try again now`, run: ask };
  else if (sync.paused) way = { id: "resume", label: t`Resume sending`, run: () => platform.pauseSending(false) };
  else way = { id: "sync", label: sync.flushing ? t`Sending…` : t`Sync now`, run: ask };
  return (
    <Button testId="cockpit-send" data-does={way.id} onPress={() => void attempt(way.run)}>
      <RefreshCw size={16} aria-hidden className={sync.flushing ? "turning" : undefined} /> {way.label}
    </Button>
  );
}

function Age({ isBoard, onAsk }: { isBoard: boolean; onAsk: (what: Asked) => void }): ReactNode {
  const desk = useDesk();
  const staleness = useApp((state) => state.staleness);
  const isUp = useApp((state) => state.sync.mode === "auto" && state.sync.state === "online");
  const now = useNow();
  const title = useId();
  const { knownAt, ageS, limitS, emergency } = staleness;
  const limit = durationInWords(limitS);
  return (
    <section aria-labelledby={title} data-testid="cockpit-age" data-age={ageS ?? undefined}>
      <h3 id={title}>{t`How old the knowledge is`}</h3>
      <p className="cockpit-main">{knownAt === null ? t`Nothing is known from the service yet.` : ageS === null ? ageSentence(null) : t`Known from the service up to ${dateTime(knownAt, now)} (${age(knownAt, now)}).`}</p>
      {ageS === null ? null : (
        <>
          {/* A native meter is drawn by each engine in its own way, and none of them shows a stripe. */}
          <div
            className="cockpit-meter"
            role="meter"
            aria-label={t`How old the knowledge is`}
            aria-valuemin={0}
            aria-valuemax={limitS}
            aria-valuenow={Math.min(ageS, limitS)}
            aria-valuetext={t`${durationInWords(ageS)} of ${limit}`}
            data-level={ageS >= limitS ? "over" : staleness.warn ? "warn" : "fresh"}
          >
            <span style={{ inlineSize: `${Math.min(100, (ageS / limitS) * 100)}%` }} />
          </div>
          <p className="cockpit-scale" aria-hidden>
            <span>{t`${durationInWords(ageS)} old`}</span> <span>{t`limit ${limit}`}</span>
          </p>
        </>
      )}
      {emergency === null ? (
        <p className="cockpit-small" data-testid="cockpit-blocks">
          {blocksSentence(knownAt, ageS, limitS, isUp, now)}
        </p>
      ) : (
        <div className="cockpit-emergency" data-testid="cockpit-emergency">
          <Glyph name="alert" />
          <p>
            <b>{t`Emergency operation until ${dateTime(emergency.until, now)}.`}</b> <bdi>{emergency.name}</bdi>: <bdi>{emergency.reason}</bdi>
          </p>
          {staleness.mayGoOn && isBoard ? <Button small testId="cockpit-prolong" onPress={() => onAsk("goOn")}>{t`Go on for longer`}</Button> : null}
          <Button small testId="cockpit-refresh" onPress={() => void attempt(() => desk.platform.refreshSnapshot())}>{t`Refresh now`}</Button>
        </div>
      )}
    </section>
  );
}

/** When the board is blocked if nothing comes before. */
function blocksSentence(knownAt: string | null, ageS: number | null, limitS: number, isUp: boolean, now: number): string {
  if (ageS === null || knownAt === null) return t`So no room is called safe to give out. Set the clock right, or connect once.`;
  if (isUp) return t`It stays fresh for as long as the service answers.`;
  const at = Date.parse(knownAt) + limitS * 1000;
  if (Number.isNaN(at) || ageS >= limitS) return t`The board is blocked until the service answers, or a manager goes on.`;
  return t`The board is blocked at ${dateTime(new Date(at).toISOString(), now)}, in ${durationInWords(limitS - ageS)}, unless the service answers before.`;
}

/** The page of the playbook that fits. */
function pageFor(sync: SyncStatus, ageS: number | null): string | null {
  if (sync.mode === "workOffline") return "a-planned-shift-without-network";
  if (sync.mode === "auto" && sync.state === "online") return null;
  return ageS !== null && ageS < HOURS_OF_DAYS * 3600 ? "an-outage-of-hours" : "an-outage-of-days";
}

function Lasts({ isBoard, onGone, onAsk }: PartProps & { onAsk: (what: Asked) => void }): ReactNode {
  const desk = useDesk();
  const page = useApp((state) => pageFor(state.sync, state.staleness.ageS));
  const now = useNow();
  const title = useId();
  const [pack, setPack] = useState<DowntimePack | null>(null);
  const [error, setError] = useState<CommandError | null>(null);
  const read = useCallback(async () => {
    try {
      setPack(await desk.platform.downtimePack());
      setError(null);
    } catch (thrown) {
      const failure = asCommandError(thrown);
      if (!metTheLock(failure)) setError(failure);
    }
  }, [desk]);
  useReading(read);
  const problem = error === null ? (pack?.problem ? said(pack.problem) : null) : inFull(error);
  return (
    <section className="cockpit-lasts" aria-labelledby={title} data-testid="cockpit-lasts">
      <h3 id={title}>{t`If it lasts`}</h3>
      <div className="cockpit-pack" data-testid="cockpit-pack" data-problem={problem !== null || undefined}>
        <p>
          {pack === null ? t`The downtime pack has every room on paper.` : pack.writtenAt === null ? t`The downtime pack has not been written yet.` : t`The downtime pack has every room on paper, as of ${dateTime(pack.writtenAt, now)} (${age(pack.writtenAt, now)}).`}
        </p>
        {pack === null ? null : (
          <p className="cockpit-small selectable">
            <bdi dir="ltr" data-testid="cockpit-folder">
              {pack.folder}
            </bdi>
          </p>
        )}
        {problem === null ? null : (
          <p className="cockpit-problem" data-testid="cockpit-pack-problem">
            <Glyph name="alert" /> <span>{problem}</span>
          </p>
        )}
      </div>
      <div className="cockpit-ways">
        <Button testId="cockpit-open-pack" onPress={() => void attempt(() => desk.platform.openDowntimePack())}>
          <Printer size={16} aria-hidden /> {t`Open or print the pack`}
        </Button>
        {isBoard ? (
          <>
            <Button testId="cockpit-export" onPress={() => onAsk("export")}>
              <FileDown size={16} aria-hidden /> {t`Export what waits…`}
            </Button>
            <Way to={{ view: "playbook", place: page }} onGone={onGone} className="btn btn-outline" testId="cockpit-playbook">
              <BookOpen size={16} aria-hidden /> {t`Playbook`}
            </Way>
          </>
        ) : null}
      </div>
    </section>
  );
}
