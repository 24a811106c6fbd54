/**
 * Points in time. An `Instant` is UTC, in whole milliseconds since 1970 (the resolution that machines and PostgreSQL
 * clients share); a `LocalDate` is a calendar day as people at a site write it. Zones live in `site-time.ts`.
 */
import { fail, ok, type Result } from "./result.ts";

/** Milliseconds since 1970-01-01T00:00:00Z; an integer. */
export type Instant = number & { readonly __instant: unique symbol };

/** `YYYY-MM-DD` without a zone. */
export type LocalDate = `${number}-${string}-${string}`;

export function instant(ms: number): Instant {
  // The brand is given here and nowhere else.
  return Math.trunc(ms) as Instant;
}

/** What nobody has vouched for: null outside the years 1970 to 9999, which every text and column of ours can hold. */
export function instantWithin(ms: number): Instant | null {
  return ms >= 0 && ms <= Date.UTC(9999, 11, 31) ? instant(ms) : null;
}

/** In the years 1 to 9999: what the database and ISO 8601 with four digits can both hold. */
export function isKeepable(at: Instant): boolean {
  return at >= keepableFirst && at < keepableEnd;
}

const keepableFirst = Date.parse("0001-01-01T00:00:00Z");
const keepableEnd = Date.parse("+010000-01-01T00:00:00Z");

/** Reads an ISO 8601 instant that names its offset; a text without an offset is refused, not guessed. */
export function parseInstant(text: string): Result<Instant> {
  const ms = /(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(ms))
    return fail("invalid", "base/instant", `"${text}" is no instant: write 2025-02-03T07:00:19Z or with an offset.`);
  return isKeepable(instant(ms))
    ? ok(instant(ms))
    : fail("invalid", "base/instant", `"${text}" is no time that can be kept: it lies outside of the years 1 to 9999.`);
}

export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/** A day that exists: 30 February would roll over into March when read. */
export function isLocalDate(text: string): text is LocalDate {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
