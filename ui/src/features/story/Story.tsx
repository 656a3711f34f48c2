// What happened to one room: done by whom, taken when, merged, in conflict, decided. The newest stands first.

import { t } from "@lingui/core/macro";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import type { CommandError, RoomOnHold, Story as Told, StoryLine, StoryStep } from "../../bindings/bindings";
import { letGoOn } from "../../data/actions";
import { metTheLock } from "../../data/lock";
import { useNow } from "../../data/ticker";
import { useApp, useDesk } from "../../data/useDesk";
import { useReading } from "../../data/useReading";
import { asCommandError } from "../../platform/platform";
import { Back, Button, RoomNumber, Select } from "../../shared/controls";
import { dateTime, iso } from "../../shared/fmt";
import { useFocusKept, useHeadingFocus } from "../../shared/focus";
import { Glyph, type GlyphName } from "../../shared/glyphs";
import { HoldDialog } from "../../shared/HoldDialog";
import { Unshown } from "../../shared/Unshown";
import { said } from "../../shared/said";
import { buttonName, inAList } from "../../shared/words";
import "./story.css";

const ALL = "all";
/** How soon the service is asked once more for what others did, where it is there and did not answer in time. */
const ASK_AGAIN_MS = 5_000;

export function Story({ entityKind, entityId }: { entityKind: string; entityId: string }): ReactNode {
  const desk = useDesk();
  const now = useNow();
  const [story, setStory] = useState<Told | null>(null);
  const [error, setError] = useState<CommandError | null>(null);
  const [task, setTask] = useState(ALL);
  const page = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  const read = useCallback(async () => {
    try {
      setStory(await desk.platform.story(entityKind, entityId));
      setError(null);
    } catch (thrown) {
      const why = asCommandError(thrown);
      if (!metTheLock(why)) setError(why);
    }
  }, [desk, entityKind, entityId]);

  const readNow = useReading(read);
  const online = useApp((state) => state.sync.state === "online");
  useEffect(() => {
    if (!online || story === null || story.alone === null) return;
    const timer = setTimeout(readNow, ASK_AGAIN_MS);
    return () => clearTimeout(timer);
  }, [online, story, readNow]);

  const loaded = story !== null && error === null;
  useHeadingFocus(heading, loaded);
  useFocusKept(page, heading, loaded);

  if (error !== null) {
    return <Unshown className="story" error={error} testId="story-problem" onRetry={readNow} />;
  }
  if (story === null) return <div className="story" aria-busy="true" />;

  const lines = task === ALL ? story.lines : story.lines.filter((line) => line.tasks.includes(task));
  return (
    <div ref={page} className="story" data-testid="story" data-entity={entityId}>
      <Back />
      <header className="story-head">
        <h1 ref={heading} tabIndex={-1} data-quiet-focus="">
          {t`Room`} <RoomNumber number={story.title} />: {t`what happened`}
        </h1>
        {story.tasks.length < 2 ? null : (
          <Select label={t`Show`} quiet choices={[{ id: ALL, label: t`The whole room` }, ...story.tasks.map((each) => ({ id: each.id, label: t`Only the ${iso(said(each.name))}` }))]} value={task} onChange={setTask} testId="story-task" />
        )}
      </header>
      {entityKind === "room" ? <Hold roomId={entityId} number={story.title} onHold={story.onHold} now={now} onDone={readNow} /> : null}
      {story.alone === null ? null : (
        <p className="story-alone" data-testid="story-alone">
          <Glyph name="alert" />
          <span>
            {t`This is what was done at this desk. What others did shows when the service answers.`} <bdi>{said(story.alone.message)}</bdi>
          </span>
        </p>
      )}
      {lines.length === 0 ? <p className="story-nothing">{t`Nothing was recorded about this room yet.`}</p> : null}
      <ol className="story-lines" aria-label={t`What happened, the newest first`}>
        {lines.map((line) => (
          <Line key={line.eventId} line={line} now={now} />
        ))}
      </ol>
    </div>
  );
}

/** Whether the room is held back, and the way to hold it back or let it go on. */
function Hold({ roomId, number, onHold, now, onDone }: { roomId: string; number: string; onHold: RoomOnHold | null; now: number; onDone: () => void }): ReactNode {
  const desk = useDesk();
  const [asking, setAsking] = useState(false);
  if (onHold !== null) {
    return (
      <div className="story-hold" data-testid="story-hold">
        <Glyph name="bars" />
        <span>
          <b>{t`On hold: nothing of this room is sent.`}</b> {inAList([iso(onHold.by), dateTime(onHold.since, now)])}: <bdi>{onHold.reason}</bdi>
        </span>
        <Button small testId="let-go" aria-label={buttonName(t`Let it go on`, t`Room ${iso(number)}`)} onPress={() => void letGoOn(desk, roomId, number).then(onDone)}>
          {t`Let it go on`}
        </Button>
      </div>
    );
  }
  return (
    <>
      <Button small className="story-hold-ask" testId="story-put-on-hold" onPress={() => setAsking(true)}>
        <Glyph name="bars" /> {t`Put on hold…`}
      </Button>
      {asking ? (
        <HoldDialog
          roomId={roomId}
          number={number}
          onClose={() => {
            setAsking(false);
            onDone();
          }}
        />
      ) : null}
    </>
  );
}

function glyph(line: StoryLine): GlyphName {
  if (line.attention) return "split";
  if (line.cameToNothing) return "cross";
  return line.waiting ? "drive" : "tick";
}

function Line({ line, now }: { line: StoryLine; now: number }): ReactNode {
  return (
    <li className="story-line" data-testid="story-line" data-event={line.eventId} data-attention={line.attention || undefined} data-waiting={line.waiting || undefined} data-nothing={line.cameToNothing || undefined}>
      <span className="story-mark">
        <Glyph name={glyph(line)} />
      </span>
      <div className="story-what">
        <b dir="auto">{said(line.what)}</b>
        <small>
          <bdi>{said(line.actor)}</bdi> · <bdi>{said(line.desk)}</bdi> · {dateTime(line.doneAt, now)}
          {line.offline ? ` · ${t`offline`}` : ""}
        </small>
      </div>
      <ul className="story-steps">
        {line.steps.map((step, at) => (
          <Step key={at} step={step} now={now} />
        ))}
      </ul>
    </li>
  );
}

function Step({ step, now }: { step: StoryStep; now: number }): ReactNode {
  return (
    <li>
      <span dir="auto">{said(step.what)}</span>
      {step.at === null ? null : <time dateTime={step.at}>{dateTime(step.at, now)}</time>}
    </li>
  );
}
