/** Who is signed in to the fixture, and its accounts, keys and audit. */
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import { permissions, permissionsOf, type Permission, type Role } from "../../src/access/permission.ts";
import { ago, minuteMs, type Plant } from "./plant.ts";

export function accountsOf(plant: Plant): ReplyOf<"GET /api/v1/people">["items"] {
  const one = (
    person: string,
    login: string,
    name: string | null,
    role: Role,
    isActive = true,
  ): ReplyOf<"GET /api/v1/people">["items"][number] => ({
    person,
    version: "1",
    login,
    name,
    email: `${login}@example.test`,
    grants: [{ role, equipment: "SITE" }],
    isActive,
    mustChangePassword: false,
    lastSignInAt: ago(plant, 400 * minuteMs),
    createdAt: ago(plant, 90_000 * minuteMs),
  });
  return [
    one("p-1A", "ada", "Ada Lehmann", "administrator"),
    one("p-7Q", "otto", "Otto Brandt", "operator"),
    one("p-3C", "gone", null, "planner", false),
  ];
}

export function keysOf(plant: Plant): ReplyOf<"GET /api/v1/keys">["items"] {
  return [
    {
      id: "key-1",
      name: "Dashboard",
      prefix: "mr_7f3k",
      scopes: ["floor.read", "order.read"],
      equipment: "SITE",
      createdBy: "p-1A",
      createdAt: ago(plant, 9000 * minuteMs),
      lastUsedAt: ago(plant, minuteMs),
      expiresAt: null,
      revokedAt: null,
    },
  ];
}

function hashOf(n: number): string {
  return `${String(n).padStart(4, "0")}9f86d081884c7d659a2feaa0c55ad0153a5b2c81d4e6f708192a3b4c5d6e`;
}

export function auditOf(plant: Plant): ReplyOf<"GET /api/v1/audit">["items"] {
  return Array.from({ length: 30 }, (_, n) => ({
    seq: 100 - n,
    at: ago(plant, n * 13 * minuteMs),
    who: n % 3 === 0 ? "system" : "3f0c9a7712e84d5fa1b06c2d9e8f7a65",
    name: n % 3 === 0 ? null : "Otto Brandt",
    what: ["posting/retry", "session/opened", "account/changed"][n % 3]!,
    about: `post-${n}`,
    aboutName: n % 3 === 2 ? "Rita Sommer" : null,
    detail: n % 3 === 1 ? {} : { outcome: "done", digest: hashOf(n + 100) },
    hash: hashOf(n),
  }));
}

export function sessionOf(may: readonly Permission[] = permissions): ReplyOf<"GET /api/v1/session"> {
  return {
    person: "p-1A",
    name: "Ada Lehmann",
    login: "ada",
    grants: [{ role: "administrator", equipment: "SITE" }],
    permissions: [...may],
    csrfToken: "csrf-of-the-fixture",
    mustChangePassword: false,
    expiresAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    site: { id: "SITE", name: "Riverside works", timeZone: "Europe/Berlin" },
  };
}

export function permissionsOfRole(role: Role): readonly Permission[] {
  return permissionsOf[role];
}
