// The board: four lanes, one tab stop, and the rules that keep the focus where a person expects it.

import { t } from "@lingui/core/macro";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Action, Column, TaskId, Tile } from "../../bindings/bindings";
import { letGoOn, perform, performMany, underway, type NotDone } from "../../data/actions";
import { COLUMNS } from "../../data/board";
import { rendered } from "../../data/probe";
import { share } from "../../data/share";
import { useApp, useDesk, useWatch } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { count, iso } from "../../shared/fmt";
import { giveFocus } from "../../shared/focus";
import { isTyping, keyOf } from "../../shared/keys";
import { rowHeight } from "../../shared/language";
import { prefs } from "../../shared/prefs";
import { mayNotWords } from "../../shared/duties";
import { shortcutOf } from "../../shared/shortcuts";
import { showToast } from "../../shared/toasts";
import { columnWord, tasksWord, workWord } from "../../shared/words";
import "./board.css";
import { bulkVerbs, roomsOf, type BulkVerb } from "./bulk";
import { AddTask, AskDialog, type NewTask, type Recording } from "./dialogs";
import { attachDrag, type DragSite } from "./drag";
import { dragging, NOT_DRAGGING } from "./DropHint";
import { boardFilter, filterLanes, findRoom, isFiltering, NO_SUM, sumLane, type LaneSum } from "./filter";
import { Filters } from "./Filters";
import { Suggestions } from "./Suggestions";
import { moveFocus, moveOfKey, nextFocus, type Move, type TileFocus } from "./focus";
import { Lane, STRIDE } from "./Lane";
import { laneBeside, movable, planMove, planReasons, verdictOn } from "./moves";
import { SelectionBar } from "./SelectionBar";
import { clearSelection, extendSelection, isSelected, retainSelected, selectAll, selectedTiles, selection, toggleSelected } from "./selection";
import { TileMenu } from "./TileMenu";
import { isOthersVerb, primaryVerb, verbOf, type Ask, type Verb } from "./verbs";

const OFFLINE_VIEWED = "frontend.housekeeping.offline_kanban_viewed";

/** A pressed pointer, an open menu or a tile in the hand holds the board still for this long at most. */
const HOLD_POINTER_MS = 5_000;
const HOLD_MENU_MS = 20_000;
const HOLD_DRAG_MS = 20_000;
/** Digits typed further apart than this begin a new room number. */
const TRAVEL_MS = 1_200;

/** What this person did to a task: where the focus goes when it shows. */
interface Acting {
  /** The revision in which it shows, once known. */
  shows: number | null;
  /** The focus goes along with the tile: the person moved it. */
  follows: boolean;
}

/** What is asked before something is recorded of some tasks. */
interface Asked {
  ask: Ask;
  tasks: readonly string[];
  /** They go to another lane by it. */
  moves?: boolean;
  /** They were selected for it, and are done with once it is recorded. */
  selected?: boolean;
  /** What was asked for with them and cannot be. */
  notDone?: readonly NotDone[];
}

interface How {
  moves?: boolean;
  selected?: boolean;
  notDone?: readonly NotDone[];
}

interface FocusState {
  focus: TileFocus;
  /** Whether the page's focus must be put on the tile, and whether it must be brought into sight. */
  claim: number;
  scroll: number;
}

/** The steps that draw a range with Shift. */
const WITHIN_A_LANE: readonly Move[] = ["up", "down", "pageUp", "pageDown", "home", "end"];

/** Where the focus was when the board was last looked at. */
let lastFocus: TileFocus | null = null;
/** Who selected what is selected: nobody else finds it. */
let selectedBy: string | null = null;

function domTile(taskId: string): HTMLElement | null {
  return document.getElementById(`tile-${taskId}`);
}

export function Board(): ReactNode {
  const desk = useDesk();
  useWatch("board");
  const state = useStore(desk.board);
  const filter = useStore(boardFilter);
  const density = useStore(prefs, (each) => each.density);
  const offline = useApp((app) => app.sync.state === "offline" || app.sync.mode !== "auto");

  useEffect(() => {
    if (offline) void desk.platform.telemetry(OFFLINE_VIEWED, {}).catch(() => undefined);
  }, [offline, desk]);

  const filtering = isFiltering(filter);
  const lanes = useMemo(
    () => filterLanes(state.lanes, state.tiles, filter),
    // The map of tiles changes in place: while something is filtered, its stamp says when to look again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [state.lanes, filter, filtering ? state.stamp : 0],
  );

  // What a filter leaves is said once it stands; not what the day changes in it.
  const said = useRef(filter);
  useEffect(() => {
    if (said.current === filter) return;
    said.current = filter;
    const shown = COLUMNS.reduce((sum, column) => sum + lanes[column].length, 0);
    announce(filtering ? t`${tasksWord(shown)} shown.` : t`All tasks shown.`, { key: "filter" });
  }, [filter, filtering, lanes]);

  // Summed once for every change, and kept as one object for as long as a lane's sum says the same.
  const kept = useRef<Readonly<Record<Column, LaneSum>> | undefined>(undefined);
  const sums = useMemo(() => {
    const sum = (column: Column) => sumLane(lanes[column], state.tiles);
    kept.current = share(kept.current, { dirty: sum("dirty"), inProgress: sum("inProgress"), clean: sum("clean"), inspected: sum("inspected") });
    return kept.current;
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [lanes, state.stamp]);

  const selecting = useStore(selection, (each) => each.ids.size > 0);

  // Where the focus is, or would return to.
  const [current, setCurrent] = useState<FocusState | null>(null);
  const inside = useRef(false);
  // Tasks that this person acted on.
  const acting = useRef(new Map<string, Acting>());
  const root = useRef<HTMLDivElement>(null);
  const lanesBox = useRef<HTMLDivElement>(null);

  // What is asked: the menu, a dialog, or the dialog for more work.
  const [asked, setAsked] = useState<Asked | null>(null);
  const [adding, setAdding] = useState<{ number: string } | null>(null);
  const [menu, setMenu] = useState<{ taskId: string } | null>(null);

  useLayoutEffect(() => {
    if (state.revision !== null) rendered(state.revision);
  }, [state]);

  const latest = useRef(current);
  useLayoutEffect(() => {
    latest.current = current;
    if (current !== null) lastFocus = current.focus;
  });

  const shownBefore = useRef(lanes);

  // The board changed: hold to the rules of where the focus goes.
  useLayoutEffect(() => {
    const was = latest.current;
    if (was === null) {
      const first = moveFocus({ column: "dirty", taskId: "", index: 0 }, lanes, "first", 1);
      const back = lastFocus === null ? null : nextFocus(lastFocus, lanes, "remote");
      const focus = back?.kind === "tile" ? back.focus : back?.kind === "same" ? lastFocus : first;
      if (focus === null) return;
      // Coming to the board, the focus goes to where it was there, unless a person has it elsewhere already.
      const free = document.activeElement === document.body || inside.current;
      inside.current = free;
      setCurrent({ focus, claim: free ? 1 : 0, scroll: lastFocus === null ? 0 : 1 });
      return;
    }
    const act = acting.current.get(was.focus.taskId);
    const mover = act === undefined ? "remote" : act.follows ? "move" : "verb";
    const next = nextFocus(was.focus, lanes, mover, shownBefore.current);
    if (next.kind === "same") return;
    if (next.kind === "lane") {
      if (inside.current) giveFocus(document.getElementById(`lane-${next.column}`), {});
      // The heading has the focus, but Tab and the arrows must still lead to a tile: the one that left, if it is here.
      const left = nextFocus(was.focus, lanes, "remote");
      const focus = left.kind === "tile" ? left.focus : moveFocus(was.focus, lanes, "first", 1);
      setCurrent(focus === null ? null : { ...was, focus });
      return;
    }
    // A tile that only changed its place in its lane keeps its element, and with it the focus.
    const moved = next.focus.column !== was.focus.column || next.focus.taskId !== was.focus.taskId;
    const claim = inside.current && moved ? was.claim + 1 : was.claim;
    const scroll = inside.current && mover !== "remote" ? was.scroll + 1 : was.scroll;
    setCurrent({ focus: next.focus, claim, scroll });
  }, [lanes]);

  useLayoutEffect(() => {
    shownBefore.current = lanes;
  }, [lanes]);

  // What the board shows by now is behind; later moves of those tiles are not this person's.
  const renderedTo = useRef(0);
  const forgetShown = useCallback(() => {
    for (const [id, { shows }] of acting.current) {
      if (shows !== null && renderedTo.current >= shows) acting.current.delete(id);
    }
  }, []);
  useLayoutEffect(() => {
    renderedTo.current = state.revision ?? 0;
    forgetShown();
  }, [state, forgetShown]);

  const claim = current?.claim ?? 0;
  const currentId = current?.focus.taskId ?? null;
  // A board that is shown again after the lock has claimed it before.
  const claimed = useRef(0);
  useLayoutEffect(() => {
    if (claim > claimed.current && currentId !== null) giveFocus(domTile(currentId));
    claimed.current = claim;
    // Only a new claim moves the page's focus; a tile that becomes current by a filter does not take it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [claim]);

  // Where the lanes do not fit into the window, what is around a lane scrolls as well. Of what others did nothing scrolls.
  const scroll = current?.scroll ?? 0;
  useEffect(() => {
    if (scroll > 0 && currentId !== null) domTile(currentId)?.scrollIntoView({ block: "nearest", inline: "nearest" });
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [scroll]);

  const focusTile = useCallback((focus: TileFocus) => {
    inside.current = true;
    setCurrent((was) => ({ focus, claim: (was?.claim ?? 0) + 1, scroll: (was?.scroll ?? 0) + 1 }));
  }, []);

  // The focus is never lost to the page's body: when what had it is gone, the board takes it back.
  useEffect(() => {
    const rescue = () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !document.hasFocus() || document.querySelector(".overlay") !== null) return;
        // By now the focus may belong to another tile than when this was asked for.
        const tile = latest.current === null ? null : domTile(latest.current.focus.taskId);
        giveFocus(tile ?? root.current);
      });
    };
    document.addEventListener("focusout", rescue);
    rescue();
    return () => document.removeEventListener("focusout", rescue);
  }, [current, lanes, selecting, asked, menu, adding]);

  // Whoever went elsewhere is not called back by what changes here, whichever way they went: from a tile, or from the menu
  // or the dialog of one, which are drawn elsewhere but belong to it.
  useEffect(() => {
    const look = (at: EventTarget | null) => {
      if (!(at instanceof Element) || at === root.current || lanesBox.current?.contains(at) === true) return;
      if (at.closest(".overlay, .popover") === null) inside.current = false;
    };
    const left = ({ target }: globalThis.FocusEvent) => look(target);
    // While nobody listened, the focus may have gone; while it is nowhere, it may still come back.
    if (document.activeElement !== document.body) look(document.activeElement);
    document.addEventListener("focusin", left);
    return () => document.removeEventListener("focusin", left);
  }, []);

  const tileOf = useCallback((id: string): Tile | undefined => desk.board.getState().tiles.get(id), [desk]);

  const giveToAnother = useCallback((taskId: TaskId) => setAsked({ ask: "reassign", tasks: [taskId] }), []);
  const openAdd = useCallback(() => setAdding({ number: "" }), []);
  const menuButton = useRef<HTMLElement | null>(null);

  useEffect(() => {
    if (menu === null) return undefined;
    const release = desk.board.hold();
    const timer = setTimeout(release, HOLD_MENU_MS);
    return () => {
      clearTimeout(timer);
      release();
    };
  }, [menu, desk]);

  const record = useCallback(
    async (tiles: readonly Tile[], { action, done, from }: Recording, { moves = false, selected = false, notDone = [] }: How = {}) => {
      const [only] = tiles;
      if (only === undefined) return;
      for (const tile of tiles) acting.current.set(tile.taskId, { shows: null, follows: moves });
      const columns = new Set(tiles.map((tile) => tile.column));
      const left = () => {
        // As filtered: what is said is what is seen.
        const { lanes: all, tiles: known } = desk.board.getState();
        const now = filterLanes(all, known, boardFilter.getState());
        return [...columns].map((column) => t`${count(now[column].length)} left in ${columnWord(column)}.`).join(" ");
      };
      const answers =
        tiles.length === 1 && notDone.length === 0
          ? [await perform(desk, only.roomId, action(only), { number: only.number, done, from, left })]
          : await performMany(desk, tiles.map((tile) => ({ roomId: tile.roomId, number: tile.number, action: action(tile) })), { done, left, notDone });
      const gone = new Set<string>();
      for (const [at, { taskId }] of tiles.entries()) {
        const acted = answers[at];
        if (acted == null) acting.current.delete(taskId);
        else {
          acting.current.set(taskId, { shows: acted.revision, follows: moves });
          gone.add(taskId);
        }
      }
      // What was refused stays selected, to be looked at.
      if (selected) retainSelected((id) => !gone.has(id));
      // The change may have been shown before this answer came.
      requestAnimationFrame(forgetShown);
    },
    [desk, forgetShown],
  );

  const doVerb = useCallback(
    (tile: Tile, verb: Verb, from: number) => {
      const { action } = verb;
      if (verb.ask !== undefined) setAsked({ ask: verb.ask, tasks: [tile.taskId] });
      else if (verb.letsGo === true) void letGoOn(desk, tile.roomId, tile.number);
      else if (action !== undefined) void record([tile], { action: () => action, done: verb.done, from });
    },
    [desk, record],
  );

  /** What is being recorded together is not asked for twice, nor anything else on top of it. */
  const isBusy = useCallback(() => {
    const busy = underway.getState().now !== null;
    if (busy) announce(t`Not everything is recorded yet. Go on when it is.`, { key: "move" });
    return busy;
  }, []);

  /** One verb on many tiles; or the two of one letter, each on its own tiles. */
  const doBulk = useCallback(
    (...verbs: readonly BulkVerb[]) => {
      const [verb] = verbs;
      if (verb === undefined || isBusy()) return;
      const selected = verb.leaves === true;
      if (verb.ask !== undefined) {
        setAsked({ ask: verb.ask, tasks: verb.tiles.map((tile) => tile.taskId), selected });
        return;
      }
      const actions = new Map(verbs.flatMap(({ tiles, action }) => (action === undefined ? [] : tiles.map((tile) => [tile, action(tile)] as const))));
      const done = verbs.length > 1 ? t`started or resumed` : verb.done;
      void record([...actions.keys()], { action: (tile) => actions.get(tile) as Action, done, from: performance.now() }, { selected });
    },
    [record, isBusy],
  );

  /** Takes tiles to another lane: those that can go do, the others say why they stay. */
  const moveTiles = useCallback(
    (tiles: readonly Tile[], to: Column, from: number) => {
      if (tiles.length > 1 && isBusy()) return;
      const plan = planMove(tiles, to);
      const notDone = plan.refused.map(({ tile, why }) => ({ number: tile.number, why }));
      if (movable(plan) === 0) {
        const [only] = tiles;
        const reasons = planReasons(plan).join(" ");
        if (only === undefined || reasons === "") return;
        const text = tiles.length === 1 ? t`Room ${iso(only.number)} stays in ${columnWord(only.column)}.` : t`${workWord(tiles.length, roomsOf(tiles))}: none can go to ${columnWord(to)}.`;
        showToast({ tone: "trouble", text, nextStep: reasons });
        announce(`${text} ${reasons}`, { key: "move" });
        return;
      }
      const how = { moves: true, selected: true, notDone };
      if (plan.asks.length > 0) setAsked({ ask: "fail", tasks: plan.asks.map((tile) => tile.taskId), ...how });
      else {
        const actions = new Map(plan.acts.map(({ tile, action }) => [tile, action]));
        const action = (tile: Tile) => actions.get(tile) as Action;
        void record(plan.acts.map((each) => each.tile), { action, done: t`moved to ${columnWord(to)}`, from }, how);
      }
    },
    [record, isBusy],
  );

  /** What a key on a tile, or a drag of it, is about: the selection where the tile is in it, else the tile alone. */
  const withSelection = useCallback(
    (tile: Tile): readonly Tile[] => {
      if (!isSelected(tile.taskId)) return [tile];
      const { lanes: now, tiles } = desk.board.getState();
      return selectedTiles(selection.getState().ids, now, tiles);
    },
    [desk],
  );

  const person = useApp((app) => app.person?.id ?? null);
  useEffect(() => {
    if (selectedBy !== person) clearSelection();
    selectedBy = person;
  }, [person]);

  // What left the board leaves the selection.
  useEffect(() => retainSelected((id) => state.tiles.has(id)), [state.stamp, state.tiles]);

  // The bar below takes some of the lanes' height: the tile that the person is at stays in sight.
  useEffect(() => {
    if (selecting && inside.current) setCurrent((was) => (was === null ? was : { ...was, scroll: was.scroll + 1 }));
  }, [selecting]);

  const saySelected = useCallback((number: string, into: boolean) => {
    const size = count(selection.getState().ids.size);
    announce(into ? t`Room ${iso(number)} selected. ${size} in all.` : t`Room ${iso(number)} not selected any more. ${size} in all.`, { key: "selection" });
  }, []);

  const toggle = useCallback(
    (tile: Tile) => {
      toggleSelected(tile.taskId);
      saySelected(tile.number, isSelected(tile.taskId));
    },
    [saySelected],
  );

  const letPointerGo = useRef<(() => void) | null>(null);
  const site = useRef<Omit<DragSite, "grab" | "onOver"> | null>(null);
  const inHand = useRef<{ tiles: readonly Tile[]; release: () => void } | null>(null);
  useLayoutEffect(() => {
    site.current = {
      onStart: (cell) => {
        const tile = tileOf(cell.dataset["task"] ?? "");
        if (tile === undefined) return null;
        const tiles = withSelection(tile);
        const letGo = desk.board.hold();
        const timer = setTimeout(letGo, HOLD_DRAG_MS);
        // From here on the drag holds the board, and lets it go with the drop.
        letPointerGo.current?.();
        const release = () => {
          clearTimeout(timer);
          letGo();
        };
        inHand.current = { tiles, release };
        const on = (column: Column) => verdictOn(tiles, column);
        dragging.setState({ verdicts: { dirty: on("dirty"), inProgress: on("inProgress"), clean: on("clean"), inspected: on("inspected") }, over: null });
        return tiles.length === 1 ? "" : workWord(tiles.length, roomsOf(tiles));
      },
      onDrop: (column) => {
        const tiles = inHand.current?.tiles ?? [];
        if (tiles.some((tile) => tile.column !== column)) moveTiles(tiles, column, performance.now());
      },
      onEnd: () => {
        inHand.current?.release();
        inHand.current = null;
        dragging.setState(NOT_DRAGGING);
      },
    };
  });
  useEffect(() => {
    const box = lanesBox.current;
    if (box === null) return undefined;
    return attachDrag(box, {
      grab: (target) => target.closest<HTMLElement>("[role=gridcell]"),
      onStart: (cell) => site.current?.onStart(cell) ?? null,
      onOver: (over) => dragging.setState({ over }),
      onDrop: (column) => site.current?.onDrop(column),
      onEnd: () => site.current?.onEnd(),
    });
  }, []);

  const openMenu = useCallback((taskId: string) => {
    menuButton.current = domTile(taskId)?.querySelector<HTMLElement>("[data-do=menu]") ?? null;
    if (menuButton.current !== null) setMenu({ taskId });
  }, []);

  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (!(event.target instanceof Element)) return;
    const cell = event.target.closest<HTMLElement>("[role=gridcell]");
    const taskId = cell?.dataset["task"];
    const tile = taskId === undefined ? undefined : tileOf(taskId);
    if (cell === null || tile === undefined) return;
    if (event.shiftKey) {
      const lane = lanes[tile.column];
      extendSelection(lane, pressedFrom.current ?? tile.taskId, tile.taskId);
      saySelected(tile.number, true);
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      toggle(tile);
      return;
    }
    const what = event.target.closest<HTMLElement>("[data-do]")?.dataset["do"];
    if (what === "menu") openMenu(tile.taskId);
    else if (what === "primary") {
      const verb = primaryVerb(tile);
      if (verb !== null) doVerb(tile, verb, event.timeStamp);
    } else if (event.detail === 2) setAsked({ ask: "details", tasks: [tile.taskId] });
  };

  const onContextMenu = (event: MouseEvent<HTMLElement>) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=gridcell]") : null;
    const taskId = cell?.dataset["task"];
    if (taskId === undefined) return;
    event.preventDefault();
    // On a Mac a click with Ctrl asks for the menu; here it selects.
    if (!event.ctrlKey) openMenu(taskId);
  };

  // Where the focus was when the pointer was pressed: a range with Shift begins there.
  const pressedFrom = useRef<string | null>(null);

  // Nothing moves under a pressed pointer.
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=gridcell]") : null;
    if (cell !== null) {
      pressedFrom.current = current?.focus.taskId ?? null;
      // The tile takes the focus, also when one of its buttons is pressed: the keys then act on that tile.
      event.preventDefault();
      setFocusTo(cell);
      cell.focus({ preventScroll: true });
    }
    const release = desk.board.hold();
    const letGo = () => {
      clearTimeout(timer);
      for (const name of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(name, later);
      release();
    };
    // The click comes right after the pointer is let go; what it acts on must still be there.
    const later = () => setTimeout(letGo, 0);
    const timer = setTimeout(letGo, HOLD_POINTER_MS);
    letPointerGo.current = letGo;
    for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, later);
  };

  const setFocusTo = (cell: HTMLElement) => {
    const taskId = cell.dataset["task"];
    const column = cell.dataset["column"] as Column | undefined;
    if (taskId === undefined || column === undefined) return;
    const index = lanes[column].indexOf(taskId);
    if (index < 0) return;
    setCurrent((was) => (was?.focus.taskId === taskId && was.focus.column === column ? was : { focus: { column, taskId, index }, claim: was?.claim ?? 0, scroll: was?.scroll ?? 0 }));
  };

  const onFocus = (event: FocusEvent<HTMLElement>) => {
    // A menu or a dialog of a tile is drawn elsewhere but belongs to the tile.
    if (!event.currentTarget.contains(event.target)) return;
    inside.current = true;
    const cell = event.target.closest<HTMLElement>("[role=gridcell]");
    if (cell !== null) setFocusTo(cell);
  };

  const travel = useRef({ typed: "", at: 0 });

  /** Digits typed one after the other lead to the room of that number. */
  const goToTyped = (event: KeyboardEvent<HTMLElement>): boolean => {
    const key = keyOf(event);
    if (!/^[0-9]$/.test(key)) return false;
    event.preventDefault();
    const now = event.timeStamp;
    const typed = now - travel.current.at > TRAVEL_MS ? key : travel.current.typed + key;
    travel.current = { typed, at: now };
    const found = findRoom(lanes, state.tiles, typed);
    if (found !== null) focusTile(found);
    else announce(t`No room begins with ${typed}.`, { key: "travel" });
    return true;
  };

  const tilesIn = (column: Column) => lanes[column].flatMap((id) => tileOf(id) ?? []);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (isTyping(event.target) || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const cell = target?.closest<HTMLElement>("[role=gridcell]");
    const taskId = cell?.dataset["task"];
    const tile = taskId === undefined ? undefined : tileOf(taskId);
    if (current === null) return;
    const rtl = document.documentElement.dir === "rtl";
    if (cell === null || cell === undefined || tile === undefined) {
      // On the heading of a lane that was emptied.
      if (target?.closest(".lane-title") == null) return;
      if (moveOfKey(event.key, event.ctrlKey, rtl) !== null) {
        event.preventDefault();
        focusTile(current.focus);
      } else if (!command) goToTyped(event);
      return;
    }
    const onButton = target !== cell;

    if (onButton && event.key === "Escape") {
      event.preventDefault();
      cell.focus();
      return;
    }
    if (onButton && (event.key === "ArrowLeft" || event.key === "ArrowRight")) {
      event.preventDefault();
      const buttons = [...cell.querySelectorAll<HTMLElement>("button")];
      const other = buttons.find((button) => button !== target);
      other?.focus();
      return;
    }
    if (onButton && (event.key === "Enter" || event.key === " ")) return;

    const move = moveOfKey(event.key, command, rtl);
    if (event.shiftKey && (move === "laneBefore" || move === "laneAfter")) {
      event.preventDefault();
      const to = laneBeside(tile.column, move === "laneAfter" ? 1 : -1);
      if (to === null) announce(t`There is no lane further on.`, { key: "move" });
      else moveTiles(withSelection(tile), to, event.timeStamp);
      return;
    }
    if (move !== null) {
      event.preventDefault();
      const scroller = cell.closest(".lane-scroll");
      const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / rowHeight(STRIDE[density])) - 1);
      const to = moveFocus(current.focus, lanes, move, page);
      if (to === null) return;
      focusTile(to);
      const next = state.tiles.get(to.taskId);
      if (event.shiftKey && next !== undefined && WITHIN_A_LANE.includes(move)) {
        extendSelection(lanes[to.column], tile.taskId, to.taskId);
        saySelected(next.number, true);
      }
      return;
    }
    if (event.key === "F10" ? event.shiftKey : event.key === "ContextMenu") {
      event.preventDefault();
      openMenu(tile.taskId);
      return;
    }
    const shortcut = shortcutOf(event, "tile");
    if (shortcut === "selectLane") {
      event.preventDefault();
      selectAll(lanes[tile.column]);
      announce(t`${workWord(lanes[tile.column].length, roomsOf(tilesIn(tile.column)))} in ${columnWord(tile.column)} selected.`, { key: "selection" });
      return;
    }
    // French types its digits with Shift.
    if (command || (event.shiftKey && shortcut === null && !/^[0-9]$/.test(keyOf(event)))) return;
    if (event.key === " ") {
      event.preventDefault();
      toggle(tile);
      return;
    }
    if (event.key === "Escape" && selecting) {
      event.preventDefault();
      clearSelection();
      announce(t`Nothing is selected any more.`, { key: "selection" });
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      setAsked({ ask: "details", tasks: [tile.taskId] });
      return;
    }
    if (event.key === "F2") {
      event.preventDefault();
      cell.querySelector<HTMLElement>("button")?.focus();
      return;
    }
    if (goToTyped(event) || shortcut === null) return;
    event.preventDefault();
    if (shortcut === "menu") {
      openMenu(tile.taskId);
      return;
    }
    const together = withSelection(tile);
    const bulk = together.length > 1 ? bulkVerbs(together).filter((each) => each.shortcut === shortcut) : [];
    if (bulk.length > 0) {
      event.stopPropagation();
      doBulk(...bulk);
      return;
    }
    const verb = together.length > 1 ? null : verbOf(tile, shortcut);
    if (verb !== null) {
      event.stopPropagation();
      doVerb(tile, verb, event.timeStamp);
    } else {
      const what = together.length > 1 ? t`The selection` : t`Room ${iso(tile.number)}`;
      const why = together.some((each) => isOthersVerb(each, shortcut)) ? `${what}: ${mayNotWords()}` : t`${what}: that is not possible from ${columnWord(tile.column)}.`;
      announce(why, { key: "no-verb" });
    }
  };

  const [askedTile, ...askedToo] = asked === null ? [] : asked.tasks.flatMap((id) => tileOf(id) ?? []);
  const menuTile = menu === null ? undefined : tileOf(menu.taskId);
  const closeAsked = () => setAsked(null);

  return (
    <div
      ref={root}
      className="board"
      data-density={density}
      data-testid="board"
      tabIndex={-1}
      data-quiet-focus=""
    >
      <Filters onAdd={openAdd} onFind={focusTile} />
      <Suggestions onChange={giveToAnother} />
      {/* The keys and clicks of every tile, at one place. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events */}
      <div ref={lanesBox} className="lanes" onClick={onClick} onContextMenu={onContextMenu} onKeyDown={onKeyDown} onPointerDown={onPointerDown} onFocus={onFocus}>
        {COLUMNS.map((column) => {
          const here = current !== null && current.focus.column === column;
          return (
            <Lane
              key={column}
              column={column}
              ids={lanes[column]}
              sum={sums?.[column] ?? NO_SUM}
              density={density}
              currentId={here ? current.focus.taskId : null}
              currentIndex={here ? current.focus.index : -1}
              scrollTo={here ? current.scroll : 0}
              filtered={filtering}
            />
          );
        })}
      </div>

      {selecting ? <SelectionBar lanes={lanes} onVerb={doBulk} onMove={(tiles, to) => moveTiles(tiles, to, performance.now())} /> : null}

      {menuTile === undefined ? null : (
        <TileMenu
          tile={menuTile}
          selected={isSelected(menuTile.taskId)}
          trigger={menuButton}
          onClose={() => setMenu(null)}
          onVerb={(verb) => doVerb(menuTile, verb, performance.now())}
          onMove={(to) => moveTiles([menuTile], to, performance.now())}
          onSelect={() => toggle(menuTile)}
        />
      )}
      {asked === null || askedTile === undefined ? null : (
        <AskDialog
          tiles={[askedTile, ...askedToo]}
          ask={asked.ask}
          onClose={closeAsked}
          onRecord={(recording) => {
            closeAsked();
            void record([askedTile, ...askedToo], recording, asked);
          }}
          onVerb={(verb, from) => {
            closeAsked();
            doVerb(askedTile, verb, from);
          }}
        />
      )}
      {adding === null ? null : (
        <AddTask
          number={adding.number}
          onClose={() => setAdding(null)}
          onRecord={({ roomId, number, action, done, from }: NewTask) => {
            setAdding(null);
            void perform(desk, roomId, action, { number, done, from });
          }}
        />
      )}
    </div>
  );
}
