/**
 * Rules of material documents: what may be posted, what it does to stock, reservations and orders, and how it is taken
 * back. A document is posted whole or not at all.
 */
import { assert } from "../../base/result.ts";
import { formatMicro } from "../../base/quantity.ts";
import { withoutPadding, type Books } from "./books.ts";
import type { MaterialDocument, MovementItem } from "./document.ts";
import { accepted, message, refused, type Answer, type Refusal } from "./message.ts";
import { forbiddingStatus, statusCodes, upperLimit, type Component, type Order, type Transaction } from "./order.ts";
import { keyOf, type Missing, type StockPlace } from "./stock.ts";
import { convertUnit, erpUnit, type ErpUnit } from "./unit.ts";

export interface MovementInput {
  readonly material: string;
  readonly plant: string;
  readonly storageLocation: string;
  readonly batch: string;
  readonly movementType: string;
  readonly stockType: string;
  readonly specialStock: string;
  readonly order: string;
  readonly orderItem: string;
  readonly reservation: string;
  readonly reservationItem: string;
  readonly refDocType: string;
  readonly finallyIssued: boolean;
  readonly text: string;
  readonly unit: string;
  readonly quantity: bigint;
}

export interface MaterialDocumentInput {
  readonly code: string;
  readonly postingDate: number | null;
  readonly documentDate: number | null;
  readonly headerText: string;
  readonly reference: string;
  readonly items: readonly MovementInput[];
}

/** `user`: somebody called. `system`: the ERP posts by itself, with a confirmation. */
export type PostedBy = { readonly user: string; readonly by: "user" | "system" };

interface MovementRule {
  /** What it does to unrestricted stock. */
  readonly sign: 1n | -1n;
  readonly transaction: Transaction | null;
  readonly codes: readonly string[];
  readonly reversal: string;
}

const rules: Readonly<Record<string, MovementRule>> = {
  "101": { sign: 1n, transaction: "Goods receipt", codes: ["02"], reversal: "102" },
  "102": { sign: -1n, transaction: "Goods receipt", codes: ["02", "06"], reversal: "101" },
  "201": { sign: -1n, transaction: null, codes: ["03"], reversal: "202" },
  "202": { sign: 1n, transaction: null, codes: ["03", "06"], reversal: "201" },
  "261": { sign: -1n, transaction: "Goods issue", codes: ["03"], reversal: "262" },
  "262": { sign: 1n, transaction: "Goods issue", codes: ["03", "06"], reversal: "261" },
  "501": { sign: 1n, transaction: null, codes: ["05"], reversal: "502" },
  "502": { sign: -1n, transaction: null, codes: ["05", "06"], reversal: "501" },
  "531": { sign: 1n, transaction: "Goods receipt", codes: ["02", "03", "05"], reversal: "532" },
  "532": { sign: -1n, transaction: "Goods receipt", codes: ["02", "03", "05", "06"], reversal: "531" },
  "551": { sign: -1n, transaction: null, codes: ["03"], reversal: "552" },
  "552": { sign: 1n, transaction: null, codes: ["03", "06"], reversal: "551" },
};
const codes = new Set(["01", "02", "03", "04", "05", "06"]);

/** One item after all checks, ready to be written. */
interface Checked {
  readonly input: MovementInput;
  readonly rule: MovementRule;
  readonly order: Order | null;
  readonly component: Component | null;
  readonly unit: ErpUnit;
  readonly baseUnit: ErpUnit;
  readonly baseQuantity: bigint;
  readonly place: StockPlace;
}

export function postMaterialDocument(
  books: Books,
  input: MaterialDocumentInput,
  by: PostedBy,
): Answer<MaterialDocument> {
  const header = refusedHeader(books, input);
  if (header) return refused(header);
  const checked: Checked[] = [];
  for (const item of input.items) {
    const answer = checkItem(books, item, input.code);
    if (!answer.ok) return answer;
    checked.push(answer.value);
  }
  const whole = refusedWhole(books, checked);
  if (whole) return refused(whole);
  return accepted(write(books, input, checked, { by, reverses: null }));
}

/** Takes a whole document back with the opposite movements. */
export function cancelMaterialDocument(
  books: Books,
  document: { readonly year: string; readonly number: string; readonly postingDate: number | null },
  by: PostedBy,
): Answer<MaterialDocument> {
  const original = books.document(document.number);
  if (original?.year !== document.year) return refused(message.documentUnknown(document.number));
  if (original.items.some((item) => item.isCancelled)) return refused(message.documentCancelled(document.number));
  const input: MaterialDocumentInput = {
    code: "06",
    postingDate: document.postingDate ?? original.postingDate,
    documentDate: original.documentDate,
    headerText: original.headerText,
    reference: original.reference,
    items: original.items.map((item) => ({
      ...item,
      unit: item.unit.internal,
      movementType: reversalOf(item.movementType),
    })),
  };
  const header = refusedHeader(books, input);
  if (header) return refused(header);
  const checked: Checked[] = [];
  for (const item of input.items) {
    const answer = checkItem(books, item, null);
    if (!answer.ok) return answer;
    checked.push(answer.value);
  }
  const whole = refusedWhole(books, checked);
  if (whole) return refused(whole);
  for (const item of original.items) item.isCancelled = true;
  return accepted(write(books, input, checked, { by, reverses: original }));
}

function reversalOf(movementType: string): string {
  const rule = rules[movementType];
  assert(rule, `movement type ${movementType} was posted, so it has a rule`);
  return rule.reversal;
}

function refusedHeader(books: Books, input: MaterialDocumentInput): Refusal | null {
  if (!codes.has(input.code)) return message.codeUnknown(input.code);
  if (input.items.length === 0) return message.noItems();
  if (input.postingDate === null) return message.enter("PostingDate");
  return books.refusedPeriod(input.postingDate);
}

/** @param code  null for a reversal, where any movement type may stand */
function checkItem(books: Books, input: MovementInput, code: string | null): Answer<Checked> {
  const rule = rules[input.movementType];
  if (!rule || (code !== null && !rule.codes.includes(code))) {
    return refused(message.typeNotInCode(input.movementType, code ?? "06"));
  }
  if (input.quantity <= 0n) return refused(message.enter("QuantityInEntryUnit"));
  const material = books.stock.material(input.material);
  if (!material) return refused(message.materialUnknown(input.material));
  if (!input.plant) return refused(message.enter("Plant"));
  const unit = erpUnit(input.unit);
  if (!unit) return refused(message.unitUnknown(input.unit));
  const baseQuantity = convertUnit(input.quantity, unit, material.baseUnit);
  if (baseQuantity === null) {
    return refused(message.unitNotConvertible(unit.shown, material.baseUnit.shown, material.number));
  }
  const of = checkOrder(books, input, rule);
  if (!of.ok) return of;
  const { order, component } = of.value;
  const storageLocation =
    input.storageLocation ||
    (component?.storageLocation ?? "") ||
    (rule.sign === 1n ? (order?.storageLocation ?? "") : "");
  if (!storageLocation) return refused(message.enter("StorageLocation"));
  if (material.isBatchManaged && !input.batch) return refused(message.enter("Batch"));
  const place = { material: material.number, plant: input.plant, storageLocation, batch: input.batch };
  return accepted({ input, rule, order, component, unit, baseUnit: material.baseUnit, baseQuantity, place });
}

function checkOrder(
  books: Books,
  input: MovementInput,
  rule: MovementRule,
): Answer<{ readonly order: Order | null; readonly component: Component | null }> {
  if (!input.order) {
    if (rule.transaction) return refused(message.enter("ManufacturingOrder"));
    return accepted({ order: null, component: null });
  }
  const order = books.order(input.order);
  if (!order) return refused(message.orderForMovementUnknown(input.order));
  if (rule.transaction) {
    const status = forbiddingStatus(order, rule.transaction);
    if (status === "created") return refused(message.notReleased(order.number));
    if (status === "technically-completed")
      return refused(message.statusActive(statusCodes[status].short, order.number));
    if (status) return refused(message.transactionNotAllowed(rule.transaction, order.number));
  }
  if (input.movementType === "101" || input.movementType === "102") {
    if (input.orderItem && withoutPadding(input.orderItem) !== order.item) {
      return refused(message.orderItemUnknown(order.number, input.orderItem));
    }
    if (input.material !== order.material) return refused(message.materialOfOrder(input.material, order.number));
  }
  if (!input.reservation) return accepted({ order, component: null });
  return checkReservation(input, order);
}

function checkReservation(
  input: MovementInput,
  order: Order,
): Answer<{ readonly order: Order; readonly component: Component }> {
  const item = withoutPadding(input.reservationItem);
  const component = order.components.find(
    (c) => c.reservation === withoutPadding(input.reservation) && c.item === item,
  );
  if (!component) return refused(message.reservationUnknown(input.reservation, input.reservationItem));
  if (component.material !== input.material) {
    return refused(message.reservationForeign(input.reservation, input.reservationItem, "material"));
  }
  return accepted({ order, component });
}

/** What only shows when all items are seen together: tolerance of the receipt, stock, more returned than withdrawn. */
function refusedWhole(books: Books, items: readonly Checked[]): Refusal | null {
  const changes = new Map<string, { place: StockPlace; change: bigint }>();
  const received = new Map<Order, bigint>();
  const withdrawn = new Map<Component, { order: Order; change: bigint }>();
  for (const item of items) {
    const key = keyOf(item.place);
    const change = item.rule.sign * item.baseQuantity;
    changes.set(key, { place: item.place, change: (changes.get(key)?.change ?? 0n) + change });
    const { order, component } = item;
    if (order && isOrderReceipt(item)) received.set(order, (received.get(order) ?? 0n) + change);
    if (order && component) {
      withdrawn.set(component, { order, change: (withdrawn.get(component)?.change ?? 0n) - change });
    }
  }
  for (const [order, change] of received) {
    const limit = upperLimit(order, order.quantity);
    const total = order.received + change;
    if (change > 0n && limit !== null && total > limit) {
      return message.overReceipt(formatMicro(total - limit), order.unit.shown, order.number);
    }
    if (total < 0n) return message.overReturn(order.material, order.number);
  }
  for (const [component, { order, change }] of withdrawn) {
    if (component.withdrawn + change < 0n) return message.overReturn(component.material, order.number);
  }
  const short = books.stock.shortage(changes);
  return short && deficitOf(books, short);
}

function deficitOf(books: Books, short: Missing): Refusal {
  const { place, missing } = short;
  const unit = books.stock.material(place.material)?.baseUnit.shown ?? "";
  const at = [place.material, place.plant, place.storageLocation, place.batch].filter(Boolean).join(" ");
  return message.deficit(formatMicro(missing), unit, at);
}

function isOrderReceipt(item: Checked): boolean {
  return item.input.movementType === "101" || item.input.movementType === "102";
}

function write(
  books: Books,
  input: MaterialDocumentInput,
  checked: readonly Checked[],
  how: { readonly by: PostedBy; readonly reverses: MaterialDocument | null },
): MaterialDocument {
  assert(input.postingDate !== null, "a posting date was asked for");
  const year = String(new Date(input.postingDate).getUTCFullYear());
  const document = books.nextDocument();
  const items = checked.map((item, i): MovementItem => {
    const reversed = how.reverses?.items[i];
    return {
      ...item.input,
      year,
      document,
      item: String(i + 1),
      order: item.order?.number ?? "",
      orderItem: isOrderReceipt(item) ? (item.order?.item ?? "") : "",
      storageLocation: item.place.storageLocation,
      unit: item.unit,
      baseUnit: item.baseUnit,
      baseQuantity: item.baseQuantity,
      automatic: how.by.by === "system",
      reverses: reversed ? { year: reversed.year, document: reversed.document, item: reversed.item } : null,
      isCancelled: false,
    };
  });
  for (const item of checked) apply(books, item);
  const posted: MaterialDocument = {
    year,
    document,
    code: input.code,
    postingDate: input.postingDate,
    documentDate: input.documentDate ?? input.postingDate,
    createdAt: books.settings.clock.now(),
    createdBy: how.by.user,
    headerText: input.headerText,
    reference: input.reference,
    items,
  };
  books.appendDocument(posted);
  return posted;
}

function apply(books: Books, item: Checked): void {
  const change = item.rule.sign * item.baseQuantity;
  books.stock.change(item.place, change);
  const { order, component } = item;
  if (component) {
    component.withdrawn -= change;
    if (item.input.finallyIssued) component.finallyIssued = true;
  }
  if (!order) return;
  if (isOrderReceipt(item)) {
    order.received += change;
    order.statuses.delete("delivered");
    order.statuses.delete("partially-delivered");
    if (order.received > 0n) order.statuses.add(order.received >= order.quantity ? "delivered" : "partially-delivered");
  }
  books.touch(order);
}
