/**
 * Accounts for the visitors of the demo: one for each role, for the whole plant, with one password that is made anew at
 * each start. And the names of its workers, whose accounts nobody can sign in with. Only the demo makes them, and it
 * listens on loopback alone.
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
import { workerAt } from "./demo-bench.ts";

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

/** Before they report: who has done something is told by name. */
export async function nameWorkers(store: Store, site: Site): Promise<void> {
  const benches = site.workUnits.filter(({ connection }) => connection === null);
  await store.transaction(async (tx) => {
    for (const { id, description } of benches) {
      const own = { person: workerAt(id), login: `worker-${id.toLowerCase()}`, name: `Worker at ${description}` };
      await tx.accounts.insert({ ...unnamed(), ...own });
    }
  });
}

function personOf(role: Role): PersonKey {
  return contentId("person", "demo", role) as PersonKey; // a key of its own; nobody stands behind it
}

function freshAccount(role: Role): AccountRow {
  const name = `${role.slice(0, 1).toUpperCase()}${role.slice(1)} of the demo`;
  return { ...unnamed(), person: personOf(role), login: role, name };
}

/** Without rights, and without a password that works. */
function unnamed(): Omit<AccountRow, "person" | "login" | "name"> {
  return {
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
