/**
 * A load that rises and waits for nobody: the machine says so many values a second for a stretch of time, whether they
 * are taken or not, then a higher rate, until a rate is not held. A rate is held when the machine could say it, nothing
 * is missing or too many at the other end, and the last value arrives within a second after it was said.
 */
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { ownCpuSeconds, treeCpuSeconds } from "./cpu.ts";
import { Latencies } from "./latency.ts";
import type { MachineProcess } from "./machine-process.ts";

/** What reads the machine. */
export interface Taker {
  /** Values that have come to its end since it was started. */
  arrived(): number;
  /** Called with how long each piece took, from the machine's time to that end. */
  onPiece: (tookMs: number) => void;
  /** Of its process, with those below it; Node-RED's is another one after it was killed. */
  readonly pid: () => number;
  /** PostgreSQL's, where it has one. */
  readonly postgres?: number;
}

export interface Stretch {
  readonly askedPerSecond: number;
  readonly offered: number;
  readonly saidInSeconds: number;
  readonly arrived: number;
  /** After the last value was said: when the last one came. */
  readonly lateMs: number;
  readonly pieces: Latencies;
  readonly cpu: CpuSpent;
  readonly verdict: Verdict;
}

/** CPU seconds. */
export interface CpuSpent {
  readonly taker: number;
  readonly machine: number;
}

/**
 * `lost`: not there, whether anybody says so or not, which is for the proof to find out. `unsaid`: the machine, on this computer,
 * cannot say so much; nothing follows for what reads it.
 */
export type Verdict = "held" | "late" | "lost" | "doubled" | "unsaid";

export interface Rise {
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
  readonly seconds: number;
}

export interface Climb {
  readonly stretches: readonly Stretch[];
  /** The highest rate that was held, as it was said and arrived; null when not even the first was. */
  readonly best: Stretch | null;
  /** The lowest rate above it that was not held; null when every rate was. */
  readonly limit: Stretch | null;
}

const lateMsMax = 1_000;
/** Of the time that was given to say it. */
const unsaidShare = 1.05;
/** When nothing has come for so long, nothing will. */
const silenceMs = 5_000;
const catchUpMsMax = 60_000;
/** Between the highest rate that was held and the lowest that was not, so often. */
const halvings = 2;

/**
 * Doubles the rate until one is not held, then looks twice in between, which leaves a fifth of doubt. What came late or
 * could not be said is tried once more, because other work on the same computer passes; what was lost is lost.
 */
export async function climb(
  machine: Pick<MachineProcess, "pid" | "steady">,
  taker: Taker,
  rise: Rise,
  clock: Clock = systemClock,
): Promise<Climb> {
  const stretches: Stretch[] = [];
  const tried = async (perSecond: number): Promise<Stretch> => {
    const once = async (): Promise<Stretch> => {
      const stretch = await measure({ machine, taker, perSecond, seconds: rise.seconds, clock });
      stretches.push(stretch);
      return stretch;
    };
    const stretch = await once();
    return stretch.verdict === "late" || stretch.verdict === "unsaid" ? once() : stretch;
  };
  let best: Stretch | null = null;
  let limit: Stretch | null = null;
  for (let rate = rise.fromPerSecond; rate <= rise.toPerSecond && !limit; rate *= 2) {
    const stretch = await tried(rate);
    if (stretch.verdict === "held") best = stretch;
    else limit = stretch;
  }
  for (let n = 0; n < halvings && best && limit; n += 1) {
    const stretch = await tried(Math.round(Math.sqrt(best.askedPerSecond * limit.askedPerSecond)));
    if (stretch.verdict === "held") best = stretch;
    else limit = stretch;
  }
  return { stretches, best, limit };
}

interface Measured {
  readonly machine: Pick<MachineProcess, "pid" | "steady">;
  readonly taker: Taker;
  readonly perSecond: number;
  readonly seconds: number;
  readonly clock: Clock;
}

async function measure({ machine, taker, perSecond, seconds, clock }: Measured): Promise<Stretch> {
  const pieces = new Latencies();
  taker.onPiece = (tookMs) => pieces.add(tookMs);
  const before = taker.arrived();
  const read = startMeters(machine, taker);
  const { samples: offered, seconds: saidInSeconds } = await machine.steady({ perSecond, seconds });
  const arrived = (): number => taker.arrived() - before;
  const lateMs = await caughtUp(arrived, offered, clock);
  const cpu = read();
  const stretch = { askedPerSecond: perSecond, offered, saidInSeconds, arrived: arrived(), lateMs, pieces, cpu };
  return { ...stretch, verdict: verdictOn(stretch, seconds) };
}

/** CPU seconds since now: of the machine, and of all that the taker is. */
function startMeters(machine: Pick<MachineProcess, "pid">, { pid, postgres }: Taker): () => CpuSpent {
  const now = (): CpuSpent => ({
    taker:
      (pid() === process.pid ? ownCpuSeconds() : treeCpuSeconds(pid())) +
      (postgres === undefined ? 0 : treeCpuSeconds(postgres)),
    machine: treeCpuSeconds(machine.pid),
  });
  const before = now();
  return () => {
    const after = now();
    return { taker: after.taker - before.taker, machine: after.machine - before.machine };
  };
}

/** Waits until all is there, or nothing comes any more. @returns how long after now the last value came */
export async function caughtUp(arrived: () => number, offered: number, clock: Clock): Promise<number> {
  const from = clock.monotonicMs();
  let count = arrived();
  let cameAt = from;
  for (;;) {
    const now = clock.monotonicMs();
    if (arrived() !== count) {
      count = arrived();
      cameAt = now;
    }
    if (count >= offered || now - cameAt > silenceMs || now - from > catchUpMsMax) return cameAt - from;
    await clock.sleep(10);
  }
}

function verdictOn(stretch: Omit<Stretch, "verdict">, seconds: number): Verdict {
  const { offered, arrived, lateMs, saidInSeconds } = stretch;
  if (arrived < offered) return "lost";
  if (arrived > offered) return "doubled";
  if (saidInSeconds > seconds * unsaidShare) return "unsaid";
  return lateMs > lateMsMax ? "late" : "held";
}
