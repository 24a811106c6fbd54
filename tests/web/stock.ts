/** Balances, movements and connections of the fixture. */
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import { ago, minuteMs, type Plant } from "./plant.ts";

type Item<T> = T extends { readonly items: readonly (infer I)[] } ? I : never;

const unexplained = "world:unexplained@PL01/101C";

/** As the server takes it: an account, or how accounts begin. */
export function isAt(account: string, wanted: unknown): boolean {
  if (typeof wanted !== "string") return true;
  return /[:@]$/.test(wanted) ? account.startsWith(wanted) : account === wanted;
}

export function balancesOf(plant: Plant): Item<ReplyOf<"GET /api/v1/materials">>[] {
  const places = ["stock:PL01/101C", "stock:PL01/FG01", "unit:CUT-01-001", "world:production", unexplained];
  return ["WIRE-0.5-BU", "WIRE-0.5-BK", "TERM-6.3", "W-4711-BU"].flatMap((material, m) =>
    places.map((account, n) => ({
      material,
      account,
      lot: n % 2 === 0 ? `LOT-${m}${n}` : null,
      amount: { value: account === unexplained ? "-3.25" : `${(m + 1) * 1000 + n}.125`, uom: "MTR" },
      lastMovementAt: ago(plant, (m * 5 + n) * minuteMs),
    })),
  );
}

export function movementsOf(
  plant: Plant,
  material: string,
): Item<ReplyOf<"GET /api/v1/materials/:material/movements">>[] {
  return Array.from({ length: 40 }, (_, n) => ({
    id: `mv-${n}`,
    fact: `fact-${n}`,
    material,
    lot: n % 2 === 0 ? "LOT-77" : null,
    amount: { value: `${n + 1}.5`, uom: "MTR" },
    from: "stock:PL01/101C",
    to: "world:production",
    eventAt: ago(plant, n * 4 * minuteMs),
    recordedAt: ago(plant, n * 4 * minuteMs - 300),
    corrects: n === 4 ? "mv-5" : null,
    order: plant.orders[0]?.id ?? null,
    number: plant.orders[0]?.number ?? null,
  }));
}

export function refusedFieldsOf(plant: Plant): ReplyOf<"GET /api/v1/connections/refused">["items"] {
  const message = 'Description is stated by plm alone. Ours stays: "Cable 3 x 1.5"; sent was "Kabel".';
  return [
    {
      id: "1",
      sender: "sap",
      noun: "MaterialDefinition",
      plant: "",
      key: "CABLE-A",
      version: "",
      field: "Description",
      owner: "plm",
      ours: "Cable 3 x 1.5",
      theirs: "Kabel",
      code: "b2mml/foreign-field",
      message,
      place: "message:9 /SyncMaterialDefinition/DataArea/MaterialDefinition/Description",
      document: "5f0e6f0a-4a5c-4c58-9a43-2f6f3ad0a001",
      firstAt: ago(plant, 90 * minuteMs),
      lastAt: ago(plant, 30 * minuteMs),
      times: 3,
    },
  ];
}

export function connectionsOf(plant: Plant): ReplyOf<"GET /api/v1/connections"> {
  const machines = [...plant.units.values()].filter(({ connection }) => connection !== null).slice(0, 40);
  return {
    asOf: new Date().toISOString(),
    machines: machines.map((unit, n) => ({
      id: unit.connection!.id,
      protocol: "opcua",
      workUnit: unit.id,
      connected: unit.connection!.connected,
      backfilling: unit.connection!.backfilling,
      lastSampleAt: unit.lastSampleAt,
      samplesPerSecond: 12.5 + n,
      waitingSamples: n % 9 === 0 ? 812 : 0,
      lagMs: unit.connection!.connected ? 35 + n : null,
      unread:
        n % 7 === 3
          ? {
              count: 4,
              at: ago(plant, 20 * minuteMs),
              item: "Pieces/Good",
              why: "It came so late that its time is settled already.",
            }
          : null,
      fault: unit.connection!.connected
        ? null
        : {
            at: ago(plant, 45 * minuteMs),
            code: "opcua/no-answer",
            message: "The machine does not answer. Check power and network; next try in 30 s.",
          },
    })),
    erps: [
      {
        id: "sap",
        product: "SAP S/4HANA",
        ready: true,
        lastPullAt: ago(plant, 4000),
        pending: 7,
        inDoubt: 1,
        parked: 2,
        refused: 3,
        refusedFields: 1,
        oldestPendingAt: ago(plant, 90 * minuteMs),
        fault: {
          at: ago(plant, 30 * minuteMs),
          code: "sap/period-closed",
          message: "Posting period 10/2026 is closed.",
        },
      },
    ],
    buffer: { waitingBatches: 2 },
    recovering: false,
  };
}
