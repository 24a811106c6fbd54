/**
 * A second, simple reading of what machines said: which run made how much. It sees the whole stream at once, sorted, and
 * shares no code with collection; that both agree is what is checked.
 */
import type { Sample } from "../../../record/sample.ts";
import { items } from "../machine.ts";
import type { MachinePlan } from "../plan.ts";

type CounterPlan = Pick<MachinePlan, "modulus" | "stepMax">;

export interface ReadRun {
  readonly job: string;
  readonly startedAt: number;
  good: number;
  scrap: number;
}

export interface Read {
  readonly runs: readonly ReadRun[];
  /** Values of counters of which nobody can tell what was made. */
  readonly doubts: number;
}

/** @param scrapIsGoodFrom  from this source time on, by the map */
export function readMachine(samples: readonly Sample[], plan: CounterPlan, scrapIsGoodFrom: number): Read {
  const runs: ReadRun[] = [];
  let doubts = 0;
  const now: { run: ReadRun | null } = { run: null };
  const shown = new Map<string, number>();
  const frames = Map.groupBy(once(samples), (sample) => sample.at);
  for (const at of [...frames.keys()].toSorted((a, b) => a - b)) {
    const frame = frames.get(at) ?? [];
    const job = frame.find((sample) => sample.item === items.job)?.value;
    if (typeof job === "string" && job !== (now.run?.job ?? "")) {
      now.run = job === "" ? null : { job, startedAt: at, good: 0, scrap: 0 };
      if (now.run) runs.push(now.run);
    }
    for (const { item, value } of frame) {
      if ((item !== items.good && item !== items.scrap) || typeof value !== "number") continue;
      const before = shown.get(item);
      const made = before === undefined ? 0 : madeBetween(before, value, plan);
      if (made === null) {
        doubts += 1;
        continue;
      }
      shown.set(item, value);
      if (now.run) now.run[item === items.good || at >= scrapIsGoodFrom ? "good" : "scrap"] += made;
    }
  }
  return { runs, doubts };
}

/** Null: nobody can tell. */
function madeBetween(before: number, now: number, { modulus, stepMax }: CounterPlan): number | null {
  const forward = (now - before + modulus) % modulus;
  if (forward <= stepMax) return forward;
  return now < before && now <= stepMax ? now : null;
}

function once(samples: readonly Sample[]): readonly Sample[] {
  const seen = new Map<string, Sample>();
  for (const sample of samples) seen.set(`${sample.at} ${sample.item} ${JSON.stringify(sample.value)}`, sample);
  return [...seen.values()];
}
