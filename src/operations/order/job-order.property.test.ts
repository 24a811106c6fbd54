import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { whole } from "../../base/quantity.ts";
import { forAll } from "../../base/testing/chance.ts";
import { requestOf, segmentOf } from "../testing/order.ts";
import { makeJobOrders, shareAgain, type HeldPart } from "./job-order.ts";

const one = 1_000_000n;

test("a split shares all of it, in whole pieces where the whole is whole, and nobody gets nothing", () => {
  forAll(
    fc.property(fc.bigInt(1n, 5_000_000_000n), fc.integer({ min: 0, max: 6 }), (micro, units) => {
      const segment = segmentOf({ quantity: { micro, uom: "C62" } });
      const workUnits = Array.from({ length: units }, (_, i) => `U${i}`);
      const place = { segment: segment.id, workCenter: "A565", workUnits, machineName: null, setup: [] };
      const parts = makeJobOrders(requestOf({ segments: [segment] }), [place]);
      const shares = parts.map(({ quantity }) => quantity.micro);
      assert.equal(
        shares.reduce((sum, share) => sum + share, 0n),
        micro,
      );
      assert.ok(shares.every((share) => share > 0n));
      if (micro % one === 0n) assert.ok(shares.every((share) => share % one === 0n));
      assert.ok(shares.every((share) => shares.every((other) => share - other <= one && other - share <= one)));
      assert.equal(new Set(parts.map(({ id }) => id)).size, parts.length);
      assert.deepEqual(
        parts.map(({ workUnit }) => workUnit),
        units === 0 ? [null] : workUnits.slice(0, parts.length),
      );
    }),
  );
});

test("what is done outside, or at no place of ours, is not dispatched; the first of a sequence may go, the others wait", () => {
  const place = { workCenter: "A565", workUnits: [], machineName: null, setup: [] };
  const rule = { ...segmentOf().rule, external: true };
  const segments = [
    segmentOf({ id: "0010", rule }),
    segmentOf({ id: "0020" }),
    segmentOf({ id: "0030" }),
    segmentOf({ id: "0040", sequence: "1" }),
    segmentOf({ id: "0050" }),
  ];
  const places = ["0010", "0020", "0030", "0040"].map((segment) => ({ ...place, segment }));
  assert.deepEqual(
    makeJobOrders(requestOf({ segments }), places).map(({ segment, state }) => [segment, state]),
    [
      ["0020", "ready"],
      ["0030", "waiting"],
      ["0040", "ready"],
    ],
  );
});

const part = fc
  .record({
    micro: fc.bigInt(1n, 200n).map((n) => n * one),
    share: fc.integer({ min: 0, max: 100 }),
    hasBegun: fc.boolean(),
  })
  .map(({ micro, share, hasBegun }): HeldPart => {
    const made = hasBegun ? ((micro / one) * BigInt(share)) / 100n : 0n;
    return { micro, madeMicro: made * one, hasBegun };
  });

test("a new quantity is what its parts ask for together, as far as that was not made or begun already", () => {
  forAll(
    fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), fc.bigInt(1n, 900n), (parts, pieces) => {
      const total = pieces * one;
      const shares = shareAgain(parts, total);
      assert.equal(shares.length, parts.length);
      const sum = shares.reduce<bigint>((all, share) => all + (share ?? 0n), 0n);
      // What was made cannot be asked back, and what has begun asks for a piece at least.
      const least = parts.reduce(
        (all, { madeMicro, hasBegun }) => all + (madeMicro > 0n ? madeMicro : hasBegun ? one : 0n),
        0n,
      );
      if (total >= least) assert.equal(sum, total);
      else assert.equal(sum, least);
      for (const [i, share] of shares.entries()) {
        const { madeMicro, hasBegun } = parts[i] ?? assert.fail();
        if (share === null) assert.equal(hasBegun || madeMicro > 0n, false, "only what has not begun is taken back");
        else assert.ok(share > 0n && share >= madeMicro);
      }
    }),
  );
});

test("more goes to the first part, less is taken from the first one on", () => {
  const fresh = (pieces: number): HeldPart => ({ micro: whole(pieces, "C62").micro, madeMicro: 0n, hasBegun: false });
  const shares = (parts: readonly HeldPart[], pieces: number): unknown =>
    shareAgain(parts, whole(pieces, "C62").micro).map((share) => share && Number(share / one));
  assert.deepEqual(shares([fresh(50), fresh(50)], 120), [70, 50]);
  assert.deepEqual(shares([fresh(50), fresh(50)], 80), [30, 50]);
  assert.deepEqual(shares([fresh(50), fresh(50)], 40), [null, 40]);
  assert.deepEqual(shares([{ ...fresh(50), madeMicro: 20n * one, hasBegun: true }, fresh(50)], 40), [20, 20]);
  assert.deepEqual(shares([{ ...fresh(50), hasBegun: true }, fresh(50)], 40), [1, 39]);
});
