/** What the flows need of the installation itself: whether it recovers, and who holds which role. */
import type { Instant } from "../base/instant.ts";
import type { LeaseHolder } from "./lease.ts";

export interface SiteRepository {
  isRecovering(): Promise<boolean>;
  /** When our record was put back from a backup the last time; null: it never was. */
  restoredAt(): Promise<Instant | null>;
  endRecovery(): Promise<void>;
  /** False when somebody else has taken the role since. */
  holdsLease(role: string, epoch: number): Promise<boolean>;
  /**
   * Takes and keeps roles that end by themselves: those that nobody holds, that this installation held, or that were not
   * renewed for `leaseMs`, by the database's own clock.
   *
   * @returns the epoch of each role that `holder` has now; a new one whenever it came from somebody else
   */
  keepLeases(roles: readonly string[], holder: LeaseHolder, leaseMs: number): Promise<ReadonlyMap<string, number>>;
  /** Gives them back: whoever is next need not wait for their end. */
  endLeases(roles: readonly string[], holder: LeaseHolder): Promise<void>;
}
