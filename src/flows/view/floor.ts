/** The live floor: each work unit with its state, what runs there, and how fresh what we know is. */
import type { Quantity } from "../../base/quantity.ts";
import type { Instant } from "../../base/instant.ts";
import type { ReasonNode, Site, SiteWorkUnit } from "../../site/site.ts";
import type { OpenRun, RunSum, SumKind, UnitStateRow } from "./floor-view.ts";
import type { Health, MachineHealth } from "./health-view.ts";
import { oneSum } from "./one-sum.ts";
import type { ViewStore } from "./store-view.ts";

export interface FloorPorts {
  readonly views: ViewStore;
  readonly site: Site;
  readonly health: Health;
}

export interface UnitOnFloor {
  readonly unit: SiteWorkUnit;
  /** The reason in words. */
  readonly state: Pick<NonNullable<UnitStateRow["state"]>, "state" | "since" | "reason"> | null;
  readonly jobs: readonly JobOnFloor[];
  readonly people: number;
  readonly connection: MachineHealth | null;
  readonly lastEventAt: Instant | null;
}

export interface JobOnFloor {
  readonly run: OpenRun;
  /** Of the job order, over all its runs; of the run alone when it has no order. Null: nothing was counted. */
  readonly good: Quantity | null;
  readonly scrap: Quantity | null;
  readonly rework: Quantity | null;
}

/** The given work units, in the order of the site; ids that the site does not have are left out. */
export async function unitsOnFloor(ports: FloorPorts, ids: ReadonlySet<string>): Promise<readonly UnitOnFloor[]> {
  const { site, health } = ports;
  const units = site.workUnits.filter((unit) => ids.has(unit.id));
  if (units.length === 0) return [];
  const wanted = units.map((unit) => unit.id);
  const { states, runs } = await ports.views.read(async (views) => ({
    states: await views.floor.states(wanted),
    runs: await views.floor.openRuns(wanted),
  }));
  const stateOf = new Map(states.map((state) => [state.workUnit, state]));
  const runsOf = Map.groupBy(runs.filter(isShown), (run) => run.workUnit);
  const machines = new Map(health.machines().map((machine) => [machine.id, machine]));
  return units.map((unit) => {
    const said = stateOf.get(unit.id);
    return {
      unit,
      state: said?.state ? { ...said.state, reason: reasonOf(site, said.state) } : null,
      jobs: (runsOf.get(unit.id) ?? []).map(jobOf),
      people: said?.people ?? 0,
      connection: unit.connection === null ? null : (machines.get(unit.connection) ?? notRunning(unit.connection)),
      lastEventAt: said?.lastEventAt ?? null,
    };
  });
}

/** Why it stands: what a person said, else what the machine calls its state, unless that is a mere number. */
function reasonOf(site: Site, { state, reason, raw }: NonNullable<UnitStateRow["state"]>): string | null {
  if (state !== "held" && state !== "fault") return null;
  const code = reason ?? (/^\d*$/.test(raw) ? null : raw);
  return code === null ? null : (textOf(site.terminal.reasons.stop, code) ?? code);
}

function textOf(reasons: readonly ReasonNode[], code: string): string | undefined {
  for (const { code: own, text, children } of reasons) {
    const found = own === code ? text["en"] : textOf(children, code);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The work units at or below an equipment. */
export function unitsUnder(site: Site, equipment: string): readonly string[] {
  return site.below(equipment).filter((id) => site.workUnit(id) !== null);
}

/** What a machine attributes to no run is a job only when something was made in it. */
function isShown(run: OpenRun): boolean {
  return !run.outside || run.sums.some((sum) => sum.quantity.micro !== 0n);
}

function jobOf(run: OpenRun): JobOnFloor {
  const { jobOrder } = run;
  if (!jobOrder) {
    return {
      run,
      good: pieces(run.sums, "good"),
      scrap: pieces(run.sums, "scrap"),
      rework: pieces(run.sums, "rework"),
    };
  }
  const { uom } = jobOrder.quantity;
  return {
    run,
    good: { micro: jobOrder.goodMicro, uom },
    scrap: { micro: jobOrder.scrapMicro, uom },
    rework: { micro: jobOrder.reworkMicro, uom },
  };
}

function pieces(sums: readonly RunSum[], grade: SumKind): Quantity | null {
  return oneSum(sums.filter((sum) => sum.what === grade).map(({ quantity }) => quantity));
}

function notRunning(id: string): MachineHealth {
  return {
    id,
    connected: false,
    backfilling: false,
    lastSampleAt: null,
    samplesPerSecond: 0,
    waitingSamples: 0,
    lagMs: null,
    fault: null,
  };
}
