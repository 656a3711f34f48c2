// Which tiles the board shows.

import { t } from "@lingui/core/macro";
import { ListFilter, Plus, Rows3, Rows4, Search, X } from "lucide-react";
import { memo, useRef, type ReactNode } from "react";
import { Dialog, DialogTrigger, Input, SearchField } from "react-aria-components";
import { useStore } from "zustand";
import { useDesk } from "../../data/useDesk";
import { Button, Checks, DialogPopover, Select } from "../../shared/controls";
import { may } from "../../shared/duties";
import { count, iso } from "../../shared/fmt";
import { prefs, setPref } from "../../shared/prefs";
import { NO_FILTER, TASK_KINDS, TILE_STATES, type BoardFilter } from "../../shared/views";
import { kindWord } from "../../shared/words";
import { AttendantFilter, AttendantHead } from "./Attendants";
import { boardFilter, filterLanes, findRoom, finer, isFiltering, stateWord } from "./filter";
import type { TileFocus } from "./focus";
import { SavedViews } from "./SavedViews";

const set = (change: Partial<BoardFilter>) => boardFilter.setState(change);

export const Filters = memo(function Filters({ onAdd, onFind }: { onAdd: () => void; onFind: (focus: TileFocus) => void }): ReactNode {
  const desk = useDesk();
  const filter = useStore(boardFilter);
  const density = useStore(prefs, (each) => each.density);
  const sections = useStore(desk.board, (state) => state.sections);
  // A saved view may name a section that has no work today.
  const listed = filter.section === null || sections.includes(filter.section) ? sections : [...sections, filter.section];
  const more = useRef<HTMLButtonElement>(null);
  const denser = density === "compact" ? t`Larger tiles` : t`Smaller tiles`;

  return (
    <>
      <div className="filters" role="search" aria-label={t`Which rooms to show`}>
        <SearchField
          className="find"
          aria-label={t`Find a room`}
          value={filter.query}
          onChange={(query) => set({ query })}
          onSubmit={() => {
            const { lanes, tiles } = desk.board.getState();
            const found = findRoom(filterLanes(lanes, tiles, filter), tiles, filter.query);
            if (found !== null) onFind(found);
          }}
        >
          <Search size={16} aria-hidden />
          <Input className="input" placeholder={t`Find a room`} data-search="" data-testid="board-search" />
        </SearchField>
        <Select
          quiet
          label={t`Section`}
          testId="filter-section"
          value={filter.section ?? ""}
          onChange={(id) => set({ section: id === "" ? null : id })}
          choices={[{ id: "", label: t`All sections` }, ...listed.map((section) => ({ id: section, label: t`Section ${iso(section)}` }))]}
        />
        <AttendantFilter />
        <MoreFilters trigger={more} />
        <SavedViews />
        {isFiltering(filter) ? (
          <Button look="quiet" testId="filter-clear" onPress={() => set(NO_FILTER)}>
            <X size={16} aria-hidden /> {t`Show all`}
          </Button>
        ) : null}
        <span className="filters-gap" />
        <Button look="quiet" className="density" testId="density" aria-label={denser} onPress={() => setPref({ density: density === "compact" ? "comfortable" : "compact" })}>
          {density === "compact" ? <Rows3 size={18} aria-hidden /> : <Rows4 size={18} aria-hidden />}
        </Button>
        {may("add_task") ? (
          <Button testId="add-task" onPress={onAdd}>
            <Plus size={16} aria-hidden /> {t`Add a task`}
          </Button>
        ) : null}
      </div>
      <Chips filter={filter} onGone={() => more.current?.focus()} />
      <AttendantHead />
    </>
  );
});

/** Floor, kind of work, and what a tile can be besides: any of what is ticked in a group. */
function MoreFilters({ trigger }: { trigger: React.Ref<HTMLButtonElement> }): ReactNode {
  const desk = useDesk();
  const filter = useStore(boardFilter);
  const floors = useStore(desk.board, (state) => state.floors);
  const active = finer(filter);
  return (
    <DialogTrigger>
      <Button ref={trigger} testId="filter-more" aria-label={active === 0 ? t`More filters` : t`More filters, ${count(active)} chosen`}>
        <ListFilter size={16} aria-hidden />
        <span className="filters-word">{t`More filters`}</span>
        {active === 0 ? null : <span className="filters-count" data-count={count(active)} />}
      </Button>
      <DialogPopover>
        <Dialog className="more-filters" aria-label={t`More filters`} data-testid="more-filters">
          <Checks label={t`State`} testId="filter-state" value={filter.states} onChange={(states) => set({ states })} choices={TILE_STATES.map((id) => ({ id, label: stateWord(id) }))} />
          <Checks label={t`Kind of work`} testId="filter-kind" value={filter.kinds} onChange={(kinds) => set({ kinds })} choices={TASK_KINDS.map((id) => ({ id, label: kindWord(id) }))} />
          {floors.length === 0 ? null : <Checks label={t`Floor`} testId="filter-floor" value={filter.floors} onChange={(chosen) => set({ floors: chosen })} choices={floors.map((id) => ({ id, label: id }))} />}
        </Dialog>
      </DialogPopover>
    </DialogTrigger>
  );
}

/** What is chosen beyond the bar, each to be taken away by itself. */
function Chips({ filter, onGone }: { filter: BoardFilter; onGone: () => void }): ReactNode {
  const { states, kinds, floors } = filter;
  const chips = [
    ...states.map((id) => ({ id: `state-${id}`, label: stateWord(id), left: { states: states.filter((each) => each !== id) } })),
    ...kinds.map((id) => ({ id: `kind-${id}`, label: kindWord(id), left: { kinds: kinds.filter((each) => each !== id) } })),
    ...floors.map((id) => ({ id: `floor-${id}`, label: t`Floor ${id}`, left: { floors: floors.filter((each) => each !== id) } })),
  ];
  if (chips.length === 0) return null;
  return (
    <ul className="chips" aria-label={t`Chosen filters`}>
      {chips.map(({ id, label, left }) => (
        <li key={id}>
          <Button
            small
            className="chip"
            testId="filter-chip"
            aria-label={t`${label}: take this filter away`}
            onPress={() => {
              // The chip goes; the focus stays where filters are chosen.
              onGone();
              set(left);
            }}
          >
            {label} <X size={14} aria-hidden />
          </Button>
        </li>
      ))}
    </ul>
  );
}
