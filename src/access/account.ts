/** Accounts: what must hold for them, whoever changes them. Rows and transactions are elsewhere. */
import { fail, ok, type Result } from "../base/result.ts";
import type { Caller } from "./caller.ts";
import { topOf, type Grant, type Hierarchy } from "./grant.ts";
import { permissions, permissionsOf, type Permission, type Role } from "./permission.ts";
import type { AccountRow } from "./ports.ts";

/** One who can mend everything else: active, able to sign in, and administrator of the whole site. */
export function isChiefAdministrator(
  account: Pick<AccountRow, "isActive" | "passwordHash" | "grants">,
  hierarchy: Hierarchy,
): boolean {
  const top = topOf(hierarchy);
  const holds = account.grants.some(({ role, equipment }) => role === "administrator" && equipment === top);
  return account.isActive && account.passwordHash !== null && holds;
}

/** @fault refused access/last-administrator */
export function checkAdministrators(accounts: readonly AccountRow[], hierarchy: Hierarchy): Result<void> {
  if (accounts.some((account) => isChiefAdministrator(account, hierarchy))) return ok(undefined);
  const text = "One active administrator of the whole site must remain. Make another one first.";
  return fail("refused", "access/last-administrator", text);
}

/**
 * Whether somebody may give these grants. A person who manages people may give any role in his part of the plant; a key
 * gives only roles of which it holds there whatever they lead to.
 *
 * @fault invalid access/unknown-equipment   a grant for equipment that the site does not have
 * @fault refused access/beyond-own-bounds   a grant outside of the giver's part, or beyond what a key holds
 */
export function checkGrants(caller: Caller, grants: readonly Grant[], hierarchy: Hierarchy): Result<void> {
  for (const grant of grants) {
    const { role, equipment } = grant;
    if (!hierarchy.equipment.some(({ id }) => id === equipment)) {
      return fail(
        "invalid",
        "access/unknown-equipment",
        `The site has no equipment ${equipment}. Choose one that it has.`,
      );
    }
    if (!mayGive(caller, grant)) {
      const text = `You cannot give or take the role ${role} for ${equipment}. Ask somebody who manages people there.`;
      return fail("refused", "access/beyond-own-bounds", text);
    }
  }
  return ok(undefined);
}

/**
 * Whether somebody may change an account with these grants, in whatever way: set its password, and with that sign in as its
 * person; activate it again; say where its mail goes. So nobody may who could not give all of its roles. One without any
 * role is the whole site's.
 */
export function checkReach(caller: Caller, grants: readonly Grant[]): boolean {
  if (grants.length === 0) return caller.visible("people.manage") === null;
  return grants.every((grant) => mayGive(caller, grant));
}

function mayGive(caller: Caller, { role, equipment }: Grant): boolean {
  if (!caller.may("people.manage", equipment)) return false;
  return caller.key === null || leadsTo(role).every((permission) => caller.may(permission, equipment));
}

/** What somebody with this role can come to: who manages people or keys gives himself any role there, or makes any key. */
function leadsTo(role: Role): readonly Permission[] {
  const held = permissionsOf[role];
  return held.includes("people.manage") || held.includes("key.manage") ? permissions : held;
}

/** Whether `after` may less than `before` somewhere: then its sessions end. */
export function losesPower(
  before: Pick<AccountRow, "grants" | "isActive">,
  after: Pick<AccountRow, "grants" | "isActive">,
): boolean {
  if (before.isActive && !after.isActive) return true;
  return before.grants.some(
    (held) => !after.grants.some(({ role, equipment }) => role === held.role && equipment === held.equipment),
  );
}
