/** When nobody can come in any more: whoever may read the data directory gives an account a new one-time password. */
import { oneTimePassword } from "../access/password.ts";
import type { Grant } from "../access/grant.ts";
import { bucketsOf } from "../access/sign-in-limit.ts";
import { fail, ok, type Result } from "../base/result.ts";
import type { AccessPorts } from "./access-ports.ts";
import type { FreshPassword } from "./account.ts";

export interface Rescue {
  readonly login: string;
  /** Equipment of which it becomes administrator as well, e.g. after the top of the site got another name. */
  readonly administratorOf: string | null;
}

/**
 * The account is active again, its sessions end, its failed sign-ins are forgotten.
 *
 * @fault invalid access/unknown-login
 */
export async function rescueAccount(
  ports: Pick<AccessPorts, "store" | "clock" | "passwords">,
  { login, administratorOf }: Rescue,
): Promise<Result<FreshPassword>> {
  const password = oneTimePassword();
  const passwordHash = await ports.passwords.hash(password);
  return ports.store.transaction(async (tx): Promise<Result<FreshPassword>> => {
    const all = await tx.accounts.lockAll();
    const found = all.find((account) => account.login === login.trim().toLowerCase());
    if (!found) {
      const known = all.filter(({ isActive }) => isActive).map((account) => account.login);
      const text = `There is no account with the login ${login}. Active ones are: ${known.join(", ") || "none"}.`;
      return fail("invalid", "access/unknown-login", text);
    }
    const added: readonly Grant[] =
      administratorOf === null ? [] : [{ role: "administrator", equipment: administratorOf }];
    const grants = [...found.grants, ...added];
    const account = { ...found, passwordHash, mustChangePassword: true, isActive: true, grants };
    await tx.accounts.save(account);
    await tx.sessions.endAll(account.person);
    await tx.signIns.forget([bucketsOf(account.login, "").login]);
    await tx.audit.append({
      at: ports.clock.now(),
      who: "system",
      what: "account/rescued",
      about: account.person,
      detail: { added },
    });
    return ok({ account: { ...account, version: account.version + 1 }, oneTimePassword: password });
  });
}
