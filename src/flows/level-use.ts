/**
 * What a run holds less than nothing of, as used by bill, is made up by other runs and days of its operation. Part of the
 * transaction that states the facts. What is moved is decided by `operations/tracking/levelling`.
 */
import { localDate } from "../base/site-time.ts";
import { billRequirement, billRule, billTotal } from "../operations/tracking/consumption.ts";
import { levelled, useByDay, type HeldUse, type MovedUse } from "../operations/tracking/levelling.ts";
import { countedQuantity, factId, type Fact } from "../record/fact.ts";
import type { BookScope } from "./job-book.ts";
import type { HeldRun } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

/**
 * @param stated  facts that are in the store already
 * @returns       what is stated in addition; its runs are in the book
 */
export async function levelUse(scope: BookScope, stated: readonly Fact[]): Promise<readonly Fact[]> {
  const { tx, book } = scope;
  const facts: Fact[] = [];
  const takenFrom = Map.groupBy(stated.filter(takesUseBack), ({ run }) => run);
  for (const [id, [because]] of takenFrom) {
    const known = id === null ? undefined : book.run(id);
    const run = known?.heir ? await runInPlaceOf(tx, known.heir) : known;
    if (!run || run.jobOrder === null || !because) continue;
    // The operation is read, and its runs are locked, only where it must be: a take-back seldom takes more than is there, or the
    // last good piece.
    const own = byDay(scope, await tx.facts.usedByBill([run.id]));
    await book.take(tx, run);
    const isShort = own.some(({ micro }) => micro < 0n);
    const isLeft = own.some(({ micro }) => micro > 0n) && (await book.goodOfOperation(tx, run.jobOrder)).micro <= 0n;
    if (isShort || isLeft) facts.push(...(await restateUse(scope, run.jobOrder, because)));
  }
  return facts;
}

/**
 * The sum of what an operation's runs hold of each line by bill is the rounded total of its pieces again, where a run has left
 * it or the order has changed its amounts since: the newest run takes the difference. Then no run holds less than nothing.
 *
 * @returns what is stated; its runs are in the book
 */
export async function restateUse(scope: BookScope, jobOrder: string, because: Fact): Promise<readonly Fact[]> {
  const { tx, book } = scope;
  const segment = book.segmentOf(jobOrder);
  if (!segment) return [];
  const { micro: good } = await book.goodOfOperation(tx, jobOrder);
  const held = await heldByOperation(scope, jobOrder);
  const residues = segment.materials.flatMap((line): readonly MovedUse[] => {
    const { id, material, lot, quantity } = line;
    const own = held.filter(({ rule }) => rule === billRule(id)).toSorted((a, b) => b.lastAt - a.lastAt);
    const [newest] = own;
    const micro = billTotal(segment, line, good) - own.reduce((sum, use) => sum + use.micro, 0n);
    // Amounts of two units are no sum.
    if (!newest || micro === 0n || own.some(({ uom }) => uom !== quantity.uom)) return [];
    return [{ of: { ...newest, material, lot, uom: quantity.uom }, micro }];
  });
  const restated = byDay(scope, [...held, ...residues.map(({ of, micro }) => ({ ...of, micro }))]);
  return [
    ...(await stateMoved(scope, residues, "residue", because)),
    ...(await stateMoved(scope, levelled(restated), "levelled", because)),
  ];
}

/** Of all else that is stated nothing can become less than nothing. */
function takesUseBack(fact: Fact): boolean {
  return billRequirement(fact) !== null && (countedQuantity(fact.body)?.micro ?? 0n) < 0n;
}

/** What runs hold of the job order's operation; those are locked. */
async function heldByOperation(scope: BookScope, jobOrder: string): Promise<readonly HeldUse[]> {
  const { tx, book } = scope;
  const own = book.row(jobOrder)?.jobOrder;
  if (!own) return [];
  const parts = (await tx.jobOrders.ofRequest(own.request)).filter((part) => part.jobOrder.segment === own.segment);
  const ids = new Set<string | null>(parts.map((part) => part.jobOrder.id));
  const runs = (await tx.runs.ofRequest(own.request)).filter((run) => run.heir === null && ids.has(run.jobOrder));
  return byDay(scope, await tx.facts.usedByBill(runs.map((run) => run.id)));
}

function byDay({ site }: BookScope, held: readonly HeldUse[]): readonly HeldUse[] {
  return useByDay(held, (at) => localDate(at, site.zone));
}

/**
 * States what is moved, each at the last time of what it is added to.
 *
 * @param why      tells apart what one fact makes necessary
 * @param because  whoever said this has made it necessary
 */
async function stateMoved(
  { tx, book, now }: BookScope,
  moved: readonly MovedUse[],
  why: "levelled" | "residue",
  because: Fact,
): Promise<readonly Fact[]> {
  const runs = new Map<string, HeldRun>();
  for (const run of await tx.runs.lock([...new Set(moved.map(({ of }) => of.run))].toSorted())) {
    await book.take(tx, run);
    runs.set(run.id, run);
  }
  const facts = moved.flatMap(({ of, micro }): readonly Fact[] => {
    const run = runs.get(of.run);
    if (!run) return [];
    const { rule, material, lot, uom, lastAt: eventAt } = of;
    const { source, workUnit } = run;
    const id = factId(because.id, [why, run.id, rule, material, lot ?? "", eventAt].join("|"), 0);
    const body = { kind: "MaterialConsumed", material, lot, quantity: { micro, uom } } as const;
    return [{ ...because, id, source, workUnit, run: run.id, eventAt, rule, revision: 0, body }];
  });
  await tx.facts.append(facts, now);
  return facts;
}
