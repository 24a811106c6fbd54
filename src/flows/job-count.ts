/** What was counted for a job order, in its unit and without loss: pieces of another unit add up as if converted at once. */
import { addExact, exactOf, noPart, type ExactMicro } from "../base/exact-micro.ts";
import { convert, type Quantity } from "../base/quantity.ts";
import { ok, type Result } from "../base/result.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import type { UnitGrade } from "../record/fact.ts";
import type { JobOrderRow } from "./ports.ts";

/** @fault invalid base/unknown-unit, base/dimension */
export function inUnitOf(
  row: JobOrderRow,
  request: Pick<OperationsRequest, "materialFactors"> | undefined,
  quantity: Quantity,
): Result<ExactMicro> {
  const converted = convert(quantity, row.jobOrder.quantity.uom, request?.materialFactors ?? []);
  return converted.ok ? ok(exactOf(converted.value)) : converted;
}

/** @param by  less than nothing for what is taken off */
export function addCount(row: JobOrderRow, grade: UnitGrade, by: ExactMicro): JobOrderRow {
  const { micro, numerator, denominator } = addExact(countOf(row, grade), by);
  const { [grade]: _, ...others } = row.countParts;
  const countParts = numerator === 0n ? others : { ...others, [grade]: { numerator, denominator } };
  const counted = { ...row, countParts };
  switch (grade) {
    case "good":
      return { ...counted, goodMicro: micro };
    case "scrap":
      return { ...counted, scrapMicro: micro };
    case "rework":
      return { ...counted, reworkMicro: micro };
  }
}

export function goodOf(row: JobOrderRow): ExactMicro {
  return countOf(row, "good");
}

function countOf(row: JobOrderRow, grade: UnitGrade): ExactMicro {
  const micro = { good: row.goodMicro, scrap: row.scrapMicro, rework: row.reworkMicro }[grade];
  return { micro, ...(row.countParts[grade] ?? noPart) };
}
