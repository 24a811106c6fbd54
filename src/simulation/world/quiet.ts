/** Whether a simulated world has come to rest: what is still to be sent, and what is on its way. */
import type { MemoryDatabase } from "../store/database.ts";
import { posting } from "../store/schema/posting.ts";
import type { ErpQueue } from "./erp-queue.ts";

const resting: ReadonlySet<string> = new Set(["confirmed", "dismissed", "reversed", "refused"]);
const underWay: ReadonlySet<string> = new Set(["sending", "in-doubt"]);

/** Nothing is to be sent, asked or decided any more. */
export function isQuiet(database: MemoryDatabase): boolean {
  for (const { state } of database.rows(posting)) if (!resting.has(state)) return false;
  return true;
}

/** Of an order of which the ERP takes nothing one document after the other goes there, and is refused. */
export function isUnderWay(database: MemoryDatabase, queue: ErpQueue): boolean {
  for (const { state } of database.rows(posting)) if (underWay.has(state)) return true;
  return queue.open().length > 0;
}
