/**
 * Accounts for the visitors of the demo: one for each role, for the whole plant, with one password that is made anew at
 * each start. Only the demo makes them, and it listens on loopback alone.
 */
import { roles, type Role } from "../access/permission.ts";
import { oneTimePassword, passwords } from "../access/password.ts";
import type { AccountRow } from "../access/ports.ts";
import { topOf } from "../access/grant.ts";
import { systemClock } from "../base/clock.ts";
import { contentId } from "../base/id.ts";
import type { Store } from "../flows/ports.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import type { Site } from "../site/site.ts";

export interface DemoAccounts {
  readonly logins: readonly Role[];
  readonly password: string;
}

export async function makeDemoAccounts(store: Store, site: Site): Promise<DemoAccounts> {
  const password = oneTimePassword();
  const passwordHash = await passwords().hash(password);
  const equipment = topOf(site);
  await store.transaction(async (tx) => {
    await tx.accounts.lockAll();
    for (const role of roles) {
      const known = await tx.accounts.byLogin(role);
      const change = { passwordHash, mustChangePassword: false, isActive: true, grants: [{ role, equipment }] };
      if (known) await tx.accounts.save({ ...known, ...change });
      else await tx.accounts.insert({ ...freshAccount(role), ...change });
      const person = known?.person ?? personOf(role);
      const at = systemClock.now();
      await tx.audit.append({ at, who: "system", what: "account/demo", about: person, detail: { role } });
    }
  });
  return { logins: roles, password };
}

function personOf(role: Role): PersonKey {
  return contentId("person", "demo", role) as PersonKey; // a key of its own; nobody stands behind it
}

function freshAccount(role: Role): AccountRow {
  return {
    person: personOf(role),
    login: role,
    name: `${role.slice(0, 1).toUpperCase()}${role.slice(1)} of the demo`,
    email: null,
    passwordHash: null,
    mustChangePassword: false,
    isActive: true,
    grants: [],
    createdAt: systemClock.now(),
    lastSignInAt: null,
    version: 0,
  };
}
