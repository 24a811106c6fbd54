/** Accounts, roles, API keys, and the audit. */
import { z } from "zod";
import { permissions } from "../../access/permission.ts";
import { page, pageQuery, time } from "./answer.ts";
import type { RouteTable } from "./route.ts";
import { grant } from "./session.ts";

export const account = z
  .object({
    person: z.string(),
    version: z.string(),
    login: z.string(),
    name: z.string().nullable(),
    email: z.string().nullable(),
    grants: z.array(grant),
    isActive: z.boolean(),
    mustChangePassword: z.boolean(),
    lastSignInAt: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Account" });
export type Account = z.infer<typeof account>;

const oneTimePassword = z.object({ account, oneTimePassword: z.string() });

export const apiKey = z
  .object({
    id: z.string(),
    name: z.string(),
    /** The first signs, so that a person recognises it. */
    prefix: z.string(),
    scopes: z.array(z.enum(permissions)),
    equipment: z.string(),
    createdBy: z.string(),
    createdAt: time,
    lastUsedAt: time.nullable(),
    expiresAt: time.nullable(),
    revokedAt: time.nullable(),
  })
  .meta({ id: "ApiKey" });

export const auditEntry = z
  .object({
    seq: z.number().int(),
    at: time,
    /** Person key, `key:ID`, or `system`. */
    who: z.string(),
    /** Of the person or the key; null: it was erased, or it is neither. */
    name: z.string().nullable(),
    what: z.string(),
    about: z.string(),
    /** As `name`, when it is about a person or a key. */
    aboutName: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
    hash: z.string(),
  })
  .meta({ id: "AuditEntry" });

const login = z.string().trim().toLowerCase().min(2).max(100);

export const peopleRoutes = {
  "GET /api/v1/people": {
    permission: "people.read",
    summary: "Accounts",
    reply: z.object({ items: z.array(account) }),
  },
  "POST /api/v1/people": {
    permission: "people.manage",
    summary: "Makes an account; its one-time password is answered once",
    body: z.object({ login, name: z.string().max(200), email: z.email().nullable(), grants: z.array(grant) }),
    reply: oneTimePassword,
    isCommand: true,
  },
  "PATCH /api/v1/people/:person": {
    permission: "people.manage",
    summary: "Changes name, grants or whether it is active; ends its sessions when it may less",
    body: z.object({
      name: z.string().max(200).optional(),
      email: z.email().nullable().optional(),
      grants: z.array(grant).optional(),
      isActive: z.boolean().optional(),
    }),
    reply: account,
    isVersioned: true,
  },
  "POST /api/v1/people/:person/password": {
    permission: "people.manage",
    summary: "Sets a new one-time password and ends all sessions",
    reply: oneTimePassword,
    isCommand: true,
  },
  "DELETE /api/v1/people/:person/name": {
    permission: "people.manage",
    summary: "Erases the name; facts and audit stay valid with the key alone",
    reply: account,
  },
  "GET /api/v1/keys": { permission: "key.manage", summary: "API keys", reply: z.object({ items: z.array(apiKey) }) },
  "POST /api/v1/keys": {
    permission: "key.manage",
    summary: "Makes a key; its secret is answered once",
    body: z.object({
      name: z.string().trim().min(2).max(100),
      scopes: z.array(z.enum(permissions)).min(1),
      equipment: z.string(),
      expiresAt: time.nullable(),
    }),
    reply: z.object({ key: apiKey, secret: z.string() }),
    isCommand: true,
  },
  "DELETE /api/v1/keys/:key": { permission: "key.manage", summary: "Revokes a key", reply: apiKey },
  "GET /api/v1/audit": {
    permission: "audit.read",
    summary: "The audit, newest first",
    query: pageQuery.extend({ about: z.string().optional() }),
    reply: page(auditEntry),
  },
} as const satisfies RouteTable;
