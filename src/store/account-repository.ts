/** Accounts and the names of people. The name is in `person`, which may hold people without an account too. */
import { toJson } from "../base/json.ts";
import type { AccountRepository, AccountRow } from "../access/ports.ts";
import type { Grant } from "../access/grant.ts";
import type { PersonKey } from "../isa95/resource/person.ts";
import { at, int, text, textOrNull, when, whenOrNull, type Query, type Row } from "./connection.ts";

const select = `select a.person, a.login, a.email, a.password_hash, a.must_change_password, a.is_active, a.grants, a.created_at,
  a.last_sign_in_at, a.version, p.name from account a join person p on p.key = a.person`;

export function accountRepository(query: Query): AccountRepository {
  const one = async (name: string, where: string, value: string): Promise<AccountRow | null> => {
    const [row] = await query.run(name, `${select} where ${where}`, [value]);
    return row ? accountOf(row) : null;
  };
  return {
    insert: (account) => insert(query, account),

    async list() {
      return (await query.run("account.list", `${select} order by a.login`)).map(accountOf);
    },

    get: (person) => one("account.get", "a.person = $1", person),

    byLogin: (login) => one("account.by-login", "a.login = $1", login),

    async lockAll() {
      // Readers go on; whoever else would change accounts waits.
      await query.run("account.lock", "lock table account in share row exclusive mode");
      return (await query.run("account.list", `${select} order by a.login`)).map(accountOf);
    },

    async save(account) {
      const rows = await query.run(
        "account.save",
        `with named as (update person set name = $9 where key = $1)
         update account set login = $2, email = $3, password_hash = $4, must_change_password = $5, is_active = $6, grants = $7,
           version = version + 1
         where person = $1 and version = $8 returning person`,
        [
          account.person,
          account.login,
          account.email,
          account.passwordHash,
          account.mustChangePassword,
          account.isActive,
          toJson(account.grants),
          account.version,
          account.name,
        ],
      );
      if (rows.length !== 1) throw new Error(`The account ${account.person} was changed meanwhile.`);
    },

    async signedIn(person, signedInAt) {
      await query.run("account.signed-in", "update account set last_sign_in_at = $2 where person = $1", [
        person,
        at(signedInAt),
      ]);
    },

    async isEmpty() {
      return (await query.run("account.any", "select 1 from account limit 1")).length === 0;
    },
  };
}

async function insert(query: Query, account: AccountRow): Promise<boolean> {
  const taken = await query.run("account.taken", "select 1 from account where login = $1", [account.login]);
  if (taken.length > 0) return false;
  await query.run(
    "person.name",
    "insert into person (key, name) values ($1, $2) on conflict (key) do update set name = $2",
    [account.person, account.name],
  );
  const rows = await query.run(
    "account.insert",
    `insert into account (person, login, email, password_hash, must_change_password, is_active, grants, created_at, last_sign_in_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (login) do nothing returning person`,
    [
      account.person,
      account.login,
      account.email,
      account.passwordHash,
      account.mustChangePassword,
      account.isActive,
      toJson(account.grants),
      at(account.createdAt),
      at(account.lastSignInAt),
    ],
  );
  return rows.length === 1;
}

function accountOf(row: Row): AccountRow {
  return {
    // Both were written from their types.
    person: text(row["person"]) as PersonKey,
    grants: row["grants"] as readonly Grant[],
    login: text(row["login"]),
    name: textOrNull(row["name"]),
    email: textOrNull(row["email"]),
    passwordHash: textOrNull(row["password_hash"]),
    mustChangePassword: row["must_change_password"] === true,
    isActive: row["is_active"] === true,
    createdAt: when(row["created_at"]),
    lastSignInAt: whenOrNull(row["last_sign_in_at"]),
    version: int(row["version"]),
  };
}
