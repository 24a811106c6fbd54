/**
 * A later reading of a machine may give a run another start, and with it another identity. What people decided about
 * the run that was taken back holds for the one that stands in its place.
 */
import type { Instant } from "../../base/instant.ts";

/** A run that was taken back, of the same source, job and article. */
export interface ForsakenRun {
  readonly id: string;
  readonly startedAt: Instant;
  /** Event time of the last fact that was ever stated about it. */
  readonly lastEventAt: Instant;
}

/**
 * The run that the new one stands in place of: it began before the old one's last event, so both cannot have been; of
 * several the one that began nearest. A later run of the same job is another run.
 */
export function replacedBy<T extends ForsakenRun>(forsaken: readonly T[], startedAt: Instant): T | null {
  const possible = forsaken.filter((run) => startedAt <= run.lastEventAt);
  const distance = (run: T): number => Math.abs(run.startedAt - startedAt);
  return possible.toSorted((a, b) => distance(a) - distance(b) || (a.id < b.id ? -1 : 1))[0] ?? null;
}
