/** Facts that people have kept out of the ERP: counted with what stands there. */
import type { MemoryDatabase } from "../../store/database.ts";
import type { JobOrderColumns } from "../../store/schema/order.ts";
import { posting, postingLine } from "../../store/schema/posting.ts";
import { fact, run } from "../../store/schema/shop-floor.ts";
import { component } from "../plan.ts";
import type { Amounts } from "./owed.ts";

/**
 * Their posting was dismissed, or its document taken back, and they were not released: it goes on to speak for them,
 * wherever their run belongs now.
 */
export function addKeptOut(database: MemoryDatabase, order: JobOrderColumns, sums: Amounts): void {
  const facts = database.find(run, "job_order", order.id).flatMap(({ id }) => database.find(fact, "run", id));
  for (const { id, body: said } of facts) {
    const body = said.kind === "Corrected" ? said.was : said;
    const isKeptOut = (kind: string): boolean =>
      database
        .find(postingLine, "fact", id)
        .filter((line) => line.active && line.kind === kind)
        .some((line) => ["dismissed", "reversed"].includes(database.row(posting, line.posting)?.state ?? ""));
    if (body.kind !== "UnitsCounted" && body.kind !== "MaterialConsumed") continue;
    const amount = said.kind === "Corrected" ? -body.quantity.micro : body.quantity.micro;
    if (body.kind === "MaterialConsumed") {
      if (body.material === component && isKeptOut("goods-issue")) sums.issued += amount;
      continue;
    }
    if (isKeptOut("confirmation")) sums[body.grade === "good" ? "yield" : "scrap"] += amount;
    if (body.grade === "good" && isKeptOut("goods-receipt")) sums.received += amount;
  }
}
