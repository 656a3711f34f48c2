// Which tiles the board shows.

import { t } from "@lingui/core/macro";
import { Plus, Rows3, Rows4, Search, X } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Input, SearchField } from "react-aria-components";
import { useStore } from "zustand";
import { attendantsOf } from "../../data/people";
import { useApp, useDesk } from "../../data/useDesk";
import { Button, Select } from "../../shared/controls";
import { prefs, setPref } from "../../shared/prefs";
import { boardFilter, filterLanes, findRoom, isFiltering, NO_FILTER, UNASSIGNED } from "./filter";
import type { TileFocus } from "./focus";

export const Filters = memo(function Filters({ onAdd, onFind }: { onAdd: () => void; onFind: (focus: TileFocus) => void }): ReactNode {
  const desk = useDesk();
  const filter = useStore(boardFilter);
  const density = useStore(prefs, (each) => each.density);
  const staff = useApp((state) => state.staff);
  const sections = useStore(desk.board, (state) => state.sections);
  const set = (change: Partial<typeof filter>) => boardFilter.setState(change);

  return (
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
        choices={[{ id: "", label: t`All sections` }, ...sections.map((section) => ({ id: section, label: t`Section ${section}` }))]}
      />
      <Select
        quiet
        label={t`Attendant`}
        testId="filter-attendant"
        value={filter.attendant ?? ""}
        onChange={(id) => set({ attendant: id === "" ? null : id })}
        choices={[
          { id: "", label: t`All attendants` },
          { id: UNASSIGNED, label: t`Nobody assigned` },
          ...attendantsOf(staff)
            .slice(0, 98)
            .map((person) => ({ id: person.id, label: person.name, hint: person.section ?? "" })),
        ]}
      />
      {isFiltering(filter) ? (
        <Button look="quiet" testId="filter-clear" onPress={() => boardFilter.setState(NO_FILTER)}>
          <X size={16} aria-hidden /> {t`Show all`}
        </Button>
      ) : null}
      <span className="filters-gap" />
      <Button
        look="quiet"
        testId="density"
        aria-label={density === "compact" ? t`Larger tiles` : t`Smaller tiles`}
        onPress={() => setPref({ density: density === "compact" ? "comfortable" : "compact" })}
      >
        {density === "compact" ? <Rows3 size={16} aria-hidden /> : <Rows4 size={16} aria-hidden />}
        {density === "compact" ? t`Larger tiles` : t`Smaller tiles`}
      </Button>
      <Button testId="add-task" onPress={onAdd}>
        <Plus size={16} aria-hidden /> {t`Add a task`}
      </Button>
    </div>
  );
});
