// Nobody at this desk can know which side is right: somebody goes and looks.

import { t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import type { ConflictView } from "../../bindings/bindings";
import { attempt, newId } from "../../data/actions";
import { useDesk } from "../../data/useDesk";
import { announce } from "../../shared/announcer";
import { Button, Dialog } from "../../shared/controls";
import { iso } from "../../shared/fmt";

interface LookProps {
  view: ConflictView;
  onClose: () => void;
  /** It is saved. */
  onSent: () => void;
}

export function Look({ view, onClose, onSent }: LookProps): ReactNode {
  const desk = useDesk();
  // One id for as long as the dialog is open, so that pressing twice sends one person.
  const [intentId] = useState(newId);
  const send = async () => {
    const { entityKind, entityId, version, settles } = view;
    const sent = await attempt(() => desk.platform.sendToLook({ intentId, entityKind, entityId, version, settles }));
    if (sent === undefined) {
      onClose();
      return;
    }
    announce(t`Room ${iso(view.title)}: somebody is sent to look. Saved on this device.`);
    onSent();
  };
  return (
    <Dialog title={t`Send someone to look at room ${iso(view.title)}`} onClose={onClose} testId="dialog-look">
      <p>{t`The room stays as the service has it, and an urgent check is added that says what both sides say. No desk calls the room safe to give out until somebody has looked.`}</p>
      <p>{t`What was done here stays in the record. If it turns out to be right, record it again or undo this decision in the Sync Center.`}</p>
      <div className="dialog-actions">
        <Button onPress={onClose}>{t`Go back`}</Button>
        <Button look="solid" testId="look-confirm" onPress={() => void send()}>{t`Send someone`}</Button>
      </div>
    </Dialog>
  );
}
