/**
 * Words of the reconciliation: which classes a difference can be in, and the limits beyond which it is unexplained.
 * Spec: docs/spec/reconcile.md
 */

/** Classes that a limit can turn into `unexplained`. */
export const limitedClasses = [
  "in-flight",
  "refused",
  "reversed",
  "rounding",
  "by-hand",
  "dismissed",
  "made-not-packed",
  "beside-bill",
] as const;
export type LimitedClass = (typeof limitedClasses)[number];

export const differenceClasses = [...limitedClasses, "unexplained"] as const;
export type DifferenceClass = (typeof differenceClasses)[number];

/** Both null: never unexplained. */
export interface ClassLimit {
  /** Older ones are unexplained. */
  readonly hours: number | null;
  /** Larger ones are unexplained, in millionths of whatever unit the line has. */
  readonly micro: bigint | null;
}

export type ClassLimits = Readonly<Record<LimitedClass, ClassLimit>>;

/** What a site wants of it. */
export interface ReconcilePolicy {
  /** `HH:MM` by the site's clock; null: only when somebody asks. */
  readonly nightly: string | null;
  /** Orders of which something happened in so many days are compared. */
  readonly days: number;
  /** After so long without the ERP an order's documents are read there before the next one is posted. */
  readonly outageMinutes: number;
  readonly limits: ClassLimits;
}

/** How many differences are in each class. */
export type ClassCounts = Readonly<Record<DifferenceClass, number>>;

export function noDifferences(): Record<DifferenceClass, number> {
  // Built from the full list.
  return Object.fromEntries(differenceClasses.map((name) => [name, 0])) as Record<DifferenceClass, number>;
}
