/** `millrace restore`: a backup into an empty data directory, to be started in recovery. */
import { systemClock } from "../base/clock.ts";
import { restoreFrom } from "../app/keep.ts";
import { jsonLog } from "../app/log.ts";
import { readArguments, tell, text, type Command } from "./command.ts";

const usage = "restore FILE --data DIR [--json]";

export const command: Command = {
  usage: "FILE --data DIR [--json]",
  purpose: "Loads a backup into an empty data directory; serve then asks the ERP before it sends anything.",
  async run(args) {
    const given = readArguments(args, {
      options: { data: { type: "string" }, json: { type: "boolean" } },
      usage,
      places: 1,
    });
    const data = given && text(given.values["data"]);
    const file = given?.positionals[0];
    if (!given || !data || file === undefined) {
      console.error(`Usage: millrace ${usage}`);
      return 2;
    }
    const isQuiet = given.values["json"] === true;
    const log = jsonLog(systemClock, () => undefined);
    const done = await restoreFrom({ file, data, log, progress: (line) => void (isQuiet || console.error(line)) });
    if (!done.ok) return tell(done.fault);
    console.log(
      isQuiet
        ? JSON.stringify(done.value)
        : `The backup of ${done.value.createdAt} is in ${data}. Start it with: millrace serve`,
    );
    return 0;
  },
};
