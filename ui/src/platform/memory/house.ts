// A made-up hotel day from a seed, for tests of the screens and for the demonstration page. It is never part of what
// ships, and it decides nothing about the real rules: those are the core's.

import type { Person, RackRoom, Rung, Standing, Stay, TaskKind, Tile } from "../../bindings/bindings";
import { doorNumber, ownSection, sectionOf, type Plan } from "./plan";

/** A small seeded generator (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const FIRST = "Maria Ana Teresa Luisa Rosa Carla Beatriz Joana Rita Sofia Inês Catarina Paulo João Rui Tiago Amina Fatou Olena Irina Nadia Divya Thanh Mei".split(" ");
const LAST = "Santos Ferreira Costa Oliveira Marques Almeida Ribeiro Carvalho Teixeira Moreira Diallo Kovalenko Petrova Sharma Nguyen Chen".split(" ");

export function makeStaff(seed: number, plan: Plan): Person[] {
  const next = random(seed);
  const one = (list: readonly string[]) => list[Math.floor(next() * list.length)];
  const people: Person[] = [];
  const taken = new Set<string>(plan.names);
  const given = [...plan.names];
  for (let n = 0; n < plan.roles.length + plan.attendants; n += 1) {
    const role = plan.roles[n] ?? "attendant";
    let name = role === "attendant" ? (given.shift() ?? "") : "";
    while (name === "") {
      name = `${one(FIRST)} ${one(LAST)}`;
      // So many people need a second family name to be told apart.
      if (n > 100) name += ` ${one(LAST)}`;
      if (taken.has(name)) name = "";
    }
    taken.add(name);
    people.push({
      id: `s${n + 1}`,
      name,
      initials: name.split(" ").slice(0, 2).map((part) => part[0]).join(""),
      role,
      section: role === "attendant" ? ownSection(plan, n - plan.roles.length) : null,
    });
  }
  return people;
}

export interface House {
  staff: Person[];
  tiles: Map<string, Tile>;
  rooms: Map<string, RackRoom>;
}

function at(now: number, minutesAgo: number): string {
  return new Date(now - minutesAgo * 60_000).toISOString();
}

export function makeHouse(seed: number, now: number, plan: Plan): House {
  const next = random(seed + 1);
  const pick = <T,>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const staff = makeStaff(seed, plan);
  const attendants = staff.filter((person) => person.role === "attendant");
  const tiles = new Map<string, Tile>();
  const rooms = new Map<string, RackRoom>();

  for (let floor = 1; floor <= plan.floors; floor += 1) {
    for (let door = 1; door <= plan.perFloor && rooms.size < plan.rooms; door += 1) {
      const number = doorNumber(plan, floor, door);
      const section = sectionOf(plan, floor, door);
      const roll = next();
      const stay: Stay = roll < 0.34 ? "stayover" : roll < 0.48 ? "due_out" : roll < 0.64 ? "turnover" : roll < 0.76 ? "departed" : roll < 0.87 ? "arrival" : "not_reserved";
      const left = stay === "departed" || (stay === "turnover" && next() < 0.6);
      const occupied = stay === "stayover" || stay === "due_out" || (stay === "turnover" && !left);
      const vip = next() < 0.08;
      const arrives = stay === "turnover" || stay === "arrival";
      const progress = next();
      const kind: TaskKind = stay === "stayover" ? "stayover" : stay === "turnover" ? "turnover" : stay === "arrival" ? (next() < 0.5 ? "pickup" : "check") : stay === "not_reserved" ? "deep_clean" : "departure";
      const worked = stay === "not_reserved" && next() < 0.8 ? null : kind;
      const status = worked === null ? "inspected" : occupied && stay !== "stayover" ? "ready" : progress < 0.46 ? "ready" : progress < 0.6 ? "in_progress" : progress < 0.64 ? "paused" : progress < 0.82 ? "completed" : "inspected";
      const attendant = next() < 0.12 ? null : pick(attendants.filter((person) => person.section === section).concat(pick(attendants)));
      const dnd = occupied && next() < 0.12;
      const ooo = !occupied && next() < 0.025;
      const cleanliness = status === "inspected" ? "inspected" : status === "completed" ? "clean" : kind === "pickup" ? "pickup" : "dirty";
      const occupancy = occupied ? "occupied" : "vacant";
      const rush = arrives && next() < 0.12 && status === "ready" && !occupied;
      const guest = occupied
        ? { booking_id: `b${number}`, persons: 1 + Math.floor(next() * 3), vip: vip && !arrives, departs_on: stay === "stayover" ? "2016-03-29" : "2016-03-27", ...(stay === "stayover" ? {} : { departs_at: pick(["11:00", "12:00", "13:30"]) }) }
        : null;
      const arrival = arrives
        ? { booking_id: `a${number}`, persons: 1 + Math.floor(next() * 4), vip, nights: 1 + Math.floor(next() * 5), eta: pick(["12:30", "13:00", "14:00", "14:30", "15:00", "16:30", "18:00", "20:00"]) }
        : null;
      const hk = next() < 0.03 ? (occupied ? "vacant" : "occupied") : next() < 0.4 ? occupancy : null;
      const discrepancy = hk !== null && hk !== occupancy;
      const note = next() < 0.04 ? pick(["Cot for the baby", "Pet in room", "Guest asked for feather-free pillows", "Tap drips, engineering told"]) : null;
      const priority = rush ? "urgent" : vip ? "high" : "normal";
      const type = pick(["DBL", "DBL", "TWN", "SUP", "FAM"]);
      const credits = kind === "departure" || kind === "turnover" ? 3 : kind === "deep_clean" ? 6 : kind === "stayover" ? 2 : 1;
      const sellability = ooo
        ? { kind: "out_of_order" as const, deducts_inventory: true, assignable: false, reason: "Shower leaks" }
        : { kind: "in_service" as const, deducts_inventory: false, assignable: true };
      const started = status === "in_progress" || status === "paused" || status === "completed" ? at(now, 5 + Math.floor(next() * 55)) : null;
      const base = { roomId: number, number, floor: String(floor), section, roomType: type, cleanliness, occupancy, stay, guest, arrival, sellability, flags: dnd ? (["do_not_disturb"] as const).slice() : [] } as const;
      if (worked !== null) {
        const tile: Tile = {
          ...base, flags: [...base.flags],
          taskId: `t-${number}`, kind, status, column: "dirty", assignee: attendant?.id ?? null, credits, priority, rush,
          startedAt: started, completedAt: status === "completed" ? at(now, 4) : null,
          rework: next() < 0.02 ? 1 : 0, reworkReason: null, note, dndSince: dnd ? at(now, 30 + Math.floor(next() * 240)) : null,
          cannotWork: ooo ? "outOfOrder" : dnd ? "doNotDisturb" : null, localState: "server", contested: false, onHold: false,
          waiting: null, standing: { rank: 0, rung: "vacant" }, ifTypeWaited: null, ifSoon: null,
        };
        if (tile.rework > 0) tile.reworkReason = "Hair in the bath";
        tiles.set(tile.taskId, place(tile));
        if (stay === "stayover" && next() < 0.55) {
          const linen: Tile = { ...tile, taskId: `l-${number}`, kind: "linen", credits: 1, note: null, rework: 0, reworkReason: null };
          tiles.set(linen.taskId, place(linen));
        }
      }
      rooms.set(number, {
        ...base, flags: [...base.flags], hkOccupancy: hk, discrepancy, note, claim: null, waiting: null,
        task: worked === null ? null : { taskId: `t-${number}`, kind, status, assignee: attendant?.name ?? null, priority, rush, startedAt: started },
        safe: { safe: false, reasons: [] }, localState: "server", contested: false,
      });
    }
  }
  for (const id of rooms.keys()) judge(rooms, id);
  return { staff, tiles, rooms };
}

/** A day on which all is done. */
export function rest({ tiles, rooms }: House): void {
  tiles.clear();
  for (const [id, room] of rooms) {
    rooms.set(id, { ...room, task: null, cleanliness: "inspected" });
    judge(rooms, id);
  }
}

/** Rooms that a busy desk has worked in, how many of its actions wait, and which of the rooms somebody has to decide. */
export function shareOfWork(house: House, planned?: number): { some: Tile[]; waiting: number; decisions: number[] } {
  const tiles = [...house.tiles.values()];
  const worked = tiles.filter((tile) => tile.status === "completed" || tile.status === "in_progress");
  if (planned === undefined) return { some: worked.slice(0, 30), waiting: 9, decisions: [14, 16] };
  const some = new Map<string, Tile>();
  for (const tile of [...worked, ...tiles]) if (!some.has(tile.roomId)) some.set(tile.roomId, tile);
  const more = Array.from({ length: Math.floor(planned / 150) }, (_, n) => 22 + 2 * n);
  return { some: [...some.values()], waiting: Math.round(planned * 0.4), decisions: [14, 16, ...more] };
}

const RUNGS: readonly Rung[] = ["vip_waits", "guest_waits", "type_waited_for", "rush", "vip_arrival", "arrival", "vacant", "stayover", "due_out", "cannot_work"];

/** The column and the standing, roughly as the core would give them. */
export function place(tile: Tile): Tile {
  const column = tile.status === "completed" ? "clean" : tile.status === "inspected" ? "inspected" : tile.status === "ready" ? "dirty" : "inProgress";
  const vip = tile.arrival?.vip === true;
  const rung: Rung =
    tile.cannotWork !== null ? "cannot_work"
    : tile.waiting !== null ? (vip ? "vip_waits" : "guest_waits")
    : tile.rush ? "rush"
    : tile.occupancy === "vacant" && tile.arrival !== null ? (vip ? "vip_arrival" : "arrival")
    : tile.occupancy === "vacant" ? "vacant"
    : tile.stay === "stayover" ? "stayover"
    : "due_out";
  const standing = { rank: RUNGS.indexOf(rung), rung };
  const ifTypeWaited: Standing | null = tile.occupancy === "vacant" && standing.rank > 2 && rung !== "cannot_work" ? { rank: 2, rung: "type_waited_for" } : null;
  return { ...tile, column, standing, ifTypeWaited };
}

/** The answer to "can I give it out", roughly as the core would give it. */
export function judge(rooms: Map<string, RackRoom>, id: string): void {
  const room = rooms.get(id);
  if (room === undefined) return;
  const reasons: string[] = [];
  if (room.occupancy === "occupied") reasons.push("occupied");
  if (room.claim !== null) reasons.push("claimed");
  if (room.cleanliness === "dirty" || room.cleanliness === "pickup") reasons.push("dirty");
  if (room.cleanliness === "clean") reasons.push("not_inspected");
  if (room.task?.status === "in_progress") reasons.push("work_in_progress");
  if (!room.sellability.assignable) reasons.push("not_assignable");
  if (room.discrepancy) reasons.push("discrepancy");
  if (room.localState === "conflict") reasons.push("conflict");
  if (room.localState === "failed") reasons.push("unsent_failure");
  rooms.set(id, { ...room, safe: { safe: reasons.length === 0, reasons } });
}
