import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeptLink } from "../record/sample-batch.ts";
import { checkChain } from "./kept-chain.ts";

const links = (...pairs: readonly (readonly [ordinal: number, follows: number | null])[]): readonly KeptLink[] =>
  pairs.map(([ordinal, follows]) => ({ ordinal, follows }));
const whole = links([2, 0], [5, 2], [6, 5]);

test("a chain without a hole: batches without samples are not kept", () => {
  checkChain(0, whole, { kept: 6 });
  checkChain(3, whole.slice(1), { kept: 6 });
  checkChain(8, [], { kept: 6 });
  checkChain(0, [], { kept: 0 });
});

test("the first, one between and the last are missed", () => {
  for (const [after, left] of [
    [0, whole.slice(1)],
    [0, whole.filter(({ ordinal }) => ordinal !== 5)],
    [0, whole.slice(0, 2)],
    [3, []],
  ] as const)
    assert.throws(() => checkChain(after, left, { kept: 6 }), /are gone/);
});

test("what was kept before the chain was begun is not missed", () => {
  checkChain(0, links([4, null], [7, null]), { kept: null });
  checkChain(0, links([4, null], [7, 4]), { kept: 7 });
  assert.throws(() => checkChain(0, links([4, null], [9, 7]), { kept: 9 }), /are gone/);
});
