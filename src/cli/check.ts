/** `millrace check`: judges a site's files without touching anything. */
import { resolve } from "node:path";
import { checkSiteFolder, writeSchemas } from "../app/site.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "check DIR [--json] [--schemas OUT]";

export const command: Command = {
  usage: "DIR [--json] [--schemas OUT]",
  purpose: "Checks site.yaml and maps; tells file, line and what to write instead. OUT gets JSON Schemas for editors.",
  async run(args) {
    const given = readArguments(args, {
      options: { json: { type: "boolean" }, schemas: { type: "string" } },
      usage,
      places: 1,
    });
    const folder = given?.positionals[0];
    if (!given) return 2;
    if (folder === undefined) return misuse(usage, "Name the folder of the site.");
    const schemas = text(given.values["schemas"]);
    for (const file of schemas ? await writeSchemas(resolve(schemas)) : []) console.error(`wrote ${file}`);
    const checked = await checkSiteFolder(resolve(folder));
    if (!checked.ok) return tell(checked.fault);
    const { findings } = checked.value;
    if (given.values["json"] === true) console.log(JSON.stringify({ findings }));
    else for (const f of findings) console.log(`${f.file}:${f.line}:${f.column}: ${f.message}`);
    if (given.values["json"] !== true)
      console.log(
        findings.length === 0
          ? "The site is in order."
          : findings.length === 1
            ? "1 finding."
            : `${findings.length} findings.`,
      );
    return findings.length === 0 ? 0 : 1;
  },
};
