/** Wakes the one loop that waits for work. A ring while nobody waits is kept. */
import type { Clock } from "../base/clock.ts";

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, when the signal is aborted, or after `ms`. Never rejects. */
  wait(signal: AbortSignal, ms?: number): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      rung = true;
      wake?.();
    },
    wait: async (signal, ms) => {
      if (!rung && !signal.aborted) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const end = (): void => resolve();
        wake = end;
        signal.addEventListener("abort", end);
        const over = ms === undefined ? null : new AbortController();
        if (ms !== undefined && over) void clock.sleep(ms, over.signal).then(end);
        await promise;
        over?.abort("rung");
        signal.removeEventListener("abort", end);
        wake = null;
      }
      rung = false;
    },
  };
}
