/**
 * Production orders inside the simulated ERP: how they are described, what the ERP keeps of them, and which business
 * transactions their status allows. What postings do to them is in `goods-movement` and `confirmation`.
 */
import { assert, unwrap } from "../../base/result.ts";
import { parseQuantity } from "../../base/quantity.ts";
import { controlKey, type ControlKey } from "./control-key.ts";
import { convertUnit, erpUnit, type ErpUnit } from "./unit.ts";

export interface OperationSeed {
  /** Four digits, e.g. `0010`. */
  readonly operation: string;
  readonly text: string;
  readonly workCenter: string;
  /** See `control-key`; `PP01` when left out. */
  readonly controlKey?: string;
  readonly minutesPerBase?: number;
}

export interface ComponentSeed {
  readonly material: string;
  readonly operation: string;
  /** Decimal text: the amount for the whole order. */
  readonly quantity: string;
  readonly unit: string;
  readonly storageLocation?: string;
  readonly batch?: string;
  /** The ERP deducts it by itself when the operation is confirmed. */
  readonly backflush?: boolean;
  /** Used once, whatever is made. */
  readonly fixed?: boolean;
  readonly scrapPercent?: string;
}

export interface OrderSeed {
  readonly order: string;
  readonly material: string;
  readonly plant: string;
  /** Decimal text. */
  readonly quantity: string;
  readonly unit?: string;
  /** Where finished goods are received. */
  readonly storageLocation?: string;
  /** `YYYY-MM-DD`. */
  readonly start?: string;
  readonly end?: string;
  /** False: created but not yet released. */
  readonly released?: boolean;
  /** One letter or digit by which a planner says how urgent it is; none when left out. */
  readonly importance?: string;
  /** How much more than ordered may be confirmed and received; null for any amount. */
  readonly overdeliveryPercent?: number | null;
  readonly operations: readonly OperationSeed[];
  readonly components: readonly ComponentSeed[];
}

export const orderStatuses = [
  "created",
  "released",
  "partially-confirmed",
  "confirmed",
  "partially-delivered",
  "delivered",
  "technically-completed",
  "closed",
  "locked",
  "marked-for-deletion",
  "accepted-by-mes",
  "on-hold",
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

export const statusCodes: Readonly<Record<OrderStatus, { readonly code: string; readonly short: string }>> = {
  created: { code: "I0001", short: "CRTD" },
  released: { code: "I0002", short: "REL" },
  "partially-confirmed": { code: "I0010", short: "PCNF" },
  confirmed: { code: "I0009", short: "CNF" },
  "partially-delivered": { code: "I0074", short: "PDLV" },
  delivered: { code: "I0012", short: "DLV" },
  "technically-completed": { code: "I0045", short: "TECO" },
  closed: { code: "I0046", short: "CLSD" },
  locked: { code: "I0043", short: "LKD" },
  "marked-for-deletion": { code: "I0076", short: "DLFL" },
  "accepted-by-mes": { code: "I0606", short: "RMES" },
  // A user status: it forbids nothing here, whatever others make of it.
  "on-hold": { code: "E0003", short: "HOLD" },
};

export interface Operation {
  readonly number: string;
  readonly item: string;
  readonly text: string;
  readonly workCenter: string;
  readonly controlKey: ControlKey;
  readonly minutesPerBase: number;
  planned: bigint;
  yield: bigint;
  scrap: bigint;
  rework: bigint;
  isFinal: boolean;
  /** Number under which the confirmations of this operation are counted. */
  readonly confirmationGroup: string;
  changedAt: string;
}

export interface Component {
  readonly reservation: string;
  readonly item: string;
  readonly material: string;
  readonly operation: string;
  /** The unit in which it is asked for. */
  readonly unit: ErpUnit;
  /** The unit of stock, of `required` and `withdrawn`. */
  readonly baseUnit: ErpUnit;
  readonly storageLocation: string;
  readonly batch: string;
  readonly backflush: boolean;
  readonly fixed: boolean;
  readonly scrapPercent: bigint;
  required: bigint;
  withdrawn: bigint;
  finallyIssued: boolean;
}

export interface Order {
  readonly number: string;
  readonly item: string;
  readonly material: string;
  readonly plant: string;
  readonly unit: ErpUnit;
  readonly storageLocation: string;
  readonly startDate: number;
  readonly endDate: number;
  readonly internalNumber: string;
  overdeliveryPercent: number | null;
  readonly operations: readonly Operation[];
  readonly components: readonly Component[];
  /** Empty, or one letter or digit. */
  importance: string;
  quantity: bigint;
  received: bigint;
  readonly statuses: Set<OrderStatus>;
  /** `yyyymmddhhmmss`, UTC. */
  changedAt: string;
}

/**
 * The order as the ERP keeps it. Throws on a seed that makes no sense: seeds are code.
 *
 * @param baseUnitOf  the unit in which stock of a material is kept; the given one when the material is new
 */
export function orderOf(
  seed: OrderSeed,
  sequence: number,
  changedAt: string,
  baseUnitOf: (material: string, unit: ErpUnit) => ErpUnit,
): Order {
  const unit = unitOfSeed(seed.unit ?? "PC");
  const quantity = amount(seed.quantity);
  return {
    number: seed.order,
    item: "1",
    material: seed.material,
    plant: seed.plant,
    unit,
    storageLocation: seed.storageLocation ?? "101A",
    startDate: Date.parse(`${seed.start ?? "2026-11-23"}T00:00:00Z`),
    endDate: Date.parse(`${seed.end ?? seed.start ?? "2026-11-25"}T00:00:00Z`),
    internalNumber: String(20_000 + sequence),
    overdeliveryPercent: seed.overdeliveryPercent === undefined ? 10 : seed.overdeliveryPercent,
    operations: seed.operations.map((operation, i) =>
      operationOf(operation, { sequence, item: i + 1, quantity, changedAt }),
    ),
    components: seed.components.map((component, i) => componentOf(component, { sequence, item: i + 1, baseUnitOf })),
    importance: seed.importance ?? "",
    quantity,
    received: 0n,
    statuses: new Set([seed.released === false ? "created" : "released"]),
    changedAt,
  };
}

function operationOf(
  seed: OperationSeed,
  of: { sequence: number; item: number; quantity: bigint; changedAt: string },
): Operation {
  const key = controlKey(seed.controlKey ?? "PP01");
  assert(key, `control key ${seed.controlKey} exists`);
  return {
    number: seed.operation,
    item: String(of.item),
    text: seed.text,
    workCenter: seed.workCenter,
    controlKey: key,
    minutesPerBase: seed.minutesPerBase ?? 0,
    planned: of.quantity,
    yield: 0n,
    scrap: 0n,
    rework: 0n,
    isFinal: false,
    confirmationGroup: String(of.sequence * 100 + of.item).padStart(10, "0"),
    changedAt: of.changedAt,
  };
}

function componentOf(
  seed: ComponentSeed,
  of: { sequence: number; item: number; baseUnitOf: (material: string, unit: ErpUnit) => ErpUnit },
): Component {
  const unit = unitOfSeed(seed.unit);
  const baseUnit = of.baseUnitOf(seed.material, unit);
  const required = convertUnit(amount(seed.quantity), unit, baseUnit);
  assert(required !== null, `${seed.material} can be kept in ${baseUnit.shown} and asked for in ${unit.shown}`);
  return {
    reservation: String(50_000 + of.sequence),
    item: String(of.item),
    material: seed.material,
    operation: seed.operation,
    unit,
    baseUnit,
    storageLocation: seed.storageLocation ?? "101C",
    batch: seed.batch ?? "",
    backflush: seed.backflush === true,
    fixed: seed.fixed === true,
    scrapPercent: amount(seed.scrapPercent ?? "0"),
    required,
    withdrawn: 0n,
    finallyIssued: false,
  };
}

/** Business transactions that a status can forbid. */
export type Transaction = "Confirm order" | "Goods issue" | "Goods receipt" | "Change order";

const forbids: Readonly<Partial<Record<OrderStatus, readonly Transaction[]>>> = {
  created: ["Confirm order", "Goods issue", "Goods receipt"],
  "technically-completed": ["Confirm order", "Goods issue", "Change order"],
  closed: ["Confirm order", "Goods issue", "Goods receipt", "Change order"],
  locked: ["Confirm order", "Goods issue", "Goods receipt", "Change order"],
  "marked-for-deletion": ["Confirm order", "Goods issue", "Goods receipt", "Change order"],
};

/** The status that forbids the transaction; null when it is allowed. */
export function forbiddingStatus(order: Order, transaction: Transaction): OrderStatus | null {
  for (const status of order.statuses) if (forbids[status]?.includes(transaction)) return status;
  return null;
}

/** The largest total that tolerance allows; null for any. */
export function upperLimit(order: Order, planned: bigint): bigint | null {
  if (order.overdeliveryPercent === null) return null;
  return planned + (planned * BigInt(order.overdeliveryPercent)) / 100n;
}

export function operationOfOrder(order: Order, number: string): Operation | undefined {
  return order.operations.find((operation) => operation.number === number);
}

/** Millionths of a decimal text. */
export function amount(text: string): bigint {
  return unwrap(parseQuantity(text, "C62")).micro;
}

function unitOfSeed(code: string): ErpUnit {
  const unit = erpUnit(code);
  assert(unit, `unit ${code} exists in the ERP`);
  return unit;
}
