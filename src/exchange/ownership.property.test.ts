import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { everyField, type Ownership } from "../isa95/master-data/ownership.ts";
import type { FieldValue, HeldField, ThingKey } from "../isa95/master-data/thing.ts";
import { decideStatement } from "./ownership.ts";
import { history, lastOfOwners, sharedOwnership, type Said } from "./testing/master-history.ts";

const key: ThingKey = { noun: "MaterialDefinition", plant: "", within: "", id: "M", version: "" };

interface Heard {
  readonly held: Readonly<Record<string, unknown>>;
  /** `sender field` of each refusal. */
  readonly refused: readonly string[];
}

function hear(said: readonly Said[], ownershipFor: (sender: string) => Ownership): Heard {
  const held = new Map<string, HeldField>();
  const refused: string[] = [];
  for (const { sender, kind, fields: told } of said) {
    const fields = new Map<string, FieldValue>(
      Object.entries({ ID: "M", ...told }).map(([name, value]) => [name, { value }]),
    );
    const change = decideStatement({ key, fields, sender, kind }, held, ownershipFor(sender));
    for (const [field, value] of change.set) held.set(field, { ...value, source: sender });
    for (const field of change.removed) held.delete(field);
    for (const one of change.refused) refused.push(`${sender} ${one.field}`);
  }
  return { held: Object.fromEntries([...held].map(([field, { value }]) => [field, value])), refused };
}

test("whoever says what in whatever order: each field holds the last that its owner said of it", () => {
  forAll(
    fc.property(history, (said) => {
      const { held, refused } = hear(said, () => sharedOwnership);
      assert.deepEqual(held, lastOfOwners(said));
      assert.ok(refused.every((one) => !["plm Description", "office MaterialClassID", "office ID"].includes(one)));
    }),
    { numRuns: 500 },
  );
});

test("who says only what is held is not refused", () => {
  const told = { Description: "a" };
  const first = { sender: "plm", kind: "amend", fields: told } as const;
  const { refused } = hear(
    [{ sender: "office", kind: "amend", fields: {} }, first, { ...first, sender: "lab" }],
    () => sharedOwnership,
  );
  assert.deepEqual(refused, []);
});

test("sabotage: a rule that lets everybody own what he says is caught", () => {
  const anybody = (sender: string): Ownership => new Map([["MaterialDefinition", new Map([[everyField, sender]])]]);
  assert.throws(() =>
    forAll(
      fc.property(history, (said) => assert.deepEqual(hear(said, anybody).held, lastOfOwners(said))),
      { numRuns: 500 },
    ),
  );
});
