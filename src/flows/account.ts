/**
 * Accounts: made, changed, given a new one-time password, erased. Each writes its audit entry in the same transaction,
 * and leaves one active administrator of the whole site. Whoever changes an account must manage every part of the plant
 * that it has a role for.
 */
import { checkAdministrators, checkGrants, checkReach, losesPower } from "../access/account.ts";
import type { Caller } from "../access/caller.ts";
import type { Grant } from "../access/grant.ts";
import { oneTimePassword } from "../access/password.ts";
import type { AccountRow } from "../access/ports.ts";
import { contentId, randomId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { canonicalJson } from "../base/json.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { AccessPorts } from "./access-ports.ts";
import { decideWithOwnAudit } from "./command.ts";
import type { Tx } from "./ports.ts";

/** The password is nowhere else and is told once. */
export interface FreshPassword {
  readonly account: AccountRow;
  readonly oneTimePassword: string;
}

export interface NewAccount {
  readonly login: string;
  readonly name: string;
  readonly email: string | null;
  readonly grants: readonly Grant[];
}

export interface AccountChange {
  readonly name?: string | undefined;
  readonly email?: string | null | undefined;
  readonly grants?: readonly Grant[] | undefined;
  readonly isActive?: boolean | undefined;
}

/** Accounts with a role in a part of the plant for which the caller may read people. */
export async function listAccounts(ports: AccessPorts, caller: Caller): Promise<readonly AccountRow[]> {
  const all = await ports.store.transaction((tx) => tx.accounts.list());
  const visible = caller.visible("people.read");
  return visible === null ? all : all.filter(({ grants }) => grants.some(({ equipment }) => visible.has(equipment)));
}

/**
 * @param command  its id; the same again makes nothing and tells no password
 * @fault conflict access/login-taken
 * @fault conflict access/answered-before   made before; the password was told then
 * further: `checkGrants`
 */
export async function makeAccount(
  ports: AccessPorts,
  caller: Caller,
  command: string,
  given: NewAccount,
): Promise<Result<FreshPassword>> {
  const allowed = checkGrants(caller, given.grants, ports.hierarchy);
  if (!allowed.ok) return allowed;
  if (given.grants.length === 0 && caller.visible("people.manage") !== null) return needsGrant();
  const login = given.login.trim().toLowerCase();
  return withFreshPassword(
    ports,
    caller,
    { id: command, name: "account/make", content: given, what: "account/made", detail: { grants: given.grants } },
    async (tx, passwordHash, now) => {
      const all = await tx.accounts.lockAll();
      const account = newRow({ ...given, login }, passwordHash, now);
      // Erasing a name leaves the person's key as the login: nobody else may have it by then.
      const isKey = all.some(({ person }) => person === login);
      if (isKey || !(await tx.accounts.insert(account))) {
        // Not naming it: the verdict stays in the list of commands, also when the name is erased.
        return fail("conflict", "access/login-taken", "This login is taken. Choose another one.");
      }
      return ok(account);
    },
  );
}

/**
 * @param version  the one that the change is about
 * @fault conflict access/account-moved   somebody has changed it meanwhile
 * @fault refused  access/last-administrator
 */
export async function alterAccount(
  ports: AccessPorts,
  caller: Caller,
  on: { readonly person: string; readonly version: string },
  change: AccountChange,
): Promise<Result<AccountRow>> {
  const allowed = checkGrants(caller, change.grants ?? [], ports.hierarchy);
  if (!allowed.ok) return allowed;
  return ports.store.transaction(async (tx) => {
    const all = await tx.accounts.lockAll();
    const found = reachable(all, caller, on.person);
    if (!found.ok) return found;
    const before = found.value;
    if (String(before.version) !== on.version) return moved();
    const after: AccountRow = {
      ...before,
      name: change.name === undefined ? before.name : change.name,
      email: change.email === undefined ? before.email : change.email,
      grants: change.grants ?? before.grants,
      isActive: change.isActive ?? before.isActive,
    };
    const saved = await save(tx, ports, all, after);
    if (!saved.ok) return saved;
    if (losesPower(before, after)) await tx.sessions.endAll(after.person);
    // That a name was changed is told, not which.
    const changed = (["name", "email", "grants", "isActive"] as const).filter((field) => change[field] !== undefined);
    await note(tx, ports, caller, "account/changed", after, {
      changed,
      ...(change.grants ? { before: before.grants, after: after.grants } : {}),
      ...(change.isActive === undefined ? {} : { isActive: change.isActive }),
    });
    return saved;
  });
}

/** @fault conflict access/answered-before */
export function resetPassword(
  ports: AccessPorts,
  caller: Caller,
  command: string,
  person: string,
): Promise<Result<FreshPassword>> {
  return withFreshPassword(
    ports,
    caller,
    { id: command, name: "account/reset", content: { person }, what: "account/password-reset", detail: {} },
    async (tx, passwordHash) => {
      const found = reachable(await tx.accounts.lockAll(), caller, person);
      if (!found.ok) return found;
      const account = { ...found.value, passwordHash, mustChangePassword: true };
      await tx.accounts.save(account);
      await tx.sessions.endAll(person);
      return ok({ ...account, version: account.version + 1 });
    },
  );
}

/** Erases name, login and address, and closes the account: facts and audit go on with the key alone. Twice is once. */
export function eraseName(ports: AccessPorts, caller: Caller, person: string): Promise<Result<AccountRow>> {
  return ports.store.transaction(async (tx) => {
    const all = await tx.accounts.lockAll();
    const found = reachable(all, caller, person);
    if (!found.ok) return found;
    const before = found.value;
    if (before.login === before.person && before.name === null) return found;
    const erased = { login: before.person, name: null, email: null, passwordHash: null };
    const saved = await save(tx, ports, all, { ...before, ...erased, isActive: false, mustChangePassword: false });
    if (!saved.ok) return saved;
    await tx.sessions.endAll(person);
    await note(tx, ports, caller, "account/erased", before, {});
    return saved;
  });
}

function reachable(all: readonly AccountRow[], caller: Caller, person: string): Result<AccountRow> {
  const found = all.find((account) => account.person === person);
  if (found && checkReach(caller, found.grants)) return ok(found);
  return fail(
    "invalid",
    "access/unknown-person",
    `There is no account ${person} that you manage. Look at the list again.`,
  );
}

async function save(
  tx: Tx,
  { hierarchy }: AccessPorts,
  all: readonly AccountRow[],
  after: AccountRow,
): Promise<Result<AccountRow>> {
  const remaining = checkAdministrators(
    all.map((account) => (account.person === after.person ? after : account)),
    hierarchy,
  );
  if (!remaining.ok) return remaining;
  await tx.accounts.save(after);
  return ok({ ...after, version: after.version + 1 });
}

interface SecretDecision {
  readonly id: string;
  readonly name: string;
  readonly content: unknown;
  /** For the audit. */
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * A decision whose answer holds a secret. The secret is not kept, so the same command again is answered with a conflict
 * that says what to do; the decision itself is made once.
 */
async function withFreshPassword(
  ports: AccessPorts,
  caller: Caller,
  command: SecretDecision,
  decide: (tx: Tx, passwordHash: string, now: Instant) => Promise<Result<AccountRow>>,
): Promise<Result<FreshPassword>> {
  const password = oneTimePassword();
  const passwordHash = await ports.passwords.hash(password);
  return ports.store.transaction(async (tx): Promise<Result<FreshPassword>> => {
    const now = ports.clock.now();
    const made: { account: AccountRow | null } = { account: null };
    const decision = async (): Promise<Result<{ person: string }>> => {
      const decided = await decide(tx, passwordHash, now);
      if (decided.ok) made.account = decided.value;
      return decided.ok ? ok({ person: decided.value.person }) : decided;
    };
    const outcome = await decideWithOwnAudit(tx, secretCommand(caller, command), now, decision, async () => {
      if (made.account) await note(tx, ports, caller, command.what, made.account, command.detail);
    });
    if (!outcome.ok) return outcome;
    if (made.account) return ok({ account: made.account, oneTimePassword: password });
    const text = `This was done before, for account ${outcome.value.person}, and the password was shown then. If it is lost, set a new one.`;
    return fail("conflict", "access/answered-before", text);
  });
}

/** A command of a person or key, of which only a digest is kept: names and logins must not stay in the list of commands. */
export function secretCommand(
  caller: Caller,
  { id, name, content }: { readonly id: string; readonly name: string; readonly content: unknown },
): Parameters<typeof decideWithOwnAudit>[1] {
  const digest = contentId("content", id, canonicalJson(content));
  // A key acts under its own name where a person would act under a key.
  return { id, name, content: { digest }, actor: { person: caller.actor as PersonKey, reason: name } };
}

function newRow(given: NewAccount, passwordHash: string, createdAt: Instant): AccountRow {
  return {
    // A new person's key is made here and nowhere else.
    person: randomId() as PersonKey,
    ...given,
    passwordHash,
    mustChangePassword: true,
    isActive: true,
    createdAt,
    lastSignInAt: null,
    version: 0,
  };
}

/** The first account of an installation. @returns null when there is one already */
export async function makeFirstAdministrator(ports: AccessPorts, top: string): Promise<FreshPassword | null> {
  if (!(await ports.store.transaction((tx) => tx.accounts.isEmpty()))) return null;
  const password = oneTimePassword();
  const passwordHash = await ports.passwords.hash(password);
  return ports.store.transaction(async (tx) => {
    const all = await tx.accounts.lockAll();
    if (all.length > 0) return null;
    const grants = [{ role: "administrator", equipment: top } as const];
    const given = { login: "admin", name: "Administrator", email: null, grants };
    const account = newRow(given, passwordHash, ports.clock.now());
    await tx.accounts.insert(account);
    await note(tx, ports, { actor: "system" }, "account/made", account, { grants });
    return { account, oneTimePassword: password };
  });
}

async function note(
  tx: Tx,
  ports: AccessPorts,
  { actor }: Pick<Caller, "actor">,
  what: string,
  { person }: Pick<AccountRow, "person">,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.audit.append({ at: ports.clock.now(), who: actor, what, about: person, detail });
}

function moved(): Result<never> {
  return fail("conflict", "access/account-moved", "Somebody has changed this account meanwhile. Look at it again.");
}

function needsGrant(): Result<never> {
  const text = "A new account needs a role in your part of the plant, otherwise you could not see it.";
  return fail("refused", "access/beyond-own-bounds", text);
}
