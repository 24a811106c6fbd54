import assert from "node:assert/strict";
import { test } from "node:test";
import { formatQuantity, whole, zero } from "../../base/quantity.ts";
import { oneSum } from "./one-sum.ts";

test("pieces that were counted in several units are one number, in the first unit of which there are some", () => {
  const shown = (...of: Parameters<typeof oneSum>[0]): string | null => {
    const sum = oneSum(of);
    return sum && formatQuantity(sum);
  };
  assert.equal(shown(), null, "nothing was counted");
  assert.equal(shown(zero("C62")), "0 C62", "and taken back");
  assert.equal(shown(whole(5, "C62"), whole(2, "DZN")), "29 C62");
  assert.equal(shown(zero("C62"), whole(2, "DZN")), "2 DZN");
  assert.equal(shown(whole(2, "DZN"), whole(6, "C62")), "2.5 DZN");
  assert.equal(shown(whole(2, "DZN"), whole(5, "C62")), "2 DZN", "five twelfths are no decimal number");
  assert.equal(shown(whole(5, "C62"), whole(3, "KGM")), "5 C62", "nor are kilograms pieces");
});
