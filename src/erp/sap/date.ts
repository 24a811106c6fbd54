/**
 * Dates and times as OData v2 writes them: `/Date(ms)/` for a calendar date at UTC midnight, `PT06H30M00S` for a wall
 * clock time, both in the plant's zone; and SAP's change stamps `yyyymmddhhmmss`, which name no zone and are only
 * compared with each other.
 */
import { instant, isLocalDate, type Instant, type LocalDate } from "../../base/instant.ts";
import { localDate, localTime, type TimeZone } from "../../base/site-time.ts";

/** The calendar date in `/Date(1738540800000)/`, `/Date(…+0000)/` or an ISO text; null when there is none. */
export function readDate(text: string): LocalDate | null {
  const ticks = /^\/Date\((-?\d{1,15})(?:[+-]\d{1,4})?\)\/$/.exec(text);
  const ms = ticks ? Number(ticks[1]) : Number.NaN;
  const iso = ticks ? (Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().slice(0, 10) : "") : text.slice(0, 10);
  return isLocalDate(iso) ? iso : null;
}

/** UTC midnight of a calendar date, e.g. `/Date(1738540800000)/`. */
export function writeDate(date: LocalDate): string {
  return `/Date(${Date.parse(`${date}T00:00:00Z`)})/`;
}

/** Seconds since wall-clock midnight in `PT06H30M00S` or `06:30:00`; 24:00:00 is the end of the day. */
export function readTime(text: string): number | null {
  const match =
    /^PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})(?:\.\d+)?S)?$/.exec(text) ??
    /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?$/.exec(text);
  if (!match || text === "PT") return null;
  const [hours, minutes, seconds] = [Number(match[1] ?? 0), Number(match[2] ?? 0), Number(match[3] ?? 0)];
  const total = hours * 3600 + minutes * 60 + seconds;
  return minutes < 60 && seconds < 60 && total <= 86_400 ? total : null;
}

/** `06:30:00` → `PT06H30M00S`. */
export function writeTime(clock: string): string {
  const [hours = "00", minutes = "00", seconds = "00"] = clock.split(":");
  return `PT${hours}H${minutes}M${seconds}S`;
}

/** The date and time pair that names an instant at the plant. */
export function writeDateTime(at: Instant, zone: TimeZone): { readonly date: string; readonly time: string } {
  return { date: writeDate(localDate(at, zone)), time: writeTime(localTime(at, zone)) };
}

/**
 * The instant of a wall-clock date and time. A time that the clock skips in spring counts as if it had not been
 * skipped (02:30 becomes 03:30); a time that comes twice in autumn is the earlier one.
 */
export function atPlant(date: LocalDate, secondsOfDay: number, zone: TimeZone): Instant {
  const wall = Date.parse(`${date}T00:00:00Z`) + secondsOfDay * 1000;
  const before = wall - offsetMs(wall - 86_400_000, zone);
  const after = wall - offsetMs(wall + 86_400_000, zone);
  const fitting = [before, after].filter((ms) => ms + offsetMs(ms, zone) === wall);
  return instant(fitting.length ? Math.min(...fitting) : before);
}

/** Wall clock minus UTC. */
function offsetMs(ms: number, zone: TimeZone): number {
  const at = instant(ms);
  return Date.parse(`${localDate(at, zone)}T${localTime(at, zone)}Z`) - Math.floor(ms / 1000) * 1000;
}

/** A change stamp `seconds` earlier; texts that are no stamp stay. */
export function stampBefore(stamp: string, seconds: number): string {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp);
  if (!match) return stamp;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - seconds * 1000;
  return new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14);
}
