// Everything that can be done to one tile, and the way to the other lanes for whoever does not drag.

import { t } from "@lingui/core/macro";
import { Fragment, type ReactNode, type RefObject } from "react";
import { Header, Keyboard, Menu, MenuItem, MenuSection, Popover, Separator, Text } from "react-aria-components";
import type { Column, Tile } from "../../bindings/bindings";
import { COLUMNS } from "../../data/board";
import { iso } from "../../shared/fmt";
import { COLUMN_GLYPH, Glyph } from "../../shared/glyphs";
import { usePressed } from "../../shared/shortcuts";
import { columnWord, kindWord } from "../../shared/words";
import { verdictOn } from "./moves";
import { verbGroups, type Verb } from "./verbs";

interface Props {
  tile: Tile;
  selected: boolean;
  trigger: RefObject<HTMLElement | null>;
  onClose: () => void;
  onVerb: (verb: Verb) => void;
  onMove: (to: Column) => void;
  onSelect: () => void;
}

export function TileMenu({ tile, selected, trigger, onClose, onVerb, onMove, onSelect }: Props): ReactNode {
  const groups = verbGroups(tile);
  const pressed = usePressed();
  const keyOf = ({ id, shortcut }: Verb) => (id === "details" ? "Enter" : shortcut === undefined ? undefined : pressed(shortcut)[0]);
  const moveAt = groups[0]?.id === "work" ? 1 : 0;
  const name = t`Room ${iso(tile.number)}, ${kindWord(tile.kind)}`;
  const act = (key: string) => {
    onClose();
    const verb = groups.flatMap((group) => group.verbs).find((each) => each.id === key);
    if (verb !== undefined) onVerb(verb);
    else if (key === "select") onSelect();
    else onMove(key.slice("move-".length) as Column);
  };
  return (
    <Popover className="popover" aria-label={name} triggerRef={trigger} isOpen onOpenChange={(open) => (open ? undefined : onClose())} placement="bottom end">
      <Menu className="menu" aria-label={name} autoFocus="first" data-testid="tile-menu-list" onAction={(key) => act(String(key))} onClose={onClose}>
        {groups.map((group, at) => (
          <Fragment key={group.id}>
            {/* Beside the work, of which the lanes are the stages. */}
            {at === moveAt ? <MoveSection tiles={[tile]} separate={at > 0} /> : null}
            <MenuSection>
              {at > 0 || at === moveAt ? <Separator className="menu-separator" /> : null}
              <Header className="menu-heading">{group.label}</Header>
              {group.verbs.map((verb) => (
                <MenuItem key={verb.id} id={verb.id} textValue={verb.label} className="menu-item" data-testid={`menu-${verb.id}`}>
                  {verb.label}
                  {keyOf(verb) === undefined ? null : <Keyboard className="menu-key">{keyOf(verb)}</Keyboard>}
                </MenuItem>
              ))}
            </MenuSection>
          </Fragment>
        ))}
        <Separator className="menu-separator" />
        <MenuItem id="select" className="menu-item" data-testid="menu-select">
          {selected ? t`Take out of the selection` : t`Select`}
          <Keyboard className="menu-key">{t({ message: "Space", context: "a key" })}</Keyboard>
        </MenuItem>
      </Menu>
    </Popover>
  );
}

/** The other lanes. One that refuses can be reached and heard, and does nothing but say why. */
export function MoveSection({ tiles, separate = false }: { tiles: readonly Tile[]; separate?: boolean }): ReactNode {
  return (
    <MenuSection>
      {separate ? <Separator className="menu-separator" /> : null}
      <Header className="menu-heading">{t`Move to`}</Header>
      {COLUMNS.map((column) => {
        const verdict = verdictOn(tiles, column);
        if (verdict.kind === "home") return null;
        const refuses = verdict.kind === "refused";
        return (
          <MenuItem
            key={column}
            id={`move-${column}`}
            textValue={columnWord(column)}
            className="menu-item menu-move"
            data-testid={`menu-move-${column}`}
            data-refused={refuses || undefined}
            render={(props) => <div {...(props as React.JSX.IntrinsicElements["div"])} aria-disabled={refuses || undefined} />}
          >
            <Glyph name={COLUMN_GLYPH[column]} />
            <Text slot="label">{columnWord(column)}</Text>
            <Text slot="description" className="menu-why">
              {refuses ? verdict.reasons.join(" ") : verdict.words}
            </Text>
          </MenuItem>
        );
      })}
    </MenuSection>
  );
}
