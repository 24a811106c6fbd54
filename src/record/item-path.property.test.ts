import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../base/testing/chance.ts";
import { concretePath, escapeName, itemPattern } from "./item-path.ts";

const text = fc.oneof(
  fc.string({ minLength: 1, unit: "grapheme" }),
  fc.constantFrom("PA6/66 GF30", "R&D", "&", "a{b}"),
);

test("a placeholder stands for any text of a name, whatever signs it has, and is told as the machine writes it", () => {
  forAll(
    fc.property(text, text, (material, around) => {
      const path = `Use/{material}/${escapeName(around)}{slot}`;
      const item = ["Use", material, `${around}1`].map(escapeName).join("/");
      assert.deepEqual(itemPattern(path).match(item), { material, slot: "1" });
      assert.equal(concretePath(path, { material, slot: "1" }), item);
      assert.equal(itemPattern(path).match(`${item}/Total`), null);
    }),
  );
});

test("a placeholder stands for no more than one name, and for no part of an escaped sign", () => {
  const { match } = itemPattern("Use/{material}/Total");
  assert.equal(match("Use/PA6/66/Total"), null);
  assert.equal(match("Use/PA6&/Total"), null);
  assert.equal(match("Use//Total"), null);
});
