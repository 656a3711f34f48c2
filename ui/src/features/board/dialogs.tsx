// What a verb asks before it can be recorded. Enter confirms, Esc goes back; nothing is preselected that decides.

import { t } from "@lingui/core/macro";
import { ChevronDown } from "lucide-react";
import { useId, useMemo, useState, type ReactNode } from "react";
import { Dialog as AriaDialog, DialogTrigger, Form } from "react-aria-components";
import type { Action, Person, Priority, StaffId, TaskKind, Tile } from "../../bindings/bindings";
import { newId } from "../../data/actions";
import { attendantsOf, inDeskOrder, staffName } from "../../data/people";
import { useNow } from "../../data/ticker";
import { useApp, useDesk } from "../../data/useDesk";
import { Button, Dialog, DialogPopover, Facts, Field, Radios, RoomNumber, Select } from "../../shared/controls";
import { age, clock, compareRooms, dateTime, fold, iso, serviceDay } from "../../shared/fmt";
import { Glyph, LOCAL_GLYPH, STATUS_GLYPH } from "../../shared/glyphs";
import { HoldDialog } from "../../shared/HoldDialog";
import { NoteDialog } from "../../shared/NoteDialog";
import { PeopleSearch, type PersonRow } from "../../shared/People";
import { go } from "../../shared/route";
import { TASK_KINDS } from "../../shared/views";
import { cannotWorkWord, creditsWord, flagWord, kindWord, localStateWord, persons, priorityWord, rungWord, sellabilityWord, statusWord, waitingWords, workWord } from "../../shared/words";
import { roomsOf } from "./bulk";
import { situation } from "./Tile";
import { verbGroups, type Ask, type Verb } from "./verbs";

export interface Recording {
  action: (tile: Tile) => Action;
  done: string;
  /** The stamp of the event that confirmed it. */
  from: number;
}

interface AskProps {
  /** What it is asked about; never empty. What is asked of one task alone is asked of the first. */
  tiles: readonly [Tile, ...Tile[]];
  ask: Ask;
  onClose: () => void;
  onRecord: (recording: Recording) => void;
  onVerb: (verb: Verb, from: number) => void;
}

export function AskDialog({ tiles, ask, onClose, onRecord, onVerb }: AskProps): ReactNode {
  const [tile] = tiles;
  switch (ask) {
    case "reassign":
      return <Reassign tiles={tiles} onClose={onClose} onRecord={onRecord} />;
    case "inspect":
      return <Inspect tiles={tiles} onClose={onClose} onRecord={onRecord} />;
    case "fail":
    case "skip":
    case "cancel":
      return <Reason tiles={tiles} what={ask} onClose={onClose} onRecord={onRecord} />;
    case "note":
      return <NoteDialog number={tile.number} note={tile.note} onClose={onClose} onRecord={({ action, ...rest }) => onRecord({ action: () => action, ...rest })} />;
    case "hold":
      return <HoldDialog roomId={tile.roomId} number={tile.number} onClose={onClose} />;
    case "details":
      return <Details tile={tile} onClose={onClose} onVerb={onVerb} />;
  }
}

interface Part {
  tiles: AskProps["tiles"];
  onClose: () => void;
  onRecord: (recording: Recording) => void;
}

function Title({ tiles, children }: { tiles: AskProps["tiles"]; children: ReactNode }): ReactNode {
  const [tile] = tiles;
  if (tiles.length > 1) return <>{workWord(tiles.length, roomsOf(tiles))}: {children}</>;
  return (
    <>
      {t`Room`} <RoomNumber number={tile.number} />: {children}
    </>
  );
}

/** Who the tasks can be given to: whoever works in the section first, then everybody. */
function Reassign({ tiles, onClose, onRecord }: Part): ReactNode {
  const [tile] = tiles;
  // Who has all of them already, if one person has.
  const assignee = tiles.every((each) => each.assignee === tile.assignee) ? tile.assignee : null;
  const staff = useApp((state) => state.staff);
  const people = useMemo(() => {
    const all = attendantsOf(staff);
    const near = all.filter((person) => person.section === tile.section);
    return assignable([...near, ...all.filter((person) => person.section !== tile.section)], assignee);
  }, [staff, tile.section, assignee]);
  const nobody: Assignable[] = tiles.every((each) => each.assignee === null) ? [] : [nobodyRow()];
  return (
    <Dialog title={<Title tiles={tiles}>{t`assign to`}</Title>} onClose={onClose} testId="dialog-reassign">
      <AssignList
        people={[...nobody, ...people]}
        onChoose={({ id: to, name }, from) =>
          onRecord({
            action: ({ taskId: task }) => ({ action: "reassign", args: to === null ? { task } : { task, to } }),
            done: to === null ? t`assigned to nobody` : t`assigned to ${iso(name)}`,
            from,
          })
        }
      />
    </Dialog>
  );
}

interface Assignable extends PersonRow {
  initials: string;
  section: string | null;
}

function assignable(people: readonly Person[], assignee: StaffId | null): Assignable[] {
  return people.map((person) => ({ ...person, chosen: person.id === assignee, barred: person.id === assignee }));
}

const nobodyRow = (): Assignable => ({ id: null, name: t`Nobody`, initials: "", section: null, mark: "assign-nobody" });

function AssignList({ people, onChoose }: { people: readonly Assignable[]; onChoose: (row: Assignable, from: number) => void }): ReactNode {
  return (
    <PeopleSearch
      asks={t`Find by name or section`}
      label={t`Attendants`}
      mark="assign-choice"
      rowPx={44}
      find={(wanted) => people.filter((row) => wanted === "" || fold(`${row.name} ${row.section ?? ""}`).includes(wanted))}
      none={t`Nobody of that name works today.`}
      onChoose={onChoose}
    >
      {({ name, initials, section, barred }) => (
        <>
          <span className="people-initials" aria-hidden>
            {initials}
          </span>
          <span className="people-name" dir="auto">
            {name}
          </span>
          <span className="people-hint">{barred === true ? t`has it now` : section === null ? "" : t`Section ${iso(section)}`}</span>
        </>
      )}
    </PeopleSearch>
  );
}

function Inspect({ tiles, onClose, onRecord }: Part): ReactNode {
  const [tile] = tiles;
  const [asking, setAsking] = useState<"fail" | "skip" | null>(null);
  if (asking !== null) return <Reason tiles={tiles} what={asking} onClose={onClose} onRecord={onRecord} />;
  const pass = () =>
    onRecord({ action: ({ taskId: task }) => ({ action: "inspect", args: { task, verdict: { result: "pass" } } }), done: t`passed inspection`, from: performance.now() });
  return (
    <Dialog title={<Title tiles={tiles}>{t`inspection`}</Title>} onClose={onClose} testId="dialog-inspect">
      {tiles.length > 1 ? null : (
        <p className="dialog-text">
          {kindWord(tile.kind)} · {situation(tile)}
        </p>
      )}
      <div className="verdicts">
        <Button look="solid" className="verdict" autoFocus testId="inspect-pass" onPress={pass}>
          <Glyph name="seal" /> {t`Pass`}
        </Button>
        <Button className="verdict" testId="inspect-fail" onPress={() => setAsking("fail")}>
          <Glyph name="cross" /> {t`Fail, with a reason`}
        </Button>
        <Button className="verdict" testId="inspect-skip" onPress={() => setAsking("skip")}>
          <Glyph name="ring" /> {t`Skip, with a reason`}
        </Button>
      </div>
    </Dialog>
  );
}

function reasonsFor(what: "fail" | "skip" | "cancel"): string[] {
  switch (what) {
    case "fail":
      return [t`Bathroom`, t`Bed`, t`Dust`, t({ message: "Floor", context: "why an inspection failed" }), t`Amenities missing`];
    case "skip":
      return [t`Guest is waiting`, t`Inspector not available`, t`Passed on trust`];
    case "cancel":
      return [t`Guest wants no service`, t`Stay extended`, t`Added by mistake`];
  }
}

function Reason({ tiles, what, onClose, onRecord }: Part & { what: "fail" | "skip" | "cancel" }): ReactNode {
  const [reason, setReason] = useState("");
  const [error, setError] = useState<string>();
  const cancelling = tiles.length === 1 ? t`cancel this task` : t`cancel these tasks`;
  const title = what === "fail" ? t`inspection failed` : what === "skip" ? t`skip the inspection` : cancelling;
  const record = (from: number) => {
    const text = reason.trim();
    if (text === "") {
      setError(t`Say why, so that the next person knows.`);
      return;
    }
    if (what === "cancel") {
      onRecord({ action: ({ taskId: task }) => ({ action: "cancel_task", args: { task, reason: text } }), done: t`task cancelled`, from });
    } else {
      const done = what === "fail" ? t`failed inspection` : t`inspection skipped`;
      onRecord({ action: ({ taskId: task }) => ({ action: "inspect", args: { task, verdict: { result: what, reason: text } } }), done, from });
    }
  };
  return (
    <Dialog title={<Title tiles={tiles}>{title}</Title>} onClose={onClose} testId="dialog-reason">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          record(event.timeStamp);
        }}
      >
        <Field label={t`Why?`} value={reason} onChange={setReason} error={error} required autoFocus maxLength={200} testId="reason" />
        <div className="quick-reasons">
          {reasonsFor(what).map((each) => (
            <Button key={each} small onPress={() => setReason(each)}>
              {each}
            </Button>
          ))}
        </div>
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="reason-confirm">
            {what === "fail" ? t`Fail` : what === "skip" ? t({ message: "Skip", context: "a button: leaves the inspection out" }) : tiles.length === 1 ? t`Cancel the task` : t`Cancel the tasks`}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

function Details({ tile, onClose, onVerb }: { tile: Tile; onClose: () => void; onVerb: AskProps["onVerb"] }): ReactNode {
  const desk = useDesk();
  const staff = useApp((state) => state.staff);
  const now = useNow();
  const facts: [string, ReactNode][] = [
    [t`Task`, `${kindWord(tile.kind)} · ${creditsWord(tile.credits)}`],
    [t`Where it stands`, <FactStatus key="status" tile={tile} />],
    [t`Why here`, rungWord(desk.board.standing(tile.taskId)?.rung ?? tile.standing.rung)],
    [t`Guests`, situation(tile)],
    [t`Assigned to`, staffName(staff, tile.assignee) ?? t`Nobody`],
    [t`Room`, [iso(tile.roomType), t`floor ${iso(tile.floor)}`, t`section ${iso(tile.section)}`].join(" · ")],
  ];
  if (tile.guest !== null) {
    const guest = [persons(tile.guest.persons), tile.guest.vip ? t`VIP` : "", t`leaves ${serviceDay(tile.guest.departs_on, "short")}`];
    facts.push([t`In the room`, [...guest, clock(tile.guest.departs_at)].filter(Boolean).join(" · ")]);
  }
  if (tile.arrival !== null) {
    const coming = [clock(tile.arrival.eta), persons(tile.arrival.persons), tile.arrival.vip ? t`VIP` : ""];
    facts.push([t`Arrival`, coming.filter(Boolean).join(" · ")]);
  }
  if (tile.waiting !== null) facts.push([t`Guest waits`, waitingWords(tile.waiting, now)]);
  if (tile.startedAt !== null) facts.push([t({ message: "Started", context: "when the work was started" }), `${dateTime(tile.startedAt, now)} · ${age(tile.startedAt, now)}`]);
  if (tile.completedAt !== null) facts.push([t`Completed`, dateTime(tile.completedAt, now)]);
  if (tile.priority !== "normal" || tile.rush) facts.push([t`Priority`, [priorityWord(tile.priority), tile.rush ? t`Rush` : ""].filter(Boolean).join(" · ")]);
  if (tile.cannotWork !== null) facts.push([t`Cannot be worked`, cannotWorkWord(tile.cannotWork)]);
  if (tile.dndSince !== null) facts.push([t`Do not disturb`, t`since ${dateTime(tile.dndSince, now)}`]);
  const flags = tile.flags.filter((flag) => flag !== "do_not_disturb");
  if (flags.length > 0) facts.push([t`Flags`, flags.map(flagWord).join(" · ")]);
  if (tile.sellability.kind !== "in_service") facts.push([sellabilityWord(tile.sellability.kind), tile.sellability.reason ?? t`No reason given`]);
  if (tile.rework > 0) facts.push([t`Came back`, `${tile.rework} × · ${tile.reworkReason ?? ""}`]);
  if (tile.note !== null) facts.push([t`Note`, <bdi key="note">{tile.note}</bdi>]);
  return (
    <Dialog
      form="drawer"
      onClose={onClose}
      testId="dialog-details"
      title={
        <span className="details-title">
          {t`Room`} <RoomNumber number={tile.number} />
        </span>
      }
    >
      <p className="details-local" data-state={tile.localState}>
        <Glyph name={LOCAL_GLYPH[tile.localState]} /> {localStateWord(tile.localState)}
        {tile.contested ? ` · ${t`Another desk disagrees about this room`}` : ""}
      </p>
      <Facts facts={facts} />
      <Button small className="details-story" testId="details-story" onPress={() => go({ view: "story", entityKind: "room", entityId: tile.roomId })}>
        {t`What happened in this room`}
      </Button>
      {verbGroups(tile).map((group) => (
        <div key={group.id} className="details-verbs">
          <h3>{group.label}</h3>
          <div className="details-buttons">
            {group.verbs
              .filter((verb) => verb.ask !== "details")
              .map((verb) => (
                <Button key={verb.id} small testId={`details-${verb.id}`} onPress={() => onVerb(verb, performance.now())}>
                  {verb.label}
                </Button>
              ))}
          </div>
        </div>
      ))}
    </Dialog>
  );
}

function FactStatus({ tile }: { tile: Tile }): ReactNode {
  return (
    <span className="fact-status">
      <Glyph name={STATUS_GLYPH[tile.status]} /> {statusWord(tile.status)}
    </span>
  );
}

const CREDITS: Record<TaskKind, number> = { departure: 3, stayover: 2, turnover: 3, linen: 1, pickup: 1, turndown: 1, check: 1, inspection: 1, deep_clean: 6 };
const PRIORITIES: Priority[] = ["low", "normal", "high", "urgent"];

export interface NewTask {
  roomId: string;
  number: string;
  action: Action;
  done: string;
  from: number;
}

/** More work for a room. The rooms are those that the desk knows, whether or not they have a task. */
export function AddTask({ onClose, onRecord, number = "" }: { onClose: () => void; onRecord: (task: NewTask) => void; number?: string }): ReactNode {
  const desk = useDesk();
  const [room, setRoom] = useState(number);
  const [kind, setKind] = useState<TaskKind>("pickup");
  const [credits, setCredits] = useState(String(CREDITS.pickup));
  const [priority, setPriority] = useState<Priority>("normal");
  const [assignee, setAssignee] = useState<StaffId | null>(null);
  const [note, setNote] = useState("");
  const [roomError, setRoomError] = useState<string>();
  const [creditsError, setCreditsError] = useState<string>();

  const record = async (from: number) => {
    const found = await findRoom(desk, room);
    const weight = Number(fold(credits));
    const weightFits = Number.isInteger(weight) && weight >= 0 && weight <= 99 && credits.trim() !== "";
    setRoomError(found === undefined ? t`No room has this number. Look at the door and type it again.` : undefined);
    setCreditsError(weightFits ? undefined : t`Type a whole number from 0 to 99.`);
    if (found === undefined || !weightFits) return;
    const action: Action = {
      action: "add_task",
      args: {
        task: newId(),
        kind,
        credits: weight,
        priority,
        ...(assignee === null ? {} : { assignee }),
        ...(note.trim() === "" ? {} : { note: note.trim() }),
      },
    };
    onRecord({ roomId: found.roomId, number: found.number, action, done: t`task added`, from });
  };

  return (
    <Dialog title={t`Add a task`} onClose={onClose} testId="dialog-add">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void record(event.timeStamp);
        }}
      >
        <div className="pair">
          <Field label={t`Room`} value={room} onChange={setRoom} error={roomError} required autoFocus testId="add-room" />
          <Select
            label={t`Kind of work`}
            choices={TASK_KINDS.map((each) => ({ id: each, label: kindWord(each) }))}
            value={kind}
            onChange={(id) => {
              setKind(id as TaskKind);
              setCredits(String(CREDITS[id as TaskKind]));
            }}
            testId="add-kind"
          />
        </div>
        <div className="pair">
          <Field label={t`Credits`} value={credits} onChange={setCredits} error={creditsError} inputMode="numeric" testId="add-credits" />
          <Assignee value={assignee} onChange={setAssignee} />
        </div>
        <Radios
          label={t`Priority`}
          choices={PRIORITIES.map((each) => ({ id: each, label: priorityWord(each) }))}
          value={priority}
          onChange={(id) => setPriority(id as Priority)}
        />
        <Field label={t`Note`} value={note} onChange={setNote} lines maxLength={500} testId="add-note" />
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="add-confirm">{t`Add the task`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}

/** Whoever can be given a task, or nobody yet. */
function Assignee({ value, onChange }: { value: StaffId | null; onChange: (id: StaffId | null) => void }): ReactNode {
  const staff = useApp((state) => state.staff);
  const [open, setOpen] = useState(false);
  const ids = { label: useId(), value: useId() };
  const people = useMemo(() => {
    const some = inDeskOrder(staff).filter((person) => person.role === "attendant" || person.role === "inspector");
    return [nobodyRow(), ...some].map((row) => ({ ...row, chosen: row.id === value }));
  }, [staff, value]);
  const name = staffName(staff, value) ?? t`Nobody`;
  return (
    <div className="field select">
      <span id={ids.label} className="field-label">{t`Assigned to`}</span>
      <DialogTrigger isOpen={open} onOpenChange={setOpen}>
        <Button className="select-button" testId="add-assignee" aria-labelledby={`${ids.value} ${ids.label}`}>
          <span id={ids.value} className="select-value" dir="auto" title={name}>
            {name}
          </span>
          <ChevronDown size={16} aria-hidden />
        </Button>
        <DialogPopover className="popover-people">
          <AriaDialog className="people-below" aria-label={t`Assigned to`}>
            <AssignList
              people={people}
              onChoose={({ id }) => {
                onChange(id);
                setOpen(false);
              }}
            />
          </AriaDialog>
        </DialogPopover>
      </DialogTrigger>
    </div>
  );
}

async function findRoom(desk: ReturnType<typeof useDesk>, typed: string): Promise<{ roomId: string; number: string } | undefined> {
  const wanted = fold(typed);
  if (wanted === "") return undefined;
  const onBoard = [...desk.board.getState().tiles.values()].find((tile) => fold(tile.number) === wanted);
  if (onBoard !== undefined) return onBoard;
  // A room without a task today is not on the board, but the front desk knows it.
  const all = await desk.platform.frontDesk(null);
  return all.rooms.toSorted((a, b) => compareRooms(a.number, b.number)).find((each) => fold(each.number) === wanted);
}
