/**
 * The shape of `policies.reconcile`: when ERP, ledger and counters are compared, and beyond which age and amount a
 * difference of a class counts as unexplained. What the classes are: docs/spec/reconcile.md
 */
import { z } from "zod";
import { parseQuantity } from "../base/quantity.ts";
import type { ClassLimit, LimitedClass, ReconcilePolicy } from "../record/reconciliation.ts";
import { clockTime } from "./text-schema.ts";

const hours = z
  .number({ error: "write a whole number of hours" })
  .int({ error: "write a whole number of hours" })
  .min(0, { error: "write 0 or more hours" })
  .max(87_600, { error: "write at most 87600 hours" })
  .describe("A difference that is older counts as unexplained; at any age when left out");

const amount = z
  .string({ error: 'write an amount in quotes, for example "0.001"' })
  .regex(/^\d{1,12}(\.\d{1,6})?$/, { error: 'write an amount with at most six decimals, for example "0.001"' })
  .describe("A larger difference counts as unexplained, in the unit of its line; of any amount when left out");

const limit = z.strictObject({ hours: hours.optional(), amount: amount.optional() });
type LimitContent = z.output<typeof limit>;

/** A document is made within a shift, a refusal is seen within three days, a document keyed by hand within a week. */
const plainLimits = {
  inFlight: { hours: 36 },
  refused: { hours: 72 },
  reversed: { hours: 168 },
  rounding: { amount: "0.001" },
  byHand: { hours: 168 },
  dismissed: {},
} as const satisfies Record<string, LimitContent>;

export const reconcileSchema = z
  .strictObject({
    nightly: z
      .union([z.literal("never"), clockTime], { error: 'write never, or a time of day such as "02:30"' })
      .default("02:30")
      .describe("When both sides are compared each day, by the site's clock"),
    days: z
      .number({ error: "write a whole number of days" })
      .int({ error: "write a whole number of days" })
      .min(1, { error: "write at least 1 day" })
      .max(3650, { error: "write at most 3650 days" })
      .default(35)
      .describe("Orders of which something happened in so many days are compared, and all with open documents"),
    outageMinutes: z
      .number({ error: "write a whole number of minutes" })
      .int({ error: "write a whole number of minutes" })
      .min(1, { error: "write at least 1 minute" })
      .max(10_080, { error: "write at most 10080 minutes" })
      .default(10)
      .describe("After so long without the ERP, each order's documents are read there before the next one is posted"),
    limits: z
      .strictObject({
        inFlight: limit.default(plainLimits.inFlight).describe("Made, and on its way to the ERP"),
        refused: limit.default(plainLimits.refused).describe("Refused or parked"),
        reversed: limit.default(plainLimits.reversed).describe("Taken back in the ERP"),
        rounding: limit.default(plainLimits.rounding).describe("Another last digit"),
        byHand: limit.default(plainLimits.byHand).describe("Posted by hand in the ERP"),
        dismissed: limit.default(plainLimits.dismissed).describe("A person decided that it is not owed"),
      })
      .default(plainLimits),
  })
  .describe("How ERP, ledger and counters are compared");

export type ReconcileContent = z.output<typeof reconcileSchema>;

export const plainReconcileContent: ReconcileContent = {
  nightly: "02:30",
  days: 35,
  outageMinutes: 10,
  limits: plainLimits,
};

export function reconcilePolicyFrom({ nightly, limits, ...rest }: ReconcileContent): ReconcilePolicy {
  const of = ({ hours: age, amount: most }: LimitContent): ClassLimit => ({
    hours: age ?? null,
    micro: most === undefined ? null : microOf(most),
  });
  const named: Readonly<Record<LimitedClass, ClassLimit>> = {
    "in-flight": of(limits.inFlight),
    refused: of(limits.refused),
    reversed: of(limits.reversed),
    rounding: of(limits.rounding),
    "by-hand": of(limits.byHand),
    dismissed: of(limits.dismissed),
    "made-not-packed": { hours: null, micro: null },
    "beside-bill": { hours: null, micro: null },
  };
  return { ...rest, nightly: nightly === "never" ? null : nightly, limits: named };
}

/** What holds for a site that says nothing of it. */
export const plainReconcile: ReconcilePolicy = reconcilePolicyFrom(plainReconcileContent);

/** The schema has checked the text; the unit does not matter. */
function microOf(text: string): bigint | null {
  const read = parseQuantity(text, "C62");
  return read.ok ? read.value.micro : null;
}
