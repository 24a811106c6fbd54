/**
 * What a response of a performance states: for comparing what was sent with what the ERP shows, and for reading what
 * the ERP has of an order. Pure.
 */
import { parseInstant, type Instant, type LocalDate } from "../../base/instant.ts";
import { canonicalJson } from "../../base/json.ts";
import { parseQuantity, zero, type Quantity } from "../../base/quantity.ts";
import { assert, fail, ok, type Result } from "../../base/result.ts";
import { countIds } from "../../isa95/b2mml/operations-response.map.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import {
  materialUses,
  type MaterialActual,
  type OperationsResponse,
} from "../../isa95/response/operations-response.ts";
import type { ErpReference } from "../../isa95/schedule/operations-request.ts";
import type { OwedKind } from "../../record/posting.ts";

type Response = Information<"OperationsResponse">;
type Segment = Information<"SegmentResponse">;
type Actual = Information<"MaterialActual">;

/**
 * The response as the core has it.
 *
 * @fault invalid erp/b2mml-shown  a quantity, a time or a use that cannot be read
 */
export function readResponse(response: Response, reference: ErpReference): Result<OperationsResponse> {
  const [segment] = response.SegmentResponse;
  return reading(response, () => statedIn(segment, reference));
}

/** One document of ours would say so much: pieces of an operation, or material that was used or made in it. */
export interface Statement {
  readonly kind: OwedKind;
  /** The response's ID; with that of the segment behind it, where several segments say something. */
  readonly number: string;
  readonly response: OperationsResponse;
}

/**
 * What a response says that is not ours, taken apart as ours are: somebody else puts into one what we say in several.
 *
 * @fault invalid erp/b2mml-shown  a quantity, a time or a use that cannot be read
 */
export function readForeign(response: Response, reference: ErpReference): Result<readonly Statement[]> {
  const segments = response.SegmentResponse.flatMap(withInner).filter(
    ({ SegmentData = [], MaterialActual = [] }) => SegmentData.length > 0 || MaterialActual.length > 0,
  );
  // An older document may leave IDs out; then the place tells segments apart.
  const nameOf = ({ ID }: Segment, at: number): string =>
    segments.filter((one) => one.ID === ID).length === 1 ? ID : String(at + 1);
  return reading(response, () =>
    segments.flatMap((segment, at) => {
      const number = segments.length === 1 ? response.ID : `${response.ID}/${nameOf(segment, at)}`;
      return statementsOf(statedIn(segment, reference)).map((one) => ({ ...one, number }));
    }),
  );
}

function withInner(segment: Segment): readonly Segment[] {
  return [segment, ...(segment.SegmentResponseChild ?? []).flatMap(withInner)];
}

function statementsOf(whole: OperationsResponse): readonly Omit<Statement, "number">[] {
  const { good, scrap, rework, materials } = whole.segment;
  const saying = (kind: OwedKind, part: Partial<OperationsResponse["segment"]>): Omit<Statement, "number"> => ({
    kind,
    response: { ...whole, segment: { ...whole.segment, ...part } },
  });
  const none = zero(good.uom);
  const moved = (kind: OwedKind, own: readonly MaterialActual[]): readonly Omit<Statement, "number">[] =>
    own.length === 0 ? [] : [saying(kind, { good: none, scrap: none, rework: none, final: false, materials: own })];
  return [
    ...([good, scrap, rework].some(({ micro }) => micro !== 0n) ? [saying("confirmation", { materials: [] })] : []),
    ...moved(
      "goods-issue",
      materials.filter(({ use }) => use === "Consumed"),
    ),
    ...moved(
      "goods-receipt",
      materials.filter(({ use }) => use !== "Consumed"),
    ),
  ];
}

function statedIn(segment: Segment | undefined, reference: ErpReference): OperationsResponse {
  return { reference, dates: datesOf(segment), segment: segmentOf(segment) };
}

function reading<T>({ ID }: Response, read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return fail("invalid", "erp/b2mml-shown", `Response ${ID} that the ERP shows: ${error.message}.`);
  }
}

/** The first difference between two responses as a sentence; null when they state the same. Order and spelling of zeros are no difference. */
export function difference(sent: Response, shown: Response, reference: ErpReference): Result<string | null> {
  const [ours, theirs] = [readResponse(sent, reference), readResponse(shown, reference)];
  if (!ours.ok) return ours;
  if (!theirs.ok) return theirs;
  const [order] = sent.OperationsRequestID ?? [];
  const [shownOrder] = shown.OperationsRequestID ?? [];
  if (order !== shownOrder) return ok(`order ${shownOrder ?? "none"} instead of ${order ?? "none"}`);
  const parts: readonly [string, (response: OperationsResponse) => unknown][] = [
    ["operation", ({ segment }) => segment.segment],
    ["counts", ({ segment }) => [segment.good, segment.scrap, segment.rework]],
    ["being final", ({ segment }) => segment.final],
    ["posting date", ({ dates }) => dates.postingDate],
    ["materials", ({ segment }) => segment.materials.map((one) => canonicalJson(one)).toSorted()],
  ];
  for (const [name, part] of parts) {
    if (canonicalJson(part(ours.value)) !== canonicalJson(part(theirs.value))) return ok(`its ${name} differ`);
  }
  return ok(null);
}

class Unreadable extends Error {}

function datesOf(segment: Segment | undefined): OperationsResponse["dates"] {
  const from = instantOf(segment?.ActualStartTime);
  const to = instantOf(segment?.ActualEndTime);
  const date = (segment?.PostingDate ?? "").slice(0, 10);
  if (!/^\d{4}-\d\d-\d\d$/.test(date)) throw new Unreadable(`its posting date is "${segment?.PostingDate ?? ""}"`);
  // checked a line above
  const day = date as LocalDate;
  return { eventFrom: from, eventTo: to, recordedAt: to, postingDate: day, documentDate: day };
}

function segmentOf(segment: Segment | undefined): OperationsResponse["segment"] {
  assert(segment, "the schema demands a segment");
  const [id = ""] = segment.SegmentRequirementID ?? [];
  const count = (name: string): Quantity => {
    const data = (segment.SegmentData ?? []).find((one) => one.ID === name);
    const [value] = data?.Value ?? [];
    return value ? quantityOf(value.ValueString, value.UnitOfMeasure) : zero("C62");
  };
  return {
    segment: id,
    sequence: "",
    workCenter: segment.EquipmentActual?.[0]?.EquipmentID?.[0] ?? "",
    good: count(countIds.good),
    scrap: count(countIds.scrap),
    rework: count(countIds.rework),
    final: segment.SegmentState === "Completed",
    materials: (segment.MaterialActual ?? []).map(actualOf),
  };
}

function actualOf(actual: Actual): MaterialActual {
  const [quantity] = actual.Quantity ?? [];
  const use = materialUses.find((known) => known === actual.MaterialUse);
  if (use === undefined) throw new Unreadable(`it uses material as "${actual.MaterialUse ?? ""}"`);
  const property = (id: string): string | null =>
    (actual.MaterialActualProperty ?? []).find((one) => one.ID === id)?.Value?.[0]?.ValueString ?? null;
  const stockType = property("StockType");
  return {
    use,
    requirement: property("MaterialRequirementID"),
    stock: {
      material: actual.MaterialDefinitionID?.[0] ?? "",
      quantity: quantityOf(quantity?.QuantityString, quantity?.UnitOfMeasure),
      at: { plant: actual.HierarchyScope?.EquipmentID ?? "", location: actual.StorageLocation?.Location ?? "" },
      lot: actual.MaterialLotID?.[0] ?? null,
      stockType: stockType === "quality" || stockType === "blocked" ? stockType : "free",
      specialStock: property("SpecialStock"),
    },
  };
}

function quantityOf(digits: string | undefined, unit: string | undefined): Quantity {
  const parsed = parseQuantity(digits ?? "", unit ?? "");
  if (!parsed.ok) throw new Unreadable(parsed.fault.message);
  return parsed.value;
}

function instantOf(text: string | undefined): Instant {
  const parsed = parseInstant(text ?? "");
  if (!parsed.ok) throw new Unreadable(parsed.fault.message);
  return parsed.value;
}
