// Whom the service proposes for work that nobody has. It is there while the service answers and something is to be given,
// decides nothing, and goes without a trace with the connection.

import { plural, t } from "@lingui/core/macro";
import { UserPlus } from "lucide-react";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { SuggestedPerson, Suggestions as Proposed, TaskId } from "../../bindings/bindings";
import { performMany, underway, type Part } from "../../data/actions";
import { COLUMNS } from "../../data/board";
import { useApp, useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { Button, Code, Dialog, RoomNumber } from "../../shared/controls";
import { may } from "../../shared/duties";
import { count, iso } from "../../shared/fmt";
import { creditsWord, kindWord, tasksWord } from "../../shared/words";

/** What somebody said no to, for as long as the window is open. */
const rejected = createStore<{ ids: ReadonlySet<TaskId> }>(() => ({ ids: new Set() }));

interface Props {
  /** Gives the task to somebody else. */
  onChange: (taskId: TaskId) => void;
}

export function Suggestions({ onChange }: Props): ReactNode {
  const desk = useDesk();
  const online = useApp((state) => state.sync.state === "online" && !state.staleness.blocked);
  const stamp = useStore(desk.board, (state) => state.stamp);
  const nobody = useMemo(
    () => {
      const { lanes, tiles } = desk.board.getState();
      return COLUMNS.slice(0, 2).some((column) => lanes[column].some((id) => tiles.get(id)?.assignee === null));
    },
    // The map of tiles changes in place: its stamp says when to look again.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [stamp, desk],
  );
  return online && nobody && may("reassign") ? <Banner onChange={onChange} /> : null;
}

function Banner({ onChange }: Props): ReactNode {
  const desk = useDesk();
  const [proposed, setProposed] = useState<Proposed | null>(null);
  const no = useStore(rejected, (state) => state.ids);
  const busy = useStore(underway, (state) => state.now !== null);
  const [looking, setLooking] = useState(false);
  const [later, setLater] = useState("");
  const again = useReading(useCallback(async () => setProposed(await desk.platform.suggestions()), [desk]));
  const list = useMemo(() => (proposed?.list ?? []).filter((each) => !no.has(each.taskId)), [proposed, no]);
  // What was put off comes back when there is something else to propose.
  const which = list.map((each) => each.taskId).join(" ");
  const accept = async (some: readonly SuggestedPerson[]) => {
    const parts = some.map((each): Part => ({ roomId: each.roomId, number: each.number, action: { action: "reassign", args: { task: each.taskId, to: each.to } } }));
    const [only] = some;
    await performMany(desk, parts, { done: some.length === 1 && only !== undefined ? t`assigned to ${iso(only.name)}` : t`assigned as suggested` });
    again();
  };
  if (proposed?.problem != null) {
    return (
      <p className="suggested suggested-none" data-testid="suggestions-none" data-code={proposed.problem.code}>
        {t`No suggestions now: assign by hand.`} <Code code={proposed.problem.code} />
      </p>
    );
  }
  if (list.length === 0 || which === later) return null;
  return (
    <>
      <section className="suggested" data-region="" aria-label={t`Suggestions`} data-testid="suggestions" data-count={list.length}>
        <UserPlus size={16} aria-hidden />
        <span>
          <b>{plural(list.length, { one: "# task has nobody.", other: "# tasks have nobody." })}</b> {plural(list.length, { one: "Somebody is suggested for it.", other: "Somebody is suggested for each." })}
        </span>
        <Button small look="solid" testId="suggestions-accept" isDisabled={busy} onPress={() => void accept(list)}>
          {list.length === 1 ? t`Accept` : t`Accept all ${count(list.length)}`}
        </Button>
        <Button small testId="suggestions-look" onPress={() => setLooking(true)}>{t`Look at them`}</Button>
        <Button small look="quiet" testId="suggestions-later" onPress={() => setLater(which)}>{t`Not now`}</Button>
      </section>
      {looking ? (
        <Dialog form="wide" title={t`Suggested for ${tasksWord(list.length)}`} onClose={() => setLooking(false)} testId="dialog-suggestions">
          <ul className="suggested-list">
            {list.map((each) => (
              <li key={each.taskId} data-testid="suggestion" data-room={each.number} data-why={each.why}>
                <span className="suggested-room">
                  <RoomNumber number={each.number} />
                  <small>{kindWord(each.kind)} · {creditsWord(each.credits)}</small>
                </span>
                <span className="suggested-who">
                  <b dir="auto">{each.name}</b>
                  <small>{whyWords(each)}</small>
                </span>
                <span className="suggested-do">
                  <Button small look="solid" testId="suggestion-accept" isDisabled={busy} onPress={() => void accept([each])}>{t`Accept`}</Button>
                  <Button small testId="suggestion-change" onPress={() => { setLooking(false); onChange(each.taskId); }}>{t`Somebody else…`}</Button>
                  <Button small look="quiet" testId="suggestion-reject" onPress={() => rejected.setState({ ids: new Set([...no, each.taskId]) })}>{t`Reject`}</Button>
                </span>
              </li>
            ))}
          </ul>
        </Dialog>
      ) : null}
    </>
  );
}

/** Why somebody is proposed, from the stable word. Of one that this build does not know the credits are said. */
export function whyWords({ why, creditsLeft }: SuggestedPerson): string {
  const left = t`${creditsWord(creditsLeft)} left`;
  switch (why) {
    case "in_the_room":
      return t`is at work in this room · ${left}`;
    case "section":
      return t`has this section · ${left}`;
    case "fewest_credits":
      return t`has least to do · ${left}`;
    default:
      return left;
  }
}
