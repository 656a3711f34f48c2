// The rooms that somebody holds back, and the way to let one go on. They are worked on as ever; nothing of it is sent
// meanwhile.

import { plural, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import type { RoomOnHold } from "../../bindings/bindings";
import { letGoOn } from "../../data/actions";
import { useDesk } from "../../data/useDesk";
import { Button, RoomNumber } from "../../shared/controls";
import { dateTime, iso } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { buttonName } from "../../shared/words";

/** The rooms on hold, each with who, since when and why. */
export function OnHold({ rooms, now }: { rooms: readonly RoomOnHold[]; now: number }): ReactNode {
  const desk = useDesk();
  if (rooms.length === 0) return null;
  return (
    <section aria-labelledby="on-hold">
      <h2 id="on-hold">{plural(rooms.length, { one: "# room on hold", other: "# rooms on hold" })}</h2>
      <ul className="cards">
        {rooms.map((room) => (
          <li key={room.roomId} className="card card-hold" data-testid="hold-card" data-room={room.title}>
            <b>
              <Glyph name="bars" /> {t`Room`} <RoomNumber number={room.title} />
            </b>
            <p dir="auto">{room.reason}</p>
            <div className="card-foot">
              <small>
                {plural(room.waiting, { 0: "nothing recorded here waits yet", one: "# action waits", other: "# actions wait" })} · <bdi>{room.by}</bdi> · {dateTime(room.since, now)}
              </small>
              <Button small testId="let-go" aria-label={buttonName(t`Let it go on`, t`Room ${iso(room.title)}`)} onPress={() => void letGoOn(desk, room.roomId, room.title)}>
                {t`Let it go on`}
              </Button>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
