/** Signing in and out, and what the one who is signed in may do. */
import { z } from "zod";
import { permissions, roles } from "../../access/permission.ts";
import type { RouteTable } from "./route.ts";

/** A role for a part of the plant. */
export const grant = z
  .object({
    role: z.enum(roles),
    /** Equipment id: the role holds for it and everything below. */
    equipment: z.string(),
  })
  .meta({ id: "Grant" });

export const session = z
  .object({
    /** Pseudonymous key of the person. */
    person: z.string(),
    /** Shown name; null when it was erased. */
    name: z.string().nullable(),
    login: z.string(),
    grants: z.array(grant),
    /** All that the grants allow somewhere. */
    permissions: z.array(z.enum(permissions)),
    /** To be sent as `X-CSRF-Token` with every change. */
    csrfToken: z.string(),
    /** A one-time password was used: nothing else is allowed before it is changed. */
    mustChangePassword: z.boolean(),
    expiresAt: z.iso.datetime(),
    site: z.object({ id: z.string(), name: z.string(), timeZone: z.string() }),
  })
  .meta({ id: "Session" });
export type Session = z.infer<typeof session>;

export const sessionRoutes = {
  "POST /api/v1/session": {
    permission: null,
    summary: "Signs in with login and password; sets the session cookie",
    body: z.object({ login: z.string().max(200), password: z.string().max(1000) }),
    reply: session,
  },
  "GET /api/v1/session": { permission: "signed-in", summary: "Who is signed in", reply: session },
  "DELETE /api/v1/session": { permission: "signed-in", summary: "Signs out", reply: z.null() },
  "POST /api/v1/session/password": {
    permission: "signed-in",
    summary: "Changes one's own password; ends all other sessions",
    body: z.object({ old: z.string().max(1000), new: z.string().min(12).max(1000) }),
    reply: session,
  },
} as const satisfies RouteTable;
