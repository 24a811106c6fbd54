/** What is stated of runs, by the facts alone: what holds after all corrections. */
import type { MemoryDatabase } from "../../store/database.ts";
import { fact } from "../../store/schema/shop-floor.ts";

/** Pieces in millionths, by grade. */
export interface Made {
  good: bigint;
  scrap: bigint;
}

/** Whether a use was worked out from the bill, or taken back so. */
export function isByBill(rule: string): boolean {
  return /^(?:corrected:)?bill:/.test(rule);
}

/** What machines have counted of material in a run, after all corrections: in millionths, by material. */
export function countedInRun(database: MemoryDatabase, id: string): ReadonlyMap<string, bigint> {
  const used = new Map<string, bigint>();
  for (const { body: said, rule } of database.find(fact, "run", id)) {
    const body = said.kind === "Corrected" ? said.was : said;
    if (body.kind !== "MaterialConsumed" || isByBill(rule)) continue;
    const by = said.kind === "Corrected" ? -body.quantity.micro : body.quantity.micro;
    used.set(body.material, (used.get(body.material) ?? 0n) + by);
  }
  return used;
}

/** What holds after all corrections. */
export function madeByRun(database: MemoryDatabase): ReadonlyMap<string, Made> {
  const made = new Map<string, Made>();
  for (const row of database.rows(fact)) {
    const isBack = row.body.kind === "Corrected";
    const body = row.body.kind === "Corrected" ? row.body.was : row.body;
    if (body.kind !== "UnitsCounted" || row.run === null || body.grade === "rework") continue;
    const sums = made.get(row.run) ?? { good: 0n, scrap: 0n };
    sums[body.grade] += isBack ? -body.quantity.micro : body.quantity.micro;
    made.set(row.run, sums);
  }
  return made;
}
