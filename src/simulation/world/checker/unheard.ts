/**
 * Pieces that a machine really made in a run that it has ended, and that are counted nowhere, because nobody heard it and its
 * counters begin anew with each run: somebody is asked about the run.
 */
import { question, type RunColumns } from "../../store/schema/shop-floor.ts";
import type { SimulatedMachine } from "../machine.ts";
import type { ReadRun } from "./read-run.ts";
import type { AtRest } from "./scene.ts";

/** @param stated  the runs of the machine by job and the time at which they began */
export function checkUnheard(
  { database, complain }: AtRest,
  machine: SimulatedMachine,
  read: readonly ReadRun[],
  stated: ReadonlyMap<string, RunColumns>,
): void {
  const subjects = [...database.rows(question)].map(({ subject }) => subject);
  for (const one of read) {
    const row = stated.get(`${one.job} ${one.startedAt}`);
    const truth = machine.runs.find((run) => run.job === one.job && run.startedAt === one.startedAt);
    if (!row || !truth || one.isOpen || truth.endedAt === Number.POSITIVE_INFINITY) continue;
    const pieces = truth.good + truth.scrap - one.good - one.scrap;
    // Not of materials: their lists begin at the first that was heard, and may have lost what was used before.
    if (pieces <= 0) continue;
    if (!subjects.some((subject) => subject.includes(row.id)))
      complain(
        "rest-is-asked",
        `${machine.plan.id} made ${pieces} more in ${one.job} than it was heard to; nobody is asked`,
      );
  }
}
