/**
 * The comparison of a day by schedule: its result is kept, and what is unexplained becomes a question, in one transaction.
 * An order stays in the comparison as long as a question about it is open, and when a later one explains all orders of a
 * question, the question is answered by that.
 */
import type { LocalDate } from "../base/instant.ts";
import { instant, type Instant } from "../base/instant.ts";
import { instantsAt, type TimeZone } from "../base/site-time.ts";
import { noDifferences } from "../record/reconciliation.ts";
import type { Fault, Result } from "../base/result.ts";
import { ok } from "../base/result.ts";
import type { Store } from "./ports.ts";
import { recentOrders, reconcile, type ReconcilePorts } from "./reconcile.ts";
import { EvidenceSum, evidenceOf, findingsIn, type EvidenceOrder, type Finding } from "./reconcile-evidence.ts";
import type { OpenDay } from "./reconciliation-ports.ts";

/**
 * When the comparison of a day is due: the first instant at which the site's clock shows the time. On a day on which the
 * clock jumps over it, the first that it shows after it; where it shows it twice, the first.
 *
 * @param time `HH:MM`
 */
export function dueOn(day: LocalDate, time: string, zone: TimeZone): Instant {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  for (let minute = hours * 60 + minutes; minute < 24 * 60; minute += 1) {
    const clock = [Math.floor(minute / 60), minute % 60].map((n) => String(n).padStart(2, "0")).join(":");
    const [first] = instantsAt(`${day}T${clock}:00`, zone);
    if (first !== undefined) return first;
  }
  // The last minutes of a day are jumped over nowhere; its end will do.
  return instant(Date.parse(`${day}T23:59:59Z`));
}

export interface NightlyPorts extends ReconcilePorts {
  readonly store: Store;
  readonly days: number;
}

const findingsMost = 200;

/** @returns how many differences are unexplained; null when another process was first */
export async function reconcileNight(
  ports: NightlyPorts,
  day: LocalDate,
  signal: AbortSignal,
): Promise<Result<number | null>> {
  const { clock, store } = ports;
  const beganAt = clock.now();
  const days = await store.transaction((tx) => tx.reconciliations.openDays(day));
  const asked = await askedOrders(ports, days);
  const compared = await compareAll(ports, beganAt, new Set([...asked.values()].flat()), signal);
  if (!compared.ok) return keepFault(ports, day, beganAt, compared.fault);
  const { sum, findings, explained } = compared.value;
  const { unexplained, orders, counts, notCompared } = sum.summary();
  // What could not be compared is not explained.
  const open = unexplained + notCompared;
  const isExplained = (number: string): boolean => {
    const ids = asked.get(number) ?? [];
    return ids.length > 0 && ids.every((id) => explained.has(id));
  };
  const over = days.filter((one) => one.isWhole && one.orders.every(isExplained));
  return store.transaction(async (tx) => {
    const now = clock.now();
    const own = { day, beganAt, endedAt: now, unexplained: open, orders, counts, findings, fault: null };
    if (!(await tx.reconciliations.save(own))) return ok(null);
    if (open > 0) await tx.attention.ask([questionOf(day, open, findings)], now);
    await tx.attention.answer(
      over.map((one) => subjectOf(one.day)),
      now,
    );
    return ok(open);
  });
}

/** Orders that open questions are about: their ids, several where ERPs have given one number twice, by number. */
async function askedOrders(
  { books }: NightlyPorts,
  days: readonly OpenDay[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const numbers = [...new Set(days.flatMap(({ orders }) => orders))];
  if (numbers.length === 0) return new Map();
  return books.read(async (view) => {
    const ids = new Map<string, readonly string[]>();
    for (const number of numbers) ids.set(number, await view.find(number));
    return ids;
  });
}

interface Night {
  readonly sum: EvidenceSum;
  readonly findings: readonly Finding[];
  /** Of the orders that were asked about, those that were compared and differ in nothing unexplained. */
  readonly explained: ReadonlySet<string>;
}

/** The orders of the last days, and those that were asked about and are not among them any more. */
async function compareAll(
  ports: NightlyPorts,
  beganAt: Instant,
  asked: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Result<Night>> {
  const sum = new EvidenceSum();
  const findings: Finding[] = [];
  const explained = new Set<string>();
  const left = new Set(asked);
  const recent = recentOrders(ports, beganAt);
  for (const scope of [() => recent, () => ({ ...recent, since: null, orders: [...left] })]) {
    for await (const one of reconcile(ports, { scope: scope(), material: null, factsMost: 0 }, signal)) {
      if (!one.ok) return one;
      const order = evidenceOf(one.value);
      sum.add(order);
      if (findings.length < findingsMost) findings.push(...foundIn(order).slice(0, findingsMost - findings.length));
      if (left.delete(order.request) && order.notCompared === null && order.unexplained === 0)
        explained.add(order.request);
    }
  }
  return ok({ sum, findings, explained });
}

/** What is unexplained of an order; that it could not be compared is, too. */
function foundIn(order: EvidenceOrder): readonly Finding[] {
  if (order.notCompared === null) return findingsIn(order);
  const nothing = { line: "not compared", amount: "", unit: "", since: null };
  return [{ order: order.order, ...nothing, because: order.notCompared }];
}

async function keepFault(
  { store, clock }: NightlyPorts,
  day: LocalDate,
  beganAt: Instant,
  fault: Fault,
): Promise<Result<never>> {
  const nothing = { unexplained: null, orders: 0, counts: noDifferences(), findings: [] };
  await store.transaction((tx) => tx.reconciliations.save({ day, beganAt, endedAt: clock.now(), ...nothing, fault }));
  return { ok: false, fault };
}

export function subjectOf(day: LocalDate): string {
  return `reconcile/${day}`;
}

function questionOf(
  day: LocalDate,
  open: number,
  findings: readonly Finding[],
): { readonly subject: string; readonly text: string; readonly evidence: readonly string[] } {
  const [first] = findings;
  const example = first
    ? ` The first: order ${first.order}, ${first.line}:${amountOf(first)} ${first.because.replace(/\.$/, "")}.`
    : "";
  const text = `The comparison with the ERP of ${day} leaves ${open} differences unexplained.${example} See them all with: millrace reconcile.`;
  return { subject: subjectOf(day), text, evidence: [] };
}

function amountOf({ amount, unit }: Finding): string {
  return amount === "" ? "" : ` ${amount} ${unit},`;
}
