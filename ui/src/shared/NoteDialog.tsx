// Asks what people should know about a room. It is asked from the board and from the front desk.

import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { Action } from "../bindings/bindings";
import { Button, Dialog, Field, RoomNumber } from "./controls";

interface Props {
  number: string;
  note: string | null;
  onClose: () => void;
  onRecord: (recording: { action: Action; done: string; from: number }) => void;
}

export function NoteDialog({ number, note, onClose, onRecord }: Props): ReactNode {
  const [text, setText] = useState(note ?? "");
  const title = (
    <>
      {t`Room`} <RoomNumber number={number} />: {t`note`}
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} testId="dialog-note">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const kept = text.trim();
          onRecord({ action: { action: "note", args: kept === "" ? {} : { text: kept } }, done: kept === "" ? t`note cleared` : t`note written`, from: event.timeStamp });
        }}
      >
        <Field label={t`What people should know about the room`} value={text} onChange={setText} lines autoFocus maxLength={500} testId="note" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="note-save">{t`Save the note`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
