/** Accounts and API keys. */
import type { AccountRow, ApiKeyRow } from "../../access/ports.ts";
import { apiKeyPrefix } from "../../access/secret.ts";
import { formatInstant, instant, type Instant } from "../../base/instant.ts";
import { ok } from "../../base/result.ts";
import type { AccessPorts } from "../../flows/access-ports.ts";
import { alterAccount, eraseName, listAccounts, makeAccount, resetPassword } from "../../flows/account.ts";
import { listApiKeys, makeApiKey, revokeApiKey } from "../../flows/api-key.ts";
import type { Account } from "../contract/people.ts";
import type { ReplyOf } from "../contract/contract.ts";
import type { HandlersOf } from "../handler.ts";

export type PeopleHandlers = HandlersOf<
  | "GET /api/v1/people"
  | "POST /api/v1/people"
  | "PATCH /api/v1/people/:person"
  | "POST /api/v1/people/:person/password"
  | "DELETE /api/v1/people/:person/name"
  | "GET /api/v1/keys"
  | "POST /api/v1/keys"
  | "DELETE /api/v1/keys/:key"
>;

export function peopleHandlers(ports: AccessPorts): PeopleHandlers {
  return {
    "GET /api/v1/people": async ({ caller }) => ok({ items: (await listAccounts(ports, caller)).map(accountOf) }),

    "POST /api/v1/people": async ({ caller, command, body }) => {
      const made = await makeAccount(ports, caller, command, body);
      return made.ok ? ok({ ...made.value, account: accountOf(made.value.account) }) : made;
    },

    "PATCH /api/v1/people/:person": async ({ caller, params, version, body }) => {
      const altered = await alterAccount(ports, caller, { person: params["person"] ?? "", version }, body);
      return altered.ok ? ok(accountOf(altered.value)) : altered;
    },

    "POST /api/v1/people/:person/password": async ({ caller, params, command }) => {
      const reset = await resetPassword(ports, caller, command, params["person"] ?? "");
      return reset.ok ? ok({ ...reset.value, account: accountOf(reset.value.account) }) : reset;
    },

    "DELETE /api/v1/people/:person/name": async ({ caller, params }) => {
      const erased = await eraseName(ports, caller, params["person"] ?? "");
      return erased.ok ? ok(accountOf(erased.value)) : erased;
    },

    "GET /api/v1/keys": async ({ caller }) => ok({ items: (await listApiKeys(ports, caller)).map(keyOf) }),

    "POST /api/v1/keys": async ({ caller, command, body }) => {
      const expiresAt = body.expiresAt === null ? null : instant(Date.parse(body.expiresAt));
      const made = await makeApiKey(ports, caller, command, { ...body, expiresAt });
      return made.ok ? ok({ key: keyOf(made.value.key), secret: made.value.secret }) : made;
    },

    "DELETE /api/v1/keys/:key": async ({ caller, params }) => {
      const revoked = await revokeApiKey(ports, caller, params["key"] ?? "");
      return revoked.ok ? ok(keyOf(revoked.value)) : revoked;
    },
  };
}

/** Never the hash of the password. */
function accountOf(row: AccountRow): Account {
  const { person, login, name, email, grants, isActive, mustChangePassword } = row;
  return {
    person,
    login,
    name,
    email,
    grants: [...grants],
    isActive,
    mustChangePassword,
    version: String(row.version),
    createdAt: formatInstant(row.createdAt),
    lastSignInAt: timeOf(row.lastSignInAt),
  };
}

function keyOf(row: ApiKeyRow): ReplyOf<"GET /api/v1/keys">["items"][number] {
  const { id, name, scopes, equipment, createdBy } = row;
  return {
    id,
    name,
    prefix: apiKeyPrefix(id),
    scopes: [...scopes],
    equipment,
    createdBy,
    createdAt: formatInstant(row.createdAt),
    lastUsedAt: timeOf(row.lastUsedAt),
    expiresAt: timeOf(row.expiresAt),
    revokedAt: timeOf(row.revokedAt),
  };
}

function timeOf(at: Instant | null): string | null {
  return at === null ? null : formatInstant(at);
}
