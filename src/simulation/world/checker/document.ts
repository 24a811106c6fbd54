/** Which documents the ERP has and which we know: the same; and nothing is left under way. */
import { guidOf } from "../../../base/id.ts";
import { lane, posting } from "../../store/schema/posting.ts";
import { isBeforePerson, isEnded } from "./restored.ts";
import type { AtRest } from "./scene.ts";

export function checkDocuments({ database, books, isRestored, complain }: AtRest): void {
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
    const name = row.kind === "confirmation" || row.kind === "final-confirmation" ? guidOf(row.key) : row.key;
    const there = documents.get(name);
    documents.delete(name);
    if (row.state === "confirmed" && there !== row.document)
      complain(
        "documents-known",
        `${row.kind} ${row.key} is confirmed as ${row.document}; the ERP has ${there ?? "nothing"}`,
      );
    if (judged.has(numberOf(row.request)) && row.state !== "confirmed") continue;
    if (there !== undefined && !["confirmed", "reversing", "reversed"].includes(row.state))
      complain("documents-known", `the ERP has ${row.kind} ${row.key}, which is ${row.state} here`);
  }
  for (const [key, number] of documents)
    // A decision after the backup is lost, and is not made again where the order has ended meanwhile.
    if (!isRestored || !(finals.has(key) || isEnded(books, orders.get(key) ?? "") || judged.has(orders.get(key) ?? "")))
      complain("documents-known", `the ERP has ${number} with our key ${key}; nobody knows it here`);
}

function numberOf(request: string): string {
  return request.split("/").at(-1) ?? "";
}

export function checkDrained({ database, books, isRestored, complain }: AtRest): void {
  for (const row of database.rows(lane)) complain("lanes-drained", `lane ${row.key} is held by ${row.posting}`);
  for (const row of database.rows(posting)) {
    if (["confirmed", "dismissed", "reversed"].includes(row.state)) continue;
    if (isRestored && ["needs-person", "planned"].includes(row.state) && isBeforePerson(database, row.request))
      continue;
    // What the ERP will never take waits for a person, and what comes behind it waits for that.
    const isClosed = books.order(row.request.split("/").at(-1) ?? "")?.statuses.has("technically-completed");
    const isWaiting = (row.state === "refused" && !row.parked) || ["planned", "reversing"].includes(row.state);
    if (!isClosed || !isWaiting)
      complain("outbox-drained", `${row.kind} ${row.key} is still ${row.state}: ${JSON.stringify(row.fault)}`);
  }
}
