/**
 * A work unit without a controller, as data: which orders are made there, by hand, and what people say about it, right
 * and wrong. How they say it is `person/terminal.ts`.
 */
import type { OrderSeed } from "../erp/order.ts";
import type { Random } from "../random.ts";
import { component, plant, slips, type BenchJob, type BenchPlan, type Slip } from "./plan.ts";

export const lots = ["LOT-A", "LOT-B", "LOT-C"] as const;

/** The lot on the next spool. */
export function otherLot(lot: string): string {
  return lots[(lots.findIndex((one) => one === lot) + 1) % lots.length] ?? lot;
}

export function planBenches(
  chance: Random,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): readonly BenchPlan[] {
  if (chance.chance(0.5)) return [];
  const jobs = [0, 1, 2].map((index): BenchJob => {
    const counts = Array.from({ length: chance.whole(1, 6) }, () => ({
      good: chance.whole(1, 20),
      scrap: chance.chance(0.3) ? chance.whole(1, 3) : 0,
    }));
    const slotMs = (endMs - startMs) / 4;
    // From a stream of its own: the others are drawn as they always were.
    const slipOf = (slip: Slip): Random => (slip === "other-grade" ? chance.fork(`${slip} ${index}`) : chance);
    return {
      at: Math.round(startMs + slotMs * (index + 0.3)),
      order: String(1_900_001 + index),
      lot: lots[chance.whole(0, lots.length - 1)] ?? lots[0],
      counts,
      pauseMs: Math.floor((slotMs * 0.6) / (counts.length + 4)),
      slips: slips.filter((slip) => slipOf(slip).chance(0.35)),
      // With all its counts it is over before the first of the others, the longer ones across midnight.
      backDatedTo: index === 0 && chance.chance(0.5) ? startMs - 10 * 3_600_000 : null,
    };
  });
  return [{ id: "b1", workCenter: "WC-b1", jobs }];
}

export function benchOrders({ jobs, workCenter }: BenchPlan): readonly OrderSeed[] {
  return jobs.map(({ order }) => ({
    order,
    material: "CABLE",
    plant,
    quantity: "60",
    start: "2026-11-02",
    end: "2026-11-03",
    overdeliveryPercent: null,
    operations: [{ operation: "0010", text: "Pack", controlKey: "PP01", workCenter }],
    components: [{ material: component, operation: "0010", quantity: "60", unit: "M" }],
  }));
}
