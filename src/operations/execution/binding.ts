/**
 * Which job order a run of a machine belongs to. Production that belongs to none is kept as fact, stands in quarantine
 * with its reason and is never posted until a person decides.
 */
import type { FaultCode } from "../../base/result.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";

export interface StartedRun {
  readonly job: string;
  readonly article: string;
  readonly outside: boolean;
  readonly workUnit: string;
}

export type Binding =
  | { readonly bound: true; readonly jobOrder: JobOrder }
  | { readonly bound: false; readonly code: FaultCode; readonly message: string };

/** @param candidates job orders that the machine could mean by this job and article, in dispatch order */
export function bindRun(run: StartedRun, candidates: readonly JobOrder[]): Binding {
  if (run.outside) {
    return unbound(
      "execution/outside-run",
      `${run.workUnit} produced outside every run while it still named job "${run.job}".`,
    );
  }
  if (candidates.length === 0) {
    const article = run.article ? ` for article ${run.article}` : "";
    return unbound("execution/unknown-job", `No order is known for job "${run.job}"${article} at ${run.workUnit}.`);
  }
  const here = candidates.filter((c) => c.workUnit === null || c.workUnit === run.workUnit);
  if (here.length === 0) {
    return unbound("execution/other-unit", `Job "${run.job}" is dispatched to another work unit than ${run.workUnit}.`);
  }
  // Among several the one that is under way, else the first in dispatch order that can be worked on. A machine can begin
  // what is held; what is over is no candidate while something is open.
  const best =
    here.find((c) => c.state === "running") ??
    here.find((c) => c.state === "ready" || c.state === "waiting") ??
    here.find((c) => c.state === "held") ??
    here[0];
  if (!best || best.state === "completed" || best.state === "aborted" || best.state === "cancelled") {
    return unbound(
      "execution/closed-order",
      `The order of job "${run.job}" is ${best?.state ?? "gone"}: nothing is posted to it any more.`,
    );
  }
  return { bound: true, jobOrder: best };
}

function unbound(code: FaultCode, message: string): Binding {
  return { bound: false, code, message: `${message} Assign it to an order, or dismiss it.` };
}
