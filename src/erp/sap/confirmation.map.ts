/** OperationsResponse → time ticket of an operation (ProdnOrdConf2). Pure. Goods movements are other documents. */
import { fail, ok, type Result } from "../../base/result.ts";
import { guidOf } from "../../base/id.ts";
import type { OperationsResponse, ResponseDates } from "../../isa95/response/operations-response.ts";
import type { OperationsRequest, SegmentRequirement } from "../../isa95/schedule/operations-request.ts";
import type { Envelope } from "../connector.ts";
import { writeAmount } from "./amount.ts";
import type { SapConfig } from "./config.ts";
import { writeDate, writeDateTime } from "./date.ts";
import { fit, freeze, jsonHeaders, repeatabilityHeaders } from "./envelope.ts";
import { typeOfSet } from "./metadata.ts";
import { pad } from "./number.ts";
import { writeOrderNumber } from "./order-accepted.map.ts";
import type { Row } from "./row.ts";
import { confirmationSet, type SapModel } from "./service.ts";

interface Composing {
  readonly config: SapConfig;
  readonly model: SapModel | null;
  readonly kind?: "confirmation" | "final-confirmation";
}

/**
 * @fault invalid erp/sap-operation     the order has no such operation
 * @fault invalid erp/sap-negative, erp/sap-precision, erp/sap-unit-unknown, erp/sap-too-long
 */
export function composeConfirmation(
  key: string,
  request: OperationsRequest,
  response: OperationsResponse,
  { config, model, kind = "confirmation" }: Composing,
): Result<Envelope> {
  const { segment, dates } = response;
  const asked = request.segments.find(({ id }) => id === segment.segment);
  if (!asked)
    return fail(
      "invalid",
      "erp/sap-operation",
      `Order ${request.reference.number} has no operation ${segment.segment}.`,
    );
  const what = `Operation ${segment.segment} of order ${request.reference.number}`;
  const good = writeAmount(segment.good, what, request, config);
  if (!good.ok) return good;
  const amounts: Record<string, string> = {};
  for (const [field, quantity] of [
    ["ConfirmationScrapQuantity", segment.scrap],
    ["ConfirmationReworkQuantity", segment.rework],
  ] as const) {
    const written = writeAmount(quantity, what, request, config);
    if (!written.ok) return written;
    if (written.value.unit !== good.value.unit && quantity.micro !== 0n) {
      return fail(
        "invalid",
        "erp/sap-unit-mixed",
        `${what}: good in ${segment.good.uom} and the rest in ${quantity.uom} cannot be confirmed together.`,
      );
    }
    amounts[field] = written.value.amount;
  }
  const body: Row = {
    OrderID: writeOrderNumber(request, config),
    Sequence: segment.sequence || "0",
    OrderOperation: pad(segment.segment, 4),
    ConfirmationText: key,
    ExternalSystemConfirmation: guidOf(key),
    ConfirmationUnit: good.value.unit,
    ConfirmationYieldQuantity: good.value.amount,
    ...amounts,
    ...(segment.final ? { FinalConfirmationType: "X" } : {}),
    IsFinalConfirmation: segment.final,
    OpenReservationsIsCleared: segment.final && config.clearReservations,
    APIConfHasNoGoodsMovements: !sapMovesGoods(request, asked),
    PostingDate: writeDate(dates.postingDate),
    ...executionTimes(dates, config),
  };
  const fitted = fit(
    body,
    model ? typeOfSet(model.confirmation, confirmationSet) : undefined,
    model?.confirmation ?? null,
  );
  if (!fitted.ok) return fitted;
  const headers = { ...jsonHeaders, ...(config.repeatability ? repeatabilityHeaders(key, dates.recordedAt) : {}) };
  const path = `${config.services.confirmation}/${confirmationSet}`;
  return ok(freeze(key, kind, { method: "POST", path, headers, body: JSON.stringify(fitted.value) }));
}

/**
 * Whether SAP is to book goods by itself with this confirmation. Only then may the mark be left out: with it SAP would
 * skip its backflush and automatic receipt, without it SAP would book what we book too. A milestone confirms the
 * operations before it and backflushes their components as well.
 */
function sapMovesGoods(request: OperationsRequest, asked: SegmentRequirement): boolean {
  const covered =
    asked.rule.confirmation === "milestone"
      ? request.segments.filter(({ sequence, id }) => sequence === asked.sequence && id <= asked.id)
      : [asked];
  return covered.some(({ rule, materials }) => rule.automaticReceipt || materials.some(({ mode }) => mode === "erp"));
}

/** First and last event as wall clock at the plant; in the hour that comes twice the end never shows before the start. */
function executionTimes(dates: ResponseDates, config: SapConfig): Row {
  const start = writeDateTime(dates.eventFrom, config.timeZone);
  const last = writeDateTime(dates.eventTo, config.timeZone);
  const end = last.date === start.date && last.time < start.time ? start : last;
  return {
    ConfirmedExecutionStartDate: start.date,
    ConfirmedExecutionStartTime: start.time,
    ConfirmedExecutionEndDate: end.date,
    ConfirmedExecutionEndTime: end.time,
  };
}
