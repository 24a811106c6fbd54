/**
 * The process under test when it is broken on purpose: `millrace serve` with sabotaged parts, and nothing else changed.
 * Arguments: --site DIR --data DIR --sabotage NAME
 */
import { parseArgs } from "node:util";
import { serveFolder } from "../../src/app/serve-folder.ts";
import { sabotagedParts } from "./sabotage.ts";

const string = { type: "string" } as const;
const { site, data, sabotage } = parseArgs({ options: { site: string, data: string, sabotage: string } }).values;
if (!site || !data || !sabotage) throw new Error("--site, --data and --sabotage are needed");

const started = await serveFolder({
  site,
  data,
  parts: sabotagedParts(sabotage),
  write: (line) => console.error(line),
});
if (!started.ok) {
  console.error(started.fault.message, started.fault.cause ?? "");
  process.exit(1);
}
const stopped = new Promise<null>((resolve) => void process.once("SIGTERM", () => resolve(null)));
const reason = await Promise.race([started.value.failed, stopped]);
if (reason) console.error(reason.message, reason.cause ?? "");
await started.value.stop();
process.exit(reason ? 1 : 0);
