// Who has how much, and the board of one of them.

import { t } from "@lingui/core/macro";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, X } from "lucide-react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { Dialog, DialogTrigger, Input, SearchField } from "react-aria-components";
import { useStore } from "zustand";
import type { StaffId } from "../../bindings/bindings";
import { attendantsOf, staffById } from "../../data/people";
import { useApp, useDesk } from "../../data/useDesk";
import { Button, DialogPopover } from "../../shared/controls";
import { count, fold, iso } from "../../shared/fmt";
import { rowHeight } from "../../shared/language";
import { Glyph } from "../../shared/glyphs";
import { useRowKeys } from "../../shared/rowKeys";
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
  const { name } = useChosen();
  const [open, setOpen] = useState(false);
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Button className="select-button filter-attendant" testId="filter-attendant" aria-label={t`Attendant: ${name}`}>
        <span className="select-value" dir="auto">
          {name}
        </span>
        <ChevronDown size={16} aria-hidden />
      </Button>
      <DialogPopover>
        <Dialog className="loads" aria-label={t`Attendants`} data-testid="attendants">
          <Loads onClose={() => setOpen(false)} />
        </Dialog>
      </DialogPopover>
    </DialogTrigger>
  );
}

interface Row {
  /** What the filter is set to. */
  id: string | null;
  name: string;
  section: string | null;
  load: Load | null;
}

function Loads({ onClose }: { onClose: () => void }): ReactNode {
  const staff = useApp((state) => state.staff);
  const loads = useLoads();
  const { attendant } = useChosen();
  const [query, setQuery] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => {
    const wanted = fold(query);
    const people = attendantsOf(staff).map((person): Row => ({ id: person.id, name: person.name, section: person.section, load: loads.get(person.id) ?? NO_LOAD }));
    if (wanted !== "") return people.filter((row) => fold(`${row.name} ${row.section ?? ""}`).includes(wanted));
    return [{ id: null, name: t`All attendants`, section: null, load: null }, { id: UNASSIGNED, name: t`Nobody assigned`, section: null, load: loads.get(null) ?? NO_LOAD }, ...people];
  }, [staff, loads, query]);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight(ROW_PX), overscan: 6 });
  const { current, setCurrent, onKeyDown } = useRowKeys(virtual, scroller, rows.length);
  const choose = (row: Row | undefined) => {
    if (row === undefined) return;
    boardFilter.setState({ attendant: row.id });
    onClose();
  };
  return (
    <>
      <SearchField
        className="field"
        aria-label={t`Find by name or section`}
        value={query}
        onChange={(typed) => {
          setQuery(typed);
          setCurrent(0);
        }}
        onSubmit={() => (query.trim() === "" ? undefined : choose(rows[0]))}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          scroller.current?.querySelector<HTMLElement>("button[tabindex='0']")?.focus();
        }}
        autoFocus
      >
        <Input className="input" placeholder={t`Find by name or section`} data-testid="attendant-search" />
      </SearchField>
      <div className="loads-head" aria-hidden>
        <span>{t`Rooms left`}</span>
        <span>{t`Credits left`}</span>
        <span>{creditsDone()}</span>
      </div>
      {/* The keys of every row, at one place. */}
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={scroller} className="loads-scroll" onKeyDown={onKeyDown}>
        <ul style={{ blockSize: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <li key={row.id ?? ""} style={{ insetBlockStart: start }}>
                <button
                  type="button"
                  className="loads-row"
                  data-testid="attendant-choice"
                  data-staff={row.id ?? undefined}
                  data-index={index}
                  tabIndex={index === current ? 0 : -1}
                  aria-pressed={row.id === attendant}
                  aria-label={rowWords(row)}
                  onClick={() => choose(row)}
                >
                  <span className="listbox-check">{row.id === attendant ? <Glyph name="tick" /> : null}</span>
                  <span className="loads-name" dir="auto">
                    {row.name}
                  </span>
                  <span className="loads-section">{row.section}</span>
                  {row.load === null ? null : (
                    <>
                      <b>{count(row.load.roomsLeft)}</b>
                      <span>{count(row.load.left)}</span>
                      <span>{count(row.load.done)}</span>
                    </>
                  )}
                </button>
              </li>
            );
          })}
        </ul>
        {rows.length === 0 ? <p className="loads-none">{t`Nobody of that name works today.`}</p> : null}
      </div>
    </>
  );
}

const creditsDone = (): string => t({ message: "Done", context: "credits of work that is done" });

function rowWords({ name, section, load }: Row): string {
  if (load === null) return name;
  const where = section === null ? "" : t`section ${section}`;
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
    <section className="one" aria-label={t`Board of ${name}`} data-testid="attendant-head" data-given={load.given} data-started={load.started} data-done={load.done} data-left={load.roomsLeft}>
      <h2 className="one-name" dir="auto">
        {name}
      </h2>
      {section === null ? null : <span className="one-section">{t`Section ${section}`}</span>}
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
