/**
 * A reconciliation as it is kept and shown: amounts as decimal text, times as text, nothing that only we could read. Pure.
 * How it becomes a signed file is `app/evidence-file.ts`.
 */
import { formatInstant, type Instant } from "../base/instant.ts";
import { formatMicro } from "../base/quantity.ts";
import { isBesideBill, type BookedDocument, type BookedPosting } from "../operations/reconciliation/books.ts";
import { unexplainedIn, type ComparedLine, type Part } from "../operations/reconciliation/comparison.ts";
import type { Line, LineAmount } from "../operations/reconciliation/line.ts";
import { noDifferences, type DifferenceClass } from "../record/reconciliation.ts";
import type { ReconciledOrder } from "./reconcile.ts";
import type { StatedFact } from "./view/books-view.ts";

export interface EvidenceFact {
  readonly fact: string;
  readonly at: string;
  readonly source: string;
  readonly what: string;
  readonly amount: string;
  readonly unit: string;
}

export interface EvidenceAmount {
  readonly aspect: Line["aspect"];
  readonly operation: string;
  readonly material: string;
  readonly lot: string | null;
  readonly unit: string;
  readonly amount: string;
}

export interface EvidenceDifference {
  readonly class: DifferenceClass;
  /** The class whose limit it is beyond. */
  readonly beyond: string | null;
  readonly amount: string;
  readonly because: string;
  readonly since: string;
  readonly posting: string | null;
  readonly document: string | null;
  readonly facts: number;
}

export interface EvidenceLine extends Omit<EvidenceAmount, "amount"> {
  readonly counted: string;
  readonly posted: string;
  readonly erp: string;
  readonly difference: string;
  readonly differences: readonly EvidenceDifference[];
}

export interface EvidenceOrder {
  readonly request: string;
  readonly erp: string;
  readonly order: string;
  readonly material: string;
  /** Why it could not be compared; null when it was. */
  readonly notCompared: string | null;
  readonly unexplained: number;
  readonly lines: readonly EvidenceLine[];
  readonly ledger: readonly (Omit<EvidenceAmount, "amount"> & { readonly counted: string; readonly ledger: string })[];
  readonly postings: readonly {
    readonly key: string;
    readonly kind: string;
    readonly state: string;
    readonly document: string | null;
    readonly amounts: readonly EvidenceAmount[];
    readonly facts: readonly EvidenceFact[];
  }[];
  readonly documents: readonly {
    readonly document: string;
    readonly kind: string;
    readonly key: string | null;
    readonly reversed: boolean;
    readonly recordedAt: string;
    readonly amounts: readonly EvidenceAmount[];
  }[];
  /** Facts that no document speaks for, and should. */
  readonly unspoken: readonly EvidenceFact[];
  /** Of components that a machine counts and for which the bill alone speaks: what says the one, and what the other. */
  readonly besideBill: { readonly counted: readonly EvidenceFact[]; readonly bill: readonly EvidenceFact[] };
  /** Documents of the ERP that move only what others post. */
  readonly otherDocuments: number;
}

/** What a whole comparison adds up to. */
export interface EvidenceSummary {
  readonly unexplained: number;
  readonly orders: number;
  readonly lines: number;
  readonly documents: number;
  /** Orders whose documents could not be read. */
  readonly notCompared: number;
  readonly counts: Readonly<Record<DifferenceClass, number>>;
}

/** An unexplained difference, as lists show it. */
export interface Finding {
  readonly order: string;
  readonly line: string;
  readonly amount: string;
  readonly unit: string;
  readonly because: string;
  readonly since: string | null;
}

export function evidenceOf({ request, comparison, books, facts, fault }: ReconciledOrder): EvidenceOrder {
  const beside = besideBillOf(request, facts);
  const merelyCounted = new Set(beside.counted);
  const unspoken = facts.filter((fact) => fact.posting === null && !merelyCounted.has(fact));
  return {
    request: request.id,
    erp: request.reference.erp,
    order: request.reference.number,
    material: request.material,
    notCompared: fault?.message ?? null,
    unexplained: comparison ? unexplainedIn(comparison) : 0,
    lines: (comparison?.lines ?? []).map(lineOf),
    ledger: (comparison?.ledger ?? []).map(({ counted, ledger, ...line }) => ({
      ...placeOf({ ...line, segment: "" }),
      counted: formatMicro(counted),
      ledger: formatMicro(ledger),
    })),
    postings: (books?.postings ?? []).map((posting) => postingOf(posting, facts)),
    documents: (books?.documents ?? []).map(documentOf),
    unspoken: onceEach(unspoken).map(factOf),
    besideBill: { counted: beside.counted.map(factOf), bill: beside.bill.map(factOf) },
    otherDocuments: comparison?.notCompared ?? 0,
  };
}

/** Of materials of which something is merely counted, both sides. */
function besideBillOf(
  request: ReconciledOrder["request"],
  facts: readonly StatedFact[],
): { readonly counted: readonly StatedFact[]; readonly bill: readonly StatedFact[] } {
  const beside = facts.filter(
    ({ kind, segment, what }) => kind === "goods-issue" && isBesideBill(request, { segment, material: what }),
  );
  const counted = beside.filter(({ isByBill }) => !isByBill);
  const materials = new Set(counted.map(({ what }) => what));
  return { counted, bill: beside.filter(({ isByBill, what }) => isByBill && materials.has(what)) };
}

/** A piece that is owed to two kinds of documents is one fact. */
function onceEach(facts: readonly StatedFact[]): readonly StatedFact[] {
  return [...new Map(facts.map((fact) => [fact.id, fact])).values()];
}

function lineOf({ line, counted, posted, erp, difference, parts }: ComparedLine): EvidenceLine {
  return {
    ...placeOf(line),
    counted: formatMicro(counted),
    posted: formatMicro(posted),
    erp: formatMicro(erp),
    difference: formatMicro(difference),
    differences: parts.map(differenceOf),
  };
}

function placeOf({ aspect, segment, material, lot, uom }: Line): Omit<EvidenceAmount, "amount"> {
  return { aspect, operation: segment, material, lot, unit: uom };
}

function differenceOf({ micro, since, ...part }: Part): EvidenceDifference {
  return { ...part, amount: formatMicro(micro), since: timeOf(since) };
}

function amountOf({ line, micro }: LineAmount): EvidenceAmount {
  return { ...placeOf(line), amount: formatMicro(micro) };
}

function postingOf(
  { key, kind, state, document, amounts }: BookedPosting,
  facts: readonly StatedFact[],
): EvidenceOrder["postings"][number] {
  const own = facts.filter(({ posting }) => posting === key).map(factOf);
  return { key, kind, state, document, amounts: amounts.map(amountOf), facts: own };
}

function documentOf({
  number,
  kind,
  key,
  reversed,
  recordedAt,
  amounts,
}: BookedDocument): EvidenceOrder["documents"][number] {
  return { document: number, kind, key, reversed, recordedAt: timeOf(recordedAt), amounts: amounts.map(amountOf) };
}

function factOf({ id, at, source, what, quantity }: StatedFact): EvidenceFact {
  return { fact: id, at: timeOf(at), source, what, amount: formatMicro(quantity.micro), unit: quantity.uom };
}

/** What has no event has no time. */
function timeOf(at: Instant): string {
  return at > 8.64e15 ? "" : formatInstant(at);
}

/** Adds orders up as they come. */
export class EvidenceSum {
  readonly counts = noDifferences();
  #unexplained = 0;
  #orders = 0;
  #lines = 0;
  #documents = 0;
  #notCompared = 0;

  add(order: EvidenceOrder): void {
    this.#orders += 1;
    this.#lines += order.lines.length;
    this.#documents += order.documents.length;
    this.#unexplained += order.unexplained;
    if (order.notCompared !== null) this.#notCompared += 1;
    for (const { differences } of order.lines) for (const one of differences) this.counts[one.class] += 1;
    this.counts.unexplained += order.ledger.length;
  }

  summary(): EvidenceSummary {
    return {
      unexplained: this.#unexplained,
      orders: this.#orders,
      lines: this.#lines,
      documents: this.#documents,
      notCompared: this.#notCompared,
      counts: { ...this.counts },
    };
  }
}

/** The unexplained differences of an order in words. */
export function findingsIn(order: EvidenceOrder): readonly Finding[] {
  const ofLines = order.lines.flatMap((line) =>
    line.differences
      .filter((one) => one.class === "unexplained")
      .map(({ amount, because, since, beyond }) => ({
        order: order.order,
        line: lineName(line),
        amount,
        unit: line.unit,
        because: beyond === null ? because : `${because}; beyond the limit of ${beyond}`,
        since,
      })),
  );
  const ofLedger = order.ledger.map((line) => ({
    order: order.order,
    line: lineName(line),
    amount: line.counted,
    unit: line.unit,
    because: `the ledger holds ${line.ledger}`,
    since: null,
  }));
  return [...ofLines, ...ofLedger];
}

export function lineName({ aspect, operation, material, lot }: Omit<EvidenceAmount, "amount" | "unit">): string {
  const where = operation === "" ? material : `operation ${operation}`;
  return `${aspect} ${where}${lot === null ? "" : ` lot ${lot}`}`;
}
