/** `millrace restore`: a backup into an empty data directory, to be started in recovery. */
import { systemClock } from "../base/clock.ts";
import { restoreFrom, type Restored } from "../app/keep.ts";
import { jsonLog } from "../app/log.ts";
import { misuse, readArguments, tell, text, type Command } from "./command.ts";

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
    if (!given) return 2;
    if (file === undefined) return misuse(usage, "Name the file of the backup.");
    if (!data) return misuse(usage, "Name an empty data directory with --data.");
    const isQuiet = given.values["json"] === true;
    const log = jsonLog(systemClock, () => undefined);
    const done = await restoreFrom({ file, data, log, progress: (line) => void (isQuiet || console.error(line)) });
    if (!done.ok) return tell(done.fault);
    if (isQuiet) {
      console.log(JSON.stringify(done.value));
      return 0;
    }
    console.log(
      `The backup of ${done.value.createdAt} is in ${data}. Start it with: millrace serve --site DIR --data ${data}`,
    );
    for (const line of aboutKey(done.value.evidenceKey, data)) console.log(line);
    return 0;
  },
};

function* aboutKey({ before, now }: Restored["evidenceKey"], data: string): Generator<string> {
  if (before === null) return;
  if (before === now) {
    yield `Evidence goes on to be signed by ${before}.`;
    return;
  }
  yield now === null
    ? `The key that signed evidence is in no backup. Put the evidence-key.pem of ${before} into ${data}, or the next evidence makes a new one.`
    : `The key in ${data} is NOT the one that signed evidence before: it is ${now}.`;
  yield `Evidence of before stays good: millrace reconcile --verify FILE says who has signed it, and that must be ${before}.`;
}
