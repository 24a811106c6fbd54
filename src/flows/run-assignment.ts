/**
 * A run joins a job order by a person's word, or leaves it. Everything that the machine would have caused with the right
 * order is caused now, by the same code: counts, use by bill, movements, postings. Part of the transaction that decides.
 */
import { negateExact } from "../base/exact-micro.ts";
import { correctionBy } from "../operations/collection/correction.ts";
import { afterCommand } from "../operations/execution/job-order-state.ts";
import { billRequirement } from "../operations/tracking/consumption.ts";
import type { Fact } from "../record/fact.ts";
import { countFact, DueRuns } from "./apply-facts.ts";
import { bookMovements, takeMovementsBack } from "./book-movements.ts";
import type { BookScope, JobBook } from "./job-book.ts";
import { addCount, inUnitOf } from "./job-count.ts";
import { restateUse } from "./level-use.ts";
import { planDue } from "./plan-owed.ts";
import type { HeldRun } from "./ports.ts";

/**
 * The run's facts count on the job order, and what is owed is planned.
 *
 * @param because the decision, as a fact that is stated already
 * @returns how many postings were planned
 */
export async function joinOrder(scope: BookScope, run: HeldRun, jobOrder: string, because: Fact): Promise<number> {
  const { tx, site, book, now } = scope;
  const standing = await tx.facts.standing(run.id);
  await takeMovementsBack(tx, site, book, standing, because, now);
  await book.decide(tx, run.id, { jobOrder, decided: "assigned", assignment: run.assignment + 1 });
  book.change(jobOrder, (row) => ({
    ...row,
    runsEnded: row.runsEnded + (run.endedAt === null ? 0 : 1),
    jobOrder:
      run.endedAt === null ? { ...row.jobOrder, state: afterCommand(row.jobOrder.state, "start") } : row.jobOrder,
  }));
  const derived: Fact[] = [];
  const due = new DueRuns({ site });
  for (const fact of standing) {
    // Of a run that comes from another order people have stated no use: `decide-run` sees to it.
    derived.push(...(await countFact(tx, book, fact, now, "not-stated")));
    due.look(book, fact);
  }
  await tx.facts.append(derived, now);
  await bookMovements(tx, site, book, [...standing, ...derived], now);
  if (run.endedAt !== null) await book.release(tx, jobOrder);
  await book.releaseBehindLate(tx);
  return planDue(tx, { site }, book, due.runs, now, "decision");
}

/**
 * The run's facts count on its order no more; what was worked out from them is taken back. Whoever calls has seen to it
 * that nothing of it was sent, and that no posting speaks for its facts.
 */
export async function leaveOrder(scope: BookScope, run: HeldRun, because: Fact): Promise<void> {
  const { tx, site, book, now } = scope;
  const jobOrder = run.jobOrder;
  if (jobOrder === null) return;
  const standing = await tx.facts.standing(run.id);
  const byBill = standing.filter((fact) => billRequirement(fact) !== null);
  const own = standing.filter((fact) => billRequirement(fact) === null);
  // Under their own rule: what is planned next sums up use by the order line that it is for.
  const takenBack = byBill.map((fact): Fact => ({ ...correctionBy(fact, because.saidBy), rule: fact.rule }));
  await tx.facts.append(takenBack, now);
  await bookMovements(tx, site, book, takenBack, now);
  await takeMovementsBack(tx, site, book, own, because, now);
  for (const fact of own) takeOff(book, jobOrder, fact);
  const assignment = run.assignment + 1;
  await book.decide(tx, run.id, { jobOrder: null, decided: "dismissed", assignment });
  const stillOpen = await tx.runs.openCount(jobOrder);
  book.change(jobOrder, (row) => ({
    ...row,
    runsEnded: row.runsEnded - (run.endedAt === null ? 0 : 1),
  }));
  if (stillOpen === 0) await book.undoStart(tx, jobOrder);
  // Without an order its material is booked as that of any run that belongs to none.
  await bookMovements(tx, site, book, own, now);
  await restateResidue(scope, jobOrder, because);
}

/**
 * Use by bill is rounded over all runs of the operation: what one that leaves had taken of the rounding goes to the newest
 * of those that stay, so that their sum is again the rounded total of their pieces.
 */
async function restateResidue(scope: BookScope, jobOrder: string, because: Fact): Promise<void> {
  const { tx, site, book, now } = scope;
  const facts = await restateUse(scope, jobOrder, because);
  await bookMovements(tx, site, book, facts, now);
  const due = new DueRuns({ site });
  for (const fact of facts) due.look(book, fact);
  await planDue(tx, { site }, book, due.runs, now, "decision");
}

/** Takes a count off its job order; one that could not be added up was not. */
function takeOff(book: JobBook, jobOrder: string, { body }: Fact): void {
  const held = book.row(jobOrder);
  if (body.kind !== "UnitsCounted" || !held) return;
  const by = inUnitOf(held, book.requestOf(jobOrder), body.quantity);
  if (by.ok) book.change(jobOrder, (row) => addCount(row, body.grade, negateExact(by.value)));
}
