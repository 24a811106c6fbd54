/**
 * The reconciliation of every order, as it runs at night (`operations/reconciliation`), over the ERP's documents as its
 * connector lists them: whatever differs is in the class that the world's own book tells, and nothing else differs.
 */
import { instant } from "../../../base/instant.ts";
import { booksOf } from "../../../operations/reconciliation/books.ts";
import { compareBooks, type Part } from "../../../operations/reconciliation/comparison.ts";
import {
  limitedClasses,
  type ClassLimit,
  type ClassLimits,
  type DifferenceClass,
  type LimitedClass,
} from "../../../record/reconciliation.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { orderRecord } from "../../store/order-record.ts";
import { jobOrder, operationsRequest } from "../../store/schema/order.ts";
import { posting, postingLine, type PostingColumns } from "../../store/schema/posting.ts";
import { isTakenBack, nameIn, standing } from "./disagreement.ts";
import { fact, run } from "../../store/schema/shop-floor.ts";
import { isBeforePerson, isEnded } from "./restored.ts";
import type { AtRest } from "./scene.ts";

const unlimited: ClassLimit = { hours: null, micro: null };
/** No class is ever beyond its limit, and of its digits nothing differs. */
const limits: ClassLimits = {
  ...(Object.fromEntries(limitedClasses.map((name) => [name, unlimited])) as Record<LimitedClass, ClassLimit>),
  rounding: { hours: null, micro: 0n },
};

export function checkComparison(world: AtRest): void {
  for (const { id, number, body: request } of world.database.rows(operationsRequest)) {
    const found = world.found.get(id) ?? [];
    const books = booksOf({ request, receipt: true }, orderRecord(world.database, id), found);
    const { lines, ledger } = compareBooks(books, limits, instant(world.now));
    for (const line of ledger)
      world.complain(
        "differences-classed",
        `order ${number}: ${line.counted} of ${line.material} are counted; the ledger has ${line.ledger}`,
      );
    const parts = lines.flatMap(({ line, parts: all }) => (line.aspect === "counted" ? [] : all));
    for (const part of parts) checkPart(world, { id, number }, part);
    // Counter and bill may differ by as much as they like.
    for (const { line, parts: all } of lines)
      if (line.aspect === "counted" && all.some((part) => part.class !== "beside-bill"))
        world.complain("differences-classed", `order ${number}: what is counted of ${line.material} owes nothing`);
    checkNamed(world, { id, number }, parts);
  }
}

interface Order {
  readonly id: string;
  readonly number: string;
}

/** Whether a difference is in the class in which it belongs. */
function checkPart(world: AtRest, order: Order, part: Part): void {
  const expected = classOf(world, order, part);
  if (expected.includes(part.class)) return;
  const of = `${part.posting ?? "no posting"}, ${part.document ?? "no document"}`;
  world.complain(
    "differences-classed",
    `order ${order.number}: ${part.micro} (${of}) are ${part.class}, because ${part.because}; expected: ${expected.join(" or ") || "nothing"}`,
  );
}

function classOf(world: AtRest, order: Order, { posting: key, document }: Part): readonly DifferenceClass[] {
  const { database, books, happened, isRestored } = world;
  if (key === null) {
    if (document === null) return ["in-flight"];
    return happened.byHand.has(document) ? ["by-hand"] : [];
  }
  const row = rowOf(database, key);
  // See `restored`.
  const isForgotten = happened.forgotten.has(order.number);
  if (isRestored && (isForgotten || isBeforePerson(database, order.id) || isEnded(books, order.number))) {
    // What was decided before the restore, and had taken it back, is not known here any more.
    const isBack = row !== undefined && isTakenBack(books, row);
    return [
      "unexplained",
      ...(isBack ? ["reversed" as const] : []),
      ...(row ? byState(row, standing(books, row)) : []),
    ];
  }
  return row ? byState(row, standing(books, row)) : [];
}

/** @param there  so many documents with its key stand in the ERP */
function byState({ state }: PostingColumns, there: number): readonly DifferenceClass[] {
  switch (state) {
    case "planned":
    case "sending":
    case "in-doubt":
      return [there > 0 ? "unexplained" : "in-flight"];
    case "refused":
    case "needs-person":
      return [there > 0 ? "unexplained" : "refused"];
    case "dismissed":
      return [there > 0 ? "unexplained" : "dismissed"];
    case "confirmed":
      return there === 1 ? [] : ["unexplained"];
    case "reversing":
      return [there > 1 ? "unexplained" : "reversed"];
    case "reversed":
      return [there > 0 ? "unexplained" : "reversed"];
  }
}

/** What must be named is: what people have keyed by hand, and what stands here and not in the ERP. */
function checkNamed(world: AtRest, { id, number }: Order, parts: readonly Part[]): void {
  const { database, books, happened, isRestored, complain } = world;
  const documents = new Set(parts.map(({ document }) => document));
  for (const one of books.confirmationsOfOrder(number)) {
    const name = `${Number(one.group)}/${Number(one.count)}`;
    // What its milestone confirms is not ours.
    const isOurs = books
      .order(number)
      ?.operations.some((operation) => operation.number === one.operation && operation.controlKey.key !== "PP03");
    if (one.externalKey === null && happened.byHand.has(name) && isOurs && !documents.has(name))
      complain("differences-classed", `order ${number}: ${name} was keyed by hand, and no difference says so`);
  }
  // What followed from a decision that a restore has lost stands there, and no posting here speaks for it.
  const ours = new Set(database.find(posting, "request", id).map(nameIn));
  for (const { externalKey: key, ...one } of happened.forgotten.has(number) ? books.confirmationsOfOrder(number) : []) {
    const name = `${Number(one.group)}/${Number(one.count)}`;
    const isStanding = key !== null && !one.isReversal && !one.isReversed && one.yield + one.scrap > 0n;
    if (isStanding && !ours.has(key) && !documents.has(name))
      complain("differences-classed", `order ${number}: ${name} has a key that nobody knows here; nothing says so`);
  }
  for (const row of database.find(posting, "request", id)) {
    const own = parts.filter((part) => part.posting === row.key);
    const what = `order ${number}: the ERP does not have ${row.kind} ${row.key}, which is ${row.state}`;
    if (isMissing(database, row) && standing(books, row) === 0 && own.length === 0)
      complain("differences-classed", `${what}; nothing says so`);
    if (row.state !== "confirmed" || isRestored) continue;
    // Of one that is gone all of it; of one that is there twice once as much the other way round.
    const wanted = amountOf(row) * BigInt(1 - standing(books, row));
    const named = own.reduce((sum, { micro }) => sum + micro, 0n);
    if (named === wanted) continue;
    const there = `${row.kind} ${row.key} stands there ${standing(books, row)} times`;
    complain("differences-classed", `order ${number}: ${there}; ${named} are named, not ${wanted}`);
  }
}

/** Everything that a document says, in millionths; of a final confirmation nothing. */
function amountOf({ content }: PostingColumns): bigint {
  if (!content.response) return 0n;
  const { good, scrap, rework, materials } = content.response.segment;
  const moved = materials.reduce((sum, { stock }) => sum + stock.quantity.micro, 0n);
  return materials.length > 0 ? moved : good.micro + scrap.micro + rework.micro;
}

/** It speaks for something that the ERP does not have. */
function isMissing(database: MemoryDatabase, { id, request, state, content }: PostingColumns): boolean {
  // What is being taken back, and refused, still stands there.
  if (
    state === "confirmed" ||
    state === "reversing" ||
    content.response === null ||
    content.kind === "final-confirmation"
  )
    return false;
  // A run that people have moved takes its facts along.
  return database
    .find(postingLine, "posting", id)
    .some((line) => line.active && orderOf(database, line.fact) === request);
}

function orderOf(database: MemoryDatabase, id: string): string | undefined {
  const { job_order: order = null } = database.row(run, database.row(fact, id)?.run ?? "") ?? {};
  return order === null ? undefined : database.row(jobOrder, order)?.request;
}

function rowOf(database: MemoryDatabase, key: string): PostingColumns | undefined {
  const [row] = database.find(posting, "posting_key_once", key);
  return row;
}
