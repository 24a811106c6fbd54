/**
 * What makes the demo a place to visit: the pages of the simulated ERP and machines, and the planner who keeps orders
 * coming. Millrace knows nothing of any of it.
 */
import { systemClock } from "../base/clock.ts";
import type { TimeZone } from "../base/site-time.ts";
import { Planner } from "../simulation/demo/planner.ts";
import { deliveries } from "../simulation/demo/plan.ts";
import { erpDesk } from "../simulation/erp/page-action.ts";
import { erpPage } from "../simulation/erp/page.ts";
import { machinePage } from "../simulation/machine/page.ts";
import { startPages } from "../simulation/page/server.ts";
import type { PlantSimulation } from "../simulation/plant.ts";
import { random } from "../simulation/random.ts";

export interface Visit {
  /** The page of the simulated ERP; that of the machines is one link further. */
  readonly url: string;
  close(): Promise<void>;
}

const openMax = 8;
const restMs = 45_000;
const planEveryMs = 1_000;

/** @param port  of the pages */
export async function startVisit(of: {
  readonly plant: PlantSimulation;
  readonly seed: number;
  /** The plant's. */
  readonly zone: TimeZone;
  readonly port: number;
}): Promise<Visit> {
  const { plant } = of;
  const clock = systemClock;
  const desk = erpDesk(plant.erp, clock);
  const machines = machinePage(plant.lines, clock);
  const shown = [erpPage(plant.erp, desk, { deliveries, zone: of.zone }), machines];
  const pages = await startPages({ pages: shown, clock, zone: of.zone, port: of.port });
  const planner = new Planner(plant.erp.books, { clock, random: random(of.seed).fork("planner"), openMax, restMs });
  const ended = new AbortController();
  const planning = keepPlanning(planner, plant, ended.signal);
  return {
    url: pages.url,
    close: async () => {
      ended.abort();
      await planning;
      await pages.close();
      await desk.close();
      await machines.close();
    },
  };
}

async function keepPlanning(planner: Planner, plant: PlantSimulation, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    plant.noteOrders(planner.work());
    await systemClock.sleep(planEveryMs, signal);
  }
}
