/**
 * What the two sides of an order's books differ in, each difference in exactly one class. Pure; the parts of a line sum
 * to its difference for any books. Spec: docs/spec/reconcile.md
 */
import { instant, type Instant } from "../../base/instant.ts";
import type { ClassLimits, DifferenceClass, LimitedClass } from "../../record/reconciliation.ts";
import type {
  BesideBillAmount,
  BookedDocument,
  BookedPosting,
  Books,
  LedgerLine,
  PackedAmount,
  StatedAmount,
} from "./books.ts";
import { lineKey, type Line, type LineAmount } from "./line.ts";

/** A part of the difference of a line. */
export interface Part {
  readonly class: DifferenceClass;
  /** Unexplained only because it is beyond a limit of this class; null otherwise. */
  readonly beyond: LimitedClass | null;
  /** Counted minus ERP. */
  readonly micro: bigint;
  /** For a person. */
  readonly because: string;
  readonly since: Instant;
  /** Key of our posting; null when none is concerned. */
  readonly posting: string | null;
  /** Number of the ERP's document; null when it has none. */
  readonly document: string | null;
  /** How many facts are in it. */
  readonly facts: number;
}

export interface ComparedLine {
  readonly line: Line;
  /** What facts state. */
  readonly counted: bigint;
  /** What our postings say; on a line of packing, what was packed; on one of what was merely counted, the bill's share. */
  readonly posted: bigint;
  /** What stands in the ERP; on those lines the same as `posted`. */
  readonly erp: bigint;
  readonly difference: bigint;
  readonly parts: readonly Part[];
}

export interface OrderComparison {
  /** Every line that anybody has said something of, also where nothing differs. */
  readonly lines: readonly ComparedLine[];
  /** Facts against the ledger: lines that differ, each of them unexplained. */
  readonly ledger: readonly LedgerLine[];
  readonly notCompared: number;
}

interface Draft extends Omit<Part, "class" | "beyond"> {
  readonly class: DifferenceClass;
}

export function compareBooks(books: Books, limits: ClassLimits, at: Instant): OrderComparison {
  const sheets = sheetsOf(books);
  const known = new Map(books.postings.map((posting) => [posting.key, posting]));
  // A document may lack a whole line of what was sent: it is there all the same.
  const there = new Set(books.documents.flatMap(({ key, reversed }) => (key === null || reversed ? [] : [key])));
  const stoodBackFor = new Set(books.postings.flatMap(({ standsBackFor }) => standsBackFor ?? []));
  const lines = [
    ...[...sheets.values()].map((sheet) => compareLine(sheet, { known, there, stoodBackFor, limits, at })),
    ...packedLines(books.packed, limits, at),
    ...books.besideBill.map((amount) => besideBillLine(amount, limits, at)),
  ].toSorted((a, b) => (lineKey(a.line) < lineKey(b.line) ? -1 : 1));
  return {
    lines,
    ledger: books.ledger.filter(({ counted, ledger }) => counted !== ledger),
    notCompared: books.notCompared,
  };
}

/** How many differences nobody can account for: parts, not sums, so that none hides another. */
export function unexplainedIn({ lines, ledger }: OrderComparison): number {
  const parts = lines.flatMap((line) => line.parts).filter((part) => part.class === "unexplained");
  return parts.length + ledger.length;
}

/** One line with everything that is said of it. */
interface Sheet {
  readonly line: Line;
  readonly stated: StatedAmount[];
  readonly posted: Map<string, bigint>;
  readonly documents: { readonly document: BookedDocument; readonly micro: bigint }[];
}

function sheetsOf({ stated, postings, documents }: Books): Map<string, Sheet> {
  const sheets = new Map<string, Sheet>();
  const on = ({ line }: LineAmount): Sheet => {
    const key = lineKey(line);
    const known = sheets.get(key) ?? { line, stated: [], posted: new Map<string, bigint>(), documents: [] };
    sheets.set(key, known);
    return known;
  };
  for (const one of stated) on(one).stated.push(one);
  for (const { key, amounts } of postings)
    for (const one of amounts) on(one).posted.set(key, (on(one).posted.get(key) ?? 0n) + one.micro);
  for (const document of documents)
    for (const one of document.amounts) on(one).documents.push({ document, micro: one.micro });
  return sheets;
}

interface Compared {
  readonly known: ReadonlyMap<string, BookedPosting>;
  /** Keys of the documents that stand in the ERP. */
  readonly there: ReadonlySet<string>;
  /** Numbers of the documents for which some of ours stand back, by a person's word. */
  readonly stoodBackFor: ReadonlySet<string>;
  readonly limits: ClassLimits;
  readonly at: Instant;
}

function compareLine(sheet: Sheet, { known, there, stoodBackFor, limits, at }: Compared): ComparedLine {
  const standing = sheet.documents.filter(({ document }) => !document.reversed);
  const counted = total(sheet.stated);
  const erp = total(standing);
  const keys = new Set([
    ...sheet.stated.flatMap(({ posting }) => (posting === null ? [] : [posting])),
    ...sheet.posted.keys(),
    ...sheet.documents.flatMap(({ document: { key } }) => (key !== null && known.has(key) ? [key] : [])),
  ]);
  const drafts = [
    ...[...keys].flatMap((key) => ofPosting(sheet, key, known.get(key), { limits, isThere: there.has(key) })),
    ...unspoken(sheet.stated.filter(({ posting }) => posting === null)),
    ...standing.flatMap(({ document, micro }) => ofOthers(document, micro, keys, stoodBackFor)),
  ].filter(({ micro }) => micro !== 0n);
  return {
    line: sheet.line,
    counted,
    posted: [...sheet.posted.values()].reduce((sum, micro) => sum + micro, 0n),
    erp,
    difference: counted - erp,
    parts: judged(drafts, limits, at),
  };
}

/** What was made and not packed; on these lines the other side is what was packed, and no document is asked for. */
function packedLines(amounts: readonly PackedAmount[], limits: ClassLimits, at: Instant): readonly ComparedLine[] {
  return [...Map.groupBy(amounts, ({ line }) => lineKey(line)).values()].flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const drafts = same
      .map(({ good, packed, facts, since }): Draft => {
        const micro = good - packed;
        const about = { posting: null, document: null, micro, facts, since };
        return micro > 0n
          ? { ...about, class: "made-not-packed", because: "made, and not packed yet" }
          : { ...about, class: "unexplained", because: "more was packed than was made" };
      })
      .filter(({ micro }) => micro !== 0n);
    const counted = same.reduce((sum, { good }) => sum + good, 0n);
    const packed = same.reduce((sum, one) => sum + one.packed, 0n);
    const parts = judged(drafts, limits, at);
    return [{ line: first.line, counted, posted: packed, erp: packed, difference: counted - packed, parts }];
  });
}

/** Counter and bill may differ by as much as they like; the bill alone is posted, and no document is asked for. */
function besideBillLine(
  { line, counted, bill, facts, firstAt }: BesideBillAmount,
  limits: ClassLimits,
  at: Instant,
): ComparedLine {
  const difference = counted - bill;
  const because = "a machine counts it beside the bill, which alone is posted";
  const about = { posting: null, document: null, micro: difference, facts, since: firstAt };
  const drafts: readonly Draft[] = difference === 0n ? [] : [{ ...about, class: "beside-bill", because }];
  return { line, counted, posted: bill, erp: bill, difference, parts: judged(drafts, limits, at) };
}

/** What one of our postings leaves over: its facts against its content, its content against the ERP. */
function ofPosting(
  sheet: Sheet,
  key: string,
  posting: BookedPosting | undefined,
  { limits, isThere }: { readonly limits: ClassLimits; readonly isThere: boolean },
): readonly Draft[] {
  const stated = sheet.stated.filter((one) => one.posting === key);
  const own = sheet.documents.filter(({ document }) => document.key === key);
  const erp = total(own.filter(({ document }) => !document.reversed));
  // What is dismissed and not there keeps out of the ERP what its facts say, which may belong to another order by now.
  const isKeptOut = posting?.state === "dismissed" && !isThere;
  const content = isKeptOut ? total(stated) : (sheet.posted.get(key) ?? 0n);
  const reversed = total(own.filter(({ document }) => document.reversed));
  const facts = stated.reduce((sum, one) => sum + one.facts, 0);
  const [document] = own;
  const since = document?.document.recordedAt ?? posting?.settledAt ?? posting?.plannedAt ?? firstOf(stated);
  const about = {
    posting: key,
    document: document?.document.number ?? posting?.document ?? null,
    facts,
    since,
  };
  const unsaid = total(stated) - content;
  const missing = content - erp;
  const back = isWithin(reversed, missing) ? reversed : 0n;
  const told = posting ? leftOver(posting, missing - back, isThere, limits) : unknownPosting;
  return [
    { ...about, ...byDigit(unsaid, limits, "the document says another amount than its facts"), micro: unsaid },
    { ...about, class: "reversed", because: "the ERP has taken the document back", micro: back },
    { ...about, ...told, micro: missing - back },
  ];
}

type Told = Pick<Draft, "class" | "because"> & { readonly since?: Instant };

const unknownPosting: Told = { class: "unexplained", because: "facts name a posting that is not there" };

/** What of a posting's content the ERP does not have, whatever it has taken back aside. */
function leftOver(posting: BookedPosting, micro: bigint, isThere: boolean, limits: ClassLimits): Told {
  const { state, parked, fault, plannedAt, settledAt, standsBackFor } = posting;
  const why = fault === null ? "" : `: ${fault}`;
  // Our state accounts for a document that is missing; for another amount, or a second one, only taking it back does.
  if (isThere && state !== "reversing" && state !== "reversed")
    return byDigit(micro, limits, "the ERP has another amount under our key");
  if (standsBackFor !== null && state === "dismissed") {
    const because = `it stands back for document ${standsBackFor}, which was keyed by hand`;
    return { class: "by-hand", because, since: settledAt ?? plannedAt };
  }
  switch (state) {
    case "planned":
      return { class: "in-flight", because: `planned, not sent yet${why}`, since: plannedAt };
    case "sending":
      return { class: "in-flight", because: "on its way to the ERP", since: plannedAt };
    case "in-doubt":
      return { class: "in-flight", because: `in doubt, the ERP is being asked${why}`, since: plannedAt };
    case "refused":
      return { class: "refused", because: `${parked ? "parked" : "refused"}${why}`, since: plannedAt };
    case "needs-person":
      return { class: "refused", because: `only a person can tell whether the ERP has it${why}`, since: plannedAt };
    case "dismissed":
      return { class: "dismissed", because: "a person has decided that it is not owed", since: settledAt ?? plannedAt };
    case "reversing":
      if (isThere && micro < 0n) return { class: "unexplained", because: "the ERP has more than one under our key" };
      return { class: "reversed", because: "we take the document back", since: settledAt ?? plannedAt };
    case "reversed":
      return isThere
        ? { class: "unexplained", because: "the ERP has confirmed that it took the document back, and it stands" }
        : { class: "reversed", because: "we have taken the document back", since: settledAt ?? plannedAt };
    case "confirmed":
      return { class: "unexplained", because: "the ERP has confirmed it and does not show it" };
  }
}

/** A difference in the last digits; more than that nobody has explained. */
function byDigit(micro: bigint, limits: ClassLimits, because: string): Told {
  const limit = limits.rounding.micro;
  return { class: limit === null || magnitude(micro) <= limit ? "rounding" : "unexplained", because };
}

/** Made, and no document speaks for it. */
function unspoken(stated: readonly StatedAmount[]): readonly Draft[] {
  if (stated.length === 0) return [];
  const facts = stated.reduce((sum, one) => sum + one.facts, 0);
  const micro = total(stated);
  const because =
    micro < 0n ? "taken back, and not corrected in the ERP yet" : "made, and no document is planned for it yet";
  return [{ posting: null, document: null, facts, since: firstOf(stated), because, class: "in-flight", micro }];
}

/** A document of the ERP that none of our postings made. */
function ofOthers(
  { number, key, recordedAt }: BookedDocument,
  micro: bigint,
  ours: ReadonlySet<string>,
  stoodBackFor: ReadonlySet<string>,
): readonly Draft[] {
  if (key !== null && ours.has(key)) return [];
  const about = { posting: key, document: number, facts: 0, since: recordedAt, micro: -micro };
  if (key === null) return [{ ...about, class: "by-hand", because: "somebody has posted it in the ERP" }];
  return stoodBackFor.has(number)
    ? [{ ...about, class: "by-hand", because: "a restore has lost our posting of it, and others stand back for it" }]
    : [{ ...about, class: "unexplained", because: "it bears a key like ours that none of our postings has" }];
}

const settling: ReadonlySet<DifferenceClass> = new Set<DifferenceClass>(["reversed", "by-hand", "dismissed"]);

/** Applies the limits. What was taken back and keyed again, and adds up to nothing, is settled. */
function judged(drafts: readonly Draft[], limits: ClassLimits, at: Instant): readonly Part[] {
  const isSettled = total(drafts.filter((draft) => settling.has(draft.class))) === 0n;
  return drafts.map((draft) => {
    const own = draft.class;
    if (own === "unexplained" || (isSettled && settling.has(own))) return { ...draft, beyond: null };
    const { hours, micro } = limits[own];
    const isOld = hours !== null && at - draft.since > hours * 3_600_000;
    const isLarge = micro !== null && magnitude(draft.micro) > micro;
    return isOld || isLarge ? { ...draft, class: "unexplained", beyond: own } : { ...draft, beyond: null };
  });
}

/** Whether `part` goes in the direction of `whole` and no further. */
function isWithin(part: bigint, whole: bigint): boolean {
  return whole > 0n ? part > 0n && part <= whole : part < 0n && part >= whole;
}

function magnitude(micro: bigint): bigint {
  return micro < 0n ? -micro : micro;
}

function total(amounts: readonly { readonly micro: bigint }[]): bigint {
  return amounts.reduce((sum, { micro }) => sum + micro, 0n);
}

/** Later than every event where there is none: what has no event has no age. */
function firstOf(stated: readonly StatedAmount[]): Instant {
  return stated.reduce((first, { firstAt }) => (firstAt < first ? firstAt : first), instant(Number.MAX_SAFE_INTEGER));
}
