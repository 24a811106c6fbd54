/**
 * The books of one order, both sides on the same lines: what facts state, what postings say, what the ERP has. Only
 * what Millrace owes is in them. How they are compared is `comparison.ts`.
 */
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { OperationsResponse } from "../../isa95/response/operations-response.ts";
import type { UnitGrade } from "../../record/fact.ts";
import type { DocumentKind, OwedKind, PostingContent, PostingState } from "../../record/posting.ts";
import { issueLines, isUse, ownIssueLines, type UsedMaterial } from "../execution/issue-line.ts";
import { isReceivedByUs, receiptSegment } from "../order/operation.ts";
import { amountOn, amountsIn, isOwed, lineKey, pieceLine, type Line, type LineAmount, type OwedScope } from "./line.ts";

/** Facts of one operation that one posting speaks for, or none, summed; corrections count negative. */
export interface StatedSum {
  /** The kind of document that would speak for them. */
  readonly kind: OwedKind;
  readonly segment: string;
  /** What was counted; null for material that was used. */
  readonly grade: UnitGrade | null;
  /** What was used; null for pieces. */
  readonly material: string | null;
  readonly lot: string | null;
  /** The order line that the bill names; null for what a counter has read, and for pieces. */
  readonly named: string | null;
  readonly quantity: Quantity;
  /** Key of the posting that speaks for them; null when none does. */
  readonly posting: string | null;
  readonly facts: number;
  readonly firstAt: Instant;
}

export interface KeptPosting {
  readonly key: string;
  readonly kind: DocumentKind;
  readonly state: PostingState;
  readonly parked: boolean;
  readonly content: PostingContent;
  /** Its facts are spoken for by it. */
  readonly speaks: boolean;
  /** The ERP's number of the document. */
  readonly document: string | null;
  /** A document of the ERP for which a person has let it stand back; null otherwise. */
  readonly standsBackFor: string | null;
  readonly plannedAt: Instant;
  readonly settledAt: Instant | null;
  /** What the ERP or Millrace said of it last. */
  readonly fault: string | null;
}

/** As `ErpDocumentContent` of the connectors. */
export interface FoundDocument {
  readonly document: { readonly number: string; readonly kind: DocumentKind };
  readonly key: string | null;
  readonly reversed: boolean;
  readonly response: OperationsResponse;
}

/** Movements of the order's facts: into production for `issue`, out of it for `receipt`. */
export interface LedgerSum {
  readonly aspect: "receipt" | "issue";
  readonly material: string;
  readonly lot: string | null;
  readonly quantity: Quantity;
}

/** What one work unit has made and packed for one operation, in one unit; corrections count negative. */
export interface PackedSum {
  readonly segment: string;
  readonly workUnit: string;
  readonly good: Quantity;
  readonly packed: Quantity;
  /** How many facts say that something was packed. */
  readonly facts: number;
  /** When it last packed; when it made the first piece, where it never did. */
  readonly since: Instant;
}

export interface OrderRecord {
  readonly stated: readonly StatedSum[];
  /** Of work units that pack. */
  readonly packed: readonly PackedSum[];
  readonly postings: readonly KeptPosting[];
  readonly ledger: readonly LedgerSum[];
}

export interface StatedAmount extends LineAmount {
  readonly posting: string | null;
  readonly facts: number;
  readonly firstAt: Instant;
}

export interface BookedPosting extends Omit<KeptPosting, "content"> {
  readonly amounts: readonly LineAmount[];
}

export interface BookedDocument {
  readonly number: string;
  readonly kind: DocumentKind;
  readonly key: string | null;
  readonly reversed: boolean;
  readonly recordedAt: Instant;
  readonly amounts: readonly LineAmount[];
}

/** What was made on machines that pack, against what they packed. */
export interface PackedAmount {
  readonly line: Line;
  readonly good: bigint;
  readonly packed: bigint;
  readonly facts: number;
  readonly since: Instant;
}

/** What machines have counted of a component for which the bill alone speaks, against its share. */
export interface BesideBillAmount {
  readonly line: Line;
  readonly counted: bigint;
  readonly bill: bigint;
  /** How many facts say that something was counted. */
  readonly facts: number;
  readonly firstAt: Instant;
}

export interface Books {
  readonly stated: readonly StatedAmount[];
  readonly packed: readonly PackedAmount[];
  readonly besideBill: readonly BesideBillAmount[];
  readonly postings: readonly BookedPosting[];
  readonly documents: readonly BookedDocument[];
  readonly ledger: readonly LedgerLine[];
  /** Documents of the ERP that move only what others post. */
  readonly notCompared: number;
}

/** What facts say against what the ledger has booked for them, in the unit of the facts. */
export interface LedgerLine {
  readonly aspect: "receipt" | "issue";
  readonly material: string;
  readonly lot: string | null;
  readonly uom: string;
  readonly counted: bigint;
  readonly ledger: bigint;
}

export function booksOf(scope: OwedScope, record: OrderRecord, found: readonly FoundDocument[]): Books {
  const { request } = scope;
  const postings = record.postings.flatMap((posting) => bookedPosting(scope, posting));
  const documents = found.map((document) => bookedDocument(scope, document));
  return {
    stated: inLotsOf(
      postings,
      record.stated.flatMap((sum) => statedAmount(scope, sum)),
    ),
    packed: record.packed.map((sum) => packedAmount(scope, sum)),
    besideBill: besideBill(scope, record.stated),
    postings,
    documents: documents.filter(({ amounts }) => amounts.length > 0),
    ledger: ledgerLines(scope, record),
    notCompared: documents.filter(({ amounts }, at) => amounts.length === 0 && saysAmounts(request, found[at])).length,
  };
}

function statedAmount(scope: OwedScope, sum: StatedSum): readonly StatedAmount[] {
  const { request } = scope;
  const { posting, facts, firstAt, quantity } = sum;
  const line = lineOf(scope, sum);
  return line === null ? [] : [{ ...amountOn(request, line, quantity), posting, facts, firstAt }];
}

function packedAmount({ request }: OwedScope, { segment, good, packed, facts, since }: PackedSum): PackedAmount {
  const line = pieceLine(request, "packed", segment);
  const [made, done] = [amountOn(request, line, good), amountOn(request, line, packed)];
  // Both are in one unit, or their difference says nothing: what the order's unit cannot say of one is said of neither.
  if (made.line.uom !== done.line.uom)
    return { line: { ...line, uom: good.uom }, good: good.micro, packed: packed.micro, facts, since };
  return { line: made.line, good: made.micro, packed: done.micro, facts, since };
}

/** Of each material, over the whole order: a line of one operation may speak for what another one counts. Each unit without a factor is a line. */
function besideBill({ request }: OwedScope, stated: readonly StatedSum[]): readonly BesideBillAmount[] {
  const uses = stated.flatMap(({ kind, segment, material, named, quantity, facts, firstAt }) => {
    if (kind !== "goods-issue" || material === null || !isBesideBill(request, { segment, material })) return [];
    const { line, micro } = amountOn(request, { aspect: "counted", segment: "", material, lot: null }, quantity);
    return [
      {
        line,
        firstAt,
        ...(named === null ? { counted: micro, bill: 0n, facts } : { counted: 0n, bill: micro, facts: 0 }),
      },
    ];
  });
  const counted = new Set(uses.flatMap(({ line, facts }) => (facts > 0 ? [line.material] : [])));
  const lines = new Map<string, BesideBillAmount>();
  for (const use of uses.filter(({ line }) => counted.has(line.material))) {
    const known = lines.get(lineKey(use.line));
    const sum = known && {
      line: known.line,
      counted: known.counted + use.counted,
      bill: known.bill + use.bill,
      facts: known.facts + use.facts,
      firstAt: known.firstAt < use.firstAt ? known.firstAt : use.firstAt,
    };
    lines.set(lineKey(use.line), sum ?? use);
  }
  return [...lines.values()];
}

/** Whether what a counter reads of the material in this operation moves nothing, because the bill alone speaks for it. */
export function isBesideBill(
  request: OwedScope["request"],
  { segment, material }: { readonly segment: string; readonly material: string },
): boolean {
  return !moves(request, segment, { material, named: null });
}

/** Null for what others post. */
function lineOf(scope: OwedScope, { kind, segment, grade, material, lot, named }: StatedSum): Omit<Line, "uom"> | null {
  const { request } = scope;
  const asked = request.segments.find((s) => s.id === segment);
  if (!asked) return null;
  if (kind === "goods-issue") {
    if (material === null) return null;
    const own = ownIssueLines(issueLines(request, asked, { material, named }), { material, named });
    const owedLot = lot ?? own?.find((line) => line.material === material)?.lot ?? null;
    return own === null ? null : { aspect: "issue", segment: "", material, lot: owedLot };
  }
  const line: Omit<Line, "uom"> =
    kind === "goods-receipt"
      ? { aspect: "receipt", segment: "", material: request.material, lot: null }
      : pieceLine(request, grade ?? "good", segment);
  if (kind === "goods-receipt" && !isReceivedByUs(request, asked)) return null;
  return isOwed(scope, line) ? line : null;
}

function bookedPosting({ request }: OwedScope, { content, ...posting }: KeptPosting): readonly BookedPosting[] {
  if (content.response === null) return [];
  // What was dismissed and let go, or superseded, says nothing any more: others speak for its facts.
  const isOver = !posting.speaks && (posting.state === "dismissed" || posting.state === "reversed");
  return [{ ...posting, amounts: isOver ? [] : amountsIn(request, posting.kind, content.response) }];
}

export function bookedDocument(scope: OwedScope, { document, key, reversed, response }: FoundDocument): BookedDocument {
  const { request } = scope;
  const isOurs = key !== null;
  const owed = {
    ...response,
    segment: { ...response.segment, materials: response.segment.materials.filter(isPosted) },
  };
  function isPosted({ requirement }: { readonly requirement: string | null }): boolean {
    const line = request.segments.flatMap((s) => s.materials).find((m) => m.id === requirement);
    return isOurs || !line || line.mode === "measured" || line.mode === "bill";
  }
  return {
    ...document,
    key,
    reversed,
    recordedAt: response.dates.recordedAt,
    amounts: amountsIn(request, document.kind, owed).filter(({ line }) => isOurs || isOwed(scope, line)),
  };
}

function saysAmounts(request: OwedScope["request"], found: FoundDocument | undefined): boolean {
  return found !== undefined && amountsIn(request, found.document.kind, found.response).length > 0;
}

/**
 * Facts name no lot where the order line does: what a posting speaks for stands in the lots that the posting names. What
 * its content does not say stays with its first lot.
 */
function inLotsOf(postings: readonly BookedPosting[], stated: readonly StatedAmount[]): readonly StatedAmount[] {
  const contents = new Map(postings.map((p) => [p.key, p.amounts]));
  const anyLot = ({ line, posting }: StatedAmount): string =>
    `${posting ?? ""}\u001f${lineKey({ ...line, lot: null })}`;
  return [...Map.groupBy(stated, anyLot).values()].flatMap((sums) => {
    const [first] = sums;
    if (!first) return [];
    const said = (contents.get(first.posting ?? "") ?? []).filter(
      ({ line }) => lineKey({ ...line, lot: null }) === lineKey({ ...first.line, lot: null }),
    );
    const [named] = said;
    if (!named) return sums;
    const total = sums.reduce((sum, { micro }) => sum + micro, 0n);
    const rest = said.reduce((sum, { micro }) => sum - micro, total);
    const firstAt = sums.reduce((earliest, one) => (one.firstAt < earliest ? one.firstAt : earliest), first.firstAt);
    const facts = sums.reduce((sum, one) => sum + one.facts, 0);
    return said.map((amount) => ({
      line: amount.line,
      micro: amount === named ? amount.micro + rest : amount.micro,
      posting: first.posting,
      facts,
      firstAt,
    }));
  });
}

/** What was merely counted moves nothing. */
function moves(request: OwedScope["request"], segment: string, used: UsedMaterial): boolean {
  return isUse(request, request.segments.find(({ id }) => id === segment) ?? { materials: [] }, used);
}

function ledgerLines({ request }: OwedScope, { stated, ledger }: OrderRecord): readonly LedgerLine[] {
  const lines = new Map<string, { -readonly [K in keyof LedgerLine]: LedgerLine[K] }>();
  const lineOfSum = (
    aspect: "receipt" | "issue",
    material: string,
    lot: string | null,
    uom: string,
  ): LedgerLine & {
    counted: bigint;
    ledger: bigint;
  } => {
    const key = lineKey({ aspect, segment: "", material, lot, uom });
    const known = lines.get(key) ?? { aspect, material, lot, uom, counted: 0n, ledger: 0n };
    lines.set(key, known);
    return known;
  };
  const receiving = request.receiptLocation ? receiptSegment(request)?.id : undefined;
  for (const { kind, segment, material, lot, named, posting, quantity } of stated) {
    if (
      kind === "goods-issue" &&
      material !== null &&
      (posting !== null || moves(request, segment, { material, named }))
    )
      lineOfSum("issue", material, lot, quantity.uom).counted += quantity.micro;
    if (kind === "goods-receipt" && segment === receiving)
      lineOfSum("receipt", request.material, null, quantity.uom).counted += quantity.micro;
  }
  for (const { aspect, material, lot, quantity } of ledger)
    lineOfSum(aspect, material, lot, quantity.uom).ledger += quantity.micro;
  return [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}
