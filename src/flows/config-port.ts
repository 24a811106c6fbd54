/** What applying a site's files needs of the store: their versions, in the order in which they were applied. */
import type { Instant } from "../base/instant.ts";

export interface ConfigVersion {
  /** 1 for the first; counts on without gaps. */
  readonly number: number;
  readonly appliedAt: Instant;
  /** Identity of the content, see `siteVersion`: two versions may hold the same files. */
  readonly site: string;
  /** Path inside the site's folder → text. */
  readonly files: Readonly<Record<string, string>>;
  /** The version that was gone back to; null for files that came from a folder. */
  readonly from: number | null;
}

export interface ConfigStore {
  transaction<T>(work: (versions: ConfigRepository) => Promise<T>): Promise<T>;
}

export interface ConfigRepository {
  /** Nobody else applies anything until the transaction ends. */
  lock(): Promise<void>;
  newest(): Promise<ConfigVersion | null>;
  get(number: number): Promise<ConfigVersion | null>;
  /** Newest first. */
  list(limit: number): Promise<readonly ConfigVersion[]>;
  /** True when some version holds exactly these files. */
  holds(site: string): Promise<boolean>;
  append(version: ConfigVersion): Promise<void>;
}
