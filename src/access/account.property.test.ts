/**
 * Nobody comes to more than he holds by way of an account: whoever may change one, and so can set its password and sign in
 * with it, could do before whatever it opens. Stated without the rules under test, over random plants, roles and scopes.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { checkGrants, checkReach } from "./account.ts";
import type { Caller } from "./caller.ts";
import { callerOfKey, callerOfPerson, type Grant, type Hierarchy } from "./grant.ts";
import { permissions, permissionsOf, roles, type Permission } from "./permission.ts";

const parentOf: ReadonlyMap<string, string | null> = new Map([
  ["plant", null],
  ["north", "plant"],
  ["north-1", "north"],
  ["south", "plant"],
]);
const known = [...parentOf.keys()];
/** What the site had at some time, and has again one day. */
const gone = "gone";

function upwards(id: string): readonly string[] {
  const chain: string[] = [];
  for (let at: string | null = id; at !== null; at = parentOf.get(at) ?? null) chain.push(at);
  return chain;
}
const hierarchy: Hierarchy = { equipment: [...parentOf].map(([id, partOf]) => ({ id, partOf })), upwards };
const later: Hierarchy = {
  equipment: [...hierarchy.equipment, { id: gone, partOf: "plant" }],
  upwards: (id) => (id === gone ? [gone, "plant"] : upwards(id)),
};

const place = fc.constantFrom(...known);
const grantsOf = (equipment: fc.Arbitrary<string>): fc.Arbitrary<Grant[]> =>
  fc.array(fc.record({ role: fc.constantFrom(...roles), equipment }), { maxLength: 3 });
/** A key with the permissions of some roles and a few more: mere chance would never hold all of a role. */
const key = fc
  .record({
    of: fc.subarray([...roles]),
    more: fc.subarray([...permissions]),
    isAll: fc.boolean(),
    equipment: place,
  })
  .map(({ of, more, isAll, equipment }) => {
    const held = isAll ? permissions : [...of.flatMap((role) => permissionsOf[role]), ...more];
    const scopes: Permission[] = ["people.manage", ...held];
    return { scopes: [...new Set(scopes)], equipment };
  });
const program = (of: { readonly scopes: readonly Permission[]; readonly equipment: string }): Caller =>
  callerOfKey({ id: "k", ...of }, hierarchy);
const person = (grants: readonly Grant[], at = hierarchy): Caller => callerOfPerson("p" as PersonKey, grants, at);

/** What somebody can come to: a person who manages people gives himself any role there, who manages keys makes any key. */
function canReach(caller: Caller, permission: Permission, equipment: string): boolean {
  if (caller.may(permission, equipment)) return true;
  const isSelfServed = caller.may("people.manage", equipment) || caller.may("key.manage", equipment);
  return caller.key === null && isSelfServed;
}

function assertNoMore(caller: Caller, grants: readonly Grant[], why: string): void {
  for (const permission of permissions) {
    for (const equipment of [...known, gone]) {
      if (!canReach(person(grants, later), permission, equipment)) continue;
      const text = `${why}: ${permission} at ${equipment}, through ${JSON.stringify(grants)}`;
      assert.ok(canReach(caller, permission, equipment), text);
    }
  }
}

test("an account that a key may change opens nothing that the key does not hold", () => {
  forAll(
    fc.property(key, grantsOf(fc.constantFrom(...known, gone)), (held, grants) => {
      if (checkReach(program(held), grants)) assertNoMore(program(held), grants, "changed by a key");
    }),
    { numRuns: 2000 },
  );
});

test("roles that a key may give open nothing that the key does not hold", () => {
  forAll(
    fc.property(key, grantsOf(place), (held, grants) => {
      if (checkGrants(program(held), grants, hierarchy).ok) assertNoMore(program(held), grants, "given by a key");
    }),
    { numRuns: 2000 },
  );
});

test("an account that a person may change, or roles that he may give, open nothing beyond his part of the plant", () => {
  forAll(
    fc.property(grantsOf(place), grantsOf(fc.constantFrom(...known, gone)), (own, grants) => {
      const caller = person(own);
      if (checkReach(caller, grants)) assertNoMore(caller, grants, "changed by a person");
      if (checkGrants(caller, grants, hierarchy).ok) assertNoMore(caller, grants, "given by a person");
    }),
    { numRuns: 2000 },
  );
});

test("a key changes and gives what it holds all of, and only with everything somebody who manages people", () => {
  const keyOf = (scopes: readonly Permission[]): Caller => program({ scopes, equipment: "north" });
  const operator: readonly Grant[] = [{ role: "operator", equipment: "north-1" }];
  const administrator: readonly Grant[] = [{ role: "administrator", equipment: "north" }];
  const both = (caller: Caller, grants: readonly Grant[]): readonly boolean[] => [
    checkReach(caller, grants),
    checkGrants(caller, grants, hierarchy).ok,
  ];
  assert.deepEqual(both(keyOf(["people.manage"]), operator), [false, false]);
  assert.deepEqual(both(keyOf(["people.manage", ...permissionsOf.operator]), operator), [true, true]);
  assert.deepEqual(both(keyOf(permissionsOf.administrator), administrator), [false, false]);
  assert.deepEqual(both(keyOf(permissions), administrator), [true, true]);
});
