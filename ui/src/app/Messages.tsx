// The line at the foot: what was recorded last, with Undo, and what was refused. It has its own place in the layout,
// so it never covers a tile.

import { t } from "@lingui/core/macro";
import { Lock, X } from "lucide-react";
import { useEffect, useRef, type FocusEvent, type ReactNode } from "react";
import { useStore } from "zustand";
import { attempt, underway } from "../data/actions";
import { useApp, useDesk } from "../data/useDesk";
import { Button, Code } from "../shared/controls";
import { count, time } from "../shared/fmt";
import { Glyph } from "../shared/glyphs";
import { usePressed } from "../shared/shortcuts";
import { dismissToast, holdToast, releaseToast, toasts, type Toast } from "../shared/toasts";

export function Messages(): ReactNode {
  const list = useStore(toasts, (state) => state.list);
  const known = useApp((state) => state.staleness.knownAt);
  const locksSoon = useApp((state) => state.signIn.locksSoon);
  const pressed = usePressed();
  const sheet = pressed("sheet");
  const running = useStore(underway, (state) => state.now);
  // A refusal stands before what went well.
  const shown = list.findLast((toast) => toast.tone === "trouble") ?? list.at(-1);
  return (
    <footer className="foot" data-region="" aria-label={t`Messages`} data-testid="messages">
      {locksSoon ? (
        <LocksSoon />
      ) : running?.shown === true ? (
        <div className="message" data-testid="underway" data-done={running.done} data-total={running.total}>
          <Glyph name="drive" />
          <b>{t`Recording ${count(running.done)} of ${count(running.total)}…`}</b>
        </div>
      ) : shown === undefined ? (
        <span className="foot-quiet">
          {sheet.length === 0 ? null : (
            <>
              <kbd>{sheet}</kbd> {t`for shortcuts`}
            </>
          )}
        </span>
      ) : (
        <Message key={shown.id} toast={shown} />
      )}
      <span className="foot-gap" />
      <span className="foot-quiet">{known === null ? t`Nothing known from the service yet` : t`Known from the service up to ${time(known)}`}</span>
    </footer>
  );
}

/** Said at the foot, where it comes and goes without moving what is under a hand. Every other touch keeps the desk open
 * as well. */
function LocksSoon(): ReactNode {
  const desk = useDesk();
  const cameFrom = useFocusGivenBack();
  return (
    <div className="message" data-testid="locks-soon" data-tone="soon" onFocus={cameFrom}>
      <Lock size={16} aria-hidden />
      <b>{t`This desk locks in a moment.`}</b>
      <Button small testId="stay" onPress={() => void attempt(() => desk.platform.stillHere())}>{t({ message: "Stay", context: "what somebody does at the desk, so that it does not lock" })}</Button>
    </div>
  );
}

function Message({ toast }: { toast: Toast }): ReactNode {
  const cameFrom = useFocusGivenBack();
  const pressed = usePressed();
  return (
    <div
      className="message"
      data-testid="message"
      data-tone={toast.tone}
      onMouseEnter={() => holdToast(toast.id)}
      onMouseLeave={() => releaseToast(toast)}
      onFocus={(event) => {
        cameFrom(event);
        holdToast(toast.id);
      }}
      onBlur={() => releaseToast(toast)}
    >
      <Glyph name={toast.tone === "done" ? "tick" : "alert"} />
      <span>
        <b dir="auto">{toast.text}</b>
        {toast.nextStep === undefined || toast.nextStep === "" ? null : (
          <>
            {" "}
            <bdi>{toast.nextStep}</bdi>
          </>
        )}
        {toast.code === undefined ? null : (
          <>
            {" "}
            <Code code={toast.code} />
          </>
        )}
      </span>
      {toast.offer === undefined ? null : (
        <Button small testId="undo" onPress={toast.offer.run}>
          {toast.offer.label} <kbd>{pressed("undo").join(" ")}</kbd>
        </Button>
      )}
      {toast.tone === "trouble" ? (
        <Button small look="quiet" aria-label={t`Close`} onPress={() => dismissToast(toast.id)}>
          <X size={16} aria-hidden />
        </Button>
      ) : null}
    </div>
  );
}

/**
 * Gives the focus back to what had it before the message, when the message goes and takes it along: a window's engine
 * need not report that what is focused has left the page. Where that is gone too, the screen below sees to it.
 */
function useFocusGivenBack(): (event: FocusEvent) => void {
  const before = useRef<HTMLElement | null>(null);
  useEffect(
    () => () => {
      const at = document.activeElement;
      if ((at === null || at === document.body) && before.current?.isConnected === true) before.current.focus({ preventScroll: true });
    },
    [],
  );
  return ({ currentTarget, relatedTarget }) => {
    if (relatedTarget instanceof HTMLElement && !currentTarget.contains(relatedTarget)) before.current = relatedTarget;
  };
}
