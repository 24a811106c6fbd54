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
        const over = new AbortController();
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
          if (ms !== undefined) void clock.sleep(ms, over.signal).then(resolve);
        });
        over.abort("rung");
        wake = null;
      }
      rung = false;
    },
  };
}
