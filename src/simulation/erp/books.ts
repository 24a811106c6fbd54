/**
 * The books of the simulated ERP: orders, stock, documents and their numbers. Holds and finds; the rules by which
 * something may be posted are in `goods-movement`, `confirmation` and `order-action`.
 */
import type { Clock } from "../../base/clock.ts";
import { assert } from "../../base/result.ts";
import type { Confirmation, FailedMovement, MaterialDocument, MovementItem } from "./document.ts";
import { message, type Refusal } from "./message.ts";
import { orderOf, type Order, type OrderSeed } from "./order.ts";
import { Stock, type StockRow } from "./stock.ts";
import { erpUnit, type ErpUnit } from "./unit.ts";

export interface StockSeed {
  readonly material: string;
  readonly plant: string;
  readonly storageLocation: string;
  readonly batch?: string;
  /** Decimal text. */
  readonly quantity: string;
  readonly unit: string;
}

export interface BooksSettings {
  readonly clock: Clock;
  /** `unlimited`: goods issues never lack stock. */
  readonly stock: "counted" | "unlimited";
  /** Refuse a second confirmation with the same external key. Whether the real system does is not verified. */
  readonly duplicateKeys: "accepted" | "refused";
  readonly companyCode: string;
}

/** Months in which may be posted, `YYYY-MM`, both inclusive. */
export interface OpenPeriods {
  readonly from: string;
  readonly to: string;
}

/** All that the books say, as it was. */
export interface BooksBackup {
  readonly orders: readonly Order[];
  readonly stock: readonly StockRow[];
  readonly materialDocuments: readonly MaterialDocument[];
  readonly confirmations: readonly Confirmation[];
  readonly failedMovements: readonly FailedMovement[];
  readonly countByGroup: ReadonlyMap<string, number>;
  readonly lastDocument: number;
}

export class Books {
  readonly settings: BooksSettings;
  readonly orders = new Map<string, Order>();
  readonly stock: Stock;
  readonly materialDocuments: MaterialDocument[] = [];
  readonly movementItems: MovementItem[] = [];
  readonly confirmations: Confirmation[] = [];
  /** What the ERP could not post by itself. */
  readonly failedMovements: FailedMovement[] = [];
  /** Null: every month is open. */
  openPeriods: OpenPeriods | null = null;

  readonly #documentByNumber = new Map<string, MaterialDocument>();
  readonly #documentsByReference = new Map<string, MaterialDocument[]>();
  readonly #itemsByOrder = new Map<string, MovementItem[]>();
  readonly #confirmationByNumber = new Map<string, Confirmation>();
  readonly #confirmationsByKey = new Map<string, Confirmation[]>();
  readonly #confirmationsByOrder = new Map<string, Confirmation[]>();
  readonly #countByGroup = new Map<string, number>();
  #lastDocument = 4_900_000_000;

  constructor(settings: BooksSettings) {
    this.settings = settings;
    this.stock = new Stock(settings.stock);
  }

  /** The ERP's own change stamp of now: `yyyymmddhhmmss`, UTC, whole seconds. */
  stamp(): string {
    return new Date(this.settings.clock.now()).toISOString().replace(/[-:T]/g, "").slice(0, 14);
  }

  touch(order: Order): void {
    order.changedAt = this.stamp();
  }

  createOrder(seed: OrderSeed): Order {
    assert(!this.orders.has(seed.order), `order ${seed.order} is new`);
    const baseUnitOf = (material: string, unit: ErpUnit): ErpUnit => this.stock.material(material)?.baseUnit ?? unit;
    const order = orderOf(seed, this.orders.size + 1, this.stamp(), baseUnitOf);
    this.stock.define({ number: order.material, baseUnit: order.unit, isBatchManaged: false });
    for (const component of order.components) {
      this.stock.define({ number: component.material, baseUnit: component.baseUnit, isBatchManaged: false });
    }
    this.orders.set(order.number, order);
    return order;
  }

  /** A material with its base unit. Orders and stock make theirs known by themselves. */
  defineMaterial(number: string, unit: string, batches: "batch-managed" | "no-batches"): void {
    const baseUnit = erpUnit(unit);
    assert(baseUnit, `unit ${unit} exists in the ERP`);
    this.stock.define({ number, baseUnit, isBatchManaged: batches === "batch-managed" });
  }

  order(number: string): Order | undefined {
    return this.orders.get(withoutPadding(number));
  }

  nextDocument(): string {
    this.#lastDocument += 1;
    return String(this.#lastDocument);
  }

  nextCount(group: string): string {
    const count = (this.#countByGroup.get(group) ?? 0) + 1;
    this.#countByGroup.set(group, count);
    return String(count);
  }

  appendDocument(document: MaterialDocument): void {
    this.materialDocuments.push(document);
    this.#documentByNumber.set(document.document, document);
    if (document.reference) put(this.#documentsByReference, document.reference, document);
    for (const item of document.items) {
      this.movementItems.push(item);
      if (item.order) put(this.#itemsByOrder, item.order, item);
    }
  }

  appendConfirmation(confirmation: Confirmation): void {
    this.confirmations.push(confirmation);
    this.#confirmationByNumber.set(`${confirmation.group}/${confirmation.count}`, confirmation);
    if (confirmation.externalKey) put(this.#confirmationsByKey, confirmation.externalKey, confirmation);
    put(this.#confirmationsByOrder, confirmation.order, confirmation);
  }

  backup(): BooksBackup {
    // In one go, so that a document and those who name its items go on to share them.
    return structuredClone({
      orders: [...this.orders.values()],
      stock: [...this.stock.rows()],
      materialDocuments: this.materialDocuments,
      confirmations: this.confirmations,
      failedMovements: this.failedMovements,
      countByGroup: this.#countByGroup,
      lastDocument: this.#lastDocument,
    });
  }

  /** Everything is as it was at the backup; numbers that were given since are given again. A backup is put back once. */
  restore(backup: BooksBackup): void {
    for (const list of [this.materialDocuments, this.movementItems, this.confirmations, this.failedMovements])
      list.length = 0;
    for (const index of [this.#documentByNumber, this.#documentsByReference, this.#itemsByOrder]) index.clear();
    for (const index of [this.#confirmationByNumber, this.#confirmationsByKey, this.#confirmationsByOrder])
      index.clear();
    this.orders.clear();
    this.#countByGroup.clear();
    for (const order of backup.orders) this.orders.set(order.number, order);
    for (const document of backup.materialDocuments) this.appendDocument(document);
    for (const confirmation of backup.confirmations) this.appendConfirmation(confirmation);
    for (const [group, count] of backup.countByGroup) this.#countByGroup.set(group, count);
    this.failedMovements.push(...backup.failedMovements);
    this.stock.restore(backup.stock);
    this.#lastDocument = backup.lastDocument;
  }

  /** Numbers run on over the years, so the number alone tells a document. */
  document(number: string): MaterialDocument | undefined {
    return this.#documentByNumber.get(number);
  }

  documentsByReference(reference: string): readonly MaterialDocument[] {
    return this.#documentsByReference.get(reference) ?? [];
  }

  movementsOfOrder(order: string): readonly MovementItem[] {
    return this.#itemsByOrder.get(withoutPadding(order)) ?? [];
  }

  confirmation(group: string, count: string): Confirmation | undefined {
    return this.#confirmationByNumber.get(`${group}/${count}`);
  }

  confirmationsByKey(key: string): readonly Confirmation[] {
    return this.#confirmationsByKey.get(key.toLowerCase()) ?? [];
  }

  confirmationsOfOrder(order: string): readonly Confirmation[] {
    return this.#confirmationsByOrder.get(withoutPadding(order)) ?? [];
  }

  /** Why nothing may be posted on this date; null when its month is open. */
  refusedPeriod(postingDate: number): Refusal | null {
    return this.openPeriods && this.closedPeriodOf(postingDate)
      ? message.periodClosed(this.openPeriods, this.settings.companyCode)
      : null;
  }

  /** The first closed month that a posting date falls into; null when it is open. */
  closedPeriodOf(postingDate: number): string | null {
    if (!this.openPeriods) return null;
    const month = new Date(postingDate).toISOString().slice(0, 7);
    return month < this.openPeriods.from || month > this.openPeriods.to ? month : null;
  }
}

/** Numbers are kept without the zeros in front that clients may write. */
export function withoutPadding(number: string): string {
  return /^\d+$/.test(number) ? number.replace(/^0+(?=\d)/, "") : number;
}

function put<T>(index: Map<string, T[]>, key: string, value: T): void {
  const list = index.get(key);
  if (list) list.push(value);
  else index.set(key, [value]);
}
