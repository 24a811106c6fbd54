/** Which documents the ERP has and which we know: the same; and nothing is left under way. */
import { operationsRequest } from "../../store/schema/order.ts";
import { lane, posting, type PostingColumns } from "../../store/schema/posting.ts";
import { run } from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import { isLost, isToldApart, nameIn, standing } from "./disagreement.ts";
import { enteredThere, isBeforePerson, isEnded, isFinalThere, isLimited, isWithLateWords } from "./restored.ts";
import type { AtRest } from "./scene.ts";

export function checkDocuments({ database, books, happened, plan, isRestored, complain }: AtRest): void {
  const documents = new Map<string, string>();
  const orders = new Map<string, string>();
  const finals = new Set<string>();
  for (const one of books.confirmations) {
    if (one.externalKey && one.isFinal && one.yield + one.scrap === 0n) finals.add(one.externalKey);
    if (one.externalKey) orders.set(one.externalKey, one.order);
    if (one.externalKey && !one.isReversal) documents.set(one.externalKey, `${Number(one.group)}/${Number(one.count)}`);
  }
  for (const one of books.materialDocuments) {
    if (one.reference) orders.set(one.reference, one.items[0]?.order ?? "");
    if (one.reference && !one.items[0]?.reverses) documents.set(one.reference, `${one.document}/${one.year}`);
  }
  const judged = new Set<string>();
  for (const row of database.rows(posting)) {
    if (isRestored && isBeforePerson(database, row.request)) judged.add(numberOf(row.request));
    // See `reversal`.
    if (row.reverses !== null) continue;
    const name = nameIn(row);
    const there = documents.get(name);
    documents.delete(name);
    // See `comparison`.
    if (isLost(happened, books, row) || happened.doubled.has(name)) continue;
    if (row.state === "confirmed" && there !== row.document)
      complain(
        "documents-known",
        `${row.kind} ${row.key} is confirmed as ${row.document}; the ERP has ${there ?? "nothing"}`,
      );
    if (judged.has(numberOf(row.request)) && row.state !== "confirmed") continue;
    if (isRestored && row.kind === "final-confirmation" && row.state === "planned") continue;
    if (there !== undefined && !["confirmed", "reversing", "reversed"].includes(row.state))
      complain("documents-known", `the ERP has ${row.kind} ${row.key}, which is ${row.state} here`);
  }
  for (const [key, number] of documents) {
    const order = orders.get(key) ?? "";
    // A decision after the backup is lost, and is not made again where the order has ended meanwhile. See `comparison`.
    const isLostDecision = finals.has(key) || happened.forgotten.has(order);
    // Read again, late words are in their place: then a run has another begin, and other keys.
    if (!isRestored || !(isLostDecision || isEnded(books, order) || judged.has(order) || isWithLateWords({ plan })))
      complain("documents-known", `the ERP has ${number} with our key ${key}; nobody knows it here`);
  }
}

/**
 * After a restore nothing goes out beside what nobody here knows: of the same pieces it may be the second document. What the
 * ERP had before the restore was there when the order was looked at.
 */
export function checkBesideUnknown({ database, books, happened, plan, complain }: AtRest): void {
  const { restoredAt } = happened;
  // Where nothing can be read, people look for what we have, and see nothing of what we do not know.
  if (restoredAt === null || plan.manner === "blind") return;
  for (const { number } of database.rows(operationsRequest)) {
    const { known, unknown } = enteredThere(database, books, number);
    const before = unknown.filter((at) => at <= restoredAt).length;
    const sent = known.filter((at) => at > restoredAt).length;
    if (before > 0 && sent > 0)
      complain(
        "nothing-beside-unknown",
        `order ${number}: ${sent} documents were posted after the restore beside ${before} with keys of ours that nobody here knows`,
      );
  }
}

/**
 * Nor beside what the ERP has with another content than we state: read again, a run that was one is two, and the document
 * holds what is the other's now.
 */
export function checkBesideOther({ database, books, happened, plan, complain }: AtRest): void {
  const { restoredAt } = happened;
  // Where nothing can be read, people look for the key of each, and their word decides.
  if (restoredAt === null || plan.manner === "blind") return;
  const sourceOf = (row: PostingColumns): string | null =>
    row.run === null ? null : (database.row(run, row.run)?.source ?? null);
  for (const row of database.rows(posting)) {
    if (row.state !== "needs-person" || row.attempts > 0 || standing(books, row) === 0) continue;
    const beside = database.find(posting, "operation", keyOf(row.request, row.segment)).filter((other) => {
      const isAlike = other.kind === row.kind && other.run !== row.run && dayOf(other) === dayOf(row);
      const isSince = other.attempts > 0 && other.sent_at !== null && other.sent_at > restoredAt;
      const isOld = (other.content.response?.dates.eventTo ?? restoredAt) < restoredAt;
      return isAlike && isSince && isOld && sourceOf(other) === sourceOf(row);
    });
    for (const { key } of beside)
      complain(
        "nothing-beside-unknown",
        `order ${numberOf(row.request)}: ${row.kind} ${key} was posted after the restore beside ${row.key}, of which the ERP has another content`,
      );
  }
}

function dayOf({ content }: PostingColumns): string | undefined {
  return content.response?.dates.postingDate;
}

/** A document that is gone, or what is to take it back. */
function isOfWhatIsLost(
  database: AtRest["database"],
  books: AtRest["books"],
  happened: AtRest["happened"],
  row: PostingColumns,
): boolean {
  if (!isToldApart(happened, numberOf(row.request))) return false;
  const of = row.reverses === null ? row : database.row(posting, row.reverses);
  return of !== undefined && isLost(happened, books, of);
}

/** What is to take back a document that is gone was refused: a person decides, and the operation waits for that. */
function isBehindWhatIsLost(
  { database, books, happened }: Pick<AtRest, "database" | "books" | "happened">,
  row: PostingColumns,
): boolean {
  return database
    .find(posting, "request", row.request)
    .some(
      (one) =>
        one.reverses !== null &&
        one.state === "refused" &&
        one.sequence_key !== null &&
        one.sequence_key === row.sequence_key &&
        (one.sequence_number ?? 0) < (row.sequence_number ?? 0) &&
        isOfWhatIsLost(database, books, happened, one),
    );
}

function numberOf(request: string): string {
  return request.split("/").at(-1) ?? "";
}

export function checkDrained({ database, books, happened, isRestored, complain }: AtRest): void {
  for (const row of database.rows(lane)) complain("lanes-drained", `lane ${row.key} is held by ${row.posting}`);
  for (const row of database.rows(posting)) {
    if (["confirmed", "dismissed", "reversed"].includes(row.state)) continue;
    if (
      isRestored &&
      ["needs-person", "planned", "reversing"].includes(row.state) &&
      isBeforePerson(database, row.request)
    )
      continue;
    // What is to be taken back is not there any more; or it is there twice, which a person is asked about.
    if (isBeforePerson(database, row.request) && isToldApart(happened, numberOf(row.request))) continue;
    if (row.state !== "sending" && row.state !== "in-doubt" && isOfWhatIsLost(database, books, happened, row)) continue;
    if (row.state === "planned" && isBehindWhatIsLost({ database, books, happened }, row)) continue;
    // What the ERP will never take waits for a person, and what comes behind it waits for that.
    const number = numberOf(row.request);
    const isClosed = isEnded(books, number) || isLimited(books, number) || (isRestored && isFinalThere(books, number));
    const isWaiting = (row.state === "refused" && !row.parked) || ["planned", "reversing"].includes(row.state);
    if (!isClosed || !isWaiting)
      complain("outbox-drained", `${row.kind} ${row.key} is still ${row.state}: ${JSON.stringify(row.fault)}`);
  }
}
