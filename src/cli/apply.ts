/** `millrace apply`: shows what a site's files change against the last applied version, and makes a version of them. */
import { applyFolder, linesOf } from "../app/apply.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "apply SITE [--data DIR] [--dry-run] [--json]";

export const command: Command = {
  usage: "SITE [--data DIR] [--dry-run] [--json]",
  purpose: "Checks a site, shows what changed since the last applied version, and keeps it as the next one.",
  async run(args) {
    const options = { data: { type: "string" }, "dry-run": { type: "boolean" }, json: { type: "boolean" } } as const;
    const given = readArguments(args, { options, usage, places: 1 });
    const folder = given?.positionals[0];
    if (!given) return 2;
    if (folder === undefined) return misuse(usage, "Name the folder of the site.");
    const data = text(given.values["data"]) ?? "data";
    const isQuiet = given.values["json"] === true;
    const progress = (line: string): void => void (isQuiet || console.error(line));
    const done = await applyFolder(folder, { data, dryRun: given.values["dry-run"] === true, progress });
    if (!done.ok) return tell(done.fault);
    const applied = "version" in done.value ? done.value : null;
    const changes = "version" in done.value ? done.value.changes : done.value;
    const number = applied?.isNew ? applied.version.number : null;
    if (isQuiet) {
      console.log(JSON.stringify({ version: applied?.version.number ?? null, isNew: number !== null, changes }));
      return 0;
    }
    for (const line of linesOf(changes)) console.log(line);
    if (changes.length === 0) console.log("Nothing has changed since the last applied version.");
    if (number !== null) {
      console.log(`Applied as version ${number}. A process that runs uses it after its next start.`);
    }
    return 0;
  },
};
