/** Documents of an ERP for something that we owe of which our record knows nothing: others have made them, or a restore has lost them. Pure. */
import type { Instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import type { HandAmount, HandDocument } from "../../record/hand-document.ts";
import { owedKinds, type PostingContent } from "../../record/posting.ts";
import { bookedDocument, type BookedDocument, type FoundDocument } from "./books.ts";
import { amountsIn, type Aspect, type LineAmount, type OwedScope } from "./line.ts";

/** @param since  made in the ERP at this instant or later, as the ERP says */
export function foundByHand(
  scope: OwedScope,
  found: readonly FoundDocument[],
  since: Instant,
): readonly HandDocument[] {
  return standing(scope, found, ({ key, recordedAt }) => key === null && recordedAt >= since);
}

/**
 * Documents that bear a key of ours and that our record does not know, whenever they were made: after a restore they are what
 * was posted since the backup, of facts that are cut into documents otherwise today, or by a decision that is lost.
 *
 * @param keys  of all our postings of the order
 */
export function foundUnknown(
  scope: OwedScope,
  found: readonly FoundDocument[],
  keys: ReadonlySet<string>,
): readonly HandDocument[] {
  return standing(scope, found, ({ key }) => key !== null && !keys.has(key));
}

function standing(
  scope: OwedScope,
  found: readonly FoundDocument[],
  isMeant: (document: BookedDocument) => boolean,
): readonly HandDocument[] {
  return found.flatMap((one) => {
    const document = bookedDocument(scope, one);
    const { reversed, amounts } = document;
    // What takes another document back was not keyed for what we owe: it may be our own, and bear no key.
    const isStanding = !reversed && amounts.some(({ micro }) => micro > 0n);
    return isStanding && isMeant(document) ? handDocument(scope, document, one) : [];
  });
}

function handDocument(
  { request }: OwedScope,
  document: BookedDocument,
  { response }: FoundDocument,
): readonly HandDocument[] {
  const { number, kind, recordedAt, amounts, key } = document;
  const owed = owedKinds.find((one) => one === (kind === "final-confirmation" ? "confirmation" : kind));
  if (owed === undefined) return [];
  const materials = owed === "confirmation" ? [] : [...new Set(amounts.map(({ line }) => line.material))];
  const segment = owed === "confirmation" ? (amounts[0]?.line.segment ?? "") : "";
  const { erp } = request.reference;
  const about = { erp, kind: owed, document: number, request: request.id, segment, materials, recordedAt };
  return [{ ...about, postingDate: response.dates.postingDate, amounts: amounts.map(handAmount), key }];
}

/** Whether one of our postings may be for the same thing. */
export function isFor(
  hand: Pick<HandDocument, "kind" | "segment" | "materials">,
  posting: { readonly kind: string; readonly segment: string; readonly content: PostingContent },
): boolean {
  if (posting.kind !== hand.kind) return false;
  if (hand.kind === "confirmation") return posting.segment === hand.segment;
  const own = posting.content.response?.segment.materials ?? [];
  return own.some(({ stock }) => hand.materials.includes(stock.material));
}

/** What a posting of ours says, in the same units as the document that was keyed. */
export function amountsOfPosting(
  { request }: Pick<OwedScope, "request">,
  { kind, response }: PostingContent,
): readonly HandAmount[] {
  return response === null ? [] : amountsIn(request, kind, response).map(handAmount);
}

function handAmount({ line, micro }: LineAmount): HandAmount {
  const what = said[line.aspect];
  const isMaterial = what === "received" || what === "used";
  return {
    what,
    material: isMaterial ? line.material : null,
    lot: line.lot,
    quantity: { micro, uom: line.uom },
  };
}

const said: Readonly<Record<Aspect, HandAmount["what"]>> = {
  good: "good",
  scrap: "scrap",
  rework: "rework",
  // No document says what was packed, or merely counted.
  packed: "good",
  counted: "used",
  receipt: "received",
  issue: "used",
};

/** For people. */
export function amountText(amounts: readonly HandAmount[]): string {
  return amounts
    .map(({ what, material, lot, quantity }) => {
      const name = `${formatMicro(quantity.micro)} ${quantity.uom} ${material ?? what}`;
      return lot === null ? name : `${name} lot ${lot}`;
    })
    .join(", ");
}
