import { t } from "@lingui/core/macro";
import { memo, type CSSProperties, type ReactNode } from "react";
import { useStore } from "zustand";
import type { Column, Tile as TileData } from "../../bindings/bindings";
import { staffName } from "../../data/people";
import { useNow } from "../../data/ticker";
import { useApp, useTile } from "../../data/useDesk";
import { age, clock, iso, time } from "../../shared/fmt";
import { Glyph, LOCAL_GLYPH } from "../../shared/glyphs";
import { prefs } from "../../shared/prefs";
import { cannotWorkWord, creditsWord, flagWord, inAList, kindWord, localStateWord, occupancyWord, priorityWord, statusWord, stayWord } from "../../shared/words";
import { selection } from "./selection";
import { primaryVerb } from "./verbs";

interface Props {
  id: string;
  column: Column;
  index: number;
  top: number;
  current: boolean;
}

/** Vacant or occupied, and what the guests of the day mean for the work. */
export function situation(tile: TileData): string {
  const parts = [occupancyWord(tile.occupancy)];
  const eta = clock(tile.arrival?.eta);
  const leaves = clock(tile.guest?.departs_at);
  if (tile.occupancy === "occupied" && (tile.stay === "due_out" || tile.stay === "turnover")) {
    parts.push(leaves === "" ? t`due out` : t`due out ${leaves}`);
  } else if (tile.stay === "stayover" || tile.stay === "departed" || tile.stay === "arrived" || tile.stay === "day_use") {
    parts.push(stayWord(tile.stay).toLowerCase());
  }
  if (tile.arrival !== null) parts.push(eta === "" ? t`arrival` : t`arrival ${eta}`);
  return parts.join(" · ");
}

interface Mark {
  tone: "stop" | "rush" | "note";
  text: string;
}

/** The one mark a tile has room for; the rest stand in the details and in its spoken name. */
export function mark(tile: TileData, now: number): Mark | null {
  if (tile.cannotWork === "doNotDisturb" && tile.dndSince !== null) {
    return { tone: "stop", text: t`Do not disturb ${age(tile.dndSince, now)}` };
  }
  if (tile.cannotWork !== null) return { tone: "stop", text: cannotWorkWord(tile.cannotWork) };
  if (tile.status === "inspected") return noted(tile);
  if (tile.waiting !== null) return { tone: "rush", text: t`Guest waits ${age(tile.waiting.since, now)}` };
  if (tile.rush) return { tone: "rush", text: t`Rush` };
  if (tile.status === "paused") return { tone: "stop", text: t`Paused` };
  if (tile.rework > 0) return { tone: "rush", text: t`Rework` };
  if (tile.priority === "urgent" || tile.priority === "high") return { tone: "rush", text: priorityWord(tile.priority) };
  if (tile.priority === "low") return { tone: "note", text: priorityWord("low") };
  return noted(tile);
}

function noted(tile: TileData): Mark | null {
  return tile.note === null || tile.note === "" ? null : { tone: "note", text: t`Note` };
}

/** The whole tile as one sentence, in a fixed order. */
export function spoken(tile: TileData, assignee: string | null, now: number): string {
  const said = mark(tile, now);
  const parts = [
    t`Room ${iso(tile.number)}`,
    statusWord(tile.status),
    isVip(tile) ? t`VIP` : "",
    kindWord(tile.kind),
    situation(tile),
    assignee === null ? t`nobody assigned` : t`assigned to ${iso(assignee)}`,
    tile.startedAt !== null && isWorking(tile) ? age(tile.startedAt, now) : "",
    creditsWord(tile.credits),
    said?.text ?? "",
    ...tile.flags.filter((flag) => flag !== "do_not_disturb").map(flagWord),
    tile.contested ? t`another desk disagrees` : "",
    tile.onHold ? t`on hold` : "",
    localStateWord(tile.localState),
  ];
  return inAList(parts);
}

function isVip(tile: TileData): boolean {
  return tile.guest?.vip === true || tile.arrival?.vip === true;
}

/** Where a person has to look, that stands before the hold. */
function isHeld(tile: TileData): boolean {
  return tile.onHold && tile.localState !== "failed" && tile.localState !== "conflict";
}

/** The word beside the state's shape. What the service has is as it should be: the tick says it, and the spoken name. */
function localMark(tile: TileData): string | null {
  if (isHeld(tile)) return t`On hold`;
  return tile.localState === "server" ? null : localStateWord(tile.localState);
}

function isWorking(tile: TileData): boolean {
  return tile.status === "in_progress" || tile.status === "paused";
}

export const Tile = memo(function Tile({ id, column, index, top, current }: Props): ReactNode {
  const tile = useTile(id);
  const now = useNow();
  const everyTile = useStore(prefs, (state) => state.tabEveryTile);
  const selected = useStore(selection, (state) => state.ids.has(id));
  const assignee = useApp((state) => staffName(state.staff, tile?.assignee ?? null));
  const style: CSSProperties = { insetBlockStart: top };
  if (tile === undefined) return <div role="row" className="tile-row" style={style} />;
  const verb = primaryVerb(tile);
  const said = mark(tile, now);
  const since = tile.startedAt !== null && isWorking(tile) ? age(tile.startedAt, now) : tile.completedAt !== null && tile.status === "completed" ? t`done ${time(tile.completedAt)}` : null;
  return (
    <div role="row" aria-rowindex={index + 1} className="tile-row" style={style}>
      <div
        role="gridcell"
        id={`tile-${id}`}
        className="tile"
        tabIndex={current || everyTile ? 0 : -1}
        aria-selected={selected}
        aria-label={spoken(tile, assignee, now)}
        data-testid="tile"
        data-room={tile.number}
        data-task={id}
        data-column={column}
        data-status={tile.status}
        data-local={tile.localState}
        data-cannot={tile.cannotWork ?? undefined}
        data-contested={tile.contested || undefined}
      >
        <bdi dir="ltr" className="tile-number">
          {tile.number}
        </bdi>
        <span className="tile-head">
          <span className="tile-kind">{kindWord(tile.kind)}</span>
          <span className="tile-local" data-state={isHeld(tile) ? "held" : tile.localState}>
            <Glyph name={isHeld(tile) ? "bars" : LOCAL_GLYPH[tile.localState]} />
            {localMark(tile)}
          </span>
        </span>
        <span className="tile-situation">
          {isVip(tile) ? <b className="tile-vip">{t({ message: "VIP", context: "a short mark on a tile" })}</b> : null}
          {situation(tile)}
        </span>
        <span className="tile-who" dir="auto" data-nobody={assignee === null || undefined}>
          {assignee ?? t`Nobody assigned`}
        </span>
        <span className="tile-more">
          {said === null ? null : <b data-tone={said.tone}>{said.text}</b>}
          {said?.tone === "stop" && tile.cannotWork !== null ? null : <span className="tile-since">{since ?? [iso(tile.roomType), creditsWord(tile.credits)].join(" · ")}</span>}
        </span>
        {verb === null ? null : (
          <button type="button" tabIndex={-1} className="tile-do" data-do="primary" data-testid="tile-primary" data-action={verb.id}>
            {verb.label.replace("…", "")}
          </button>
        )}
        <button type="button" tabIndex={-1} className="tile-menu" data-do="menu" data-testid="tile-menu" aria-label={t`More for room ${iso(tile.number)}`}>
          ⋯
        </button>
      </div>
    </div>
  );
});
