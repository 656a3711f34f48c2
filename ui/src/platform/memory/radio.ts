// A few words of the radio line, for tests of the screens and for the demonstration page. What a line really means is the
// core's to say.

import type { Action, RadioEcho } from "../../bindings/bindings";
import type { House } from "./house";

const WORDS: Record<string, { says: string; action: Action }> = {
  dirty: { says: "Set the room to dirty", action: { action: "set_room_status", args: { cleanliness: "dirty" } } },
  clean: { says: "Set the room to clean", action: { action: "set_room_status", args: { cleanliness: "clean" } } },
  dnd: { says: "Set do not disturb", action: { action: "set_flag", args: { flag: "do_not_disturb", on: true } } },
};

export function understood(line: string, house: House): RadioEcho {
  const [numbers = "", word = ""] = line.trim().toLowerCase().split(/\s+/);
  const problem = (code: string, message: string): RadioEcho => ({ rooms: [], problem: { code, message }, completions: Object.keys(WORDS).filter((each) => word !== "" && each.startsWith(word)) });
  const said = WORDS[word];
  if (word === "") return problem("RADIO_NO_WORD", "Say what is the case with the room: for example vc, od, dnd, rush, start or done.");
  if (said === undefined) return problem("RADIO_UNKNOWN_WORD", `"${word}" is not understood. Type for example dirty, clean or dnd.`);
  const [from = "", to = from] = numbers.split("-");
  const rooms = [...house.rooms.values()].filter((room) => Number(room.number) >= Number(from) && Number(room.number) <= Number(to));
  if (rooms.length === 0) return problem("RADIO_NO_SUCH_ROOM", `This house has no room ${numbers}.`);
  return {
    rooms: rooms.map((room) => {
      const vacant = word === "dnd" && room.occupancy === "vacant";
      const refused = { code: "ROOM_VACANT", message: `The front desk has room ${room.number} as vacant, so no guest can ask for that.` };
      return { roomId: room.roomId, number: room.number, actions: vacant ? [] : [said.action], says: vacant ? [] : [said.says], problem: vacant ? refused : null };
    }),
    problem: null,
    completions: [],
  };
}
