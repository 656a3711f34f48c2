// Who has how much, and the board of one of them.

import { t } from "@lingui/core/macro";
import { ChevronDown, X } from "lucide-react";
import { useMemo, useState, type ReactNode } from "react";
import { Dialog, DialogTrigger } from "react-aria-components";
import { useStore } from "zustand";
import type { StaffId } from "../../bindings/bindings";
import { attendantsOf, staffById } from "../../data/people";
import { useApp, useDesk } from "../../data/useDesk";
import { Button, DialogPopover } from "../../shared/controls";
import { count, fold, iso } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { PeopleSearch, type PersonRow } from "../../shared/People";
import { UNASSIGNED } from "../../shared/views";
import { creditsWord, inAList, workWord } from "../../shared/words";
import { boardFilter } from "./filter";
import { loadsOf, NO_LOAD, type Load } from "./loads";

const ROW_PX = 44;

/** The load of everybody, while somebody looks. */
function useLoads(): ReadonlyMap<StaffId | null, Load> {
  const desk = useDesk();
  const stamp = useStore(desk.board, (state) => state.stamp);
  return useMemo(
    () => loadsOf(desk.board.getState().tiles.values()),
    // The map of tiles changes in place: its stamp says when to look again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [desk, stamp],
  );
}

/** The name of who is chosen. A saved view may name somebody who is not on today's list. */
function useChosen(): { attendant: string | null; name: string; section: string | null } {
  const attendant = useStore(boardFilter, (filter) => filter.attendant);
  const staff = useApp((state) => state.staff);
  if (attendant === null) return { attendant, name: t`All attendants`, section: null };
  if (attendant === UNASSIGNED) return { attendant, name: t`Nobody assigned`, section: null };
  const person = staffById(staff).get(attendant);
  return { attendant, name: person?.name ?? t`Not on today's list`, section: person?.section ?? null };
}

/** Chooses whose tiles the board shows, from a list that says how much everybody has. */
export function AttendantFilter(): ReactNode {
  const chosen = useChosen();
  const name = iso(chosen.name);
  const [open, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="select-button filter-attendant" testId="filter-attendant" aria-label={t`Attendant: ${name}`}>
        <span className="select-value" dir="auto" title={chosen.name}>
          {chosen.name}
        </span>
        <ChevronDown size={16} aria-hidden />
      </Button>
      <DialogPopover className="popover-people">
        <Dialog className="people-below" aria-label={t`Attendants`} data-testid="attendants">
          <Loads onClose={() => setOpen(false)} />
        </Dialog>
      </DialogPopover>
    </DialogTrigger>
  );
}

interface Row extends PersonRow {
  section: string | null;
  load: Load | null;
}

function Loads({ onClose }: { onClose: () => void }): ReactNode {
  const staff = useApp((state) => state.staff);
  const loads = useLoads();
  const { attendant } = useChosen();
  const { everybody, people } = useMemo(() => {
    const row = (id: string | null, name: string, section: string | null, load: Load | null): Row => {
      const made = { id, name, section, load, chosen: id === attendant };
      return { ...made, words: rowWords(made) };
    };
    return {
      everybody: [row(null, t`All attendants`, null, null), row(UNASSIGNED, t`Nobody assigned`, null, loads.get(null) ?? NO_LOAD)],
      people: attendantsOf(staff).map((person) => row(person.id, person.name, person.section, loads.get(person.id) ?? NO_LOAD)),
    };
  }, [staff, loads, attendant]);
  return (
    <PeopleSearch
      asks={t`Find by name or section`}
      fieldMark="attendant-search"
      label={t`Attendants`}
      mark="attendant-choice"
      rowPx={ROW_PX}
      find={(wanted) => (wanted === "" ? [...everybody, ...people] : people.filter((row) => fold(`${row.name} ${row.section ?? ""}`).includes(wanted)))}
      none={t`Nobody of that name works today.`}
      head={
        <div className="loads-head" aria-hidden>
          <span>{t`Rooms left`}</span>
          <span>{t`Credits left`}</span>
          <span>{creditsDone()}</span>
        </div>
      }
      onChoose={(row) => {
        boardFilter.setState({ attendant: row.id });
        onClose();
      }}
    >
      {({ name, section, load, chosen }) => (
        <span className="loads-row">
          <span className="listbox-check">{chosen === true ? <Glyph name="tick" /> : null}</span>
          <span className="people-name" dir="auto">
            {name}
          </span>
          <bdi className="people-hint">{section}</bdi>
          {load === null ? null : (
            <>
              <b>{count(load.roomsLeft)}</b>
              <span>{count(load.left)}</span>
              <span>{count(load.done)}</span>
            </>
          )}
        </span>
      )}
    </PeopleSearch>
  );
}

const creditsDone = (): string => t({ message: "Done", context: "credits of work that is done" });

function rowWords({ name, section, load }: Pick<Row, "name" | "section" | "load">): string {
  if (load === null) return name;
  const where = section === null ? "" : t`section ${iso(section)}`;
  return inAList([iso(name), where, t`${workWord(load.roomsLeft, load.roomsLeft)} left`, t`${creditsWord(load.left)} left`, t`${creditsWord(load.done)} done`]);
}

/** Above the lanes while the board is one attendant's: how much was given, and how far it is. */
export function AttendantHead(): ReactNode {
  const { attendant, name, section } = useChosen();
  return attendant === null ? null : <Head attendant={attendant} name={name} section={section} />;
}

function Head({ attendant, name, section }: { attendant: string; name: string; section: string | null }): ReactNode {
  const load = useLoads().get(attendant === UNASSIGNED ? null : attendant) ?? NO_LOAD;
  const facts: [string, string][] = [
    [t`Given`, creditsWord(load.given)],
    [t({ message: "Started", context: "credits of work that was started" }), creditsWord(load.started)],
    [creditsDone(), creditsWord(load.done)],
    [t`Left`, workWord(load.roomsLeft, load.roomsLeft)],
  ];
  const share = (credits: number) => `${load.given === 0 ? 0 : (100 * credits) / load.given}%`;
  return (
    <section className="one" aria-label={t`Board of ${{ name: iso(name) }}`} data-testid="attendant-head" data-given={load.given} data-started={load.started} data-done={load.done} data-left={load.roomsLeft}>
      <h2 className="one-name" dir="auto">
        {name}
      </h2>
      {section === null ? null : <span className="one-section">{t`Section ${iso(section)}`}</span>}
      <dl className="one-facts">
        {facts.map(([what, much]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{much}</dd>
          </div>
        ))}
      </dl>
      <div className="one-bar" aria-hidden>
        <span className="one-done" style={{ inlineSize: share(load.done) }} />
        <span className="one-started" style={{ inlineSize: share(load.started) }} />
      </div>
      <Button small look="quiet" testId="attendant-all" onPress={() => boardFilter.setState({ attendant: null })}>
        <X size={14} aria-hidden /> {t`All attendants`}
      </Button>
    </section>
  );
}
