// The board: four lanes, one tab stop, and the rules that keep the focus where a person expects it.

import { t } from "@lingui/core/macro";
import { Plus, Rows3, Rows4, Search, X } from "lucide-react";
import { memo, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from "react";
import { Header, Input, Keyboard, Menu, MenuItem, MenuSection, Popover, SearchField, Separator } from "react-aria-components";
import { useStore } from "zustand";
import type { Column, Tile } from "../../bindings/bindings";
import { letGoOn, perform } from "../../data/actions";
import { COLUMNS } from "../../data/board";
import { attendantsOf } from "../../data/people";
import { rendered } from "../../data/probe";
import { share } from "../../data/share";
import { useApp, useDesk, useWatch } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { Button, Select } from "../../shared/controls";
import { count, iso } from "../../shared/fmt";
import { isTyping, keyOf } from "../../shared/keys";
import { rowHeight } from "../../shared/language";
import { prefs, setPref } from "../../shared/prefs";
import { columnWord, kindWord } from "../../shared/words";
import "./board.css";
import { AddTask, AskDialog, type NewTask, type Recording } from "./dialogs";
import { boardFilter, filterLanes, findRoom, isFiltering, NO_FILTER, NO_SUM, sumLane, UNASSIGNED, type LaneSum } from "./filter";
import { moveFocus, moveOfKey, nextFocus, type TileFocus } from "./focus";
import { Lane, STRIDE } from "./Lane";
import { primaryVerb, verbGroups, verbOfKey, type Ask, type Verb } from "./verbs";

const OFFLINE_VIEWED = "frontend.housekeeping.offline_kanban_viewed";

/** A pressed pointer or an open menu holds the board still for this long at most. */
const HOLD_POINTER_MS = 5_000;
const HOLD_MENU_MS = 20_000;
/** Digits typed further apart than this begin a new room number. */
const TRAVEL_MS = 1_200;

interface FocusState {
  focus: TileFocus;
  /** Whether the page's focus must be put on the tile, and whether it must be brought into sight. */
  claim: number;
  scroll: number;
}

/** Where the focus was when the board was last looked at. */
let lastFocus: TileFocus | null = null;

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

  // Summed once for every change, and kept as one object for as long as a lane's sum says the same.
  const kept = useRef<Readonly<Record<Column, LaneSum>> | undefined>(undefined);
  const sums = useMemo(() => {
    const sum = (column: Column) => sumLane(lanes[column], state.tiles);
    kept.current = share(kept.current, { dirty: sum("dirty"), inProgress: sum("inProgress"), clean: sum("clean"), inspected: sum("inspected") });
    return kept.current;
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [lanes, state.stamp]);

  // Where the focus is, or would return to.
  const [current, setCurrent] = useState<FocusState | null>(null);
  const inside = useRef(false);
  // Tasks that this person acted on, with the revision in which it shows, once known.
  const acting = useRef(new Map<string, number | null>());
  const root = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    if (state.revision !== null) rendered(state.revision);
  }, [state]);

  const latest = useRef(current);
  useLayoutEffect(() => {
    latest.current = current;
    if (current !== null) lastFocus = current.focus;
  });

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
    const mover = acting.current.has(was.focus.taskId) ? "verb" : "remote";
    const next = nextFocus(was.focus, lanes, mover);
    if (next.kind === "same") return;
    if (next.kind === "lane") {
      if (inside.current) document.getElementById(`lane-${next.column}`)?.focus();
      // The heading has the focus, but Tab and the arrows must still lead to a tile: the one that left, if it is here.
      const left = nextFocus(was.focus, lanes, "remote");
      const focus = left.kind === "tile" ? left.focus : moveFocus(was.focus, lanes, "first", 1);
      setCurrent(focus === null ? null : { ...was, focus });
      return;
    }
    // A tile that only changed its place in its lane keeps its element, and with it the focus.
    const moved = next.focus.column !== was.focus.column || next.focus.taskId !== was.focus.taskId;
    const claim = inside.current && moved ? was.claim + 1 : was.claim;
    const scroll = inside.current && mover === "verb" ? was.scroll + 1 : was.scroll;
    setCurrent({ focus: next.focus, claim, scroll });
  }, [lanes]);

  // What the board shows by now is behind; later moves of those tiles are not this person's.
  const renderedTo = useRef(0);
  const forgetShown = useCallback(() => {
    for (const [id, shows] of acting.current) {
      if (shows !== null && renderedTo.current >= shows) acting.current.delete(id);
    }
  }, []);
  useLayoutEffect(() => {
    renderedTo.current = state.revision ?? 0;
    forgetShown();
  }, [state, forgetShown]);

  const claim = current?.claim ?? 0;
  const currentId = current?.focus.taskId ?? null;
  useLayoutEffect(() => {
    if (claim > 0 && currentId !== null) domTile(currentId)?.focus({ preventScroll: true });
    // Only a new claim moves the page's focus; a tile that becomes current by a filter does not take it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [claim]);

  const focusTile = useCallback((focus: TileFocus) => {
    inside.current = true;
    setCurrent((was) => ({ focus, claim: (was?.claim ?? 0) + 1, scroll: (was?.scroll ?? 0) + 1 }));
  }, []);

  // The focus is never lost to the page's body: when what had it is gone, the board takes it back.
  useEffect(() => {
    const rescue = () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !document.hasFocus() || document.querySelector(".overlay") !== null) return;
        const tile = current === null ? null : domTile(current.focus.taskId);
        (tile ?? root.current)?.focus({ preventScroll: true });
      });
    };
    document.addEventListener("focusout", rescue);
    rescue();
    return () => document.removeEventListener("focusout", rescue);
  }, [current, lanes]);

  const tileOf = useCallback((id: string): Tile | undefined => desk.board.getState().tiles.get(id), [desk]);

  // What is asked: the menu, a dialog, or the dialog for more work.
  const [asked, setAsked] = useState<{ ask: Ask; taskId: string } | null>(null);
  const [adding, setAdding] = useState<{ number: string } | null>(null);
  const [menu, setMenu] = useState<{ taskId: string } | null>(null);
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
    async (tile: Tile, { action, done, from }: Recording) => {
      acting.current.set(tile.taskId, null);
      const column = tile.column;
      const acted = await perform(desk, tile.roomId, action, {
        number: tile.number,
        done,
        from,
        left: () => {
          const left = desk.board.getState().lanes[column].length;
          return t`${count(left)} left in ${columnWord(column)}.`;
        },
      });
      if (acted === null) {
        acting.current.delete(tile.taskId);
        return;
      }
      acting.current.set(tile.taskId, acted.revision);
      // The change may have been shown before this answer came.
      requestAnimationFrame(forgetShown);
    },
    [desk, forgetShown],
  );

  const doVerb = useCallback(
    (tile: Tile, verb: Verb, from: number) => {
      if (verb.ask !== undefined) setAsked({ ask: verb.ask, taskId: tile.taskId });
      else if (verb.letsGo === true) void letGoOn(desk, tile.roomId, tile.number);
      else if (verb.action !== undefined) void record(tile, { action: verb.action, done: verb.done, from });
    },
    [desk, record],
  );

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
    const what = event.target.closest<HTMLElement>("[data-do]")?.dataset["do"];
    if (what === "menu") openMenu(tile.taskId);
    else if (what === "primary") {
      const verb = primaryVerb(tile);
      if (verb !== null) doVerb(tile, verb, event.timeStamp);
    } else if (event.detail === 2) setAsked({ ask: "details", taskId: tile.taskId });
  };

  const onContextMenu = (event: MouseEvent<HTMLElement>) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=gridcell]") : null;
    const taskId = cell?.dataset["task"];
    if (taskId === undefined) return;
    event.preventDefault();
    openMenu(taskId);
  };

  // Nothing moves under a pressed pointer.
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=gridcell]") : null;
    if (cell !== null) {
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
  const onBlur = (event: FocusEvent<HTMLElement>) => {
    const to = event.relatedTarget;
    if (to instanceof Element && !event.currentTarget.contains(to) && to.closest(".overlay, .popover") === null) inside.current = false;
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

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (isTyping(event.target) || event.altKey || event.metaKey) return;
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
      } else if (!event.ctrlKey && !event.shiftKey) goToTyped(event);
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

    const move = moveOfKey(event.key, event.ctrlKey, rtl);
    if (move !== null) {
      event.preventDefault();
      const scroller = cell.closest(".lane-scroll");
      const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / rowHeight(STRIDE[density])) - 1);
      const to = moveFocus(current.focus, lanes, move, page);
      if (to !== null) focusTile(to);
      return;
    }
    if (event.key === "F10" ? event.shiftKey : event.key === "ContextMenu") {
      event.preventDefault();
      openMenu(tile.taskId);
      return;
    }
    if (event.ctrlKey || event.shiftKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      setAsked({ ask: "details", taskId: tile.taskId });
      return;
    }
    if (event.key === "F2") {
      event.preventDefault();
      cell.querySelector<HTMLElement>("button")?.focus();
      return;
    }
    if (goToTyped(event)) return;
    const key = keyOf(event);
    if (!/^[a-z]$/.test(key) || !prefs.getState().letterKeys) return;
    if (key === "m") {
      event.preventDefault();
      openMenu(tile.taskId);
      return;
    }
    const verb = verbOfKey(tile, key);
    if (verb !== null) {
      event.preventDefault();
      event.stopPropagation();
      doVerb(tile, verb, event.timeStamp);
    } else if ("spcai".includes(key)) {
      event.preventDefault();
      announce(t`Room ${iso(tile.number)}: that is not possible from ${columnWord(tile.column)}.`, { key: "no-verb" });
    }
  };

  const askedTile = asked === null ? undefined : tileOf(asked.taskId);
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
      {/* The keys and clicks of every tile, at one place. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events */}
      <div className="lanes" onClick={onClick} onContextMenu={onContextMenu} onKeyDown={onKeyDown} onPointerDown={onPointerDown} onFocus={onFocus} onBlur={onBlur}>
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

      {menuTile === undefined ? null : (
        <Popover className="popover" triggerRef={menuButton} isOpen onOpenChange={(open) => (open ? undefined : setMenu(null))} placement="bottom end">
          <Menu
            className="menu"
            aria-label={t`Room ${iso(menuTile.number)}, ${kindWord(menuTile.kind)}`}
            autoFocus="first"
            data-testid="tile-menu-list"
            onAction={(key) => {
              const verb = verbGroups(menuTile).flatMap((group) => group.verbs).find((each) => each.id === key);
              setMenu(null);
              if (verb !== undefined) doVerb(menuTile, verb, performance.now());
            }}
            onClose={() => setMenu(null)}
          >
            {verbGroups(menuTile).map((group, at) => (
              <MenuSection key={group.id}>
                {at > 0 ? <Separator className="menu-separator" /> : null}
                <Header className="menu-heading">{group.label}</Header>
                {group.verbs.map((verb) => (
                  <MenuItem key={verb.id} id={verb.id} textValue={verb.label} className="menu-item" data-testid={`menu-${verb.id}`}>
                    {verb.label}
                    {verb.key === undefined ? null : <Keyboard className="menu-key">{verb.key}</Keyboard>}
                  </MenuItem>
                ))}
              </MenuSection>
            ))}
          </Menu>
        </Popover>
      )}
      {asked === null || askedTile === undefined ? null : (
        <AskDialog
          tile={askedTile}
          ask={asked.ask}
          onClose={closeAsked}
          onRecord={(recording) => {
            closeAsked();
            void record(askedTile, recording);
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
          onRecord={({ roomId, number, recording }: NewTask) => {
            setAdding(null);
            void perform(desk, roomId, recording.action, { number, done: recording.done, from: recording.from });
          }}
        />
      )}
    </div>
  );
}

const Filters = memo(function Filters({ onAdd, onFind }: { onAdd: () => void; onFind: (focus: TileFocus) => void }): ReactNode {
  const desk = useDesk();
  const filter = useStore(boardFilter);
  const density = useStore(prefs, (each) => each.density);
  const staff = useApp((state) => state.staff);
  const sections = useStore(desk.board, (state) => state.sections);
  const set = (change: Partial<typeof filter>) => boardFilter.setState(change);

  return (
    <div className="filters" role="search" aria-label={t`Which rooms to show`}>
      <SearchField
        className="find"
        aria-label={t`Find a room`}
        value={filter.query}
        onChange={(query) => set({ query })}
        onSubmit={() => {
          const { lanes, tiles } = desk.board.getState();
          const found = findRoom(filterLanes(lanes, tiles, filter), tiles, filter.query);
          if (found !== null) onFind(found);
        }}
      >
        <Search size={16} aria-hidden />
        <Input className="input" placeholder={t`Find a room`} data-search="" data-testid="board-search" />
      </SearchField>
      <Select
        quiet
        label={t`Section`}
        testId="filter-section"
        value={filter.section ?? ""}
        onChange={(id) => set({ section: id === "" ? null : id })}
        choices={[{ id: "", label: t`All sections` }, ...sections.map((section) => ({ id: section, label: t`Section ${section}` }))]}
      />
      <Select
        quiet
        label={t`Attendant`}
        testId="filter-attendant"
        value={filter.attendant ?? ""}
        onChange={(id) => set({ attendant: id === "" ? null : id })}
        choices={[
          { id: "", label: t`All attendants` },
          { id: UNASSIGNED, label: t`Nobody assigned` },
          ...attendantsOf(staff)
            .slice(0, 98)
            .map((person) => ({ id: person.id, label: person.name, hint: person.section ?? "" })),
        ]}
      />
      {isFiltering(filter) ? (
        <Button look="quiet" testId="filter-clear" onPress={() => boardFilter.setState(NO_FILTER)}>
          <X size={16} aria-hidden /> {t`Show all`}
        </Button>
      ) : null}
      <span className="filters-gap" />
      <Button
        look="quiet"
        testId="density"
        aria-label={density === "compact" ? t`Larger tiles` : t`Smaller tiles`}
        onPress={() => setPref({ density: density === "compact" ? "comfortable" : "compact" })}
      >
        {density === "compact" ? <Rows3 size={16} aria-hidden /> : <Rows4 size={16} aria-hidden />}
        {density === "compact" ? t`Larger tiles` : t`Smaller tiles`}
      </Button>
      <Button testId="add-task" onPress={onAdd}>
        <Plus size={16} aria-hidden /> {t`Add a task`}
      </Button>
    </div>
  );
});
