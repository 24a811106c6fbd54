/**
 * Makes the plan of a world: everything follows from the seed, and a part can be left out without changing the rest.
 */
import { assert } from "../../base/result.ts";
import { memorySamples as fullMemory } from "../../flows/collector-book.ts";
import type { OrderSeed } from "../erp/order.ts";
import { random, type Random } from "../random.ts";
import { planActs } from "./act.ts";
import { benchOrders, planBenches } from "./bench.ts";
import { planFaults } from "./fault.ts";
import {
  component,
  isCounted,
  plainCourse,
  plant,
  type ErpManner,
  type FaultKind,
  type MachinePlan,
  type Plan,
  type RunPlan,
} from "./plan.ts";
import { numbered, stationed } from "./run-course.ts";

export interface PlanSize {
  readonly machines: number;
  readonly hours: number;
  /** Runs of each machine in an hour. */
  readonly runsPerHour: number;
  readonly cyclesPerRun: number;
  /** Faults in an hour. */
  readonly faultsPerHour: number;
  /** What people take into their heads in an hour. */
  readonly actsPerHour: number;
  /** See `Plan`; the seed chooses one of each. */
  readonly commitMs: readonly number[];
  readonly publishMs: readonly number[];
}

export const smallPlant: PlanSize = {
  machines: 2,
  hours: 2,
  runsPerHour: 3,
  cyclesPerRun: 12,
  faultsPerHour: 8,
  actsPerHour: 4,
  commitMs: [0, 0, 500, 10_000],
  publishMs: [0, 0, 500, 2_000],
};
/** A day of 50 machines, with more than 100,000 values. */
export const dayOfFifty: PlanSize = {
  machines: 50,
  hours: 24,
  runsPerHour: 1,
  cyclesPerRun: 90,
  faultsPerHour: 6,
  actsPerHour: 4,
  commitMs: [30_000],
  publishMs: [30_000],
};

const hourMs = 3_600_000;
/** Monday, 2 November 2026, 05:00 in Berlin. */
const startMs = Date.parse("2026-11-02T04:00:00Z");
/** Everybody is connected before anything is made. */
const quietMs = 120_000;

/** What comes later than values may be late is read where there is room for it, and set aside where there is not. */
const readMuchLater: ReadonlySet<FaultKind> = new Set(["words-late", "snapshot-stale"]);
/** In so many worlds with people the ERP takes a document once. */
const onceShare = 0.25;
/** With it most of what a machine of a small plant says is settled before the world ends. */
const shortMemory = 30;

export function planOf(seed: number, size: PlanSize = smallPlant): Plan {
  const chance = random(seed);
  const endMs = startMs + size.hours * hourMs;
  const machines = Array.from({ length: size.machines }, (_, i) => machineOf(chance.fork(`machine ${i}`), i, size));
  const isCrowded = chance.fork("crowd").chance(0.5);
  const hours = { startMs: startMs + quietMs, endMs };
  const benches = isCrowded ? planBenches(chance.fork("benches"), hours) : [];
  const orders = [...machines.flatMap((machine) => ordersOf(machine)), ...benches.flatMap(benchOrders)];
  const manner = isCrowded ? mannerOf(chance) : "sap";
  const season = { ...hours, machines, manner, isCrowded, hasBenches: benches.length > 0, perHour: size.faultsPerHour };
  const faults = planFaults(chance.fork("faults"), season);
  const acts = isCrowded ? planActs(chance.fork("acts"), { ...hours, perHour: size.actsPerHour }) : [];
  const paces = chance.fork("pace");
  const isShort = chance.fork("memory").chance(0.8) && !faults.some(({ kind }) => readMuchLater.has(kind));
  const memorySamples = isShort ? shortMemory : fullMemory;
  const pace = { commitMs: oneOf(paces, size.commitMs), publishMs: oneOf(paces, size.publishMs), memorySamples };
  return { seed, manner, isCrowded, ...pace, startMs, endMs, machines, benches, orders, faults, acts };
}

/** From a stream of its own comes whether documents are taken once, so that all other worlds stay as they are. */
function mannerOf(chance: Random): ErpManner {
  return chance.fork("erp once").chance(onceShare) ? "once" : oneOf(chance.fork("manner"), ["sap", "blind", "queue"]);
}

function oneOf<T>(chance: Random, all: readonly T[]): T {
  const [first, ...rest] = all;
  assert(first !== undefined, "there is something to choose from");
  return [first, ...rest][chance.whole(0, rest.length)] ?? first;
}

function machineOf(chance: Random, index: number, size: PlanSize): MachinePlan {
  const modulus = chance.chance(0.5) ? 2 ** 16 : 2 ** 32;
  const id = `m${index + 1}`;
  const count = Math.max(1, Math.round(size.hours * size.runsPerHour));
  const slotMs = (size.hours * hourMs - 2 * quietMs) / count;
  const runs = Array.from({ length: count }, (_, run): RunPlan => {
    const cycles = chance.whole(1, 2 * size.cyclesPerRun - 1);
    const isNamed = !chance.chance(0.05);
    const isSilent = chance.chance(0.03);
    return {
      at: Math.round(startMs + quietMs + run * slotMs),
      job: isSilent ? "" : isNamed ? jobOf(index, run) : `UNKNOWN-${run}`,
      cycles,
      // With its slowest cycles it is over before the next one begins.
      cycleMs: Math.max(1, Math.floor(slotMs / (1.6 * (cycles + 1)))),
      piecesMax: chance.whole(1, 9),
      scrapShare: chance.chance(0.5) ? 0 : 0.2,
      course: plainCourse,
    };
  });
  const plain: MachinePlan = {
    id,
    workCenter: `WC-${id}`,
    runsBy: "job",
    slots: [],
    hasHistory: chance.chance(0.7),
    modulus,
    stepMax: 1_000,
    // Half of them roll over soon.
    countersFrom: chance.chance(0.5) ? modulus - chance.whole(1, 200) : chance.whole(0, modulus - 1_000),
    clockOffsetMs: chance.whole(-3_000, 3_000),
    runs,
  };
  // From streams of their own, so that all other machines stay as they are.
  const end = chance.fork("end");
  const machine = end.chance(nearEndShare) ? { ...plain, countersFrom: modulus - end.whole(400, 1_000) } : plain;
  const own = chance.fork("numbers");
  if (own.chance(numberedShare)) return numbered(machine, own, slotMs);
  return chance.fork("stations").chance(stationedShare) ? stationed(machine) : machine;
}

/** So many machines stand near the end of their counters' range for long: one that is set to zero there could have rolled over. */
const nearEndShare = 0.25;
/** So many machines number their runs. */
const numberedShare = 0.35;
/** Of the others so many run a job in each of two stations. */
const stationedShare = 0.25;

/** Two runs of a machine go to one order; every third order has two operations, one after the other. */
function jobOf(machine: number, run: number): string {
  const order = Math.floor(run / 2);
  const operation = order % 3 === 2 && run % 2 === 1 ? "0020" : "0010";
  return `${1_000_001 + machine * 10_000 + order}-${operation}`;
}

/** The first operation is confirmed with the second one, which is a milestone. */
const twoOperations = [
  { operation: "0010", text: "Cut", controlKey: "PP03" },
  { operation: "0020", text: "Pack", controlKey: "PP20" },
] as const;
const oneOperation = [{ operation: "0010", text: "Cut", controlKey: "PP01" }] as const;

function ordersOf(machine: MachinePlan): readonly OrderSeed[] {
  const operations = Map.groupBy(
    machine.runs.map((run) => run.job.split("-")).filter(([order = ""]) => /^\d+$/.test(order)),
    ([order]) => order ?? "",
  );
  return [...operations].map(([order, jobs]) => {
    const quantity = String(20 * (1 + (Number(order) % 10)));
    const isTwo = jobs.some(([, operation]) => operation === "0020");
    return {
      order,
      material: "CABLE",
      plant,
      quantity,
      start: "2026-11-02",
      end: "2026-11-03",
      overdeliveryPercent: null,
      operations: (isTwo ? twoOperations : oneOperation).map((one) => ({ ...one, workCenter: machine.workCenter })),
      components: [
        { material: component, operation: "0010", quantity, unit: "M" },
        ...machine.slots
          .filter(({ material }) => isCounted(material))
          .map(({ material, unit }) => ({ material, operation: "0010", quantity, unit })),
      ],
    };
  });
}
