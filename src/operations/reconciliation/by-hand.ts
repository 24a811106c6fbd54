/** Documents of an ERP that somebody else has made since an instant, for something that we owe. Pure. */
import type { Instant } from "../../base/instant.ts";
import { formatMicro } from "../../base/quantity.ts";
import type { HandDocument } from "../../record/hand-document.ts";
import { owedKinds, type PostingContent } from "../../record/posting.ts";
import { bookedDocument, type BookedDocument, type FoundDocument } from "./books.ts";
import { amountsIn, type LineAmount, type OwedScope } from "./line.ts";

export interface FoundByHand extends HandDocument {
  /** For people. */
  readonly amounts: string;
}

/** @param since  made in the ERP at this instant or later, as the ERP says */
export function foundByHand(scope: OwedScope, found: readonly FoundDocument[], since: Instant): readonly FoundByHand[] {
  return found
    .map((document) => bookedDocument(scope, document))
    .filter(({ key, reversed, recordedAt, amounts }) => {
      // What takes another document back was not keyed for what we owe: it may be our own, and bear no key.
      return key === null && !reversed && recordedAt >= since && amounts.some(({ micro }) => micro > 0n);
    })
    .flatMap((document) => handDocument(scope, document));
}

function handDocument({ request }: OwedScope, document: BookedDocument): readonly FoundByHand[] {
  const { number, kind, recordedAt, amounts } = document;
  const owed = owedKinds.find((one) => one === (kind === "final-confirmation" ? "confirmation" : kind));
  if (owed === undefined) return [];
  const materials = owed === "confirmation" ? [] : [...new Set(amounts.map(({ line }) => line.material))];
  const segment = owed === "confirmation" ? (amounts[0]?.line.segment ?? "") : "";
  const { erp } = request.reference;
  const about = { erp, kind: owed, document: number, request: request.id, segment, materials, recordedAt };
  return [{ ...about, amounts: amountText(amounts) }];
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

/** What a posting says, for people. */
export function contentText({ request }: Pick<OwedScope, "request">, { kind, response }: PostingContent): string {
  return response === null ? "" : amountText(amountsIn(request, kind, response));
}

function amountText(amounts: readonly LineAmount[]): string {
  return amounts
    .map(({ line, micro }) => {
      const what = line.aspect === "receipt" || line.aspect === "issue" ? line.material : line.aspect;
      return `${formatMicro(micro)} ${line.uom} ${what}${line.lot === null ? "" : ` lot ${line.lot}`}`;
    })
    .join(", ");
}
