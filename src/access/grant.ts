/**
 * Roles and scopes bounded to parts of the plant become a `Caller`: what may be done where. A grant holds for its
 * equipment and everything below. Equipment that the site no longer has grants nothing.
 */
import type { Equipment } from "../isa95/resource/equipment.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { Caller } from "./caller.ts";
import { permissions, permissionsOf, type Permission, type Role } from "./permission.ts";

export interface Grant {
  readonly role: Role;
  /** Equipment id. */
  readonly equipment: string;
}

/** The site, as far as it bounds grants. */
export interface Hierarchy {
  readonly equipment: readonly Pick<Equipment, "id" | "partOf">[];
  /** The ids from the equipment up to the top. */
  upwards(equipment: string): readonly string[];
}

/** Id of the equipment that everything else is part of. */
export function topOf(hierarchy: Hierarchy): string {
  const top = hierarchy.equipment.find(({ partOf }) => partOf === null);
  if (!top) throw new Error("A checked site has one equipment that is part of nothing.");
  return top.id;
}

export function callerOfPerson(person: PersonKey, grants: readonly Grant[], hierarchy: Hierarchy): Caller {
  const held = grants.map(({ role, equipment }) => ({ permissions: permissionsOf[role], equipment }));
  return { person, key: null, actor: person, ...powers(held, hierarchy) };
}

export function callerOfKey(
  key: { readonly id: string; readonly scopes: readonly Permission[]; readonly equipment: string },
  hierarchy: Hierarchy,
): Caller {
  const held = [{ permissions: key.scopes, equipment: key.equipment }];
  return { person: null, key: key.id, actor: `key:${key.id}`, ...powers(held, hierarchy) };
}

/** Everything that is allowed somewhere, in the order of the list of permissions. */
export function permissionsSomewhere(caller: Caller): readonly Permission[] {
  return permissions.filter((permission) => mayAnywhere(caller, permission));
}

export function mayAnywhere(caller: Caller, permission: Permission): boolean {
  const visible = caller.visible(permission);
  return visible === null || visible.size > 0;
}

interface Held {
  readonly permissions: readonly Permission[];
  readonly equipment: string;
}

function powers(held: readonly Held[], hierarchy: Hierarchy): Pick<Caller, "may" | "visible"> {
  const known = new Set(hierarchy.equipment.map(({ id }) => id));
  const top = topOf(hierarchy);
  const rootsOf = new Map<Permission, ReadonlySet<string>>(
    permissions.map((permission) => [
      permission,
      new Set(held.filter((h) => known.has(h.equipment) && h.permissions.includes(permission)).map((h) => h.equipment)),
    ]),
  );
  const roots = (permission: Permission): ReadonlySet<string> => rootsOf.get(permission) ?? new Set();
  const may = (permission: Permission, equipment: string): boolean =>
    roots(permission).has(top) || hierarchy.upwards(equipment).some((id) => roots(permission).has(id));
  return {
    may,
    visible: (permission) =>
      roots(permission).has(top)
        ? null
        : new Set(hierarchy.equipment.filter(({ id }) => may(permission, id)).map(({ id }) => id)),
  };
}
