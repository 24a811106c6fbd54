/**
 * What the ERP's books hold of our documents, and which postings speak for what it does not hold: compared posting by
 * posting, and added up by operation.
 */
import { guidOf } from "../../../base/id.ts";
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import type { JobOrderColumns } from "../../store/schema/order.ts";
import { finality, lane, posting, postingLine, type PostingColumns } from "../../store/schema/posting.ts";
import { fact, question, run } from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import type { Complain } from "./finding.ts";

interface Compared {
  readonly database: MemoryDatabase;
  readonly books: Books;
  readonly complain: Complain;
}

/** Each document under one of our keys is a posting that knows it, and each posting knows the document that is there. */
export function checkDocuments({ database, books, complain }: Compared): void {
  const { documents, takenBack } = documentsIn(books);
  for (const row of database.rows(posting)) {
    const isReversal = row.reverses !== null;
    const name = row.kind.includes("confirmation") ? guidOf(row.key) : row.key;
    const original = isReversal ? database.row(posting, row.reverses ?? "")?.document : undefined;
    const there = isReversal ? takenBack.get(original ?? "") : documents.get(name);
    if (!isReversal) documents.delete(name);
    if (row.state === "confirmed" && there !== row.document)
      complain(
        "documents-known",
        `${row.kind} ${row.key} is confirmed as ${row.document}; the ERP has ${there ?? "nothing"}`,
      );
    if (there !== undefined && !["confirmed", "reversing", "reversed"].includes(row.state))
      complain("documents-known", `the ERP has ${row.kind} ${row.key}, which is ${row.state} here`);
    const isBack = takenBack.has(row.document ?? "");
    if (!isReversal && isBack !== (row.state === "reversed") && row.state !== "reversing")
      complain("documents-known", `${row.kind} ${row.key} is ${row.state}, and ${isBack ? "" : "not "}taken back`);
  }
  for (const [key, number] of documents)
    complain("documents-known", `the ERP has ${number} with our key ${key}; nobody knows it here`);
}

/** By our key, and by the number of the document that was taken back; numbers as the ERP writes them. */
function documentsIn(books: Books): {
  readonly documents: Map<string, string>;
  readonly takenBack: ReadonlyMap<string, string>;
} {
  const documents = new Map<string, string>();
  const takenBack = new Map<string, string>();
  for (const one of books.confirmations) {
    const number = numberOf(one.group, one.count);
    if (one.isReversal) takenBack.set(numberOf(one.group, one.reverses ?? ""), number);
    else if (one.externalKey) documents.set(one.externalKey, number);
  }
  for (const one of books.materialDocuments) {
    const number = `${one.document}/${one.year}`;
    const [back] = one.items.flatMap((item) => item.reverses ?? []);
    if (back) takenBack.set(`${back.document}/${back.year}`, number);
    else if (one.reference) documents.set(one.reference, number);
  }
  return { documents, takenBack };
}

/** As a confirmation is named here. */
function numberOf(group: string, count: string): string {
  return `${Number(group)}/${Number(count)}`;
}

export interface Posted {
  yield: bigint;
  scrap: bigint;
  received: bigint;
  issued: bigint;
}

/** What the ERP's books hold of an operation by our documents; what people post by hand is theirs. */
export function postedFor(books: Books, number: string, operation: string): Posted {
  const sums: Posted = { yield: 0n, scrap: 0n, received: 0n, issued: 0n };
  for (const one of books.confirmationsOfOrder(number)) {
    if (one.operation !== operation || one.externalKey === null || one.isReversal || one.isReversed) continue;
    sums.yield += one.yield;
    sums.scrap += one.scrap;
  }
  const order = books.order(number);
  const isLast = order?.operations.at(-1)?.number === operation;
  for (const item of books.movementsOfOrder(number)) {
    if (item.isCancelled) continue;
    const line = order?.components.find((one) => Number(one.item) === Number(item.reservationItem));
    if (item.movementType === "101" && isLast) sums.received += item.baseQuantity;
    if (item.movementType === "261" && line?.operation === operation) sums.issued += item.baseQuantity;
  }
  return sums;
}

/** What the ERP refuses, and what waits behind that. */
export function addRefused(database: MemoryDatabase, order: JobOrderColumns, sums: Posted): void {
  for (const row of database.find(posting, "operation", keyOf(order.request, order.segment))) {
    if (!["refused", "planned"].includes(row.state) || !("response" in row.content) || !row.content.response) continue;
    const { good, scrap, materials } = row.content.response.segment;
    if (row.kind === "confirmation") {
      sums.yield += good.micro;
      sums.scrap += scrap.micro;
    }
    if (row.kind === "goods-receipt") sums.received += good.micro;
    for (const { stock } of materials) if (row.kind === "goods-issue") sums.issued += stock.quantity.micro;
  }
}

/**
 * Facts that are kept out of the ERP by a decision: their posting was dismissed, or its document taken back, and they were
 * not released; wherever their run belongs now. And those that nothing speaks for because a person is asked: to reopen an
 * operation that is final, or to put documents right that the ERP does not take back any more.
 */
export function addKeptOut(database: MemoryDatabase, order: JobOrderColumns, sums: Posted): void {
  const isLate = isLateAsked(database, order);
  const open = [...database.rows(question)].filter(({ state }) => state === "open").map(({ subject }) => subject);
  const facts = database.find(run, "job_order", order.id).flatMap(({ id }) => database.find(fact, "run", id));
  for (const { id, body: said, run: own } of facts) {
    const body = said.kind === "Corrected" ? said.was : said;
    const isKeptOut = (kind: string): boolean => {
      const line = database.find(postingLine, "fact", id).find((one) => one.active && one.kind === kind);
      if (line) return ["dismissed", "reversed"].includes(database.row(posting, line.posting)?.state ?? "");
      return isLate || open.some((subject) => subject.startsWith(`${kind}/${own}/`));
    };
    if (body.kind !== "UnitsCounted" && body.kind !== "MaterialConsumed") continue;
    const amount = said.kind === "Corrected" ? -body.quantity.micro : body.quantity.micro;
    if (body.kind === "MaterialConsumed") {
      if (isKeptOut("goods-issue")) sums.issued += amount;
      continue;
    }
    if (isKeptOut("confirmation")) sums[body.grade === "good" ? "yield" : "scrap"] += amount;
    if (body.grade === "good" && isKeptOut("goods-receipt")) sums.received += amount;
  }
}

function isLateAsked(database: MemoryDatabase, order: JobOrderColumns): boolean {
  const standing = database
    .find(finality, "request", order.request)
    .filter((row) => row.state !== "reopened" && row.covers.includes(order.segment));
  return [...database.rows(question)].some(({ state, subject }) =>
    standing.some((row) => state === "open" && subject === `final/${row.request}/${row.segment}/${row.number}`),
  );
}

export function checkDrained({ database, books, complain }: Compared): void {
  for (const row of database.rows(lane)) complain("lanes-drained", `lane ${row.key} is held by ${row.posting}`);
  for (const row of database.rows(posting)) {
    if (["confirmed", "dismissed", "reversed"].includes(row.state)) continue;
    // What the ERP will never take waits for a person, and what comes behind it waits for that.
    const isClosed = books.order(row.request.split("/").at(-1) ?? "")?.statuses.has("technically-completed");
    const isWaiting = (row.state === "refused" && !row.parked) || row.state === "planned" || isStuck(database, row);
    if (!isClosed || !isWaiting)
      complain("outbox-drained", `${row.kind} ${row.key} is still ${row.state}: ${JSON.stringify(row.fault)}`);
  }
}

/** The ERP will not take it back. */
function isStuck(database: MemoryDatabase, { id, state }: PostingColumns): boolean {
  const [reversal] = database.find(posting, "posting_reversed_once", id);
  return state === "reversing" && (reversal?.state === "refused" || reversal?.state === "planned");
}
