/** What the ERP has of each order in the end, as its connector lists it: whatever ERP it is, its books are read as SAP's are. */
import { assert, unwrap } from "../../base/result.ts";
import { sapConnectorOver } from "../../erp/sap/index.ts";
import type { FoundDocument } from "../../operations/reconciliation/books.ts";
import type { MemoryDatabase } from "../store/database.ts";
import { operationsRequest } from "../store/schema/order.ts";
import type { SimulatedErp } from "./erp.ts";
import type { Parts } from "./parts.ts";
import type { Actor, Schedule } from "./schedule.ts";

/** Ours and others', by the id of the order. */
export type FoundDocuments = ReadonlyMap<string, readonly FoundDocument[]>;

const patienceMs = 3_600_000;

export async function readDocuments(world: {
  readonly erp: SimulatedErp;
  readonly schedule: Schedule;
  readonly database: MemoryDatabase;
  readonly parts: Pick<Parts, "erp">;
}): Promise<FoundDocuments> {
  const { erp, schedule, database, parts } = world;
  const found = new Map<string, readonly FoundDocument[]>();
  const reader: Actor = { name: "reconciliation", isAlive: true };
  const { signal } = new AbortController();
  const read = async (): Promise<true> => {
    const session = parts.erp(unwrap(await sapConnectorOver(erp.lineOf(reader)).open(erp.settings, signal)));
    for (const { id, body } of database.rows(operationsRequest))
      found.set(id, unwrap(await session.documents(body, signal)));
    return true;
  };
  let isRead = false;
  void read().then(() => (isRead = true));
  await schedule.until(() => isRead, schedule.now + patienceMs);
  assert(isRead, "the ERP lists its documents when nothing is wrong with it");
  return found;
}
