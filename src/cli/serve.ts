/** `millrace serve`: runs until it is told to stop. */
import { serveFolder } from "../app/serve-folder.ts";
import { readArguments, tell, text, type Command } from "./command.ts";

const usage = "serve --site DIR --data DIR";

export const command: Command = {
  usage: "--site DIR --data DIR",
  purpose: "Runs everything: machines, facts, postings. Stops on SIGTERM or Ctrl-C.",
  async run(args) {
    const given = readArguments(args, { site: { type: "string" }, data: { type: "string" } }, usage);
    const site = given && text(given.values["site"]);
    const data = given && text(given.values["data"]);
    if (!site || !data) {
      console.error(`Usage: millrace ${usage}`);
      return 2;
    }
    const started = await serveFolder({ site, data, write: (line) => console.error(line) });
    if (!started.ok) return tell(started.fault);
    const stopped = new Promise<null>((resolve) => {
      process.once("SIGTERM", () => resolve(null));
      process.once("SIGINT", () => resolve(null));
    });
    const reason = await Promise.race([started.value.failed, stopped]);
    await started.value.stop();
    return reason ? tell(reason) : 0;
  },
};
