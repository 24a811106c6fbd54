/**
 * All benches, one after the other, each in a process of its own: `npm run bench`, or `npm run bench -- posting latency`
 * for some. One table; exit code 1 when a bench fails. What the figures mean: docs/benchmarks.md
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { isMeasured } from "./kit/cpu.ts";
import { header, note } from "./kit/table.ts";

const benches = [
  "gateway-to-facts",
  "opcua-to-facts",
  "latency",
  "posting",
  "replay",
  "growth",
  "screens",
  "b2mml",
  "komax-days",
] as const;
/** A bench that takes longer has gone wrong. */
const limitMs = 1_200_000;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.some((known) => known === name));
if (unknown.length > 0) {
  process.stdout.write(`There is no bench ${unknown.join(", ")}; there are ${benches.join(", ")}.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(`Node ${process.versions.node}, ${availableParallelism()} × ${cpus()[0]?.model ?? "?"}\n`);
  if (!isMeasured) note("CPU seconds of other processes are read from /proc, which this system does not have.");
  process.stdout.write(`${header()}\n`);
  for (const name of wanted.length > 0 ? wanted : benches) if (!(await run(name))) process.exitCode = 1;
}

/** @returns whether the bench was good */
async function run(name: string): Promise<boolean> {
  const file = join(import.meta.dirname, `${name}.ts`);
  const before = load();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", file, "--no-header"], {
    stdio: "inherit",
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
  const [code] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  note(`load of the machine: ${before} before, ${load()} after`);
  if (code === null) process.stdout.write(`FAILED: ${name}: it took longer than ${limitMs / 1000} s\n`);
  return code === 0;
}

/** Mean number of processes that wanted a processor in the last minute. */
function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}
