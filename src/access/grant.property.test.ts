/** What somebody may is what his roles say, at their equipment and below, and nowhere else; both questions agree. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { callerOfKey, callerOfPerson, permissionsSomewhere, topOf, type Hierarchy } from "./grant.ts";
import { permissions, permissionsOf, roles } from "./permission.ts";

/** A tree of up to twelve: each is part of one before it. */
const tree = fc.array(fc.nat(), { minLength: 0, maxLength: 11 }).map((parents): Hierarchy => {
  const equipment = [
    { id: "e0", partOf: null },
    ...parents.map((pick, index) => ({ id: `e${index + 1}`, partOf: `e${pick % (index + 1)}` })),
  ];
  const parentOf = new Map(equipment.map(({ id, partOf }) => [id, partOf]));
  return {
    equipment,
    upwards: (id) => {
      const chain: string[] = [];
      for (let at: string | null = id; at !== null; at = parentOf.get(at) ?? null) chain.push(at);
      return chain;
    },
  };
});
const grants = fc.array(
  fc.record({ role: fc.constantFrom(...roles), equipment: fc.integer({ min: 0, max: 13 }).map((n) => `e${n}`) }),
  { maxLength: 4 },
);
const person = "p" as PersonKey;

test("may and visible say the same, and what the grants say", () => {
  forAll(
    fc.property(tree, grants, fc.constantFrom(...permissions), (hierarchy, held, permission) => {
      const caller = callerOfPerson(person, held, hierarchy);
      const known = new Set(hierarchy.equipment.map(({ id }) => id));
      const visible = caller.visible(permission);
      for (const { id } of hierarchy.equipment) {
        const expected = held.some(
          (g) =>
            known.has(g.equipment) &&
            permissionsOf[g.role].includes(permission) &&
            hierarchy.upwards(id).includes(g.equipment),
        );
        assert.equal(caller.may(permission, id), expected);
        assert.equal(visible === null || visible.has(id), expected);
      }
      // Something that the site does not have is only for whoever may everything.
      assert.equal(caller.may(permission, "elsewhere"), visible === null);
      assert.equal(visible === null, caller.may(permission, topOf(hierarchy)));
    }),
  );
});

test("a further grant never takes anything away", () => {
  forAll(
    fc.property(tree, grants, grants, (hierarchy, held, more) => {
      const before = callerOfPerson(person, held, hierarchy);
      const after = callerOfPerson(person, [...held, ...more], hierarchy);
      for (const permission of permissions) {
        for (const { id } of hierarchy.equipment) assert.ok(!before.may(permission, id) || after.may(permission, id));
      }
    }),
  );
});

test("a key may what its scopes say and nothing else", () => {
  forAll(
    fc.property(tree, fc.uniqueArray(fc.constantFrom(...permissions), { minLength: 1 }), (hierarchy, scopes) => {
      const caller = callerOfKey({ id: "k", scopes, equipment: "e0" }, hierarchy);
      assert.deepEqual([...permissionsSomewhere(caller)].toSorted(), [...scopes].toSorted());
      assert.deepEqual([caller.actor, caller.person], ["key:k", null]);
    }),
  );
});
