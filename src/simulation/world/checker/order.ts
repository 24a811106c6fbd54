/** What is stated of each operation is in the ledger and in the ERP, or waits where a person finds it. */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder, type JobOrderColumns } from "../../store/schema/order.ts";
import { posting } from "../../store/schema/posting.ts";
import { fact, movement, quarantine, run } from "../../store/schema/shop-floor.ts";
import { keyOf } from "../../store/table.ts";
import { component, isCounted } from "../plan.ts";
import { isToldApart } from "./disagreement.ts";
import type { Made } from "./stated.ts";
import { isAsked, isBehindJudged, isBeingTakenBack, owedOf, type Amounts } from "./owed.ts";
import { addKeptOut } from "./posted.ts";
import { isBeforePerson, isEnded, isReadOtherwise, readAfterTheEnd } from "./restored.ts";
import type { AtRest } from "./scene.ts";

export function checkOrders(world: AtRest, made: ReadonlyMap<string, Made>): void {
  const { database, complain } = world;
  for (const order of database.rows(jobOrder)) {
    const sums: Made = { good: 0n, scrap: 0n };
    for (const row of database.find(run, "job_order", order.id)) {
      const own = made.get(row.id);
      sums.good += own?.good ?? 0n;
      sums.scrap += own?.scrap ?? 0n;
    }
    if (order.good_micro !== sums.good || order.scrap_micro !== sums.scrap)
      complain(
        "counts-add-up",
        `job order ${order.id} counts ${order.good_micro}+${order.scrap_micro}, its facts ${sums.good}+${sums.scrap}`,
      );
    checkPosted(world, order, sums, made);
  }
}

/** What the ERP should have of an operation: all that is stated, but what it refuses for good. */
function checkPosted(world: AtRest, order: JobOrderColumns, made: Made, byRun: ReadonlyMap<string, Made>): void {
  const { database, books, complain } = world;
  const number = order.request.split("/").at(-1) ?? "";
  const booked = books.order(number);
  const posted = postedFor(books, number, order.segment);
  addRefused(database, order, posted);
  addKeptOut(database, order, posted);
  // What it no longer has is told document by document: see `comparison`.
  const isTold = isToldApart(world.happened, number);
  const what = `operation ${order.segment} of order ${number}: ${made.good}+${made.scrap} are stated`;
  const later = booked?.operations.some(
    ({ number: other, controlKey }) => other > order.segment && controlKey.confirmation === "milestone",
  );
  // What a later milestone covers is not confirmed for itself, and only the last operation is received.
  const own: Made = later ? { good: 0n, scrap: 0n } : made;
  const covered = later ? { yield: 0n, scrap: 0n, received: 0n } : {};
  const owed: Amounts = { ...owedOf(database, order.id), ...covered };
  const more =
    world.isRestored && isEnded(books, number) ? readAfterTheEnd(database, number, order.segment, byRun) : none;
  // What a person has to judge stands in the ERP already, or not; never twice.
  const isJudged = world.isRestored && isBeforePerson(database, order.request);
  const isOther = isReadOtherwise(world, order.request);
  const isOwn = (there: bigint, stated: bigint, beside: bigint): boolean =>
    isTold || isOther || ((isJudged || there >= stated) && there <= stated + beside);
  if (
    !isOwn(posted.yield, own.good - owed.yield, more.good) ||
    !isOwn(posted.scrap, own.scrap - owed.scrap, more.scrap)
  )
    complain("stated-is-posted", `${what}, ${posted.yield}+${posted.scrap} confirmed or refused${restOf(owed)}`);
  if (!isOwn(posted.received, own.good - owed.received, more.good))
    complain("stated-is-posted", `${what}, ${posted.received} received or refused${restOf(owed)}`);
  const uses = booked?.components.some((one) => one.operation === order.segment);
  // The order asks for one metre each.
  const used = uses ? made.good : 0n;
  if (!isOwn(posted.issued, used - owed.issued, more.good))
    complain("stated-is-posted", `${what}, ${posted.issued} of ${component} issued or refused${restOf(owed)}`);
  const isUnderWay = isBeingTakenBack(database.find(posting, "operation", keyOf(order.request, order.segment)));
  const untold = { ...owedOf(database, order.id, (of, kind) => isBehindJudged(database, of, kind)), ...covered };
  if (Object.values(untold).some((micro) => micro !== 0n) && !isUnderWay && !isAsked(database, order))
    complain("rest-is-asked", `${what}; nobody is told that no document speaks for a part of it${restOf(untold)}`);
  const moved = movedFor(database, order.id);
  if (moved.product !== own.good || moved.used !== used)
    complain("posted-is-moved", `${what}, the ledger moved ${moved.product} and used ${moved.used}`);
}

const none: Made = { good: 0n, scrap: 0n };

function restOf({ yield: good, scrap, received, issued }: Amounts): string {
  return ` (owed: ${good}+${scrap} confirmed, ${received} received, ${issued} issued)`;
}

/** What the ERP's books hold of an operation by our documents; what people post by hand is theirs. */
function postedFor(books: Books, number: string, operation: string): Amounts {
  const sums: Amounts = { yield: 0n, scrap: 0n, received: 0n, issued: 0n };
  for (const one of books.confirmationsOfOrder(number)) {
    if (one.operation !== operation || one.externalKey === null || one.isReversal || one.isReversed) continue;
    sums.yield += one.yield;
    sums.scrap += one.scrap;
  }
  const order = books.order(number);
  const isLast = order?.operations.at(-1)?.number === operation;
  for (const item of books.movementsOfOrder(number)) {
    const line = order?.components.find((one) => Number(one.item) === Number(item.reservationItem));
    if (item.isCancelled || item.reverses) continue;
    if (item.movementType === "101" && isLast) sums.received += item.baseQuantity;
    const isByBill = item.material === component && line?.operation === operation;
    if (item.movementType === "261" && isByBill) sums.issued += item.baseQuantity;
  }
  return sums;
}

/** What the ERP will not have, and a person has been told so; and what waits behind that. */
function addRefused(database: MemoryDatabase, order: JobOrderColumns, sums: Amounts): void {
  for (const row of database.find(posting, "operation", keyOf(order.request, order.segment))) {
    if (!["refused", "planned"].includes(row.state) || !("response" in row.content) || !row.content.response) continue;
    const { good, scrap, materials } = row.content.response.segment;
    if (row.kind === "confirmation") {
      sums.yield += good.micro;
      sums.scrap += scrap.micro;
    }
    if (row.kind === "goods-receipt") sums.received += good.micro;
    for (const { stock } of materials)
      if (row.kind === "goods-issue" && stock.material === component) sums.issued += stock.quantity.micro;
  }
}

function movedFor(database: MemoryDatabase, id: string): { readonly product: bigint; readonly used: bigint } {
  let product = 0n;
  let used = 0n;
  for (const row of database.find(run, "job_order", id)) {
    for (const { id: said } of database.find(fact, "run", row.id)) {
      for (const moved of database.find(movement, "fact", said)) {
        if (moved.to_account === "world:scrap" || moved.from_account === "world:scrap") continue;
        const sign =
          moved.to_account === "world:production" ? 1n : moved.from_account === "world:production" ? -1n : 0n;
        if (moved.material === component) used += sign * moved.micro;
        else if (!isCounted(moved.material)) product -= sign * moved.micro;
      }
    }
  }
  return { product, used };
}

/** Production that belongs to no order waits where a person finds it, and nothing of it is posted. */
export function checkOrphans({ database, complain }: AtRest, made: ReadonlyMap<string, Made>): void {
  const held = new Set([...database.rows(quarantine)].filter((row) => row.state === "open").map((row) => row.subject));
  for (const row of database.rows(run)) {
    if (row.job_order !== null || row.result === "corrected" || row.decided !== null) continue;
    const { good, scrap } = made.get(row.id) ?? none;
    // Outside every run nothing need ever have been made.
    if (!held.has(row.id) && (!row.outside || good + scrap > 0n))
      complain("orphans-held", `run ${row.id} of ${row.job} belongs to no order and nobody is told`);
    if (database.find(posting, "run", row.id).length > 0)
      complain("orphans-held", `something is posted for run ${row.id}, which belongs to no order`);
  }
}
