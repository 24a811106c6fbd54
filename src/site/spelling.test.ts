import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { equipmentLevels } from "../isa95/resource/equipment.ts";
import { didYouMean, listed, nearest } from "./spelling.ts";

test("the nearest known name is found, and none when none is near", () => {
  const known = ["queueSize", "queueDepth", "root"];
  assert.equal(nearest("queuesize", known), "queueSize");
  assert.equal(nearest("queue-size", known), "queueSize");
  assert.equal(nearest("queueSise", known), "queueSize");
  assert.equal(nearest("rot", known), "root");
  assert.equal(nearest("password", known), null);
  assert.equal(nearest("x", []), null);
  assert.equal(didYouMean("password", known), "");
});

test("a name is nearest to itself", () => {
  forAll(
    fc.property(
      fc.uniqueArray(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1, maxLength: 8 }),
      fc.nat(),
      (names, pick) => {
        const name = names[pick % names.length] ?? "";
        assert.equal(nearest(name, names), name);
      },
    ),
  );
});

test("lists are read like a sentence, and cut when nobody would read them", () => {
  assert.equal(listed([]), "nothing yet");
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b", "c"]), "a, b or c");
  assert.match(listed(Array.from({ length: 30 }, (_, n) => `n${n}`)), /n12 or 17 more$/);
  assert.match(listed(equipmentLevels), /WorkUnit, EquipmentModule or ControlModule$/, "each of them may be meant");
});
