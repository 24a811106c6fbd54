/** `millrace b2mml`: converts a B2MML document of any version to 7.0.1, or says why it is none. */
import { convertFile, reasonsOf } from "../app/b2mml.ts";
import { misuse, readArguments, type Command } from "./command.ts";

const usage = "b2mml FILE [--to 7.0.1|json]";

export const command: Command = {
  usage: "FILE [--to 7.0.1|json]",
  purpose:
    "Converts a B2MML document (V0401, V0600, 7.0.1; XML or JSON) to 7.0.1; tells file, line and reason if it refuses.",
  async run(args) {
    const given = readArguments(args, { options: { to: { type: "string", default: "7.0.1" } }, usage, places: 1 });
    const file = given?.positionals[0];
    const to = given?.values["to"];
    if (!given) return 2;
    if (file === undefined) return misuse(usage, "Name the file of the document.");
    if (to !== "7.0.1" && to !== "json") return misuse(usage, `--to is ${String(to)}; write 7.0.1 or json.`);
    const converted = await convertFile(file, to === "json" ? "json" : "xml");
    if (!converted.ok) {
      for (const reason of reasonsOf(converted.fault)) console.error(reason);
      return 1;
    }
    for (const warning of converted.value.warnings) console.error(warning);
    process.stdout.write(converted.value.text);
    return 0;
  },
};
