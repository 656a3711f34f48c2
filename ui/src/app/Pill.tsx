import { t } from "@lingui/core/macro";
import { TriangleAlert } from "lucide-react";
import { useRef, type ReactNode } from "react";
import { useApp } from "../data/useDesk";
import { Cockpit } from "../features/cockpit/Cockpit";
import { pillModel, pillText } from "../shared/pill";
import { PillIcon } from "../shared/PillIcon";

interface Props {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
}

/** Always in sight, always a button: how the desk stands with the service, what waits, and the cockpit behind it. */
export function Pill({ isOpen, onOpenChange }: Props): ReactNode {
  const sync = useApp((state) => state.sync);
  const staleness = useApp((state) => state.staleness);
  const pill = useRef<HTMLButtonElement>(null);
  const model = pillModel(sync, staleness);
  return (
    <>
      <button
        ref={pill}
        type="button"
        className="pill"
        data-testid="pill"
        data-tone={model.tone}
        data-state={sync.state}
        data-mode={sync.mode}
        data-waiting={sync.ledger.waiting}
        data-attention={sync.ledger.attention}
        title={t`What is the case, what works and what waits (G then O)`}
        aria-label={`${pillText(model)}. ${t`What is the case, what works and what waits`}`}
        aria-expanded={isOpen}
        onClick={(event) => {
          // Not every engine gives a button the focus that is pressed by mouse; the panel gives it back from where it was.
          event.currentTarget.focus();
          onOpenChange(!isOpen);
        }}
      >
        <PillIcon tone={model.tone} turning={sync.flushing} />
        {/* Spaces that nobody sees: the words are words, and those that the name begins with. */}
        <span className="pill-word">{model.word}</span>{" "}
        {model.detail === "" ? null : <span className="pill-detail">{model.detail}</span>}{" "}
        {model.extra === "" ? null : (
          <span className="pill-extra">
            <TriangleAlert size={14} aria-hidden /> {model.extra}
          </span>
        )}
      </button>
      <Cockpit anchor={pill} isOpen={isOpen} onOpenChange={onOpenChange} />
    </>
  );
}
