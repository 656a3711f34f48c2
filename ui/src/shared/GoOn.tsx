// A manager goes on with old data, by name and with a reason. Whoever works at the desk finds here who can.

import { t } from "@lingui/core/macro";
import { useEffect, useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { createStore } from "zustand/vanilla";
import type { Person } from "../bindings/bindings";
import { newId } from "../data/actions";
import { inDeskOrder } from "../data/people";
import { useApp, useDesk } from "../data/useDesk";
import { announce } from "./announcer";
import { Button, Field, Problem } from "./controls";
import { durationInWords } from "./fmt";
import { PeopleList } from "./People";
import { PinForm } from "./PinForm";
import { useAttempt } from "./useAttempt";
import { roleWord } from "./words";
import "./goOn.css";

/** The manager whose PIN is asked for here, at somebody else's work. When they sign in, what asked for it stays open. */
export const calledHere = createStore<{ id: string | null }>(() => ({ id: null }));

interface Props {
  onDone: () => void;
  onBack: () => void;
}

export function GoOn({ onDone, onBack }: Props): ReactNode {
  const desk = useDesk();
  const person = useApp((state) => state.person);
  const staff = useApp((state) => state.staff);
  const byPin = useApp((state) => state.signIn.byPin);
  const [signingIn, setSigningIn] = useState<Person | null>(null);
  const { busy, error, run: attempt } = useAttempt();
  useEffect(() => {
    calledHere.setState({ id: signingIn?.id ?? null });
    return () => calledHere.setState({ id: null });
  }, [signingIn]);

  const run = (command: () => Promise<void>) =>
    attempt(async () => {
      await command();
      await desk.refresh();
    });

  let body: ReactNode;
  if (desk.platform.window !== "board") {
    body = <AtTheBoard onBack={onBack} />;
  } else if (person?.role === "manager") {
    body = <Reason person={person} busy={busy} onBack={onBack} onGoOn={(id, reason) => void run(() => desk.platform.beginEmergency(id, reason).then(onDone))} />;
  } else if (signingIn !== null) {
    body = <PinForm person={signingIn} named onBack={() => setSigningIn(null)} />;
  } else {
    const managers = inDeskOrder(staff).filter((each) => each.role === "manager");
    body = <Managers managers={managers} busy={busy} onBack={onBack} onChoose={(manager) => (byPin ? setSigningIn(manager) : void run(() => desk.platform.choosePerson(manager.id)))} />;
  }
  return (
    <div className="go-on" data-testid="go-on">
      {body}
      {error === null ? null : <Problem error={error} testId="go-on-problem" />}
    </div>
  );
}

/** Says what opened here, because the focus goes straight to what there is to do. */
function useSaid(text: string): void {
  useEffect(() => announce(text, { key: "go-on" }), [text]);
}

function Reason({ person, busy, onGoOn, onBack }: { person: Person; busy: boolean; onGoOn: (id: string, reason: string) => void; onBack: () => void }): ReactNode {
  const length = durationInWords(useApp((state) => state.staleness.emergencyS));
  const [id] = useState(newId);
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const text = t`Your name and the reason stand on every screen of this desk and in the record. No room is called safe to give out meanwhile: ask before you give one out. It ends after ${length}, or as soon as the service answers.`;
  useSaid(text);
  return (
    <Form
      className="go-on"
      onSubmit={(event) => {
        event.preventDefault();
        if (reason.trim() === "") setMissing(true);
        else onGoOn(id, reason.trim());
      }}
    >
      <p>
        <b dir="auto">{person.name}</b>. {text}
      </p>
      <Field label={t`Why does the house go on?`} value={reason} onChange={setReason} maxLength={200} autoFocus error={missing && reason.trim() === "" ? t`Say why, in a few words.` : undefined} testId="go-on-reason" />
      <div className="dialog-actions">
        <Button testId="go-on-back" onPress={onBack}>{t`Go back`}</Button>
        <Button look="solid" type="submit" testId="go-on-confirm" aria-disabled={busy || undefined}>{t`Go on for ${length}`}</Button>
      </div>
    </Form>
  );
}

function Managers({ managers, busy, onChoose, onBack }: { managers: readonly Person[]; busy: boolean; onChoose: (manager: Person) => void; onBack: () => void }): ReactNode {
  const none = managers.length === 0;
  const text = none
    ? t`Only a manager can go on with old data, and nobody on this desk's staff list is one. Have somebody look at the network.`
    : t`Only a manager can go on with old data. Choose the manager who is here; that person works at this desk from then on.`;
  useSaid(text);
  return (
    <>
      <p>{text}</p>
      {none ? null : (
        <div className="people-found">
          <PeopleList label={roleWord("manager")} rows={managers} rowPx={44} mark="go-on-manager" autoFocus onChoose={(manager) => (busy ? undefined : onChoose(manager))}>
            {({ name }) => (
              <span className="people-name" dir="auto">
                {name}
              </span>
            )}
          </PeopleList>
        </div>
      )}
      <div className="dialog-actions">
        <Button autoFocus={none} testId="go-on-back" onPress={onBack}>{t`Go back`}</Button>
      </div>
    </>
  );
}

/** The front desk's window only looks. */
function AtTheBoard({ onBack }: { onBack: () => void }): ReactNode {
  const desk = useDesk();
  const text = t`A manager can go on with old data, in the board's window.`;
  useSaid(text);
  return (
    <>
      <p>{text}</p>
      <div className="dialog-actions">
        <Button testId="go-on-back" onPress={onBack}>{t`Go back`}</Button>
        <Button look="solid" autoFocus testId="go-on-board" onPress={() => void desk.platform.openWindow("board")}>{t`Open the board`}</Button>
      </div>
    </>
  );
}
