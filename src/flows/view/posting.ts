/** What a posting says, line by line, as a person in the office would call it. */
import type { LocalDate } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { MaterialActual } from "../../isa95/response/operations-response.ts";
import { isReversal, type PostingContent } from "../../record/posting.ts";

export interface PostingLine {
  readonly what: string;
  readonly material: string | null;
  readonly quantity: Quantity;
  readonly location: string | null;
  readonly lot: string | null;
}

export function linesOf(content: PostingContent): readonly PostingLine[] {
  if (isReversal(content)) {
    const what = `Takes back ${content.reversal.document}`;
    return [{ what, material: null, quantity: { micro: 0n, uom: "C62" }, location: null, lot: null }];
  }
  if (content.response === null) return [];
  const { good, scrap, rework, materials, final } = content.response.segment;
  const own = { material: null, location: null, lot: null };
  // Receipts and issues are about their materials alone, whatever pieces stand beside them.
  if (materials.length > 0) return materials.map(materialLine);
  const pieces = [
    { what: "Good", quantity: good, ...own },
    { what: "Scrap", quantity: scrap, ...own },
    { what: "Rework", quantity: rework, ...own },
  ].filter(({ quantity }) => quantity.micro !== 0n);
  return final ? [...pieces, { what: "Final", quantity: { micro: 0n, uom: good.uom }, ...own }] : pieces;
}

function materialLine({ use, stock }: MaterialActual): PostingLine {
  return {
    what: words[use],
    material: stock.material,
    quantity: stock.quantity,
    location: stock.at.location,
    lot: stock.lot,
  };
}

const words: Readonly<Record<MaterialActual["use"], string>> = {
  Consumed: "Used",
  Produced: "Received",
  "By-product Produced": "By-product received",
  "Co-product Produced": "Co-product received",
};

export function postingDateOf(content: PostingContent): LocalDate | null {
  if (isReversal(content)) return content.reversal.postingDate;
  return content.response?.dates.postingDate ?? null;
}
