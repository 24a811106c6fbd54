/**
 * The closing table: per order, what the machines really made and used (the answer key), what Millrace has as facts, and
 * what the ERP has booked. A difference between any two of them is named.
 */
import { convert, formatMicro } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import type { Store } from "../../flows/ports.ts";
import { countedQuantity, type Fact } from "../../record/fact.ts";
import type { Books } from "../erp/books.ts";
import { controlKey } from "../erp/control-key.ts";
import { amount, type ComponentSeed, type OrderSeed } from "../erp/order.ts";
import { erpUnit } from "../erp/unit.ts";
import type { OperationTruth, PlantSimulation } from "../plant.ts";

export interface ClosingRow {
  readonly order: string;
  readonly material: string;
  readonly ordered: string;
  /** Good pieces of the last operation that is confirmed. */
  readonly good: bigint;
  /** Scrap of all operations. */
  readonly scrap: bigint;
  readonly consumed: readonly { readonly material: string; readonly micro: bigint; readonly unit: string }[];
  readonly documents: number;
  readonly differences: readonly string[];
}

/** What Millrace has: sums of facts by job. */
interface JobSums {
  good: bigint;
  scrap: bigint;
  /** Material and Rec 20 unit → millionths. */
  readonly used: Map<string, { readonly material: string; readonly uom: string; micro: bigint }>;
}

/**
 * @param sources   machine connections, and people at work units, whose facts count
 * @param handMade  the answer key of what was made by hand
 */
export async function closingTable(
  plant: PlantSimulation,
  store: Store,
  sources: readonly string[],
  handMade: readonly OperationTruth[],
): Promise<readonly ClosingRow[]> {
  const facts = await store.transaction(async (tx) => {
    const all: Fact[] = [];
    for (const source of sources) all.push(...(await tx.facts.after(source, null)));
    return all;
  });
  return closeOrders({
    orders: plant.orders(),
    truths: [...plant.truth(), ...handMade],
    facts,
    books: plant.erp.books,
  });
}

/** The three sides of the comparison. Pure. */
export interface ClosingSides {
  readonly orders: readonly OrderSeed[];
  readonly truths: readonly OperationTruth[];
  readonly facts: readonly Fact[];
  readonly books: Books;
}

export function closeOrders({ orders, truths, facts, books }: ClosingSides): readonly ClosingRow[] {
  const sums = sumByJob(facts);
  return orders.map((order) => closeOrder(order, { truths, sums, books }));
}

function sumByJob(facts: readonly Fact[]): ReadonlyMap<string, JobSums> {
  const jobOfRun = new Map(
    facts.flatMap(({ run, body }) =>
      run !== null && body.kind === "JobStarted" ? [[run, jobName(body.job)] as const] : [],
    ),
  );
  const sums = new Map<string, JobSums>();
  for (const fact of facts) {
    const job = fact.run === null ? undefined : jobOfRun.get(fact.run);
    const body = fact.body.kind === "Corrected" ? fact.body.was : fact.body;
    const micro = countedQuantity(fact.body)?.micro;
    if (job === undefined || micro === undefined) continue;
    const held = sums.get(job) ?? { good: 0n, scrap: 0n, used: new Map() };
    sums.set(job, held);
    if (body.kind === "UnitsCounted" && body.grade !== "rework") held[body.grade] += micro;
    if (body.kind !== "MaterialConsumed") continue;
    const key = `${body.material}|${body.quantity.uom}`;
    const used = held.used.get(key) ?? { material: body.material, uom: body.quantity.uom, micro: 0n };
    held.used.set(key, { ...used, micro: used.micro + micro });
  }
  return sums;
}

/** People say `1000001/0030` for what machines call `1000001-0030`. */
function jobName(job: string): string {
  return job.replace("/", "-");
}

interface Sides {
  readonly truths: readonly OperationTruth[];
  readonly sums: ReadonlyMap<string, JobSums>;
  readonly books: Books;
}

function closeOrder(order: OrderSeed, sides: Sides): ClosingRow {
  const differences: string[] = [];
  const consumed: { material: string; micro: bigint; unit: string }[] = [];
  const confirmed = order.operations.filter((o) => isConfirmed(order, o.operation));
  const last = confirmed.at(-1)?.operation;
  let good = 0n;
  let scrap = 0n;
  for (const { operation } of order.operations) {
    const made = madeOf(sides, order.order, operation);
    scrap += made.facts.scrap;
    if (operation === last) good = made.facts.good;
    differences.push(...compareCounts(order.order, operation, made));
    if (confirmed.some((o) => o.operation === operation)) {
      differences.push(...compareConfirmed(sides.books, order.order, operation, made.facts));
    }
    for (const component of order.components) {
      if (component.operation !== operation || component.backflush) continue;
      const used = compareUse(sides, order, component);
      differences.push(...used.differences);
      consumed.push({ material: component.material, micro: used.micro, unit: component.unit });
    }
  }
  if (good < amount(order.quantity))
    differences.push(`${order.order}: ${order.quantity} ordered, ${formatMicro(good)} made`);
  differences.push(...compareReceipt(sides.books, order.order, good), ...leftOver(sides.books, order.order));
  const documents = documentsOf(sides.books, order.order);
  return {
    order: order.order,
    material: order.material,
    ordered: order.quantity,
    good,
    scrap,
    consumed,
    documents,
    differences,
  };
}

/** What a milestone after it covers is not confirmed for itself; what must be confirmed is. */
function isConfirmed(order: OrderSeed, operation: string): boolean {
  const at = order.operations.findIndex((o) => o.operation === operation);
  const kindOf = (i: number): string => controlKey(order.operations[i]?.controlKey ?? "PP01")?.confirmation ?? "none";
  const kind = kindOf(at);
  if (kind !== "optional") return kind !== "none";
  return !order.operations.some((_, i) => i > at && kindOf(i) === "milestone");
}

interface Made {
  readonly truth: { readonly good: bigint; readonly scrap: bigint };
  readonly facts: { readonly good: bigint; readonly scrap: bigint };
}

function madeOf(sides: Sides, order: string, operation: string): Made {
  const truth = sides.truths.find((t) => t.order === order && t.operation === operation);
  const facts = sides.sums.get(`${order}-${operation}`);
  return {
    truth: { good: BigInt(truth?.good ?? 0) * 1_000_000n, scrap: BigInt(truth?.scrap ?? 0) * 1_000_000n },
    facts: { good: facts?.good ?? 0n, scrap: facts?.scrap ?? 0n },
  };
}

function compareCounts(order: string, operation: string, { truth, facts }: Made): readonly string[] {
  return (["good", "scrap"] as const).flatMap((grade) =>
    truth[grade] === facts[grade]
      ? []
      : [
          `${order}/${operation}: the machines made ${formatMicro(truth[grade])} ${grade}, Millrace counted ${formatMicro(facts[grade])}`,
        ],
  );
}

function compareConfirmed(books: Books, order: string, operation: string, facts: Made["facts"]): readonly string[] {
  const standing = books
    .confirmationsOfOrder(order)
    .filter((c) => c.operation === operation && !c.isReversal && !c.isReversed);
  const inErp = {
    good: standing.reduce((sum, c) => sum + c.yield, 0n),
    scrap: standing.reduce((sum, c) => sum + c.scrap, 0n),
  };
  return (["good", "scrap"] as const).flatMap((grade) =>
    inErp[grade] === facts[grade]
      ? []
      : [
          `${order}/${operation}: Millrace has ${formatMicro(facts[grade])} ${grade}, the ERP has confirmed ${formatMicro(inErp[grade])}`,
        ],
  );
}

function compareUse(
  sides: Sides,
  order: OrderSeed,
  component: ComponentSeed,
): { readonly micro: bigint; readonly differences: readonly string[] } {
  const { material, operation, unit } = component;
  const truth =
    sides.truths.find((t) => t.order === order.order && t.operation === operation)?.used.get(material)?.micro ?? 0n;
  const to = erpUnit(unit)?.rec20 ?? unit;
  let micro = 0n;
  for (const used of sides.sums.get(`${order.order}-${operation}`)?.used.values() ?? []) {
    if (used.material === material) micro += unwrap(convert({ micro: used.micro, uom: used.uom }, to)).quantity.micro;
  }
  const booked = sides.books
    .movementsOfOrder(order.order)
    .filter((item) => item.material === material && (item.movementType === "261" || item.movementType === "262"))
    .reduce((sum, item) => sum + (item.movementType === "261" ? item.baseQuantity : -item.baseQuantity), 0n);
  const where = `${order.order}/${operation} ${material}`;
  return {
    micro,
    differences: [
      ...(truth === micro
        ? []
        : [`${where}: ${formatMicro(truth)} ${unit} were used, Millrace has ${formatMicro(micro)}`]),
      ...(booked === micro
        ? []
        : [`${where}: Millrace has ${formatMicro(micro)} ${unit}, the ERP has issued ${formatMicro(booked)}`]),
    ],
  };
}

function compareReceipt(books: Books, order: string, good: bigint): readonly string[] {
  const received = books.order(order)?.received ?? 0n;
  return received === good
    ? []
    : [`${order}: Millrace has ${formatMicro(good)} good, the ERP has received ${formatMicro(received)}`];
}

/** Documents that nobody asked for, or the same one twice. */
function leftOver(books: Books, order: string): readonly string[] {
  const keys = [
    ...books.confirmationsOfOrder(order).map((c) => c.externalKey),
    ...new Set(books.movementsOfOrder(order).map((item) => item.document))
      .values()
      .map((number) => books.document(number)?.reference ?? null),
  ];
  const without = keys.filter((key) => !key).length;
  const twice = keys.length - without - new Set(keys.filter(Boolean)).size;
  return [
    ...(without > 0 ? [`${order}: ${without} ERP documents without a key of Millrace`] : []),
    ...(twice > 0 ? [`${order}: ${twice} ERP documents repeat a key`] : []),
  ];
}

function documentsOf(books: Books, order: string): number {
  const movements = new Set(books.movementsOfOrder(order).map((item) => item.document));
  return books.confirmationsOfOrder(order).length + movements.size;
}

/** The table as text, columns aligned. */
export function formatTable(rows: readonly ClosingRow[]): readonly string[] {
  const cells = rows.map((row) => [
    row.order,
    row.material,
    row.ordered,
    formatMicro(row.good),
    formatMicro(row.scrap),
    row.consumed
      .map(
        ({ material, micro, unit }) =>
          `${formatMicro(micro)}${unit === "PC" ? "" : ` ${unit.toLowerCase()}`} ${material}`,
      )
      .join(", "),
    String(row.documents),
    String(row.differences.length),
  ]);
  const head = ["order", "product", "ordered", "good", "scrap", "consumed", "ERP documents", "differences"];
  const numeric = new Set([2, 3, 4, 6, 7]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "─".repeat(width)).join("  "), ...cells.map(line)];
}
