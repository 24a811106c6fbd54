/**
 * Acceptance of an order: does it make sense, and is it ours? What the ERP wrote is never repaired here: an order that
 * cannot be understood goes to quarantine with a reason, the others go on.
 */
import { formatQuantity } from "../../base/quantity.ts";
import { fail, ok, type Result } from "../../base/result.ts";
import type {
  MaterialRequirement,
  OperationsRequest,
  SegmentRequirement,
} from "../../isa95/schedule/operations-request.ts";

/** What acceptance must know of the site. */
export interface AcceptanceScope {
  /** True when an ERP's work centre code belongs to this site. */
  isKnownWorkCenter(erp: string, code: string): boolean;
}

/**
 * @fault invalid order/quantity       nothing or less than nothing is asked for
 * @fault invalid order/dates          the end lies before the start
 * @fault invalid order/no-operations  the order has no operation
 * @fault invalid order/operation-twice two operations have one number, also in two sequences
 * @fault invalid order/work-center    an operation names a work centre that this site does not have
 * @fault invalid order/material       the order or a component names no material
 * @fault invalid order/component      a component asks for a negative amount
 * @fault invalid order/component-twice two components of an operation have one line, and one of them is used by bill
 */
export function judgeRequest(request: OperationsRequest, scope: AcceptanceScope): Result<OperationsRequest> {
  const { number } = request.reference;
  if (request.material.trim() === "") {
    return fail("invalid", "order/material", `Order ${number} names no material to make.`);
  }
  const asked = judgeQuantity(request);
  if (!asked.ok) return asked;
  if (isBackwards(request.earliestStart, request.latestEnd)) {
    return fail("invalid", "order/dates", `Order ${number} ends before it starts. Correct its dates in the ERP.`);
  }
  if (request.segments.length === 0) {
    return fail("invalid", "order/no-operations", `Order ${number} has no operation: there is nothing to dispatch.`);
  }
  const seen = new Set<string>();
  for (const segment of request.segments) {
    // Job orders, runs and documents name an operation by its number alone.
    if (seen.has(segment.id)) {
      return fail("invalid", "order/operation-twice", `Order ${number} has operation ${segment.id} twice.`);
    }
    seen.add(segment.id);
    const judged = judgeSegment(request, segment, scope);
    if (!judged.ok) return judged;
  }
  return ok(request);
}

/**
 * What is asked for alone, for a version that dispatches nothing: use by bill is worked out from it.
 *
 * @fault invalid order/quantity        nothing or less than nothing is asked for
 * @fault invalid order/component       a component asks for a negative amount
 */
export function judgeAmounts(request: OperationsRequest): Result<OperationsRequest> {
  const asked = judgeQuantity(request);
  if (!asked.ok) return asked;
  for (const segment of request.segments) {
    const where = nameOf(request, segment);
    const judged = judgeSegmentQuantity(where, segment);
    if (!judged.ok) return judged;
    const amounts = judgeComponentAmounts(where, segment.materials);
    if (!amounts.ok) return amounts;
  }
  return ok(request);
}

function judgeQuantity({ reference: { number }, quantity }: OperationsRequest): Result<void> {
  if (quantity.micro > 0n) return ok(undefined);
  const asked = formatQuantity(quantity);
  return fail("invalid", "order/quantity", `Order ${number} asks for ${asked}: an order needs a positive quantity.`);
}

function nameOf(request: OperationsRequest, segment: SegmentRequirement): string {
  return `Order ${request.reference.number}, operation ${segment.id}`;
}

function judgeSegmentQuantity(where: string, { quantity }: SegmentRequirement): Result<void> {
  if (quantity.micro > 0n) return ok(undefined);
  const asked = formatQuantity(quantity);
  return fail("invalid", "order/quantity", `${where} asks for ${asked}: it needs a positive quantity.`);
}

function judgeComponentAmounts(where: string, components: readonly MaterialRequirement[]): Result<void> {
  const negative = components.find(({ quantity }) => quantity.micro < 0n);
  if (!negative) return ok(undefined);
  return fail("invalid", "order/component", `${where} asks for a negative amount of ${negative.material}.`);
}

/**
 * What is used by bill is told apart by its line alone: of two under one line the second would count as stated already.
 * What is measured, issued or deducted by the ERP is told apart by its material.
 */
function judgeLines(where: string, components: readonly MaterialRequirement[]): Result<void> {
  for (const [id, [first, second, ...others]] of Map.groupBy(components, (component) => component.id)) {
    if (!first || !second || ![first, second, ...others].some(({ mode }) => mode === "bill")) continue;
    const words = `${where} has two components under line ${id}: ${first.material} and ${second.material}.`;
    return fail("invalid", "order/component-twice", `${words} Give each a line of its own in the ERP.`);
  }
  return ok(undefined);
}

function judgeSegment(request: OperationsRequest, segment: SegmentRequirement, scope: AcceptanceScope): Result<void> {
  const where = nameOf(request, segment);
  if (!segment.rule.external && !scope.isKnownWorkCenter(request.reference.erp, segment.workCenter)) {
    const what =
      segment.workCenter === ""
        ? "no work centre"
        : `work centre "${segment.workCenter}", which this site does not have`;
    return fail(
      "invalid",
      "order/work-center",
      `${where} names ${what}. Correct the order, or add it to site.yaml (erpCodes).`,
    );
  }
  const asked = judgeSegmentQuantity(where, segment);
  if (!asked.ok) return asked;
  if (isBackwards(segment.earliestStart, segment.latestEnd)) {
    return fail("invalid", "order/dates", `${where} ends before it starts. Correct its dates in the ERP.`);
  }
  for (const material of segment.materials) {
    if (material.material.trim() === "")
      return fail("invalid", "order/material", `${where} has a component without a material.`);
  }
  const amounts = judgeComponentAmounts(where, segment.materials);
  return amounts.ok ? judgeLines(where, segment.materials) : amounts;
}

function isBackwards(start: number | null, end: number | null): boolean {
  return start !== null && end !== null && end < start;
}
