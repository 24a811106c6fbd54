/** `millrace import`: gives files of B2MML to the running process, each once, and tells what became of them. */
import { resolve } from "node:path";
import { giveFile } from "../app/ask.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

const usage = "import FILE... [--erp ID] [--data DIR]";

export const command: Command = {
  usage: "FILE... [--erp ID] [--data DIR]",
  purpose: "Takes B2MML documents over; each once, however often it is given. Answers go to standard output.",
  async run(args) {
    const string = { type: "string" } as const;
    const given = readArguments(args, {
      options: { erp: string, data: string },
      usage,
      places: Number.POSITIVE_INFINITY,
    });
    if (!given) return 2;
    if (given.positionals.length === 0) return misuse(usage, "Name the files of the documents.");
    const dataDir = text(given.values["data"]) ?? "data";
    let code = 0;
    for (const file of given.positionals) {
      const imported = await giveFile(dataDir, { file: resolve(file), erp: text(given.values["erp"]) });
      if (!imported.ok) return tell(imported.fault);
      const { verdict, reasons, answer, isRepeat } = imported.value;
      for (const reason of reasons) console.error(reason);
      const words = { whole: "taken over", part: "taken over in part", none: "refused" }[verdict];
      console.error(`${file}: ${words}${isRepeat ? " before; nothing was changed now" : ""}.`);
      if (answer !== null) process.stdout.write(answer);
      if (verdict !== "whole") code = 1;
    }
    return code;
  },
};
