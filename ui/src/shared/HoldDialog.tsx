// Asks why a room is to be held back. Where it is asked from differs: the board, the room's story.

import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { attempt, newId } from "../data/actions";
import { useDesk } from "../data/useDesk";
import { announce } from "./announcer";
import { Button, Dialog, Field } from "./controls";
import { iso } from "./fmt";

/** Asks why, and holds the room back. */
export function HoldDialog({ roomId, number, onClose }: { roomId: string; number: string; onClose: () => void }): ReactNode {
  const desk = useDesk();
  const [intent] = useState(newId);
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  const hold = async () => {
    const text = reason.trim();
    if (text === "") {
      setError(t`Say why, so that the next person knows.`);
      return;
    }
    const done = await attempt(async () => {
      await desk.platform.putOnHold(intent, roomId, text);
      return true;
    });
    if (done !== true) return;
    announce(t`Room ${iso(number)}: on hold. Nothing of it is sent until somebody lets it go on.`);
    onClose();
  };
  return (
    <Dialog title={t`Put room ${iso(number)} on hold`} onClose={onClose} testId="dialog-hold">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void hold();
        }}
      >
        <p>{t`Work on the room goes on and is saved on this device. Nothing of it is sent until somebody lets it go on, with or without network. All other rooms are sent as ever.`}</p>
        <Field label={t`Why?`} value={reason} onChange={setReason} error={error} required autoFocus maxLength={200} testId="hold-reason" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="hold-confirm">{t`Put on hold`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
