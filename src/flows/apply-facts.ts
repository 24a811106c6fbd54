/**
 * What new facts change: runs begin and end, job orders move, counts add up, material moves in the ledger, and what is
 * owed to the ERP becomes postings. Part of the transaction that states the facts.
 */
import { addExact } from "../base/exact-micro.ts";
import type { Instant, LocalDate } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import { bindRun, type Binding } from "../operations/execution/binding.ts";
import { afterCommand } from "../operations/execution/job-order-state.ts";
import { consumedByBill } from "../operations/tracking/consumption.ts";
import { countedQuantity, factId, statementOf, type Fact } from "../record/fact.ts";
import type { CollectPorts } from "./collect-ports.ts";
import { bookMovements } from "./book-movements.ts";
import { JobBook, takenBack } from "./job-book.ts";
import { addCount, inUnitOf } from "./job-count.ts";
import { levelUse } from "./level-use.ts";
import { planDue } from "./plan-owed.ts";
import { forsakenBy, inherit } from "./inherit-decision.ts";
import { manualSource } from "../record/statement.ts";
import type { HeldRun, JobOrderRow, RunRow, Tx } from "./ports.ts";

export interface Applied {
  readonly facts: number;
  readonly postings: number;
  readonly moved: boolean;
}

export type ApplyPorts = Pick<CollectPorts, "site" | "dispatched">;

export async function applyFacts(tx: Tx, ports: ApplyPorts, stated: readonly Fact[], now: Instant): Promise<Applied> {
  const isNew = new Set(await tx.facts.append(stated, now));
  // What was stated before has had its effects: nothing of it is done twice.
  const fresh = stated.filter((fact) => isNew.delete(fact.id));
  if (fresh.length === 0) return { facts: 0, postings: 0, moved: false };
  const book = await JobBook.load(tx, fresh);
  await book.takeOperations(tx, countedByBill(book, fresh));
  const moved: Fact[] = [];
  const derived: Fact[] = [];
  const due = new DueRuns(ports);
  for (const fact of fresh) {
    const said = await applyRun(tx, ports, book, fact, now);
    moved.push(...said);
    for (const one of [fact, ...said]) {
      derived.push(...(await countFact(tx, book, one, now, "stated-by-hand")));
      due.look(book, one);
    }
  }
  const further = [...moved, ...derived];
  await tx.facts.append(further, now);
  const level = await levelUse({ tx, site: ports.site, book, now }, [...fresh, ...further]);
  for (const fact of level) due.look(book, fact);
  const facts = [...fresh, ...further, ...level];
  await bookMovements(tx, ports.site, book, facts, now);
  await quarantineUncounted(tx, book, facts, now);
  await book.releaseBehindLate(tx);
  const hasMoved = await book.save(tx);
  await withdrawUnsent(tx, fresh, now);
  const postings = await planDue(tx, ports, book, due.runs, now, "statement");
  return { facts: facts.length, postings, moved: hasMoved };
}

/** What a person takes back and no byte was sent of is planned anew without it. */
async function withdrawUnsent(tx: Tx, fresh: readonly Fact[], now: Instant): Promise<void> {
  const takenBackByPeople = fresh.flatMap((fact) =>
    fact.body.kind === "Corrected" && isOfPeople(fact) ? [fact.body.corrects] : [],
  );
  if (takenBackByPeople.length > 0) await tx.postings.withdrawUnsent(takenBackByPeople, now);
}

/** @returns facts said by people that go with the run to the one that stands in its place */
async function applyRun(tx: Tx, ports: ApplyPorts, book: JobBook, fact: Fact, now: Instant): Promise<readonly Fact[]> {
  const { body, run } = fact;
  if (run === null) return [];
  if (body.kind === "JobStarted") return begin(tx, ports, book, fact, body, now);
  if (body.kind === "JobEnded") await end(tx, book, run, fact.eventAt, body.result);
  else if (body.kind === "Corrected" && body.was.kind === "JobStarted") {
    await end(tx, book, run, fact.eventAt, takenBack);
    await tx.attention.resolve("production", run, now);
  } else if (body.kind === "Corrected" && body.was.kind === "JobEnded") await reopen(tx, book, run);
  return [];
}

async function begin(
  tx: Tx,
  ports: ApplyPorts,
  book: JobBook,
  fact: Fact,
  said: Extract<Fact["body"], { kind: "JobStarted" }>,
  now: Instant,
): Promise<readonly Fact[]> {
  const known = fact.run === null ? undefined : book.run(fact.run);
  if (fact.run === null || (known && known.result !== takenBack)) return [];
  const before = await forsakenBy(tx, book, fact, said);
  // It was taken back and has happened after all: it stays with its order, or with a person's word.
  if (!before && known && (known.jobOrder !== null || known.decided !== null)) {
    await book.putInPlace(tx, known.id, null);
    await reopen(tx, book, known.id);
    return [];
  }
  const workCenter = ports.site.workUnit(fact.workUnit)?.partOf ?? "";
  const candidates = await candidatesOf(tx, workCenter, said);
  const started = { ...said, workUnit: fact.workUnit };
  const bind = (): Binding =>
    bindRun(
      started,
      candidates.map((c) => book.current(c).jobOrder),
    );
  // Judged by what is locked: somebody may be completing the job order at this moment.
  let binding = bind();
  while (binding.bound && !book.row(binding.jobOrder.id)) {
    await book.bind(tx, binding.jobOrder.id);
    binding = bind();
  }
  const jobOrder = before?.decided ? before.jobOrder : binding.bound ? binding.jobOrder.id : null;
  const run: RunRow = {
    id: fact.run,
    source: fact.source,
    workUnit: fact.workUnit,
    job: said.job,
    article: said.article,
    outside: said.outside,
    jobOrder,
    startedAt: fact.eventAt,
    endedAt: null,
    result: null,
  };
  const because = jobOrder === null ? null : ports.dispatched.whyNotStored(fact.source, jobOrder);
  await tx.runs.begin(run, { was: jobOrder !== null && because === null, because });
  book.add(run);
  if (jobOrder !== null) {
    await book.bind(tx, jobOrder);
    book.change(jobOrder, (row) => ({
      ...row,
      jobOrder: { ...row.jobOrder, state: afterCommand(row.jobOrder.state, "start") },
    }));
  } else if (!binding.bound && !before?.decided) {
    book.explain(run.id, binding);
    // Outside a run nothing may follow; it is reported when something was made (see below).
    if (!said.outside) await tx.attention.quarantine("production", run.id, binding, detailOf(run), now);
  }
  return before ? inherit(tx, book, before, run.id) : [];
}

/** A person has chosen the job order; a machine says a name that may mean several. */
async function candidatesOf(
  tx: Tx,
  workCenter: string,
  said: Extract<Fact["body"], { kind: "JobStarted" }>,
): Promise<readonly JobOrderRow[]> {
  if (said.jobOrder !== undefined) return tx.jobOrders.lock([said.jobOrder]);
  return said.outside ? [] : tx.jobOrders.named(workCenter, said.job, said.article);
}

async function end(tx: Tx, book: JobBook, id: string, at: Instant, result: string): Promise<void> {
  await tx.runs.end(id, at, result);
  const run = book.end(id, at, result);
  if (!run?.jobOrder) return;
  const stillOpen = await tx.runs.openCount(run.jobOrder);
  book.change(run.jobOrder, (row) => ({
    ...row,
    runsEnded: row.runsEnded + (result === takenBack ? 0 : 1),
  }));
  if (stillOpen === 0 && result === takenBack) await book.undoStart(tx, run.jobOrder);
  else if (stillOpen === 0) book.endRun(run.jobOrder);
  await book.release(tx, run.jobOrder);
}

/** A later reading says that the run goes on, or that it was there after all. */
async function reopen(tx: Tx, book: JobBook, id: string): Promise<void> {
  const run = book.run(id);
  if (!run || run.endedAt === null) return;
  await tx.runs.reopen(id);
  book.reopen(id);
  if (run.jobOrder === null) return;
  book.change(run.jobOrder, (row) => ({
    ...row,
    runsEnded: row.runsEnded - (run.result === takenBack ? 0 : 1),
    jobOrder: { ...row.jobOrder, state: afterCommand(row.jobOrder.state, "start") },
  }));
}

/**
 * Adds a count to its job order.
 *
 * @param use  who says what a count of a person has used by bill: whoever stated it, or nobody because no order was known
 * @returns    what was used by bill with it
 */
export async function countFact(
  tx: Tx,
  book: JobBook,
  fact: Fact,
  now: Instant,
  use: "stated-by-hand" | "not-stated",
): Promise<Fact[]> {
  const jobOrder = fact.run === null ? null : (book.run(fact.run)?.jobOrder ?? null);
  const held = jobOrder === null ? undefined : book.row(jobOrder);
  const body = statementOf(fact.body);
  const quantity = countedQuantity(fact.body);
  if (jobOrder === null || !held || body.kind !== "UnitsCounted" || !quantity) return [];
  const by = inUnitOf(held, book.requestOf(jobOrder), quantity);
  if (!by.ok) {
    const text = `Pieces of ${held.jobOrder.material} are not added up: ${by.fault.message}`;
    await tx.attention.ask([{ subject: `count-unit/${jobOrder}`, text, evidence: [fact.id] }], now);
    return [];
  }
  const segment = book.segmentOf(jobOrder);
  if (!segment || body.grade !== "good" || (use === "stated-by-hand" && isOfPeople(fact))) {
    book.change(jobOrder, (row) => addCount(row, body.grade, by.value));
    return [];
  }
  // Over all job orders of the operation: what is used once for it is used once.
  const before = await book.goodOfOperation(tx, jobOrder);
  book.change(jobOrder, (row) => addCount(row, body.grade, by.value));
  const after = addExact(before, by.value);
  const used = consumedByBill(segment, fact, { before: before.micro, after: after.micro });
  // Worked out before for another order, it is a statement of its own.
  const revision = (fact.run === null ? undefined : book.run(fact.run)?.assignment) ?? 0;
  return revision === 0 ? used : used.map((f) => ({ ...f, revision, id: factId(fact.id, f.rule, revision) }));
}

/** What people count is stated together with what it has used, by lots. */
function isOfPeople({ source, workUnit }: Fact): boolean {
  return source === manualSource(workUnit);
}

/** Job orders of whose good pieces the use by bill is worked out. */
function countedByBill(book: JobBook, facts: readonly Fact[]): readonly string[] {
  return facts.flatMap((fact) => {
    const body = statementOf(fact.body);
    if (fact.run === null || body.kind !== "UnitsCounted" || body.grade !== "good" || isOfPeople(fact)) return [];
    return book.run(fact.run)?.jobOrder ?? [];
  });
}

/** Production outside every run is reported when something was made or used in it. */
async function quarantineUncounted(tx: Tx, book: JobBook, facts: readonly Fact[], now: Instant): Promise<void> {
  const runs = new Set<string>();
  for (const { body, run } of facts) {
    if (run !== null && (body.kind === "UnitsCounted" || body.kind === "MaterialConsumed")) runs.add(run);
  }
  for (const id of runs) {
    const run = book.run(id);
    if (!run?.outside || run.result === takenBack || run.decided !== null) continue;
    const why = book.explanation(id) ?? bindRun(run, []);
    if (!why.bound) await tx.attention.quarantine("production", id, why, detailOf(run), now);
  }
}

function detailOf(run: RunRow): unknown {
  const { source, workUnit, job, article, startedAt } = run;
  return { source, workUnit, job, article, startedAt };
}

/**
 * Runs whose facts are to be planned now: those that ended or never were, those counted after their end, and the days
 * before the newest one of a run that goes on over midnight.
 */
export class DueRuns {
  /** Run → plan only posting dates before this one; null plans all. */
  readonly runs = new Map<string, LocalDate | null>();
  readonly #ports: Pick<CollectPorts, "site">;
  readonly #newest = new Map<string, LocalDate>();
  /** Runs of whose earlier days something is new, or whose day has turned. */
  readonly #changed = new Set<string>();

  constructor(ports: Pick<CollectPorts, "site">) {
    this.#ports = ports;
  }

  look(book: JobBook, fact: Fact): void {
    const { run } = fact;
    const row = run === null ? undefined : book.run(run);
    if (run === null || !row?.jobOrder) return;
    const isEnded = row.endedAt !== null;
    // One that never was owes what people counted of it, and what was posted of it is asked about.
    const neverWas = isEnded && fact.body.kind === "Corrected" && fact.body.was.kind === "JobStarted";
    if (fact.body.kind === "JobEnded" || neverWas || (isEnded && isCounted(fact))) this.runs.set(run, null);
    else if (isCounted(fact)) this.#lookAtDay(row, fact);
  }

  /** The days before are looked at when the day turns, and when something is said of them, or taken back. */
  #lookAtDay({ id, startedAt, plannedBefore }: HeldRun, { eventAt }: Fact): void {
    const day = localDate(eventAt, this.#ports.site.zone);
    const first = localDate(startedAt, this.#ports.site.zone);
    const known = this.#newest.get(id) ?? first;
    const newest = day > known ? day : known;
    this.#newest.set(id, newest);
    if (day !== plannedBefore) this.#changed.add(id);
    // Late facts alone put back how far it is planned: the next count plans them.
    const isDue = this.#changed.has(id) && (newest !== first || plannedBefore !== null);
    if (isDue && this.runs.get(id) !== null) this.runs.set(id, newest);
  }
}

function isCounted(fact: Fact): boolean {
  const { kind } = statementOf(fact.body);
  return kind === "UnitsCounted" || kind === "MaterialConsumed";
}
