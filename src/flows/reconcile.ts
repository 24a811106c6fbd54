/**
 * Compares what the record says of orders with what the ERP has. Orders come one after the other, page by page, so that
 * any number of documents is compared in the same memory. Nothing is written, neither here nor there. Spec:
 * docs/spec/reconcile.md
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { booksOf, type Books, type FoundDocument } from "../operations/reconciliation/books.ts";
import { compareBooks, type OrderComparison } from "../operations/reconciliation/comparison.ts";
import type { ReconcilePolicy } from "../record/reconciliation.ts";
import type { BooksStore, KeptBooks, OrderScope, StatedFact } from "./view/books-view.ts";

export interface ReconcilePorts {
  readonly books: BooksStore;
  readonly clock: Clock;
  readonly policy: Pick<ReconcilePolicy, "limits">;
  /** Whether we post goods receipts to an ERP. */
  receipt(erp: string): boolean;
  /** Whether a work unit counts what it packs. */
  packs(workUnit: string): boolean;
  /** All documents of an order, ours and others', as the ERP's connector lists them. */
  documents(request: OperationsRequest, signal: AbortSignal): Promise<Result<readonly FoundDocument[]>>;
}

export interface ReconciledOrder {
  readonly request: OperationsRequest;
  /** Null when the ERP's documents of this order could not be read: `fault` says why. */
  readonly comparison: OrderComparison | null;
  readonly books: Books | null;
  /** Facts to open a number down to, the first ones of each posting. */
  readonly facts: readonly StatedFact[];
  readonly fault: Fault | null;
}

export interface ReconcileWish {
  readonly scope: OrderScope;
  /** Lines of this material alone; null: all. */
  readonly material: string | null;
  /** How many facts each posting is shown with. */
  readonly factsMost: number;
}

/** Ids of orders read at once: looking for them costs as much as the day is long, whatever the page. */
const pageSize = 5_000;
/** Calls to the ERP at once: it has other work too. */
const width = 3;
/** How often an order is read again because its postings have moved meanwhile. */
const triesMax = 4;

/**
 * @returns each order as soon as it is compared, in order of id; ends with a fault when the ERP is away, and throws when the database is
 * @fault transient flows/reconcile-erp  the ERP cannot be asked now
 */
export async function* reconcile(
  ports: ReconcilePorts,
  wish: ReconcileWish,
  signal: AbortSignal,
): AsyncGenerator<Result<ReconciledOrder>, void> {
  let after = "";
  while (!signal.aborted) {
    const ids = await ports.books.read((books) => books.orders(wish.scope, after, pageSize));
    for (let at = 0; at < ids.length; at += width) {
      const compared = await Promise.all(ids.slice(at, at + width).map((id) => compareOrder(ports, wish, id, signal)));
      for (const one of compared) {
        if (one === null) continue;
        yield one;
        if (!one.ok) return;
      }
    }
    const last = ids.at(-1);
    if (last === undefined || ids.length < pageSize) return;
    after = last;
  }
}

/** Null for an order that is gone meanwhile. */
async function compareOrder(
  ports: ReconcilePorts,
  wish: ReconcileWish,
  id: string,
  signal: AbortSignal,
): Promise<Result<ReconciledOrder> | null> {
  for (let attempt = 1; ; attempt += 1) {
    const kept = await ports.books.read((books) => books.books(id));
    if (!kept) return null;
    const asked = await ports.documents(kept.request, signal);
    if (!asked.ok && (asked.fault.kind === "transient" || asked.fault.kind === "ambiguous")) {
      const text = `The documents of order ${kept.request.reference.number} could not be read: ${asked.fault.message}`;
      return fail("transient", "flows/reconcile-erp", text, asked.fault);
    }
    if (!asked.ok) return ok({ request: kept.request, comparison: null, books: null, facts: [], fault: asked.fault });
    // What was sent between the two looks is in one of them only: both are taken again.
    const { stamp, facts } = await ports.books.read(async (books) => ({
      stamp: await books.stamp(id),
      facts: await books.facts(id, wish.factsMost),
    }));
    if (stamp === kept.stamp || attempt >= triesMax)
      return ok(compared(ports, wish, kept, asked.value, facts, ports.clock.now()));
  }
}

function compared(
  { policy, receipt, packs }: ReconcilePorts,
  { material }: ReconcileWish,
  { request, record }: KeptBooks,
  found: readonly FoundDocument[],
  facts: readonly StatedFact[],
  now: Instant,
): ReconciledOrder {
  const books = booksOf(
    { request, receipt: receipt(request.reference.erp) },
    { ...record, packed: record.packed.filter(({ workUnit, facts }) => facts > 0 || packs(workUnit)) },
    found,
  );
  const whole = compareBooks(books, policy.limits, now);
  const isMeant = (of: { readonly material: string }): boolean => material === null || of.material === material;
  const comparison = {
    ...whole,
    lines: whole.lines.filter(({ line }) => isMeant(line)),
    ledger: whole.ledger.filter(isMeant),
  };
  return { request, comparison, books, facts, fault: null };
}

/** What is compared when nobody says otherwise: orders of the last days, and all with open documents. */
export function recentOrders({ days }: Pick<ReconcilePolicy, "days">, now: Instant): OrderScope {
  return { orders: null, day: null, material: null, since: instant(now - days * 86_400_000) };
}
