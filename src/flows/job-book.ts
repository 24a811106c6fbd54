/**
 * The runs, job orders and orders that one transaction works on: loaded once, changed in memory, written once.
 */
import { addExact, noPart, type ExactMicro } from "../base/exact-micro.ts";
import type { Instant, LocalDate } from "../base/instant.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type { OperationsRequest, SegmentRequirement } from "../isa95/schedule/operations-request.ts";
import { afterCommand, type JobOrderCommand } from "../operations/execution/job-order-state.ts";
import type { Binding } from "../operations/execution/binding.ts";
import { isHeldByErp } from "../operations/order/change.ts";
import { hasMade, isReleased, predecessor } from "../operations/order/operation.ts";
import type { Fact } from "../record/fact.ts";
import type { Site } from "../site/site.ts";
import { goodOf } from "./job-count.ts";
import type { HeldRun, JobOrderRow, RunDecision, RunRow, Tx } from "./ports.ts";

/** The result of a run that never was: a later reading of the machine has taken its start back. */
export const takenBack = "corrected";

type Refusal = Extract<Binding, { bound: false }>;

type Operation = Pick<JobOrder, "request" | "segment">;

function nameOf({ request, segment }: Operation): string {
  return `${request}/${segment}`;
}

/** What one transaction works with. */
export interface BookScope {
  readonly tx: Tx;
  readonly site: Site;
  readonly book: JobBook;
  readonly now: Instant;
}

export class JobBook {
  readonly #runs = new Map<string, HeldRun>();
  readonly #jobOrders = new Map<string, JobOrderRow>();
  readonly #requests = new Map<string, OperationsRequest>();
  readonly #changed = new Set<string>();
  readonly #refusals = new Map<string, Refusal>();
  /** Job orders of which good pieces were counted, and none stood before. */
  readonly #firstMade = new Set<string>();
  /** The job orders of each operation of which all are here. */
  readonly #operations = new Map<string, Set<string>>();

  /** Everything that the facts' runs belong to, locked. */
  static async load(tx: Tx, facts: readonly Fact[]): Promise<JobBook> {
    const ids = [...new Set(facts.flatMap((f) => (f.run === null ? [] : [f.run])))].toSorted();
    return JobBook.ofRuns(tx, await tx.runs.lock(ids));
  }

  /** @param runs  locked */
  static async ofRuns(tx: Tx, runs: readonly HeldRun[]): Promise<JobBook> {
    const book = new JobBook();
    for (const run of runs) book.#runs.set(run.id, run);
    const jobOrders = [...new Set([...book.#runs.values()].flatMap((r) => (r.jobOrder === null ? [] : [r.jobOrder])))];
    await book.#take(tx, jobOrders.toSorted());
    return book;
  }

  async #take(tx: Tx, jobOrders: readonly string[]): Promise<void> {
    const rows = await tx.jobOrders.lock(jobOrders.filter((id) => !this.#jobOrders.has(id)));
    for (const row of rows) this.#hold(row);
    const requests = [...new Set(rows.map((r) => r.jobOrder.request))].filter((id) => !this.#requests.has(id));
    for (const request of await tx.requests.get(requests)) this.#requests.set(request.id, request);
  }

  /** A locked one; as this transaction has changed it, where it is here already. */
  #hold(row: JobOrderRow): void {
    const { id } = row.jobOrder;
    if (!this.#jobOrders.has(id)) this.#jobOrders.set(id, row);
    this.#operations.get(nameOf(row.jobOrder))?.add(id);
  }

  /** All job orders of these ones' operations, locked, where use by bill depends on them: with one statement, however many they are. */
  async takeOperations(tx: Tx, jobOrders: Iterable<string>): Promise<void> {
    const missing = new Map<string, Operation>();
    for (const id of jobOrders) {
      const own = this.#jobOrders.get(id)?.jobOrder;
      if (own && this.#isUsedByBill(id) && !this.#operations.has(nameOf(own))) missing.set(nameOf(own), own);
    }
    const rows = await tx.jobOrders.ofOperations([...missing.values()]);
    for (const name of missing.keys()) this.#operations.set(name, new Set());
    for (const row of rows) this.#hold(row);
  }

  #isUsedByBill(jobOrder: string): boolean {
    return this.segmentOf(jobOrder)?.materials.some((m) => m.mode === "bill") === true;
  }

  run(id: string): HeldRun | undefined {
    return this.#runs.get(id);
  }

  /** A run that begins, or begins anew: nobody has decided anything about it yet. */
  add(run: RunRow): void {
    this.#runs.set(run.id, { decided: null, assignment: 0, heir: null, plannedBefore: null, version: 0, ...run });
  }

  /** A run that the store holds, with its job order; one that is here already stays as it is. */
  async take(tx: Tx, run: HeldRun): Promise<void> {
    if (!this.#runs.has(run.id)) this.#runs.set(run.id, run);
    if (run.jobOrder !== null) await this.bind(tx, run.jobOrder);
  }

  /** What a person decided, in the store and here. */
  async decide(tx: Tx, id: string, decision: RunDecision): Promise<void> {
    const run = this.#runs.get(id);
    if (!run) return;
    if (decision.jobOrder !== null) await this.bind(tx, decision.jobOrder);
    await tx.runs.decide(id, decision);
    this.#runs.set(id, { ...run, ...decision });
  }

  /** Another run stands in the place of this one. */
  async putInPlace(tx: Tx, id: string, heir: string | null): Promise<void> {
    const run = this.#runs.get(id);
    if (!run || run.heir === heir) return;
    await tx.runs.putInPlace(id, heir);
    this.#runs.set(id, { ...run, heir });
  }

  end(id: string, at: Instant, result: string): HeldRun | undefined {
    const run = this.#runs.get(id);
    if (!run) return undefined;
    const ended = { ...run, endedAt: at, result };
    this.#runs.set(id, ended);
    return ended;
  }

  reopen(id: string): void {
    const run = this.#runs.get(id);
    if (run) this.#runs.set(id, { ...run, endedAt: null, result: null, plannedBefore: null });
  }

  /** How far the days of a run that goes on are planned, in the store and here; null: they are to be looked at again. */
  async planned(tx: Tx, id: string, before: LocalDate | null): Promise<void> {
    const run = this.#runs.get(id);
    if (run?.plannedBefore === before) return;
    await tx.runs.planned(id, before);
    if (run) this.#runs.set(id, { ...run, plannedBefore: before });
  }

  explain(run: string, refusal: Refusal): void {
    this.#refusals.set(run, refusal);
  }

  explanation(run: string): Refusal | undefined {
    return this.#refusals.get(run);
  }

  row(jobOrder: string): JobOrderRow | undefined {
    return this.#jobOrders.get(jobOrder);
  }

  /** The row as this transaction has changed it. */
  current(row: JobOrderRow): JobOrderRow {
    return this.#jobOrders.get(row.jobOrder.id) ?? row;
  }

  async bind(tx: Tx, ...jobOrders: readonly string[]): Promise<void> {
    await this.#take(tx, jobOrders);
  }

  change(jobOrder: string, change: (row: JobOrderRow) => JobOrderRow): void {
    const row = this.#jobOrders.get(jobOrder);
    if (!row) return;
    const changed = change(row);
    this.#jobOrders.set(jobOrder, changed);
    this.#changed.add(jobOrder);
    if (row.goodMicro <= 0n && changed.goodMicro > 0n) this.#firstMade.add(jobOrder);
  }

  /** The last open run of a job order is over; what the ERP holds is held again. */
  endRun(jobOrder: string): void {
    this.#tell(jobOrder, ["end-run"]);
  }

  /**
   * No run of a job order is open, and the last one never was, or is another one's: that lets nothing go. It may go when it
   * has been worked on otherwise, or as far as the operation before it goes.
   */
  async undoStart(tx: Tx, jobOrder: string): Promise<void> {
    const row = this.#jobOrders.get(jobOrder);
    if (!row || afterCommand(row.jobOrder.state, "undo-start") === row.jobOrder.state) return;
    const mayGo = row.runsEnded > 0 || (await this.#isReleased(tx, jobOrder));
    this.#tell(jobOrder, mayGo ? ["undo-start", "release"] : ["undo-start"]);
  }

  async #isReleased(tx: Tx, jobOrder: string): Promise<boolean> {
    const [request, segment] = [this.requestOf(jobOrder), this.segmentOf(jobOrder)];
    if (!request || !segment || !predecessor(request, segment)) return true;
    // Not locked: whoever makes the first pieces before it waits for this job order, and lets it go after us.
    const rows = (await tx.jobOrders.readRequest(request.id)).map((row) => this.current(row));
    const made = rows.filter(hasMade).map((row) => row.jobOrder.segment);
    return isReleased(request, segment, (id) => made.includes(id));
  }

  #tell(jobOrder: string, commands: readonly JobOrderCommand[]): void {
    const request = this.requestOf(jobOrder);
    const all: readonly JobOrderCommand[] = request && isHeldByErp(request) ? [...commands, "hold"] : commands;
    this.change(jobOrder, (row) => ({
      ...row,
      jobOrder: { ...row.jobOrder, state: all.reduce(afterCommand, row.jobOrder.state) },
    }));
  }

  /** Good pieces of an operation over all its job orders; they are locked with it, where use by bill depends on them. */
  async goodOfOperation(tx: Tx, jobOrder: string): Promise<ExactMicro> {
    const own = this.#jobOrders.get(jobOrder);
    if (!own) return { micro: 0n, ...noPart };
    if (!this.#isUsedByBill(jobOrder)) return goodOf(own);
    await this.takeOperations(tx, [jobOrder]);
    const parts = [...(this.#operations.get(nameOf(own.jobOrder)) ?? [])];
    return parts
      .flatMap((id) => this.#jobOrders.get(id) ?? [])
      .map(goodOf)
      .reduce(addExact);
  }

  requestOf(jobOrder: string): OperationsRequest | undefined {
    const row = this.#jobOrders.get(jobOrder);
    return row && this.#requests.get(row.jobOrder.request);
  }

  segmentOf(jobOrder: string): SegmentRequirement | undefined {
    const segment = this.#jobOrders.get(jobOrder)?.jobOrder.segment;
    return this.requestOf(jobOrder)?.segments.find((s) => s.id === segment);
  }

  /**
   * Job orders of the next operation may go when this one has made something and ended a run. Those alone are locked: whoever
   * has a later operation waits for no earlier one, so that two of an order cannot lock each other out.
   */
  async release(tx: Tx, jobOrder: string): Promise<void> {
    const row = this.#jobOrders.get(jobOrder);
    const request = this.requestOf(jobOrder);
    if (!row || !request || !hasMade(row)) return;
    const next = request.segments.filter((s) => predecessor(request, s)?.id === row.jobOrder.segment);
    const operations = next.map(({ id: segment }) => ({ request: request.id, segment }));
    for (const other of await tx.jobOrders.ofOperations(operations)) {
      this.#hold(other);
      const { jobOrder: held } = this.current(other);
      const state = afterCommand(held.state, "release");
      if (state !== held.state) this.change(held.id, (r) => ({ ...r, jobOrder: { ...r.jobOrder, state } }));
    }
  }

  /** The same for job orders whose first good pieces came after a run of theirs had ended. */
  async releaseBehindLate(tx: Tx): Promise<void> {
    for (const id of this.#firstMade) await this.release(tx, id);
    this.#firstMade.clear();
  }

  /** @returns true when a job order was written */
  async save(tx: Tx): Promise<boolean> {
    await tx.jobOrders.save([...this.#changed].toSorted().flatMap((id) => this.#jobOrders.get(id) ?? []));
    return this.#changed.size > 0;
  }
}
