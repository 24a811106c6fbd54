/** `millrace doctor`: looks at everything that must fit together, and changes nothing but for our certificates in the data directory. */
import { examine } from "../app/examine.ts";
import { misuse, noSite, readArguments, text, type Command } from "./command.ts";

const usage = "doctor --site DIR [--data DIR] [--json]";

export const command: Command = {
  usage: "--site DIR [--data DIR] [--json]",
  purpose:
    "Checks program, disk, site files, ERPs and machines; writes nothing but the certificates of ours that DIR lacks.",
  async run(args) {
    const options = { site: { type: "string" }, data: { type: "string" }, json: { type: "boolean" } } as const;
    const given = readArguments(args, { options, usage, places: 0 });
    const site = given && text(given.values["site"]);
    if (!given) return 2;
    if (!site) return misuse(usage, noSite);
    const found = await examine(site, text(given.values["data"]));
    if (given.values["json"] === true) console.log(JSON.stringify({ examined: found }));
    else for (const { what, problem } of found) for (const line of linesOf(what, problem)) console.log(line);
    return found.every((f) => f.problem === null) ? 0 : 1;
  },
};

/** A problem of one line stands behind its name; one of several, such as of the site's files, below it. */
function linesOf(what: string, problem: string | null): readonly string[] {
  if (problem === null) return [`ok   ${what}`];
  return problem.includes("\n")
    ? [`FAIL ${what}:`, ...problem.split("\n").map((line) => `       ${line}`)]
    : [`FAIL ${what}: ${problem}`];
}
