import { t } from "@lingui/core/macro";
import { CircleCheck, CloudOff, LoaderCircle, PauseCircle, RefreshCw, TriangleAlert, Unplug } from "lucide-react";
import type { ReactNode } from "react";
import { attempt } from "../data/actions";
import { useApp, useDesk } from "../data/useDesk";
import { pillModel, pillText, type PillTone } from "../shared/pill";
import { go } from "../shared/route";

const ICONS: Record<PillTone, typeof CircleCheck> = {
  good: CircleCheck,
  sending: RefreshCw,
  offline: CloudOff,
  planned: Unplug,
  attention: TriangleAlert,
  stopped: PauseCircle,
  starting: LoaderCircle,
};

/** Always in sight, always a button: how the desk stands with the service, and what waits. */
export function Pill(): ReactNode {
  const desk = useDesk();
  const sync = useApp((state) => state.sync);
  const staleness = useApp((state) => state.staleness);
  const model = pillModel(sync, staleness);
  const Icon = ICONS[model.tone];
  return (
    <button
      type="button"
      className="pill"
      data-testid="pill"
      data-tone={model.tone}
      data-state={sync.state}
      data-mode={sync.mode}
      data-waiting={sync.ledger.waiting}
      data-attention={sync.ledger.attention}
      title={t`Open the Sync Center (G then S, or Ctrl+J)`}
      aria-label={`${pillText(model)}. ${t`Open the Sync Center`}`}
      onClick={() => {
        if (desk.platform.window === "board") go({ view: "sync" });
        else void attempt(() => desk.platform.openWindow("board"));
      }}
    >
      <Icon size={18} aria-hidden className={sync.flushing ? "turning" : undefined} />
      <span className="pill-word">{model.word}</span>
      {model.detail === "" ? null : <span className="pill-detail">{model.detail}</span>}
      {model.extra === "" ? null : (
        <span className="pill-extra">
          <TriangleAlert size={14} aria-hidden /> {model.extra}
        </span>
      )}
    </button>
  );
}
