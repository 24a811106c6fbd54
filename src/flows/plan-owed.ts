/** What a run owes to the ERP becomes postings, in the transaction that states its facts. */
import type { Instant, LocalDate } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { issuedPerLine } from "../operations/execution/allocation.ts";
import { standingFor } from "../operations/execution/final.ts";
import {
  planPostings,
  type OwedFacts,
  type PlannedPosting,
  type PlanScope,
} from "../operations/execution/posting-plan.ts";
import type { Fact } from "../record/fact.ts";
import type { Finality } from "../record/finality.ts";
import type { OwedKind } from "../record/posting.ts";
import type { CollectPorts } from "./collect-ports.ts";
import type { JobBook } from "./job-book.ts";
import type { Tx } from "./ports.ts";
import { runInPlaceOf } from "./run-line.ts";

export interface PlannedOwed {
  readonly postings: number;
  /** Amounts that cannot be posted without a decision, or not while the operation is final. */
  readonly doubts: number;
}

const nothing: PlannedOwed = { postings: 0, doubts: 0 };

/** @param before plan only posting dates before this one; null plans all */
export async function planOwed(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  run: string,
  before: LocalDate | null,
  now: Instant,
): Promise<PlannedOwed> {
  const row = book.run(run);
  if (row?.heir) return planWithHeir(tx, ports, book, row.heir, now);
  const request = row?.jobOrder ? book.requestOf(row.jobOrder) : undefined;
  const segment = row?.jobOrder ? book.segmentOf(row.jobOrder) : undefined;
  if (!row || !request || !segment) return nothing;
  const { site } = ports;
  const dateOf = (at: Instant): LocalDate => localDate(at, site.zone);
  // The order's row is the lock under which what it owes is looked up and its postings get their numbers.
  await tx.requests.lock(request.id);
  const owed = await owedFacts(tx, run, (fact) => before === null || dateOf(fact.eventAt) < before);
  if (Object.values(owed).every((facts) => facts.length === 0)) return nothing;
  const made = await tx.postings.made(run);
  const policy = site.posting(request.reference.erp);
  const supply = site.workCenter(site.workUnit(row.workUnit)?.partOf ?? "")?.materialFrom ?? null;
  const lines = request.segments.flatMap((s) => s.materials);
  const scope: PlanScope = {
    run,
    request,
    segment,
    recordedAt: now,
    datesOf: (at) => ({ posting: dateOf(at), document: dateOf(at) }),
    supply,
    postsUnplanned: policy.unplannedConsumption === "post",
    issued: issuedPerLine(lines, await tx.postings.issued(request.id), request.materialFactors),
    made: (kind, date) => made.filter((m) => m.kind === kind && m.postingDate === date).length,
  };
  const plan = planPostings(scope, policy.receipt ? owed : { ...owed, "goods-receipt": [] });
  const held = standingFor(await tx.finalities.standing(request.id), segment.id);
  const closed = held !== null && plan.postings.length > 0 ? [lateQuestion(held, request, plan.postings)] : [];
  await tx.attention.ask([...plan.doubts, ...closed], now);
  if (held) return { postings: 0, doubts: plan.doubts.length + closed.length };
  const postings = plan.postings.map((p) => ({
    ...p,
    erp: request.reference.erp,
    request: request.id,
    segment: segment.id,
    run,
  }));
  await tx.postings.plan(postings, now, await tx.site.isRecovering());
  return { postings: postings.length, doubts: plan.doubts.length };
}

/**
 * What is owed for a run in whose place another stands is planned with that one: the difference alone is posted. One that
 * goes on is planned with the rest of its day.
 */
async function planWithHeir(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  heir: string,
  now: Instant,
): Promise<PlannedOwed> {
  const run = await runInPlaceOf(tx, heir);
  if (!run || run.endedAt === null) return nothing;
  await book.take(tx, run);
  return planOwed(tx, ports, book, run.id, null, now);
}

/** What arrives after the decision stays owed; a person reopens the operation, or leaves it so. */
function lateQuestion(
  held: Finality,
  request: OperationsRequest,
  late: readonly PlannedPosting[],
): { readonly subject: string; readonly text: string; readonly evidence: readonly string[] } {
  const { number } = request.reference;
  const text = `Operation ${held.segment} of order ${number} is final, and more was reported of it. Reopen it, and it is posted.`;
  return { subject: lateSubject(held), text, evidence: late.flatMap((p) => p.facts) };
}

/** One question for each decision, however much comes late. */
export function lateSubject({ request, segment, number }: Finality): string {
  return `final/${request}/${segment}/${number}`;
}

async function owedFacts(tx: Tx, run: string, wanted: (fact: Fact) => boolean): Promise<OwedFacts> {
  const of = async (kind: OwedKind): Promise<readonly Fact[]> => (await tx.facts.owed(run, kind)).filter(wanted);
  return {
    confirmation: await of("confirmation"),
    "goods-receipt": await of("goods-receipt"),
    "goods-issue": await of("goods-issue"),
  };
}
