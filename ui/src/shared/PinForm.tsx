// How a person shows who they are: by a PIN, which is typed here, handed to the core, and forgotten.

import { t } from "@lingui/core/macro";
import { ArrowLeft } from "lucide-react";
import { useEffect, useId, useRef, useState, type ReactNode, type RefObject } from "react";
import { FieldError, Input, Label, Text, TextField } from "react-aria-components";
import type { Person } from "../bindings/bindings";
import { useDesk } from "../data/useDesk";
import { announce } from "./announcer";
import { Button, Problem } from "./controls";
import { iso } from "./fmt";
import { inFull } from "./said";
import { useAttempt } from "./useAttempt";
import { roleWord } from "./words";
import "./pinForm.css";

/** More than any PIN has; what is held down runs no further. */
const TYPED_MAX = 64;

interface FieldProps {
  label: string;
  /** What it is called in full, beginning with the label, where that alone does not say whose it is. */
  fullLabel?: string;
  value: string;
  onChange: (value: string) => void;
  /** Small words below the field. */
  hint?: string;
  error?: string | undefined;
  /** The id of what stands elsewhere and says what is wrong. */
  wrong?: string | undefined;
  autoFocus?: boolean;
  testId: string;
  ref: RefObject<HTMLInputElement | null>;
}

/** A field whose text nobody reads over a shoulder. Digits of any script; what they are worth is the core's to say. */
export function PinField({ label, fullLabel, value, onChange, hint, error, wrong, autoFocus = false, testId, ref }: FieldProps): ReactNode {
  // Nothing of it is left behind, neither in a form that goes nor in one that a lock hides: whoever opens the desk would
  // go on with it.
  useEffect(
    () => () => onChange(""),
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [],
  );
  // Not with the page's first drawing: what a dialog holds the focus with, that stood here before, is still at work then.
  useEffect(() => {
    if (autoFocus) ref.current?.focus();
  }, [autoFocus, ref]);
  return (
    <TextField
      className="field pin-field"
      type="password"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined || wrong !== undefined}
      validationBehavior="aria"
      {...(wrong === undefined ? {} : { "aria-describedby": wrong })}
    >
      <Label>
        {fullLabel === undefined ? (
          label
        ) : (
          <>
            <span aria-hidden>{label}</span>
            <span className="hidden-words">{fullLabel}</span>
          </>
        )}
      </Label>
      <Input ref={ref} className="input" dir="ltr" inputMode="numeric" autoComplete="off" maxLength={TYPED_MAX} data-testid={testId} />
      {hint === undefined ? null : (
        <Text slot="description" className="pin-hint">
          {hint}
        </Text>
      )}
      {error === undefined ? null : <FieldError className="field-error">{error}</FieldError>}
    </TextField>
  );
}

/** Tells once what is wrong with what was typed. Where the focus goes to the field, that is read with it; where it is there
 * already, it is said. */
export function useWrongTold(wrong: object | null, why: string, field: RefObject<HTMLInputElement | null> | null): void {
  const told = useRef<object | null>(null);
  useEffect(() => {
    if (wrong === told.current) return;
    told.current = wrong;
    if (wrong === null) return;
    const at = field?.current ?? null;
    if (at !== null && at !== document.activeElement) at.focus();
    else announce(why, { urgency: "assertive", key: "pin", atTheDoor: true });
  }, [wrong, why, field]);
}

/** What a form of PINs does not have said as elsewhere: it is told with the field. */
export const toldWithTheField = (): void => {};

interface FormProps {
  person: Person;
  /** Whether the name stands here; otherwise it stands above. */
  named?: boolean;
  onBack: () => void;
  /** What the way back is called. */
  back?: ReactNode;
  /** Whether Esc goes that way too. */
  escapes?: boolean;
  /** What signing in is called. */
  action?: string;
  onDone?: () => void;
}

/** Asks one person for their PIN. */
export function PinForm({ person, named = false, onBack, back, escapes = true, action = t`Sign in`, onDone }: FormProps): ReactNode {
  const desk = useDesk();
  const [pin, setPin] = useState("");
  /** Nothing was typed; each time anew. */
  const [missing, setMissing] = useState<object | null>(null);
  const { busy, error, run } = useAttempt(toldWithTheField);
  const field = useRef<HTMLInputElement>(null);
  const wrong = useId();
  // What was answered before is about another PIN.
  const problem = missing === null ? error : null;
  const asked = t`Type the PIN.`;
  useWrongTold(missing ?? problem, problem === null ? asked : inFull(problem), field);
  const signIn = async () => {
    if (busy) return;
    setMissing(pin === "" ? {} : null);
    if (pin === "") return;
    setPin("");
    await run(async () => {
      await desk.platform.signIn(person.id, pin);
      await desk.refresh();
      onDone?.();
    });
  };
  return (
    // Esc leads back from the field and from the buttons.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className="pin-form"
      data-testid="pin-form"
      data-staff={person.id}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !escapes) return;
        event.preventDefault();
        event.stopPropagation();
        onBack();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        void signIn();
      }}
    >
      {named ? (
        <p className="pin-who">
          <b dir="auto">{person.name}</b>
          <small>{roleWord(person.role)}</small>
        </p>
      ) : null}
      <PinField
        ref={field}
        label={t`PIN`}
        fullLabel={t`PIN of ${iso(person.name)}`}
        value={pin}
        onChange={setPin}
        autoFocus
        error={missing === null ? undefined : asked}
        wrong={problem === null ? undefined : wrong}
        testId="pin"
      />
      {problem === null ? null : (
        <div id={wrong}>
          <Problem error={problem} testId="pin-problem" />
        </div>
      )}
      <div className="dialog-actions">
        <Button look="quiet" testId="pin-back" onPress={onBack}>
          {back ?? (
            <>
              <ArrowLeft size={16} className="flips" aria-hidden /> {t`Go back`}
            </>
          )}
        </Button>
        <Button look="solid" type="submit" testId="pin-confirm" aria-disabled={busy || undefined}>
          {action}
        </Button>
      </div>
    </form>
  );
}
