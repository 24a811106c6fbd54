/**
 * A second, simple reading of what machines said: which run made how much. It sees the whole stream at once, sorted, and
 * shares no code with collection; that both agree is what is checked.
 */
import type { Sample } from "../../../record/sample.ts";
import type { SaidPieces } from "../happened.ts";
import { items } from "../machine-work.ts";
import type { MachinePlan } from "../plan.ts";
import { lateMs } from "../plant-site.ts";
import { readNumbered } from "./numbered.ts";
import {
  add,
  isSetToZero,
  newRun,
  riseBetween,
  type CounterPlan,
  type Read,
  type ReadRun,
  type Said,
} from "./read-run.ts";
import { readStationed } from "./stationed.ts";

/**
 * @param scrapIsGoodFrom  from this source time on, by the map
 * @param said             what people have said was made, in place of what a counter of good pieces tells of that time
 */
export function readMachine(
  samples: readonly Sample[],
  plan: MachinePlan,
  scrapIsGoodFrom: number,
  said: readonly SaidPieces[],
): Read {
  const frames = framesOf(samples);
  if (plan.runsBy === "number") return { runs: readNumbered(frames, plan.slots.length, scrapIsGoodFrom), doubts: 0 };
  if (plan.runsBy === "station") return readStationed(frames, plan, scrapIsGoodFrom);
  return readNamed(frames, plan, { scrapIsGoodFrom, said });
}

function framesOf(samples: readonly Sample[]): readonly Said[] {
  const frames = Map.groupBy(once(samples), (sample) => sample.at);
  return [...frames].map(([at, all]) => ({ at, samples: all })).toSorted((a, b) => a.at - b.at);
}

interface Known {
  readonly scrapIsGoodFrom: number;
  readonly said: readonly SaidPieces[];
}

function readNamed(frames: readonly Said[], plan: CounterPlan, { scrapIsGoodFrom, said }: Known): Read {
  const runs: ReadRun[] = [];
  let doubts = 0;
  const now: { run: ReadRun | null } = { run: null };
  const shown = new Map<string, Shown>();
  for (const { at, samples: frame } of frames) {
    const job = frame.find((sample) => sample.item === items.job)?.value;
    if (typeof job === "string" && job !== (now.run?.job ?? "")) {
      if (now.run) now.run.lastAt = at;
      now.run = job === "" ? null : newRun(job, at, null);
      if (now.run) runs.push(now.run);
    }
    const zeroed = setToZero(frame, shown, plan);
    for (const { item, value } of frame) {
      if ((item !== items.good && item !== items.scrap) || typeof value !== "number") continue;
      const ofPeople = item === items.good ? said.find(({ since, at: to }) => since < at && at <= to) : undefined;
      if (ofPeople && at < ofPeople.at) continue;
      const before = shown.get(item);
      const isZeroed = before !== undefined && value < before.value && zeroed.some((other) => other !== item);
      const rise = before === undefined ? 0 : madeBetween(before, { value, at }, plan);
      // What it shows it has made since then.
      const made = ofPeople?.pieces ?? (isZeroed && typeof rise === "number" ? value : rise);
      if (made === null) {
        doubts += 1;
        continue;
      }
      if (made === "older") continue;
      shown.set(item, shownAfter(before, { value, at }, made, plan));
      if (now.run) add(now.run, item === items.good || at >= scrapIsGoodFrom ? "good" : "scrap", made, at);
    }
  }
  return { runs, doubts };
}

/** The counters that were set to zero with this frame: what falls with them was, too. */
function setToZero(frame: Said["samples"], shown: ReadonlyMap<string, Shown>, plan: CounterPlan): readonly string[] {
  return frame.flatMap(({ item, value, at }) => {
    const before = shown.get(item);
    if (before === undefined || typeof value !== "number" || !isSetToZero(before.value, value, plan)) return [];
    return madeBetween(before, { value, at }, plan) === "older" ? [] : [item];
  });
}

/** More than a counter makes while its clock shows times again. */
const risesKept = 20;

interface Shown {
  readonly value: number;
  /** All that it has made, however often it has begun again. */
  readonly made: number;
  /** How it came there since it was last set back, in what it had made by then. */
  readonly rises: readonly { readonly from: number; readonly to: number; readonly at: number }[];
}

function shownAfter(
  before: Shown | undefined,
  { value, at }: { readonly value: number; readonly at: number },
  made: number,
  { modulus }: CounterPlan,
): Shown {
  if (!before) return { value, made: 0, rises: [] };
  const rise = { from: before.made, to: before.made + made, at };
  const goesOn = (value - before.value + modulus) % modulus === made;
  return { value, made: rise.to, rises: goesOn ? [...before.rises.slice(-risesKept), rise] : [rise] };
}

/** Null: nobody can tell. `older`: it was shown before the last rise over it, by a clock that was corrected in between. */
function madeBetween(
  { value: before, made, rises }: Shown,
  { value: now, at }: { readonly value: number; readonly at: number },
  plan: CounterPlan,
): number | "older" | null {
  const place = made - ((before - now + plan.modulus) % plan.modulus);
  if (rises.some(({ from, to, at: then }) => from < place && place < to && place < made && at - then <= lateMs))
    return "older";
  return riseBetween(before, now, plan);
}

function once(samples: readonly Sample[]): readonly Sample[] {
  const seen = new Map<string, Sample>();
  for (const sample of samples) seen.set(`${sample.at} ${sample.item} ${JSON.stringify(sample.value)}`, sample);
  return [...seen.values()];
}
