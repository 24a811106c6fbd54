/** What a restore of our own database leaves that nobody but a person can put right; see docs/spec/exactly-once.md. */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder } from "../../store/schema/order.ts";
import { posting } from "../../store/schema/posting.ts";
import { run } from "../../store/schema/shop-floor.ts";
import type { Made } from "./made.ts";

/** The ERP has ended the order, or cancelled it. */
export function isEnded(books: Books, number: string): boolean {
  const statuses = books.order(number)?.statuses;
  return statuses !== undefined && (statuses.has("technically-completed") || statuses.has("marked-for-deletion"));
}

/** The ERP takes no more of the order than a limit. */
export function isLimited(books: Books, number: string): boolean {
  return (books.order(number)?.overdeliveryPercent ?? null) !== null;
}

/**
 * An operation of the order is final in the ERP, by a decision that a restore may have lost: what was made of it since is
 * refused there, and the final confirmation waits behind that until a person has judged. See "Decisions after the last
 * backup" in docs/spec/exactly-once.md.
 */
export function isFinalThere(books: Books, number: string): boolean {
  return books
    .confirmationsOfOrder(number)
    .some(({ isFinal, isReversal, isReversed, externalKey }) => isFinal && !isReversal && !isReversed && externalKey);
}

/**
 * After a restore a run that was posted in two documents may be read as one, under the key of the first: a person compares.
 * See "A run cut differently" in docs/spec/exactly-once.md.
 */
export function isBeforePerson(database: MemoryDatabase, request: string): boolean {
  return database.find(posting, "request", request).some(({ state }) => state === "needs-person");
}

/**
 * After a restore runs are read again that were posted before it. Those of an order that has ended meanwhile are bound to
 * nothing and stand in quarantine, until a person says that they are of another one; and the ERP has documents of them that
 * nobody here knows; never of more.
 */
export function readAfterTheEnd(
  database: MemoryDatabase,
  number: string,
  segment: string,
  made: ReadonlyMap<string, Made>,
): Made {
  const sums: Made = { good: 0n, scrap: 0n };
  for (const row of database.rows(run)) {
    const bound = row.job_order === null ? undefined : database.row(jobOrder, row.job_order);
    const isOwn = bound?.request.split("/").at(-1) === number;
    if (isOwn || row.result === "corrected" || row.job !== `${number}-${segment}`) continue;
    sums.good += made.get(row.id)?.good ?? 0n;
    sums.scrap += made.get(row.id)?.scrap ?? 0n;
  }
  return sums;
}
