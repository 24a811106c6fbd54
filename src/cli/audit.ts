/** `millrace audit verify`: recomputes the hash chain of the audit, and balances from their movements. */
import { checkAudit } from "../app/access.ts";
import { misuse, noData, readArguments, tell, text, type Command } from "./command.ts";

const usage = "audit verify --data DIR [--known SEQ:HASH] [--json]";

const howToMend =
  "Millrace itself moves no balance past its movements. How they are summed up again: docs/guide/access.md, Balances that are off.";

export const command: Command = {
  usage: usage.slice("audit ".length),
  purpose:
    "Checks that no entry of the audit was changed, put in or taken out, and that balances are what was moved; names what does not fit.",
  async run(args) {
    const options = { data: { type: "string" }, known: { type: "string" }, json: { type: "boolean" } } as const;
    const given = readArguments(args, { options, usage, places: 1 });
    const data = given && text(given.values["data"]);
    const known = /^(\d+):([0-9a-f]{64})$/.exec(text(given?.values["known"]) ?? "");
    const isKnownWrong = given?.values["known"] !== undefined && !known;
    if (!given) return 2;
    if (given.positionals[0] !== "verify") return misuse(usage, "Say what is to be done with the audit: verify.");
    if (!data) return misuse(usage, noData);
    if (isKnownWrong)
      return misuse(usage, "--known is what verify has told last time: a number, a colon, 64 hexadecimal digits.");
    const checked = await checkAudit(data, known && { seq: Number(known[1]), hash: known[2] ?? "" });
    if (!checked.ok) return tell(checked.fault);
    const { head, broken, balances } = checked.value;
    if (given.values["json"] === true) console.log(JSON.stringify(checked.value));
    else {
      if (broken) console.log(`The audit is broken at entry ${broken.seq}: ${broken.why}.`);
      else
        console.log(`The audit is whole: ${head.seq} entries. Note down for the next time: ${head.seq}:${head.hash}`);
      for (const line of balances) console.log(`${line}.`);
      if (balances.length > 0) console.log(howToMend);
    }
    return broken || balances.length > 0 ? 1 : 0;
  },
};
