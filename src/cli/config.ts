/** `millrace config`: the versions of a site's files, and the way back to one of them. */
import { historyOf, linesOf, rollbackFolder } from "../app/apply.ts";
import { misuse, readArguments, tell, text, type Arguments, type Command } from "./command.ts";

const usage =
  "config history [--data DIR] [--limit N] [--json] | config rollback VERSION --site DIR [--data DIR] [--json]";
const limitDefault = "20";

export const command: Command = {
  usage: "history [--data DIR] [--limit N] [--json] | rollback VERSION --site DIR [--data DIR] [--json]",
  purpose: "Lists the applied versions of a site, or goes back to one of them and writes its files into DIR.",
  async run(args) {
    const options = {
      data: { type: "string" },
      site: { type: "string" },
      limit: { type: "string" },
      json: { type: "boolean" },
    } as const;
    const given = readArguments(args, { options, usage, places: 2 });
    if (!given) return 2;
    const [what, version] = given.positionals;
    const site = text(given.values["site"]);
    const limit = Number(text(given.values["limit"]) ?? limitDefault);
    if (what === "history") {
      if (version !== undefined) return misuse(usage, `There is no place for "${version}".`);
      if (Number.isInteger(limit) && limit > 0) return history(given, limit);
      return misuse(usage, `--limit is ${String(given.values["limit"])}; write a whole number from 1 on.`);
    }
    if (what !== "rollback") return misuse(usage, "Say what is to be done: history or rollback.");
    if (version === undefined) return misuse(usage, "Name the number of the version; history lists them.");
    if (!/^\d{1,9}$/.test(version)) return misuse(usage, `"${version}" is no number of a version; history lists them.`);
    if (!site) return misuse(usage, "Name the folder that gets the files with --site.");
    return rollback(given, Number(version), site);
  },
};

async function history(given: Arguments, limit: number): Promise<number> {
  const found = await historyOf({ data: dataOf(given) }, limit);
  if (!found.ok) return tell(found.fault);
  if (given.values["json"] === true) {
    const versions = found.value.map(({ version: { number, appliedAt, site, from }, changes }) => {
      return { number, appliedAt, site, from, changes };
    });
    console.log(JSON.stringify({ versions }));
    return 0;
  }
  if (found.value.length === 0) console.log("No version has been applied yet. See: millrace apply SITE.");
  for (const { version, changes } of found.value) {
    const from = version.from === null ? "" : `, back to version ${version.from}`;
    console.log(
      `${version.number}  ${new Date(version.appliedAt).toISOString()}  ${changes.length === 1 ? "1 change" : `${changes.length} changes`}${from}`,
    );
    for (const line of linesOf(changes)) console.log(`     ${line}`);
  }
  return 0;
}

async function rollback(given: Arguments, to: number, site: string): Promise<number> {
  const done = await rollbackFolder(site, to, { data: dataOf(given) });
  if (!done.ok) return tell(done.fault);
  const { version, isNew, changes } = done.value;
  if (given.values["json"] === true) {
    console.log(JSON.stringify({ version: version.number, isNew, changes }));
    return 0;
  }
  for (const line of linesOf(changes)) console.log(line);
  console.log(
    isNew
      ? `The files of version ${to} are back in ${site}, as version ${version.number}. A process that runs uses them after its next start.`
      : `The last applied version holds the files of version ${to} already; they are written to ${site}.`,
  );
  return 0;
}

function dataOf(given: Arguments): string {
  return text(given.values["data"]) ?? "data";
}
