// Work that travels by hand: the file that a desk writes when it cannot send, another desk's file taken in here, and what
// became of it. What is carried counts at its own desk, so it stands beside the sum and not in it.

import { plural, t } from "@lingui/core/macro";
import { FileDown, FileUp } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { CarriedDesk, CarryFound, OutboxRow } from "../../bindings/bindings";
import { attempt } from "../../data/actions";
import { useNow } from "../../data/ticker";
import { useDesk } from "../../data/useDesk";
import { usePlaces } from "../../data/usePlaces";
import { announce } from "../../shared/announcer";
import { Button, Code, Dialog, Field, Problem, RoomNumber } from "../../shared/controls";
import { ExportDialog } from "../../shared/ExportDialog";
import { may } from "../../shared/duties";
import { count, dateTime, iso } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { said } from "../../shared/said";
import { showToast } from "../../shared/toasts";
import { useAttempt } from "../../shared/useAttempt";
import { outboxStateWord } from "../../shared/words";

/** The two buttons of the Sync Center's head. */
export function CarryButtons(): ReactNode {
  const [open, setOpen] = useState<"export" | "import" | null>(null);
  return (
    <>
      <Button testId="carry-export" onPress={() => setOpen("export")}>
        <FileDown size={16} aria-hidden /> {t`Export what waits…`}
      </Button>
      <Button testId="carry-import" onPress={() => setOpen("import")}>
        <FileUp size={16} aria-hidden /> {t`Import a file…`}
      </Button>
      {open === "export" ? <ExportDialog onClose={() => setOpen(null)} /> : null}
      {open === "import" ? <Import onClose={() => setOpen(null)} /> : null}
    </>
  );
}

function Import({ onClose }: { onClose: () => void }): ReactNode {
  const desk = useDesk();
  const [places, look] = usePlaces();
  const [path, setPath] = useState("");
  const [missing, setMissing] = useState<string>();
  const { busy, error, run } = useAttempt();

  const take = (file: string) =>
    run(async () => {
      const { desk: whose, brought } = await desk.platform.importWaiting(file);
      const text =
        brought === 0
          ? t`Everything in that file is here already. Nothing changed.`
          : plural(brought, { one: `# action of ${iso(whose)} is sent from here now.`, other: `# actions of ${iso(whose)} are sent from here now.` });
      showToast({ tone: "done", text });
      announce(text);
      onClose();
    });
  const typed = () => {
    if (path.trim() === "") setMissing(t`Choose a file above, or say where it is.`);
    else void take(path);
  };

  return (
    <Dialog title={t`Import another desk's file`} onClose={onClose} testId="dialog-import">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          typed();
        }}
      >
        <p>{t`What another desk of this hotel has exported is sent from here, as its own people's work. It keeps counting at its own desk.`}</p>
        {places === null ? (
          <p>{t`Looking for files…`}</p>
        ) : places.files.length === 0 ? (
          <p data-testid="import-none">{t`No exported file was found on a stick. Plug it in and look again, or say where the file is.`}</p>
        ) : (
          <ul className="cards" aria-label={t`Files that were found`}>
            {places.files.map((file) => (
              <FoundFile key={file.path} file={file} busy={busy} onTake={() => void take(file.path)} />
            ))}
          </ul>
        )}
        <div className="dialog-actions">
          <Button small onPress={look} testId="import-look">{t`Look again`}</Button>
        </div>
        <Field
          label={t`Or type where the file is`}
          value={path}
          onChange={(value) => {
            setPath(value);
            setMissing(undefined);
          }}
          error={missing}
          maxLength={1000}
          testId="import-path"
        />
        {error === null ? null : <Problem error={error} playbook testId="import-problem" />}
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="import-take" aria-disabled={busy || undefined}>{busy ? t`Importing…` : t`Import`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

function FoundFile({ file, busy, onTake }: { file: CarryFound; busy: boolean; onTake: () => void }): ReactNode {
  const now = useNow();
  const actions = plural(file.events, { one: "# action", other: "# actions" });
  return (
    <li className="card card-quiet" data-testid="found-file" data-file={file.file}>
      <b dir="auto">{file.desk === "" ? file.file : file.desk}</b>
      {file.desk === "" ? null : (
        <p>
          {actions} · <bdi>{file.by}</bdi> · {dateTime(file.at, now)}
        </p>
      )}
      <div className="card-foot">
        <small>{file.problem === null ? t`On ${iso(file.place)}` : said(file.problem)}</small>
        {file.problem === null ? (
          <Button small look="solid" aria-disabled={busy || undefined} aria-label={t`Import ${actions} of ${iso(file.desk)}`} testId="found-take" onPress={onTake}>
            {t`Import`}
          </Button>
        ) : null}
      </div>
    </li>
  );
}

/** Other desks' work that is sent from here. */
export function Carried({ carried, now }: { carried: readonly CarriedDesk[]; now: number }): ReactNode {
  const [givingUp, setGivingUp] = useState<OutboxRow | null>(null);
  return (
    <>
      {carried.map((each) => (
        <section key={each.maker} aria-labelledby={`carried-${each.maker}`} data-testid="carried" data-desk={each.desk} data-arrived={each.arrived} data-total={each.total}>
          <h2 id={`carried-${each.maker}`}>{t`Carried for ${iso(each.desk)}`}</h2>
          <div className={each.attention > 0 ? "card" : "card card-quiet"}>
            <p className="carried-sum">
              <b>{each.arrived === each.total ? t`All ${count(each.total)} are at the service.` : t`${count(each.arrived)} of ${count(each.total)} are at the service.`}</b>
              {each.attention > 0 ? <span>{plural(each.attention, { one: "# needs a look.", other: "# need a look." })}</span> : null}
            </p>
            <small>
              {each.exportedBy === "" ? null : (
                <>
                  <bdi>{each.exportedBy}</bdi> ·{" "}
                </>
              )}
              {t`exported ${dateTime(each.exportedAt, now)} · brought here by ${iso(each.carriedBy)}, ${dateTime(each.carriedAt, now)}`}
            </small>
            {each.rows.length === 0 ? null : (
              <ul className="carried-rows" aria-label={t`What the service does not have yet`}>
                {each.rows.map((row) => (
                  <CarriedRow key={row.eventId} row={row} now={now} onGiveUp={setGivingUp} />
                ))}
              </ul>
            )}
            {each.waiting + each.attention > each.rows.length ? (
              <small>{t`and ${count(each.waiting + each.attention - each.rows.length)} more`}</small>
            ) : null}
          </div>
        </section>
      ))}
      {givingUp === null ? null : <GiveUpCarried row={givingUp} onClose={() => setGivingUp(null)} />}
    </>
  );
}

function CarriedRow({ row, now, onGiveUp }: { row: OutboxRow; now: number; onGiveUp: (row: OutboxRow) => void }): ReactNode {
  const stopped = row.state === "failed" || row.state === "conflict";
  return (
    <li className="outbox-row" data-testid="carried-row" data-state={row.state} data-event={row.eventId}>
      <span className="outbox-what">
        {row.entityKind === "room" ? <RoomNumber number={row.title} className="outbox-room" /> : <bdi>{row.title}</bdi>} <bdi>{said(row.summary)}</bdi>
      </span>
      <small>
        {stopped ? <Glyph name={row.state === "failed" ? "alert" : "split"} /> : null} {outboxStateWord(row.state)} · <bdi>{said(row.actor)}</bdi> · {dateTime(row.recordedAt, now)}
      </small>
      {row.why === null ? null : (
        <small className="outbox-why" data-state={row.state}>
          <b dir="auto">{said(row.why)}</b> <bdi>{said(row.nextStep)}</bdi> {row.code === null ? null : <Code code={row.code} />}
        </small>
      )}
      {stopped && may("discard") ? (
        <Button small testId="carried-give-up" aria-label={t`Give up: ${said(row.summary)}, room ${iso(row.title)}`} onPress={() => onGiveUp(row)}>
          {t`Give up`}
        </Button>
      ) : null}
    </li>
  );
}

function GiveUpCarried({ row, onClose }: { row: OutboxRow; onClose: () => void }): ReactNode {
  const desk = useDesk();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  const giveUp = async () => {
    const text = reason.trim();
    if (text === "") {
      setError(t`Say why, so that the next person knows.`);
      return;
    }
    const done = await attempt(async () => {
      await desk.platform.discardCarried(row.eventId, text);
      return true;
    });
    if (done !== true) return;
    announce(t`Room ${iso(row.title)}: given up. It stays in the record.`);
    onClose();
  };
  return (
    <Dialog title={t`Give up: ${said(row.summary)}, room ${iso(row.title)}`} onClose={onClose} testId="dialog-give-up-carried">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void giveUp();
        }}
      >
        <p>{t`What the service has for this room stands, also against what that desk did behind it. It stays in the record as its author's work, and this decision with your name and the reason.`}</p>
        <Field label={t`Why?`} value={reason} onChange={setReason} error={error} required autoFocus maxLength={200} testId="give-up-carried-reason" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="give-up-carried-confirm">{t`Give up`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
