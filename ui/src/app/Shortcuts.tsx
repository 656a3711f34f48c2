import { t } from "@lingui/core/macro";
import { Keyboard } from "lucide-react";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import { useApp } from "../data/useDesk";
import { Button, Dialog } from "../shared/controls";
import type { ShortcutId } from "../shared/keys";
import { prefs } from "../shared/prefs";
import { placeWord, shortcutWord, usePressed, type PressedFor } from "../shared/shortcuts";

/** One line of the sheet: a shortcut of the table, or keys that are always the same. */
type Line = ShortcutId | [keys: string, what: string];

/** The sheet of every key, as the keys are now. */
export function Shortcuts({ onClose, onChange }: { onClose: () => void; onChange: () => void }): ReactNode {
  const pressed = usePressed();
  const single = useStore(prefs, (each) => each.letterKeys);
  const byPin = useApp((state) => state.signIn.byPin);
  const groups: { title: string; lines: Line[] }[] = [
    {
      title: placeWord("everywhere"),
      lines: ["board", "syncCenter", "syncCenterAtOnce", "frontDesk", "cockpit", "find", "radio", ["F6", t`Next part of the window`], "undo", "settings", ...(byPin ? (["lock"] as const) : []), "sheet"],
    },
    {
      title: placeWord("tile"),
      lines: ["start", "pause", "complete", "assign", "inspect", "menu", ["Enter", t`Details`], ["Shift ← →", t`To the lane beside`], ["F2", t`Into the tile's buttons; Esc leads out`]],
    },
    {
      title: t`On the board`,
      lines: [
        ["← ↑ ↓ →", t`From tile to tile`],
        ["Home End", t`First or last of the lane`],
        ["PgUp PgDn", t`A page up or down`],
        ["0 – 9", t`Type a room's number to go there`],
      ],
    },
    {
      title: t`Several tiles`,
      lines: [
        ["Space", t`Select, or take out again`],
        ["Shift ↑ ↓", t`Select on from here; also Home, End and pages`],
        "selectLane",
        [(["start", "complete", "inspect", "assign"] as const).flatMap(pressed).join(" "), t`On a selected tile: for all of them`],
        ["Esc", t`Select nothing`],
      ],
    },
    {
      title: placeWord("row"),
      lines: ["claim", "queue", "rush", ["Enter", t`Everything about the room`]],
    },
    {
      title: placeWord("conflict"),
      lines: [["F8", t`Next open field; with Shift the one before`], "mine", "theirs", "anew", ["Ctrl Enter", t`Resolve and send`]],
    },
  ];
  return (
    <Dialog title={t`Keyboard shortcuts`} form="wide" onClose={onClose} testId="shortcuts">
      <div className="keys">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.lines.flatMap((line) => shown(line, pressed)).map(({ keys, what }) => (
                <div key={`${keys.join(" ")} ${what}`}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="keys-foot">
        {single ? null : <p>{t`Single keys are switched off in the settings.`}</p>}
        <Button small testId="change-keys" onPress={onChange}>
          <Keyboard size={14} aria-hidden /> {t`Change keys…`}
        </Button>
      </div>
    </Dialog>
  );
}

/** Nothing where no key is pressed for it. */
function shown(line: Line, pressed: PressedFor): { keys: string[]; what: string }[] {
  const [keys, what] = typeof line === "string" ? [pressed(line), shortcutWord(line)] : [line[0].split(" ").filter(Boolean), line[1]];
  return keys.length === 0 ? [] : [{ keys, what }];
}
