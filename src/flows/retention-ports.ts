/** What keeping and dropping of samples needs of the store. */
import type { Instant } from "../base/instant.ts";

export interface RetentionRepository {
  /** A place for the samples of today and of so many days ahead. */
  prepareDays(now: Instant, days: number): Promise<void>;
  /** Drops kept samples of days that ended before the limit, unless a collector still needs them. @returns the days */
  dropBefore(limit: Instant): Promise<readonly string[]>;
}
