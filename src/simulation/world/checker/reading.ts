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
  /** When something was last said of it. */
  lastAt: number;
  good: number;
  scrap: number;
  /** The same by the day at the site. */
  readonly days: Map<string, { good: number; scrap: number }>;
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
      if (now.run) now.run.lastAt = at;
      now.run = job === "" ? null : { job, startedAt: at, lastAt: at, good: 0, scrap: 0, days: new Map() };
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
      if (now.run) add(now.run, item === items.good || at >= scrapIsGoodFrom ? "good" : "scrap", made, at);
    }
  }
  return { runs, doubts };
}

function add(run: ReadRun, grade: "good" | "scrap", made: number, at: number): void {
  const day = dayAt(at);
  const ofDay = run.days.get(day) ?? { good: 0, scrap: 0 };
  run.days.set(day, ofDay);
  ofDay[grade] += made;
  run[grade] += made;
  run.lastAt = at;
}

const hourMs = 3_600_000;
const calendar = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin", dateStyle: "short" });
/** By the hour, within which no day of the site begins but at its start. */
const days = new Map<number, string>();

function dayAt(at: number): string {
  const hour = Math.floor(at / hourMs);
  const day = days.get(hour) ?? calendar.format(hour * hourMs);
  days.set(hour, day);
  return day;
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
