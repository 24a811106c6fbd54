/**
 * Virtual time, and who goes on next. Every wait of a simulated process ends here: at the database, the disk, the ERP, a
 * machine, or asleep. When nothing runs any more one of those that could go on is chosen by the seed; when nobody could,
 * time moves to the next thing that somebody waits for. The same seed gives the same course.
 */
import type { Clock } from "../../base/clock.ts";
import { instant, type Instant } from "../../base/instant.ts";
import type { Random } from "../random.ts";

/** Something that runs and can be killed between any two of its steps. */
export interface Actor {
  readonly name: string;
  readonly isAlive: boolean;
}

export interface Schedule {
  /** Milliseconds since 1970 in the simulated world. */
  readonly now: Instant;
  /** Steps that were chosen so far. */
  readonly steps: number;
  /** Resolves when this one is chosen; never, when its actor dies before. */
  step(actor: Actor): Promise<void>;
  clock(actor: Actor): Clock;
  /** Something happens in the world at a time; it takes no time itself. */
  at(ms: number, happen: () => void): void;
  /** Goes on until the condition holds; false when the time came first, or nothing more happens. */
  until(condition: () => boolean, ms: number): Promise<boolean>;
}

export interface ScheduleOptions {
  readonly startMs: number;
  readonly random: Random;
  /** Looks at each step before it is taken, and may kill its actor. */
  readonly watch?: (actor: Actor) => void;
  /** What takes real time, when everybody of the world waits; null: nothing does. */
  readonly outside?: () => Promise<void> | null;
}

interface Ready {
  readonly actor: Actor;
  readonly go: () => void;
}

export function schedule({ startMs, random, watch, outside }: ScheduleOptions): Schedule {
  let now = startMs;
  let steps = 0;
  let turns = 0;
  const ready: Ready[] = [];
  const timers = new TimerHeap();
  const step = (actor: Actor): Promise<void> =>
    new Promise((resolve) => {
      ready.push({ actor, go: resolve });
    });
  const sleep = (actor: Actor, ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      let isOver = false;
      const wake = (): void => {
        if (isOver) return;
        isOver = true;
        signal?.removeEventListener("abort", wake);
        ready.push({ actor, go: resolve });
      };
      timers.add(now + Math.max(0, ms), wake);
      signal?.addEventListener("abort", wake, { once: true });
    });
  const choose = (): void => {
    const chosen = random.whole(0, ready.length - 1);
    const last = ready.pop();
    const next = chosen === ready.length ? last : ready[chosen];
    if (!next || !last) return;
    if (next !== last) ready[chosen] = last;
    if (!next.actor.isAlive) return;
    watch?.(next.actor);
    if (!next.actor.isAlive) return;
    steps += 1;
    next.go();
  };
  return {
    get now() {
      return instant(now);
    },
    get steps() {
      return steps;
    },
    step,
    clock: (actor) => ({
      now: () => instant(now),
      monotonicMs: () => now - startMs,
      sleep: (ms, signal) => sleep(actor, ms, signal),
    }),
    at: (ms, happen) => timers.add(Math.max(now, ms), happen),
    until: async (condition, ms) => {
      for (;;) {
        turns += 1;
        await everybodyWaits(turns);
        const under = outside?.();
        if (under) await under;
        if (condition()) return true;
        if (ready.length > 0) choose();
        else {
          const due = timers.nextAt();
          if (due === null || due > ms) {
            now = Math.max(now, Math.min(ms, due ?? ms));
            return false;
          }
          now = Math.max(now, due);
          timers.take()?.();
        }
      }
    },
  };
}

/**
 * Resolves when whoever was woken has gone as far as it can: a tick that is asked for inside a microtask comes when no
 * microtask is left. Nothing of a world waits for anything outside it, and a turn of the event loop costs more than most
 * steps do; now and then there is one, for whoever limits the time of a world from outside.
 */
function everybodyWaits(turn: number): Promise<void> {
  return new Promise((resolve) => {
    if (turn % 1_024 === 0) setImmediate(resolve);
    else process.nextTick(resolve);
  });
}

/** What is waited for, by time and then in the order in which it was asked for. */
class TimerHeap {
  readonly #heap: { readonly at: number; readonly order: number; readonly wake: () => void }[] = [];
  #order = 0;

  nextAt(): number | null {
    return this.#heap[0]?.at ?? null;
  }

  add(at: number, wake: () => void): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push({ at, order: this.#order++, wake });
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#isBefore(i, parent)) break;
      this.#swap(i, parent);
      i = parent;
    }
  }

  take(): (() => void) | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last) return null;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return first.wake;
  }

  #sink(): void {
    for (let i = 0; ;) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < this.#heap.length && this.#isBefore(child, least)) least = child;
      }
      if (least === i) return;
      this.#swap(i, least);
      i = least;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    return !!x && !!y && (x.at < y.at || (x.at === y.at && x.order < y.order));
  }

  #swap(a: number, b: number): void {
    const [x, y] = [this.#heap[a], this.#heap[b]];
    if (!x || !y) return;
    this.#heap[a] = y;
    this.#heap[b] = x;
  }
}
