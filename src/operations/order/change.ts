/**
 * What a newer version of an order means for the one that we hold. Every change to an order that has begun is a
 * decision, which people and the ERP can see.
 */
import { canonicalJson } from "../../base/json.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";

export type OrderDecision =
  | { readonly decision: "accept" }
  | { readonly decision: "unchanged" }
  /** Nothing has begun: the new version takes the old one's place. */
  | { readonly decision: "replace" }
  /** The order has begun and only what can change in mid-run has changed. */
  | { readonly decision: "apply-now"; readonly what: readonly string[] }
  /** Work that has not begun is taken back; what runs goes on. */
  | { readonly decision: "cancel" }
  | { readonly decision: "refuse"; readonly why: string };

/** Whether what is open of it may be dispatched: not while the ERP holds it, nor once it has finally confirmed it. */
export function isDispatched(request: OperationsRequest): boolean {
  return request.state === "Released" || request.state === "Ready" || request.state === "Running";
}

/** Whether nothing more of it may be dispatched for now. What it has finally confirmed by our own doing is not held. */
export function isHeldByErp(request: OperationsRequest): boolean {
  return !isDispatched(request) && request.state !== "Completed";
}

/** Whether the ERP has cancelled or closed it. */
export function isGone(request: OperationsRequest): boolean {
  return gone.has(request.state);
}

const released: ReadonlySet<OperationsRequest["state"]> = new Set(["Released", "Ready", "Running", "Completed"]);
const gone: ReadonlySet<OperationsRequest["state"]> = new Set(["Cancelled", "Aborted", "Closed"]);

/** @param hasBegun a run of the order is open or has ended, or something was counted for it */
export function decideOrder(held: OperationsRequest | null, now: OperationsRequest, hasBegun: boolean): OrderDecision {
  if (!held) {
    if (released.has(now.state)) return { decision: "accept" };
    // Over before we have heard of it: there is nothing to do and nothing to ask.
    if (isGone(now)) return { decision: "unchanged" };
    return { decision: "refuse", why: `The ERP holds it as ${now.state}; only released orders are dispatched.` };
  }
  if (now.version < held.version) return { decision: "unchanged" };
  if (isGone(now)) return isGone(held) ? { decision: "unchanged" } : { decision: "cancel" };
  const changed = changedParts(held, now);
  if (changed.length === 0) return { decision: "unchanged" };
  if (!hasBegun) return { decision: "replace" };
  const movable = new Set(["quantity", "priority", "dates", "state"]);
  const fixed = changed.filter((part) => !movable.has(part));
  if (fixed.length === 0) return { decision: "apply-now", what: changed };
  return {
    decision: "refuse",
    why: `Its ${fixed.join(" and ")} changed after work had begun. Finish or stop the order first.`,
  };
}

function changedParts(a: OperationsRequest, b: OperationsRequest): string[] {
  const parts: [string, (r: OperationsRequest) => unknown][] = [
    ["material", (r) => r.material],
    ["quantity", quantities],
    ["priority", (r) => r.priority],
    ["dates", (r) => [r.earliestStart, r.latestEnd, r.segments.map((s) => [s.earliestStart, s.latestEnd])]],
    ["state", (r) => r.state],
    ["units", units],
    ["receipt", (r) => [r.plant, r.receiptLocation, r.receiptItem]],
    ["operations", (r) => r.segments.map((s) => [s.id, s.sequence, s.description, s.workCenter, s.rule, s.parameters])],
    ["components", (r) => r.segments.map((s) => s.materials.map(({ quantity, ...m }) => [m, quantity.uom]))],
  ];
  return parts.flatMap(([name, part]) => (canonicalJson(part(a)) === canonicalJson(part(b)) ? [] : [name]));
}

function units(request: OperationsRequest): unknown {
  return [request.materialFactors, request.quantity.uom, request.segments.map((s) => s.quantity.uom)];
}

function quantities(request: OperationsRequest): unknown {
  return (
    canonicalJson(request.segments.map((s) => [s.quantity, s.materials.map((m) => m.quantity)])) +
    canonicalJson(request.quantity)
  );
}
