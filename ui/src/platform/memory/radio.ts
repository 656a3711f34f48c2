// A few words of the radio line, for tests of the screens and for the demonstration page. What a line really means is the
// core's to say.

import type { Action, Phrase, RadioEcho } from "../../bindings/bindings";
import type { House } from "./house";
import { phrase } from "./phrase";

const WORDS: Record<string, { says: Phrase; action: Action }> = {
  dirty: { says: phrase("Set the room to {status}", { status: phrase("dirty") }), action: { action: "set_room_status", args: { cleanliness: "dirty" } } },
  clean: { says: phrase("Set the room to {status}", { status: phrase("clean") }), action: { action: "set_room_status", args: { cleanliness: "clean" } } },
  dnd: { says: phrase("Set {flag}", { flag: phrase("do not disturb") }), action: { action: "set_flag", args: { flag: "do_not_disturb", on: true } } },
};

export function understood(line: string, house: House): RadioEcho {
  const [numbers = "", word = ""] = line.trim().toLowerCase().split(/\s+/);
  const problem = (code: string, message: Phrase): RadioEcho => ({ rooms: [], problem: { code, message }, completions: Object.keys(WORDS).filter((each) => word !== "" && each.startsWith(word)) });
  const said = WORDS[word];
  if (word === "") return problem("RADIO_NO_WORD", phrase("Say what is the case with the room: for example vc, od, dnd, rush, start or done."));
  if (said === undefined) return problem("RADIO_UNKNOWN_WORD", phrase('"{token}" is not understood. {hint}', { token: word, hint: phrase("Type for example vc, od, dnd, rush, start, done, pass or fail.") }));
  const [from = "", to = from] = numbers.split("-");
  const rooms = [...house.rooms.values()].filter((room) => Number(room.number) >= Number(from) && Number(room.number) <= Number(to));
  if (rooms.length === 0) return problem("RADIO_NO_SUCH_ROOM", phrase("This house has no room {number}.", { number: numbers }));
  return {
    rooms: rooms.map((room) => {
      const vacant = word === "dnd" && room.occupancy === "vacant";
      const refused = { code: "ROOM_VACANT", message: phrase("The front desk has room {number} as vacant, so no guest can ask for that.", { number: room.number }) };
      return { roomId: room.roomId, number: room.number, actions: vacant ? [] : [said.action], says: vacant ? [] : [said.says], problem: vacant ? refused : null };
    }),
    problem: null,
    completions: [],
  };
}
