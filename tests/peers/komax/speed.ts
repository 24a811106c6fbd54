/**
 * How fast the machine plays. As fast as it can tell, unless things are to happen while it runs: then so that there is
 * time for them. The machine never stops for us; when kills take longer than thought, the rest of its days is played
 * slower, so that every kill still meets a running machine. Pure.
 */
import type { ProofOptions } from "./proof-option.ts";
import type { Progress } from "./replay.ts";

export interface SpeedPlan {
  readonly first: number;
  /** A slower speed when the kills that are left would not fit; null to go on as it is. */
  after(progress: Progress, killsLeft: number): number | null;
  /** A run that takes longer has gone wrong. */
  readonly limitMs: number;
}

/** A start, what follows it, and the time until the next point is reached. */
const secondsPerKill = 14;
/** A run with a restore: half of it before the backup, and enough after it for documents to be posted. */
const restoreSeconds = 80;
const spareSeconds = 25;
const slowestSpeed = 50;

export function planSpeed(options: ProofOptions, machineSeconds: number): SpeedPlan {
  const wanted = options.kills * secondsPerKill + (options.restore ? restoreSeconds : 0);
  const chosen = wanted === 0 ? 0 : machineSeconds / (wanted + spareSeconds);
  const first = options.speed ?? chosen;
  let now = first;
  return {
    first,
    after: (progress, killsLeft) => {
      if (options.speed !== null || killsLeft === 0 || progress.count === 0) return null;
      // Records stand for time here: the machine writes them while it works, and hardly any at night.
      const left = machineSeconds * (1 - progress.index / progress.count);
      const slower = Math.max(slowestSpeed, left / (killsLeft * secondsPerKill + spareSeconds));
      if (slower > now * 0.8) return null;
      now = slower;
      return now;
    },
    limitMs: 1000 * (300 + 3 * (first === 0 ? 60 : Math.max(wanted + spareSeconds, machineSeconds / first))),
  };
}
