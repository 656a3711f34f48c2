// What the pages say for a downtime pack, as the core keeps it: the sentences that it wants, and their words in one voice.

import type { Phrase, SaidPhrase, Voice } from "../../bindings/bindings";

/** So many sentences cross at once. */
const AT_ONCE = 4;

export interface SaidPack {
  voice: Voice | null;
  /** In the order in which they were asked for; null where nobody has said one. */
  words: readonly (string | null)[];
}

const key = (of: Phrase | Voice | null): string => JSON.stringify(of);

export function madeUpPack(): { ask: (next: readonly Phrase[]) => void; hear: (now: Voice, said: readonly SaidPhrase[]) => Phrase[]; wants: () => Voice | null; said: () => SaidPack } {
  let voice: Voice | null = null;
  let phrases: readonly Phrase[] = [];
  const words = new Map<string, string>();
  const wanted = () => phrases.filter((phrase) => !words.has(key(phrase)));
  return {
    ask: (next) => {
      phrases = next;
    },
    wants: () => (wanted().length > 0 ? voice : null),
    hear: (now, said) => {
      if (key(now) !== key(voice)) words.clear();
      voice = now;
      const before = wanted();
      for (const each of said) if (before.some((phrase) => key(phrase) === key(each.phrase))) words.set(key(each.phrase), each.words);
      return wanted().slice(0, AT_ONCE);
    },
    said: () => ({ voice, words: phrases.map((phrase) => words.get(key(phrase)) ?? null) }),
  };
}
