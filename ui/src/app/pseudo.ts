// Two languages that nobody speaks, for tests and the demonstration page: one with accents, longer by two fifths and in
// brackets, so that a text that was never translated or that does not fit shows; and one from right to left. They are
// made from English when they are asked for, and are never in the bundle that ships.

import type { Messages } from "@lingui/core";
import { messages as english } from "../locales/en/messages";
import { ENGLISH, type Language } from "../shared/locales";

type Message = Messages[string];

const ACCENTED: Record<string, string> = { a: "á", b: "ƀ", c: "ç", d: "ð", e: "é", f: "ƒ", g: "ĝ", h: "ĥ", i: "î", j: "ĵ", k: "ķ", l: "ļ", m: "ɱ", n: "ñ", o: "ö", p: "þ", r: "ŕ", s: "š", t: "ţ", u: "û", w: "ŵ", y: "ý", z: "ž" };
const LONGER_BY = 0.4;

const PLURAL = ["plural", "selectordinal", "select"];

/** Changes the words of a message, and leaves alone what is put into it. */
function inWords(message: Message, change: (words: string) => string): Message {
  if (typeof message === "string") return change(message);
  return message.map((token) => {
    if (typeof token === "string") return token === "#" ? token : change(token);
    const [name, type, forms] = token;
    if (type === undefined || !PLURAL.includes(type) || typeof forms !== "object" || forms === null) return token;
    return [name, type, Object.fromEntries(Object.entries(forms).map(([form, words]) => [form, typeof words === "number" ? words : inWords(words as Message, change)]))] as typeof token;
  });
}

function lengthOf(message: Message): number {
  if (typeof message === "string") return message.length;
  let length = 0;
  inWords(message, (words) => {
    length += words.length;
    return words;
  });
  return length;
}

function around(before: string, message: Message, after: string): Message {
  return typeof message === "string" ? before + message + after : [before, ...message, after];
}

function accented(message: Message): Message {
  const longer = "~".repeat(Math.ceil(lengthOf(message) * LONGER_BY));
  return around("[", inWords(message, (words) => words.replace(/[a-z]/g, (letter) => ACCENTED[letter] ?? letter)), `${longer}]`);
}

/** Right-to-left override and its end around each run of words, so that what is put in keeps its own direction. */
function fromTheRight(message: Message): Message {
  return inWords(message, (words) => words.replace(/\S(?:.*\S)?/gs, "\u202e$&\u202c"));
}

function made(change: (message: Message) => Message): Language["load"] {
  return async () => ({ messages: Object.fromEntries(Object.entries(english).map(([id, message]) => [id, change(message)])) });
}

export const PSEUDO: readonly Language[] = [
  { ...ENGLISH, code: "en-XA", name: "[Åççéñţš]", load: made(accented) },
  { ...ENGLISH, code: "ar-XB", name: "\u202eRight to left\u202c", dir: "rtl", script: "arabic", load: made(fromTheRight) },
];
