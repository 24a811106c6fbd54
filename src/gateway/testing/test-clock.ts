/** A clock for tests: waits are over at the next turn of the event loop, and time has then moved by as much. */
import type { Clock } from "../../base/clock.ts";
import { instant, type Instant } from "../../base/instant.ts";

export interface TestClock extends Clock {
  /** Every wait that was asked for, in order. */
  readonly waits: readonly number[];
}

/**
 * @param wall        what the clock on the wall shows, e.g. the machine's own time
 * @param patienceMs  longer waits are taken to be watchdogs: they last until their signal is aborted
 */
export function testClock(wall: () => number = () => 1_000_000, patienceMs = 60_000): TestClock {
  let waited = 0;
  const waits: number[] = [];
  return {
    waits,
    now: (): Instant => instant(wall()),
    monotonicMs: () => waited,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        waits.push(ms);
        signal?.addEventListener("abort", () => resolve(), { once: true });
        if (ms > patienceMs) return;
        setImmediate(() => {
          if (!signal?.aborted) waited += ms;
          resolve();
        });
      }),
  };
}

/** Lets `turns` turns of the event loop pass. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
