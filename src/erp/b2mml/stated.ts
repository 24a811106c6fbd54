/**
 * What a response of a performance states: for comparing what was sent with what the ERP shows, and for reading what
 * the ERP has of an order. Pure.
 */
import { isLocalDate, type Instant, type LocalDate } from "../../base/instant.ts";
import { canonicalJson } from "../../base/json.ts";
import { parseQuantity, zero, type Quantity } from "../../base/quantity.ts";
import { assert, fail, ok, type Result } from "../../base/result.ts";
import { localDate, startOfDay, type TimeZone } from "../../base/site-time.ts";
import { countIds } from "../../isa95/b2mml/operations-response.map.ts";
import type { Information } from "../../isa95/b2mml/information.ts";
import { consumedWords, instantIn, noOffset, producedWords, unitIn, unknownUnit } from "../../isa95/b2mml/sender.ts";
import {
  materialUses,
  type MaterialActual,
  type MaterialUse,
  type OperationsResponse,
} from "../../isa95/response/operations-response.ts";
import type { ErpReference, OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import type { OwedKind } from "../../record/posting.ts";

type Response = Information<"OperationsResponse">;
type Segment = Information<"SegmentResponse">;
type Actual = Information<"MaterialActual">;

/** How the ERP writes what it shows. */
export interface ShownRules {
  readonly siteZone: TimeZone;
  /** Of times without an offset; null: they cannot be read. */
  readonly timeZone: TimeZone | null;
  /** Its own unit → Rec 20 code. */
  readonly units: Readonly<Record<string, string>>;
}

/**
 * The response as the core has it.
 *
 * @fault invalid erp/b2mml-shown  a quantity, a time or a use that cannot be read
 */
export function readResponse(
  response: Response,
  reference: ErpReference,
  rules: ShownRules,
): Result<OperationsResponse> {
  const [segment] = response.SegmentResponse;
  return reading(response, () => statedIn(segment, reference, rules));
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
export function readForeign(
  response: Response,
  request: OperationsRequest,
  rules: ShownRules,
): Result<readonly Statement[]> {
  const segments = response.SegmentResponse.flatMap(withInner).filter(
    ({ SegmentData = [], MaterialActual = [] }) => SegmentData.length > 0 || MaterialActual.length > 0,
  );
  // An older document may leave IDs out; then the place tells segments apart.
  const nameOf = ({ ID }: Segment, at: number): string =>
    segments.filter((one) => one.ID === ID).length === 1 ? ID : String(at + 1);
  return reading(response, () =>
    segments.flatMap((segment, at) => {
      const number = segments.length === 1 ? response.ID : `${response.ID}/${nameOf(segment, at)}`;
      return statementsOf(foreignIn(segment, request, rules)).map((one) => ({ ...one, number }));
    }),
  );
}

function foreignIn(segment: Segment, request: OperationsRequest, rules: ShownRules): OperationsResponse {
  const whole = statedIn(segment, request.reference, rules);
  return { ...whole, segment: { ...whole.segment, segment: operationOf(segment, request) } };
}

/** What it was made for; else whichever of its segments the order has; an order of one operation needs none named. */
function operationOf(
  { SegmentRequirementID = [], OperationsSegmentID = [], ProcessSegmentID = [] }: Segment,
  { segments }: OperationsRequest,
): string {
  const [required] = SegmentRequirementID;
  if (required !== undefined) return required;
  const named = [...OperationsSegmentID, ...ProcessSegmentID];
  const known = (
    named.length === 0 && segments.length === 1 ? segments : segments.filter(({ id }) => named.includes(id))
  )[0];
  return known?.id ?? named[0] ?? "";
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

function statedIn(segment: Segment | undefined, reference: ErpReference, rules: ShownRules): OperationsResponse {
  assert(segment, "the schema demands a segment");
  return { reference, dates: datesOf(segment, rules), segment: segmentOf(segment, rules) };
}

function reading<T>({ ID }: Response, read: () => T): Result<T> {
  try {
    return ok(read());
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return fail(
      "invalid",
      "erp/b2mml-shown",
      `Response ${ID} that the ERP shows: ${error.message.replace(/\.$/, "")}.`,
    );
  }
}

/** The first difference between two responses as a sentence; null when they state the same. Order and spelling of zeros are no difference. */
export function difference(sent: Response, shown: Response, rules: ShownRules): Result<string | null> {
  const nobody = { erp: "", company: "", number: "" };
  // What we have written is in Rec 20, whatever the ERP means by the same sign.
  const ours = readResponse(sent, nobody, { ...rules, units: {} });
  const theirs = readResponse(shown, nobody, rules);
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

/** Where something is left out, it is what the rest says: how an ERP that knows less writes what was keyed there. */
function datesOf(segment: Segment, rules: ShownRules): OperationsResponse["dates"] {
  const [start, end] = [segment.ActualStartTime, segment.ActualEndTime].map((text) =>
    text === undefined ? null : momentOf(text, rules),
  );
  const last = end ?? start ?? null;
  const day = segment.PostingDate === undefined ? null : postingDateOf(segment.PostingDate, rules);
  const postingDate = day ?? (last === null ? null : localDate(last, rules.siteZone));
  if (postingDate === null) throw new Unreadable("it says neither when it was made nor its posting date");
  const dawn = startOfDay(postingDate, rules.siteZone);
  const eventTo = last ?? dawn;
  // The standard does not say when it was recorded: not before either.
  const recordedAt = eventTo > dawn ? eventTo : dawn;
  return { eventFrom: start ?? eventTo, eventTo, recordedAt, postingDate, documentDate: postingDate };
}

const dayMs = 86_400_000;

/**
 * Midnight, in UTC (as we write it) or by its own offset, is a date of the books; any other time is a moment, and the site's
 * calendar says its date.
 */
function postingDateOf(text: string, rules: ShownRules): LocalDate {
  const [, day = "", time] = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  if (!isLocalDate(day)) throw new Unreadable(`its posting date is "${text}"`);
  if (time === undefined || /^00:00:00(\.0+)?$/.test(time)) return day;
  const at = instantIn(rules.timeZone, text);
  if (at === null) return day;
  // midnight UTC has the same date as its text in UTC
  return at % dayMs === 0 ? (new Date(at).toISOString().slice(0, 10) as LocalDate) : localDate(at, rules.siteZone);
}

function segmentOf(segment: Segment, rules: ShownRules): OperationsResponse["segment"] {
  const [id = ""] = segment.SegmentRequirementID ?? [];
  const counts = [countIds.good, countIds.scrap, countIds.rework].map((name) => {
    const [value] = (segment.SegmentData ?? []).find((one) => one.ID === name)?.Value ?? [];
    return value ? quantityOf(value.ValueString, value.UnitOfMeasure, rules) : null;
  });
  // What is not named was none, in the unit of the others.
  const none = zero(counts.find((one) => one !== null)?.uom ?? "C62");
  const [good = none, scrap = none, rework = none] = counts.map((one) => one ?? none);
  return {
    segment: id,
    sequence: "",
    workCenter: segment.EquipmentActual?.[0]?.EquipmentID?.[0] ?? "",
    good,
    scrap,
    rework,
    final: segment.SegmentState === "Completed",
    materials: (segment.MaterialActual ?? []).map((actual) => actualOf(actual, rules)),
  };
}

function actualOf(actual: Actual, rules: ShownRules): MaterialActual {
  const [quantity] = actual.Quantity ?? [];
  const property = (id: string): string | null =>
    (actual.MaterialActualProperty ?? []).find((one) => one.ID === id)?.Value?.[0]?.ValueString ?? null;
  const stockType = property("StockType");
  return {
    use: useOf(actual.MaterialUse ?? ""),
    requirement: property("MaterialRequirementID"),
    stock: {
      material: actual.MaterialDefinitionID?.[0] ?? "",
      quantity: quantityOf(quantity?.QuantityString, quantity?.UnitOfMeasure, rules),
      at: { plant: actual.HierarchyScope?.EquipmentID ?? "", location: actual.StorageLocation?.Location ?? "" },
      lot: actual.MaterialLotID?.[0] ?? null,
      stockType: stockType === "quality" || stockType === "blocked" ? stockType : "free",
      specialStock: property("SpecialStock"),
    },
  };
}

function useOf(word: string): MaterialUse {
  if (consumedWords.has(word)) return "Consumed";
  if (producedWords.has(word)) return "Produced";
  const use = materialUses.find((known) => known === word);
  if (use === undefined) throw new Unreadable(`it uses material as "${word}"`);
  return use;
}

function quantityOf(digits: string | undefined, code: string | undefined, { units }: ShownRules): Quantity {
  const unit = (code ?? "").trim();
  if (unit === "") throw new Unreadable(`the quantity ${digits ?? ""} has no unit`);
  const uom = unitIn(units, unit);
  if (uom === null) throw new Unreadable(unknownUnit(unit));
  const parsed = parseQuantity(digits ?? "", uom);
  if (!parsed.ok) throw new Unreadable(parsed.fault.message);
  return parsed.value;
}

function momentOf(text: string, { timeZone }: ShownRules): Instant {
  const read = instantIn(timeZone, text);
  if (read === null) throw new Unreadable(noOffset(text));
  return read;
}
