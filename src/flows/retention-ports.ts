/** What keeping and dropping of samples needs of the store. */
import type { Instant } from "../base/instant.ts";

export interface RetentionRepository {
  /** A place for the samples of today and of so many days ahead. */
  prepareDays(now: Instant, days: number): Promise<void>;
  /** Drops kept samples of days that ended before the limit, unless a collector still needs them, or may: what cannot be read. */
  dropBefore(limit: Instant): Promise<DroppedDays>;
}

/** Days as `20250131`. */
export interface DroppedDays {
  readonly dropped: readonly string[];
  /** They stay, because whether somebody needs them cannot be read; `default` holds what had no day of its own. */
  readonly unread: readonly string[];
}
