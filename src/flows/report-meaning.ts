/**
 * What a person's words refer to, looked up when they are said: the job order of a start, the order line of loaded
 * material, what counted pieces have used by bill. Says no to what the order, the site or a right does not allow.
 */
import { addExact, negateExact, noPart, type ExactMicro } from "../base/exact-micro.ts";
import { instant, type Instant } from "../base/instant.ts";
import type { Quantity } from "../base/quantity.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { JobOrder } from "../isa95/schedule/job-order.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../isa95/schedule/operations-request.ts";
import { numberIn } from "../isa95/schedule/operations-request.ts";
import { effectiveOf } from "../operations/collection/correction.ts";
import { isDispatched } from "../operations/order/change.ts";
import { fitMaterial, type FitLine } from "../operations/reporting/fit.ts";
import { labourMs, presencesOf } from "../operations/reporting/labour.ts";
import { isLeaf, isLotControlled } from "../operations/reporting/policy.ts";
import { usedByBill } from "../operations/tracking/consumption.ts";
import {
  noMeaning,
  type BillUse,
  type LoadNeed,
  type Meaning,
  type Said,
  type Statement,
} from "../record/statement.ts";
import type { Site, SiteWorkUnit } from "../site/site.ts";
import { JobBook } from "./job-book.ts";
import { inUnitOf } from "./job-count.ts";
import type { JobOrderRow, Tx } from "./ports.ts";
import { machineRuns, type Report, type Scene } from "./report-scene.ts";

export interface Saying {
  readonly unit: SiteWorkUnit;
  readonly report: Report;
  readonly scene: Scene;
  /** The statement that is taken back with it. */
  readonly taken: Statement | null;
  readonly eventAt: Instant;
}

type SaidOf<K extends Said["kind"]> = Extract<Said, { readonly kind: K }>;

/** @fault see docs/spec/manual.md */
export async function meaningOf(tx: Tx, site: Site, saying: Saying): Promise<Result<Meaning>> {
  const { said } = saying.report;
  const isMachine = saying.scene.control !== "manual";
  const machine = await machineRuns(tx, site, saying.unit, saying.eventAt);
  const stop = isMachine && said.kind === "stop-reason" ? await tx.statements.machineStop(saying.unit.id) : null;
  // Of several at once it is about the unit, and of no run.
  const [only, ...others] = machine;
  const plain: Meaning = { ...noMeaning, run: others.length > 0 ? null : (only?.id ?? null), stop };
  const manual = saying.scene.state.run?.jobOrder;
  const jobOrders = manual === undefined ? machine.flatMap((run) => run.jobOrder ?? []) : [manual];
  const stays = await whyTakenStays(tx, saying);
  if (stays) return stays;
  const own = await ownMeaning(tx, site, saying, plain, jobOrders);
  return own.ok ? withLeftOver(tx, saying, own.value) : own;
}

async function ownMeaning(
  tx: Tx,
  site: Site,
  saying: Saying,
  plain: Meaning,
  jobOrders: readonly string[],
): Promise<Result<Meaning>> {
  const { said } = saying.report;
  switch (said.kind) {
    case "start":
      return startOf(tx, saying, said, plain);
    case "count":
      return countOf(tx, site, saying, said, plain);
    case "load":
      return loadOf(tx, site, saying, said, plain, jobOrders);
    case "hold":
      return said.reason === null ? ok(plain) : withReason(site.terminal.reasons.stop, said.reason, plain);
    case "sign-off":
      return ok(await signOffOf(tx, site, saying, plain));
    case "stop-reason":
      return withReason(site.terminal.reasons.stop, said.reason, plain);
    default:
      return ok(plain);
  }
}

/** Other units count with it only for the time since this sign-on; who signed on there within a day before is still there. */
async function signOffOf(
  tx: Tx,
  site: Site,
  { unit, report, scene, eventAt }: Saying,
  plain: Meaning,
): Promise<Meaning> {
  const own = scene.state.people.find(({ person }) => person === report.person);
  if (!own) return plain;
  const dayMs = 86_400_000;
  const marks = await tx.terminal.presenceMarks(report.person, instant(own.since - dayMs));
  const presences = presencesOf(
    marks.filter(({ at }) => at < eventAt),
    eventAt,
  ).flatMap((p) => (p.to <= own.since ? [] : [{ ...p, from: instant(Math.max(p.from, own.since)) }]));
  return { ...plain, workedMs: labourMs(presences, site.terminal.people).get(unit.id) ?? 0 };
}

function withReason(tree: Site["terminal"]["reasons"]["stop"], code: string, plain: Meaning): Result<Meaning> {
  if (isLeaf(tree, code)) return ok(plain);
  return fail(
    "refused",
    "reporting/unknown-reason",
    `"${code}" is no reason that can be given here. Choose one of the list.`,
  );
}

async function startOf(tx: Tx, saying: Saying, said: SaidOf<"start">, plain: Meaning): Promise<Result<Meaning>> {
  const { unit } = saying;
  const [row] = await tx.jobOrders.lock([said.jobOrder]);
  const [request] = row ? await tx.requests.get([row.jobOrder.request]) : [];
  const segment = request?.segments.find((s) => s.id === row?.jobOrder.segment);
  if (!row || !request || !segment) {
    return fail("refused", "reporting/unknown-job", "This job is not known here. Scan the operation number again.");
  }
  const name = nameOf(request, segment);
  const may = mayStart(row, request, unit, name);
  if (!may.ok) return may;
  const isKept = (unit.positions ?? []).length > 0;
  const operation = { request: request.id, segment: segment.id };
  const needs = isKept ? segment.materials.filter(isLoadable).map((line) => needOf(line, operation)) : [];
  return ok({ ...plain, job: { name, article: row.jobOrder.material, needs } });
}

function mayStart(row: JobOrderRow, request: OperationsRequest, unit: SiteWorkUnit, name: string): Result<void> {
  const { state, workCenter, workUnit } = row.jobOrder;
  if (workCenter !== unit.partOf || (workUnit !== null && workUnit !== unit.id)) {
    const text = `${name} is planned at ${workUnit ?? workCenter}, not here.`;
    return fail("refused", "reporting/other-unit", text);
  }
  const closed = whyClosed(row, name);
  if (closed) return closed;
  if (state === "held" || !isDispatched(request)) {
    return fail("refused", "reporting/job-held", `${name} is held. Ask the planner to release it.`);
  }
  return ok(undefined);
}

/** Nothing new is made of it: it is final by decision, or the ERP has ended it. */
function whyClosed(row: JobOrderRow, name: string): ReturnType<typeof fail> | null {
  const { state } = row.jobOrder;
  if (state !== "aborted" && state !== "cancelled") return whyFinal(row, name);
  const text = `${name} is ${state}: nothing new is begun for it. Ask the planner whether it is to be made after all.`;
  return fail("refused", "reporting/closed-job", text);
}

/** What was made before the ERP ended an order has been made all the same: only a decision that it is final stops counts. */
function whyFinal({ jobOrder: { state } }: JobOrderRow, name: string): ReturnType<typeof fail> | null {
  if (state !== "completed") return null;
  const text = `${name} is completed: nothing is reported for it any more. A supervisor can reopen it.`;
  return fail("refused", "reporting/closed-job", text);
}

/**
 * Neither a start nor a finish is taken back while its operation is final. The run of a finish would be open again: not
 * when nothing new is made of its job either.
 */
async function whyTakenStays(tx: Tx, saying: Saying): Promise<ReturnType<typeof fail> | null> {
  const kind = saying.taken?.said.kind;
  if (kind !== "start" && kind !== "finish") return null;
  const run = runOfTaken(saying);
  const counted = run === null ? null : await countedFor(tx, run);
  if (!counted) return null;
  const name = nameOf(counted.request, counted.segment);
  return kind === "finish" ? whyClosed(counted.row, name) : whyFinal(counted.row, name);
}

/** The run of what is taken back, as it stands: a start that was corrected since has given it another than it was said in. */
function runOfTaken({ taken, scene }: Saying): string | null {
  const standing = [...effectiveOf(scene.known).values()].find(
    ({ fact, holds }) => holds && fact.run !== null && fact.evidence[0]?.id === taken?.id,
  );
  return standing?.fact.run ?? null;
}

/** Loading is kept for what a count uses or a machine counts; what others issue is not ours to load. */
function isLoadable({ mode }: MaterialRequirement): boolean {
  return mode === "bill" || mode === "measured";
}

export function needOf(
  { id, material, lot, mode, quantity }: MaterialRequirement,
  operation: Pick<JobOrder, "request" | "segment">,
): LoadNeed {
  return { requirement: id, operation, material, lot, ...(mode === "bill" && { uom: quantity.uom }) };
}

async function countOf(
  tx: Tx,
  site: Site,
  saying: Saying,
  said: SaidOf<"count">,
  plain: Meaning,
): Promise<Result<Meaning>> {
  const { scrap } = site.terminal.reasons;
  if (said.grade === "scrap" && scrap.length > 0 && (said.reason === null || !isLeaf(scrap, said.reason))) {
    return fail("refused", "reporting/unknown-reason", "Scrap needs a reason of the list. Choose one.");
  }
  const run = saying.scene.state.run?.id ?? plain.run;
  // Without a job the judgement refuses it.
  if (run === null) return ok(plain);
  const uses = await usesOf(tx, saying, run, said.grade === "good" ? said.quantity : null);
  return uses.ok ? ok({ ...plain, run, uses: uses.value }) : uses;
}

/** What good pieces use by bill, after whatever is taken back with them. */
async function usesOf(
  tx: Tx,
  saying: Saying,
  run: string,
  quantity: Quantity | null,
): Promise<Result<readonly BillUse[]>> {
  const { unit, taken } = saying;
  const counted = await countedFor(tx, run);
  if (!counted) return ok([]);
  const { row, segment, request, before } = counted;
  const final = whyFinal(row, nameOf(request, segment));
  if (final) return final;
  if (quantity === null) return ok([]);
  const by = countedIn(row, request, quantity);
  if (!by.ok) return by;
  const less = taken && runOfTaken(saying) === run ? goodOf(taken, row, request) : nothing;
  const without = addExact(before, negateExact(less));
  return ok(billUses(counted, unit, { before: without, after: addExact(without, by.value) }));
}

interface Counted {
  readonly row: JobOrderRow;
  readonly request: OperationsRequest;
  readonly segment: SegmentRequirement;
  /** Good pieces of the operation so far, over all its job orders. */
  readonly before: ExactMicro;
}

const nothing: ExactMicro = { micro: 0n, ...noPart };

async function countedFor(tx: Tx, run: string): Promise<Counted | null> {
  const book = await JobBook.ofRuns(tx, await tx.runs.lock([run]));
  const jobOrder = book.run(run)?.jobOrder ?? null;
  const row = jobOrder === null ? undefined : book.row(jobOrder);
  const request = jobOrder === null ? undefined : book.requestOf(jobOrder);
  const segment = jobOrder === null ? undefined : book.segmentOf(jobOrder);
  if (jobOrder === null || !row || !request || !segment) return null;
  return { row, request, segment, before: await book.goodOfOperation(tx, jobOrder) };
}

function countedIn(row: JobOrderRow, request: OperationsRequest, quantity: Quantity): Result<ExactMicro> {
  const { uom } = row.jobOrder.quantity;
  const converted = inUnitOf(row, request, quantity);
  if (converted.ok) return converted;
  return fail("refused", "reporting/unit", `Pieces are counted in ${uom} here. Enter the amount in ${uom}.`);
}

function goodOf({ said }: Statement, row: JobOrderRow, request: OperationsRequest): ExactMicro {
  if (said.kind !== "count" || said.grade !== "good") return nothing;
  const converted = inUnitOf(row, request, said.quantity);
  return converted.ok ? converted.value : nothing;
}

function billUses(
  { request, segment }: Counted,
  unit: SiteWorkUnit,
  { before, after }: { readonly before: ExactMicro; readonly after: ExactMicro },
): BillUse[] {
  const isLoadKept = (unit.positions ?? []).length > 0;
  const operation = { request: request.id, segment: segment.id };
  const good = { before: before.micro, after: after.micro };
  return usedByBill(segment, good).map(({ requirement: { id, material, lot, quantity }, micro }) => ({
    requirement: id,
    operation,
    material,
    lot,
    quantity: { micro, uom: quantity.uom },
    isLoadKept,
  }));
}

/**
 * The use by bill stays that of all good pieces of the operation: what a count had used beyond its share (what an order
 * uses once, rounding) is used all the same when the count is taken back.
 */
async function withLeftOver(tx: Tx, saying: Saying, meaning: Meaning): Promise<Result<Meaning>> {
  const { unit, taken, report } = saying;
  const run = runOfTaken(saying);
  if (!taken || run === null || taken.said.kind !== "count") return ok(meaning);
  if (meaning.run !== null && meaning.run !== run && report.said.kind === "count") {
    return fail(
      "refused",
      "reporting/other-run",
      "Another job was under way then. Take the count back, then count anew.",
    );
  }
  const counted = await countedFor(tx, run);
  if (!counted) return ok(meaning);
  const { row, request, segment, before } = counted;
  const final = whyFinal(row, nameOf(request, segment));
  if (final) return final;
  const after = addExact(before, negateExact(goodOf(taken, row, request)));
  const less = billUses(counted, unit, { before, after });
  const rest = addUses(taken.meaning.uses, less);
  return ok({ ...meaning, run, uses: addUses(rest, meaning.uses) });
}

/** Sums for each order line; lines that come to nothing are left out. */
function addUses(a: readonly BillUse[], b: readonly BillUse[]): readonly BillUse[] {
  const sums = new Map<string, BillUse>();
  for (const use of [...a, ...b]) {
    const known = sums.get(use.requirement);
    const micro = use.quantity.micro + (known?.quantity.micro ?? 0n);
    sums.set(use.requirement, { ...use, quantity: { ...use.quantity, micro } });
  }
  return [...sums.values()].filter((use) => use.quantity.micro !== 0n);
}

async function loadOf(
  tx: Tx,
  site: Site,
  saying: Saying,
  said: SaidOf<"load">,
  plain: Meaning,
  jobOrders: readonly string[],
): Promise<Result<Meaning>> {
  const { unit, report, scene } = saying;
  const position = unit.positions?.find(({ id }) => id === said.position);
  if (!position) {
    const names = unit.positions?.map(({ id }) => id).join(", ") ?? "";
    const text = `${unit.id} has no place ${said.position} for material. ${names === "" ? "The site names none." : `It has: ${names}.`}`;
    return fail("refused", "reporting/unknown-position", text);
  }
  if (said.substitutes !== null && !report.maySubstitute) {
    return fail(
      "refused",
      "reporting/not-allowed",
      `You may not load ${said.material} instead of another material. Ask a supervisor.`,
    );
  }
  if (said.substitutes === null && !said.material.startsWith(position.materialPrefix)) {
    return fail(
      "refused",
      "reporting/wrong-position",
      `${said.material} does not belong to ${position.id} (${position.description}).`,
    );
  }
  const later = [...scene.later, ...scene.further].flatMap((s) => (s.said.kind === "start" ? [s.said.jobOrder] : []));
  const lines = await wantedLines(tx, unit, jobOrders, later);
  const fit = fitMaterial(said, lines, (material) => isLotControlled(site.terminal.lotControlled, material));
  if (!fit.ok) return fit;
  const { requirement, operation, quantity, isSubstitute } = fit.value;
  const line = lines.find((l) => l.operation === operation && l.line.id === requirement)?.line;
  // Amounts are kept where people count what uses them up; elsewhere only what is loaded is.
  const isCounted = line?.mode === "bill" && scene.control !== "controlled";
  const from = line?.at ?? site.workCenter(unit.partOf)?.materialFrom ?? null;
  return ok({ ...plain, load: { requirement, operation, quantity: isCounted ? quantity : null, isSubstitute, from } });
}

/** How many of the next jobs material is loaded for while none is under way. */
const nextJobsMax = 3;

/** Components of the current jobs; when there is none, of those that were started later, and of the next ones. */
export async function wantedLines(
  tx: Tx,
  unit: SiteWorkUnit,
  jobOrders: readonly string[],
  later: readonly string[] = [],
): Promise<readonly FitLine[]> {
  const rows = await (jobOrders.length === 0
    ? tx.jobOrders.dispatchable(unit.partOf, unit.id, nextJobsMax, later)
    : tx.jobOrders.dispatchable(unit.partOf, unit.id, 0, jobOrders));
  const inOrder = rows.toSorted((a, b) => (a.jobOrder.dispatchKey < b.jobOrder.dispatchKey ? -1 : 1));
  const requests = await tx.requests.get([...new Set(rows.map((r) => r.jobOrder.request))]);
  return inOrder.flatMap(({ jobOrder: { request: id, segment } }) => {
    const request = requests.find((r) => r.id === id);
    const lines = request?.segments.find((s) => s.id === segment)?.materials.filter(isLoadable) ?? [];
    // Factors of an order are those of its product; a component is said in a unit of its line's dimension.
    const operation = { request: id, segment };
    return lines.map((line): FitLine => ({ line, factors: request?.materialFactors ?? [], operation }));
  });
}

/** As people call an operation of an order. */
export function nameOf(request: OperationsRequest, segment: SegmentRequirement): string {
  return `${numberIn(request.id)}/${segment.id}`;
}
