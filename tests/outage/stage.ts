/** A plant with Millrace beside it, for one test: made, watched until something has happened, judged, taken away. */
import type { TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import type { PlantSimulation } from "../../src/simulation/plant.ts";
import { documentCount, startSmallPlant, type PlantSize } from "./plant.ts";
import { millraceProcess, type MillraceProcess, type ProcessSettings } from "./process.ts";

/** How long something may take that takes a second or two: on a busy computer a minute is not much. */
export const patienceMs = 90_000;

export interface Stage {
  readonly plant: PlantSimulation;
  /** Taken away at the end, what came last first. */
  readonly ends: AsyncDisposableStack;
  millrace(name: string, settings?: Partial<ProcessSettings>): Promise<MillraceProcess>;
}

export async function openStage(t: TestContext, size: PlantSize): Promise<Stage> {
  const ends = new AsyncDisposableStack();
  t.after(() => ends.disposeAsync());
  const plant = await startSmallPlant(size);
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

/** Resolves when the ERP has at least so many documents. */
export async function untilDocuments(plant: PlantSimulation, count: number, ms = patienceMs): Promise<void> {
  await until(
    () => documentCount(plant) >= count,
    ms,
    () => `${documentCount(plant)} of ${count} documents`,
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
