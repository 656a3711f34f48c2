// The board: four lanes, one tab stop, and the rules that keep the focus where a person expects it.

import { t } from "@lingui/core/macro";
import { Plus, Rows3, Rows4, Search, X } from "lucide-react";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent, type ReactNode } from "react";
import { Header, Input, Keyboard, Menu, MenuItem, MenuSection, Popover, SearchField, Separator } from "react-aria-components";
import { useStore } from "zustand";
import type { Column, Tile } from "../../bindings/bindings";
import { perform } from "../../data/actions";
import { COLUMNS } from "../../data/board";
import { attendantsOf } from "../../data/people";
import { rendered } from "../../data/probe";
import { useApp, useDesk, useWatch } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { Button, Select } from "../../shared/controls";
import { compareRooms, count, iso } from "../../shared/fmt";
import { isTyping, keyOf } from "../../shared/keys";
import { prefs, setPref } from "../../shared/prefs";
import { columnWord, kindWord } from "../../shared/words";
import "./board.css";
import { AddTask, AskDialog, type NewTask, type Recording } from "./dialogs";
import { boardFilter, filterLanes, findRoom, isFiltering, NO_FILTER, UNASSIGNED } from "./filter";
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

  // Where the focus is, or would return to.
  const [current, setCurrent] = useState<FocusState | null>(null);
  const inside = useRef(false);
  // Tasks that this person acted on, with the revision in which it shows, once known.
  const acting = useRef(new Map<string, number | null>());
  const root = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    if (state.revision !== null) rendered(state.changed, state.revision);
  }, [state.stamp, state.revision, state.changed]);

  const latest = useRef(current);
  useLayoutEffect(() => {
    latest.current = current;
  });

  // The board changed: hold to the rules of where the focus goes.
  useLayoutEffect(() => {
    const was = latest.current;
    if (was === null) {
      const column = COLUMNS.find((each) => lanes[each].length > 0);
      const taskId = column === undefined ? undefined : lanes[column][0];
      if (column !== undefined && taskId !== undefined) setCurrent({ focus: { column, taskId, index: 0 }, claim: 0, scroll: 0 });
      return;
    }
    const mover = acting.current.has(was.focus.taskId) ? "verb" : "remote";
    const next = nextFocus(was.focus, lanes, mover);
    if (next.kind === "same") return;
    if (next.kind === "lane") {
      if (inside.current) document.getElementById(`lane-${next.column}`)?.focus();
      setCurrent(null);
      return;
    }
    // A tile that only changed its place in its lane keeps its element, and with it the focus.
    const moved = next.focus.column !== was.focus.column || next.focus.taskId !== was.focus.taskId;
    const claim = inside.current && moved ? was.claim + 1 : was.claim;
    const scroll = inside.current && mover === "verb" ? was.scroll + 1 : was.scroll;
    setCurrent({ focus: next.focus, claim, scroll });
  }, [lanes]);

  // What the board shows by now is behind; later moves of those tiles are not this person's.
  useLayoutEffect(() => {
    const { revision } = state;
    for (const [id, shows] of acting.current) {
      if (shows !== null && revision !== null && revision >= shows) acting.current.delete(id);
    }
  }, [state]);

  const claim = current?.claim ?? 0;
  const currentId = current?.focus.taskId ?? null;
  useLayoutEffect(() => {
    if (claim > 0 && currentId !== null) domTile(currentId)?.focus({ preventScroll: true });
  }, [claim, currentId]);

  const focusTile = useCallback((focus: TileFocus) => {
    inside.current = true;
    setCurrent((was) => ({ focus, claim: (was?.claim ?? 0) + 1, scroll: (was?.scroll ?? 0) + 1 }));
  }, []);

  // The focus is never lost to the page's body: when what had it is gone, the board takes it back.
  useEffect(() => {
    const rescue = () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body || !inside.current || !document.hasFocus()) return;
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
      const shown = desk.board.getState().revision ?? 0;
      if (acted === null || shown >= acted.revision) acting.current.delete(tile.taskId);
      else acting.current.set(tile.taskId, acted.revision);
    },
    [desk],
  );

  const doVerb = useCallback(
    (tile: Tile, verb: Verb, from: number) => {
      if (verb.ask !== undefined) setAsked({ ask: verb.ask, taskId: tile.taskId });
      else if (verb.action !== undefined) void record(tile, { action: verb.action, done: verb.done, from });
    },
    [record],
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

  const travel = useRef({ typed: "", at: 0 });
  const search = useRef<HTMLInputElement>(null);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (isTyping(event.target) || event.altKey || event.metaKey) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const cell = target?.closest<HTMLElement>("[role=gridcell]");
    const taskId = cell?.dataset["task"];
    const tile = taskId === undefined ? undefined : tileOf(taskId);
    if (cell === null || cell === undefined || tile === undefined || current === null) return;
    const onButton = target !== cell;
    const rtl = document.documentElement.dir === "rtl";

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
      const page = Math.max(1, Math.floor((scroller?.clientHeight ?? 0) / STRIDE[density]) - 1);
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
    const key = keyOf(event);
    if (/^[0-9]$/.test(key)) {
      event.preventDefault();
      const now = event.timeStamp;
      const typed = now - travel.current.at > TRAVEL_MS ? key : travel.current.typed + key;
      travel.current = { typed, at: now };
      const found = findRoom(lanes, state.tiles, typed);
      if (found !== null) focusTile(found);
      else announce(t`No room begins with ${typed}.`, { key: "travel" });
      return;
    }
    if (!/^[a-z]$/.test(key)) return;
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
      onFocus={() => {
        inside.current = true;
      }}
      onBlur={(event) => {
        if (event.relatedTarget instanceof Element && !event.currentTarget.contains(event.relatedTarget) && event.relatedTarget.closest(".overlay, .popover") === null) {
          inside.current = false;
        }
      }}
    >
      <Filters onAdd={() => setAdding({ number: "" })} search={search} onFind={(focus) => focusTile(focus)} />
      {/* The keys and clicks of every tile, at one place. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events */}
      <div className="lanes" onClick={onClick} onContextMenu={onContextMenu} onKeyDown={onKeyDown} onPointerDown={onPointerDown} onFocus={(event) => {
        const cell = event.target.closest<HTMLElement>("[role=gridcell]");
        if (cell !== null) setFocusTo(cell);
      }}>
        {COLUMNS.map((column) => {
          const here = current !== null && current.focus.column === column;
          return (
            <Lane
              key={column}
              column={column}
              ids={lanes[column]}
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

function Filters({ onAdd, search, onFind }: { onAdd: () => void; search: React.RefObject<HTMLInputElement | null>; onFind: (focus: TileFocus) => void }): ReactNode {
  const desk = useDesk();
  const filter = useStore(boardFilter);
  const density = useStore(prefs, (each) => each.density);
  const staff = useApp((state) => state.staff);
  const sections = useStore(desk.board, (state) => sectionsOf(state.stamp, state.tiles));
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
        <Input ref={search} className="input" placeholder={t`Find a room`} data-search="" data-testid="board-search" />
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
}

let sectionsAt = -1;
let sectionsKnown: readonly string[] = [];

/** The sections on the board. Kept as one list for as long as it says the same, so that nothing renders for nothing. */
function sectionsOf(stamp: number, tiles: ReadonlyMap<string, Tile>): readonly string[] {
  if (stamp === sectionsAt) return sectionsKnown;
  sectionsAt = stamp;
  const found = [...new Set([...tiles.values()].map((tile) => tile.section))].filter(Boolean).toSorted(compareRooms);
  if (found.join("\n") !== sectionsKnown.join("\n")) sectionsKnown = found;
  return sectionsKnown;
}
