// How large a made-up hotel is, how its doors are numbered, and who works there.

import type { Role } from "../../bindings/bindings";

export interface Plan {
  rooms: number;
  floors: number;
  perFloor: number;
  /** Who is there besides the attendants. */
  roles: readonly Role[];
  attendants: number;
  /** From one attendant's section to the next one's. */
  stride: number;
  /** Names that attendants have before chance gives any. */
  names: readonly string[];
}

const SECTIONS = "ABC";
const ROLES: readonly Role[] = ["lead", "inspector", "inspector", "inspector", "front_desk", "front_desk", "front_desk", "manager", "auditor"];
const FEW_ROLES: readonly Role[] = ["lead", "inspector", "front_desk", "manager"];
/** Somebody has a long name, and somebody one in another script. */
const HARD_NAMES: readonly string[] = ["Maria da Conceição Vasconcelos de Almeida", "محمد رحیم کریمی"];

/** A house of equal floors. */
export function block(floors: number, perFloor: number): Plan {
  return { rooms: floors * perFloor, floors, perFloor, roles: ROLES, attendants: 25, stride: 1, names: [] };
}

/** A plausible house of so many rooms: a guest house, a city hotel, a tower with doors of five figures. */
export function planOf(rooms: number): Plan {
  const few = rooms <= 40;
  const perFloor = few ? 7 : rooms <= 400 ? 25 : 168;
  const floors = Math.ceil(rooms / perFloor);
  const attendants = Math.ceil(rooms / (few ? 7 : 15));
  return { rooms, floors, perFloor, roles: few ? FEW_ROLES : ROLES, attendants, stride: (floors * SECTIONS.length) / attendants, names: HARD_NAMES };
}

/** What stands at a door. Two figures for the door, three where a floor has more than 99. */
export function doorNumber({ perFloor }: Plan, floor: number, door: number): string {
  return `${floor}${String(door).padStart(perFloor > 99 ? 3 : 2, "0")}`;
}

export function sectionOf({ perFloor }: Plan, floor: number, door: number): string {
  return `${floor}${SECTIONS[Math.floor(((door - 1) / perFloor) * SECTIONS.length)]}`;
}

/** Where the attendant of this number works. */
export function ownSection({ stride }: Plan, n: number): string {
  const at = Math.floor(n * stride);
  return `${Math.floor(at / SECTIONS.length) + 1}${SECTIONS[at % SECTIONS.length]}`;
}
