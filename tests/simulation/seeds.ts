/**
 * Many seeds, shared out over the cores. Each worker runs its part and tells of each world what it saw: a world knows
 * nothing of another one, so it does not matter where it runs.
 */
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { ErpManner, Plan } from "../../src/simulation/world/plan.ts";
import { planOf, smallPlant } from "../../src/simulation/world/planner.ts";
import { commandOf, everythingOf } from "../../src/simulation/world/shrink.ts";
import type { Report } from "../../src/simulation/world/report.ts";
import { simulate } from "../../src/simulation/world/world.ts";

/** What was seen in one world. */
export interface SeedReport extends Omit<Report, "log"> {
  readonly seed: number;
  readonly manner: ErpManner;
  /** That were simulated. */
  readonly hours: number;
}

export function reportOf({ seed, manner, startMs, endMs }: Plan, whole: Report): SeedReport {
  const { log: _, ...report } = whole;
  return { ...report, seed, manner, hours: (endMs - startMs) / 3_600_000 };
}

export interface Seeds {
  readonly from: number;
  readonly count: number;
}

/**
 * @param tell  gets each world as it ends, in no order; when it says no, nothing more is begun
 */
export async function eachSeed(seeds: Seeds, tell: (report: SeedReport) => boolean): Promise<void> {
  const workers = Math.min(4, availableParallelism(), seeds.count);
  const all = Array.from(
    { length: workers },
    (_, first) => new Worker(new URL(import.meta.url), { workerData: { ...seeds, first, workers } satisfies Share }),
  );
  let isStopped = false;
  await Promise.all(
    all.map(
      (worker) =>
        new Promise<void>((resolve, reject) => {
          worker.on("message", (report: SeedReport) => {
            if (tell(report)) return;
            isStopped = true;
            for (const one of all) void one.terminate();
          });
          worker.once("error", reject);
          worker.once("exit", (code) => {
            if (code === 0 || isStopped) resolve();
            else reject(new Error(`A worker ended with ${code} before it had told everything.`));
          });
        }),
    ),
  );
}

interface Share extends Seeds {
  readonly first: number;
  readonly workers: number;
}

/** What was seen in some worlds. */
export interface Seen {
  readonly worlds: number;
  /** What was broken, with the line that shows it again. */
  readonly broken: readonly string[];
  readonly faults: readonly string[];
  readonly deeds: readonly string[];
  readonly manners: readonly string[];
  readonly documents: number;
  readonly reversed: number;
  readonly foretold: number;
  readonly unsure: number;
  readonly beyond: number;
}

/** The first so many seeds; ends at the first that breaks a law. */
export async function runSeeds(count: number): Promise<Seen> {
  const reports: SeedReport[] = [];
  await eachSeed({ from: 1, count }, (report) => {
    reports.push(report);
    return report.violations.length === 0;
  });
  const sum = (of: (report: SeedReport) => number): number => reports.reduce((all, one) => all + of(one), 0);
  const kinds = (of: (report: SeedReport) => readonly string[]): string[] =>
    [...new Set(reports.flatMap(of))].toSorted();
  return {
    worlds: reports.length,
    broken: reports.flatMap(brokenBy),
    faults: kinds(({ faults }) => Object.keys(faults)),
    deeds: kinds(({ deeds }) => Object.keys(deeds)),
    manners: kinds(({ manner }) => [manner]),
    documents: sum(({ documents }) => documents),
    reversed: sum(({ reversed }) => reversed),
    foretold: sum(({ foresight }) => foresight?.foretold ?? 0),
    unsure: sum(({ foresight }) => foresight?.unsure ?? 0),
    beyond: sum(({ foresight }) => Object.values(foresight?.beyond ?? {}).reduce((all, one) => all + one, 0)),
  };
}

function brokenBy({ seed, violations }: SeedReport): readonly string[] {
  return violations.map(({ law, text }) => `${commandOf(seed, everythingOf(planOf(seed)))}: ${law}: ${text}`);
}

if (!isMainThread) {
  const port = parentPort;
  // As `eachSeed` gives it.
  const { from, count, first, workers } = workerData as Share;
  for (let seed = from + first; seed < from + count; seed += workers) {
    const plan = planOf(seed, smallPlant);
    port?.postMessage(reportOf(plan, await simulate(plan)));
  }
}
