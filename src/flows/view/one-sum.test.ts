import assert from "node:assert/strict";
import { test } from "node:test";
import { formatQuantity, whole, zero } from "../../base/quantity.ts";
import { oneSum } from "./one-sum.ts";

test("pieces that were counted in several units are one number, in the first unit that can say it", () => {
  const shown = (...of: Parameters<typeof oneSum>[0]): string | null => {
    const sum = oneSum(of);
    return sum && formatQuantity(sum);
  };
  assert.equal(shown(), null, "nothing was counted");
  assert.equal(shown(zero("C62")), "0 C62", "and taken back");
  assert.equal(shown(whole(5, "C62"), whole(2, "DZN")), "29 C62");
  assert.equal(shown(zero("C62"), whole(2, "DZN")), "2 DZN");
  assert.equal(shown(whole(2, "DZN"), whole(6, "C62")), "2.5 DZN");
  assert.equal(shown(whole(1, "DZN"), whole(5, "C62")), "17 C62", "five twelfths are no decimal number");
  assert.equal(shown(whole(1, "DZN"), whole(4, "C62"), whole(2, "C62")), "1.5 DZN", "all together are one");
  assert.equal(shown(whole(5, "C62"), whole(3, "KGM")), "5 C62", "kilograms are no pieces");
  assert.equal(
    shown(whole(1, "DZN"), whole(5, "C62"), whole(6, "C62"), whole(3, "KGM")),
    "1.5 DZN",
    "no unit says all",
  );
});
