/**
 * What makes the demo a place to visit: the pages of the simulated ERP and machines, and the planner who keeps orders
 * coming. Millrace knows nothing of any of it.
 */
import { systemClock } from "../base/clock.ts";
import { Planner } from "../simulation/demo/planner.ts";
import { deliveries } from "../simulation/demo/plan.ts";
import { erpDesk } from "../simulation/erp/page-action.ts";
import { erpPage } from "../simulation/erp/page.ts";
import { machinePage } from "../simulation/machine/page.ts";
import { startPages, type PageServer } from "../simulation/page/server.ts";
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

/** @param port  of the pages; another one when it is taken */
export async function startVisit(of: {
  readonly plant: PlantSimulation;
  readonly seed: number;
  readonly port: number;
}): Promise<Visit> {
  const { plant } = of;
  const clock = systemClock;
  const desk = erpDesk(plant.erp, clock);
  const machines = machinePage(plant.lines, clock);
  const pages = await openPages([erpPage(plant.erp, desk, deliveries), machines], of.port);
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

async function openPages(pages: Parameters<typeof startPages>[0]["pages"], port: number): Promise<PageServer> {
  try {
    return await startPages({ pages, clock: systemClock, port });
  } catch {
    // Somebody else has the port: the pages are found by the address that is printed.
    return startPages({ pages, clock: systemClock, port: 0 });
  }
}

async function keepPlanning(planner: Planner, plant: PlantSimulation, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    plant.noteOrders(planner.work());
    await systemClock.sleep(planEveryMs, signal);
  }
}
