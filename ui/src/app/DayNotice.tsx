// More than one day has passed by the clock while the house stood still: somebody says whether the new day begins. The next
// day alone begins by itself.

import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { useApp, useDesk } from "../data/useDesk";
import { announce } from "../shared/announcer";
import { Button, Problem } from "../shared/controls";
import { serviceDay } from "../shared/fmt";
import { giveFocusToTheView } from "../shared/giveFocusToTheView";
import { Glyph } from "../shared/glyphs";
import { useAttempt } from "../shared/useAttempt";

/** Frames in which the notice goes. */
const GOES_WITHIN = 60;

export function DayNotice(): ReactNode {
  const desk = useDesk();
  const due = useApp((state) => state.dayToBegin);
  const hotel = useApp((state) => state.hotel);
  const { busy, error, run } = useAttempt();
  if (due === null || hotel === null) return null;
  const day = serviceDay(due);
  const shown = serviceDay(hotel.serviceDay);
  const begin = () =>
    run(async () => {
      await desk.platform.beginDay(due);
      await desk.refresh();
      announce(t`${day} has begun.`, { key: "day" });
      giveFocusToTheView(GOES_WITHIN);
    });
  return (
    <div className="notice" data-testid="day-notice">
      <Glyph name="alert" />
      <p>
        <b>{t`By this computer's clock it is ${day}, and the board still shows ${shown}.`}</b>{" "}
        {t`If the clock is right, begin the day: its work comes from the bookings that this desk has. What is open stays.`}
      </p>
      {error === null ? null : <Problem error={error} />}
      {desk.platform.window === "board" ? (
        <Button small testId="begin-day" aria-disabled={busy || undefined} onPress={() => void begin()}>{t`Begin ${day}`}</Button>
      ) : null}
    </div>
  );
}
