/**
 * Where the ERP knows something else than it had told us: it was put back from a backup, or a request reached it twice. Each
 * such document is named when its order is compared, and nothing is posted, or taken back, because of it.
 */
import { guidOf } from "../../../base/id.ts";
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { posting, type PostingColumns } from "../../store/schema/posting.ts";
import type { ErpLoss, Happened } from "../happened.ts";

/** What is told of a document of ours, by the name under which the ERP keeps it: a key of ours, or what stands for it. */
export function nameIn({ kind, key }: Pick<PostingColumns, "kind" | "key">): string {
  return kind.includes("confirmation") ? guidOf(key) : key;
}

/** Whether the ERP knows something else of the order than it had told us: its sums are told document by document. */
export function isToldApart({ erpLost, doubled, forgotten }: Happened, order: string): boolean {
  if (forgotten.has(order)) return true;
  return (erpLost?.orders.has(order) ?? false) || [...doubled.values()].some((one) => one.order === order);
}

/** Our document was there, and is not, whatever else has its number now. */
export function isLost({ erpLost }: Happened, books: Books, row: PostingColumns): boolean {
  return erpLost !== null && lostNames(erpLost).has(nameIn(row)) && standing(books, row) === 0;
}

/** How many documents with its key stand in the ERP. */
export function standing(books: Books, row: PostingColumns): number {
  const name = nameIn(row);
  return row.kind.includes("confirmation")
    ? books.confirmationsByKey(name).filter((one) => !one.isReversal && !one.isReversed).length
    : books.documentsByReference(name).filter(({ items }) => items.some((item) => !item.reverses && !item.isCancelled))
        .length;
}

/** Whether a document with its key was taken back in the ERP. */
export function isTakenBack(books: Books, row: PostingColumns): boolean {
  const name = nameIn(row);
  return row.kind.includes("confirmation")
    ? books.confirmationsByKey(name).some(({ isReversed }) => isReversed)
    : books.documentsByReference(name).some(({ items }) => items.some(({ isCancelled }) => isCancelled));
}

/** Names of our documents that are gone; what takes others back is none of its own. */
export function lostNames({ confirmations, movements }: ErpLoss): ReadonlySet<string> {
  return new Set([
    ...confirmations.flatMap(({ isReversal, externalKey }) => (isReversal || !externalKey ? [] : [externalKey])),
    ...movements.flatMap(({ reference, items }) => (items[0]?.reverses || !reference ? [] : [reference])),
  ]);
}

/** Those of them that the ERP has never confirmed to us: they are asked about, and sent again. */
export function unconfirmedNames(database: MemoryDatabase, loss: ErpLoss): ReadonlySet<string> {
  const confirmed = new Set<string>();
  for (const row of database.rows(posting)) if (row.document !== null) confirmed.add(nameIn(row));
  return lostNames(loss).difference(confirmed);
}
