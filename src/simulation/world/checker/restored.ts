/** What a restore of our own database leaves that nobody but a person can put right; see docs/spec/exactly-once.md. */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, operationsRequest } from "../../store/schema/order.ts";
import { handDocument } from "../../store/schema/outage.ts";
import { posting } from "../../store/schema/posting.ts";
import { run } from "../../store/schema/shop-floor.ts";
import { nameIn } from "./disagreement.ts";
import type { Made } from "./stated.ts";
import type { AtRest } from "./scene.ts";

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
 * So it is with a document of which nobody here knows, by its key or because people have keyed it. See "After a restore" in
 * docs/spec/exactly-once.md.
 */
export function isBeforePerson(database: MemoryDatabase, request: string): boolean {
  return (
    database.find(posting, "request", request).some(({ state }) => state === "needs-person") ||
    database.find(handDocument, "open", request).length > 0
  );
}

/** Documents of an order that stand in the ERP: of keys that we have, when they were sent; of others of ours, when they were entered. */
export function enteredThere(
  database: MemoryDatabase,
  books: Books,
  number: string,
): { readonly known: readonly number[]; readonly unknown: readonly number[] } {
  const rows = new Map(
    database
      .find(operationsRequest, "number", number)
      .flatMap(({ id }) => database.find(posting, "request", id).map((row) => [nameIn(row), row] as const)),
  );
  const confirmations = books
    .confirmationsOfOrder(number)
    // What says no amount is not found among the documents.
    .filter((one) => !one.isReversal && !one.isReversed && one.yield + one.scrap + one.rework > 0n)
    .map((one) => ({ name: one.externalKey, at: one.enteredAt }));
  const documents = books.materialDocuments
    .filter(({ items }) => items.some((item) => item.order === number && !item.isCancelled && !item.reverses))
    .map((one) => ({ name: one.reference, at: one.createdAt }));
  const ours = [...confirmations, ...documents].filter(({ name }) => name);
  return {
    // What was found by its key alone was sent in another life of the database.
    known: ours.flatMap(({ name }) => {
      const row = rows.get(name ?? "");
      return row && row.attempts > 0 && row.sent_at !== null ? [row.sent_at] : [];
    }),
    unknown: ours.filter(({ name }) => !rows.has(name ?? "")).map(({ at }) => at),
  };
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

/**
 * Read again after a restore, words that were late are in their place, and runs begin otherwise than they did before. What was
 * posted of the order then, and is more than is stated now, is a person's to take back. See "After a restore" in
 * docs/spec/exactly-once.md.
 */
export function isReadOtherwise(world: AtRest, request: string): boolean {
  const { database, books, isRestored } = world;
  if (!isRestored || !isWithLateWords(world)) return false;
  const number = database.row(operationsRequest, request)?.number ?? "";
  return isBeforePerson(database, request) || enteredThere(database, books, number).unknown.length > 0;
}

export function isWithLateWords({ plan }: Pick<AtRest, "plan">): boolean {
  return plan.faults.some(({ kind }) => kind === "words-late");
}
