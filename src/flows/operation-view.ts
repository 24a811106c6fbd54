/**
 * One operation of an order with everything that a decision on it needs, locked in the order in which collecting locks
 * it: runs, job orders, the order itself.
 */
import type { Clock } from "../base/clock.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { OperationView } from "../operations/execution/final.ts";
import type { Site } from "../site/site.ts";
import { JobBook } from "./job-book.ts";
import type { JobOrderRow, RunRow, Store, Tx } from "./ports.ts";

export interface DecisionPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
}

/** Which operation of which order a decision is about. */
export interface OperationReference {
  /** Id of the operations request. */
  readonly request: string;
  readonly segment: string;
}

export interface LockedOperation {
  readonly view: OperationView;
  readonly runs: readonly RunRow[];
  /** Of the whole order. */
  readonly rows: readonly JobOrderRow[];
  readonly book: JobBook;
}

/** @fault invalid final/unknown-operation  no such order here, or it has no such operation */
export async function lockOperation(
  tx: Tx,
  { request: id, segment: name }: OperationReference,
): Promise<Result<LockedOperation>> {
  const runs = await tx.runs.ofRequest(id);
  await tx.jobOrders.ofRequest(id);
  const held = await tx.requests.lock(id);
  const segment = held?.request.segments.find((s) => s.id === name);
  if (!held || !segment)
    return fail("invalid", "final/unknown-operation", `There is no operation ${name} of an order ${id} here.`);
  // What was added while the order's lock was waited for is seen now.
  const rows = await tx.jobOrders.ofRequest(id);
  const book = await JobBook.ofRuns(tx, runs);
  await book.bind(tx, ...rows.map((row) => row.jobOrder.id));
  const running = new Set<string>();
  for (const { jobOrder } of rows) if ((await tx.runs.openCount(jobOrder.id)) > 0) running.add(jobOrder.id);
  const standing = await tx.finalities.standing(id);
  return ok({
    view: { request: held.request, segment, jobOrders: rows.map((r) => r.jobOrder), running, standing },
    runs,
    rows,
    book,
  });
}
