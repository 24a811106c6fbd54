/** A clock that stands still until everybody waits, and then goes to the next thing that somebody waits for. */
import type { Clock } from "../../base/clock.ts";
import { instant, type Instant } from "../../base/instant.ts";

export interface VirtualClock extends Clock {
  /** Lets everybody work and time pass until the condition holds. Throws when it has not after so much time. */
  until(condition: () => boolean, withinMs: number): Promise<void>;
  /** Somebody sets the clock on the wall; what has elapsed has elapsed all the same. */
  setWall(byMs: number): void;
}

interface Waiting {
  readonly dueMs: number;
  readonly wake: () => void;
}

export function virtualClock(startMs = 1_738_566_000_000): VirtualClock {
  let ms = startMs;
  let wall = 0;
  const waiting = new Set<Waiting>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: (): Instant => instant(ms + wall),
    setWall: (byMs) => void (wall += byMs),
    monotonicMs: () => ms - startMs,
    sleep: (forMs, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const mine: Waiting = {
          dueMs: ms + forMs,
          wake: () => {
            waiting.delete(mine);
            resolve();
          },
        };
        waiting.add(mine);
        signal?.addEventListener("abort", mine.wake, { once: true });
      }),
    async until(condition, withinMs) {
      const limit = ms + withinMs;
      for (;;) {
        await settle();
        if (condition()) return;
        const next = [...waiting].toSorted((a, b) => a.dueMs - b.dueMs)[0];
        if (!next) throw new Error("nobody waits for anything, and it has not come");
        if (next.dueMs > limit) throw new Error(`it has not come within ${withinMs} ms`);
        ms = Math.max(ms, next.dueMs);
        next.wake();
      }
    },
  };
}
