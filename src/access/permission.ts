/**
 * What a person or key may do: permissions, and the roles that bundle them. Who holds which role, and for which part of
 * the plant, is a grant (`grant.ts`); nothing here knows people.
 */

export const permissions = [
  "floor.read",
  "order.read",
  "order.decide",
  "terminal.read",
  "terminal.report",
  "terminal.back-date",
  "terminal.substitute",
  "mend.read",
  "mend.decide",
  "material.read",
  "connection.read",
  "notification.read",
  "notification.acknowledge",
  "people.read",
  "people.manage",
  "key.manage",
  "audit.read",
  "metrics.read",
  "document.exchange",
] as const;
export type Permission = (typeof permissions)[number];

export const roles = [
  "operator",
  "supervisor",
  "planner",
  "quality",
  "controller",
  "engineer",
  "administrator",
] as const;
export type Role = (typeof roles)[number];

const looks: readonly Permission[] = ["floor.read", "order.read", "material.read", "notification.read"];
const works: readonly Permission[] = ["terminal.read", "terminal.report", "notification.acknowledge"];
const mends: readonly Permission[] = ["mend.read", "mend.decide"];

/** Total: every role says all that it may. */
export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  operator: [...looks, ...works],
  supervisor: [
    ...looks,
    ...works,
    ...mends,
    "order.decide",
    "terminal.back-date",
    "terminal.substitute",
    "connection.read",
    "people.read",
  ],
  planner: [...looks, "notification.acknowledge", "mend.read", "order.decide", "connection.read"],
  quality: [...looks, "terminal.read", "terminal.substitute", "notification.acknowledge", ...mends],
  controller: [...looks, "notification.acknowledge", ...mends, "audit.read"],
  engineer: [
    ...looks,
    "terminal.read",
    "notification.acknowledge",
    ...mends,
    "connection.read",
    "metrics.read",
    "document.exchange",
  ],
  administrator: [
    ...looks,
    "notification.acknowledge",
    "connection.read",
    "mend.read",
    "people.read",
    "people.manage",
    "key.manage",
    "audit.read",
    "metrics.read",
    "document.exchange",
  ],
};
