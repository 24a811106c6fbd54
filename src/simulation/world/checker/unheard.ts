/**
 * Pieces that a machine really made in a run that it has ended, and that are counted nowhere, because nobody heard it and its
 * counters begin anew with each run: somebody is asked about the run, or, where nobody has heard of it at all, that it was.
 */
import type { Sample } from "../../../record/sample.ts";
import { question, type RunColumns } from "../../store/schema/shop-floor.ts";
import type { SimulatedMachine } from "../machine.ts";
import { numberedItems, type RunTruth } from "../machine-work.ts";
import type { ReadRun } from "./read-run.ts";
import type { AtRest } from "./scene.ts";

/**
 * @param heard   what gateways have heard of it
 * @param stated  the runs of the machine by job and the time at which they began
 */
export function checkUnheard(
  { database, complain }: AtRest,
  { plan, runs }: SimulatedMachine,
  { heard, read }: { readonly heard: readonly Sample[]; readonly read: readonly ReadRun[] },
  stated: ReadonlyMap<string, RunColumns>,
): void {
  const subjects = [...database.rows(question)].flatMap(({ state, subject }) => (state === "open" ? [subject] : []));
  for (const one of read) {
    const row = stated.get(`${one.job} ${one.startedAt}`);
    const truth = runs.find((run) => run.startedAt === one.startedAt && isOf(run, one));
    if (!row || !truth || one.isOpen || truth.endedAt === Number.POSITIVE_INFINITY) continue;
    const pieces = truth.good + truth.scrap - one.good - one.scrap;
    // Not of materials: their lists begin at the first that was heard, and may have lost what was used before.
    if (pieces <= 0) continue;
    if (!subjects.some((subject) => subject.includes(row.id)))
      complain("rest-is-asked", `${plan.id} made ${pieces} more in ${one.job} than it was heard to; nobody is asked`);
  }
  const counts = heard.filter(({ item }) => item === numberedItems.runsEnded).map(({ at }) => at);
  const [first, last] = [Math.min(...counts), Math.max(...counts)];
  const isAsked = subjects.some((one) => one.startsWith(`${plan.id}/`) && /\/unheard-(?:run\/|end$)/.test(one));
  let isUnheard = false;
  for (const truth of runs) {
    // By how many it has ended it tells of it.
    const isTold = first < truth.startedAt && truth.startedAt < last && truth.endedAt < Number.POSITIVE_INFINITY;
    if (truth.isOutside || !isTold) continue;
    // By its number: another one of its job may have been open all the while, because nobody heard that end.
    const isRead = read.some(({ number }) => number === truth.number);
    isUnheard ||= !isRead;
    if (!isRead && !isAsked)
      complain(
        "rest-is-asked",
        `${plan.id} has ended a run of ${truth.job} of which nobody has heard; nobody is asked`,
      );
  }
  if (!isUnheard && subjects.some((one) => one.startsWith(`${plan.id}/unheard-run/`)))
    complain("rest-is-asked", `${plan.id} is asked about for a run that nobody has heard; all of its runs were heard`);
}

function isOf(truth: RunTruth, { job, isOutside }: ReadRun): boolean {
  return truth.job === job && truth.isOutside === isOutside;
}
