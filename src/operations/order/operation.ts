/**
 * What each operation of an order owes to the ERP: whether it is confirmed for itself, covered by a milestone, and which
 * one brings the finished goods in.
 */
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";

/**
 * Whether our confirmation of this operation travels. What a later milestone of its sequence covers is not posted again; an operation
 * that must be confirmed is, whatever follows.
 */
export function isConfirmed(request: OperationsRequest, segment: SegmentRequirement): boolean {
  switch (segment.rule.confirmation) {
    case "required":
    case "milestone":
      return true;
    case "none":
      return false;
    case "optional":
      return !later(request, segment).some((s) => s.rule.confirmation === "milestone");
  }
}

/**
 * The one operation whose yield is the order's and whose good pieces are received: the last one that is confirmed, of the
 * standard sequence. What runs parallel to it makes no finished goods; an order whose operations all name a sequence is read
 * as one.
 */
export function receiptSegment(request: OperationsRequest): SegmentRequirement | null {
  const standard = request.segments.filter((s) => s.sequence === "");
  const own = standard.length > 0 ? standard : request.segments;
  return own.findLast((s) => !s.rule.external && isConfirmed(request, s)) ?? null;
}

/** Whether we post the receipt for this operation, or the ERP does it by itself, or nobody does here. */
export function isReceivedByUs(request: OperationsRequest, segment: SegmentRequirement): boolean {
  return receiptSegment(request) === segment && !segment.rule.automaticReceipt;
}

/** The nearest earlier operation that is done here; null for the first. */
export function predecessor(request: OperationsRequest, segment: SegmentRequirement): SegmentRequirement | null {
  const at = request.segments.indexOf(segment);
  return request.segments.slice(0, at).findLast((s) => !s.rule.external && s.sequence === segment.sequence) ?? null;
}

/**
 * Whether an operation may be dispatched as far as the one before it goes.
 *
 * @param made whether a job order of an operation has made something; see `hasMade`
 */
export function isReleased(
  request: OperationsRequest,
  segment: SegmentRequirement,
  made: (segment: string) => boolean,
): boolean {
  const before = predecessor(request, segment);
  return before === null || made(before.id);
}

/** Whether a job order has made good pieces and ended a run: the next operation may go. */
export function hasMade(of: { readonly goodMicro: bigint; readonly runsEnded: number }): boolean {
  return of.goodMicro > 0n && of.runsEnded > 0;
}

/** Those behind it in its own sequence: a milestone covers nothing of another. */
function later(request: OperationsRequest, segment: SegmentRequirement): readonly SegmentRequirement[] {
  const after = request.segments.slice(request.segments.indexOf(segment) + 1);
  return after.filter((s) => s.sequence === segment.sequence);
}
