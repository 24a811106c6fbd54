/**
 * Signing in and out, and changing one's own password. A try is counted before the password is looked at, so that many
 * at once do not get more tries than one after the other. Each change of who is inside is in the audit.
 */
import { checkPassword } from "../access/password.ts";
import type { AccountRow } from "../access/ports.ts";
import { csrfTokenOf, newSessionToken, secretHash } from "../access/secret.ts";
import { addressLimit, blockedUntil, bucketsOf, loginLimit, withFailure } from "../access/sign-in-limit.ts";
import { instant, type Instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { AccessPorts } from "./access-ports.ts";
import type { Tx } from "./ports.ts";
import type { OpenSession } from "./session.ts";

export interface SignedIn {
  /** For the cookie; nobody else gets it. */
  readonly token: string;
  readonly session: OpenSession;
}

export interface SignInAttempt {
  readonly login: string;
  readonly password: string;
  readonly address: string;
  /** The session that the same browser had before: it ends, whoever's it was. */
  readonly replaces: string | null;
}

/**
 * @fault refused access/wrong-password     login or password; which of both is not told
 * @fault refused access/too-many-attempts  with `cause.retryAfterMs`
 */
export async function signIn(ports: AccessPorts, attempt: SignInAttempt): Promise<Result<SignedIn>> {
  const login = attempt.login.trim().toLowerCase();
  const admitted = await admit(ports, login, attempt.address);
  if (!admitted.ok) return admitted;
  const account = admitted.value;
  const isRight = await ports.passwords.isRight(attempt.password, account?.isActive ? account.passwordHash : null);
  if (!account || !isRight) {
    if (account) await ports.store.transaction((tx) => audit(tx, ports, account, "session/refused"));
    return wrongPassword();
  }
  const renewed =
    account.passwordHash !== null && ports.passwords.isOutdated(account.passwordHash)
      ? await ports.passwords.hash(attempt.password)
      : null;
  return ports.store.transaction(async (tx) => {
    // First, as everywhere: counts, then accounts, then the audit, so that two never wait for each other.
    await forgive(tx, login, attempt.address, ports.clock.now());
    // Locked, or a new password could be set beside this, end the sessions that there are, and miss the one opened here.
    const current = (await tx.accounts.lockAll()).find(({ person }) => person === account.person);
    // Somebody has changed the password or locked the account while it was compared.
    if (!current?.isActive || current.passwordHash !== account.passwordHash) return wrongPassword();
    if (attempt.replaces !== null) await tx.sessions.end(secretHash(attempt.replaces));
    if (renewed !== null) await tx.accounts.save({ ...current, passwordHash: renewed });
    return ok(await open(tx, ports, current, "session/opened"));
  });
}

/** Ends the session of this token; one that is not there is ended already. */
export async function signOut(ports: AccessPorts, token: string): Promise<void> {
  await ports.store.transaction(async (tx) => {
    const session = await tx.sessions.get(secretHash(token));
    if (!session) return;
    await tx.sessions.end(session.tokenHash);
    await audit(tx, ports, session, "session/closed");
  });
}

export interface PasswordChange {
  readonly person: string;
  readonly old: string;
  readonly new: string;
  readonly address: string;
}

/**
 * Changes one's own password. All sessions end; the answer is a new one.
 *
 * @fault refused access/wrong-password   the old one
 * @fault invalid access/weak-password    the new one
 */
export async function changePassword(ports: AccessPorts, change: PasswordChange): Promise<Result<SignedIn>> {
  const known = await ports.store.transaction((tx) => tx.accounts.get(change.person));
  if (!known) return wrongPassword();
  const fits = checkPassword(change.new, { login: known.login, old: change.old });
  if (!fits.ok) return fits;
  const admitted = await admit(ports, known.login, change.address);
  if (!admitted.ok) return admitted;
  if (!(await ports.passwords.isRight(change.old, known.passwordHash))) return wrongPassword();
  const passwordHash = await ports.passwords.hash(change.new);
  return ports.store.transaction(async (tx) => {
    await forgive(tx, known.login, change.address, ports.clock.now());
    const account = (await tx.accounts.lockAll()).find(({ person }) => person === change.person);
    if (!account?.isActive || account.passwordHash !== known.passwordHash) return wrongPassword();
    const changed = { ...account, passwordHash, mustChangePassword: false };
    await tx.accounts.save(changed);
    await tx.sessions.endAll(account.person);
    return ok(await open(tx, ports, changed, "account/password-changed"));
  });
}

/** Counts the try. @returns the account, or null for nobody */
function admit(ports: AccessPorts, login: string, address: string): Promise<Result<AccountRow | null>> {
  const buckets = bucketsOf(login, address);
  return ports.store.transaction(async (tx) => {
    const now = ports.clock.now();
    const counts = await tx.signIns.lock([buckets.login, buckets.address], now);
    const until = [buckets.login, buckets.address].map((bucket) => blockedUntil(counts.get(bucket) ?? null, now));
    const last = Math.max(...until.map((at) => at ?? 0));
    if (last > 0) return tooMany(instant(last), now);
    await tx.signIns.save(buckets.login, withFailure(loginLimit, counts.get(buckets.login) ?? null, now));
    await tx.signIns.save(buckets.address, withFailure(addressLimit, counts.get(buckets.address) ?? null, now));
    return ok(await tx.accounts.byLogin(login));
  });
}

/** The try that was counted was none: the login begins anew, the address gets it back. */
async function forgive(tx: Tx, login: string, address: string, now: Instant): Promise<void> {
  const buckets = bucketsOf(login, address);
  const counts = await tx.signIns.lock([buckets.login, buckets.address], now);
  await tx.signIns.forget([buckets.login]);
  const count = counts.get(buckets.address);
  if (!count || count.failures <= 1) return tx.signIns.forget([buckets.address]);
  await tx.signIns.save(buckets.address, { ...count, failures: count.failures - 1, blockedUntil: null });
}

async function open(tx: Tx, ports: AccessPorts, account: AccountRow, what: string): Promise<SignedIn> {
  const now = ports.clock.now();
  const { idleMs, longestMs } = ports.sessions;
  const token = newSessionToken();
  const { person } = account;
  await tx.sessions.insert({
    tokenHash: secretHash(token),
    person,
    createdAt: now,
    seenAt: now,
    expiresAt: instant(now + longestMs),
  });
  await tx.accounts.signedIn(person, now);
  await audit(tx, ports, account, what);
  const expiresAt = instant(now + Math.min(idleMs, longestMs));
  return {
    token,
    session: { account: { ...account, lastSignInAt: now }, csrfToken: csrfTokenOf(token), expiresAt },
  };
}

async function audit(tx: Tx, ports: AccessPorts, { person }: Pick<AccountRow, "person">, what: string): Promise<void> {
  const who = what === "session/refused" ? "system" : person;
  await tx.audit.append({ at: ports.clock.now(), who, what, about: person, detail: {} });
}

function wrongPassword(): Result<never> {
  const text = "Login or password is wrong. Check both, and whether the keyboard writes capitals.";
  return fail("refused", "access/wrong-password", text);
}

function tooMany(until: Instant, now: Instant): Result<never> {
  const seconds = Math.ceil((until - now) / 1000);
  const wait = seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
  const text = `Too many failed sign-ins. Try again in ${wait}, or ask an administrator for a new password.`;
  return fail("refused", "access/too-many-attempts", text, { retryAfterMs: until - now });
}
