/**
 * The process under test when it is broken on purpose, or says more of itself: `millrace serve` with other parts, and
 * nothing else changed. Arguments: --site DIR --data DIR [--sabotage NAME] [--tells-durable]
 */
import { parseArgs } from "node:util";
import { serveFolder } from "../../src/app/serve-folder.ts";
import { tellingParts } from "./durable.ts";
import { sabotagedParts } from "./sabotage.ts";

const string = { type: "string" } as const;
const options = { site: string, data: string, sabotage: string, "tells-durable": { type: "boolean" } } as const;
const { site, data, sabotage, "tells-durable": tellsDurable = false } = parseArgs({ options }).values;
if (!site || !data) throw new Error("--site and --data are needed");

const started = await serveFolder({
  site,
  data,
  parts: { ...(tellsDurable && tellingParts()), ...(sabotage && sabotagedParts(sabotage)) },
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
