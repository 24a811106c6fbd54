/** What the store keeps of accounts, sessions, keys, failed sign-ins and the audit. Implemented in `store/`. */
import type { Instant } from "../base/instant.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { AuditEntry, AuditHead, AuditNote } from "./audit.ts";
import type { Grant } from "./grant.ts";
import type { Permission } from "./permission.ts";
import type { FailureCount } from "./sign-in-limit.ts";

export interface AccountRow {
  readonly person: PersonKey;
  readonly login: string;
  /** Null when it was erased. */
  readonly name: string | null;
  readonly email: string | null;
  /** Null: no password works. */
  readonly passwordHash: string | null;
  readonly mustChangePassword: boolean;
  readonly isActive: boolean;
  readonly grants: readonly Grant[];
  readonly createdAt: Instant;
  readonly lastSignInAt: Instant | null;
  readonly version: number;
}

export interface AccountRepository {
  /** @returns false when the login is taken; nothing is written then */
  insert(account: AccountRow): Promise<boolean>;
  /** All, by login. */
  list(): Promise<readonly AccountRow[]>;
  get(person: string): Promise<AccountRow | null>;
  byLogin(login: string): Promise<AccountRow | null>;
  /** All, locked against every other change of accounts until the transaction ends. */
  lockAll(): Promise<readonly AccountRow[]>;
  /** Writes over the version that the row names, which becomes one more. @throws when it has moved */
  save(account: AccountRow): Promise<void>;
  /** Counts as no change: the version stays. */
  signedIn(person: string, at: Instant): Promise<void>;
  isEmpty(): Promise<boolean>;
}

export interface SessionRow {
  readonly tokenHash: string;
  readonly person: PersonKey;
  readonly createdAt: Instant;
  readonly seenAt: Instant;
  readonly expiresAt: Instant;
}

export interface SessionRepository {
  insert(session: SessionRow): Promise<void>;
  get(tokenHash: string): Promise<SessionRow | null>;
  seen(tokenHash: string, at: Instant): Promise<void>;
  end(tokenHash: string): Promise<void>;
  endAll(person: string): Promise<void>;
  /** Takes away what has ended by itself. */
  sweep(now: Instant, seenBefore: Instant): Promise<void>;
}

export interface ApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly secretHash: string;
  readonly scopes: readonly Permission[];
  readonly equipment: string;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly lastUsedAt: Instant | null;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
}

export interface ApiKeyRepository {
  insert(key: ApiKeyRow): Promise<void>;
  list(): Promise<readonly ApiKeyRow[]>;
  get(id: string): Promise<ApiKeyRow | null>;
  used(id: string, at: Instant): Promise<void>;
  /** A key that was revoked before stays as it is. */
  revoke(id: string, at: Instant): Promise<void>;
}

export interface SignInRepository {
  /** The counts of these buckets, each locked until the transaction ends, whether there was one or not. */
  lock(buckets: readonly string[], at: Instant): Promise<ReadonlyMap<string, FailureCount>>;
  save(bucket: string, count: FailureCount): Promise<void>;
  forget(buckets: readonly string[]): Promise<void>;
  sweep(before: Instant): Promise<void>;
}

export interface AuditRepository {
  /**
   * Adds the next entry. Waits for every other transaction that has added one: to be called last, so that it does not
   * wait long and nobody waits for it.
   */
  append(note: AuditNote): Promise<AuditEntry>;
  head(): Promise<AuditHead>;
  /** Entries after `seq`, oldest first. */
  after(seq: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Entries before `seq` (null: from the newest), newest first. */
  before(seq: number | null, about: string | null, limit: number): Promise<readonly AuditEntry[]>;
}
