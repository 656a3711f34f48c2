// Which language the screens speak, and the change from one to another: the catalogue is read first, then everything
// changes at once. What cannot be read changes nothing.

import { i18n, type MessageDescriptor, type MessageOptions, type Messages } from "@lingui/core";
import { t } from "@lingui/core/macro";
import { createStore } from "zustand/vanilla";
import { messages as english } from "../locales/en/messages";
import { announce } from "./announcer";
import { configure, count, iso } from "./fmt";
import { bestLanguage, ENGLISH, LANGUAGES, type Calendar, type Digits, type Language } from "./locales";
import { prefs, setPref } from "./prefs";
import { showToast } from "./toasts";

export interface Speech {
  language: Language;
  digits: Digits;
  calendar: Calendar;
}

/** How much higher Arabic script wants a row. */
const TALL = 1.15;

/** How the screens speak now. Views are made anew when it changes: words and numbers are text in them. */
export const speech = createStore<Speech>(() => ({ language: ENGLISH, digits: ENGLISH.digits, calendar: ENGLISH.calendar }));

type Message = Messages[string];
type Tokens = Exclude<Message, string>;
type Values = Record<string, unknown>;

/** Lingui has the engine write the number that `#` stands for, and engines differ. Here it becomes a value of its own,
 * which `fmt` writes. */
function withOwnCounts(tokens: Tokens): Tokens {
  return tokens.map((token) => {
    if (typeof token === "string") return token;
    const [name, type, forms] = token;
    if (type !== "plural" || typeof forms !== "object" || forms === null) return token;
    const written = Object.entries(forms).map(([form, words]): [string, unknown] => [
      form,
      Array.isArray(words) ? withOwnCounts((words as Tokens).map((word) => (word === "#" ? [`#${name}`] : word))) : words,
    ]);
    return [name, type, Object.fromEntries(written)] as Tokens[number];
  });
}

function counted(values: Values | undefined): Values | undefined {
  if (values === undefined) return undefined;
  const numbers = Object.entries(values).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  if (numbers.length === 0) return values;
  return { ...values, ...Object.fromEntries(numbers.map(([name, value]) => [`#${name}`, count(value)])) };
}

const say = i18n._.bind(i18n);
i18n._ = (id: string | MessageDescriptor, values?: Values, options?: MessageOptions) => {
  if (typeof id === "string") return say(id, counted(values), options);
  const written = counted(id.values);
  return say(written === id.values ? id : { ...id, values: written });
};

/** Gives Lingui a catalogue. */
export function learn(code: string, messages: Messages): void {
  i18n.load(code, Object.fromEntries(Object.entries(messages).map(([id, message]) => [id, Array.isArray(message) ? withOwnCounts(message) : message])));
}

/** The languages that can be chosen on this page. */
let offered: readonly Language[] = LANGUAGES;

export function offeredLanguages(): readonly Language[] {
  return offered;
}

function wanted(): Language {
  const { language } = prefs.getState();
  const own = offered.find((each) => each.code === language);
  return own ?? bestLanguage(navigator.languages, offered);
}

function speak(language: Language): void {
  const chosen = prefs.getState();
  const digits = chosen.digits === "own" ? language.digits : chosen.digits;
  const calendar = chosen.calendar === "own" ? language.calendar : chosen.calendar;
  configure({ language, digits, calendar });
  if (i18n.locale !== language.code) i18n.activate(language.code, [...language.plurals]);
  const page = document.documentElement;
  page.lang = language.code;
  page.dir = language.dir;
  const now = speech.getState();
  if (now.language !== language || now.digits !== digits || now.calendar !== calendar) speech.setState({ language, digits, calendar });
}

const known = new Set<string>();
let asked = 0;

/** Reads what the language needs and goes over to it. Of two that are asked for one after the other the later counts. */
async function goOver(language: Language): Promise<void> {
  asked += 1;
  const mine = asked;
  try {
    if (!known.has(language.code)) {
      const { messages } = await language.load();
      learn(language.code, messages);
      known.add(language.code);
      await document.fonts?.load('1rem "Vazirmatn Variable", "Noto Sans Hebrew Variable"', language.name).catch(() => []);
    }
    if (mine === asked) speak(language);
  } catch {
    if (mine !== asked) return;
    // The choice goes back with it, so that what is chosen is what is spoken.
    const { language: stays } = speech.getState();
    setPref({ language: stays.code });
    const text = t`The words of ${iso(language.name)} cannot be read. The screens stay in ${iso(stays.name)}.`;
    showToast({ tone: "trouble", text, nextStep: t`Start Turndown again and choose it once more. If it stays, install Turndown anew.`, code: "LANGUAGE_UNREADABLE" });
    announce(text, { urgency: "assertive", atTheDoor: true });
  }
}

/** How high a row of the windowed lists is now, in pixels, that is so high with small Latin letters. */
export function rowHeight(pixels: number): number {
  const tall = speech.getState().language.script === "arabic" ? TALL : 1;
  return (pixels * tall * prefs.getState().textSize) / 100;
}

/** Speaks the language of this person's choice, now and whenever the choice changes. */
export async function startSpeaking(languages: readonly Language[] = LANGUAGES): Promise<void> {
  offered = languages;
  learn(ENGLISH.code, english);
  known.add(ENGLISH.code);
  speak(ENGLISH);
  prefs.subscribe((now, before) => {
    if (now.language !== before.language) void goOver(wanted());
    else if (now.digits !== before.digits || now.calendar !== before.calendar) speak(speech.getState().language);
  });
  await goOver(wanted());
}
