/**
 * The days a run replays, the orders its ERP starts with, and what must have come back: a folder that holds day folders,
 * `orders.json` and `expected.json`. A run of fewer days gets its own two files, cut by one rule: an order counts when
 * all that was made for it lies inside the chosen days; one that began before or went on after them is released as
 * well, but marked so that nothing is concluded from it; the rest does not exist.
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface DaySet {
  /** Day folders, in order. */
  readonly days: readonly string[];
  readonly ordersFile: string;
  readonly expectedFile: string;
  readonly orders: readonly ErpOrder[];
  readonly expected: readonly ExpectedOrder[];
  /** Between the first and the last record about jobs, by the machine's clock. */
  readonly machineSeconds: number;
}

/** Of the ERP peer's seed format, what the proof reads. */
export interface ErpOrder {
  readonly order: string;
  readonly material: string;
  readonly operations: readonly { readonly text: string }[];
}

export interface ExpectedOrder {
  readonly order: string;
  readonly job: string;
  readonly article: string;
  readonly good: number;
  readonly consumed: Readonly<Record<string, { readonly total: number }>>;
  /** Why nothing may be concluded from it; empty when something may. */
  readonly ambiguous: readonly string[];
  /** Plant local, `2025-02-03T07:00:19`; missing when it never started or never ended. */
  readonly firstStart?: string | null;
  readonly lastEnd?: string | null;
}

interface ExpectedFile {
  readonly orders: readonly ExpectedOrder[];
  readonly withoutErpOrder: readonly ExpectedOrder[];
}

export interface DaySetOptions {
  readonly folder: string;
  /** Only the first so many days; null for all. */
  readonly days: number | null;
  /** Where files that are cut for fewer days go. */
  readonly scratch: string;
}

/** Throws with a message for a person when the folder does not hold what it must. */
export async function readDaySet({ folder, days: wanted, scratch }: DaySetOptions): Promise<DaySet> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-\d{2}-\d{2}$/.test(name)).toSorted();
  const chosen = names.slice(0, wanted ?? names.length);
  if (chosen.length === 0) throw new Error(`${folder} holds no day folder (YYYY-MM-DD)`);
  const days = chosen.map((name) => join(folder, name));
  const machineSeconds = await secondsOf(days);
  const original = { ordersFile: join(folder, "orders.json"), expectedFile: join(folder, "expected.json") };
  // Both files are the set's own; their shape is what the ERP peer and its check read as well.
  const orders = (await readJson(original.ordersFile)) as readonly ErpOrder[];
  const expected = (await readJson(original.expectedFile)) as ExpectedFile;
  if (chosen.length === names.length) return { ...original, days, machineSeconds, orders, expected: expected.orders };

  const cut = cutToDays(orders, expected, new Set(chosen));
  await mkdir(scratch, { recursive: true });
  const ordersFile = join(scratch, "orders.json");
  const expectedFile = join(scratch, "expected.json");
  await writeFile(ordersFile, JSON.stringify(cut.orders, null, 1));
  await writeFile(expectedFile, JSON.stringify(cut.expected, null, 1));
  return { days, machineSeconds, ordersFile, expectedFile, orders: cut.orders, expected: cut.expected.orders };
}

/** The rule at the head of this file. Pure. */
export function cutToDays(
  orders: readonly ErpOrder[],
  expected: ExpectedFile,
  days: ReadonlySet<string>,
): { readonly orders: readonly ErpOrder[]; readonly expected: ExpectedFile } {
  const kept = expected.orders.filter((order) => touches(order, days));
  const marked = kept.map((order) =>
    isInside(order, days) ? order : { ...order, ambiguous: [...order.ambiguous, "runs outside the chosen days"] },
  );
  const numbers = new Set(kept.map((order) => order.order));
  return {
    orders: orders.filter((order) => numbers.has(order.order)),
    expected: { orders: marked, withoutErpOrder: expected.withoutErpOrder.filter((job) => touches(job, days)) },
  };
}

/** Orders from which something may be concluded. */
export function conclusive(expected: readonly ExpectedOrder[]): readonly ExpectedOrder[] {
  return expected.filter((order) => order.ambiguous.length === 0);
}

function touches(order: ExpectedOrder, days: ReadonlySet<string>): boolean {
  const first = dayOf(order.firstStart) ?? dayOf(order.lastEnd);
  const last = dayOf(order.lastEnd) ?? first;
  if (first === null || last === null) return false;
  return [...days].some((day) => first <= day && day <= last);
}

function isInside(order: ExpectedOrder, days: ReadonlySet<string>): boolean {
  const first = dayOf(order.firstStart);
  const last = dayOf(order.lastEnd);
  return first !== null && last !== null && days.has(first) && days.has(last);
}

function dayOf(local: string | null | undefined): string | null {
  return local?.slice(0, 10) ?? null;
}

async function secondsOf(days: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (const day of days) {
    const text = await readFile(join(day, "Job.sdc"), "latin1");
    for (const match of text.matchAll(/^DateTimeStamp=(\d\d)\/(\d\d)\/(\d{4}),(\d\d:\d\d:\d\d)/gm)) {
      times.push(Date.parse(`${match[3]}-${match[2]}-${match[1]}T${match[4]}Z`));
    }
  }
  if (times.length === 0) throw new Error(`no job record in ${days.join(", ")}`);
  return (Math.max(...times) - Math.min(...times)) / 1000;
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, "utf8"));
}
