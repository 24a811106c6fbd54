/**
 * What was done, as an OperationsPerformance: one response for each document, with the key of its posting as ID, so that
 * whoever has it can be asked for it. Each quantity stands in one document: counts in confirmations, material in
 * receipts and issues.
 */
import type { Information } from "../b2mml/information.ts";
import { fromOperationsResponse } from "../b2mml/operations-response.map.ts";
import type { OperationsResponse } from "../response/operations-response.ts";

/** A response and what its document is about. */
export interface Reported {
  readonly key: string;
  /** `confirmation`, `goods-receipt` …: travels as Description of the response. */
  readonly kind: string;
  readonly response: OperationsResponse;
}

const none = "none";

/** @param id of the whole; a performance without responses has one called `none`, because 7.0.1 demands one */
export function performanceOf(id: string, reported: readonly Reported[]): Information<"OperationsPerformance"> {
  const responses = reported.map(responseOf);
  return {
    ID: id,
    OperationsType: "Production",
    OperationsResponse: responses.length > 0 ? responses : [{ ID: none, SegmentResponse: [{ ID: none }] }],
  };
}

/** Kinds that state what material moved; what they counted is stated by the confirmation. */
const movements: ReadonlySet<string> = new Set(["goods-receipt", "goods-issue"]);

function responseOf({ key, kind, response }: Reported): Information<"OperationsResponse"> {
  const whole = fromOperationsResponse(key, response);
  const segments = whole.SegmentResponse.map((segment) => {
    const { SegmentData: _counts, ...moved } = segment;
    return movements.has(kind) ? moved : segment;
  });
  return { ...whole, Description: [kind], SegmentResponse: segments };
}
