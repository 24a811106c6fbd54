/**
 * The comparison of a day by schedule: its result is kept, and what is unexplained becomes a question, in one transaction.
 * When a later comparison explains everything, the question is answered by that.
 */
import type { LocalDate } from "../base/instant.ts";
import { instant, type Instant } from "../base/instant.ts";
import { instantsAt, type TimeZone } from "../base/site-time.ts";
import { noDifferences } from "../record/reconciliation.ts";
import type { Fault, Result } from "../base/result.ts";
import { ok } from "../base/result.ts";
import type { Store } from "./ports.ts";
import { recentOrders, reconcile, type ReconcilePorts } from "./reconcile.ts";
import { EvidenceSum, evidenceOf, findingsIn, type Finding } from "./reconcile-evidence.ts";

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
  const sum = new EvidenceSum();
  const findings: Finding[] = [];
  const wish = { scope: recentOrders(ports, beganAt), material: null, factsMost: 0 };
  for await (const one of reconcile(ports, wish, signal)) {
    if (!one.ok) return keepFault(ports, day, beganAt, one.fault);
    const order = evidenceOf(one.value);
    sum.add(order);
    if (findings.length < findingsMost) findings.push(...findingsIn(order).slice(0, findingsMost - findings.length));
  }
  const { unexplained, orders, counts, notCompared } = sum.summary();
  // What could not be compared is not explained.
  const open = unexplained + notCompared;
  return store.transaction(async (tx) => {
    const now = clock.now();
    const own = { day, beganAt, endedAt: now, unexplained: open, orders, counts, findings, fault: null };
    if (!(await tx.reconciliations.save(own))) return ok(null);
    if (open > 0) await tx.attention.ask([questionOf(day, open, findings)], now);
    else await tx.attention.answer((await tx.reconciliations.openDays(day)).map(subjectOf), now);
    return ok(open);
  });
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
    ? ` The first: order ${first.order}, ${first.line}: ${first.amount} ${first.unit}, ${first.because}.`
    : "";
  const text = `The comparison with the ERP of ${day} leaves ${open} differences unexplained.${example} See them all with: millrace reconcile.`;
  return { subject: subjectOf(day), text, evidence: [] };
}
