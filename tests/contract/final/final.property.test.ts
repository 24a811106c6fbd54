/**
 * Whatever people decide in whatever order, whatever comes late, short of stock or without a reply: every piece is
 * posted once in the end, and the last thing that the ERP hears is the final confirmation.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../src/base/testing/chance.ts";
import { receiveStock } from "../../../src/simulation/erp/receipt.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { lateCount, oneOperation, openScene, type Scene } from "./scene.ts";

const step = fc.oneof(
  fc.record({
    what: fc.constant("run" as const),
    good: fc.integer({ min: 1, max: 5 }),
    wire: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({ what: fc.constant("late" as const), good: fc.integer({ min: 1, max: 3 }) }),
  fc.constantFrom(
    { what: "finalise" as const },
    { what: "reopen" as const },
    { what: "both" as const },
    { what: "deliver" as const },
    { what: "lose reply" as const },
    { what: "lose request" as const },
    { what: "wire comes" as const },
  ),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Does the steps. @returns pieces that were made in runs of the order */
async function play(scene: Scene, steps: readonly Step[]): Promise<number> {
  const sums = new Map<string, number>();
  let n = 0;
  for (const one of steps) {
    n += 1;
    switch (one.what) {
      case "run":
        sums.set(await scene.run(`r${n}`, one), one.good);
        break;
      case "late": {
        const [run] = [...sums.keys()].toReversed();
        if (run === undefined) break;
        await scene.state([lateCount(run, n, one.good)]);
        sums.set(run, (sums.get(run) ?? 0) + one.good);
        break;
      }
      case "finalise":
      case "reopen":
        await scene[one.what](`c${n}`);
        break;
      case "both":
        await Promise.all([scene.finalise(`f${n}`), scene.reopen(`o${n}`), scene.finalise(`g${n}`)]);
        break;
      case "deliver":
        await scene.deliver();
        break;
      case "lose reply":
      case "lose request":
        scene.erp.faults.add({
          fault: { kind: one.what === "lose reply" ? "reply-lost" : "request-lost" },
          calls: "write",
        });
        break;
      case "wire comes":
        await wireComes(scene);
    }
  }
  // Production that began after the decision stands in quarantine, and is nobody's until a person assigns it.
  const held = new Set((await scene.world.sql("select subject from quarantine")).map((row) => String(row["subject"])));
  return [...sums].reduce((sum, [run, good]) => (held.has(run) ? sum : sum + good), 0);
}

async function wireComes(scene: Scene): Promise<void> {
  receiveStock(scene.erp.books, {
    material: "WIRE",
    plant: "1010",
    storageLocation: "101C",
    quantity: "1000",
    unit: "M",
  });
  await scene.world.sql("update posting set due_at = now() where parked");
}

/** Reopened and posted to the end, then final once more and for good. */
async function close(scene: Scene): Promise<void> {
  await wireComes(scene);
  await scene.reopen("last-reopen");
  await scene.deliver();
  await scene.deliver();
  const outcome = await scene.finalise("last-final");
  assert.ok(outcome.ok, JSON.stringify(outcome));
  await scene.deliver();
}

function check(scene: Scene, made: number): void {
  const all = scene.confirmations();
  const standing = all.filter((c) => !c.isReversal && !c.isReversed);
  assert.equal(Number(standing.reduce((sum, c) => sum + c.yield, 0n)) / 1e6, made, "every piece once");
  assert.deepEqual(
    standing.filter((c) => c.isFinal),
    standing.slice(-1),
    "one final confirmation stands, and it is the last",
  );
  assert.ok(!all.some((c) => c.isReversed && !c.isFinal), "no yield was taken back");
  const keys = all.map((c) => c.externalKey);
  assert.equal(new Set(keys).size, keys.length, "no document twice");
  const reversed = all.filter((c) => c.isReversal).map((c) => c.reverses);
  assert.equal(new Set(reversed).size, reversed.length, "nothing is cancelled twice");
  const [final] = standing.slice(-1);
  for (const document of scene.erp.books.materialDocuments)
    if (document.code === "03") assert.ok(final && document.createdAt <= final.enteredAt, "issues come before it");
}

describe("final, whatever happens", { skip: clusterUnavailable({ major: 18 }), timeout: 300_000 }, () => {
  let cluster: TestCluster;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());

  test("each fact is posted once and the final confirmation comes last", async () => {
    await forAll(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14, size: "max" }),
        fc.boolean(),
        async (steps, isShort) => {
          const scene = await openScene(
            cluster,
            { ...oneOperation, overdeliveryPercent: null },
            isShort ? { stock: "0.5" } : {},
          );
          try {
            const made = await play(scene, steps);
            await close(scene);
            check(scene, made);
          } finally {
            await scene.close();
          }
        },
      ),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
