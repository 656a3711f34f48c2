// What a lane says while something is held over the board: what letting go does there, or why it does nothing. Only this
// renders while a drag goes on; the tiles do not.

import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { Column } from "../../bindings/bindings";
import { Glyph } from "../../shared/glyphs";
import type { Verdict } from "./moves";

interface Dragging {
  /** What each lane says; null while nothing is dragged. */
  verdicts: Readonly<Record<Column, Verdict>> | null;
  over: Column | null;
}

export const NOT_DRAGGING: Dragging = { verdicts: null, over: null };

export const dragging = createStore<Dragging>(() => NOT_DRAGGING);

export function DropHint({ column }: { column: Column }): ReactNode {
  const verdict = useStore(dragging, (state) => state.verdicts?.[column] ?? null);
  const over = useStore(dragging, (state) => state.over === column);
  if (verdict === null || verdict.kind === "home") return null;
  const goes = verdict.kind === "goes";
  return (
    <div className="drop" data-testid="drop" data-verdict={verdict.kind} data-over={over || undefined}>
      <div className="drop-words">
        <b>
          <Glyph name={goes ? (over ? "tick" : "ring") : "cross"} />
          {goes ? verdict.words : t`Not here`}
        </b>
        {verdict.reasons.map((reason) => (
          <p key={reason}>{reason}</p>
        ))}
        {goes && over ? <p>{t`Let go to do it`}</p> : null}
      </div>
    </div>
  );
}
