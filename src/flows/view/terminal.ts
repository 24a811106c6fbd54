/** What the terminal of a work unit shows, and what a scanned code means there now. Changes nothing. */
import type { Quantity } from "../../base/quantity.ts";
import type { Instant } from "../../base/instant.ts";
import { fail, ok, type Fault, type FaultCode, type Result } from "../../base/result.ts";
import type { MaterialRequirement, OperationsRequest } from "../../isa95/schedule/operations-request.ts";
import { isDispatched } from "../../operations/order/change.ts";
import { fitMaterial } from "../../operations/reporting/fit.ts";
import { isLotControlled } from "../../operations/reporting/policy.ts";
import { readScan, type ScannedMaterial } from "../../operations/reporting/scan.ts";
import { openStop, type Load, type UnitPerson, type UnitState } from "../../operations/reporting/unit-state.ts";
import type { Control } from "../../operations/reporting/unit-table.ts";
import { isFor, isLoadedFor } from "../../operations/tracking/loaded.ts";
import type { JobPhase } from "../../record/statement.ts";
import type { Site, SiteWorkUnit } from "../../site/site.ts";
import type { JobOrderRow, Tx } from "../ports.ts";
import { needOf, wantedLines } from "../report-meaning.ts";
import { controlOf, machineRuns, stateOf } from "../report-scene.ts";
import { usedPerLine } from "./line-use.ts";
import type { ShownSetup } from "./terminal-view.ts";

export interface ShownJob {
  readonly row: JobOrderRow;
  readonly request: OperationsRequest;
  readonly isHeld: boolean;
  readonly acknowledgedAt: Instant | null;
}

export interface ShownMaterial {
  readonly line: MaterialRequirement;
  readonly used: Quantity;
  readonly isLoaded: boolean;
  readonly loads: readonly Load[];
}

export interface Terminal {
  readonly current: readonly ShownJob[];
  readonly next: readonly ShownJob[];
  readonly setup: ShownSetup | null;
  readonly materials: readonly ShownMaterial[];
  readonly people: readonly (UnitPerson & { readonly name: string | null })[];
  readonly stoppedSince: Instant | null;
  readonly phase: JobPhase | "none";
  readonly control: Control;
}

/** So many of the next jobs are shown. */
const nextMax = 3;
/** So many are looked at, because some of them are held by the ERP. */
const lookedAt = 50;

export async function readTerminal(tx: Tx, site: Site, unit: SiteWorkUnit, now: Instant): Promise<Terminal> {
  const state = stateOf(await tx.statements.stateBefore(unit.id, null));
  const control = controlOf(site, unit);
  const isManual = control === "manual";
  const running = await runningJobs(tx, site, unit, state, now);
  const jobs = await shownJobs(tx, unit, running, openStop(state) !== null);
  const current = jobs.filter(({ row }) => running.includes(row.jobOrder.id));
  const next = jobs.filter(({ row }) => !running.includes(row.jobOrder.id)).slice(0, nextMax);
  const named = current[0] ?? next[0];
  const names = await tx.terminal.names(state.people.map(({ person }) => person));
  return {
    current,
    next,
    setup: named ? await tx.terminal.setup(named.row.jobOrder.id) : null,
    materials: await materialsOf(tx, unit, state, current.length > 0 ? current : next.slice(0, 1)),
    people: state.people.map((one) => ({ ...one, name: names.get(one.person) ?? null })),
    stoppedSince: isManual ? unexplained(state) : await machineStop(tx, unit),
    phase: state.run?.phase ?? (isManual || running.length === 0 ? "none" : "production"),
    control,
  };
}

/** What a person has started, else what the machine runs; each job order once. */
async function runningJobs(
  tx: Tx,
  site: Site,
  unit: SiteWorkUnit,
  state: UnitState,
  now: Instant,
): Promise<readonly string[]> {
  if (state.run) return [state.run.jobOrder];
  const runs = await machineRuns(tx, site, unit, now);
  return [...new Set(runs.flatMap(({ jobOrder }) => jobOrder ?? []))];
}

async function shownJobs(
  tx: Tx,
  unit: SiteWorkUnit,
  running: readonly string[],
  isHeld: boolean,
): Promise<readonly ShownJob[]> {
  const rows = await tx.jobOrders.dispatchable(unit.partOf, unit.id, lookedAt, running);
  const requests = await tx.requests.get([...new Set(rows.map(({ jobOrder }) => jobOrder.request))]);
  const seen = await tx.terminal.acknowledged(rows.map(({ jobOrder }) => jobOrder.id));
  return rows
    .toSorted((a, b) => Number(a.runsEnded > 0) - Number(b.runsEnded > 0) || compare(a, b))
    .flatMap((row) => {
      const request = requests.find(({ id }) => id === row.jobOrder.request);
      const isRunning = running.includes(row.jobOrder.id);
      if (!request || (!isRunning && !isDispatched(request))) return [];
      const acknowledgedAt = seen.get(row.jobOrder.id) ?? null;
      return [{ row, request, isHeld: isRunning && isHeld, acknowledgedAt }];
    });
}

function compare(a: JobOrderRow, b: JobOrderRow): number {
  return a.jobOrder.dispatchKey < b.jobOrder.dispatchKey ? -1 : 1;
}

async function materialsOf(
  tx: Tx,
  unit: SiteWorkUnit,
  state: UnitState,
  jobs: readonly ShownJob[],
): Promise<readonly ShownMaterial[]> {
  const all: ShownMaterial[] = [];
  for (const job of jobs) all.push(...(await materialsOfJob(tx, unit, state, job)));
  return all;
}

async function materialsOfJob(
  tx: Tx,
  unit: SiteWorkUnit,
  state: UnitState,
  { row, request }: ShownJob,
): Promise<readonly ShownMaterial[]> {
  const { segment } = row.jobOrder;
  const used = usedPerLine(
    request,
    (await tx.terminal.used(row.jobOrder.id)).map((one) => ({ segment, ...one })),
  );
  const isKept = (unit.positions ?? []).length > 0;
  const operation = { request: request.id, segment };
  const lines = request.segments.find(({ id }) => id === segment)?.materials ?? [];
  return lines.map((line) => {
    const need = needOf(line, operation);
    const loads = state.loads.filter((load) => isFor(load, need));
    const isAsked = isKept && (line.mode === "bill" || line.mode === "measured");
    const none: Quantity = { micro: 0n, uom: line.quantity.uom };
    const isLoaded = !isAsked || loads.some((load) => isLoadedFor(load, need));
    return { line, used: used.of.get(line) ?? none, isLoaded, loads };
  });
}

/** The stop that goes on, else the newest one, when nobody has given its reason. */
function unexplained(state: UnitState): Instant | null {
  return state.stops.findLast((stop) => stop.reason === null)?.since ?? null;
}

async function machineStop(tx: Tx, unit: SiteWorkUnit): Promise<Instant | null> {
  const since = await tx.statements.machineStop(unit.id);
  return since !== null && (await tx.terminal.isExplained(unit.id, since)) ? null : since;
}

export type ScanMeaning =
  | { readonly means: "operation"; readonly job: ShownJob }
  | ({ readonly means: "material"; readonly unitOfQuantity: string | null } & ScannedMaterial & Fitting)
  | { readonly means: "unknown"; readonly why: string };

interface Fitting {
  readonly fits: { readonly requirement: string; readonly position: string } | null;
  /** Of the fault that loading it would be. */
  readonly code: FaultCode | null;
  readonly why: string | null;
}

export async function meaningOfScan(
  tx: Tx,
  site: Site,
  unit: SiteWorkUnit,
  text: string,
  now: Instant,
): Promise<ScanMeaning> {
  const scanned = readScan(text, site.terminal.scans);
  switch (scanned.says) {
    case "nothing":
      return { means: "unknown", why: scanned.why };
    case "operation":
      return operationOf(tx, unit, scanned);
    case "material":
      return materialOf(tx, site, unit, scanned, now);
  }
}

async function operationOf(
  tx: Tx,
  unit: SiteWorkUnit,
  number: { readonly order: string; readonly operation: string },
): Promise<ScanMeaning> {
  const id = await tx.terminal.byNumber({ workCenter: unit.partOf, workUnit: unit.id }, number);
  const [row] = id === null ? [] : await tx.jobOrders.dispatchable(unit.partOf, unit.id, 0, [id]);
  const [request] = row ? await tx.requests.get([row.jobOrder.request]) : [];
  if (!row || !request) {
    const why = `Operation ${number.operation} of order ${number.order} is not known at ${unit.id}.`;
    return { means: "unknown", why };
  }
  const seen = await tx.terminal.acknowledged([row.jobOrder.id]);
  return {
    means: "operation",
    job: { row, request, isHeld: false, acknowledgedAt: seen.get(row.jobOrder.id) ?? null },
  };
}

async function materialOf(
  tx: Tx,
  site: Site,
  unit: SiteWorkUnit,
  scanned: ScannedMaterial,
  now: Instant,
): Promise<ScanMeaning> {
  const state = stateOf(await tx.statements.stateBefore(unit.id, null));
  const lines = await wantedLines(tx, unit, await runningJobs(tx, site, unit, state, now));
  const offered = { material: scanned.material, lot: scanned.lot, quantity: null, substitutes: null };
  const fit = fitMaterial(offered, lines, (material) => isLotControlled(site.terminal.lotControlled, material));
  const meaning = { means: "material", ...scanned } as const;
  if (!fit.ok) return { ...meaning, unitOfQuantity: null, ...unfit(fit.fault) };
  const { requirement, operation } = fit.value;
  const fitting = lines.find((one) => one.operation === operation && one.line.id === requirement);
  const unitOfQuantity = fitting?.line.quantity.uom ?? null;
  const position = freePosition(unit, state, scanned.material);
  if (!position.ok) return { ...meaning, unitOfQuantity, ...unfit(position.fault) };
  return { ...meaning, unitOfQuantity, fits: { requirement, position: position.value }, code: null, why: null };
}

function unfit({ code, message }: Fault): Fitting {
  return { fits: null, code, why: message };
}

/** The first empty place that takes the material. */
function freePosition(unit: SiteWorkUnit, state: UnitState, material: string): Result<string> {
  const fitting = (unit.positions ?? []).filter(({ materialPrefix }) => material.startsWith(materialPrefix));
  const free = fitting.find(({ id }) => !state.loads.some((load) => load.position === id));
  if (free) return ok(free.id);
  if (fitting.length === 0) {
    return fail("refused", "reporting/wrong-position", `${unit.id} has no place for ${material}.`);
  }
  const taken = fitting.map(({ id }) => id).join(", ");
  const text = `Every place for ${material} is taken: ${taken}. Take something away first.`;
  return fail("refused", "reporting/position-taken", text);
}
