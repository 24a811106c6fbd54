/** The site of a simulated plant: one work center with one unit and one map for each machine. */
import { instant } from "../../base/instant.ts";
import { ok, unwrap, type Result } from "../../base/result.ts";
import { timeZone } from "../../base/site-time.ts";
import type { Evaluate } from "../../flows/segment-place.ts";
import type { ConsumptionRule, CounterType, MachineMap } from "../../record/machine-map.ts";
import { buildSite, type Site } from "../../site/site.ts";
import { items, listNumber, numberedItems, slotItems, stationItems, strokes } from "./machine-work.ts";
import { countedComponent, countedMaterials, plant, type BenchPlan, type MachinePlan, type Plan } from "./plan.ts";

export const erpId = "s4";
export const zone = unwrap(timeZone("Europe/Berlin"));
export const rawStore = "101C";

/**
 * Of machines, and of work units without a controller.
 *
 * @param changed  machines of which the map has a second version, and from when on that is right: what they count as scrap
 *                 is good
 */
export function siteOf(
  { machines, benches }: Pick<Plan, "machines" | "benches">,
  changed: ReadonlyMap<string, number> = new Map(),
): Site {
  const unitOf = ({ id }: MachinePlan | BenchPlan): string => `U-${id}`;
  const unit = (
    one: MachinePlan | BenchPlan,
  ): { id: string; level: "WorkUnit"; description: string; partOf: string } => ({
    id: unitOf(one),
    level: "WorkUnit",
    description: "",
    partOf: one.workCenter,
  });
  return buildSite({
    id: plant,
    name: "A simulated plant",
    zone,
    version: "simulation",
    equipment: [],
    workCenters: [...machines, ...benches].map((machine) => ({
      id: machine.workCenter,
      level: "WorkCenter",
      description: "",
      partOf: plant,
      erpCodes: { [erpId]: machine.workCenter },
      workUnits: [unitOf(machine)],
      materialFrom: { plant, location: rawStore },
      splitAbove: null,
    })),
    workUnits: [
      ...machines.map((machine) => ({ ...unit(machine), connection: machine.id, map: machine.id })),
      ...benches.map((bench) => ({
        ...unit(bench),
        connection: null,
        map: null,
        positions: [{ id: "spool", description: "", materialPrefix: "" }],
      })),
    ],
    calendars: [],
    calendarOf: {},
    erps: [],
    machines: [],
    maps: machines.flatMap((machine) => {
      const validFrom = changed.get(machine.id);
      return validFrom === undefined ? [mapOf(machine)] : [mapOf(machine), secondMapOf(machine, validFrom)];
    }),
    policies: {
      posting: [
        { erp: erpId, unplannedConsumption: "ask", receipt: true, announceRelease: false, final: { afterMinutes: 10 } },
      ],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 600 },
    },
  });
}

/** No value of a healthy machine comes so late. */
export const lateMs = 20_000;

function mapOf(machine: MachinePlan): MachineMap {
  return machine.runsBy === "station" ? stationedMapOf(machine) : namedMapOf(machine);
}

function namedMapOf(machine: MachinePlan): MachineMap {
  const isNumbered = machine.runsBy === "number";
  const counter: CounterType = isNumbered ? counterOfRuns(machine) : counterOfMachine(machine);
  const isCounting = machine.slots.length > 0;
  const named = isNumbered ? numberedItems : items;
  return {
    name: machine.id,
    version: 1,
    validFrom: instant(0),
    items: Object.fromEntries(
      Object.entries({ ...named, ...(isCounting ? slots : {}) }).map(([key, path]) => [
        key,
        { path, history: machine.hasHistory },
      ]),
    ),
    frame: "source-time",
    clock: { trust: "device", mode: "live", lateMs },
    run: isNumbered ? numberedRuns : { by: "job", job: "job", article: null },
    counters: [
      { rule: "good", item: "good", grade: "good", uom: "C62", type: counter },
      { rule: "scrap", item: "scrap", grade: "scrap", uom: "C62", type: counter },
    ],
    consumption: isCounting ? [slotUse] : [],
    state: { rule: "state", item: "state", states: { 0: "idle", 1: "production" } },
    energy: null,
    alarm: null,
    job: { jobOrderId: "name", job: "name", article: null, jobControl: null, setup: {}, apply: null },
  };
}

/** One stroke counter for the whole machine; a job, open cavities and a counter of scrap in each station. */
function stationedMapOf(machine: MachinePlan): MachineMap {
  const { job, open, scrap } = stationItems("{station}");
  const { count, state } = strokes;
  const type = counterOfMachine(machine);
  return {
    ...namedMapOf(machine),
    items: Object.fromEntries(
      Object.entries({ job, open, scrap, strokes: count, state }).map(([key, path]) => [
        key,
        { path, history: machine.hasHistory },
      ]),
    ),
    stations: {
      pieces: { from: "item", item: "open" },
      shares: {},
      because: "One stroke fills every open cavity, and the machine shows how many are open in each station.",
    },
    counters: [
      { rule: "strokes", item: "strokes", grade: "good", uom: "C62", type },
      { rule: "scrap", item: "scrap", grade: "scrap", uom: "C62", type },
    ],
  };
}

const { material: slotMaterial, kind: slotKind, total: slotTotal } = slotItems("{slot}");
const slots = { slotMaterial, slotKind, slotTotal, list: listNumber };

const slotUse: ConsumptionRule = {
  rule: "slot-use",
  amount: "slotTotal",
  material: { from: "item", item: "slotMaterial" },
  uom: {
    from: "item",
    item: "slotKind",
    uoms: Object.fromEntries([countedComponent, ...countedMaterials].map(({ kind, uom }) => [kind, uom])),
  },
  snapshot: "list",
  type: {
    drop: "stale",
    modulus: null,
    reset: "per-run",
    baseline: "first",
    stepMax: 10_000_000,
    because: "The machine restarts counters only with a job run, so a lower value inside a run is an older snapshot.",
  },
};

const numberedRuns: MachineMap["run"] = {
  by: "number",
  number: "number",
  none: 0,
  job: "job",
  article: null,
  ended: { count: "runsEnded", number: "lastEnded", result: "lastResult" },
};

function counterOfMachine({ modulus, stepMax }: MachinePlan): CounterType {
  return {
    drop: "classify",
    modulus,
    reset: "manual",
    baseline: "first",
    stepMax,
    because: "The counter is set back by hand, and begins again at zero behind its largest value.",
  };
}

function counterOfRuns({ stepMax }: MachinePlan): CounterType {
  return {
    drop: "stale",
    modulus: null,
    reset: "per-run",
    baseline: "zero",
    stepMax,
    because: "The machine restarts counters only with a job run, so a lower value inside a run is an older snapshot.",
  };
}

function secondMapOf(machine: MachinePlan, validFrom: number): MachineMap {
  const first = mapOf(machine);
  const counters = first.counters.map((counter) => ({ ...counter, grade: "good" as const }));
  return { ...first, version: 2, validFrom: instant(validFrom), counters };
}

/** The one expression of the maps: order and operation, as people enter them at the machine. */
export const evaluate: Evaluate = (_, input): Promise<Result<unknown>> => {
  // What `segment-place` gives to every expression.
  const { request, segment } = input as { request: { reference: { number: string } }; segment: { id: string } };
  return Promise.resolve(ok(`${request.reference.number}-${segment.id}`));
};
