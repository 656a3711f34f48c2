// The single keys, each of which can be another one or none: some people's keyboards, hands or speech want others. A key
// has one meaning at a place; one that is taken says by what.

import { t } from "@lingui/core/macro";
import { useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { useStore } from "zustand";
import { announce } from "../shared/announcer";
import { Button } from "../shared/controls";
import { iso } from "../shared/fmt";
import { canBe, CHANGEABLE, keyFor, keyOf, SHORTCUTS, takenBy, type Place, type ShortcutId } from "../shared/keys";
import { prefs, setPref } from "../shared/prefs";
import { placeWord, shortcutWord, written } from "../shared/shortcuts";

const PLACES: readonly Place[] = ["tile", "row", "conflict", "everywhere", "afterGo"];
/** They are pressed on the way to another key. */
const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"];

export function SingleKeys({ open }: { open: boolean }): ReactNode {
  const changed = useStore(prefs, (each) => each.keys);
  const [asked, setAsked] = useState<ShortcutId | null>(null);
  const [refused, setRefused] = useState("");
  const name = useId();

  const ask = (id: ShortcutId | null) => {
    setAsked(id);
    setRefused("");
  };
  const refuse = (why: string) => {
    setRefused(why);
    announce(why, { urgency: "assertive", atTheDoor: true });
  };
  const give = (id: ShortcutId, key: string) => {
    const { [id]: _, ...others } = changed;
    setPref({ keys: key === SHORTCUTS[id].key ? others : { ...others, [id]: key } });
    ask(null);
    const [what, now] = [shortcutWord(id), iso(written(key))];
    announce(key === "" ? t`${what}: no key.` : t`${what}: the key ${now}.`, { atTheDoor: true });
  };
  const onKeyDown = (id: ShortcutId, event: KeyboardEvent) => {
    if (asked !== id || event.key === "Tab" || MODIFIERS.includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return ask(null);
    if (event.key === "Delete" || event.key === "Backspace") return give(id, "");
    const key = keyOf(event);
    const fits = event.ctrlKey || event.metaKey ? "no" : canBe(id, key);
    if (fits === "no") return refuse(t`Only a letter, a digit or a sign can be such a key.`);
    if (fits === "digit") return refuse(t`Digits lead to rooms.`);
    const other = takenBy(id, key, changed);
    if (other === null) return give(id, key);
    const [wanted, what] = [iso(written(key)), shortcutWord(other)];
    refuse(t`${wanted} is taken: ${what}.`);
  };

  return (
    <details className="single-keys" open={open} data-testid="single-keys">
      <summary>{t`Change single keys`}</summary>
      <p>{t`Press what should have another key, then that key. Delete takes the key away, Esc leaves it.`}</p>
      {PLACES.map((place) => (
        <section key={place} aria-labelledby={`${name}-${place}`}>
          <h4 id={`${name}-${place}`}>{placeWord(place)}</h4>
          <ul>
            {CHANGEABLE.filter((id) => SHORTCUTS[id].place === place).map((id) => {
              const key = keyFor(id, changed);
              const waits = asked === id;
              return (
                <li key={id}>
                  <button
                    type="button"
                    className="single-key"
                    aria-describedby={waits && refused !== "" ? `${name}-refused` : undefined}
                    data-testid={`key-${id}`}
                    data-waits={waits || undefined}
                    data-changed={changed[id] !== undefined || undefined}
                    onClick={({ currentTarget }) => {
                      currentTarget.focus();
                      ask(waits ? null : id);
                    }}
                    onKeyDown={(event) => onKeyDown(id, event)}
                    onBlur={() => ask(null)}
                  >
                    <span>{shortcutWord(id)}</span>
                    {waits ? <em>{t`Press a key…`}</em> : key === "" ? <em>{t`No key`}</em> : <kbd>{written(key)}</kbd>}
                  </button>
                  {waits && refused !== "" ? (
                    <p id={`${name}-refused`} className="single-refused" data-testid="key-refused">
                      {refused}
                    </p>
                  ) : null}
                </li>
              );
            })}
          </ul>
        </section>
      ))}
      <Button
        small
        testId="keys-back"
        isDisabled={Object.keys(changed).length === 0}
        onPress={() => {
          setPref({ keys: {} });
          announce(t`All keys are as they were at first.`, { atTheDoor: true });
        }}
      >
        {t`Put all keys back`}
      </Button>
    </details>
  );
}
