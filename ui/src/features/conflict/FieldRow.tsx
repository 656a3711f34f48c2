// One field of a conflict: what was before, what each side has, and what will stand.

import { t } from "@lingui/core/macro";
import { useId, type ReactNode } from "react";
import { TextArea, TextField } from "react-aria-components";
import type { Authorship, ConflictField } from "../../bindings/bindings";
import type { Chosen } from "../../data/deciding";
import { useNow } from "../../data/ticker";
import { dateTime, iso } from "../../shared/fmt";
import { Glyph } from "../../shared/glyphs";
import { said } from "../../shared/said";
import { mine, theirs } from "./choices";
import { inAList } from "../../shared/words";
import { changes, together } from "./words";

/** What the hotel's rules call no value. */
const NOTHING = "—";
const text = (value: string): string => (value === NOTHING ? "" : value);
const shown = (value: string): string => (value === "" ? NOTHING : value);

interface RowProps {
  field: ConflictField;
  name: string;
  chosen: Chosen | null;
  asksAgain: boolean;
  /** Whether a suggestion may stand beside the choices. */
  suggests: boolean;
  onChoose: (chosen: Chosen) => void;
}

export function FieldRow({ field, name, chosen, asksAgain, suggests, onChoose }: RowProps): ReactNode {
  // What there is to hear of the field before a choice, in this order; the headings of the columns are for the eye.
  const suggestion = suggests ? field.suggestion : null;
  const [again, earlier, hint, before] = [`${name}-again`, `${name}-earlier`, `${name}-hint`, `${name}-before`];
  const hasEarlier = asksAgain && field.chosen !== null;
  const about = [asksAgain ? again : "", hasEarlier ? earlier : "", before, suggestion === null ? "" : hint].filter(Boolean).join(" ");
  return (
    <fieldset className="versus" data-field={field.path} data-chosen={chosen?.side ?? "open"}>
      <legend className="hidden-words">{said(field.label)}</legend>
      <div className="versus-name">
        <b aria-hidden>{said(field.label)}</b>
        {asksAgain ? <span id={again} className="versus-again">{t`changed again: look once more`}</span> : null}
        {hasEarlier ? <em id={earlier}>{chosenBefore(field)}</em> : null}
        {suggestion !== null ? (
          <p id={hint} className="versus-hint" data-testid="suggestion">
            <b>{suggestion.side === "mine" ? t`Perhaps mine:` : t`Perhaps theirs:`}</b> <bdi>{said(suggestion.reason)}</bdi>
          </p>
        ) : null}
      </div>
      <div id={before} className="versus-before">
        <small className="versus-word">{t`Before`}</small>{" "}
        <bdi>{said(field.before)}</bdi>
      </div>
      <Option field={field} side={mine} name={name} about={about} chosen={chosen} onChoose={onChoose} by={field.mineBy} />
      <Option field={field} side={theirs} name={name} about={about} chosen={chosen} onChoose={onChoose} by={field.theirsBy} />
      <div className="versus-result" data-testid="result">
        <small className="versus-word">{t`Result`}</small>{" "}
        {chosen === null ? (
          <span className="versus-open">{t`open`}</span>
        ) : (
          <span className="versus-stands">
            <Glyph name="tick" />
            <bdi>{result(field, chosen)}</bdi>
          </span>
        )}
      </div>
      {field.editable ? <Anew field={field} name={name} about={about} chosen={chosen} onChoose={onChoose} /> : null}
    </fieldset>
  );
}

function chosenBefore(field: ConflictField): string {
  switch (field.chosen) {
    case "mine":
      return t`You had kept yours.`;
    case "theirs":
      return t`You had taken theirs.`;
    default:
      return t`You had written it anew.`;
  }
}

export function result(field: ConflictField, chosen: Chosen): string {
  switch (chosen.side) {
    case "mine":
      return said(field.mine);
    case "theirs":
      return said(field.theirs);
    case "edited":
      return shown(chosen.text.trim());
  }
}

interface OptionProps {
  field: ConflictField;
  side: Chosen;
  name: string;
  /** The ids of what there is to know of the field. */
  about: string;
  chosen: Chosen | null;
  onChoose: (chosen: Chosen) => void;
  by: Authorship | null;
}

function Option({ field, side, name, about, chosen, onChoose, by }: OptionProps): ReactNode {
  const now = useNow();
  const isMine = side.side === "mine";
  const value = said(isMine ? field.mine : field.theirs);
  const then = isMine ? field.ifMine : field.ifTheirs;
  const selected = chosen?.side === side.side;
  return (
    <label className="versus-side" data-side={side.side} data-selected={selected || undefined}>
      <span className="versus-choice">
        <input type="radio" name={name} value={side.side} aria-describedby={about} checked={selected} onChange={() => onChoose(side)} data-testid="choice" data-path={field.path} data-side={side.side} />
        {isMine ? t`Keep mine` : t`Take theirs`}
        {selected ? <Glyph name="tick" /> : null}
      </span>
      {field.editable ? <Words before={text(said(field.before))} after={text(value)} /> : <bdi className="versus-value">{value}</bdi>}
      {by === null ? null : (
        <small>
          {inAList([iso(said(by.actor)), iso(said(by.desk)), dateTime(by.doneAt, now)])}
          {by.receivedAt === null ? "" : ` · ${t`at the service ${dateTime(by.receivedAt, now)}`}`}
        </small>
      )}
      {then === null ? null : <span className="versus-then" dir="auto">{said(then)}</span>}
    </label>
  );
}

/** A text with what was added and taken away; the marks are spoken as well. */
function Words({ before, after }: { before: string; after: string }): ReactNode {
  const pieces = changes(before, after);
  return (
    <bdi className="versus-value versus-words">
      {pieces.length === 0 ? NOTHING : null}
      {pieces.map((piece, at) => {
        if (piece.kind === "same") return <span key={at}>{piece.text}</span>;
        const Mark = piece.kind === "added" ? "ins" : "del";
        return (
          <Mark key={at}>
            <span className="hidden-words"> {piece.kind === "added" ? t`added:` : t`removed:`} </span>
            {piece.text}
          </Mark>
        );
      })}
    </bdi>
  );
}

/** The third way for a text: written anew, beginning with both sides put together. */
function Anew({ field, name, about, chosen, onChoose }: Omit<OptionProps, "side" | "by">): ReactNode {
  const hint = useId();
  const selected = chosen?.side === "edited";
  const begin = () => onChoose({ side: "edited", text: field.edited ?? together(text(said(field.before)), text(said(field.mine)), text(said(field.theirs))) });
  return (
    <div className="versus-anew" data-selected={selected || undefined}>
      <label className="versus-choice">
        <input type="radio" name={name} value="edited" aria-describedby={about} checked={selected} onChange={begin} data-testid="choice" data-path={field.path} data-side="edited" />
        {t`Write it anew`}
        {selected ? <Glyph name="tick" /> : null}
      </label>
      {selected ? (
        <>
          <TextField className="field" aria-label={t`${said(field.label)}, written anew`} aria-describedby={hint} value={chosen.text} onChange={(written) => onChoose({ side: "edited", text: written })} maxLength={1000}>
            <TextArea className="input" rows={3} dir="auto" data-testid="written-anew" />
          </TextField>
          <small id={hint}>{t`It begins with both texts. Where both wrote at the same place they stand side by side: keep what is right.`}</small>
        </>
      ) : null}
    </div>
  );
}
