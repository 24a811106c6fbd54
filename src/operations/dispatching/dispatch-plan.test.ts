import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { whole } from "../../base/quantity.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import { jobOrderOf } from "../testing/order.ts";
import {
  planDispatch,
  whyNotStored,
  type DispatchCandidate,
  type DispatchView,
  type ToldJob,
} from "./dispatch-plan.ts";

/** A job order under a machine id of its own, in dispatch order of its name. */
function job(name: string, change: Partial<JobOrder> = {}): JobOrder {
  return jobOrderOf({
    id: name,
    dispatchKey: name,
    machineName: { jobOrderId: `M-${name}`, job: name, article: null },
    ...change,
  });
}

function candidate(jobOrder: JobOrder, change: Partial<DispatchCandidate> = {}): DispatchCandidate {
  return { jobOrder, isHere: true, isMade: false, runsEnded: 0, isResting: false, ...change };
}

function view(change: Partial<DispatchView>): DispatchView {
  return { capacity: 50, held: [], armed: [], open: [], candidates: [], ...change };
}

/** A job order as it was told, and stands in the machine. */
function stored(
  jobOrder: JobOrder,
  state: "waiting" | "running" | "ended" = "waiting",
): Pick<DispatchView, "held" | "armed"> {
  const jobOrderId = jobOrder.machineName?.jobOrderId ?? "";
  const told: ToldJob = {
    asked: jobOrder.quantity,
    material: jobOrder.material,
    description: jobOrder.machineName?.job ?? "",
    setup: jobOrder.setup,
  };
  return { held: [{ jobOrderId, state }], armed: [{ jobOrderId, jobOrder: jobOrder.id, told }] };
}

const idsOf = (jobOrders: readonly JobOrder[]): readonly string[] => jobOrders.map(({ id }) => id);

describe("what is stored next", () => {
  test("the next in dispatch order, as many as fit beside what is there and under way", () => {
    const candidates = ["d", "b", "a", "c"].map((name) => candidate(job(name)));
    const { store } = planDispatch(
      view({
        capacity: 4,
        held: [{ jobOrderId: "somebody's", state: "waiting" }],
        open: [{ jobOrderId: "M-z", jobOrder: "z", kind: "store" }],
        candidates,
      }),
    );
    assert.deepEqual(idsOf(store), ["a", "b"]);
  });

  test("those that were not tried yet go first", () => {
    const candidates = [candidate(job("a"), { runsEnded: 1 }), candidate(job("b"))];
    assert.deepEqual(idsOf(planDispatch(view({ candidates })).store), ["b", "a"]);
  });

  test("orders that share an id on the machine go in one after the other", () => {
    const machineName = { jobOrderId: "M-1", job: "same", article: null };
    const [first, second] = ["a", "b"].map((name) => job(name, { machineName }));
    assert.ok(first && second);
    const candidates = [candidate(second), candidate(first)];
    assert.deepEqual(idsOf(planDispatch(view({ candidates })).store), ["a"]);
    assert.deepEqual(idsOf(planDispatch(view({ candidates, ...stored(first) })).store), []);
    const open = [{ jobOrderId: "M-1", jobOrder: "a", kind: "remove" as const }];
    assert.deepEqual(idsOf(planDispatch(view({ candidates, open })).store), []);
  });

  test("not what waits, is held, over, made, rests, belongs elsewhere or has no name on the machine", () => {
    const states = ["waiting", "running", "held", "completed", "aborted", "cancelled"] as const;
    const candidates = [
      ...states.map((state) => candidate(job(state, { state }))),
      candidate(job("made"), { isMade: true }),
      candidate(job("resting"), { isResting: true }),
      candidate(job("elsewhere"), { isHere: false }),
      candidate(job("nameless", { machineName: null })),
    ];
    assert.deepEqual(planDispatch(view({ candidates })), { store: [], remove: [] });
  });
});

describe("what is taken away", () => {
  const removed = (change: Partial<DispatchView>): readonly string[] =>
    planDispatch(view(change)).remove.map(({ jobOrderId }) => jobOrderId);

  test("what has ended, is made, held, cancelled or unknown; never what runs or what somebody else has stored", () => {
    const a = job("a");
    assert.deepEqual(removed({ ...stored(a, "ended"), candidates: [candidate(a)] }), ["M-a"]);
    assert.deepEqual(removed({ ...stored(a), candidates: [candidate(a, { isMade: true })] }), ["M-a"]);
    for (const state of ["held", "cancelled", "completed", "aborted", "waiting"] as const)
      assert.deepEqual(removed({ ...stored(a), candidates: [candidate(job("a", { state }))] }), ["M-a"], state);
    assert.deepEqual(removed(stored(a)), ["M-a"]);
    assert.deepEqual(
      removed({ ...stored(a, "running"), candidates: [candidate(job("a", { state: "cancelled" }))] }),
      [],
    );
    assert.deepEqual(removed({ held: [{ jobOrderId: "somebody's", state: "ended" }] }), []);
    assert.deepEqual(removed({ ...stored(a), candidates: [candidate(a)] }), []);
  });

  test("what an instruction is under way for is left alone", () => {
    const a = job("a");
    const open = [{ jobOrderId: "M-a", jobOrder: "a", kind: "remove" as const }];
    assert.deepEqual(removed({ ...stored(a, "ended"), open }), []);
  });

  for (const [what, change] of [
    ["the quantity", { quantity: whole(70, "C62") }],
    ["the material", { material: "P-2" }],
    ["the machine's name of the job", { machineName: { jobOrderId: "M-a", job: "other", article: null } }],
    ["the machine's id of the job", { machineName: { jobOrderId: "M-b", job: "a", article: null } }],
    ["a set-up value", { setup: [{ item: "WireLength", value: 5, tolerance: 0 }] }],
  ] as const) {
    test(`${what} has changed since it was stored: it goes, and comes anew when it is gone`, () => {
      const before = job("a");
      const candidates = [candidate(job("a", change))];
      const plan = planDispatch(view({ ...stored(before), candidates }));
      assert.deepEqual(
        plan.remove.map(({ jobOrderId, jobOrder }) => [jobOrderId, jobOrder]),
        [["M-a", "a"]],
      );
      assert.deepEqual(idsOf(plan.store), [], "never twice in one machine");
      assert.deepEqual(idsOf(planDispatch(view({ candidates })).store), ["a"]);
      const running = planDispatch(view({ ...stored(before, "running"), candidates }));
      assert.deepEqual(running, { store: [], remove: [] }, "what runs goes on as it was told");
    });
  }

  test("dates and its place in the list alone take nothing away, nor what was made of it before", () => {
    const a = job("a");
    const later = job("a", { dispatchKey: "0", earliestStart: null });
    assert.deepEqual(removed({ ...stored(a), candidates: [candidate(later, { runsEnded: 1 })] }), []);
  });

  test("what was given to another work unit goes from here", () => {
    const a = job("a");
    assert.deepEqual(removed({ ...stored(a), candidates: [candidate(a, { isHere: false })] }), ["M-a"]);
  });

  test("what a restored database only knows by the entry itself is taken as it is", () => {
    const a = job("a");
    const held = [{ jobOrderId: "M-a", state: "waiting" as const }];
    const armed = [{ jobOrderId: "M-a", jobOrder: "a", told: null }];
    assert.deepEqual(planDispatch(view({ held, armed, candidates: [candidate(a)] })), { store: [], remove: [] });
  });
});

test("why it was not stored is said", () => {
  const a = job("a");
  assert.match(whyNotStored(job("x", { machineName: null }), view({})), /keeps no job orders/);
  const same = job("b", { machineName: a.machineName });
  assert.match(whyNotStored(same, view(stored(a))), /another order with the same job number M-a/);
  const open = [{ jobOrderId: "M-a", jobOrder: "a", kind: "store" as const }];
  assert.match(whyNotStored(a, view({ open })), /still under way/);
  assert.match(whyNotStored(job("b"), view({ capacity: 1, ...stored(a) })), /list was full \(1\)/);
  assert.match(whyNotStored(a, view({})), /began it before it was stored/);
});
