/**
 * Many seeds, shared out over the cores. Each worker runs its part, and what it saw is added up: a world knows nothing of
 * another one, so it does not matter where it runs.
 */
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { planOf } from "../../src/simulation/world/planner.ts";
import { commandOf, everythingOf } from "../../src/simulation/world/shrink.ts";
import { simulate } from "../../src/simulation/world/world.ts";

/** What was seen in some worlds. */
export interface Seen {
  /** For each seed that broke a law: what it broke, and the line that shows it again. */
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

/** Stops at the first that breaks a law, in each worker. */
export async function runSeeds(seeds: number): Promise<Seen> {
  const workers = Math.min(4, availableParallelism());
  const parts = await Promise.all(Array.from({ length: workers }, (_, first) => inWorker({ first, workers, seeds })));
  return parts.reduce(both);
}

interface Share {
  readonly first: number;
  readonly workers: number;
  readonly seeds: number;
}

function inWorker(share: Share): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: share });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`A worker ended with ${code} before it had told anything.`)));
  });
}

async function runShare({ first, workers, seeds }: Share): Promise<Seen> {
  let seen: Seen = {
    broken: [],
    faults: [],
    deeds: [],
    manners: [],
    documents: 0,
    reversed: 0,
    foretold: 0,
    unsure: 0,
    beyond: 0,
  };
  for (let seed = 1 + first; seed <= seeds && seen.broken.length === 0; seed += workers) {
    const plan = planOf(seed);
    const { violations, faults, deeds, documents, reversed, foresight } = await simulate(plan);
    seen = both(seen, {
      broken: violations.map(({ law, text }) => `${commandOf(seed, everythingOf(plan))}: ${law}: ${text}`),
      faults: Object.keys(faults),
      deeds: Object.keys(deeds),
      manners: [plan.manner],
      documents,
      reversed,
      foretold: foresight?.foretold ?? 0,
      unsure: foresight?.unsure ?? 0,
      beyond: Object.values(foresight?.beyond ?? {}).reduce((sum, count) => sum + count, 0),
    });
  }
  return seen;
}

function both(a: Seen, b: Seen): Seen {
  const all = (x: readonly string[], y: readonly string[]): readonly string[] => [...new Set([...x, ...y])].toSorted();
  return {
    broken: [...a.broken, ...b.broken],
    faults: all(a.faults, b.faults),
    deeds: all(a.deeds, b.deeds),
    manners: all(a.manners, b.manners),
    documents: a.documents + b.documents,
    reversed: a.reversed + b.reversed,
    foretold: a.foretold + b.foretold,
    unsure: a.unsure + b.unsure,
    beyond: a.beyond + b.beyond,
  };
}

if (!isMainThread) {
  const port = parentPort;
  // As `inWorker` gives it.
  port?.postMessage(await runShare(workerData as Share));
}
