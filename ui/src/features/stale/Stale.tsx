// What the desk knows is too old to work by. The board stands still behind this until it is refreshed or a manager goes
// on; what waits is kept and can be taken out as a file. Neither Esc nor a click beside it closes it.

import { t } from "@lingui/core/macro";
import { useEffect, useState, type ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useNow } from "../../data/ticker";
import { useApp, useDesk } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { ConnectAgain, MENDED_BY_A_CODE } from "../../shared/ConnectAgain";
import { Button, Problem } from "../../shared/controls";
import { count, dateTime, durationInWords, iso } from "../../shared/fmt";
import { giveFocusToTheView } from "../../shared/giveFocusToTheView";
import { GoOn } from "../../shared/GoOn";
import { ownWords, said } from "../../shared/said";
import { ageSentence } from "../../shared/staleness";
import { useAttempt } from "../../shared/useAttempt";
import "./stale.css";

const CODE = "OFFLINE_PRIMER_STALE";

export function StaleModal(): ReactNode {
  const blocked = useApp((state) => state.staleness.blocked);
  useEffect(() => (blocked ? () => giveFocusToTheView(60) : undefined), [blocked]);
  return blocked ? <Stale /> : null;
}

function Stale(): ReactNode {
  const desk = useDesk();
  const staleness = useApp((state) => state.staleness);
  const waiting = useApp((state) => state.sync.ledger.waiting + state.sync.ledger.attention);
  const reason = useApp((state) => (state.sync.state === "online" ? null : state.sync.reason));
  const now = useNow();
  const attempt = useAttempt();
  const { error } = attempt;
  const [asked, setAsked] = useState<"refresh" | "export" | null>(null);
  const busy = attempt.busy ? asked : null;
  const [file, setFile] = useState<string | null>(null);
  // Whoever comes back from the second way finds the focus where it was.
  const [goingOn, setGoingOn] = useState<"never" | "now" | "left">("never");
  const within = staleness.ageS === null || staleness.ageS <= staleness.limitS;

  useEffect(() => {
    void desk.platform.telemetry("frontend.housekeeping.primer_stale", { code: CODE }).catch(() => undefined);
  }, [desk]);

  const run = (what: "refresh" | "export", command: () => Promise<void>) =>
    attempt.run(() => {
      setAsked(what);
      return command();
    });

  const refresh = () =>
    run("refresh", async () => {
      announce([t`Asking the service now.`, said(reason?.message ?? null)].join(" ").trim(), { key: "sync-now" });
      await desk.platform.refreshSnapshot();
      await desk.refresh();
    });
  const exportWaiting = () =>
    run("export", async () => {
      const { path } = await desk.platform.exportWaiting(null);
      setFile(path);
      announce(t`Written to ${iso(path)}.`);
    });

  return (
    <ModalOverlay className="overlay" isOpen isDismissable={false} isKeyboardDismissDisabled>
      <Modal className="modal stale">
        <Dialog role="alertdialog" className="dialog" data-testid="stale-modal" aria-describedby="stale-text">
          <Heading slot="title" className="dialog-title">
            {within ? t`What this desk knows may be too old` : t`What this desk knows is ${durationInWords(staleness.ageS ?? 0)} old`}
          </Heading>
          <div id="stale-text" className="stale-text">
            <p>
              {staleness.knownAt === null
                ? t`It has not heard from the service within the limit of ${durationInWords(staleness.limitS)}.`
                : t`It last heard from the service at ${dateTime(staleness.knownAt, now)}. The limit is ${durationInWords(staleness.limitS)}: rooms may have been given out since.`}
            </p>
            {within ? <p>{staleness.ageS === null ? ageSentence(null) : t`An emergency operation ended, and this computer's clock was set back since.`}</p> : null}
            <p>
              {waiting === 0
                ? t`Nothing recorded here is waiting to be sent.`
                : t`What was recorded here is kept and will still be sent: ${count(waiting)} waiting.`}
            </p>
          </div>
          {reason === null ? null : (
            <Problem
              error={MENDED_BY_A_CODE.has(reason.code) ? reason : { ...reason, nextStep: ownWords(t`Look at this computer's network. The board opens by itself as soon as the service answers.`) }}
              testId="stale-why"
            />
          )}
          {error === null ? null : <Problem error={error} />}
          {file === null ? null : (
            <p className="stale-file selectable">
              {t`Written to`} <bdi dir="ltr">{file}</bdi>
            </p>
          )}
          {goingOn === "now" ? <GoOn onDone={() => undefined} onBack={() => setGoingOn("left")} /> : null}
          <div className="stale-foot">
            {goingOn === "now" ? null : (
              <div className="dialog-actions">
                <ConnectAgain testId="stale-connect" />
                <Button testId="stale-export" aria-disabled={busy !== null || undefined} onPress={() => void exportWaiting()}>{t`Export what waits`}</Button>
                <Button autoFocus={goingOn === "left"} testId="stale-go-on" aria-disabled={busy !== null || undefined} onPress={() => setGoingOn("now")}>{t`Go on with old data…`}</Button>
                <Button look="solid" autoFocus={goingOn === "never"} testId="stale-refresh" aria-disabled={busy !== null || undefined} onPress={() => void refresh()}>
                  {busy === "refresh" ? t`Asking the service…` : t`Refresh now`}
                </Button>
              </div>
            )}
            <span className="code" data-testid="stale-code">
              {CODE}
            </span>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
