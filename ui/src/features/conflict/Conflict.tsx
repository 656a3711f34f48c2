// A conflict, field by field: what was before, what this desk did, what the service has now, and what follows from
// each. Nothing is preselected and nothing times out.

import { plural, t } from "@lingui/core/macro";
import { ArrowLeft } from "lucide-react";
import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { Authorship, CommandError, ConflictField, ConflictView, Side } from "../../bindings/bindings";
import { newId, report } from "../../data/actions";
import { useNow } from "../../data/ticker";
import { useDesk } from "../../data/useDesk";
import { asCommandError } from "../../platform/platform";
import { announce } from "../../shared/announcer";
import { Button, RoomNumber } from "../../shared/controls";
import { count, dateTime, iso } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { isTyping, keyOf } from "../../shared/keys";
import { go } from "../../shared/route";
import { carryOver, complete, initialChoices, nextOpen, open, takeAll, type Choices } from "./choices";
import "./conflict.css";

interface State {
  view: ConflictView;
  choices: Choices;
  asksAgain: readonly string[];
}

/** After a choice the next open field takes the focus, late enough to see what was chosen. */
const ADVANCE_MS = 400;

export function Conflict({ entityKind, entityId }: { entityKind: string; entityId: string }): ReactNode {
  const desk = useDesk();
  const [state, setState] = useState<State | null>(null);
  const [error, setError] = useState<CommandError | null>(null);
  const [sending, setSending] = useState(false);
  const root = useRef<HTMLDivElement>(null);

  const read = useCallback(async () => {
    try {
      const view = await desk.platform.conflict(entityKind, entityId);
      setError(null);
      setState((was) => {
        if (was === null) return { view, choices: initialChoices(view), asksAgain: view.fields.filter((field) => field.changedAgain).map((field) => field.path) };
        const carried = carryOver(was.view, was.choices, view);
        const asksAgain = [...new Set([...was.asksAgain, ...carried.asksAgain])].filter((path) => !carried.choices.has(path));
        return { view, choices: carried.choices, asksAgain };
      });
    } catch (thrown) {
      setError(asCommandError(thrown));
    }
  }, [desk, entityKind, entityId]);

  useEffect(() => desk.watch("conflict", () => void read()), [desk, read]);

  const loaded = state !== null;
  useEffect(() => {
    if (loaded) root.current?.querySelector<HTMLElement>("h1")?.focus();
  }, [loaded]);

  if (error !== null) {
    return (
      <div className="resolver" data-testid="conflict-gone">
        <Back />
        <h1 tabIndex={-1}>{error.message}</h1>
        <p>{error.nextStep}</p>
        <p className="code">{error.code}</p>
      </div>
    );
  }
  if (state === null) return <div className="resolver" aria-busy="true" />;

  const { view, choices, asksAgain } = state;
  const left = open(view, choices);

  const focusField = (path: string | null) => {
    if (path === null) return;
    const field = root.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    field?.querySelector<HTMLInputElement>("input")?.focus();
    field?.scrollIntoView({ block: "nearest" });
  };

  const choose = (path: string, side: Side) => {
    const next = new Map(choices).set(path, side);
    setState({ view, choices: next, asksAgain: asksAgain.filter((each) => each !== path) });
    const still = open(view, next).length;
    announce(still === 0 ? t`Every field is decided.` : t`${count(still)} of ${count(view.fields.length)} left.`, { key: "left" });
  };

  const chooseAll = (side: Side) => {
    setState({ view, choices: takeAll(view, choices, side), asksAgain: [] });
    announce(t`Every field is decided. Look through them, then send.`, { key: "left" });
  };

  const send = async () => {
    const chosen = complete(view, choices);
    if (chosen === null) {
      focusField(nextOpen(view, choices, null));
      announce(t`Decide ${count(left.length)} more first.`, { key: "left" });
      return;
    }
    if (sending) return;
    setSending(true);
    try {
      await desk.platform.resolve({ intentId: newId(), entityKind, entityId, version: view.version, settles: view.settles, choices: chosen });
      announce(t`Room ${iso(view.title)}: decided. Saved on this device.`);
      await desk.refresh();
      go({ view: "sync" });
    } catch (thrown) {
      report(asCommandError(thrown));
      await read();
    } finally {
      setSending(false);
    }
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const field = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[data-field]") : null;
    const path = field?.dataset["field"] ?? null;
    if (event.key === "F8") {
      event.preventDefault();
      focusField(nextOpen(view, choices, path, event.shiftKey ? -1 : 1));
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target) || path === null) return;
    const key = keyOf(event);
    if (key !== "1" && key !== "2") return;
    event.preventDefault();
    choose(path, key === "1" ? "mine" : "theirs");
    const next = new Map(choices).set(path, key === "1" ? "mine" : "theirs");
    setTimeout(() => focusField(nextOpen(view, next, path)), ADVANCE_MS);
  };

  return (
    // The keys of the whole view, at one place.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={root} className="resolver" onKeyDownCapture={onKeyDown} data-testid="conflict" data-entity={entityId}>
      <Back />
      <header className="resolver-head">
        <div>
          <h1 tabIndex={-1} data-quiet-focus="">
            {t`Room`} <RoomNumber number={view.title} />: {t`two people changed the same thing`}
          </h1>
          <p className="resolver-summary">{view.summary}</p>
        </div>
        <p className="resolver-left" data-testid="conflict-left" data-left={left.length}>
          <b>{left.length === 0 ? t`All decided` : t`${count(left.length)} of ${count(view.fields.length)} left`}</b>
        </p>
      </header>

      <div className="resolver-bulk">
        <span>{t`For what is still open:`}</span>
        <Button small testId="keep-all-mine" onPress={() => chooseAll("mine")}>{t`Keep all mine`}</Button>
        <Button small testId="take-all-theirs" onPress={() => chooseAll("theirs")}>{t`Take all theirs`}</Button>
        <span className="resolver-keys">
          <kbd>F8</kbd> {t`next open field`} · <kbd>1</kbd> {t`mine`} · <kbd>2</kbd> {t`theirs`} · <kbd>Ctrl</kbd> <kbd>Enter</kbd> {t`send`}
        </span>
      </div>

      <div className="resolver-fields">
        {view.fields.map((field, at) => (
          <FieldRow key={field.path} field={field} name={`choice-${at}`} chosen={choices.get(field.path) ?? null} asksAgain={asksAgain.includes(field.path)} onChoose={(side) => choose(field.path, side)} />
        ))}
      </div>

      {view.merged.length === 0 ? null : (
        <section className="resolver-merged" aria-labelledby="merged">
          <h2 id="merged">{plural(view.merged.length, { one: "# field merges by itself", other: "# fields merge by themselves" })}</h2>
          <ul>
            {view.merged.map((field) => (
              <li key={field.path}>
                <b>{field.label}</b>: <bdi>{field.mine === field.before ? field.theirs : field.mine}</bdi>
                {field.mine === field.before ? ` (${t`from the service`})` : ` (${t`from this desk`})`}
              </li>
            ))}
          </ul>
        </section>
      )}
      {view.myActions.length === 0 ? null : (
        <section className="resolver-merged" aria-labelledby="done-here">
          <h2 id="done-here">{t`What was done here`}</h2>
          <ol>
            {view.myActions.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ol>
        </section>
      )}

      <footer className="resolver-foot">
        <p>{t`Both sides stay in the audit trail, whatever you decide.`}</p>
        <Button look="solid" className="resolver-send" testId="resolve" aria-disabled={left.length > 0 || sending ? true : undefined} onPress={() => void send()}>
          {t`Resolve and send`}
        </Button>
      </footer>
    </div>
  );
}

function Back(): ReactNode {
  return (
    <Button look="quiet" small className="resolver-back" onPress={() => go({ view: "sync" })}>
      <ArrowLeft size={16} className="flips" aria-hidden /> {t`Sync Center`}
    </Button>
  );
}

interface RowProps {
  field: ConflictField;
  name: string;
  chosen: Side | null;
  asksAgain: boolean;
  onChoose: (side: Side) => void;
}

function FieldRow({ field, name, chosen, asksAgain, onChoose }: RowProps): ReactNode {
  return (
    <fieldset className="versus" data-field={field.path} data-chosen={chosen ?? "open"}>
      <legend className="hidden-words">{field.label}</legend>
      <div className="versus-before">
        <p className="versus-label" aria-hidden>
          {field.label}
        </p>
        <small>{t`Before`}</small>
        <bdi>{field.before}</bdi>
        {asksAgain ? <span className="versus-again">{t`changed again: look once more`}</span> : chosen === null ? <span className="versus-open">{t`open`}</span> : null}
        {asksAgain && field.chosen !== null ? <em>{field.chosen === "mine" ? t`You had kept yours.` : t`You had taken theirs.`}</em> : null}
      </div>
      <Option field={field} side="mine" name={name} chosen={chosen} onChoose={onChoose} by={field.mineBy} />
      <Option field={field} side="theirs" name={name} chosen={chosen} onChoose={onChoose} by={field.theirsBy} />
    </fieldset>
  );
}

interface OptionProps {
  field: ConflictField;
  side: Side;
  name: string;
  chosen: Side | null;
  onChoose: (side: Side) => void;
  by: Authorship | null;
}

function Option({ field, side, name, chosen, onChoose, by }: OptionProps): ReactNode {
  const now = useNow();
  const mine = side === "mine";
  return (
    <label className="versus-side" data-side={side} data-selected={chosen === side || undefined}>
      <span className="versus-choice">
        <input type="radio" name={name} value={side} checked={chosen === side} onChange={() => onChoose(side)} data-testid="choice" data-path={field.path} data-side={side} />
        {mine ? t`Keep mine` : t`Take theirs`}
        {chosen === side ? <Glyph name="tick" /> : null}
      </span>
      <bdi className="versus-value">{mine ? field.mine : field.theirs}</bdi>
      {by === null ? null : (
        <small>
          <bdi>{by.actor}</bdi>, {by.desk}, {dateTime(by.doneAt, now)}
          {by.receivedAt === null ? "" : ` · ${t`at the service ${dateTime(by.receivedAt, now)}`}`}
        </small>
      )}
      <span className="versus-then">{mine ? field.ifMine : field.ifTheirs}</span>
    </label>
  );
}
