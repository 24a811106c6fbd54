/** API keys. The secret is never here, only its hash. */
import type { ApiKeyRepository, ApiKeyRow } from "../access/ports.ts";
import type { Permission } from "../access/permission.ts";
import { at, text, when, whenOrNull, type Query, type Row } from "./connection.ts";

const select =
  "select id, name, secret_hash, scopes, equipment, created_by, created_at, last_used_at, expires_at, revoked_at from api_key";

export function apiKeyRepository(query: Query): ApiKeyRepository {
  return {
    async insert(key) {
      await query.run(
        "api-key.insert",
        `insert into api_key (id, name, secret_hash, scopes, equipment, created_by, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          key.id,
          key.name,
          key.secretHash,
          key.scopes,
          key.equipment,
          key.createdBy,
          at(key.createdAt),
          at(key.expiresAt),
        ],
      );
    },

    async list() {
      return (await query.run("api-key.list", `${select} order by created_at, id`)).map(keyOf);
    },

    async get(id) {
      const [row] = await query.run("api-key.get", `${select} where id = $1`, [id]);
      return row ? keyOf(row) : null;
    },

    async used(id, usedAt) {
      await query.run("api-key.used", "update api_key set last_used_at = $2 where id = $1", [id, at(usedAt)]);
    },

    async revoke(id, revokedAt) {
      await query.run("api-key.revoke", "update api_key set revoked_at = $2 where id = $1 and revoked_at is null", [
        id,
        at(revokedAt),
      ]);
    },
  };
}

function keyOf(row: Row): ApiKeyRow {
  return {
    id: text(row["id"]),
    name: text(row["name"]),
    secretHash: text(row["secret_hash"]),
    scopes: row["scopes"] as readonly Permission[], // written from its type
    equipment: text(row["equipment"]),
    createdBy: text(row["created_by"]),
    createdAt: when(row["created_at"]),
    lastUsedAt: whenOrNull(row["last_used_at"]),
    expiresAt: whenOrNull(row["expires_at"]),
    revokedAt: whenOrNull(row["revoked_at"]),
  };
}
