/** What the flows need of the installation itself: whether it recovers, and who holds which role. */
import type { Instant } from "../base/instant.ts";
import type { LeaseHolder } from "./instruction-ports.ts";

export interface SiteRepository {
  isRecovering(): Promise<boolean>;
  endRecovery(): Promise<void>;
  /** Takes the role over: the epoch of every later write. */
  takeLease(role: string, holder: string, at: Instant): Promise<number>;
  /** False when somebody else has taken the role since. */
  holdsLease(role: string, epoch: number): Promise<boolean>;
  /** Whoever holds the role says that it lives. @returns false when somebody else has taken it since */
  renewLease(role: string, epoch: number, at: Instant): Promise<boolean>;
  /** Takes the role over from somebody who has not said since `silentSince` that it lives. @returns null: it lives */
  takeSilentLease(role: string, holder: string, silentSince: Instant, at: Instant): Promise<number | null>;
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
