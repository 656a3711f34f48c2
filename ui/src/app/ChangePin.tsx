// A PIN of one's own. It holds at every desk of the hotel, so the service has to be there to take it.

import { t } from "@lingui/core/macro";
import { useId, useRef, useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useDesk } from "../data/useDesk";
import { asCommandError } from "../platform/platform";
import { announce } from "../shared/announcer";
import { Button, Dialog, Problem } from "../shared/controls";
import { count, fold } from "../shared/fmt";
import { giveFocusToTheView } from "../shared/giveFocusToTheView";
import { PinField, toldWithTheField, useWrongTold } from "../shared/PinForm";
import { inFull } from "../shared/said";
import { showToast } from "../shared/toasts";
import { useAttempt } from "../shared/useAttempt";

/** How many digits the core takes; it has the last word. */
const DIGITS_MIN = 6;
const DIGITS_MAX = 12;
/** Frames in which the dialog goes, and with it the notice that it was opened from. */
const GOES_WITHIN = 60;

/** Which of the fields something is wrong with. */
type Which = "pin" | "new" | "again";

export function ChangePin({ onClose }: { onClose: () => void }): ReactNode {
  const desk = useDesk();
  const [typed, setTyped] = useState<Record<Which, string>>({ pin: "", new: "", again: "" });
  const [own, setOwn] = useState<{ which: Which; why: string } | null>(null);
  const attempt = useAttempt(toldWithTheField);
  const { busy, run } = attempt;
  // What the service answered is about what was typed before.
  const error = own === null ? attempt.error : null;
  const fields = { pin: useRef<HTMLInputElement>(null), new: useRef<HTMLInputElement>(null), again: useRef<HTMLInputElement>(null) };
  const wrong = useId();
  const of: Which | null = error?.code === "PIN_WRONG" ? "pin" : error?.code === "PIN_WEAK" ? "new" : null;

  const at = own?.which ?? of;
  useWrongTold(own ?? error, own?.why ?? (error === null ? "" : inFull(error)), at === null ? null : fields[at]);

  const stop = (which: Which, why: string) => setOwn({ which, why });
  const change = () => {
    const missing = (["pin", "new", "again"] as const).find((which) => typed[which] === "");
    if (missing !== undefined) return stop(missing, t`Type it.`);
    if (fold(typed.new) !== fold(typed.again)) return stop("again", t`The two new PINs are not the same.`);
    setOwn(null);
    return void run(async () => {
      try {
        await desk.platform.changePin(typed.pin, typed.new);
      } catch (thrown) {
        const code = asCommandError(thrown).code;
        if (code === "PIN_WRONG") setTyped({ ...typed, pin: "" });
        else if (code === "PIN_WEAK") setTyped({ ...typed, new: "", again: "" });
        throw thrown;
      }
      await desk.refresh();
      const text = t`Your PIN is changed`;
      announce(`${text}.`);
      showToast({ tone: "done", text });
      onClose();
      giveFocusToTheView(GOES_WITHIN);
    });
  };
  const field = (which: Which, label: string, hint?: string) => (
    <>
      <PinField
        ref={fields[which]}
        label={label}
        value={typed[which]}
        onChange={(value) => setTyped((were) => ({ ...were, [which]: value }))}
        autoFocus={which === "pin"}
        testId={`change-pin-${which}`}
        error={own?.which === which ? own.why : undefined}
        wrong={of === which ? wrong : undefined}
        {...(hint === undefined ? {} : { hint })}
      />
      {of === which ? problem : null}
    </>
  );
  const problem =
    error === null ? null : (
      <div id={wrong}>
        <Problem error={error} testId="change-pin-problem" />
      </div>
    );
  return (
    <Dialog title={t`Change your PIN`} onClose={onClose} testId="dialog-change-pin">
      <Form
        className="stack pin-form"
        onSubmit={(event) => {
          event.preventDefault();
          change();
        }}
      >
        {field("pin", t`The PIN you have`)}
        {field("new", t`New PIN`, t`${count(DIGITS_MIN)} to ${count(DIGITS_MAX)} digits. It is yours at every desk of the hotel.`)}
        {field("again", t`New PIN, once more`)}
        {of === null ? problem : null}
        <div className="dialog-actions">
          <Button testId="change-pin-back" onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="change-pin-confirm" aria-disabled={busy || undefined}>
            {busy ? t`Asking the service…` : t`Change it`}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}
