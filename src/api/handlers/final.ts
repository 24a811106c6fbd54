/** Decisions that an operation is final, or open again. */
import { ok, type Result } from "../../base/result.ts";
import { finalise, type DecideOperation, type FinalOutcome } from "../../flows/finalise.ts";
import type { DecisionPorts } from "../../flows/operation-view.ts";
import { reopen } from "../../flows/reopen.ts";
import type { ViewStore } from "../../flows/view/store-view.ts";
import type { Outcome } from "../contract/answer.ts";
import type { Call, HandlersOf } from "../handler.ts";
import { notFound } from "./answer.ts";
import { decided, madeBefore } from "./decision.ts";
import { visibleOrder } from "./order.ts";

export interface FinalHandlerPorts extends DecisionPorts {
  readonly views: ViewStore;
  /** Postings were planned, or job orders have changed. */
  readonly onDecided: () => void;
}

type Finals =
  | "POST /api/v1/orders/:order/operations/:operation/final"
  | "POST /api/v1/orders/:order/operations/:operation/reopen";

export function finalHandlers(ports: FinalHandlerPorts): HandlersOf<Finals> {
  return {
    "POST /api/v1/orders/:order/operations/:operation/final": (call) => decide(ports, call, finalise),
    "POST /api/v1/orders/:order/operations/:operation/reopen": (call) => decide(ports, call, reopen),
  };
}

async function decide(
  ports: FinalHandlerPorts,
  call: Call<Finals>,
  flow: (ports: DecisionPorts, command: DecideOperation) => Promise<Result<FinalOutcome>>,
): Promise<Result<Outcome>> {
  const request = call.params["order"] ?? "";
  const segment = call.params["operation"] ?? "";
  const order = await ports.views.read((views) => visibleOrder(views, call.caller, request, "order.decide"));
  const visible = call.caller.visible("order.decide");
  const centers = order?.jobs.filter((row) => row.jobOrder.segment === segment).map((row) => row.jobOrder.workCenter);
  // The operation itself must be theirs, not just another one of the order.
  const isTheirs = visible === null || centers?.some((center) => visible.has(center));
  if (!order || !isTheirs) return notFound("operation", `${segment} of order ${request}`);
  const isKnown = (await madeBefore(ports.views, call.command)) !== null;
  const outcome = await flow(ports, { ...decided(call), request, segment });
  if (!outcome.ok) return outcome;
  if (!isKnown) ports.onDecided();
  return ok({ isNew: !isKnown && !outcome.value.already, message: wordsOf(outcome.value) });
}

function wordsOf({ state, segment, key, already, doubts }: FinalOutcome): string {
  const before = already ? "It was decided before. " : "";
  const waits =
    doubts > 0 ? ` ${doubts} amounts of it wait for a decision and are not posted as long as it is final.` : "";
  switch (state) {
    case "final":
      return `${before}Operation ${segment} is final.${key === null ? "" : " The ERP gets its final confirmation last."}${waits}`;
    case "reopening":
      return `${before}Operation ${segment} is taken back; it is open again when the ERP has taken its confirmation back.`;
    case "open":
      return `${before}Operation ${segment} is open again.`;
  }
}
