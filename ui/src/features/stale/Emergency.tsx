// The stamp of an emergency operation: on every screen, as long as it runs.

import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import type { Emergency } from "../../bindings/bindings";
import { attempt } from "../../data/actions";
import { useApp, useDesk } from "../../data/useDesk";
import { Button, Dialog } from "../../shared/controls";
import { dateTime } from "../../shared/fmt";
import { useFocusGoesOn } from "../../shared/focus";
import { Glyph } from "../../shared/glyphs";
import { GoOn } from "../../shared/GoOn";
import { ageSentence } from "../../shared/staleness";
import "./stale.css";

/** On a locked desk it is there to be read, and nothing is done from it. */
export function EmergencyStamp({ locked = false }: { locked?: boolean }): ReactNode {
  const emergency = useApp((state) => state.staleness.emergency);
  return emergency === null ? null : <Stamp emergency={emergency} locked={locked} />;
}

function Stamp({ emergency, locked }: { emergency: Emergency; locked: boolean }): ReactNode {
  const desk = useDesk();
  const ageS = useApp((state) => state.staleness.ageS);
  const mayGoOn = useApp((state) => state.staleness.mayGoOn);
  const [asking, setAsking] = useState(false);
  // It goes with what its button asks for.
  useFocusGoesOn();
  return (
    <div className="notice emergency" data-testid="emergency">
      <Glyph name="alert" />
      <p>
        <b>{t`Emergency operation until ${dateTime(emergency.until)}.`}</b> {ageSentence(ageS)}{" "}
        {emergency.reason === "" ? null : (
          <>
            <bdi>{emergency.name}</bdi>: <bdi>{emergency.reason}</bdi>
          </>
        )}
      </p>
      {mayGoOn && !locked && desk.platform.window === "board" ? <Button small testId="emergency-prolong" onPress={() => setAsking(true)}>{t`Go on for longer`}</Button> : null}
      {locked ? null : <Button small testId="emergency-refresh" onPress={() => void attempt(() => desk.platform.refreshSnapshot())}>{t`Refresh now`}</Button>}
      {asking ? (
        <Dialog title={t`Go on for longer`} onClose={() => setAsking(false)} testId="dialog-go-on">
          <GoOn onDone={() => setAsking(false)} onBack={() => setAsking(false)} />
        </Dialog>
      ) : null}
    </div>
  );
}
