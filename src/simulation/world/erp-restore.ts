/** The ERP is put back from a backup: what it had posted since is gone there, and whoever asked for it knows nothing of it. */
import type { Books, BooksBackup } from "../erp/books.ts";
import { setOrderHold, setOrderLock, setOrderTolerance } from "../erp/order-action.ts";
import type { Order } from "../erp/order.ts";
import type { SimulatedErp } from "./erp.ts";
import type { ErpLoss } from "./happened.ts";
import type { TakenBackup } from "./taken-documents.ts";

interface Kept {
  readonly books: BooksBackup;
  readonly taken: TakenBackup;
}

export class ErpBackup {
  readonly #erp: SimulatedErp;
  #kept: Kept | null = null;

  constructor(erp: SimulatedErp) {
    this.#erp = erp;
  }

  make(): void {
    this.#kept = { books: this.#erp.gate.books.backup(), taken: this.#erp.taken.backup() };
  }

  /** @returns what the ERP no longer has; null: there was no backup */
  putBack(): ErpLoss | null {
    if (this.#kept === null) return null;
    this.#erp.taken.restore(this.#kept.taken);
    return restore(this.#erp, this.#kept.books);
  }
}

function restore(erp: SimulatedErp, backup: BooksBackup): ErpLoss {
  const { books } = erp.gate;
  const confirmations = books.confirmations.slice(backup.confirmations.length);
  const movements = books.materialDocuments.slice(backup.materialDocuments.length);
  const orders = new Set([
    ...confirmations.map(({ order }) => order),
    ...movements.flatMap(({ items }) => items.map(({ order }) => order)),
    ...backup.orders.filter((order) => isOther(order, books.order(order.number))).map(({ number }) => number),
  ]);
  books.restore(backup);
  openUp(books);
  erp.refill();
  return { confirmations, movements, orders };
}

function isOther(was: Order, is: Order | undefined): boolean {
  if (!is || was.quantity !== is.quantity || was.overdeliveryPercent !== is.overdeliveryPercent) return true;
  return was.statuses.symmetricDifference(is.statuses).size > 0;
}

/** What was closed, locked, held or limited when the backup was made was opened since, and somebody sees to it that it is so again. */
function openUp(books: Books): void {
  books.openPeriods = null;
  for (const order of books.orders.values()) {
    if (order.statuses.has("locked")) setOrderLock(books, order, "unlocked");
    if (order.statuses.has("on-hold")) setOrderHold(books, order, "free");
    if (order.overdeliveryPercent !== null) setOrderTolerance(books, order, null);
  }
}
