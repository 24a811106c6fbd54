import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { escapeName } from "../../record/item-path.ts";
import { hasPlaceholder, matches, parsePath } from "./path.ts";

const names = fc.array(fc.string({ minLength: 1, unit: "grapheme" }), { minLength: 1, maxLength: 5 });

test("every list of names survives the way into a path and back", () => {
  forAll(
    fc.property(names, (list) => {
      const path = list.map(escapeName).join("/");
      assert.deepEqual(
        parsePath(path).map((element) => element.name),
        list,
      );
      assert.equal(hasPlaceholder(path), false);
    }),
  );
});

test("a placeholder stands for any text of a name, and for no more than one name", () => {
  forAll(
    fc.property(fc.string({ minLength: 1 }), fc.string(), fc.string(), (name, before, after) => {
      const [element, ...rest] = parsePath(`${escapeName(before)}{slot}${escapeName(after)}`);
      assert.ok(element && rest.length === 0);
      assert.ok(matches(element, `${before}${name}${after}`));
      assert.equal(matches(element, `${before}${after}`), false);
    }),
  );
});

test("signs that mean something to patterns are taken literally", () => {
  const [element] = parsePath("Slot.{n}(a)");
  assert.ok(element);
  assert.ok(matches(element, "Slot.3(a)"));
  assert.equal(matches(element, "Slotx3(a)"), false);
  assert.equal(matches(element, "Slot.3a"), false);
});

test("a brace that is escaped or names nothing is a brace", () => {
  assert.equal(hasPlaceholder("a/&{b}"), false);
  assert.equal(hasPlaceholder("a/{}"), false);
  assert.equal(hasPlaceholder("a/{b c}"), false);
  assert.ok(hasPlaceholder("a/x{b}y/c"));
});
