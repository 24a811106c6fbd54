/** What a run owes to the ERP becomes postings, in the transaction that states its facts. */
import type { Instant, LocalDate } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import { issuedPerLine } from "../operations/execution/allocation.ts";
import { planPostings, type OwedFacts, type PlanScope } from "../operations/execution/posting-plan.ts";
import type { Fact } from "../record/fact.ts";
import type { DocumentKind } from "../record/posting.ts";
import type { CollectPorts } from "./collect-ports.ts";
import type { JobBook } from "./job-book.ts";
import type { Tx } from "./ports.ts";

/** @param before plan only posting dates before this one; null plans all. @returns how many postings were planned */
export async function planOwed(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  run: string,
  before: LocalDate | null,
  now: Instant,
): Promise<number> {
  const row = book.run(run);
  // What is owed for a run in whose place another stands is planned with that one: the difference alone is posted.
  if (row?.heir) return 0;
  const request = row?.jobOrder ? book.requestOf(row.jobOrder) : undefined;
  const segment = row?.jobOrder ? book.segmentOf(row.jobOrder) : undefined;
  if (!row || !request || !segment) return 0;
  const { site } = ports;
  const dateOf = (at: Instant): LocalDate => localDate(at, site.zone);
  // The order's row is the lock under which what it owes is looked up and its postings get their numbers.
  await tx.requests.lock(request.id);
  const owed = await owedFacts(tx, run, (fact) => before === null || dateOf(fact.eventAt) < before);
  if (Object.values(owed).every((facts) => facts.length === 0)) return 0;
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
  await tx.attention.ask(
    plan.doubts.map((d) => ({ ...d, evidence: [] })),
    now,
  );
  const postings = plan.postings.map((p) => ({
    ...p,
    erp: request.reference.erp,
    request: request.id,
    segment: segment.id,
    run,
  }));
  await tx.postings.plan(postings, now, await tx.site.isRecovering());
  return postings.length;
}

async function owedFacts(tx: Tx, run: string, wanted: (fact: Fact) => boolean): Promise<OwedFacts> {
  const of = async (kind: DocumentKind): Promise<readonly Fact[]> => (await tx.facts.owed(run, kind)).filter(wanted);
  return {
    confirmation: await of("confirmation"),
    "goods-receipt": await of("goods-receipt"),
    "goods-issue": await of("goods-issue"),
  };
}
