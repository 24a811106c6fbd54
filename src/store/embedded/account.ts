/**
 * Which operating system account runs the server. PostgreSQL refuses to run as root; as a normal user it runs as that
 * user. Looking an account up and making one are given from outside, so that a machine without either can be tried.
 */
import { fail, ok, type Result } from "../../base/result.ts";
import { runProgram, type Identity } from "./program.ts";

export interface Account extends Identity {
  readonly name: string;
}

/** What is asked of the operating system. */
export interface AccountSystem {
  /** The effective user id of this process. */
  uid(): number;
  lookup(name: string): Promise<Account | null>;
  /** Makes a system account without a login; null and what the system said when it cannot. */
  create(name: string): Promise<{ readonly account: Account | null; readonly said: string }>;
}

/** An existing account of PostgreSQL is preferred; ours is made when there is none. */
const candidates = ["postgres", "millrace"] as const;

/**
 * The account to run as: undefined for our own (we are not root), else an existing `postgres` or `millrace`, else a
 * new system account `millrace`. The owner of an existing cluster goes before all of them: see `place.ts`.
 *
 * @fault refused store/no-account   root, no such account, and none could be made
 */
export async function serviceAccount(system: AccountSystem): Promise<Result<Account | undefined>> {
  if (system.uid() !== 0) return ok(undefined);
  for (const name of candidates) {
    const found = await system.lookup(name);
    if (found && found.uid !== 0) return ok(found);
  }
  const made = await system.create("millrace");
  if (made.account) return ok(made.account);
  return fail(
    "refused",
    "store/no-account",
    "PostgreSQL does not run as root, and the system account millrace could not be made. Make a system account named " +
      "postgres or millrace, start Millrace as a normal user, or set DATABASE_URL to a server of your own.",
    made.said,
  );
}

/** The accounts of this machine, through the programs every Unix has. */
export const machineAccounts: AccountSystem = {
  uid: () => process.geteuid?.() ?? -1,
  lookup,
  create: async (name) => {
    const said: string[] = [];
    for (const [file, ...args] of creators(name)) {
      const end = await runProgram({ file, args, env: { PATH: systemPath }, limitMs: 30_000 });
      const account = await lookup(name);
      if (account) return { account, said: said.join("\n") };
      said.push(`${file}: ${end.errno ?? `exit code ${end.code}`} ${end.stderr.trim()}`);
    }
    return { account: null, said: said.join("\n") };
  },
};

const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

async function lookup(name: string): Promise<Account | null> {
  const ask = async (flag: string): Promise<number | null> => {
    const end = await runProgram({
      file: "id",
      args: [flag, name],
      env: { PATH: systemPath },
      limitMs: 20_000,
    });
    const id = Number(end.stdout.trim());
    return end.code === 0 && end.stdout.trim() !== "" && Number.isSafeInteger(id) ? id : null;
  };
  const uid = await ask("-u");
  const gid = uid === null ? null : await ask("-g");
  return uid === null || gid === null ? null : { name, uid, gid };
}

/** shadow-utils first, then BusyBox. A home that does not exist: the account owns nothing but its cluster. */
function creators(name: string): readonly (readonly [string, ...string[]])[] {
  const home = "/nonexistent";
  const shell = "/usr/sbin/nologin";
  return [
    ["useradd", "--system", "--user-group", "--no-create-home", "--no-log-init", "-d", home, "-s", shell, name],
    ["adduser", "-S", "-D", "-H", "-h", home, "-s", shell, name],
  ];
}
