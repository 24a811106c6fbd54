import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobOrder, JobOrderState } from "../../isa95/schedule/job-order.ts";
import { jobOrderOf } from "../testing/order.ts";
import { bindRun, type StartedRun } from "./binding.ts";

const run: StartedRun = { job: "JOB-1, 1", article: "P-1", outside: false, workUnit: "A565-0026" };

/** Candidates in dispatch order, named by their state. */
function boundTo(...states: readonly JobOrderState[]): string {
  const binding = bindRun(
    run,
    states.map((state): JobOrder => jobOrderOf({ id: state, state })),
  );
  return binding.bound ? binding.jobOrder.id : binding.code;
}

test("of several that could be meant it is the one under way, else the first that may go, else one that is held", () => {
  assert.equal(boundTo("ready", "running"), "running");
  assert.equal(boundTo("held", "waiting", "ready"), "waiting");
  assert.equal(boundTo("completed", "ready"), "ready");
  assert.equal(boundTo("completed", "held"), "held");
  assert.equal(boundTo("cancelled", "held"), "held");
  for (const state of ["completed", "aborted", "cancelled"] as const)
    assert.equal(boundTo(state), "execution/closed-order", state);
});

test("what belongs to no order says why, and what to do", () => {
  const said = [
    bindRun({ ...run, outside: true }, [jobOrderOf()]),
    bindRun(run, []),
    bindRun({ ...run, article: "" }, []),
    bindRun(run, [jobOrderOf({ workUnit: "A565-0027" })]),
  ].map((binding) => (binding.bound ? "bound" : `${binding.code}: ${binding.message}`));
  assert.deepEqual(said, [
    'execution/outside-run: A565-0026 produced outside every run while it still named job "JOB-1, 1". Assign it to an order, or dismiss it.',
    'execution/unknown-job: No order is known for job "JOB-1, 1" for article P-1 at A565-0026. Assign it to an order, or dismiss it.',
    'execution/unknown-job: No order is known for job "JOB-1, 1" at A565-0026. Assign it to an order, or dismiss it.',
    'execution/other-unit: Job "JOB-1, 1" is dispatched to another work unit than A565-0026. Assign it to an order, or dismiss it.',
  ]);
});
