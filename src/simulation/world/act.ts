/** What people in the office take into their heads, as data: what, when, and about which of those that are there. */
import type { Random } from "../random.ts";

export const actKinds = [
  "reassign-run",
  "dismiss-run",
  "wrong-order",
  "take-back-document",
  "dismiss-posting",
  "edit-posting",
] as const;
export type ActKind = (typeof actKinds)[number];

export interface PlannedAct {
  readonly kind: ActKind;
  readonly at: number;
  /** Which of those that are there then, as a share from 0 up to 1. */
  readonly size: number;
}

/** What people have done that took effect, or how they did it. */
export const deeds = [
  ...actKinds,
  "assign-run",
  "dismiss-orphan",
  "retry-posting",
  "dismiss-too-much",
  "release-posting",
  "reopen-operation",
  "begin-anew",
  "say-pieces",
  "double-click",
  "two-tablets",
  "stale-version",
  "clicked-again",
  "found-there",
  "found-missing",
  "read-in-erp",
  "processed-in-queue",
  "canceled-in-queue",
  "said-twice",
  "two-counts-at-once",
  "wrong-count",
  "count-taken-back",
  "late-correction",
  "wrong-lot",
  "other-grade",
  "back-dated-job",
] as const;
export type Deed = (typeof deeds)[number];

export function planActs(
  chance: Random,
  { startMs, endMs, perHour }: { readonly startMs: number; readonly endMs: number; readonly perHour: number },
): readonly PlannedAct[] {
  const count = Math.round(((endMs - startMs) / 3_600_000) * perHour);
  const acts = Array.from({ length: count }, (): PlannedAct => {
    const kind = actKinds[chance.whole(0, actKinds.length - 1)] ?? "reassign-run";
    return { kind, at: chance.whole(startMs, endMs), size: chance.next() };
  });
  return acts.toSorted((a, b) => a.at - b.at);
}
