/** What is behind an order of the fixture: its operations, its time line, and what that opens to. */
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import type { Fact, Order, OrderRow, PostingView, TimelineEntry } from "../../src/api/contract/order.ts";
import { ago, minuteMs, pieces, type Plant } from "./plant.ts";

export function orderOf(plant: Plant, row: OrderRow): Order {
  const steps = Array.from({ length: row.operations }, (_, n): Order["steps"][number] => ({
    id: `${row.id}:${(n + 1) * 10}`,
    description: ["Cut and crimp", "Assemble", "Test", "Pack"][n % 4]!,
    workCenter: row.workCenters[0] ?? "CUT-01",
    confirmation: n === 0 ? "required" : "milestone",
    isExternal: false,
    automaticReceipt: n === row.operations - 1,
    quantity: row.quantity,
    jobs: [
      {
        id: `job-${row.id}-${(n + 1) * 10}`,
        workUnit: [...plant.units.keys()][n] ?? null,
        state: row.progress === "done" ? "completed" : n === 0 && row.progress === "running" ? "running" : "ready",
        quantity: row.quantity,
        good: n === 0 ? row.good : pieces(0),
        scrap: n === 0 ? row.scrap : pieces(0),
        rework: pieces(0),
        runs: n === 0 ? 2 : 0,
        acknowledgedBy: n === 0 ? "p-7Q" : null,
      },
    ],
    materials: [
      {
        id: `${row.id}:c${n}`,
        material: "WIRE-0.5-BU",
        quantity: { value: "1250.5", uom: "MTR" },
        mode: "bill",
        location: "101C",
        lot: n === 0 ? "LOT-77" : null,
        used: { value: n === 0 ? "812.125" : "0", uom: "MTR" },
        posted: { value: n === 0 ? "750" : "0", uom: "MTR" },
        counted: n === 0 ? [{ value: "820.5", uom: "MTR" }] : [],
      },
    ],
    final:
      row.progress === "done"
        ? { at: ago(plant, 9 * minuteMs), by: "p-7Q", because: "All made", confirmed: true }
        : null,
  }));
  return { ...row, plant: "PL01", receiptLocation: "FG01", version: "7", erpVersion: "20261122", steps };
}

type Told = Partial<TimelineEntry> & Pick<TimelineEntry, "kind" | "code">;

/** How every order begins; after it come counts. */
const story: readonly Told[] = [
  {
    kind: "order",
    code: "accepted",
    operation: null,
    workUnit: null,
    values: { number: "1000000" },
    opens: { kind: "message", id: "msg-1" },
  },
  {
    kind: "change",
    code: "accepted",
    operation: null,
    workUnit: null,
    values: { number: "1000000" },
    opens: { kind: "message", id: "msg-2" },
  },
  {
    kind: "instruction",
    code: "store",
    level: "good",
    values: { state: "armed", machineOrder: "1000000-0010" },
    opens: { kind: "instruction", id: "ins-1" },
  },
  { kind: "person", code: "PersonSignedOn", values: { person: "p-7Q" }, opens: { kind: "fact", id: "fact-p" } },
  {
    kind: "run",
    code: "started",
    level: "good",
    values: { job: "1000000-0010", article: "W-4711-BU" },
    opens: { kind: "run", id: "run-0" },
  },
  {
    kind: "material",
    code: "MaterialLoaded",
    values: { kind: "MaterialLoaded", material: "WIRE-0.5-BU", lot: "LOT-77", position: "A1" },
    opens: { kind: "fact", id: "fact-m" },
  },
  {
    kind: "state",
    code: "StateEntered",
    level: "bad",
    values: { kind: "StateEntered", state: "fault", raw: "Wire jam" },
    opens: { kind: "fact", id: "fact-s" },
  },
  {
    kind: "fact",
    code: "sum/good",
    level: "good",
    values: { value: "1250", uom: "C62", facts: "125", lastAt: "1795371000000" },
    opens: { kind: "run", id: "run-0" },
  },
  {
    kind: "posting",
    code: "planned",
    values: { kind: "confirmation", key: "MR7F3K2Q9XB4T6WZ", state: "confirmed" },
    opens: { kind: "posting", id: "post-0" },
  },
  {
    kind: "document",
    code: "confirmation",
    level: "good",
    values: { kind: "confirmation", document: "4900001234" },
    opens: { kind: "posting", id: "post-0" },
  },
  {
    kind: "posting",
    code: "refused",
    level: "bad",
    values: {
      kind: "goods-issue",
      attempt: "1",
      fault: "erp/sap-period-closed",
      message: "Posting period 10/2026 is closed.",
    },
    opens: { kind: "posting", id: "post-1" },
  },
  {
    kind: "question",
    code: "open",
    level: "warning",
    values: { subject: "counter/run-0", text: "The counter fell from 512 to 3." },
  },
  { kind: "fact", code: "surprise-code", values: { note: "a code that the screens do not know" } },
];

export function timelineOf(plant: Plant, count: number): TimelineEntry[] {
  const unit = [...plant.units.keys()][0] ?? "CUT-01-001";
  const entry = (told: Told, n: number): TimelineEntry => ({
    id: `e${n}`,
    at: ago(plant, (count - n) * minuteMs),
    recordedAt: ago(plant, (count - n) * minuteMs - (n % 17 === 5 ? 12 * minuteMs : 400)),
    operation: "0010",
    workUnit: unit,
    values: {},
    level: "info",
    opens: null,
    ...told,
  });
  const counted = Array.from({ length: Math.max(0, count - story.length) }, (_, n): Told => ({
    kind: "fact",
    code: "UnitsCounted",
    values: {
      kind: "UnitsCounted",
      grade: n % 11 === 0 ? "scrap" : "good",
      value: String(10 + (n % 7)),
      uom: "C62",
    },
    opens: { kind: "fact", id: `fact-${n}` },
  }));
  return [...story, ...counted].map(entry);
}

export function factOf(plant: Plant, id: string): Fact {
  const unit = [...plant.units.keys()][0] ?? "CUT-01-001";
  return {
    id,
    kind: "UnitsCounted",
    workUnit: unit,
    run: `run-${unit}`,
    eventAt: ago(plant, 5 * minuteMs),
    recordedAt: ago(plant, 5 * minuteMs - 420),
    rule: "count-good",
    mapVersion: 3,
    revision: 0,
    saidBy: id === "fact-p" ? { person: "p-7Q" } : { machine: `opc-${unit}` },
    body: { grade: "good", quantity: { micro: "12000000", uom: "C62" } },
    evidence:
      id === "fact-p"
        ? []
        : [
            {
              id: "s1",
              source: `opc-${unit}`,
              item: "ns=2;s=Good",
              value: 1512,
              status: "Good",
              sourceAt: ago(plant, 5 * minuteMs),
              receivedAt: ago(plant, 5 * minuteMs - 90),
            },
            {
              id: "s0",
              source: `opc-${unit}`,
              item: "ns=2;s=Good",
              status: "Good",
              sourceAt: ago(plant, 6 * minuteMs),
            },
          ],
    postings: [{ id: "post-0", kind: "confirmation", state: "confirmed" }],
    movements: [
      {
        id: "mv-1",
        material: "WIRE-0.5-BU",
        amount: { value: "30.012", uom: "MTR" },
        from: "stock:PL01/101C",
        to: "world:consumed",
        lot: "LOT-77",
      },
    ],
  };
}

export function postingOf(plant: Plant, id: string): PostingView {
  const isRefused = id !== "post-0";
  return {
    id,
    key: "MR7F3K2Q9XB4T6WZ",
    erp: "sap",
    kind: isRefused ? "goods-issue" : "confirmation",
    state: isRefused ? "refused" : "confirmed",
    order: plant.orders[0]?.id ?? "o",
    number: plant.orders[0]?.number ?? "1000000",
    operation: "0010",
    postingDate: "2026-11-22",
    lines: [
      isRefused
        ? {
            what: "used",
            document: null,
            material: "WIRE-0.5-BU",
            amount: { value: "250", uom: "MTR" },
            location: "101C",
            lot: "LOT-77",
          }
        : {
            what: "received",
            document: null,
            material: "W-4711-BU",
            amount: pieces(250),
            location: "FG01",
            lot: null,
          },
    ],
    parked: isRefused,
    nextTryAt: null,
    fault: isRefused
      ? {
          code: "sap/period-closed",
          message: "Posting period 10/2026 is closed. Ask accounting to open it, or post with another date.",
        }
      : null,
    document: isRefused ? null : "4900001234",
    request: JSON.stringify({ Order: plant.orders[0]?.number, Quantity: "250.000" }, null, 2),
    attempts: [
      {
        number: 1,
        startedAt: ago(plant, 4 * minuteMs),
        endedAt: ago(plant, 4 * minuteMs - 800),
        outcome: isRefused ? "refused" : "confirmed",
        message: isRefused ? "M7/053" : null,
      },
    ],
    facts: ["fact-0", "fact-1"],
    supersedes: null,
    reverses: null,
    reversedBy: null,
    holdsFacts: true,
    version: "3",
    plannedAt: ago(plant, 5 * minuteMs),
    settledAt: isRefused ? null : ago(plant, 4 * minuteMs),
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  };
}

/** Nothing is wrong with it: it waits for its turn. */
export function waitingOf(plant: Plant, id: string, state: "planned" | "dismissed"): PostingView {
  const unsent = { document: null, fault: null, request: null, settledAt: null } as const;
  return { ...postingOf(plant, id), ...unsent, attempts: [], state, parked: false };
}

export function instructionOf(plant: Plant, id: string): ReplyOf<"GET /api/v1/instructions/:instruction"> {
  return {
    id,
    kind: "set-up",
    state: "verified",
    workUnit: [...plant.units.keys()][0] ?? "CUT-01-001",
    machineOrder: "1000000-0010",
    createdAt: ago(plant, 30 * minuteMs),
    changedAt: ago(plant, 29 * minuteMs),
    fault: null,
    values: [
      { item: "StripLength", wanted: "5.5", before: "5.0", read: "5.5" },
      { item: "WireLength", wanted: "1250", before: "900", read: "1250" },
    ],
  };
}

export function runOf(plant: Plant, id: string): ReplyOf<"GET /api/v1/runs/:run"> {
  const between = { firstAt: ago(plant, 60 * minuteMs), lastAt: ago(plant, minuteMs) };
  return {
    id,
    source: "opc-CUT-01-001",
    workUnit: [...plant.units.keys()][0] ?? "CUT-01-001",
    job: "1000000-0010",
    article: "W-4711-BU",
    outside: false,
    jobOrder: `job-${plant.orders[0]?.id ?? ""}-10`,
    order: plant.orders[0]?.id ?? null,
    number: plant.orders[0]?.number ?? null,
    operation: "0010",
    startedAt: ago(plant, 61 * minuteMs),
    endedAt: null,
    result: null,
    sums: [
      { what: "good", material: null, amount: pieces(1250), facts: 125, ...between },
      { what: "scrap", material: null, amount: pieces(9), facts: 9, ...between },
      { what: "used", material: "WIRE-0.5-BU", amount: { value: "812.125", uom: "MTR" }, facts: 125, ...between },
    ],
  };
}

export function runFactsOf(plant: Plant): ReplyOf<"GET /api/v1/runs/:run/facts">["items"] {
  return Array.from({ length: 125 }, (_, n) => ({
    id: `fact-${n}`,
    kind: "UnitsCounted",
    eventAt: ago(plant, (130 - n) * 20_000),
    recordedAt: ago(plant, (130 - n) * 20_000 - 300),
    what: "good" as const,
    material: null,
    amount: pieces(10),
    corrects: null,
  }));
}
