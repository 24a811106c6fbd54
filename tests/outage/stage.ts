/** A plant with Millrace beside it, for one test: made, watched until something has happened, judged, taken away. */
import type { TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { documentCount, release, startSmallPlant } from "./plant.ts";
import { millraceProcess, type MillraceProcess, type ProcessSettings } from "./process.ts";

/** How long something may take that takes a second or two: on a computer that is busy with other things minutes are not much. */
export const patienceMs = 240_000;

export interface Stage {
  readonly plant: PlantSimulation;
  /** Taken away at the end, what came last first. */
  readonly ends: AsyncDisposableStack;
  millrace(name: string, settings?: Partial<ProcessSettings>): Promise<MillraceProcess>;
}

/** @param speed  of the machines, times real time */
export async function openStage(t: TestContext, speed?: number): Promise<Stage> {
  const ends = new AsyncDisposableStack();
  t.after(() => ends.disposeAsync());
  const plant = await startSmallPlant(speed);
  ends.defer(() => plant.close());
  return {
    plant,
    ends,
    async millrace(name, settings = {}) {
      const environment = { ...plant.environment, ...settings.environment };
      const millrace = await millraceProcess(name, { ...settings, environment });
      ends.defer(() => millrace.close());
      return millrace;
    },
  };
}

/** Releases so many orders, and resolves when the ERP has so many more documents; an order makes three. */
export async function untilPosted(plant: PlantSimulation, orders: number, documents: number): Promise<void> {
  const wanted = documentCount(plant) + documents;
  release(plant, orders);
  await until(
    () => documentCount(plant) >= wanted,
    patienceMs,
    () => `${documentCount(plant)} of ${wanted} documents`,
  );
}

export async function until(
  isSo: () => boolean | Promise<boolean>,
  ms: number,
  why: () => string = () => "it did not become true",
): Promise<void> {
  for (const end = Date.now() + ms; !(await isSo()); await systemClock.sleep(20))
    if (Date.now() > end) throw new Error(`After ${ms / 1000} s: ${why()}`);
}
