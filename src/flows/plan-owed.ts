/** What a run owes to the ERP becomes postings, in the transaction that states its facts. */
import type { Instant, LocalDate } from "../base/instant.ts";
import { localDate } from "../base/site-time.ts";
import type { OperationsRequest, SegmentRequirement } from "../isa95/schedule/operations-request.ts";
import { issuedPerLine } from "../operations/execution/allocation.ts";
import { standingFor } from "../operations/execution/final.ts";
import {
  planPostings,
  type OwedFacts,
  type OwedQuestion,
  type PlanScope,
  type PostingPlan,
  type Shortfall,
} from "../operations/execution/posting-plan.ts";
import type { Fact } from "../record/fact.ts";
import type { Finality } from "../record/finality.ts";
import type { OwedKind } from "../record/posting.ts";
import { mayBePostedAlready, type Cause } from "./after-restore.ts";
import type { CollectPorts } from "./collect-ports.ts";
import type { NewCorrection } from "./correction-ports.ts";
import { takenBack, type JobBook } from "./job-book.ts";
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
  cause: Cause = "decision",
): Promise<PlannedOwed> {
  const heir = book.run(run)?.heir;
  if (heir) return planWithHeir(tx, ports, book, heir, now);
  const read = await readOwed(tx, ports, book, run, before, now);
  return read ? planRead(tx, run, read, { now, cause }) : nothing;
}

/**
 * What is due, run by run; of those that go on it is kept how far their days are planned. What is in doubt, or final, may be
 * decided meanwhile: it is looked at again with the next count.
 *
 * @param due  run → plan only posting dates before this one; null plans all
 */
export async function planDue(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  due: ReadonlyMap<string, LocalDate | null>,
  now: Instant,
  cause: Cause,
): Promise<number> {
  let postings = 0;
  for (const [run, before] of due) {
    const planned = await planOwed(tx, ports, book, run, before, now, cause);
    postings += planned.postings;
    if (before !== null) await book.planned(tx, run, planned.doubts === 0 ? before : null);
  }
  return postings;
}

async function planRead(
  tx: Tx,
  run: string,
  read: OwedRead,
  { now, cause }: { readonly now: Instant; readonly cause: Cause },
): Promise<PlannedOwed> {
  const { plan, held, request, segment } = read;
  const closed =
    held !== null && plan.postings.length > 0
      ? [
          lateQuestion(
            held,
            request,
            plan.postings.flatMap((p) => p.facts),
          ),
        ]
      : [];
  await tx.attention.ask([...plan.doubts, ...closed], now);
  const of = { erp: request.reference.erp, request: request.id, segment: segment.id, run };
  const corrections = correctionsOf(plan.shortfalls);
  await tx.corrections.open(
    corrections.map((correction) => ({ ...of, ...correction })),
    now,
  );
  const doubts = plan.doubts.length + closed.length + corrections.length;
  if (held) return { postings: 0, doubts };
  const postings = plan.postings.map((p) => ({ ...p, ...of }));
  const isAsked = await mayBePostedAlready(tx, cause);
  for (const [inDoubt, some] of Map.groupBy(
    postings,
    ({ content: { response } }) => response !== null && isAsked(response.dates.eventFrom),
  ))
    await tx.postings.plan(some, now, inDoubt);
  return { postings: postings.length, doubts };
}

/** What of a run cannot be posted because it is less than nothing, as it is now; and what a final decision says of it. */
export async function shortfallsOf(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  run: string,
  now: Instant,
): Promise<{ readonly shortfalls: readonly Shortfall[]; readonly read: OwedRead | null }> {
  const read = await readOwed(tx, ports, book, run, null, now);
  return { shortfalls: read?.plan.shortfalls ?? [], read };
}

/** What is owed of a run and would be planned. */
export interface OwedRead {
  readonly plan: PostingPlan;
  readonly request: OperationsRequest;
  readonly segment: SegmentRequirement;
  /** The decision that the operation is final; null when it is open. */
  readonly held: Finality | null;
}

async function readOwed(
  tx: Tx,
  ports: Pick<CollectPorts, "site">,
  book: JobBook,
  run: string,
  before: LocalDate | null,
  now: Instant,
): Promise<OwedRead | null> {
  const row = book.run(run);
  const request = row?.jobOrder ? book.requestOf(row.jobOrder) : undefined;
  const segment = row?.jobOrder ? book.segmentOf(row.jobOrder) : undefined;
  if (!row || !request || !segment) return null;
  const { site } = ports;
  const dateOf = (at: Instant): LocalDate => localDate(at, site.zone);
  // The order's row is the lock under which what it owes is looked up and its postings get their numbers.
  await tx.requests.lock(request.id);
  const owed = await owedFacts(tx, run, (fact) => before === null || dateOf(fact.eventAt) < before);
  if (Object.values(owed).every((facts) => facts.length === 0)) return null;
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
  const isGone = row.result === takenBack;
  const shortfalls = plan.shortfalls.map((short) => (isGone ? { ...short, cause: "run taken back" as const } : short));
  const held = standingFor(await tx.finalities.standing(request.id), segment.id);
  return { plan: { ...plan, shortfalls }, request, segment, held };
}

/** One for each kind and day, however many materials it is about. */
function correctionsOf(
  shortfalls: readonly Shortfall[],
): readonly Pick<NewCorrection, "kind" | "postingDate" | "cause" | "facts">[] {
  const groups = Map.groupBy(shortfalls, ({ kind, date }) => `${kind}/${date}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { kind, date: postingDate, cause } = first;
    return [{ kind, postingDate, cause, facts: group.flatMap(({ facts }) => facts.map((fact) => fact.id)) }];
  });
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
  if (!run) return nothing;
  await book.take(tx, run);
  if (run.endedAt === null) {
    await book.planned(tx, run.id, null);
    return nothing;
  }
  return planOwed(tx, ports, book, run.id, null, now);
}

/** What arrives after the decision stays owed; a person reopens the operation, or leaves it so. */
export function lateQuestion(held: Finality, request: OperationsRequest, late: readonly string[]): OwedQuestion {
  const { number } = request.reference;
  const text = `Operation ${held.segment} of order ${number} is final, and more was reported of it. Reopen it, and it is posted.`;
  return { subject: lateSubject(held), text, evidence: late };
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
