// Writes what waits to a file that another desk can send. It is asked for in the Sync Center and in the cockpit.

import { plural, t } from "@lingui/core/macro";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { Exported } from "../bindings/bindings";
import { useApp, useDesk } from "../data/useDesk";
import { usePlaces } from "../data/usePlaces";
import { announce } from "./announcer";
import { Button, Dialog, Problem, Radios } from "./controls";
import { iso } from "./fmt";
import { useAttempt } from "./useAttempt";

const OWN_FOLDER = "";

/** Asks where to, writes the file, and says where it is. */
export function ExportDialog({ onClose }: { onClose: () => void }): ReactNode {
  const desk = useDesk();
  const heldBack = useApp((state) => state.sync.heldBack);
  const [places] = usePlaces();
  const [chosen, setChosen] = useState<string | null>(null);
  const { busy, error, run } = useAttempt();
  const [file, setFile] = useState<Exported | null>(null);
  // Whoever has plugged a stick in means the stick.
  const place = chosen ?? places?.places[0]?.path ?? OWN_FOLDER;

  const write = () =>
    run(async () => {
      const written = await desk.platform.exportWaiting(place === OWN_FOLDER ? null : place);
      setFile(written);
      announce(t`Written to ${iso(written.path)}.`);
    });

  return (
    <Dialog title={t`Export what waits`} onClose={onClose} testId="dialog-export">
      {file === null ? (
        <Form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void write();
          }}
        >
          <p>{t`A file with everything recorded here that the service does not have yet. Another desk of the hotel can send it, if this one cannot. Nothing is taken away here, and nothing is sent twice in effect.`}</p>
          {heldBack === 0 ? null : <p data-testid="export-held">{plural(heldBack, { one: "# action of a room on hold is left out. If it is to go along, let the room go on first.", other: "# actions of rooms on hold are left out. If they are to go along, let the rooms go on first." })}</p>}
          {places === null ? (
            <p>{t`Looking for sticks…`}</p>
          ) : (
            <Radios
              label={t`Where to?`}
              value={place}
              onChange={setChosen}
              choices={[
                ...places.places.map((each) => ({ id: each.path, label: each.name, hint: each.path })),
                { id: OWN_FOLDER, label: t`This computer`, hint: places.ownFolder },
              ]}
            />
          )}
          {error === null ? null : <Problem error={error} playbook testId="export-problem" />}
          <div className="dialog-actions">
            <Button onPress={onClose}>{t`Go back`}</Button>
            <Button look="solid" type="submit" autoFocus testId="export-write" aria-disabled={busy || places === null || undefined}>{t`Write the file`}</Button>
          </div>
        </Form>
      ) : (
        <div className="stack">
          <p>
            <b>{plural(file.events, { one: "# action written to", other: "# actions written to" })}</b>
          </p>
          <p className="carry-path selectable" data-testid="export-path">
            <bdi dir="ltr">{file.path}</bdi>
          </p>
          <p>{t`Take it to another desk of this hotel, open the Sync Center there, and press “Import a file…”. If this desk can send again by itself, it will.`}</p>
          <div className="dialog-actions">
            <Button look="solid" autoFocus onPress={onClose} testId="export-done">{t({ message: "Done", context: "a button: closes the dialog when all has been read" })}</Button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
