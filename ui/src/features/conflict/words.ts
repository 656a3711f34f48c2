// Two texts over one that was before, word by word: what each side added and took away, and both sides put together.

import { diff3Merge, diffComm } from "node-diff3";

// The library's own types say less than what it gives.
type Stretch = { common: string[] } | { buffer1: string[]; buffer2: string[] };
type Merged = { ok: string[]; conflict?: undefined } | { ok?: undefined; conflict: { a: string[]; b: string[] } };

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Words, and what stands between them, so that what is put together again is what was written. */
function split(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{M}\p{N}]+|[^\s\p{L}\p{M}\p{N}]/gu) ?? [];
}

/** What became of a text, word by word. */
export function changes(before: string, after: string): Piece[] {
  const pieces: Piece[] = [];
  const add = (kind: Piece["kind"], words: readonly string[]) => {
    if (words.length > 0) pieces.push({ kind, text: words.join("") });
  };
  for (const part of diffComm(split(before), split(after)) as unknown as Stretch[]) {
    if ("common" in part) add("same", part.common);
    else {
      add("removed", part.buffer1);
      add("added", part.buffer2);
    }
  }
  return pieces;
}

/** Both sides in one text. Where both wrote at the same place both stand there, for a person to choose from. */
export function together(before: string, mine: string, theirs: string): string {
  const parts = diff3Merge(split(mine), split(before), split(theirs), { excludeFalseConflicts: true }) as Merged[];
  const said = (part: Merged): string => {
    if (part.conflict === undefined) return part.ok.join("");
    const both = [part.conflict.a, part.conflict.b].map((words) => words.join("").trim()).filter(Boolean);
    return ` ${both.join(" / ")} `;
  };
  return parts
    .map(said)
    .join("")
    .replaceAll(/\s{2,}/gu, " ")
    .trim();
}
