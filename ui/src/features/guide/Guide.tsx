// The sample hotel's guide: six things to try, which tick themselves off. It says only the next one at length.

import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { attempt } from "../../data/actions";
import { useApp, useDesk } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { Button } from "../../shared/controls";
import { count } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { go } from "../../shared/route";
import "./guide.css";

interface Words {
  title: string;
  text: ReactNode;
}

function wordsOf(id: string): Words {
  switch (id) {
    case "start":
      return { title: t`Start a room`, text: t`Press Start on any tile in Dirty, or focus it and press S.` };
    case "unplug":
      return { title: t`Pull the plug`, text: t`Press Pull the plug, on top. The desk's connection is cut at once.` };
    case "work":
      return { title: t`Work on`, text: t`Start, complete, inspect. Every change is saved here, and the pill counts what waits.` };
    case "elsewhere":
      return {
        title: t`Let somebody else work`,
        text: (
          <>
            {t`In a terminal, in the project's folder:`} <kbd className="selectable guide-command">make elsewhere</kbd> {t`It changes a room that you changed, as if from another workplace.`}
          </>
        ),
      };
    case "plug":
      return { title: t`Plug in again`, text: t`Press Plug in again and watch everything arrive, once and in order.` };
    case "decide":
      return { title: t`Decide the conflict`, text: t`Two people changed one room. Open the Sync Center and decide field by field.` };
    default:
      return { title: id, text: "" };
  }
}

export function Guide(): ReactNode {
  const desk = useDesk();
  const guide = useApp((state) => state.guide);
  const conflicts = useApp((state) => state.sync.conflicts);
  const mode = useApp((state) => state.sync.mode);
  const done = guide?.steps.filter((step) => step.done).length ?? 0;
  const before = useRef(done);

  useEffect(() => {
    if (guide !== null && done > before.current) {
      announce(t`Guide: ${count(done)} of ${count(guide.steps.length)} done.`, { key: "guide" });
    }
    before.current = done;
  }, [done, guide]);

  if (guide === null || guide.dismissed) return null;
  const next = guide.steps.find((step) => !step.done);
  const words = next === undefined ? null : wordsOf(next.id);
  return (
    <section className="guide" aria-label={t`Guide`} data-testid="guide" data-done={done}>
      <ol className="guide-steps">
        {guide.steps.map((step, at) => (
          <li key={step.id} className="guide-step" data-step={step.id} data-done={step.done || undefined} aria-current={step === next ? "step" : undefined}>
            <span className="guide-number" aria-hidden>
              {step.done ? <Glyph name="tick" /> : count(at + 1)}
            </span>
            {wordsOf(step.id).title}
            <span className="hidden-words">{step.done ? t`done` : t`not done yet`}</span>
          </li>
        ))}
      </ol>
      <p className="guide-text">
        {words === null ? t`That was all six. Nothing was lost, and nothing happened twice: the Sync Center has the record.` : words.text}
      </p>
      {next?.id === "unplug" && mode !== "unplugged" ? (
        <Button small testId="guide-unplug" onPress={() => void attempt(() => desk.platform.setLink("unplugged"))}>{t`Pull the plug`}</Button>
      ) : null}
      {next?.id === "plug" && mode === "unplugged" ? (
        <Button small testId="guide-plug" onPress={() => void attempt(() => desk.platform.setLink("auto"))}>{t`Plug in again`}</Button>
      ) : null}
      {next?.id === "decide" && conflicts > 0 ? (
        <Button small testId="guide-decide" onPress={() => go({ view: "sync" })}>{t`Open the Sync Center`}</Button>
      ) : null}
      <Button look="quiet" small className="guide-close" aria-label={t`Put the guide away`} testId="guide-dismiss" onPress={() => void attempt(() => desk.platform.dismissGuide())}>
        <X size={16} aria-hidden />
      </Button>
    </section>
  );
}
