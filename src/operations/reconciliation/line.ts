/**
 * The lines on which an order is compared: which amount a statement, a posting or a document of the ERP speaks of, in
 * which unit, and whether Millrace owes it at all.
 */
import { convert, type Quantity } from "../../base/quantity.ts";
import type { MaterialActual, OperationsResponse } from "../../isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { DocumentKind } from "../../record/posting.ts";
import { isConfirmed, isReceivedByUs, receiptSegment } from "../order/operation.ts";

/** Pieces by grade, and packed ones, are of an operation, receipts and issues of a material and lot; what is merely counted of a material. */
export type Aspect = UnitGrade | "packed" | "receipt" | "issue" | "counted";

export interface Line {
  readonly aspect: Aspect;
  /** The operation of pieces; empty for material. */
  readonly segment: string;
  readonly material: string;
  readonly lot: string | null;
  readonly uom: string;
}

export interface LineAmount {
  readonly line: Line;
  readonly micro: bigint;
}

/** What of the site decides what is owed. */
export interface OwedScope {
  readonly request: OperationsRequest;
  /** Whether goods receipts are posted to this ERP at all. */
  readonly receipt: boolean;
}

/** Equal lines have equal keys; in order of the key lines read well. */
export function lineKey({ aspect, segment, material, lot, uom }: Line): string {
  return [order[aspect], segment, material, lot ?? "", uom].join("\u001f");
}

const order: Readonly<Record<Aspect, number>> = {
  good: 1,
  scrap: 2,
  rework: 3,
  packed: 4,
  receipt: 5,
  issue: 6,
  counted: 7,
};

/** An amount in the unit of the order; in its own where that one cannot say it exactly. */
export function amountOn(request: OperationsRequest, line: Omit<Line, "uom">, quantity: Quantity): LineAmount {
  const wanted = unitOf(request, line) ?? quantity.uom;
  const converted = convert(quantity, wanted, request.materialFactors);
  const said = converted.ok && converted.value.residueNumerator === 0n ? converted.value.quantity : quantity;
  return { line: { ...line, uom: said.uom }, micro: said.micro };
}

function unitOf(request: OperationsRequest, { aspect, segment, material }: Omit<Line, "uom">): string | null {
  switch (aspect) {
    case "receipt":
      return material === request.material ? (receiptSegment(request) ?? request).quantity.uom : null;
    case "issue":
    case "counted":
      return request.segments.flatMap((s) => s.materials).find((m) => m.material === material)?.quantity.uom ?? null;
    default:
      return request.segments.find((s) => s.id === segment)?.quantity.uom ?? null;
  }
}

/** False: the ERP, or people in it, move this; our books say nothing of it. */
export function isOwed({ request, receipt }: OwedScope, { aspect, segment, material }: Omit<Line, "uom">): boolean {
  switch (aspect) {
    case "receipt": {
      const receiving = receiptSegment(request);
      return receipt && material === request.material && receiving !== null && isReceivedByUs(request, receiving);
    }
    case "issue": {
      const lines = request.segments.flatMap((s) => s.materials).filter((m) => m.material === material);
      return lines.length === 0 || lines.some(({ mode }) => mode === "measured" || mode === "bill");
    }
    default: {
      const asked = request.segments.find((s) => s.id === segment);
      return !asked || isConfirmed(request, asked);
    }
  }
}

/** What a document says, on the lines of its order. */
export function amountsIn(
  request: OperationsRequest,
  kind: DocumentKind,
  { segment }: OperationsResponse,
): readonly LineAmount[] {
  if (kind === "goods-receipt" || kind === "goods-issue")
    return segment.materials.map((actual) => amountOn(request, materialLine(actual), actual.stock.quantity));
  const grades: readonly UnitGrade[] = ["good", "scrap", "rework"];
  return grades
    .map((grade) => amountOn(request, pieceLine(request, grade, segment.segment), segment[grade]))
    .filter(({ micro }) => micro !== 0n);
}

export function pieceLine(request: OperationsRequest, grade: UnitGrade | "packed", segment: string): Omit<Line, "uom"> {
  return { aspect: grade, segment, material: request.material, lot: null };
}

function materialLine({ use, stock: { material, lot } }: MaterialActual): Omit<Line, "uom"> {
  return { aspect: use === "Consumed" ? "issue" : "receipt", segment: "", material, lot };
}
