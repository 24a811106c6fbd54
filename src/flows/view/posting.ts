/** What a posting says, line by line. The screens have the words for it, in the reader's language. */
import type { LocalDate } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import { isReversal, type PostingContent } from "../../record/posting.ts";

export const postingLineKinds = [
  "good",
  "scrap",
  "rework",
  "used",
  "received",
  "by-product",
  "co-product",
  "final",
  "taken-back",
] as const;
export type PostingLineKind = (typeof postingLineKinds)[number];

export interface PostingLine {
  readonly what: PostingLineKind;
  /** The one that is taken back. */
  readonly document: string | null;
  readonly material: string | null;
  readonly quantity: Quantity;
  readonly location: string | null;
  readonly lot: string | null;
}

export function linesOf(content: PostingContent): readonly PostingLine[] {
  if (isReversal(content)) {
    const { document } = content.reversal;
    return [{ what: "taken-back", ...none, document, quantity: { micro: 0n, uom: "C62" } }];
  }
  if (content.response === null) return [];
  const { good, scrap, rework, materials, final } = content.response.segment;
  // Receipts and issues are about their materials alone, whatever pieces stand beside them.
  if (materials.length > 0) return materials.map(materialLine);
  const pieces = (
    [
      ["good", good],
      ["scrap", scrap],
      ["rework", rework],
    ] as const
  )
    .filter(([, quantity]) => quantity.micro !== 0n)
    .map(([what, quantity]): PostingLine => ({ what, ...none, quantity }));
  return final ? [...pieces, { what: "final", ...none, quantity: { micro: 0n, uom: good.uom } }] : pieces;
}

const none = { document: null, material: null, location: null, lot: null } as const;

function materialLine({ use, stock }: MaterialActual): PostingLine {
  return {
    what: kinds[use],
    document: null,
    material: stock.material,
    quantity: stock.quantity,
    location: stock.at.location,
    lot: stock.lot,
  };
}

const kinds: Readonly<Record<MaterialActual["use"], PostingLineKind>> = {
  Consumed: "used",
  Produced: "received",
  "By-product Produced": "by-product",
  "Co-product Produced": "co-product",
};

export function postingDateOf(content: PostingContent): LocalDate | null {
  if (isReversal(content)) return content.reversal.postingDate;
  return content.response?.dates.postingDate ?? null;
}
