// Before the board: which hotel, its first load, who is working; and what to do when the database cannot be used.

import { t } from "@lingui/core/macro";
import { ArrowLeft, ArrowRight, Building2, Link2 } from "lucide-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { CommandError, FoundHotel, Loading, Person } from "../../bindings/bindings";
import { attempt } from "../../data/actions";
import { inDeskOrder } from "../../data/people";
import { useApp, useDesk } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { ConnectAgain, connectingAgain } from "../../shared/ConnectAgain";
import { Button, Field, Problem } from "../../shared/controls";
import { count, fold, iso, serviceDay } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { Mark } from "../../shared/Mark";
import { PeopleSearch, type PersonRow } from "../../shared/People";
import { PinForm } from "../../shared/PinForm";
import { said } from "../../shared/said";
import { useAttempt } from "../../shared/useAttempt";
import { roleWord } from "../../shared/words";
import "./setup.css";

export function Page({ title, lead, children, testId, wide = false, plain = false }: { title: ReactNode; lead?: ReactNode; children: ReactNode; testId: string; wide?: boolean; plain?: boolean }): ReactNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <div className="setup" data-testid={testId}>
      <aside className="setup-side" aria-hidden>
        <Mark />
        {plain ? null : <p className="setup-side-words">{t`The housekeeping desk that does not go down.`}</p>}
        <div className="setup-moons">
          {(["ring", "half", "disc", "seal"] as const).map((name) => (
            <Glyph key={name} name={name} />
          ))}
        </div>
      </aside>
      <main className="setup-main">
        <div className={wide ? "setup-box setup-wide" : "setup-box"}>
          <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
            {title}
          </h1>
          {lead === undefined ? null : <p className="setup-lead">{lead}</p>}
          {children}
        </div>
      </main>
    </div>
  );
}

export function Setup(): ReactNode {
  const [connecting, setConnecting] = useState(false);
  return connecting ? <Connect onBack={() => setConnecting(false)} /> : <Welcome onConnect={() => setConnecting(true)} />;
}

function Welcome({ onConnect }: { onConnect: () => void }): ReactNode {
  const desk = useDesk();
  const { busy, error, run } = useAttempt();
  const openSample = () =>
    run(async () => {
      await desk.platform.openSampleHotel();
      await desk.refresh();
    });
  return (
    <Page testId="setup" title={t`Welcome to Turndown`} lead={t`Which hotel does this desk work for?`}>
      <div className="setup-choices">
        <Button className="setup-choice" testId="setup-sample" isDisabled={busy} onPress={() => void openSample()}>
          <Building2 size={26} aria-hidden />
          <span>
            <b>{t`Open the sample hotel`}</b>
            <small>{t`A full day of a real city hotel, on this computer. Pull the plug, work on, plug in again. Nothing can break.`}</small>
          </span>
          <ArrowRight size={20} className="flips" aria-hidden />
        </Button>
        <Button className="setup-choice" testId="setup-connect" isDisabled={busy} onPress={onConnect}>
          <Link2 size={26} aria-hidden />
          <span>
            <b>{t`Connect to your hotel`}</b>
            <small>{t`You need the service's address and a code. Whoever runs the service gives you both.`}</small>
          </span>
          <ArrowRight size={20} className="flips" aria-hidden />
        </Button>
      </div>
      {error === null ? null : <Problem error={error} testId="problem" />}
    </Page>
  );
}

/** For a desk that had a hotel before. */
export function ConnectedAgain(): ReactNode {
  const back = () => connectingAgain.setState({ open: false });
  return <Connect onBack={back} onAgain={back} />;
}

interface ConnectProps {
  onBack: () => void;
  /** For a desk that had a hotel before: called once it has it again. */
  onAgain?: () => void;
}

function Connect({ onBack, onAgain }: ConnectProps): ReactNode {
  const desk = useDesk();
  const hotel = useApp((state) => state.hotel);
  const [address, setAddress] = useState(hotel?.address ?? "");
  const [code, setCode] = useState("");
  const [found, setFound] = useState<FoundHotel | null>(null);
  const { busy, error, run } = useAttempt();
  const [missing, setMissing] = useState(false);

  const find = () => {
    if (address.trim() === "" || code.trim() === "") {
      setMissing(true);
      return;
    }
    void run(async () => {
      const answer = await desk.platform.findHotel(address.trim(), code.trim());
      setFound(answer);
      announce(t`Found ${iso(answer.name)}. Is this your hotel?`);
    });
  };

  if (found !== null) {
    return (
      <Page testId="setup-found" title={<bdi>{found.name}</bdi>} lead={t`Is this your hotel?`}>
        <p className="setup-address selectable" dir="ltr">
          {found.address}
        </p>
        {error === null ? null : <Problem error={error} testId="problem" />}
        <div className="setup-actions">
          <Button testId="setup-not-this" onPress={() => setFound(null)}>{t`No, go back`}</Button>
          <Button
            look="solid"
            autoFocus
            testId="setup-confirm"
            aria-disabled={busy || undefined}
            onPress={() =>
              void run(async () => {
                await desk.platform.connectHotel(found.address, code.trim());
                await desk.refresh();
                onAgain?.();
              })
            }
          >
            {t`Yes, connect`}
          </Button>
        </div>
      </Page>
    );
  }
  return (
    <Page
      testId="setup-connecting"
      title={onAgain === undefined ? t`Connect to your hotel` : t`Connect this desk again`}
      lead={onAgain === undefined ? undefined : t`With a new code of ${iso(hotel?.name ?? "")}. Everything recorded here stays, and what waits is sent then.`}
    >
      <Form
        className="setup-form"
        onSubmit={(event) => {
          event.preventDefault();
          find();
        }}
      >
        <Field label={t`Address of the service`} value={address} onChange={setAddress} autoFocus={hotel === null || hotel.address === ""} inputMode="url" placeholder="https://housekeeping.your-hotel.example" error={missing && address.trim() === "" ? t`Type the address that you were given.` : undefined} testId="setup-address" />
        <Field label={t`Code`} value={code} onChange={setCode} autoFocus={hotel !== null && hotel.address !== ""} error={missing && code.trim() === "" ? t`Type the code that you were given.` : undefined} testId="setup-code" />
        {error === null ? null : <Problem error={error} testId="problem" />}
        <div className="setup-actions">
          <Button look="quiet" onPress={onBack}>
            <ArrowLeft size={16} className="flips" aria-hidden /> {t`Go back`}
          </Button>
          <Button look="solid" type="submit" testId="setup-find" aria-disabled={busy || undefined}>
            {busy ? t`Asking the service…` : t`Find the hotel`}
          </Button>
        </div>
      </Form>
    </Page>
  );
}

export function FirstLoad({ loading }: { loading: Loading | null }): ReactNode {
  const hotel = useApp((state) => state.hotel);
  const reason = useApp((state) => (state.sync.state === "online" ? null : state.sync.reason));
  const done = loading?.done ?? 0;
  const total = loading?.total ?? null;
  return (
    <Page testId="loading" title={<bdi>{hotel?.name ?? t`Your hotel`}</bdi>} lead={t`Everything this desk needs to work without a network is being fetched, once.`}>
      <progress className="setup-progress" {...(total === null ? {} : { value: done, max: total })} aria-label={t`First load`} />
      <p className="setup-step">
        <b>{loading ? said(loading.step) : t`Asking the service`}</b>
        <span>{total === null ? (done > 0 ? count(done) : "") : t`${count(done)} of ${count(total)} rooms`}</span>
      </p>
      {reason === null ? null : <Problem error={reason} testId="loading-why" />}
      <div className="setup-actions">
        <ConnectAgain testId="loading-connect" />
      </div>
    </Page>
  );
}

interface Worker extends PersonRow {
  initials: string;
  what: string;
  /** What it is found by, folded. */
  found: string;
}

interface WhoProps {
  /** Leaves it as it is. */
  onCancel?: () => void;
  /** What that is called. */
  cancel?: string;
}

export function WhoIsWorking({ onCancel, cancel = t`Go back to the board` }: WhoProps): ReactNode {
  const desk = useDesk();
  const staff = useApp((state) => state.staff);
  const hotel = useApp((state) => state.hotel);
  const byPin = useApp((state) => state.signIn.byPin);
  const [busy, setBusy] = useState(false);
  const [chosen, setChosen] = useState<Person | null>(null);
  const people = useMemo(
    () =>
      inDeskOrder(staff).map(
        ({ id, name, initials, role, section }): Worker => ({
          id,
          name,
          initials,
          what: [roleWord(role), section === null ? "" : t`Section ${iso(section)}`].filter(Boolean).join(" · "),
          found: fold(`${name} ${roleWord(role)} ${section ?? ""}`),
        }),
      ),
    [staff],
  );
  const choose = async (id: string) => {
    if (busy) return;
    if (byPin) {
      setChosen(staff.find((person) => person.id === id) ?? null);
      return;
    }
    setBusy(true);
    await attempt(async () => {
      await desk.platform.choosePerson(id);
      await desk.refresh();
    });
    setBusy(false);
    onCancel?.();
  };
  if (chosen !== null) {
    return (
      <Page key="pin" testId="who-pin" title={<bdi>{chosen.name}</bdi>} lead={roleWord(chosen.role)}>
        <PinForm person={chosen} onBack={() => setChosen(null)} {...(onCancel === undefined ? {} : { onDone: onCancel })} />
      </Page>
    );
  }
  return (
    <Page key="names" wide testId="who" title={t`Who is working?`} lead={hotel === null ? undefined : <>
      <bdi>{hotel.name}</bdi> · {serviceDay(hotel.serviceDay)}. {t`Everything recorded here carries this name.`}
    </>}>
      <PeopleSearch
        asks={t`Find by name, role or section`}
        fieldMark="staff-search"
        label={t`Who is working?`}
        mark="staff-choice"
        rowPx={70}
        cardRem={16.5}
        find={(wanted) => people.filter((person) => person.found.includes(wanted))}
        none={t`Nobody fits what you typed.`}
        onChoose={({ id }) => (id === null ? undefined : void choose(id))}
      >
        {({ name, initials, what }) => (
          <>
            <span className="people-initials" aria-hidden>
              {initials}
            </span>
            <span className="people-words">
              <b dir="auto">{name}</b>
              <small>{what}</small>
            </span>
          </>
        )}
      </PeopleSearch>
      {onCancel === undefined ? null : (
        <div className="setup-actions">
          <Button testId="who-back" onPress={onCancel}>{cancel}</Button>
        </div>
      )}
    </Page>
  );
}

export function Trouble({ error }: { error: CommandError | null }): ReactNode {
  const desk = useDesk();
  return (
    <Page plain testId="trouble" title={error ? said(error.message) : t`The desk's database cannot be used.`} lead={error ? said(error.nextStep) : undefined}>
      {error === null ? null : (
        <p className="code selectable" data-testid="trouble-code">
          {error.reference === "" ? error.code : `${error.code} · ${error.reference}`}
        </p>
      )}
      <div className="setup-actions">
        <Button testId="trouble-quit" onPress={() => void attempt(() => desk.platform.quit())}>{t`Close Turndown`}</Button>
        <Button look="solid" testId="trouble-again" onPress={() => void desk.refresh()}>{t`Look again`}</Button>
      </div>
    </Page>
  );
}
