// Staff by id, for names on tiles and in lists of choices.

import type { Person, Role, StaffId } from "../bindings/bindings";
import { compareNames } from "../shared/fmt";

const byId = new WeakMap<readonly Person[], ReadonlyMap<StaffId, Person>>();

export function staffById(staff: readonly Person[]): ReadonlyMap<StaffId, Person> {
  let map = byId.get(staff);
  if (map === undefined) {
    map = new Map(staff.map((person) => [person.id, person]));
    byId.set(staff, map);
  }
  return map;
}

export function staffName(staff: readonly Person[], id: StaffId | null): string | null {
  if (id === null) return null;
  return staffById(staff).get(id)?.name ?? id;
}

const ORDER: readonly Role[] = ["lead", "inspector", "front_desk", "manager", "auditor", "attendant"];

/** Who sits at a desk comes first; attendants last, by section. */
export function inDeskOrder(staff: readonly Person[]): Person[] {
  return staff.toSorted(
    (a, b) =>
      ORDER.indexOf(a.role) - ORDER.indexOf(b.role) ||
      compareNames(a.section ?? "", b.section ?? "") ||
      compareNames(a.name, b.name),
  );
}

export function attendantsOf(staff: readonly Person[]): Person[] {
  return staff.filter((person) => person.role === "attendant").toSorted((a, b) => compareNames(a.name, b.name));
}
