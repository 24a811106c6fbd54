/**
 * The process under test: the same program as `millrace serve`, with a probe that kills it at a named point, and with
 * sabotaged parts when asked. Arguments: --site=DIR --data=DIR [--kill=POINT:NTH] [--sabotage=NAME]
 */
import { writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { serveFolder } from "../../../src/app/serve-folder.ts";
import type { Probe } from "../../../src/record/probe.ts";
import { sabotagedParts } from "./sabotage.ts";

const { values } = parseArgs({
  options: {
    site: { type: "string" },
    data: { type: "string" },
    kill: { type: "string" },
    sabotage: { type: "string" },
  },
});
const { site, data } = values;
if (!site || !data) throw new Error("--site and --data are needed");

const parts = values.sabotage === undefined ? null : sabotagedParts(values.sabotage);
const probe = values.kill === undefined ? null : killer(values.kill);
const started = await serveFolder({
  site,
  data,
  write: (line) => console.error(line),
  ...(parts ? { parts } : {}),
  ...(probe ? { probe } : {}),
});
if (!started.ok) {
  console.error(started.fault.message, started.fault.cause ?? "");
  process.exit(1);
}
const stopped = new Promise<null>((resolve) => {
  process.once("SIGTERM", () => resolve(null));
  process.once("SIGINT", () => resolve(null));
});
const reason = await Promise.race([started.value.failed, stopped]);
if (reason) console.error(reason.message, reason.cause ?? "");
await started.value.stop();
process.exit(reason ? 1 : 0);

/** Counts how often a point is reached and ends the process there, with one last line that says where. */
function killer(plan: string): Probe {
  const [point = "", nth = "1"] = plan.split(":");
  let left = Number(nth);
  return (reached, about) => {
    if (reached !== point) return;
    left -= 1;
    if (left > 0) return;
    writeSync(1, `${JSON.stringify({ kill: reached, about })}\n`);
    process.kill(process.pid, "SIGKILL");
  };
}
