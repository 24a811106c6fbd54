/** `millrace check`: judges a site's files without touching anything. */
import { resolve } from "node:path";
import { checkSiteFolder } from "../app/site.ts";
import { readArguments, tell, type Command } from "./command.ts";

export const command: Command = {
  usage: "DIR [--json]",
  purpose: "Checks site.yaml and maps; tells file, line and what to write instead.",
  async run(args) {
    const given = readArguments(args, { json: { type: "boolean" } }, "check DIR [--json]");
    const folder = given?.positionals[0];
    if (!given || folder === undefined) {
      console.error("Usage: millrace check DIR [--json]");
      return 2;
    }
    const checked = await checkSiteFolder(resolve(folder));
    if (!checked.ok) return tell(checked.fault);
    const { findings } = checked.value;
    if (given.values["json"] === true) console.log(JSON.stringify({ findings }));
    else for (const f of findings) console.log(`${f.file}:${f.line}:${f.column}: ${f.message}`);
    if (given.values["json"] !== true) console.log(findings.length === 0 ? "The site is in order." : `${findings.length} findings.`);
    return findings.length === 0 ? 0 : 1;
  },
};
