/** Whether a simulated world has come to rest: what is still to be sent, and what is on its way. */
import type { MemoryDatabase } from "../store/database.ts";
import { sourceOfKept } from "../../record/kept-subject.ts";
import { posting } from "../store/schema/posting.ts";
import { question, type QuestionColumns } from "../store/schema/shop-floor.ts";
import type { ErpQueue } from "./erp-queue.ts";
import { isHeldAsked } from "./person/held-machine.ts";

const resting: ReadonlySet<string> = new Set(["confirmed", "dismissed", "reversed", "refused"]);
const underWay: ReadonlySet<string> = new Set(["sending", "in-doubt"]);

/** A machine that was begun anew is looked at again within this time, and read on. */
const readOnMs = 10 * 60_000;

/** Nothing is to be sent, asked or decided any more. */
export function isQuiet(database: MemoryDatabase, now: number): boolean {
  for (const { state } of database.rows(posting)) if (!resting.has(state)) return false;
  for (const row of database.rows(question)) if (isHeldAsked(row) || isReadOn(row, now)) return false;
  return true;
}

function isReadOn({ subject, answered_at: at }: QuestionColumns, now: number): boolean {
  return sourceOfKept(subject) !== null && at !== null && now - at < readOnMs;
}

/** Of an order of which the ERP takes nothing one document after the other goes there, and is refused. */
export function isUnderWay(database: MemoryDatabase, queue: ErpQueue): boolean {
  for (const { state } of database.rows(posting)) if (underWay.has(state)) return true;
  return queue.open().length > 0;
}
