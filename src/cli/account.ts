/** `millrace account reset`: a new one-time password when nobody can sign in any more. */
import { resetAccount } from "../app/access.ts";
import { misuse, noData, readArguments, tell, text, type Command } from "./command.ts";

const usage = "account reset LOGIN --data DIR [--administrator-of EQUIPMENT --site DIR]";

export const command: Command = {
  usage: usage.slice("account ".length),
  purpose:
    "Gives an account a new one-time password and lets it in again; for when the last administrator is locked out.",
  async run(args) {
    const options = {
      data: { type: "string" },
      "administrator-of": { type: "string" },
      site: { type: "string" },
    } as const;
    const given = readArguments(args, { options, usage, places: 2 });
    const data = given && text(given.values["data"]);
    const [verb, login] = given?.positionals ?? [];
    const equipment = given && text(given.values["administrator-of"]);
    const site = given && text(given.values["site"]);
    const administratorOf = equipment !== null && site !== null ? { equipment, site } : null;
    const isHalf = (equipment === null) !== (site === null);
    if (!given) return 2;
    if (verb !== "reset") return misuse(usage, `Say what is to be done with an account: reset.`);
    if (login === undefined) return misuse(usage, "Name the login of the account.");
    if (!data) return misuse(usage, noData);
    if (isHalf) return misuse(usage, "--administrator-of and --site go together.");
    const reset = await resetAccount(data, { login, administratorOf });
    if (!reset.ok) return tell(reset.fault);
    const { account, oneTimePassword } = reset.value;
    console.log(`"${account.login}" signs in with the one-time password ${oneTimePassword}`);
    return 0;
  },
};
