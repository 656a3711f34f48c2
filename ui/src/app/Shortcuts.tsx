import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Dialog } from "../shared/controls";

/** The sheet of every key. */
export function Shortcuts({ onClose }: { onClose: () => void }): ReactNode {
  const groups: { title: string; keys: [string, string][] }[] = [
    {
      title: t`Everywhere`,
      keys: [
        ["G B", t`Board`],
        ["G S", t`Sync Center`],
        ["Ctrl J", t`Sync Center`],
        ["G F", t`Front Desk`],
        ["G O", t`What is the case: the panel behind the pill`],
        ["/", t`Find a room`],
        ["Ctrl E", t`Radio: type what is called in`],
        ["F6", t`Next part of the window`],
        ["Ctrl Z", t`Undo`],
        ["Ctrl ,", t`Settings`],
        ["?", t`This sheet`],
      ],
    },
    {
      title: t`On a tile`,
      keys: [
        ["S", t`Start or resume`],
        ["P", t`Pause`],
        ["C", t`Complete`],
        ["A", t`Assign to…`],
        ["I", t`Inspect…`],
        ["M", t`More`],
        ["Enter", t`Details`],
        ["Shift ← →", t`To the lane beside`],
        ["F2", t`Into the tile's buttons; Esc leads out`],
      ],
    },
    {
      title: t`On the board`,
      keys: [
        ["← ↑ ↓ →", t`From tile to tile`],
        ["Home End", t`First or last of the lane`],
        ["PgUp PgDn", t`A page up or down`],
        ["0 – 9", t`Type a room's number to go there`],
      ],
    },
    {
      title: t`Several tiles`,
      keys: [
        ["Space", t`Select, or take out again`],
        ["Shift ↑ ↓", t`Select on from here; also Home, End and pages`],
        ["Ctrl A", t`Select the whole lane, as filtered`],
        ["S C I A", t`On a selected tile: for all of them`],
        ["Esc", t`Select nothing`],
      ],
    },
    {
      title: t`At the front desk`,
      keys: [
        ["C", t`Claim or release the room`],
        ["Q", t`The guest waits, or waits no more`],
        ["R", t`Rush, or take it back`],
        ["Enter", t`Everything about the room`],
      ],
    },
    {
      title: t`In a conflict`,
      keys: [
        ["F8", t`Next open field; with Shift the one before`],
        ["1", t`Keep mine`],
        ["2", t`Take theirs`],
        ["3", t`Write a note anew`],
        ["Ctrl Enter", t`Resolve and send`],
      ],
    },
  ];
  return (
    <Dialog title={t`Keyboard shortcuts`} form="wide" onClose={onClose} testId="shortcuts">
      <div className="keys">
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
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
    </Dialog>
  );
}
