// What the core says, in the person's language. The core's sentences are in the catalogues like the screens' own; one
// that these screens do not know yet, of a newer service perhaps, is said in English.

import { i18n } from "@lingui/core";
import type { Arg, CommandError, Phrase } from "../bindings/bindings";
import { PHRASES } from "../bindings/phrases";
import { clock, count, dateTime, dateTimeInFull, fromTheRight, iso, serviceDay } from "./fmt";

/** Somebody's own words, in no language of ours. */
const VERBATIM = "{words}";

/** A letter of a language from the right that nobody sees. */
const RIGHT = "\u200f";

/** A sentence of the core in words; none is nothing. What is put into it is isolated, so that it cannot reorder what stands around it. */
export function said(phrase: Phrase | null): string {
  return phrase === null ? "" : saidAt(phrase, dateTime);
}

/** The same on paper, which is read on another day: no moment goes without its date. */
export function saidOnPaper(phrase: Phrase): string {
  return saidAt(phrase, dateTimeInFull);
}

type Moment = (stamp: string) => string;

function saidAt(phrase: Phrase, moment: Moment): string {
  const { template, args } = phrase;
  if (phrase.said !== null && i18n.locale === "en") return phrase.said;
  const own = verbatim(phrase);
  if (own !== null) return own;
  const values = Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, put(arg, template.includes(`{${name}, plural`), moment)]));
  const known = PHRASES[template];
  return known === undefined ? inEnglish(template, values) : fromItsSide(i18n._(known.id, values));
}

/** A sentence takes its direction from its first letter. Where that is one of a name, the language's own goes before. */
function fromItsSide(sentence: string): string {
  return fromTheRight() && /^[^\p{L}]*\u2068/u.test(sentence) ? `${RIGHT}${sentence}` : sentence;
}

/** What went wrong and what to do next, in one breath. */
export function inFull({ message, nextStep }: Pick<CommandError, "message" | "nextStep">): string {
  return `${said(message)} ${said(nextStep)}`.trim();
}

/** Words that the screens say where the core would have said them. */
export function ownWords(words: string): Phrase {
  return { template: VERBATIM, args: { words: { text: words } }, said: null };
}

function verbatim({ template, args }: Phrase): string | null {
  const { words } = args;
  return template === VERBATIM && words !== undefined && "text" in words ? words.text : null;
}

function put(arg: Arg, chooses: boolean, moment: Moment): string | number {
  if ("text" in arg) return iso(arg.text);
  if ("number" in arg) return chooses ? arg.number : count(arg.number);
  if ("time" in arg) return apart(moment(arg.time));
  if ("day" in arg) return serviceDay(arg.day);
  if ("clock" in arg) return apart(clock(arg.clock));
  const own = verbatim(arg.phrase);
  if (own !== null) return iso(own);
  // What is said in English stands among words of another language as a name does.
  return PHRASES[arg.phrase.template] === undefined ? iso(saidAt(arg.phrase, moment)) : saidAt(arg.phrase, moment);
}

/** Digits run from the left, so among words from the right they are kept from what stands around them. */
function apart(text: string): string {
  return fromTheRight() ? iso(text) : text;
}

/** Lingui reads no message while the app runs, and so what it does not have is put together here. */
function inEnglish(template: string, values: Record<string, string | number>): string {
  const text = template.replace(/\{(\w+), plural, one \{((?:[^{}]|\{\w+\})*)\} other \{((?:[^{}]|\{\w+\})*)\}\}/g, (_, name: string, one: string, other: string) =>
    (values[name] === 1 ? one : other).replaceAll("#", count(Number(values[name] ?? 0))),
  );
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}
