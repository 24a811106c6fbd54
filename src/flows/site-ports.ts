/** What the flows need of the installation itself: whether it recovers, and who holds which role. */
import type { Instant } from "../base/instant.ts";

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
}
