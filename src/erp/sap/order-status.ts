/**
 * One state for an order out of SAP's many: flags (`OrderIs…`) and status codes, of which several are set at once.
 * Only a released order may be dispatched; what nobody has foreseen is a fault, not a guess.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import type { RequestState } from "../../isa95/schedule/operations-request.ts";
import { statusNavigation } from "./service.ts";
import { children, flag, text, type Row } from "./row.ts";

/** Read from top to bottom: the first that is set decides. */
const ladder: readonly { readonly flag: string; readonly code: string; readonly state: RequestState }[] = [
  { flag: "OrderIsDeleted", code: "I0013", state: "Cancelled" },
  { flag: "OrderIsMarkedForDeletion", code: "I0076", state: "Cancelled" },
  { flag: "OrderIsClosed", code: "I0046", state: "Closed" },
  { flag: "OrderIsTechnicallyCompleted", code: "I0045", state: "Closed" },
  { flag: "OrderIsLocked", code: "I0043", state: "Held" },
];

/**
 * - `Released`  may be dispatched (also while it is partly confirmed or delivered)
 * - `Forecast`  created, not released · `Waiting` only some operations are released
 * - `Held`      locked, or a status of `holdStatuses` · `Completed` finally confirmed
 * - `Closed`    technically complete or closed: SAP takes no more postings · `Cancelled` deletion flag
 *
 * @fault invalid erp/sap-order-status-unknown  no status that says whether it may be made, or two that contradict
 */
export function readState(order: Row, holdStatuses: readonly string[]): Result<RequestState> {
  const codes = new Set(children(order, statusNavigation).map((row) => text(row, "StatusCode")));
  const step = ladder.find((one) => flag(order, one.flag) || codes.has(one.code));
  if (step) return ok(step.state);
  if (holdStatuses.some((code) => codes.has(code))) return ok("Held");
  const created = flag(order, "OrderIsCreated");
  const released = flag(order, "OrderIsReleased");
  if (created && released) return unknown("is created and released at once");
  // Flags count before codes: a code list may still hold the status that the release replaced.
  if (released) return ok(flag(order, "OrderIsConfirmed") ? "Completed" : "Released");
  if (flag(order, "OrderIsPartiallyReleased") || codes.has("I0042")) return ok("Waiting");
  if (created) return ok("Forecast");
  if (codes.has("I0002")) return ok(codes.has("I0009") ? "Completed" : "Released");
  if (codes.has("I0001")) return ok("Forecast");
  return unknown(codes.size ? `has only the statuses ${[...codes].join(", ")}` : "has no status at all");
}

/** Confirming is our own doing: an order that is complete by that alone is, for what was asked, still released. */
export function askedState(state: RequestState, order: Row): RequestState {
  const decided = ladder.some((one) => flag(order, one.flag));
  return state === "Completed" && !decided ? "Released" : state;
}

function unknown(why: string): Result<RequestState> {
  return fail(
    "invalid",
    "erp/sap-order-status-unknown",
    `The order ${why}: Millrace cannot tell whether it may be made. Check its status in SAP.`,
  );
}
