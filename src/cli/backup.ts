/** `millrace backup`: the whole record in one file, while everything goes on. */
import { systemClock } from "../base/clock.ts";
import { backupTo } from "../app/keep.ts";
import { jsonLog } from "../app/log.ts";
import { misuse, noData, readArguments, tell, text, type Command } from "./command.ts";

const usage = "backup --data DIR --out FILE [--json]";

export const command: Command = {
  usage: "--data DIR --out FILE [--json]",
  purpose: "Writes everything that is recorded into one file; a running process goes on.",
  async run(args) {
    const options = { data: { type: "string" }, out: { type: "string" }, json: { type: "boolean" } } as const;
    const given = readArguments(args, { options, usage, places: 0 });
    const data = given && text(given.values["data"]);
    const out = given && text(given.values["out"]);
    if (!given) return 2;
    if (!data) return misuse(usage, noData);
    if (!out) return misuse(usage, "Name the file of the backup with --out.");
    const isQuiet = given.values["json"] === true;
    const log = jsonLog(systemClock, () => undefined);
    const done = await backupTo({ data, out, log, progress: (line) => void (isQuiet || console.error(line)) });
    if (!done.ok) return tell(done.fault);
    if (isQuiet) {
      console.log(JSON.stringify(done.value));
      return 0;
    }
    const { rows, tables, file, evidenceKey, beside } = done.value;
    console.log(`${rows} rows of ${tables} tables are in ${file}.`);
    console.log("Keep beside it what it does not hold, private keys apart from it:");
    for (const { path, what } of beside) console.log(path === null ? `  ${what}` : `  ${path}: ${what}`);
    if (evidenceKey !== null) console.log(`Evidence is signed by ${evidenceKey}.`);
    return 0;
  },
};
