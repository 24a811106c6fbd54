/** A run as the simple reading sees it, and what was made in it by the day at the site. */
import type { Sample } from "../../../record/sample.ts";

export interface ReadRun {
  readonly job: string;
  /** The machine named a job and said that it was in no run. */
  readonly isOutside: boolean;
  readonly startedAt: number;
  /** When something was last said of it. */
  lastAt: number;
  good: number;
  scrap: number;
  /** The same by the day at the site. */
  readonly days: Map<string, { good: number; scrap: number }>;
}

/** What was said at one time, each item once. */
export interface Said {
  readonly at: number;
  readonly samples: readonly Sample[];
}

export function newRun(job: string, at: number, isOutside: boolean): ReadRun {
  return { job, isOutside, startedAt: at, lastAt: at, good: 0, scrap: 0, days: new Map() };
}

export function add(run: ReadRun, grade: "good" | "scrap", made: number, at: number): void {
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
