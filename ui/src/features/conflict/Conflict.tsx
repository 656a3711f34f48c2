// A conflict, field by field: what was before, what this desk did, what the service has now, and what follows from
// each. Nothing is preselected and nothing times out.

import { plural, t } from "@lingui/core/macro";
import { Footprints } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useStore } from "zustand";
import type { ConflictView } from "../../bindings/bindings";
import { decided, newId, report } from "../../data/actions";
import type { Chosen } from "../../data/deciding";
import { useDesk } from "../../data/useDesk";
import { asCommandError } from "../../platform/platform";
import { announce } from "../../shared/announcer";
import { Back, Button, RoomNumber, Switch } from "../../shared/controls";
import { may, mayNotWords } from "../../shared/duties";
import { useHeadingFocus } from "../../shared/focus";
import { count, iso } from "../../shared/fmt";
import { isTyping, type ShortcutId } from "../../shared/keys";
import { prefs, setPref } from "../../shared/prefs";
import { go } from "../../shared/route";
import { shortcutOf, usePressed } from "../../shared/shortcuts";
import { Unshown } from "../../shared/Unshown";
import { said } from "../../shared/said";
import { buttonName, inAList } from "../../shared/words";
import { complete, isTurned, mine, moved, nextOpen, open, takeAll, theirs, turn } from "./choices";
import { FieldRow } from "./FieldRow";
import { Look } from "./Look";
import { useConflict } from "./useConflict";
import "./conflict.css";

/** After a choice the next open field takes the focus, late enough to see what was chosen. */
const ADVANCE_MS = 400;

export function Conflict({ entityKind, entityId }: { entityKind: string; entityId: string }): ReactNode {
  const desk = useDesk();
  const { deciding, error, read, change, close, forget } = useConflict(entityKind, entityId);
  const [sending, setSending] = useState(false);
  const [looking, setLooking] = useState(false);
  const suggests = useStore(prefs, (liked) => liked.suggestions);
  const pressed = usePressed();
  const root = useRef<HTMLDivElement>(null);
  // For the jump that comes a moment later: another reading may have come meanwhile.
  const latest = useRef(deciding);
  useEffect(() => {
    latest.current = deciding;
  }, [deciding]);
  const advance = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(advance.current), []);

  // What moved again since it was shown is said, or whoever listens would learn of it only when sending.
  const shown = useRef<ConflictView | null>(null);
  useEffect(() => {
    if (deciding === null) return;
    const again = moved(shown.current, deciding.view, deciding.asksAgain);
    shown.current = deciding.view;
    if (again.length > 0) announce(t`Changed again: ${inAList(again.map((field) => said(field.label)))}. Look once more.`, { key: "again" });
  }, [deciding]);

  const loaded = deciding !== null && error === null;
  const heading = useRef<HTMLHeadingElement>(null);
  useHeadingFocus(heading, loaded);

  if (error !== null) {
    return (
      <Unshown className="resolver" error={error} testId="conflict-gone" back={<Back onPress={() => go({ view: "sync" })}>{t`Sync Center`}</Back>} onRetry={error.code === "CONFLICT_GONE" ? undefined : () => void read()}>
        <Button testId="room-story" onPress={() => go({ view: "story", entityKind, entityId })}>{t`What happened in this room`}</Button>
      </Unshown>
    );
  }
  if (deciding === null) return <div className="resolver" aria-busy="true" />;

  const { view, choices, asksAgain } = deciding;
  const left = open(view, choices);

  const focusField = (path: string | null) => {
    if (path === null) return;
    const field = root.current?.querySelector<HTMLElement>(`[data-field="${CSS.escape(path)}"]`);
    field?.querySelector<HTMLInputElement>("input")?.focus();
    field?.scrollIntoView({ block: "nearest" });
  };

  const choose = (path: string, chosen: Chosen) => {
    const next = change((was) => ({ ...was, choices: new Map(was.choices).set(path, chosen), asksAgain: was.asksAgain.filter((each) => each !== path) }));
    const still = next === null ? 0 : open(next.view, next.choices).length;
    // Every letter of a text would say it again.
    if (choices.get(path)?.side !== chosen.side) announce(still === 0 ? t`Every field is decided.` : t`${count(still)} of ${count(view.fields.length)} left.`, { key: "left" });
  };

  const chooseAll = (chosen: Chosen) => {
    change((was) => ({ ...was, choices: takeAll(was.view, was.choices, chosen), asksAgain: [] }));
    announce(t`Every field is decided. Look through them, then send.`, { key: "left" });
  };

  const turnMerged = (path: string) => {
    const next = change((was) => ({ ...was, choices: turn(was.choices, path) }));
    announce(next !== null && isTurned(next.choices, path) ? t`Theirs stands there now.` : t`Mine stands there again.`, { key: "left" });
  };

  const leave = async () => {
    close();
    await desk.refresh();
    forget();
    go({ view: "sync" });
  };

  const send = async () => {
    if (!may("resolve")) {
      announce(mayNotWords(), { key: "left" });
      return;
    }
    const chosen = complete(view, choices);
    if (chosen === null) {
      focusField(nextOpen(view, choices, null));
      announce(t`Decide ${count(left.length)} more first.`, { key: "left" });
      return;
    }
    if (sending) return;
    setSending(true);
    try {
      const acted = await desk.platform.resolve({ intentId: newId(), entityKind, entityId, version: view.version, settles: view.settles, choices: chosen });
      const setAside = chosen.some((choice) => choice.side === "theirs");
      decided(desk, { eventId: acted.eventId, roomId: entityId, number: view.title, setAside });
      await leave();
    } catch (thrown) {
      report(asCommandError(thrown));
      await read();
    } finally {
      setSending(false);
    }
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    // Whoever presses the next key is where they want to be.
    if (!event.repeat) clearTimeout(advance.current);
    const field = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[data-field]") : null;
    const path = field?.dataset["field"] ?? null;
    if (event.key === "F8") {
      event.preventDefault();
      focusField(nextOpen(view, choices, path, event.shiftKey ? -1 : 1));
      return;
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (!event.repeat) void send();
      return;
    }
    // A key that is held down would decide field after field, as the focus goes on.
    if (event.repeat || isTyping(event.target) || path === null) return;
    const shortcut = shortcutOf(event, "conflict");
    if (shortcut === "anew") {
      const anew = field?.querySelector<HTMLInputElement>('input[value="edited"]');
      if (anew === null || anew === undefined) return;
      event.preventDefault();
      anew.click();
      // The place to write is there once the choice is drawn.
      requestAnimationFrame(() => field?.querySelector("textarea")?.focus());
      return;
    }
    const chosen = shortcut === "mine" ? mine : shortcut === "theirs" ? theirs : null;
    if (chosen === null || !view.fields.some((each) => each.path === path)) return;
    event.preventDefault();
    choose(path, chosen);
    advance.current = setTimeout(() => {
      const now = latest.current;
      if (now !== null && field?.contains(document.activeElement) === true) focusField(nextOpen(now.view, now.choices, path));
    }, ADVANCE_MS);
  };

  const hints: [ShortcutId, string][] = [["mine", t`mine`], ["theirs", t`theirs`], ["anew", t`write a note anew`]];
  return (
    <>
      {/* The keys of the whole view, at one place. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={root} className="resolver" onKeyDownCapture={onKeyDown} data-testid="conflict" data-entity={entityId}>
        <Back onPress={() => go({ view: "sync" })}>{t`Sync Center`}</Back>
        <header className="resolver-head">
          <div>
            <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
              {t`Room`} <RoomNumber number={view.title} />: {t`two people changed the same thing`}
            </h1>
            <p className="resolver-summary" dir="auto">{said(view.summary)}</p>
            <Button look="quiet" small className="resolver-story" testId="room-story" onPress={() => go({ view: "story", entityKind, entityId })}>
              {t`What happened in this room`}
            </Button>
          </div>
          <p className="resolver-left" data-testid="conflict-left" data-left={left.length}>
            <b>{left.length === 0 ? t`All decided` : t`${count(left.length)} of ${count(view.fields.length)} left`}</b>
          </p>
        </header>

        <div className="resolver-bulk">
          <span>{t`For what is still open:`}</span>
          <Button small testId="keep-all-mine" onPress={() => chooseAll(mine)}>{t`Keep all mine`}</Button>
          <Button small testId="take-all-theirs" onPress={() => chooseAll(theirs)}>{t`Take all theirs`}</Button>
          {view.canLook && may("resolve") ? (
            <>
              <span>{t`or, for the whole room:`}</span>
              <Button small testId="send-to-look" onPress={() => setLooking(true)}>
                <Footprints size={14} aria-hidden /> {t`Send someone to look…`}
              </Button>
            </>
          ) : null}
          <span className="resolver-suggest">
            <Switch label={t`Suggestions`} on={suggests} onChange={(on) => setPref({ suggestions: on })} testId="suggestions" />
          </span>
        </div>
        <p className="resolver-keys">
          <kbd>F8</kbd> {t`next open field`} ·{" "}
          {hints.filter(([id]) => pressed(id).length > 0).map(([id, what]) => (
            <span key={id}>
              <kbd>{pressed(id)}</kbd> {what} ·{" "}
            </span>
          ))}
          <kbd>Ctrl</kbd> <kbd>Enter</kbd> {t`send`}
        </p>

        <div className="resolver-fields">
          <div className="versus versus-head" aria-hidden>
            <span>{t`Field`}</span>
            <span>{t`Before`}</span>
            <span>{t`Mine, at this desk`}</span>
            <span>{t`Theirs, at the service`}</span>
            <span>{t`Result`}</span>
          </div>
          {view.fields.map((field, at) => (
            <FieldRow
              key={field.path}
              field={field}
              name={`choice-${at}`}
              chosen={choices.get(field.path) ?? null}
              asksAgain={asksAgain.includes(field.path)}
              suggests={suggests}
              onChoose={(chosen) => choose(field.path, chosen)}
            />
          ))}
        </div>

        {view.merged.length === 0 ? null : (
          <section className="resolver-merged" aria-labelledby="merged">
            <h2 id="merged">{plural(view.merged.length, { one: "# field merges by itself", other: "# fields merge by themselves" })}</h2>
            <ul>
              {view.merged.map((field) => {
                const turned = isTurned(choices, field.path);
                const chosen = choices.get(field.path);
                const own = chosen?.side === "edited" ? chosen.text : said(field.mine);
                const turnWords = turned ? t`Keep mine after all: ${iso(said(field.mine))}` : t`Take theirs instead: ${iso(said(field.theirs))}`;
                return (
                  <li key={field.path} data-testid="merged-field" data-path={field.path} data-turned={turned || undefined}>
                    <span>
                      <b>{said(field.label)}</b>: <bdi>{turned ? said(field.theirs) : own}</bdi> ({turned ? t`from the service` : t`from this desk`})
                    </span>
                    <Button look="quiet" small testId="turn-merged" onPress={() => turnMerged(field.path)} aria-label={buttonName(said(field.label), turnWords)}>
                      {turnWords}
                    </Button>
                  </li>
                );
              })}
            </ul>
          </section>
        )}
        {view.myActions.length === 0 ? null : (
          <section className="resolver-merged" aria-labelledby="done-here">
            <h2 id="done-here">{t`What was done here`}</h2>
            <ol>
              {view.myActions.map((each, at) => (
                <li key={at}>{said(each)}</li>
              ))}
            </ol>
          </section>
        )}

        <footer className="resolver-foot">
          <p id="resolver-foot">{may("resolve") ? t`Both sides stay in the audit trail, whatever you decide.` : mayNotWords()}</p>
          <Button look="solid" className="resolver-send" testId="resolve" {...(may("resolve") ? {} : { "aria-describedby": "resolver-foot" })} aria-disabled={left.length > 0 || sending || !may("resolve") ? true : undefined} onPress={() => void send()}>
            {t`Resolve and send`}
          </Button>
        </footer>
      </div>
      {/* Beside the page and not in it: what is pressed in the dialog is no key of the page. */}
      {looking ? (
        <Look
          view={view}
          onClose={() => {
            setLooking(false);
            void read();
          }}
          onSent={() => void leave()}
        />
      ) : null}
    </>
  );
}
