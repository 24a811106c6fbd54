/** The only place that asks the wall clock. Everything else is given a `Clock`. */
import { instant, type Instant } from "./instant.ts";

export interface Clock {
  /** Now, UTC. */
  now(): Instant;
  /** Milliseconds from an arbitrary start that never step back; for durations only. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => instant(Date.now()),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    }),
};
