/** API keys: made, listed, revoked; each with its audit entry in the same transaction. */
import type { Caller } from "../access/caller.ts";
import type { Permission } from "../access/permission.ts";
import type { ApiKeyRow } from "../access/ports.ts";
import { newApiSecret } from "../access/secret.ts";
import type { Instant } from "../base/instant.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { AccessPorts } from "./access-ports.ts";
import { secretCommand } from "./account.ts";
import { decideWithOwnAudit } from "./command.ts";
import type { Tx } from "./ports.ts";

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly equipment: string;
  readonly expiresAt: Instant | null;
}

export async function listApiKeys(ports: AccessPorts, caller: Caller): Promise<readonly ApiKeyRow[]> {
  const all = await ports.store.transaction((tx) => tx.apiKeys.list());
  return all.filter(({ equipment }) => caller.may("key.manage", equipment));
}

/**
 * @fault invalid  access/unknown-equipment  the site does not have it
 * @fault refused  access/beyond-own-bounds  outside of the caller's part; or a key that gives what it does not hold, or
 *                                           for longer than it lasts itself
 * @fault invalid  access/expired            the key would have ended already
 * @fault conflict access/answered-before    made before; the secret was told then
 */
export async function makeApiKey(
  ports: AccessPorts,
  caller: Caller,
  command: string,
  given: NewApiKey,
): Promise<Result<{ readonly key: ApiKeyRow; readonly secret: string }>> {
  const now = ports.clock.now();
  const allowed = check(ports, caller, given, now);
  if (!allowed.ok) return allowed;
  const secret = newApiSecret();
  const key: ApiKeyRow = {
    ...given,
    id: secret.id,
    secretHash: secret.hash,
    createdBy: caller.actor,
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  };
  return ports.store.transaction(async (tx): Promise<Result<{ key: ApiKeyRow; secret: string }>> => {
    if (await outlivesMaker(tx, caller, given)) return beyond(given.equipment);
    const decision = secretCommand(caller, { id: command, name: "api-key/make", content: given });
    const decide = async (): Promise<Result<{ id: string }>> => {
      await tx.apiKeys.insert(key);
      return ok({ id: key.id });
    };
    const { scopes, equipment } = given;
    const entry = { at: now, who: caller.actor, what: "api-key/made", about: key.id, detail: { scopes, equipment } };
    const outcome = await decideWithOwnAudit(
      tx,
      decision,
      now,
      decide,
      async () => void (await tx.audit.append(entry)),
    );
    if (!outcome.ok) return outcome;
    if (outcome.value.id === key.id) return ok({ key, secret: secret.text });
    const text = `This was done before: it made key ${outcome.value.id}, whose secret was shown then. If it is lost, revoke it and make another.`;
    return fail("conflict", "access/answered-before", text);
  });
}

/** Twice is once. @fault invalid access/unknown-key */
export function revokeApiKey(ports: AccessPorts, caller: Caller, id: string): Promise<Result<ApiKeyRow>> {
  return ports.store.transaction(async (tx): Promise<Result<ApiKeyRow>> => {
    const now = ports.clock.now();
    const key = await tx.apiKeys.get(id);
    if (!key || !caller.may("key.manage", key.equipment)) {
      return fail(
        "invalid",
        "access/unknown-key",
        `There is no API key ${id} that you manage. Look at the list again.`,
      );
    }
    if (key.revokedAt !== null) return ok(key);
    await tx.apiKeys.revoke(id, now);
    await tx.audit.append({ at: now, who: caller.actor, what: "api-key/revoked", about: id, detail: {} });
    return ok({ ...key, revokedAt: now });
  });
}

function check(ports: AccessPorts, caller: Caller, given: NewApiKey, now: Instant): Result<void> {
  const { equipment, scopes, expiresAt } = given;
  if (!ports.hierarchy.equipment.some(({ id }) => id === equipment)) {
    return fail(
      "invalid",
      "access/unknown-equipment",
      `The site has no equipment ${equipment}. Choose one that it has.`,
    );
  }
  const isHeld = caller.key === null || scopes.every((scope) => caller.may(scope, equipment));
  if (!caller.may("key.manage", equipment) || !isHeld) return beyond(equipment);
  if (expiresAt !== null && expiresAt <= now) {
    return fail("invalid", "access/expired", "The key would have ended already. Choose a later end, or none.");
  }
  return ok(undefined);
}

/** Otherwise a key that ends would make itself one that does not. */
async function outlivesMaker(tx: Tx, { key }: Caller, { expiresAt }: NewApiKey): Promise<boolean> {
  const end = key === null ? null : ((await tx.apiKeys.get(key))?.expiresAt ?? null);
  return end !== null && (expiresAt === null || expiresAt > end);
}

function beyond(equipment: string): Result<never> {
  const text = `You cannot make such a key for ${equipment}. Ask somebody who manages keys there.`;
  return fail("refused", "access/beyond-own-bounds", text);
}
