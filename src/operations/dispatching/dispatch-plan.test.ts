/** What is taken away from a machine because its order has changed, and what stays. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { whole } from "../../base/quantity.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import { jobOrderOf } from "../testing/order.ts";
import { planDispatch, type ArmedEntry, type DispatchCandidate, type DispatchView } from "./dispatch-plan.ts";

const setup = [{ item: "length", value: 1_200, tolerance: 0 }];
const stored = jobOrderOf({ workUnit: "A565-0026", setup });

function toldOf(jobOrder: JobOrder, made = 0): NonNullable<ArmedEntry["told"]> {
  const { machineName, material, quantity } = jobOrder;
  assert.ok(machineName);
  return {
    kind: "store",
    order: {
      jobOrderId: machineName.jobOrderId,
      description: machineName.job,
      material,
      quantity: { ...quantity, micro: quantity.micro - BigInt(made) * 1_000_000n },
      priority: 0,
      startTime: null,
      parameters: {},
    },
    setup: jobOrder.setup,
    ordered: quantity,
  };
}

/** The machine holds `stored`; the job order is now as given. */
function viewOf(
  now: JobOrder,
  more: Partial<DispatchCandidate> & { readonly state?: "waiting" | "running"; readonly made?: number } = {},
  told: ArmedEntry["told"] = toldOf(stored, more.made),
): DispatchView {
  const { state = "waiting", made: _, ...candidate } = more;
  return {
    capacity: 1,
    held: [{ jobOrderId: "JOB-1", state }],
    armed: [{ jobOrderId: "JOB-1", jobOrder: stored.id, told }],
    open: [],
    candidates: [{ jobOrder: now, isMade: false, runsEnded: 0, isResting: false, isElsewhere: false, ...candidate }],
  };
}

describe("an order that has changed since it was stored", () => {
  const changes: readonly (readonly [string, Partial<JobOrder>])[] = [
    ["quantity", { quantity: whole(150, "C62") }],
    ["article", { material: "P-2" }],
    ["name", { machineName: { jobOrderId: "JOB-1", job: "another", article: "P-1" } }],
    ["the machine's id of it", { machineName: { jobOrderId: "JOB-2", job: "JOB-1, 1", article: "P-1" } }],
    ["set-up", { setup: [{ item: "length", value: 1_300, tolerance: 0 }] }],
  ];
  for (const [what, change] of changes) {
    test(`${what}: taken away, but not while it runs`, () => {
      const now = { ...stored, ...change };
      assert.deepEqual(
        planDispatch(viewOf(now)).remove.map((r) => r.because),
        ["The order has changed since it was stored."],
      );
      assert.deepEqual(planDispatch(viewOf(now, { state: "running" })).remove, []);
    });
  }

  test("dates and priority alone take nothing away, nor does what was made of it before", () => {
    assert.deepEqual(planDispatch(viewOf({ ...stored, dispatchKey: "0", earliestStart: null })).remove, []);
    assert.deepEqual(planDispatch(viewOf(stored, { made: 30, runsEnded: 1 })).remove, []);
  });

  test("one that belongs to another machine now is taken away, and not stored here again", () => {
    const plan = planDispatch(viewOf({ ...stored, workUnit: "other" }, { isElsewhere: true }));
    assert.equal(plan.remove.length, 1);
    assert.deepEqual(planDispatch({ ...viewOf(stored, { isElsewhere: true }), held: [], armed: [] }).store, []);
  });

  test("where our record of what was told is lost, it stays", () => {
    assert.deepEqual(planDispatch(viewOf({ ...stored, quantity: whole(150, "C62") }, {}, null)).remove, []);
  });
});
