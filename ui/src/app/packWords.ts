// Says the sentences of the downtime pack as this window shows them. The core writes the pack and has no words but English
// ones; the frame says in which voice it wants others, and a window that speaks so says them. Besides that, a window says
// how it speaks when it begins to, and when that changes. Of two windows that speak differently the pack follows the one
// that changed last; the other is silent, or they would take the pack from each other on and on.

import type { Phrase, Voice } from "../bindings/bindings";
import type { Desk } from "../data/desk";
import { Refresher } from "../data/refresher";
import { configure } from "../shared/fmt";
import { speech } from "../shared/language";
import { saidOnPaper } from "../shared/said";

function voiceNow(): Voice {
  const { language, digits, calendar } = speech.getState();
  return { lang: language.code, dir: language.dir, digits, calendar };
}

function isSame(one: Voice | null, other: Voice): boolean {
  return one !== null && one.lang === other.lang && one.dir === other.dir && one.digits === other.digits && one.calendar === other.calendar;
}

export function sayForThePack(desk: Desk): void {
  let told: Voice | null = null;
  // The language may change between two answers; the words of one are of the voice that goes with them.
  const say = async (phrases: readonly Phrase[]): Promise<Phrase[]> => {
    const voice = voiceNow();
    const wanted = await desk.platform.sayForPack(voice, phrases.map((phrase) => ({ phrase, words: saidOnPaper(phrase) })));
    told = voice;
    return wanted;
  };
  const talk = new Refresher(async () => {
    let wanted = await say([]);
    // Which are next is in the answer.
    // oxlint-disable-next-line no-await-in-loop
    while (wanted.length > 0) wanted = await say(wanted);
  });
  const look = () => {
    const hotel = desk.app.getState().state?.hotel ?? null;
    // Until the hotel is known, nobody knows by which clock its times go.
    if (hotel === null) return;
    configure({ timeZone: hotel.timeZone });
    const voice = voiceNow();
    if (!isSame(told, voice) || isSame(desk.app.getState().state?.packWants ?? null, voice)) void talk.request();
  };
  desk.app.subscribe(look);
  speech.subscribe(look);
  look();
}
