/**
 * Things that are followed up one by one, each in its own transaction: what fails of one of them is said, and that one waits
 * longer each time, while the others go on.
 */
import type { Clock } from "../base/clock.ts";
import { backoffMs, parkedBackoff } from "../exchange/retry.ts";
import type { DecisionPorts } from "./operation-view.ts";

/** @param name of this thing and no other @returns what the work gave; null when it has failed, or has failed before and still waits */
export type Each = <T>(name: string, work: () => Promise<T>) => Promise<T | null>;

export interface FollowUpPorts extends DecisionPorts {
  /** Left out, what fails of one thing ends the whole look. */
  readonly each?: Each;
}

export const inOneGo: Each = (_, work) => work();

/** What waits is known in memory alone: a process that starts tries everything at once. */
export function oneByOne(clock: Clock, complain: (name: string, error: unknown) => void): Each {
  const waiting = new Map<string, { readonly failures: number; readonly againMs: number }>();
  return async (name, work) => {
    const before = waiting.get(name);
    if (before && clock.monotonicMs() < before.againMs) return null;
    try {
      const done = await work();
      waiting.delete(name);
      return done;
    } catch (error) {
      if (isOfDatabase(error)) throw error;
      const failures = (before?.failures ?? 0) + 1;
      waiting.set(name, { failures, againMs: clock.monotonicMs() + backoffMs(parkedBackoff, failures, 1) });
      complain(name, error);
      return null;
    }
  };
}

/** Not one thing's fault: the database is not there, writes nothing, or is short of something. The others would fail too. */
function isOfDatabase(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /^(08|25|53|57|58)[0-9A-Z]{3}$|^E[A-Z]+$/.test(code);
}
