/**
 * What people were told was taken at a terminal stands in the record and in the ERP: pieces by order and grade, and what they
 * used by lot. People keep their own books of it.
 */
import type { Books } from "../../erp/books.ts";
import type { MemoryDatabase } from "../../store/database.ts";
import { jobOrder } from "../../store/schema/order.ts";
import { posting } from "../../store/schema/posting.ts";
import { fact, run } from "../../store/schema/shop-floor.ts";
import type { Told } from "../person/terminal.ts";
import type { Happened } from "../happened.ts";
import { component } from "../plan.ts";
import { isToldApart } from "./disagreement.ts";
import { isAsked } from "./owed.ts";
import type { Complain } from "./finding.ts";

const micro = 1_000_000n;

export function checkTold(
  world: {
    readonly database: MemoryDatabase;
    readonly books: Books;
    readonly happened: Happened;
    readonly complain: Complain;
  },
  told: readonly Told[],
): void {
  for (const job of told) {
    const order = [...world.database.rows(jobOrder)].find((row) => row.request.endsWith(`/${job.order}`));
    if (!order) continue;
    const what = `order ${job.order}: people said ${job.good}+${job.scrap}`;
    if (order.good_micro !== BigInt(job.good) * micro || order.scrap_micro !== BigInt(job.scrap) * micro)
      world.complain("said-is-stated", `${what}, counted are ${order.good_micro}+${order.scrap_micro}`);
    const used = usedByLot(world.database, order.id);
    const wanted = job.good === 0 ? "" : `${job.lot ?? ""} ${BigInt(job.good) * micro}`;
    if (used !== wanted) world.complain("said-is-stated", `${what} of ${wanted}; stated is ${used}`);
    // What nobody here can put right, because the order is over or a person has changed the posting, a person is asked to.
    if (!isAsked(world.database, order)) checkLots(world, job);
  }
}

function usedByLot(database: MemoryDatabase, id: string): string {
  const sums = new Map<string, bigint>();
  for (const row of database.find(run, "job_order", id)) {
    for (const { body: said } of database.find(fact, "run", row.id)) {
      const body = said.kind === "Corrected" ? said.was : said;
      if (body.kind !== "MaterialConsumed" || body.material !== component) continue;
      const lot = body.lot ?? "";
      sums.set(lot, (sums.get(lot) ?? 0n) + (said.kind === "Corrected" ? -body.quantity.micro : body.quantity.micro));
    }
  }
  return [...sums]
    .filter(([, sum]) => sum !== 0n)
    .map(([lot, sum]) => `${lot} ${sum}`)
    .join(", ");
}

/**
 * What stands of it in the ERP was taken from no other lot, but for a document of which a person has dismissed the reversal,
 * or the ERP refuses it because it has ended the order: that it is wrong they are asked about (`rest-is-asked`). How much it
 * must be is `stated-is-posted`.
 */
function checkLots(
  { database, books, happened, complain }: Parameters<typeof checkTold>[0],
  { order, lot }: Told,
): void {
  const isOver = happened.ended.has(order);
  const kept = new Set(
    [...database.rows(posting)].flatMap(({ state, content }) =>
      "reversal" in content && (state === "dismissed" || (state === "refused" && isOver))
        ? [content.reversal.document]
        : [],
    ),
  );
  // What was put right may stand as it was: see `comparison`.
  if (isToldApart(happened, order)) return;
  for (const { movementType, isCancelled, batch, document, year } of books.movementsOfOrder(order)) {
    if (movementType === "261" && !isCancelled && batch !== lot && !kept.has(`${document}/${year}`))
      complain("said-is-posted", `of order ${order} the ERP has lot ${batch}; it was ${lot}`);
  }
}
