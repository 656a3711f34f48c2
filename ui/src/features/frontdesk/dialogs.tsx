// What the front desk is asked before something is recorded, and everything about one room.

import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { Action, RackRoom } from "../../bindings/bindings";
import { useNow } from "../../data/ticker";
import { Button, Dialog, Facts, Field, RoomNumber } from "../../shared/controls";
import { clock, dateTime, fold, iso, serviceDay } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { NoteDialog } from "../../shared/NoteDialog";
import { cleanlinessWord, flagWord, localStateWord, notSafeWord, occupancyWord, persons, sellabilityWord, waitingWords } from "../../shared/words";
import { bothSides, doing } from "./words";
import { verbsOf, type Ask, type Verb } from "./verbs";

export interface Recording {
  action: Action;
  done: string;
  /** The stamp of the event that confirmed it. */
  from: number;
}

interface Props {
  room: RackRoom;
  onClose: () => void;
  onRecord: (recording: Recording) => void;
}

export function AskDialog({ ask, ...props }: Props & { ask: Ask }): ReactNode {
  switch (ask) {
    case "claim":
      return <Claim {...props} />;
    case "queue":
      return <Queue {...props} />;
    case "note":
      return <NoteDialog number={props.room.number} note={props.room.note} onClose={props.onClose} onRecord={props.onRecord} />;
  }
}

function Title({ room, children }: { room: RackRoom; children: ReactNode }): ReactNode {
  return (
    <>
      {t`Room`} <RoomNumber number={room.number} />: {children}
    </>
  );
}

function Claim({ room, onClose, onRecord }: Props): ReactNode {
  const [guest, setGuest] = useState("");
  const reasons = room.safe.reasons.map(notSafeWord);
  return (
    <Dialog title={<Title room={room}>{t`claim it`}</Title>} onClose={onClose} testId="dialog-claim">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const name = guest.trim();
          onRecord({ action: { action: "claim", args: name === "" ? {} : { guest: name } }, done: name === "" ? t`claimed` : t`claimed for ${{ name: iso(name) }}`, from: event.timeStamp });
        }}
      >
        {reasons.length === 0 ? null : (
          <p className="claim-reasons">
            <Glyph name="alert" /> {t`Not ready to give out yet:`} {reasons.join(" · ")}
          </p>
        )}
        <Field label={t`For whom? (may stay empty)`} value={guest} onChange={setGuest} autoFocus maxLength={200} testId="claim-guest" />
        <p>{t`Nobody else gives the room out while it is claimed: other windows see it at once, other desks as soon as both are online.`}</p>
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="claim-confirm">{t`Claim the room`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Hours and minutes as people type them: `14:30`, `1430`, `9.05`, in any digits. */
export function timeTyped(text: string): string | null {
  const found = /^(\d{1,2})[:.h]?(\d{2})$/.exec(fold(text));
  const [hours, minutes] = [Number(found?.[1]), Number(found?.[2])];
  if (found === null || hours > 23 || minutes > 59) return null;
  return `${String(hours).padStart(2, "0")}:${String(minutes).padStart(2, "0")}`;
}

function Queue({ room, onClose, onRecord }: Props): ReactNode {
  const [text, setText] = useState(room.waiting?.promised ?? "");
  const [error, setError] = useState<string>();
  return (
    <Dialog title={<Title room={room}>{room.waiting === null ? t`the guest waits` : t`the time told`}</Title>} onClose={onClose} testId="dialog-queue">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const promised = text.trim() === "" ? "" : timeTyped(text);
          if (promised === null) {
            setError(t`That is no time of day. Write it as hours and minutes, for example 14:30.`);
            return;
          }
          onRecord({ action: { action: "queue_guest", args: promised === "" ? {} : { promised } }, done: promised === "" ? t`the guest waits` : t`the guest waits, told ${clock(promised)}`, from: event.timeStamp });
        }}
      >
        <Field label={t`Which time was the guest told? (may stay empty)`} value={text} onChange={setText} error={error} autoFocus maxLength={5} placeholder="14:30" testId="queue-time" />
        <p>{t`The room moves to the top of the board, and other rooms of its type with it.`}</p>
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="queue-confirm">{t`Put on the queue`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Everything that the front desk knows of a room, and what it can do. */
export function RoomPanel({ room, onClose, onVerb }: { room: RackRoom; onClose: () => void; onVerb: (verb: Verb) => void }): ReactNode {
  const now = useNow();
  const facts: [string, ReactNode][] = [
    [t`Housekeeping`, [cleanlinessWord(room.cleanliness), doing(room, now)].filter(Boolean).join(" · ")],
    [t`Front desk`, room.discrepancy ? bothSides(room) : occupancyWord(room.occupancy)],
    [t`Room`, [iso(room.roomType), t`floor ${iso(room.floor)}`, t`section ${iso(room.section)}`].join(" · ")],
  ];
  if (room.claim !== null) {
    const claim = [room.claim.guest === null ? "" : iso(room.claim.guest), t`by ${iso(room.claim.by)}`, dateTime(room.claim.at, now)];
    facts.unshift([t`Claimed`, <bdi key="claim">{claim.filter(Boolean).join(" · ")}</bdi>]);
  }
  if (room.waiting !== null) facts.unshift([t`Guest waits`, waitingWords(room.waiting, now)]);
  if (room.guest !== null) {
    const guest = [persons(room.guest.persons), room.guest.vip ? t`VIP` : "", t`leaves ${serviceDay(room.guest.departs_on, "short")}`, clock(room.guest.departs_at)];
    facts.push([t`In the room`, guest.filter(Boolean).join(" · ")]);
  }
  if (room.arrival !== null) {
    const coming = [clock(room.arrival.eta), persons(room.arrival.persons), room.arrival.vip ? t`VIP` : ""];
    facts.push([t`Arrival`, coming.filter(Boolean).join(" · ")]);
  }
  if (room.flags.length > 0) facts.push([t`Flags`, room.flags.map(flagWord).join(" · ")]);
  if (room.sellability.kind !== "in_service") facts.push([sellabilityWord(room.sellability.kind), room.sellability.reason ?? t`No reason given`]);
  if (room.note !== null) facts.push([t`Note`, <bdi key="note">{room.note}</bdi>]);
  facts.push([t`This desk`, localStateWord(room.localState)]);
  return (
    <Dialog
      form="drawer"
      onClose={onClose}
      testId="dialog-room"
      title={
        <span className="details-title">
          {t`Room`} <RoomNumber number={room.number} />
        </span>
      }
    >
      <div className="panel-answer" data-safe={room.safe.safe}>
        <b>
          <Glyph name={room.safe.safe ? "tick" : "cross"} /> {room.safe.safe ? t`Safe to give out` : t`Not yet`}
        </b>
        {room.safe.reasons.length === 0 ? null : (
          <ul>
            {room.safe.reasons.map((reason) => (
              <li key={reason}>{notSafeWord(reason)}</li>
            ))}
          </ul>
        )}
      </div>
      <div className="details-buttons panel-verbs">
        {verbsOf(room).map((verb) => (
          <Button key={verb.id} small testId={`room-${verb.id}`} onPress={() => onVerb(verb)}>
            {verb.label}
          </Button>
        ))}
      </div>
      <Facts facts={facts} />
    </Dialog>
  );
}
