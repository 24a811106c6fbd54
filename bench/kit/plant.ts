/**
 * The plant of the benches: machines that all mean the same by their items, one order for each, and the site that joins
 * them. Every amount is known in advance, so that what arrives can be compared with what was offered.
 */
import { instant } from "../../src/base/instant.ts";
import { unwrap } from "../../src/base/result.ts";
import { timeZone } from "../../src/base/site-time.ts";
import type { Store } from "../../src/flows/ports.ts";
import type { OperationsRequest } from "../../src/isa95/schedule/operations-request.ts";
import { requestId } from "../../src/isa95/schedule/operations-request.ts";
import { makeJobOrders } from "../../src/operations/order/job-order.ts";
import type { CounterType, MachineMap } from "../../src/record/machine-map.ts";
import { buildSite, withSettings, type ErpConnection, type MachineConnection, type Site } from "../../src/site/site.ts";

export const erpId = "s4";
export const plantCode = "PL01";
export const store = { plant: plantCode, location: "0001" } as const;
export const workCenter = "CELL";

export interface BenchConnection {
  readonly id: string;
  readonly settings: unknown;
}

export interface PlantShape {
  readonly machines: readonly BenchConnection[];
  /** Settings of the one ERP; null for a plant without. */
  readonly erp: { readonly settings: unknown } | null;
}

/** What the machine of this index names as its job: `1000001-0010` for the first. */
export function jobOf(machine: number): string {
  return `${orderNumber(machine)}-0010`;
}

export function orderNumber(machine: number): string {
  return String(1_000_001 + machine);
}

export function productOf(machine: number): string {
  return `PRODUCT-${machine}`;
}

export function componentOf(machine: number): string {
  return `COMPONENT-${machine}`;
}

const steps: CounterType = {
  modulus: null,
  reset: "never",
  baseline: "first",
  drop: "stale",
  stepMax: 1_000_000,
  because: "The load generator counts up and never down.",
};

/** Values beside runs, pieces and energy are telemetry: kept, and read by no rule. */
const map: MachineMap = {
  name: "bench-machine",
  version: 1,
  validFrom: instant(0),
  frame: "source-time",
  clock: { trust: "device", mode: "live", lateMs: 10_000 },
  items: Object.fromEntries(
    Object.entries({
      activeRun: "Run/Active",
      job: "Run/Job",
      runsEnded: "Run/Ended",
      lastEndedRun: "Run/LastEnded",
      result: "Run/Result",
      goodPieces: "Pieces/Good",
      energy: "Energy/Total",
      telemetry: "Telemetry/T{n}",
    }).map(([key, path]) => [key, { path, history: false }]),
  ),
  run: {
    by: "number",
    number: "activeRun",
    none: 0,
    job: "job",
    article: null,
    ended: { count: "runsEnded", number: "lastEndedRun", result: "result" },
  },
  counters: [
    {
      rule: "good-pieces",
      item: "goodPieces",
      grade: "good",
      uom: "C62",
      type: { ...steps, reset: "per-run", baseline: "zero" },
    },
  ],
  consumption: [],
  state: null,
  energy: { rule: "energy", item: "energy", uom: "KWH", type: steps },
  alarm: null,
  // The machine keeps no job orders; it is told nothing.
  job: {
    jobOrderId: "request.reference.number & '-' & segment.id",
    job: "request.reference.number & '-' & segment.id",
    article: null,
    jobControl: null,
    setup: {},
    apply: null,
  },
};

export function benchSite(shape: PlantShape): Site {
  const units = shape.machines.map(({ id }) => `UNIT-${id}`);
  const zone = unwrap(timeZone("Europe/Warsaw"));
  const erps: ErpConnection[] = shape.erp
    ? [withSettings({ id: erpId, product: "sap", company: "", written: {} }, shape.erp.settings)]
    : [];
  const center = { level: "WorkCenter", description: workCenter, partOf: plantCode } as const;
  return buildSite({
    id: plantCode,
    name: "bench",
    zone,
    version: "bench",
    equipment: [],
    workCenters: [
      {
        id: workCenter,
        ...center,
        erpCodes: { [erpId]: workCenter },
        workUnits: units,
        materialFrom: store,
        splitAbove: null,
      },
    ],
    workUnits: shape.machines.map(({ id }) => ({
      id: `UNIT-${id}`,
      level: "WorkUnit",
      description: id,
      partOf: workCenter,
      connection: id,
      map: map.name,
    })),
    calendars: [],
    calendarOf: {},
    erps,
    machines: shape.machines.map(({ id, settings }): MachineConnection =>
      withSettings({ id, protocol: "opcua", written: {} }, settings),
    ),
    maps: [map],
    policies: {
      posting: [
        {
          erp: erpId,
          unplannedConsumption: "post",
          receipt: true,
          announceRelease: false,
          final: "never",
        },
      ],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 3600 },
    },
  });
}

/** The order of one machine: its product with one component, used by the bill, one per piece. */
export function benchRequest(machine: number): OperationsRequest {
  const reference = { erp: erpId, company: "", number: orderNumber(machine) };
  const quantity = { micro: 1_000_000_000n * 1_000_000n, uom: "C62" };
  return {
    id: requestId(reference),
    reference,
    version: "1",
    state: "Released",
    material: productOf(machine),
    materialFactors: [],
    quantity,
    plant: plantCode,
    receiptLocation: { plant: plantCode, location: "0002" },
    receiptItem: "1",
    priority: 0,
    earliestStart: null,
    latestEnd: null,
    segments: [
      {
        id: "0010",
        sequence: "",
        description: "Assemble",
        workCenter,
        quantity,
        rule: { confirmation: "required", automaticReceipt: false, external: false },
        earliestStart: null,
        latestEnd: null,
        materials: [
          {
            id: `${900_000 + machine}/1`,
            material: componentOf(machine),
            quantity,
            at: store,
            lot: null,
            mode: "bill",
            fixed: null,
            scrapPpm: 0,
          },
        ],
        parameters: {},
      },
    ],
  };
}

/** Takes orders into the store as acceptance does, with the names by which the machines know them. */
export async function seedOrders(into: Store, requests: readonly OperationsRequest[]): Promise<void> {
  await into.transaction(async (tx) => {
    for (const request of requests) {
      const job = `${request.reference.number}-0010`;
      const machineName = { jobOrderId: job, job, article: null };
      const place = { segment: "0010", workCenter, workUnits: [], machineName, setup: [] };
      await tx.requests.save(request, null, instant(Date.now()));
      await tx.jobOrders.insert(makeJobOrders(request, [place]));
    }
  });
}
