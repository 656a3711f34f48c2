// Which rooms the front desk looks at, and in which order.

import type { RackRoom, RoomId } from "../../bindings/bindings";
import { compareRooms, fold } from "../../shared/fmt";

export type RackFilter = "all" | "ready" | "waiting" | "arrivals" | "discrepancies";

export const RACK_FILTERS: readonly RackFilter[] = ["all", "ready", "waiting", "arrivals", "discrepancies"];

export function rackMatches(room: RackRoom, filter: RackFilter): boolean {
  switch (filter) {
    case "all":
      return true;
    case "ready":
      return room.safe.safe;
    case "waiting":
      return room.waiting !== null;
    case "arrivals":
      return room.arrival !== null;
    case "discrepancies":
      return room.discrepancy || room.contested;
  }
}

export function rackList(
  order: readonly RoomId[],
  rooms: ReadonlyMap<RoomId, RackRoom>,
  filter: RackFilter,
  query: string,
): readonly RoomId[] {
  const wanted = fold(query);
  if (filter === "all" && wanted === "") return order;
  const found = order.filter((id) => {
    const room = rooms.get(id);
    return room !== undefined && rackMatches(room, filter) && (wanted === "" || fold(room.number).startsWith(wanted));
  });
  if (filter === "waiting") {
    // The queue: a VIP guest first, then whoever waits longest. Each row says both.
    const place = (id: RoomId) => {
      const room = rooms.get(id);
      return `${room?.arrival?.vip === true ? 0 : 1}${room?.waiting?.since ?? ""}`;
    };
    return found.toSorted((a, b) => (place(a) < place(b) ? -1 : place(a) > place(b) ? 1 : 0));
  }
  if (filter !== "arrivals") return found;
  // Who comes first stands first; who said no time stands last.
  const eta = (id: RoomId) => rooms.get(id)?.arrival?.eta ?? "99:99";
  return found.toSorted((a, b) => {
    const x = eta(a);
    const y = eta(b);
    if (x !== y) return x < y ? -1 : 1;
    return compareRooms(rooms.get(a)?.number ?? a, rooms.get(b)?.number ?? b);
  });
}

export function rackCounts(rooms: ReadonlyMap<RoomId, RackRoom>): Record<RackFilter, number> {
  const counts: Record<RackFilter, number> = { all: 0, ready: 0, waiting: 0, arrivals: 0, discrepancies: 0 };
  for (const room of rooms.values()) {
    for (const filter of RACK_FILTERS) if (rackMatches(room, filter)) counts[filter] += 1;
  }
  return counts;
}
