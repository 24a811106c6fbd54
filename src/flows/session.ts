/** Who stands behind a session's token or an API key, now. Asked with every call, so that what was taken away is gone at once. */
import { csrfTokenOf, apiKeyId, isSameSecret, secretHash } from "../access/secret.ts";
import { callerOfKey, callerOfPerson } from "../access/grant.ts";
import type { Caller } from "../access/caller.ts";
import type { AccountRow, SessionRow } from "../access/ports.ts";
import { instant, type Instant } from "../base/instant.ts";
import type { AccessPorts } from "./access-ports.ts";
import type { Tx } from "./ports.ts";

export interface OpenSession {
  readonly account: AccountRow;
  readonly csrfToken: string;
  readonly expiresAt: Instant;
}

/** Somebody who is known. `session` is null for an API key. */
export interface Entrant {
  readonly caller: Caller;
  readonly session: OpenSession | null;
}

/** Written at most so often. */
const seenEveryMs = 60_000;

/** Null when there is no such session, it has ended, or its account is not active any more. */
export async function entrantOfSession(ports: AccessPorts, token: string): Promise<Entrant | null> {
  const now = ports.clock.now();
  const found = await ports.store.transaction((tx) => liveSession(tx, ports, secretHash(token), now));
  if (!found) return null;
  const { session, account } = found;
  return {
    caller: callerOfPerson(account.person, account.grants, ports.hierarchy),
    session: { account, csrfToken: csrfTokenOf(token), expiresAt: endOf(session, now, ports) },
  };
}

/** Null when the key is not there, was revoked or has expired. */
export async function entrantOfKey(ports: AccessPorts, text: string): Promise<Entrant | null> {
  const id = apiKeyId(text);
  if (id === null) return null;
  const now = ports.clock.now();
  const key = await ports.store.transaction(async (tx) => {
    const row = await tx.apiKeys.get(id);
    if (!row || !isSameSecret(row.secretHash, secretHash(text))) return null;
    if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) return null;
    if (row.lastUsedAt === null || now - row.lastUsedAt >= seenEveryMs) await tx.apiKeys.used(id, now);
    return row;
  });
  return key && { caller: callerOfKey(key, ports.hierarchy), session: null };
}

async function liveSession(
  tx: Tx,
  ports: AccessPorts,
  tokenHash: string,
  now: Instant,
): Promise<{ readonly session: SessionRow; readonly account: AccountRow } | null> {
  const session = await tx.sessions.get(tokenHash);
  if (!session) return null;
  if (endOf(session, session.seenAt, ports) <= now) {
    await tx.sessions.end(tokenHash);
    return null;
  }
  const account = await tx.accounts.get(session.person);
  if (!account?.isActive) return null;
  if (now - session.seenAt >= seenEveryMs) await tx.sessions.seen(tokenHash, now);
  return { session, account };
}

/** When it ends by itself if nothing is asked after `lastAt`. */
function endOf(session: SessionRow, lastAt: Instant, { sessions }: AccessPorts): Instant {
  return instant(Math.min(session.expiresAt, lastAt + sessions.idleMs));
}
