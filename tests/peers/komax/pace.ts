/**
 * How fast the machine plays. As fast as it can tell, unless things are to happen while it runs: then record by record,
 * at a pace that leaves time for all of them. The machine never stops for us and never waits; it plays slower the more
 * there is still to happen, so that the last kill, too, meets a running machine, however long the ones before it took.
 */
import type { ProofOptions } from "./proof-option.ts";
import type { Replay } from "./replay.ts";

/** What is still to happen while the machine runs. */
export interface Ahead {
  readonly kills: number;
  readonly restore: boolean;
}

/** A start, what follows it, and the time until the next point is reached: a first guess, then as measured. */
const guessedSecondsPerKill = 8;
/** Half of the run before the backup, and enough after it for documents to be posted. */
const restoreSeconds = 60;
/** For documents that follow the last kill while the machine still runs. */
const spareSeconds = 25;
const tickMs = 100;
/** A run in which each kill takes longer than this has gone wrong. */
const secondsPerKillMost = 60;

/** Whether anything is to happen while the machine runs; otherwise, or with a speed by hand, it runs by itself. */
export function isPaced(options: ProofOptions): boolean {
  return options.speed === null && (options.kills > 0 || options.restore);
}

/** A run that takes longer has gone wrong. @param machineSeconds between the machine's first and last record */
export function limitMs(options: ProofOptions, machineSeconds: number): number {
  const alone = options.speed ? machineSeconds / options.speed : 60;
  return 1000 * (300 + 3 * alone + options.kills * secondsPerKillMost + (options.restore ? 3 * restoreSeconds : 0));
}

/**
 * Records per second at which what is left of the machine's days lasts as long as what is still to happen. What is left
 * shrinks slower and slower while a kill waits, and never runs out. Null: nothing is to happen any more. Pure.
 */
export function recordsPerSecond(left: number, ahead: Ahead, secondsPerKill: number): number | null {
  const seconds = ahead.kills * secondsPerKill + (ahead.restore ? restoreSeconds : 0);
  return seconds === 0 ? null : left / (seconds + spareSeconds);
}

/** The seconds that a kill took so far, a guess while there was none. Pure. */
export function secondsPerKill(hits: number, seconds: number): number {
  return hits === 0 ? guessedSecondsPerKill : Math.max(guessedSecondsPerKill / 2, seconds / hits);
}

export interface Pacer {
  /** Throws what kept the machine from being driven, if anything did. */
  check(): void;
  stop(): Promise<void>;
}

/** Drives the machine until nothing is ahead, then lets it run by itself. `ahead` is asked at every tick. */
export function pace(replay: Replay, ahead: () => Ahead): Pacer {
  const stopped = new AbortController();
  let failure: unknown = null;
  const ended = drive(replay, ahead, stopped.signal).catch((error: unknown) => void (failure = error));
  return {
    check: () => {
      if (failure !== null) throw new Error("the machine could not be driven", { cause: failure });
    },
    stop: () => {
      stopped.abort();
      return ended;
    },
  };
}

async function drive(replay: Replay, ahead: () => Ahead, stopped: AbortSignal): Promise<void> {
  const { count } = await replay.progress();
  const startedAt = performance.now();
  const planned = ahead().kills;
  let index = 0;
  let owed = 0;
  for (let last = startedAt; !stopped.aborted && index < count; await new Promise((go) => setTimeout(go, tickMs))) {
    const now = performance.now();
    const still = ahead();
    const perKill = secondsPerKill(planned - still.kills, (now - startedAt) / 1000);
    const rate = recordsPerSecond(count - index, still, perKill);
    if (rate === null) return replay.run(0);
    owed += (rate * (now - last)) / 1000;
    last = now;
    const due = Math.floor(owed);
    if (due === 0) continue;
    owed -= due;
    index = await replay.step(due);
  }
}
