/** A run as the simple reading sees it, and what was made in it by the day at the site. */
import type { Sample } from "../../../record/sample.ts";
import type { MachinePlan } from "../plan.ts";

export interface ReadRun {
  readonly job: string;
  /** The machine named a job and said that it was in no run. */
  readonly isOutside: boolean;
  /** The machine's own; 0 outside every run, null of a machine that numbers none. */
  readonly number: number | null;
  readonly startedAt: number;
  /** When something was last said of it. */
  lastAt: number;
  /** Nobody has heard it end. */
  isOpen: boolean;
  good: number;
  scrap: number;
  /** The largest of the steps in which it was counted. */
  readonly largest: { good: number; scrap: number };
  /** What it has counted of its materials, in the machine's units. */
  readonly used: Map<string, number>;
  /** The largest of the steps in which it was counted, by material. */
  readonly largestUse: Map<string, number>;
  /** What it has made and used by the day at the site. */
  readonly days: Map<string, ReadAmounts>;
}

export interface ReadAmounts {
  good: number;
  scrap: number;
  readonly used: Map<string, number>;
}

/** What was said at one time, each item once. */
export interface Said {
  readonly at: number;
  readonly samples: readonly Sample[];
}

export interface Read {
  readonly runs: readonly ReadRun[];
  /** Values of counters of which nobody can tell what was made. */
  readonly doubts: number;
}

export type CounterPlan = Pick<MachinePlan, "modulus" | "stepMax">;

/** Null: nobody can tell. */
export function riseBetween(before: number, now: number, { modulus, stepMax }: CounterPlan): number | null {
  const forward = (now - before + modulus) % modulus;
  if (forward <= stepMax) return forward;
  return now < before && now <= stepMax ? now : null;
}

/** It was set to zero: no step over the top of its range explains it. */
export function isSetToZero(before: number, now: number, { modulus, stepMax }: CounterPlan): boolean {
  return now < before && now <= stepMax && now - before + modulus > stepMax;
}

export function newRun(job: string, at: number, number: number | null): ReadRun {
  return {
    job,
    isOutside: number === 0,
    number,
    startedAt: at,
    lastAt: at,
    isOpen: false,
    good: 0,
    scrap: 0,
    largest: { good: 0, scrap: 0 },
    used: new Map(),
    largestUse: new Map(),
    days: new Map(),
  };
}

export function add(run: ReadRun, grade: "good" | "scrap", made: number, at: number): void {
  ofDay(run, at)[grade] += made;
  run[grade] += made;
  run.largest[grade] = Math.max(run.largest[grade], made);
  run.lastAt = at;
}

export function addUse(run: ReadRun, material: string, amount: number, at: number): void {
  for (const { used } of [run, ofDay(run, at)]) used.set(material, (used.get(material) ?? 0) + amount);
  run.largestUse.set(material, Math.max(run.largestUse.get(material) ?? 0, amount));
  run.lastAt = at;
}

function ofDay(run: ReadRun, at: number): ReadAmounts {
  const day = dayAt(at);
  const known = run.days.get(day) ?? { good: 0, scrap: 0, used: new Map<string, number>() };
  run.days.set(day, known);
  return known;
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
