// The radio line: what comes over the radio is typed here, in the trade's shorthand. It says what it understood before
// anything is recorded, and what is recorded together is undone together.

import { plural, t } from "@lingui/core/macro";
import { Radio } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import type { RadioEcho, RadioRoom } from "../../bindings/bindings";
import { performMany, report, undo, type NotDone, type Part } from "../../data/actions";
import { useDesk } from "../../data/useDesk";
import { asCommandError } from "../../platform/platform";
import { announce } from "../../shared/announcer";
import { RoomNumber } from "../../shared/controls";
import { mayDo, mayNotWords, mayRecord } from "../../shared/duties";
import { count } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { ownWords, said } from "../../shared/said";
import { shortcutOf, usePressed } from "../../shared/shortcuts";
import { inAList } from "../../shared/words";
import "./radio.css";

/** Rooms that a line of the echo names; of more it says how many. */
const ROOMS_SHOWN = 8;
/** Lines that the arrow keys bring back. */
const KEPT = 30;

/** Whoever can record nothing has no use for it. */
export function RadioLine(): ReactNode {
  return mayRecord() ? <Line /> : null;
}

function Line(): ReactNode {
  const desk = useDesk();
  const [line, setLine] = useState("");
  const [echo, setEcho] = useState<RadioEcho | null>(null);
  // The line that the echo answers: an answer to an older one is not recorded by.
  const [answered, setAnswered] = useState("");
  const asked = useRef(0);
  const kept = useRef<{ lines: string[]; at: number }>({ lines: [], at: 0 });
  const input = useRef<HTMLInputElement>(null);
  const echoId = useId();
  const pressed = usePressed();

  const ask = async (text: string): Promise<RadioEcho | null> => {
    asked.current += 1;
    const mine = asked.current;
    try {
      const answer = withinTheRole(await desk.platform.radio(text));
      if (mine !== asked.current) return null;
      setEcho(answer);
      setAnswered(text);
      return answer;
    } catch (thrown) {
      if (mine === asked.current) report(asCommandError(thrown));
      return null;
    }
  };

  const write = (text: string) => {
    setLine(text);
    if (text.trim() === "") {
      asked.current += 1;
      setEcho(null);
    } else void ask(text);
  };

  // What is understood is said once the fingers rest, not at every letter.
  const summary = echo === null ? "" : summaryOf(echo);
  useEffect(() => {
    if (summary === "" || document.activeElement !== input.current) return undefined;
    const rest = setTimeout(() => announce(summary, { key: "radio" }), 700);
    return () => clearTimeout(rest);
  }, [summary]);

  const record = async () => {
    const text = line.trim();
    if (text === "") return;
    const known = answered === line && echo !== null ? echo : await ask(line);
    if (known === null) return;
    if (known.problem !== null) {
      announce(said(known.problem.message), { urgency: "assertive" });
      return;
    }
    const parts = known.rooms.flatMap((room): Part[] => room.actions.map((action) => ({ roomId: room.roomId, number: room.number, action })));
    const notDone = known.rooms.flatMap((room): NotDone[] => (room.problem === null ? [] : [{ number: room.number, why: said(room.problem.message), code: room.problem.code }]));
    if (parts.length === 0 && notDone.length === 0) {
      announce(t`It is like that already. Nothing was recorded.`);
      setLine("");
      setEcho(null);
      return;
    }
    kept.current.lines = [...kept.current.lines.filter((each) => each !== text), text].slice(-KEPT);
    kept.current.at = kept.current.lines.length;
    // What could not be recorded at all stays to be mended.
    if (parts.length > 0) {
      setLine("");
      setEcho(null);
    }
    await performMany(desk, parts, { done: text, notDone });
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (shortcutOf(event, "everywhere") === "undo" && line === "") {
      // Nothing typed to take back: the last line that was recorded is.
      event.preventDefault();
      void undo(desk);
    } else if (event.key === "Enter") {
      event.preventDefault();
      void record();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (line !== "") write("");
      else document.querySelector("main")?.focus();
    } else if (event.key === "Tab" && !event.shiftKey && echo !== null && echo.completions[0] !== undefined && !isWhole(line, echo.completions[0])) {
      event.preventDefault();
      write(completed(line, echo.completions[0]));
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const { lines, at } = kept.current;
      const to = Math.max(0, Math.min(lines.length, at + (event.key === "ArrowUp" ? -1 : 1)));
      if (to === at) return;
      event.preventDefault();
      kept.current.at = to;
      write(lines[to] ?? "");
    }
  };

  return (
    <section className="radio-line" data-region="" aria-label={t`Radio`} data-testid="radio">
      {echo === null || line.trim() === "" ? null : <Echo echo={echo} line={line} id={echoId} onChoose={(text) => { write(text); input.current?.focus(); }} />}
      <label className="radio-label" htmlFor={`${echoId}-line`}>
        <Radio size={16} aria-hidden />
        {t`Radio`}
      </label>
      <input
        ref={input}
        id={`${echoId}-line`}
        className="radio-input"
        dir="ltr"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck="false"
        maxLength={500}
        value={line}
        placeholder="412 vc · 501-510 od · rush 618 · 418 start a7"
        aria-describedby={echo === null ? undefined : echoId}
        data-testid="radio-input"
        data-radio=""
        onChange={(event) => write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <kbd className="radio-key">{pressed("radio").join(" ")}</kbd>
    </section>
  );
}

/** What the role does not include is not recorded, nor what follows it for the same room: that may stand on it. */
export function withinTheRole(echo: RadioEcho): RadioEcho {
  const rooms = echo.rooms.map((room): RadioRoom => {
    const end = room.actions.findIndex((action) => !mayDo(action));
    if (end < 0) return room;
    return { ...room, actions: room.actions.slice(0, end), says: room.says.slice(0, end), problem: { code: "ROLE_MAY_NOT", message: ownWords(mayNotWords()) } };
  });
  return { ...echo, rooms };
}

/** Rooms of which the same is said stand in one line. */
function alike(rooms: readonly RadioRoom[]): RadioRoom[][] {
  const groups = new Map<string, RadioRoom[]>();
  for (const room of rooms) {
    const key = JSON.stringify([room.says, room.problem?.code ?? ""]);
    groups.set(key, [...(groups.get(key) ?? []), room]);
  }
  return [...groups.values()];
}

function Echo({ echo, line, id, onChoose }: { echo: RadioEcho; line: string; id: string; onChoose: (text: string) => void }): ReactNode {
  const words = echo.completions.filter((each) => !isWhole(line, each));
  // A word that is still being typed is not wrong yet.
  const begun = words.length > 0 && (echo.problem?.code === "RADIO_UNKNOWN_WORD" || echo.problem?.code === "RADIO_NO_WORD");
  return (
    <div className="radio-echo" id={id} data-testid="radio-echo" data-code={echo.problem?.code}>
      {echo.problem === null || begun ? null : (
        <p className="radio-problem">
          <Glyph name="alert" /> {said(echo.problem.message)}
        </p>
      )}
      {echo.rooms.length === 0 ? null : (
        <ul className="radio-rooms">
          {alike(echo.rooms).map((rooms) => (
            <Alike key={rooms[0]?.roomId} rooms={rooms} />
          ))}
        </ul>
      )}
      {words.length === 0 ? null : <Completions words={words} line={line} onChoose={onChoose} />}
      {echo.rooms.some((room) => room.actions.length > 0) ? (
        <p className="radio-enter">
          <kbd>Enter</kbd> {t`records it`}
        </p>
      ) : null}
    </div>
  );
}

function Alike({ rooms }: { rooms: readonly RadioRoom[] }): ReactNode {
  const [first] = rooms;
  if (first === undefined) return null;
  const more = rooms.length - ROOMS_SHOWN;
  return (
    <li data-testid="radio-room" data-rooms={rooms.map((room) => room.number).join(" ")} data-code={first.problem?.code}>
      <span className="radio-numbers">
        {rooms.slice(0, ROOMS_SHOWN).map((room) => (
          <RoomNumber key={room.roomId} number={room.number} />
        ))}
        {more > 0 ? <small>{plural(more, { one: "and # more", other: "and # more" })}</small> : null}
      </span>
      <span>
        {first.says.length === 0 && first.problem === null ? t`It is like that already` : first.says.map(said).join(" · ")}
        {first.problem === null ? null : (
          <span className="radio-problem">
            <Glyph name="alert" /> {said(first.problem.message)}
          </span>
        )}
      </span>
    </li>
  );
}

function Completions({ words, line, onChoose }: { words: string[]; line: string; onChoose: (text: string) => void }): ReactNode {
  return (
    <div className="radio-words">
      {words.map((word, at) => (
        <button key={word} type="button" tabIndex={-1} className="radio-word" data-testid="radio-word" onClick={() => onChoose(completed(line, word))}>
          <bdi>{word}</bdi>
          {at === 0 ? <kbd>Tab</kbd> : null}
        </button>
      ))}
    </div>
  );
}

/** The last word of a line as it would go on. */
export function completed(line: string, word: string): string {
  return `${line.replace(/[^\s;؛]*$/u, "")}${word} `;
}

/** Whether the last word stands there in full already. */
function isWhole(line: string, word: string): boolean {
  return (/[^\s;؛]*$/u.exec(line)?.[0] ?? "").toLowerCase() === word.toLowerCase();
}

/** What a line would record, in one sentence. */
export function summaryOf(echo: RadioEcho): string {
  if (echo.problem !== null) return said(echo.problem.message);
  const problems = echo.rooms.filter((room) => room.problem !== null).length;
  const goes = echo.rooms.find((room) => room.problem === null || room.says.length > 0);
  // Nothing is recorded: why not is all there is to say.
  if (goes === undefined) return said(echo.rooms[0]?.problem?.message ?? null);
  const meant = goes.says.length === 0 ? t`It is like that already` : inAList(goes.says.map(said));
  const rooms = echo.rooms.length === 1 ? meant : `${plural(echo.rooms.length, { one: "# room", other: "# rooms" })}: ${meant}`;
  return [rooms, problems > 0 ? t`${count(problems)} not possible` : ""].filter(Boolean).join(". ");
}
