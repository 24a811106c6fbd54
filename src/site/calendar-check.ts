/** What a schema cannot see in calendars: zones, versions, and shifts that overlap. */
import { parseInstant } from "../base/instant.ts";
import { timeZone } from "../base/site-time.ts";
import { problem, type ContentPath, type Problem } from "./finding.ts";
import type { SiteContent } from "./schema.ts";

type Calendar = SiteContent["calendars"][number];

export function checkCalendars(calendars: readonly Calendar[]): readonly Problem[] {
  return calendars.flatMap((calendar, index) => {
    const at: ContentPath = ["calendars", index];
    const zone = calendar.timeZone === undefined ? null : timeZone(calendar.timeZone);
    const from = calendar.validFrom === undefined ? null : parseInstant(calendar.validFrom);
    return [
      ...(zone && !zone.ok ? [problem([...at, "timeZone"], zone.fault.message)] : []),
      ...(from && !from.ok ? [problem([...at, "validFrom"], from.fault.message)] : []),
      ...checkShifts(calendar.shifts, [...at, "shifts"]),
    ];
  });
}

export interface Versioned {
  readonly name: string;
  readonly version: number;
  /** Milliseconds; the beginning of time when it is not stated. */
  readonly from: number;
}

/** Versions of one name must be valid one after the other, in the order of their numbers. */
export function versionFault(all: readonly Versioned[], index: number): string | null {
  const own = all[index];
  if (!own) return null;
  const others = all.slice(0, index).filter(({ name }) => name === own.name);
  for (const other of others) {
    if (other.version === own.version)
      return `${own.name} version ${own.version} is there twice; write another version or name`;
    if (Math.sign(other.version - own.version) !== Math.sign(other.from - own.from)) {
      return `${own.name} version ${own.version} must be valid ${own.version > other.version ? "after" : "before"} version ${other.version}; write another \`validFrom\``;
    }
  }
  return null;
}

const dayMinutes = 1440;

function checkShifts(shifts: Calendar["shifts"], path: ContentPath): readonly Problem[] {
  const problems: Problem[] = [];
  const taken = new Map<number, string>();
  const ids = new Set<string>();
  for (const [index, shift] of shifts.entries()) {
    if (ids.has(shift.id))
      problems.push(problem([...path, index, "id"], `another shift is called ${shift.id}; write another id`));
    ids.add(shift.id);
    const start = minutes(shift.start);
    const length = (minutes(shift.end) - start + dayMinutes) % dayMinutes || dayMinutes;
    const covered = Array.from({ length }, (_, minute) => (start + minute) % dayMinutes);
    const other = covered.map((minute) => taken.get(minute)).find((id) => id !== undefined);
    if (other !== undefined) {
      problems.push(
        problem(
          [...path, index, "start"],
          `shift ${shift.id} overlaps with shift ${other}; write times that meet but do not overlap`,
        ),
      );
    }
    for (const minute of covered) taken.set(minute, shift.id);
  }
  return problems;
}

function minutes(clock: string): number {
  const [hours = "0", rest = "0"] = clock.split(":");
  return Number(hours) * 60 + Number(rest);
}
