/**
 * What a machine really made in a run that it has ended, and is counted nowhere, because nobody heard it and its counters begin
 * anew with each run: somebody is asked about the run.
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
    const isUsed = [...truth.used].some(([material, amount]) => amount > (one.used.get(material) ?? 0));
    if (pieces <= 0 && !isUsed) continue;
    if (!subjects.some((subject) => subject.includes(row.id)))
      complain(
        "rest-is-asked",
        `${machine.plan.id} made ${pieces} pieces more in ${one.job} than it was heard to, or used more; nobody is asked`,
      );
  }
}
