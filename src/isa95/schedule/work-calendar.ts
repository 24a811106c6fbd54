/**
 * Working time of a work center: which production day and shift an instant belongs to. A shift that crosses midnight
 * belongs to the day it began on.
 * @source ISA-95 part 2, work calendar
 */
import { localDate, localTime, startOfDay, type TimeZone } from "../../base/site-time.ts";
import { instant, type Instant, type LocalDate } from "../../base/instant.ts";

export interface Shift {
  readonly id: string;
  /** Local wall clock `HH:MM`; `end` not after `start` means that the shift ends on the next day. */
  readonly start: string;
  readonly end: string;
}

export interface WorkCalendar {
  readonly id: string;
  readonly version: number;
  readonly zone: TimeZone;
  readonly validFrom: Instant;
  readonly shifts: readonly Shift[];
}

export interface ProductionTime {
  readonly productionDay: LocalDate;
  /** Null outside every shift. */
  readonly shift: string | null;
}

/** The production day and shift of an instant; outside every shift, the calendar day. */
export function productionTime(at: Instant, calendar: WorkCalendar): ProductionTime {
  const today = localDate(at, calendar.zone);
  const clock = localTime(at, calendar.zone).slice(0, 5);
  for (const shift of calendar.shifts) {
    const overnight = shift.end <= shift.start;
    if (!overnight && clock >= shift.start && clock < shift.end) return { productionDay: today, shift: shift.id };
    if (overnight && clock >= shift.start) return { productionDay: today, shift: shift.id };
    if (overnight && clock < shift.end) return { productionDay: dayBefore(today, calendar.zone), shift: shift.id };
  }
  return { productionDay: today, shift: null };
}

function dayBefore(date: LocalDate, zone: TimeZone): LocalDate {
  return localDate(instant(startOfDay(date, zone) - 1), zone);
}
