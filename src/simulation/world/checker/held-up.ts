/** Orders of which something was held up for longer than values may be late: other runs may have had their pieces meanwhile. */
import { hasMovedRun, type Happened } from "../happened.ts";
import type { Plan } from "../plan.ts";
import type { ReadRun } from "./read-run.ts";

/** Whether people have moved a run to the order, or away from it, that may have had pieces of another one. */
export function hasWaitedForWords({ faults }: Plan, happened: Happened, order: string): boolean {
  return hasMovedRun(happened, order, (machine) =>
    faults.some((fault) => fault.kind === "words-late" && fault.machine === machine),
  );
}

/**
 * Whether a run of the order, or one that people have moved to it or away from it, was not over when counts of its machine
 * were held up.
 *
 * @param read  what each machine said, by its id
 */
export function hasWaitedForCounts(
  read: ReadonlyMap<string, readonly ReadRun[]>,
  happened: Happened,
  order: string,
  machine: string | undefined,
): boolean {
  const { rushed } = happened;
  const since = rushed.get(machine ?? "") ?? Number.POSITIVE_INFINITY;
  const runs = read.get(machine ?? "") ?? [];
  return (
    runs.some(({ job, lastAt }) => job.split("-")[0] === order && lastAt >= since) ||
    hasMovedRun(happened, order, (one) => rushed.has(one))
  );
}
