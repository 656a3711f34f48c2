// Ways of looking at the board, by name: chosen again from a menu, made of what the board shows now, renamed and deleted.

import { t } from "@lingui/core/macro";
import { Bookmark, ChevronDown, Trash2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Form, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { useStore } from "zustand";
import { announce } from "../../shared/announcer";
import { iso } from "../../shared/fmt";
import { Button, Dialog, Field } from "../../shared/controls";
import { Glyph } from "../../shared/glyphs";
import { prefs, setPref } from "../../shared/prefs";
import { keptFilter, NAME_MAX, NO_FILTER, sameFilter, viewName, VIEWS_MAX, type SavedView } from "../../shared/views";
import { boardFilter, isFiltering } from "./filter";

export function SavedViews(): ReactNode {
  const views = useStore(prefs, (each) => each.views);
  const filter = useStore(boardFilter);
  const [asking, setAsking] = useState<"name" | "change" | null>(null);
  const now = views.find((view) => sameFilter(view.filter, filter));
  const choose = (name: string) => {
    const view = views.find((each) => each.name === name);
    if (view !== undefined) boardFilter.setState({ ...NO_FILTER, ...view.filter });
  };
  return (
    <>
      <MenuTrigger>
        <Button testId="views" className="views-button" aria-label={now === undefined ? t`Saved views` : t`Saved views: ${iso(now.name)}`}>
          <Bookmark size={16} aria-hidden />
          <span className="views-name" dir="auto">
            {now?.name ?? t({ message: "Views", context: "ways of looking at the board that were saved" })}
          </span>
          <ChevronDown size={16} aria-hidden />
        </Button>
        <Popover className="popover" placement="bottom start">
          <Menu
            className="menu"
            aria-label={t`Saved views`}
            data-testid="views-list"
            onAction={(key) => {
              const what = String(key);
              if (what === "name" || what === "change") setAsking(what);
              else if (what === "all") boardFilter.setState(NO_FILTER);
              else choose(what.slice("view-".length));
            }}
          >
            <MenuSection aria-label={t`Saved views`}>
              <MenuItem id="all" className="menu-item" data-testid="view-all">
                <span className="listbox-check">{isFiltering(filter) ? null : <Glyph name="tick" />}</span>
                {t`The whole board`}
              </MenuItem>
              {views.map((view) => (
                <MenuItem key={view.name} id={`view-${view.name}`} textValue={view.name} className="menu-item" data-testid="view" aria-label={view === now ? t`${iso(view.name)}, chosen` : view.name}>
                  <span className="listbox-check">{view === now ? <Glyph name="tick" /> : null}</span>
                  <span dir="auto">{view.name}</span>
                </MenuItem>
              ))}
            </MenuSection>
            <Separator className="menu-separator" />
            <MenuItem id="name" className="menu-item" data-testid="view-name" isDisabled={!isFiltering({ ...filter, query: "" }) || now !== undefined}>
              {t`Name this view…`}
            </MenuItem>
            <MenuItem id="change" className="menu-item" data-testid="view-change" isDisabled={views.length === 0}>
              {t`Rename or delete…`}
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
      {asking === "name" ? <NameView views={views} onClose={() => setAsking(null)} /> : null}
      {asking === "change" ? <ChangeViews views={views} onClose={() => setAsking(null)} /> : null}
    </>
  );
}

/** Why a view cannot have this name; undefined where it can. */
function problemWith(name: string, others: readonly SavedView[]): string | undefined {
  if (name === "") return t`Type a name.`;
  return others.some((view) => view.name === name) ? t`Another view has this name. Choose a different one.` : undefined;
}

function NameView({ views, onClose }: { views: readonly SavedView[]; onClose: () => void }): ReactNode {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<string>();
  const full = views.length >= VIEWS_MAX;
  const save = () => {
    const name = viewName(typed);
    const problem = problemWith(name, views);
    if (problem !== undefined) {
      setError(problem);
      return;
    }
    setPref({ views: [...views, { name, filter: keptFilter(boardFilter.getState()) }] });
    announce(t`View ${{ name: iso(name) }} saved.`);
    onClose();
  };
  return (
    <Dialog title={t`Name this view`} onClose={onClose} testId="dialog-view">
      {full ? (
        <p className="dialog-text">{t`There are ${VIEWS_MAX} views already. Delete one first, under Rename or delete.`}</p>
      ) : (
        <Form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Field label={t`Name`} value={typed} onChange={setTyped} error={error} required autoFocus maxLength={NAME_MAX} testId="view-typed" />
          <div className="dialog-actions">
            <Button onPress={onClose}>{t`Go back`}</Button>
            <Button look="solid" type="submit" testId="view-save">{t`Save the view`}</Button>
          </div>
        </Form>
      )}
    </Dialog>
  );
}

function ChangeViews({ views, onClose }: { views: readonly SavedView[]; onClose: () => void }): ReactNode {
  // What is typed becomes the name when it is saved, all of them together.
  const [drafts, setDrafts] = useState(() => views.map((view) => ({ view, typed: view.name })));
  const [errors, setErrors] = useState<readonly (string | undefined)[]>([]);
  const save = () => {
    const next = drafts.map(({ view, typed }) => ({ ...view, name: viewName(typed) }));
    const problems = next.map((view, at) => problemWith(view.name, next.slice(0, at)));
    setErrors(problems);
    if (problems.some((problem) => problem !== undefined)) return;
    setPref({ views: next });
    announce(t`Views saved.`);
    onClose();
  };
  return (
    <Dialog title={t`Saved views`} onClose={onClose} testId="dialog-views">
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        {drafts.length === 0 ? <p className="dialog-text">{t`None is left. Saving deletes them all.`}</p> : null}
        <ul className="views-list">
          {drafts.map(({ view, typed }, at) => (
            <li key={view.name}>
              <Field
                label={t`Name`}
                value={typed}
                onChange={(name) => setDrafts(drafts.map((draft) => (draft.view === view ? { view, typed: name } : draft)))}
                error={errors[at]}
                autoFocus={at === 0}
                maxLength={NAME_MAX}
                testId="view-rename"
              />
              <Button
                look="danger"
                testId="view-delete"
                aria-label={t`Delete ${iso(view.name)}`}
                onPress={() => {
                  setDrafts(drafts.filter((draft) => draft.view !== view));
                  setErrors([]);
                }}
              >
                <Trash2 size={16} aria-hidden /> {t`Delete`}
              </Button>
            </li>
          ))}
        </ul>
        <div className="dialog-actions">
          <Button onPress={onClose}>{t`Go back`}</Button>
          <Button look="solid" type="submit" testId="views-save">{t`Save`}</Button>
        </div>
      </Form>
    </Dialog>
  );
}
