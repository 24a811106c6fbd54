/** The people of the demo at their benches: one worker for each work unit without a controller, until they are sent home. */
import { systemClock } from "../base/clock.ts";
import { Worker, type HandMade } from "../simulation/demo/worker.ts";
import { handTruth, type OperationTruth, type PlantSimulation } from "../simulation/plant.ts";
import { random } from "../simulation/random.ts";
import type { Site } from "../site/site.ts";
import type { Store } from "../flows/ports.ts";
import { demoBench } from "./demo-bench.ts";

export interface Workers {
  /** What was made by hand; the answer key beside that of the machines. */
  truth(): readonly OperationTruth[];
  /** Every operation of every order at a bench is made, and nothing is left open there. */
  isMade(): boolean;
  close(): Promise<void>;
}

/** Before it is divided by the speed. */
const pieceMs = 4_000;
const scrapRate = 0.02;
const scrapReason = "damaged";
const breakMs = 120_000;
/** Whoever works faster reports several pieces at once: nobody types quicker. */
const handleMsMin = 250;

export function startWorkers(of: {
  readonly plant: PlantSimulation;
  readonly site: Site;
  readonly store: Store;
  readonly seed: number;
  readonly speed: number;
  /** Work units that are left to visitors altogether. */
  readonly without: readonly string[];
  readonly onRefused: (line: string) => void;
  /** Postings were planned, or job orders have moved. */
  readonly onDecided: () => void;
}): Workers {
  const { plant, site } = of;
  const made: HandMade[][] = [];
  const workers: Worker[] = [];
  const ended = new AbortController();
  const units = site.workUnits.filter(({ id, connection }) => connection === null && !of.without.includes(id));
  const arrived = (order: string, operation: string): number | null => arrivedAt(plant, made.flat(), order, operation);
  const onReported = ({ postings, moved }: { readonly postings: number; readonly moved: boolean }): void => {
    if (postings > 0 || moved) of.onDecided();
  };
  const shifts = units.map((unit) => {
    const chance = random(of.seed).fork(`worker ${unit.id}`);
    const bench = demoBench({ unit, site, store: of.store, onReported });
    const now = (): number => systemClock.now();
    const handleMs = Math.max(handleMsMin, pieceMs / of.speed);
    const piecesMost = Math.max(1, Math.round((handleMs * of.speed) / pieceMs));
    const how = { scrapRate, scrapReason, piecesMost, breakMs, now };
    const worker = new Worker({ bench, random: chance, arrived, ...how });
    made.push(worker.made);
    workers.push(worker);
    return keepWorking(worker, handleMs, of.onRefused, ended.signal);
  });
  const centers = new Set(units.map(({ partOf }) => partOf));
  return {
    truth: () => made.flat().map((hand) => handTruth(plant.orders(), hand)),
    isMade: () =>
      workers.every(({ hasOpenJob }) => !hasOpenJob) &&
      plant
        .orders()
        .every((order) =>
          order.operations
            .filter(({ workCenter }) => centers.has(workCenter))
            .every(({ operation }) => goodOf(made.flat(), order.order, operation) >= Number(order.quantity)),
        ),
    close: async () => {
      ended.abort();
      await Promise.all(shifts);
    },
  };
}

/** Good pieces of the operation before, by a machine or by hand. */
function arrivedAt(plant: PlantSimulation, made: readonly HandMade[], order: string, operation: string): number | null {
  const operations = plant.orders().find((seed) => seed.order === order)?.operations ?? [];
  const at = operations.findIndex((o) => o.operation === operation);
  const before = operations[at - 1]?.operation;
  return before === undefined ? null : plant.goodOf(order, before) + goodOf(made, order, before);
}

function goodOf(made: readonly HandMade[], order: string, operation: string): number {
  return made
    .filter((hand) => hand.order === order && hand.operation === operation)
    .reduce((sum, { good }) => sum + good, 0);
}

async function keepWorking(
  worker: Worker,
  handleMs: number,
  onRefused: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const refused = await worker.work();
      if (refused !== null) onRefused(refused);
    } catch (error) {
      // The database may be away for a while; people wait, too.
      onRefused(error instanceof Error ? error.message : String(error));
    }
    await systemClock.sleep(handleMs, signal);
  }
}
