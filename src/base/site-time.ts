/**
 * Local calendar days of a site: which date an instant has in an IANA zone, and when a local day begins. Days of 23
 * and 25 hours come out right because the zone's own rules are asked. Shifts live in `isa95/calendar`.
 */
import { fail, ok, type Result } from "./result.ts";
import { instant, type Instant, type LocalDate } from "./instant.ts";

/** An IANA zone name that this runtime knows, e.g. `Europe/Warsaw`. */
export type TimeZone = string & { readonly __timeZone: unique symbol };

// A zone that every runtime knows.
export const utc = "UTC" as TimeZone;

const formats = new Map<string, Intl.DateTimeFormat>();

export function timeZone(name: string): Result<TimeZone> {
  try {
    format(name);
    // The runtime has accepted the name.
    return ok(name as TimeZone);
  } catch {
    return fail("invalid", "base/time-zone", `"${name}" is no IANA time zone: write for example Europe/Berlin.`);
  }
}

/**
 * What clocks at a site show beyond UTC, by quarter of an hour: the zone's rules are asked once for all events of one.
 * Asking costs 2.5 µs, which was a tenth of the time of a run that ends; looking it up costs 0.1 µs.
 */
const offsets = new Map<string, Map<number, Quarter>>();
const offsetsMax = 10_000;
const quarterMs = 900_000;

interface Quarter {
  readonly offset: number;
  /** A day begins with a quarter: the whole of it is of one. */
  readonly date: string;
}

/** Since then every zone's offset, and every change of it, is a whole quarter of an hour. */
const quartersFrom = Date.UTC(1990, 0, 1);
/** Until then a year has four digits, whatever the zone. */
const quartersTo = Date.UTC(9999, 11, 30);

/** The calendar day at the site. */
export function localDate(at: Instant, zone: TimeZone): LocalDate {
  // Built from a calendar's own parts.
  return (quarterOf(at, zone)?.date ?? asked(at, zone).slice(0, 10)) as LocalDate;
}

/** `HH:MM:SS` at the site, for document times. */
export function localTime(at: Instant, zone: TimeZone): string {
  return shownAt(at, zone).slice(11, 19);
}

/** `YYYY-MM-DDTHH:MM:SS` at the site. */
function shownAt(at: Instant, zone: TimeZone): string {
  const quarter = quarterOf(at, zone);
  return quarter ? new Date(at + quarter.offset).toISOString() : asked(at, zone);
}

/** Null where a zone's offset need not be a whole quarter of an hour. */
function quarterOf(at: Instant, zone: TimeZone): Quarter | null {
  if (at < quartersFrom || at > quartersTo) return null;
  let known = offsets.get(zone);
  if (!known) offsets.set(zone, (known = new Map()));
  const number = Math.floor(at / quarterMs);
  let quarter = known.get(number);
  if (!quarter) {
    if (known.size >= offsetsMax) known.clear();
    const second = Math.floor(at / 1000) * 1000;
    const offset = Date.parse(`${asked(at, zone)}Z`) - second;
    known.set(number, (quarter = { offset, date: new Date(at + offset).toISOString().slice(0, 10) }));
  }
  return quarter;
}

/** As the runtime's calendar says it. */
function asked(at: Instant, zone: TimeZone): string {
  const p = parts(at, zone);
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}:${p.second}`;
}

/**
 * The first instant of a local day. Where the clock jumps over midnight, the first instant that exists; where local
 * midnight happens twice, the earlier one.
 */
export function startOfDay(date: LocalDate, zone: TimeZone): Instant {
  const midnightUtc = Date.parse(`${date}T00:00:00Z`);
  // Offsets lie between -12 h and +14 h: the day's first instant is the first of these minutes with that date.
  let low = midnightUtc - 15 * 3_600_000;
  let high = midnightUtc + 13 * 3_600_000;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localDate(instant(middle), zone) >= date) high = middle;
    else low = middle;
  }
  return instant(high);
}

/**
 * The instants at which clocks at the site show a local time: one as a rule, none where the clock jumps over it, two
 * where it happens twice.
 *
 * @param local `YYYY-MM-DDTHH:MM:SS` that a calendar has
 */
export function instantsAt(local: string, zone: TimeZone): readonly Instant[] {
  const asUtc = Date.parse(`${local}Z`);
  if (!Number.isFinite(asUtc)) return [];
  const shown = (at: Instant): string => shownAt(at, zone).slice(0, 19);
  // The offsets before and after any change of the clock in those days.
  const offsets = [asUtc - 86_400_000, asUtc + 86_400_000].map((near) => Date.parse(`${shown(instant(near))}Z`) - near);
  const candidates = [...new Set(offsets)].map((offset) => instant(asUtc - offset));
  return candidates.filter((at) => shown(at) === local).toSorted((a, b) => a - b);
}

interface Parts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

function parts(at: Instant, zone: TimeZone): Parts {
  const found: Record<string, string> = {};
  for (const { type, value } of format(zone).formatToParts(at)) found[type] = value;
  return {
    year: (found["year"] ?? "").padStart(4, "0"),
    month: found["month"] ?? "",
    day: found["day"] ?? "",
    hour: found["hour"] ?? "",
    minute: found["minute"] ?? "",
    second: found["second"] ?? "",
  };
}

function format(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone);
  if (!known) {
    known = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, known);
  }
  return known;
}
