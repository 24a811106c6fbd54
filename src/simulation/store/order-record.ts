/**
 * What the record says of an order, for comparing it with the ERP; see `store/view/books-view`. No map of a simulated
 * machine counts what is packed.
 */
import { instant } from "../../base/instant.ts";
import type { LedgerSum, OrderRecord, StatedSum } from "../../operations/reconciliation/books.ts";
import { countedQuantity } from "../../record/fact.ts";
import { owedKinds, type OwedKind } from "../../record/posting.ts";
import type { MemoryDatabase } from "./database.ts";
import { isSpokenForBy, orderLineOf } from "./fact-rule.ts";
import { jobOrder } from "./schema/order.ts";
import { posting, postingLine } from "./schema/posting.ts";
import { fact, movement, run, type FactColumns, type MovementColumns } from "./schema/shop-floor.ts";
import { keyOf } from "./table.ts";

export function orderRecord(database: MemoryDatabase, request: string): OrderRecord {
  const stated = new Map<string, StatedSum>();
  const ledger = new Map<string, LedgerSum>();
  for (const { id, segment } of database.find(jobOrder, "request", request)) {
    for (const own of database.find(run, "job_order", id)) {
      for (const row of database.find(fact, "run", own.id)) {
        for (const kind of owedKinds)
          if (isSpokenForBy(kind, row)) addStated(stated, statedOf(database, kind, segment, row));
        for (const moved of database.find(movement, "fact", row.id)) addMoved(ledger, database, row, moved);
      }
    }
  }
  return {
    stated: [...stated.values()],
    packed: [],
    postings: postingsOf(database, request),
    ledger: [...ledger.values()],
  };
}

function statedOf(database: MemoryDatabase, kind: OwedKind, segment: string, row: FactColumns): StatedSum | null {
  const said = row.body.kind === "Corrected" ? row.body.was : row.body;
  const quantity = countedQuantity(row.body);
  if ((said.kind !== "UnitsCounted" && said.kind !== "MaterialConsumed") || !quantity) return null;
  const [line] = database.find(postingLine, "posting_line_once", keyOf(row.id, kind));
  const [, named = null] = /^(?:corrected:)?bill:(.*)$/.exec(orderLineOf(row.rule)) ?? [];
  return {
    kind,
    segment,
    grade: said.kind === "UnitsCounted" ? said.grade : null,
    material: said.kind === "MaterialConsumed" ? said.material : null,
    lot: said.kind === "MaterialConsumed" ? said.lot : null,
    named,
    quantity,
    posting: line ? (database.row(posting, line.posting)?.key ?? null) : null,
    facts: 1,
    firstAt: row.event_at,
  };
}

function addStated(sums: Map<string, StatedSum>, one: StatedSum | null): void {
  if (!one) return;
  const { kind, segment, grade, material, lot, named, quantity, posting: key } = one;
  const name = keyOf(kind, segment, grade ?? "", material ?? "", lot ?? "", named ?? "", quantity.uom, key ?? "");
  const sum = sums.get(name);
  if (!sum) sums.set(name, one);
  else
    sums.set(name, {
      ...sum,
      quantity: { ...quantity, micro: sum.quantity.micro + quantity.micro },
      facts: sum.facts + 1,
      firstAt: instant(Math.min(sum.firstAt, one.firstAt)),
    });
}

/** What a movement takes back counts where the movement that it takes back did. */
function addMoved(
  sums: Map<string, LedgerSum>,
  database: MemoryDatabase,
  by: FactColumns,
  moved: MovementColumns,
): void {
  const { from_account: from, to_account: to, material, lot, uom, micro } = moved;
  if (![from, to].includes("world:production") || [from, to].includes("world:scrap")) return;
  const back = moved.corrects === null ? undefined : database.row(movement, moved.corrects);
  const { body } = (back && database.row(fact, back.fact)) ?? by;
  const { kind } = body.kind === "Corrected" ? body.was : body;
  if (kind !== "MaterialConsumed" && kind !== "UnitsCounted") return;
  const aspect = kind === "MaterialConsumed" ? "issue" : "receipt";
  const isInto = to === "world:production";
  const name = keyOf(aspect, material, lot ?? "", uom);
  const known = sums.get(name)?.quantity.micro ?? 0n;
  const added = isInto === (aspect === "issue") ? micro : -micro;
  sums.set(name, { aspect, material, lot, quantity: { micro: known + added, uom } });
}

function postingsOf(database: MemoryDatabase, request: string): OrderRecord["postings"] {
  return database
    .find(posting, "request", request)
    .toSorted((a, b) => a.ordinal - b.ordinal)
    .map((row) => ({
      key: row.key,
      kind: row.kind,
      state: row.state,
      parked: row.parked,
      content: row.content,
      speaks: database.find(postingLine, "posting", row.id).some(({ active }) => active),
      document: row.document,
      standsBackFor: null,
      plannedAt: row.planned_at,
      settledAt: row.settled_at,
      fault: messageOf(row.fault),
    }));
}

function messageOf(fault: unknown): string | null {
  return typeof fault === "object" && fault !== null && "message" in fault ? String(fault.message) : null;
}
