// What is selected, what it adds up to, and what all or some of it can take. It has its own place below the lanes and
// covers no tile.

import { t } from "@lingui/core/macro";
import { ArrowRightLeft, ChevronUp, Flag, X } from "lucide-react";
import { useMemo, type ReactNode } from "react";
import { Menu, MenuItem, MenuTrigger, Popover, Toolbar } from "react-aria-components";
import { useStore } from "zustand";
import type { Column, Tile } from "../../bindings/bindings";
import { COLUMNS, type Lanes } from "../../data/board";
import { underway } from "../../data/actions";
import { useDesk } from "../../data/useDesk";
import { Button } from "../../shared/controls";
import { count } from "../../shared/fmt";
import { creditsWord, workWord } from "../../shared/words";
import { bulkLabel, bulkVerbs, creditsOf, roomsOf, type BulkVerb } from "./bulk";
import { clearSelection, selectedTiles, selection } from "./selection";
import { MoveSection } from "./TileMenu";

interface Props {
  /** What the board shows now. */
  lanes: Lanes;
  onVerb: (verb: BulkVerb) => void;
  onMove: (tiles: readonly Tile[], to: Column) => void;
}

const IN_A_MENU: readonly string[] = ["high", "normal", "low", "rush-off"];

export function SelectionBar({ lanes, onVerb, onMove }: Props): ReactNode {
  const desk = useDesk();
  const ids = useStore(selection, (state) => state.ids);
  const stamp = useStore(desk.board, (state) => state.stamp);
  const tiles = useMemo(
    () => selectedTiles(ids, desk.board.getState().lanes, desk.board.getState().tiles),
    // The map of tiles changes in place: its stamp says when to look again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [ids, stamp, desk],
  );
  // What is being recorded is not asked for a second time.
  const busy = useStore(underway, (state) => state.now !== null);
  const verbs = useMemo(() => bulkVerbs(tiles), [tiles]);
  const shown = useMemo(() => COLUMNS.reduce((sum, column) => sum + lanes[column].filter((id) => ids.has(id)).length, 0), [lanes, ids]);
  if (tiles.length === 0) return null;
  const all = tiles.length;
  const hidden = all - shown;
  const priorities = verbs.filter((verb) => IN_A_MENU.includes(verb.id));
  const button = (verb: BulkVerb) => (
    <Button key={verb.id} small look={verb.id === "cancel" ? "danger" : "outline"} testId={`bulk-${verb.id}`} isDisabled={busy} onPress={() => onVerb(verb)}>
      {bulkLabel(verb, all)}
    </Button>
  );
  const plain = verbs.filter((verb) => !IN_A_MENU.includes(verb.id));
  return (
    // Esc lets go of the selection here as on the tiles.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className="selected"
      data-region=""
      aria-label={t`Selection`}
      data-testid="selection"
      data-count={all}
      onKeyDown={(event) => {
        if (event.key === "Escape" && event.currentTarget.contains(event.target as Node)) clearSelection();
      }}
    >
      <p className="selected-sum">
        <b>{t`${workWord(all, roomsOf(tiles))} selected`}</b>
        <span>
          {creditsWord(creditsOf(tiles))}
          {hidden === 0 ? "" : ` · ${t`${count(hidden)} not shown by the filter`}`}
        </span>
      </p>
      <Toolbar className="selected-verbs" aria-label={t`What to do with the selection`}>
        {plain.filter((verb) => verb.id !== "cancel").map(button)}
        {priorities.length === 0 ? null : (
          <MenuTrigger>
            <Button small testId="bulk-priority" isDisabled={busy}>
              <Flag size={14} aria-hidden /> {t`Priority`} <ChevronUp size={14} aria-hidden />
            </Button>
            <Popover className="popover" placement="top start">
              <Menu
                className="menu"
                aria-label={t`Priority`}
                onAction={(key) => {
                  const verb = priorities.find((each) => each.id === key);
                  if (verb !== undefined) onVerb(verb);
                }}
              >
                {priorities.map((verb) => (
                  <MenuItem key={verb.id} id={verb.id} className="menu-item" data-testid={`bulk-${verb.id}`}>
                    {bulkLabel(verb, all)}
                  </MenuItem>
                ))}
              </Menu>
            </Popover>
          </MenuTrigger>
        )}
        <MenuTrigger>
          <Button small testId="bulk-move" isDisabled={busy}>
            <ArrowRightLeft size={14} aria-hidden /> {t`Move to`} <ChevronUp size={14} aria-hidden />
          </Button>
          <Popover className="popover" placement="top start">
            <Menu className="menu" aria-label={t`Move to`} onAction={(key) => onMove(tiles, String(key).slice("move-".length) as Column)}>
              <MoveSection tiles={tiles} />
            </Menu>
          </Popover>
        </MenuTrigger>
        {plain.filter((verb) => verb.id === "cancel").map(button)}
        <Button small look="quiet" testId="selection-clear" onPress={clearSelection}>
          <X size={14} aria-hidden /> {t`Clear`} <kbd>Esc</kbd>
        </Button>
      </Toolbar>
    </section>
  );
}
