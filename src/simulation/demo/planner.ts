/**
 * The people of the ERP who keep the floor from running dry: a planner who makes the next order when too few are open
 * and closes what is done, and a buyer who has material delivered. Of one material nobody thinks: it waits for a visitor.
 */
import type { Clock } from "../../base/clock.ts";
import { assert } from "../../base/result.ts";
import type { Books } from "../erp/books.ts";
import { actOnOrder } from "../erp/order-action.ts";
import { amount, type Order, type OrderSeed } from "../erp/order.ts";
import { postReceipt } from "../erp/receipt.ts";
import type { StockRow } from "../erp/stock.ts";
import type { Random } from "../random.ts";
import { deliveries } from "./plan.ts";
import { goodsStore, lotMaterials, orderOf, products, shortMaterial, type Product } from "./product.ts";

export interface PlannerSettings {
  readonly clock: Clock;
  readonly random: Random;
  /** Orders that are not yet delivered; never more. */
  readonly openMax: number;
  /** How long a delivered order rests before it is technically completed. */
  readonly restMs: number;
}

const piecesLeast = 10;
const piecesMost = 40;
const dayMs = 86_400_000;
/** A delivery is due when less than this part of one is left. */
const reorderPart = 4n;

export class Planner {
  readonly #books: Books;
  readonly #settings: PlannerSettings;
  #lots = 1;

  constructor(books: Books, settings: PlannerSettings) {
    this.#books = books;
    this.#settings = settings;
  }

  /** One look at the books. @returns the orders that were made */
  work(): readonly OrderSeed[] {
    for (const order of this.#books.orders.values()) this.#close(order);
    const made: OrderSeed[] = [];
    this.#buyAll();
    for (let open = this.open.length; open < this.#settings.openMax; open++) {
      this.#buyAll();
      const seed = this.#next();
      this.#books.createOrder(seed);
      made.push(seed);
    }
    return made;
  }

  /** Orders of which the finished goods have not all come in. */
  get open(): readonly Order[] {
    return [...this.#books.orders.values()].filter(
      ({ statuses }) =>
        !statuses.has("delivered") && !statuses.has("technically-completed") && !statuses.has("marked-for-deletion"),
    );
  }

  #next(): OrderSeed {
    const { random, clock } = this.#settings;
    const numbers = [...this.#books.orders.keys()].map(Number);
    const order = String(Math.max(1_000_000, ...numbers) + 1);
    const chance = random.fork(`order ${order}`);
    const able = products.filter((product) => this.#isAdvisable(product));
    const product = able[chance.whole(0, able.length - 1)];
    assert(product, "there is always a product that may be ordered");
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
    const now = clock.now();
    const pieces = chance.whole(piecesLeast / 2, piecesMost / 2) * 2;
    return orderOf({
      order,
      product,
      pieces,
      start: day(now),
      end: day(now + 2 * dayMs),
      lotOf: (material) => this.#largest(material)?.batch ?? "",
    });
  }

  /** While the store is short of what a product needs, no further order for it is made: one parked issue is enough. */
  #isAdvisable(product: Product): boolean {
    if (product.sleeve !== shortMaterial) return true;
    return this.#rows(shortMaterial).reduce((sum, row) => sum + this.#free(row), 0n) >= 0n;
  }

  #buyAll(): void {
    if (this.#books.openPeriods) return;
    for (const material of Object.keys(deliveries)) this.#buy(material);
  }

  #buy(material: string): void {
    const delivery = deliveries[material];
    const known = this.#largest(material);
    if (delivery === undefined || !known || material === shortMaterial) return;
    if (this.#free(known) * reorderPart >= amount(delivery)) return;
    const isInLots = lotMaterials.includes(material);
    if (isInLots) this.#lots += 1;
    const batch = isInLots
      ? `${known.batch.slice(0, known.batch.indexOf("-"))}-${String(this.#lots).padStart(2, "0")}`
      : "";
    const { plant, storageLocation, unit } = known;
    postReceipt(this.#books, { material, plant, storageLocation, batch, quantity: delivery, unit: unit.internal });
  }

  /** What has come in whole, and has drawn all its material, is done when it has rested. */
  #close(order: Order): void {
    if (!order.statuses.has("delivered") || order.statuses.has("technically-completed")) return;
    if (order.components.some(({ withdrawn }) => withdrawn === 0n)) return;
    const last = this.#books.movementsOfOrder(order.number).at(-1)?.document ?? "";
    const at = this.#books.document(last)?.createdAt ?? 0;
    if (this.#settings.clock.now() - at >= this.#settings.restMs) {
      actOnOrder(this.#books, order.number, "complete-technically");
    }
  }

  /** The lot of which most is free; the place itself for a material without lots. */
  #largest(material: string): StockRow | undefined {
    return this.#rows(material).toSorted((a, b) => (this.#free(a) > this.#free(b) ? -1 : 1))[0];
  }

  /** What of a lot no order has still to draw; below zero when it will not suffice. */
  #free({ material, batch, quantity }: StockRow): bigint {
    return [...this.#books.orders.values()]
      .filter(({ statuses }) => !statuses.has("technically-completed") && !statuses.has("marked-for-deletion"))
      .flatMap((order) => order.components)
      .filter((component) => component.material === material && component.batch === batch)
      .reduce((left, { required, withdrawn }) => left - (required > withdrawn ? required - withdrawn : 0n), quantity);
  }

  #rows(material: string): readonly StockRow[] {
    return [...this.#books.stock.rows()].filter(
      (row) => row.material === material && row.storageLocation !== goodsStore,
    );
  }
}
