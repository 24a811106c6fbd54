/** `millrace export`: what the running process holds of a noun, as B2MML. */
import { exportedNouns, showDocument } from "../app/ask.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "export NOUN [--like NUMBER*] [--erp ID] [--to 7.0.1|json] [--data DIR]";

export const command: Command = {
  usage: "NOUN [--like NUMBER*] [--erp ID] [--to 7.0.1|json] [--data DIR]",
  purpose: `Writes what is held of an ERP as B2MML to standard output: ${exportedNouns.join(", ")}.`,
  async run(args) {
    const string = { type: "string" } as const;
    const options = { like: string, erp: string, data: string, to: { ...string, default: "7.0.1" } };
    const given = readArguments(args, { options, usage, places: 1 });
    const name = given?.positionals[0];
    const noun = exportedNouns.find((known) => known === name);
    const to = given?.values["to"];
    if (!given) return 2;
    if (noun === undefined) {
      const wrong = name === undefined ? "Name what is to be written" : `"${name}" cannot be written`;
      return misuse(usage, `${wrong}; choose ${exportedNouns.join(", ")}.`);
    }
    if (to !== "7.0.1" && to !== "json") return misuse(usage, `--to is ${String(to)}; write 7.0.1 or json.`);
    const { values } = given;
    const shown = await showDocument(text(values["data"]) ?? "data", {
      noun,
      like: text(values["like"]) ?? "*",
      erp: text(values["erp"]),
      form: to === "json" ? "json" : "xml",
    });
    if (!shown.ok) return tell(shown.fault);
    process.stdout.write(shown.value);
    return 0;
  },
};
