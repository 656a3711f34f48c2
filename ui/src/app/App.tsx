// Which view stands in this window, and the keys that work in all of them.

import { t } from "@lingui/core/macro";
import { Activity, Fragment, lazy, memo, Suspense, useEffect, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { useStore } from "zustand";
import { lockDesk, undo } from "../data/actions";
import type { Desk } from "../data/desk";
import { DeskContext, useApp, useDesk } from "../data/useDesk";
import { Board } from "../features/board/Board";
import { Conflict } from "../features/conflict/Conflict";
import { FrontDesk } from "../features/frontdesk/FrontDesk";
import { Guide } from "../features/guide/Guide";
import { RadioLine } from "../features/radio/RadioLine";
import { Locked } from "../features/setup/Locked";
import { ConnectedAgain, FirstLoad, Setup, Trouble, WhoIsWorking } from "../features/setup/Setup";
import { EmergencyStamp } from "../features/stale/Emergency";
import { StaleModal } from "../features/stale/Stale";
import { Story } from "../features/story/Story";
import { SyncCenter } from "../features/synccenter/SyncCenter";
import { connectingAgain } from "../shared/ConnectAgain";
import { announce } from "../shared/announcer";
import { configureDuties } from "../shared/duties";
import { configure } from "../shared/fmt";
import { isGivingFocus } from "../shared/focus";
import { giveFocusToTheView } from "../shared/giveFocusToTheView";
import { calledHere } from "../shared/GoOn";
import { isTyping, SHORTCUTS, type ShortcutId } from "../shared/keys";
import { speech } from "../shared/language";
import { prefs } from "../shared/prefs";
import { go, useRoute } from "../shared/route";
import { said } from "../shared/said";
import { shortcutOf } from "../shared/shortcuts";
import { ChangePin } from "./ChangePin";
import { Frame, NoticePlace, StartNotice } from "./Frame";
import { openSettings, Settings, settings, SettingsButton } from "./Settings";
import { Shortcuts } from "./Shortcuts";

const SEQUENCE_MS = 1_500;
/** So often at most the core hears that somebody is here. */
const STILL_HERE_MS = 20_000;
/** Frames in which what had the focus goes, when somebody comes to the desk. */
const COMES_WITHIN = 60;

export function App({ desk }: { desk: Desk }): ReactNode {
  return (
    <DeskContext value={desk}>
      <Root />
      <Settings />
    </DeskContext>
  );
}

/** Words, numbers and the heights of rows are worked out where they are shown: whoever changes them has the views made
 * anew, by this name. What a person has done is in the desk's stores, not in the views. */
function useHowWritten(): string {
  const { language, digits, calendar } = useStore(speech);
  const textSize = useStore(prefs, (each) => each.textSize);
  return [language.code, digits, calendar, textSize].join(" ");
}

function Root(): ReactNode {
  const desk = useDesk();
  const written = useHowWritten();
  const ready = useStore(desk.app, (slice) => slice.state !== null);
  const error = useStore(desk.app, (slice) => (slice.state === null ? slice.error : null));
  if (ready) return <Phases />;
  return error === null ? null : <Unreadable key={written} message={said(error.message)} next={said(error.nextStep)} code={error.code} />;
}

/** The core did not even say where the app stands. */
function Unreadable({ message, next, code }: { message: string; next: string; code: string }): ReactNode {
  const desk = useDesk();
  return (
    <main className="unreadable" data-testid="unreadable">
      <h1 dir="auto">{message}</h1>
      <p dir="auto">{next}</p>
      <p className="code">{code}</p>
      <button type="button" className="btn btn-solid" onClick={() => void desk.refresh()}>{t`Look again`}</button>
    </main>
  );
}

function Phases(): ReactNode {
  const phase = useApp((state) => state.phase);
  const trouble = useApp((state) => state.trouble);
  const loading = useApp((state) => state.loading);
  const hotel = useApp((state) => state.hotel);
  const mayNot = useApp((state) => state.signIn.mayNot);
  const connecting = useStore(connectingAgain, (each) => each.open);
  const written = useHowWritten();
  if (hotel !== null) configure({ timeZone: hotel.timeZone });
  configureDuties(mayNot);
  switch (phase) {
    case "setup":
      return <BeforeTheBoard key={written}><Setup /></BeforeTheBoard>;
    case "loading":
      return <BeforeTheBoard key={written}>{connecting ? <ConnectedAgain /> : <FirstLoad loading={loading} />}</BeforeTheBoard>;
    case "choosePerson":
      return <BeforeTheBoard key={written}><WhoIsWorking /></BeforeTheBoard>;
    case "trouble":
      return <Trouble key={written} error={trouble} />;
    case "ready":
    case "locked":
      return <Lockable locked={phase === "locked"} />;
  }
}

/** What somebody works at. While the desk is locked it is kept, with what they had begun, and is not there for anybody:
 * nothing of it is shown, said or asked for, nor of what it has open before it. Whoever unlocks the desk goes on where they
 * were, and nobody finds what another had begun. */
function Lockable({ locked }: { locked: boolean }): ReactNode {
  const written = useHowWritten();
  const turn = useTurn();
  // Anybody can change the language of a locked desk, and change it back: what is behind it goes over when it is unlocked.
  const [behind, setBehind] = useState(written);
  if (!locked && behind !== written) setBehind(written);
  /** Where the focus was when it locked. */
  const had = useRef<Element | null>(null);
  /** Whose turn was last seen here. */
  const seen = useRef<number | null>(null);
  // Here it comes after the views, which take the focus when they come.
  useEffect(() => {
    if (locked) {
      settings.setState({ open: false });
      // Of a code that was half typed nothing is kept.
      connectingAgain.setState({ open: false });
    } else if (seen.current !== null) {
      if (had.current instanceof HTMLElement && had.current.isConnected) had.current.focus();
      giveFocusToTheView(COMES_WITHIN);
    }
    seen.current = turn;
  }, [locked, turn]);
  return (
    <>
      {locked ? <BeforeTheBoard key={written} locked><Locked /></BeforeTheBoard> : null}
      <Activity mode={locked ? "hidden" : "visible"}>
        <Ready key={`${turn} ${behind}`} locked={locked} had={had} />
      </Activity>
    </>
  );
}

/** Who is working and what they may, where people show who they are. */
function useWorker(): string {
  return useApp(({ signIn, person }) => (signIn.byPin ? [person?.id ?? "", ...signIn.mayNot].join(" ") : ""));
}

/** Counts who takes the desk over. */
function useTurn(): number {
  const worker = useWorker();
  const person = useApp((state) => state.person?.id ?? null);
  const [now, setNow] = useState({ worker, turn: 0 });
  if (now.worker !== worker) setNow({ worker, turn: person !== null && calledHere.getState().id === person ? now.turn : now.turn + 1 });
  return now.turn;
}

/** While the desk is locked, what start-up found waits: it may tell of what was recorded. */
function BeforeTheBoard({ children, locked = false }: { children: ReactNode; locked?: boolean }): ReactNode {
  return (
    <div className="before-the-board">
      <NoticePlace>
        <EmergencyStamp locked={locked} />
        {locked ? null : <StartNotice />}
      </NoticePlace>
      <SettingsButton />
      {children}
    </div>
  );
}

// Drawn anew with the lock and by what it shows, and not in a language that somebody tries meanwhile.
const Ready = memo(function Ready({ locked, had }: { locked: boolean; had: RefObject<Element | null> }): ReactNode {
  const desk = useDesk();
  const route = useRoute();
  const [sheet, setSheet] = useState(false);
  const [switching, setSwitching] = useState(false);
  const [changing, setChanging] = useState(false);
  const [cockpit, setCockpit] = useState(false);
  const connecting = useStore(connectingAgain, (each) => each.open);
  const worker = useWorker();
  const isBoard = desk.platform.window === "board";
  // Only one of them at a time: the cockpit would stand before the sheet.
  const showSheet = () => {
    setCockpit(false);
    setSheet(true);
  };
  const changeKeys = () => {
    setSheet(false);
    openSettings("keys");
  };
  useKeys(showSheet, () => setCockpit((isOpen) => !isOpen));
  useTitle(route.view, isBoard);
  useStillHere();
  useLockSaidBefore();
  useLayoutEffect(
    () => () => {
      had.current = document.activeElement;
    },
    [had],
  );
  // Of a PIN that was half typed nothing is kept, and whoever comes back comes back to their work.
  if (locked && (switching || changing)) {
    setSwitching(false);
    setChanging(false);
  }

  if (connecting) return <BeforeTheBoard><ConnectedAgain /></BeforeTheBoard>;
  if (switching) return <BeforeTheBoard><WhoIsWorking onCancel={() => setSwitching(false)} /></BeforeTheBoard>;
  return (
    <>
      <Frame cockpit={cockpit} onCockpit={setCockpit} onShortcuts={showSheet} onSwitchPerson={() => setSwitching(true)} onChangePin={() => setChanging(true)}>
        {/* A manager who signs in where old data is gone on with has views of their own as well. */}
        <Fragment key={worker}>
          {isBoard ? <Guide /> : null}
          <main className="main" data-region="" tabIndex={-1} data-quiet-focus="" data-view={isBoard ? route.view : "front-desk"}>
            {isBoard ? <BoardViews /> : <FrontDesk />}
          </main>
          {!isBoard || route.view === "board" ? <RadioLine /> : null}
        </Fragment>
      </Frame>
      {changing ? <ChangePin onClose={() => setChanging(false)} /> : null}
      {sheet ? <Shortcuts onClose={() => setSheet(false)} onChange={changeKeys} /> : null}
      <StaleModal />
    </>
  );
});

/** By hand, by voice, or by whatever else writes and presses for somebody. */
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "click", "input", "focusin"] as const;

/** The core locks a desk that nobody touches: so it hears of every touch, now and then, and of the last one. */
function useStillHere(): void {
  const desk = useDesk();
  const byPin = useApp((state) => state.signIn.byPin);
  useEffect(() => {
    if (!byPin) return undefined;
    let saidAt = -Infinity;
    let later: ReturnType<typeof setTimeout> | undefined;
    let pointer = "";
    const say = () => {
      saidAt = performance.now();
      later = undefined;
      // What a touch is not heard by costs a PIN, no more.
      void desk.platform.stillHere().catch(() => undefined);
    };
    const touched = (event: Event) => {
      if (event.type === "focusin" && isGivingFocus()) return;
      if (event.type === "pointermove") {
        // Some engines say that a pointer moved when what is under it did.
        const { screenX, screenY } = event as PointerEvent;
        const before = pointer;
        pointer = `${screenX} ${screenY}`;
        if (pointer === before) return;
      }
      const wait = saidAt + STILL_HERE_MS - performance.now();
      if (wait <= 0) say();
      else later ??= setTimeout(say, wait);
    };
    for (const touch of TOUCHES) window.addEventListener(touch, touched, { capture: true, passive: true });
    return () => {
      clearTimeout(later);
      for (const touch of TOUCHES) window.removeEventListener(touch, touched, { capture: true });
    };
  }, [desk, byPin]);
}

/** Whoever listens hears of the lock in time, and that every key holds it off. */
function useLockSaidBefore(): void {
  const soon = useApp((state) => state.signIn.locksSoon);
  useEffect(() => {
    if (soon) announce(`${t`This desk locks in a moment.`} ${t`Press any key to stay.`}`, { key: "locks-soon" });
  }, [soon]);
}

// Read seldom, and not before it is asked for.
const Playbook = lazy(() => import("../features/playbook/Playbook"));
const Report = lazy(() => import("../features/report/Report"));
const Summary = lazy(() => import("../features/report/Summary"));

function BoardViews(): ReactNode {
  const route = useRoute();
  switch (route.view) {
    case "sync":
      return <SyncCenter />;
    case "conflict":
      return <Conflict key={`${route.entityKind}/${route.entityId}`} entityKind={route.entityKind} entityId={route.entityId} />;
    case "story":
      return <Story key={`${route.entityKind}/${route.entityId}`} entityKind={route.entityKind} entityId={route.entityId} />;
    case "playbook":
      return (
        <Suspense fallback={<div aria-busy="true" />}>
          <Playbook place={route.place} />
        </Suspense>
      );
    case "summary":
      return (
        <Suspense fallback={<div aria-busy="true" />}>
          <Summary />
        </Suspense>
      );
    case "report":
      return (
        <Suspense fallback={<div aria-busy="true" />}>
          <Report key={route.period} period={route.period} />
        </Suspense>
      );
    case "board":
    case "front-desk":
      return (
        <>
          <h1 className="hidden-words" tabIndex={-1}>{t`Board`}</h1>
          <Board />
        </>
      );
  }
}

function useTitle(view: string, isBoard: boolean): void {
  const hotel = useApp((state) => state.hotel?.name ?? "");
  useEffect(() => {
    const names: Record<string, string> = { board: t`Board`, story: t`A room's story`, playbook: t`Playbook`, summary: t`What came of the last outage`, report: t`Report` };
    const name = isBoard ? (names[view] ?? t`Sync Center`) : t`Front Desk`;
    document.title = `${name} · ${hotel} · Turndown`;
  }, [view, hotel, isBoard]);
}

/** The keys that work everywhere. Letters do nothing in text fields and behind a dialog. */
function useKeys(onSheet: () => void, onCockpit: () => void): void {
  const desk = useDesk();
  /** When the key that goes to a view was pressed. */
  const wentAt = useRef(-Infinity);
  const byPin = useApp((state) => state.signIn.byPin);
  const sheet = useRef(onSheet);
  const cockpit = useRef(onCockpit);
  useEffect(() => {
    sheet.current = onSheet;
    cockpit.current = onCockpit;
  });
  useEffect(() => {
    const isBoard = desk.platform.window === "board";
    const view = (to: "board" | "sync") => (isBoard ? go({ view: to }) : void desk.platform.openWindow("board"));
    const does: Partial<Record<ShortcutId, () => void>> = {
      board: () => view("board"),
      syncCenter: () => view("sync"),
      frontDesk: () => void desk.platform.openWindow("front-desk"),
      cockpit: () => cockpit.current(),
      find: () => document.querySelector<HTMLInputElement>("[data-search]")?.focus(),
      sheet: () => sheet.current(),
      radio: () => {
        if (isBoard) go({ view: "board" });
        requestAnimationFrame(() => document.querySelector<HTMLInputElement>("[data-radio]")?.focus());
      },
      undo: () => void undo(desk),
      settings: () => openSettings(),
      lock: () => void lockDesk(desk),
      ...(isBoard ? { syncCenterAtOnce: () => go({ view: "sync" }) } : {}),
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.key === "Shift") return;
      // Whoever leaves the desk does not close first what is open on it.
      const isLock = shortcutOf(event, "everywhere") === "lock";
      if (isLock && !byPin) return;
      if (!isLock && document.querySelector(".overlay, .popover") !== null) return;
      if (event.key === "F6") {
        event.preventDefault();
        nextRegion(event.shiftKey ? -1 : 1);
        return;
      }
      const wasGoing = event.timeStamp - wentAt.current < SEQUENCE_MS;
      wentAt.current = -Infinity;
      const shortcut = (wasGoing ? shortcutOf(event, "afterGo") : null) ?? shortcutOf(event, "everywhere");
      if (shortcut === null) return;
      // In a text field letters are text, and what is undone is the typing.
      if (isTyping(event.target) && (shortcut === "undo" || SHORTCUTS[shortcut].ctrl === undefined)) return;
      if (shortcut === "go") wentAt.current = event.timeStamp;
      const act = does[shortcut];
      if (act === undefined) return;
      event.preventDefault();
      if (SHORTCUTS[shortcut].place === "afterGo") event.stopPropagation();
      act();
    };
    // Before the tiles see it: the second key of two is not theirs.
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [desk, byPin]);
}

function nextRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]:not(:empty)")];
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + step + regions.length) % regions.length];
  const target = next?.querySelector<HTMLElement>("[tabindex='0'], a[href], button:not([tabindex='-1']), input") ?? next;
  target?.focus();
}
