/**
 * When an operation may be final, what becomes final with it, and what its documents say. Pure; the flows `finalise`
 * and `reopen` decide and save in one transaction.
 * Spec: docs/spec/final.md
 */
import { contentId, postingKey } from "../../base/id.ts";
import type { Instant, LocalDate } from "../../base/instant.ts";
import { zero } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type { JobOrder } from "../../isa95/schedule/job-order.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import { mayHaveArrived, type SentPosting } from "../../record/decision.ts";
import { finalityTable, type Finality, type OperationState } from "../../record/finality.ts";
import type { DocumentReversal, PostingContent, PostingState } from "../../record/posting.ts";
import { jobOrderTable } from "./job-order-state.ts";

/** An operation with what is known of it, locked. */
export interface OperationView {
  readonly request: OperationsRequest;
  readonly segment: SegmentRequirement;
  /** Of the whole order. */
  readonly jobOrders: readonly JobOrder[];
  /** Job orders that have an open run. */
  readonly running: ReadonlySet<string>;
  /** Decisions of the order that stand: final or reopening. */
  readonly standing: readonly Finality[];
}

/**
 * The operation, and for a milestone those before it that the ERP makes final with it: back to the milestone before,
 * without those that are not confirmed at all or are done elsewhere.
 */
export function coveredBy(request: OperationsRequest, segment: SegmentRequirement): readonly string[] {
  if (segment.rule.confirmation !== "milestone") return [segment.id];
  const before = request.segments
    .slice(0, request.segments.indexOf(segment))
    .filter((s) => s.sequence === segment.sequence);
  const last = before.findLastIndex((s) => s.rule.confirmation === "milestone");
  const covered = before.slice(last + 1).filter((s) => s.rule.confirmation !== "none" && !s.rule.external);
  return [...covered.map((s) => s.id), segment.id];
}

/** The decision that stands for the operation itself, or for a milestone that covers it. */
export function standingFor(standing: readonly Finality[], segment: string): Finality | null {
  const covering = standing.filter((f) => f.covers.includes(segment));
  return covering.find((f) => f.segment === segment) ?? covering[0] ?? null;
}

export function operationState(standing: readonly Finality[], segment: string): OperationState {
  const held = standingFor(standing, segment);
  return held === null || held.state === "reopened" ? "open" : held.state;
}

/** States of an order in the ERP in which nothing can be confirmed any more. */
const over: ReadonlySet<OperationsRequest["state"]> = new Set(["Cancelled", "Closed", "Aborted"]);

/**
 * Whether the operation may be final now.
 *
 * @returns the operations that become final; the standing decision when it is final already
 * @fault refused  final/order-state   the ERP has ended the order
 * @fault conflict final/reopening     it is being reopened
 * @fault refused  final/run-open      a run of it goes on
 * @fault refused  final/not-here      it has no job order that could be completed
 */
export function judgeFinal(
  view: OperationView,
): Result<{ readonly covers: readonly string[] } | { readonly already: Finality }> {
  const { request, segment, jobOrders, running, standing } = view;
  const where = `Operation ${segment.id} of order ${request.reference.number}`;
  const held = standingFor(standing, segment.id);
  const next = finalityTable[operationState(standing, segment.id)].finalise;
  if (held && next === "ignore") return ok({ already: held });
  if (next === "refuse")
    return fail(
      "conflict",
      "final/reopening",
      `${where} is being reopened. Decide again when the ERP has taken its final confirmation back.`,
    );
  if (over.has(request.state))
    return fail("refused", "final/order-state", `${where} cannot be final: the ERP has the order as ${request.state}.`);
  const covers = coveredBy(request, segment);
  const own = jobOrders.filter((j) => covers.includes(j.segment));
  if (!own.some((j) => j.segment === segment.id && mayComplete(j)))
    return fail("refused", "final/not-here", `${where} has no job order at this site that could be completed.`);
  const busy = own.find((j) => running.has(j.id) || j.state === "running");
  if (busy)
    return fail(
      "refused",
      "final/run-open",
      `${where} cannot be final: a run of operation ${busy.segment} goes on at ${busy.workUnit ?? busy.workCenter}. End it first.`,
    );
  return ok({ covers });
}

function mayComplete({ state }: JobOrder): boolean {
  return jobOrderTable[state].complete !== "refuse" || state === "running";
}

/**
 * @returns the decision to be taken back
 * @fault conflict final/not-final  it is not final
 * @fault refused  final/covered    it is final because a later milestone is
 */
export function judgeReopen(view: Pick<OperationView, "request" | "segment" | "standing">): Result<Finality> {
  const { request, segment, standing } = view;
  const where = `Operation ${segment.id} of order ${request.reference.number}`;
  const held = standingFor(standing, segment.id);
  if (!held || finalityTable[operationState(standing, segment.id)].reopen === "refuse")
    return fail("conflict", "final/not-final", `${where} is not final: there is nothing to reopen.`);
  const cover = standing.find((f) => f.covers.includes(segment.id) && f.segment !== segment.id);
  if (cover)
    return fail(
      "refused",
      "final/covered",
      `${where} is final with operation ${cover.segment}, which covers it. Reopen operation ${cover.segment} first.`,
    );
  return ok(held);
}

/** What the ERP is told, apart from who plans it. */
export interface FinalPosting {
  readonly id: string;
  readonly key: string;
  readonly content: PostingContent;
  readonly lanes: readonly string[];
  readonly sequenceKey: string;
  /** Id of the posting that it takes back. */
  readonly reverses?: string;
}

interface Dated {
  readonly number: number;
  readonly at: Instant;
  readonly date: LocalDate;
}

/**
 * The final confirmation: no pieces, no materials. Its key is made of order, operation and number of the decision, so
 * that the same decision after a restore finds the document that the ERP has.
 */
export function finalConfirmation(
  { request, segment }: Pick<OperationView, "request" | "segment">,
  { number, at, date }: Dated,
): FinalPosting {
  const none = zero(segment.quantity.uom);
  const { id, sequence, workCenter } = segment;
  const dates = { eventFrom: at, eventTo: at, recordedAt: at, postingDate: date, documentDate: date };
  const said = { segment: id, sequence, workCenter, good: none, scrap: none, rework: none, final: true, materials: [] };
  return {
    ...identity(request, segment, "final-confirmation", number),
    content: { kind: "final-confirmation", response: { reference: request.reference, dates, segment: said } },
  };
}

/** Takes the final confirmation of the decision back. */
export function finalReversal(
  { request, segment }: Pick<OperationView, "request" | "segment">,
  of: Dated & Pick<DocumentReversal, "posting" | "document" | "key">,
): FinalPosting {
  const { number, at, date, posting, document, key } = of;
  const named = { posting, document, ...(key === undefined ? {} : { key }) };
  const reversal = { reference: request.reference, ...named, postingDate: date, recordedAt: at };
  return {
    ...identity(request, segment, "confirmation-reversal", number),
    reverses: posting,
    content: { kind: "confirmation-reversal", response: null, reversal },
  };
}

function identity(
  request: OperationsRequest,
  segment: SegmentRequirement,
  kind: "final-confirmation" | "confirmation-reversal",
  number: number,
): Omit<FinalPosting, "content"> {
  const parts = [request.id, segment.sequence, segment.id, kind, number];
  return {
    id: contentId("posting", ...parts),
    key: postingKey("posting", ...parts),
    lanes: [`order:${request.id}`],
    sequenceKey: `${request.id}/${segment.sequence}/${segment.id}`,
  };
}

export function finalityId(request: string, segment: string, number: number): string {
  return contentId("finality", request, segment, number);
}

/**
 * - `wait`    the ERP, or a person, has to speak first
 * - `ask`     it was refused before a restore: the ERP is asked what became of it since
 * - `dismiss` provably not in the ERP: it need not go any more
 * - `reverse` the ERP has it: it has to be taken back there
 * - `settle`  the ERP has taken it back
 * - `finish`  nothing of it stands in the ERP
 */
export type TakeBackStep = "wait" | "ask" | "dismiss" | "reverse" | "settle" | "finish";

/** The next step of taking a final confirmation back. No default branch: a new state fails to compile here. */
export function takeBackStep(original: SentPosting | null, reversal: PostingState | null): TakeBackStep {
  switch (original?.state) {
    case undefined:
    case "dismissed":
    case "reversed":
      return "finish";
    case "planned":
      return mayHaveArrived(original) ? "wait" : "dismiss";
    case "refused":
      if (!mayHaveArrived(original)) return "dismiss";
      // What cannot be composed cannot be asked about: somebody puts that right, and retries it.
      return original.isOlderThanRestore ? "ask" : "wait";
    case "sending":
    case "in-doubt":
    case "needs-person":
      return "wait";
    case "confirmed":
      return "reverse";
    case "reversing":
      return reversal === "confirmed" ? "settle" : "wait";
  }
}
