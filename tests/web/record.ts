/** What is behind the plant of `plant.ts`: one order with its time line and what it opens to, what is to be mended, stock, connections, accounts. */
import type { ReplyOf } from "../../src/api/contract/contract.ts";
import type { Fact, Order, OrderRow, PostingView, TimelineEntry } from "../../src/api/contract/order.ts";
import { permissions, permissionsOf, type Permission, type Role } from "../../src/access/permission.ts";
import { ago, minuteMs, pieces, type Plant } from "./plant.ts";

type Item<T> = T extends { readonly items: readonly (infer I)[] } ? I : never;

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
        used: { value: "812.125", uom: "MTR" },
        posted: { value: "750", uom: "MTR" },
      },
    ],
    final:
      row.progress === "done"
        ? { at: ago(plant, 9 * minuteMs), by: "p-7Q", because: "All made", confirmed: true }
        : null,
  }));
  return { ...row, plant: "PL01", receiptLocation: "FG01", version: "7", erpVersion: "20261122", steps };
}

export function timelineOf(plant: Plant, row: OrderRow, count: number): TimelineEntry[] {
  const unit = [...plant.units.keys()][0] ?? "CUT-01-001";
  const entry = (n: number, part: Partial<TimelineEntry> & Pick<TimelineEntry, "kind" | "code">): TimelineEntry => ({
    id: `e${n}`,
    at: ago(plant, (count - n) * minuteMs),
    recordedAt: ago(plant, (count - n) * minuteMs - (n % 17 === 5 ? 12 * minuteMs : 400)),
    operation: "0010",
    workUnit: unit,
    values: {},
    level: "info",
    opens: null,
    ...part,
  });
  const first: TimelineEntry[] = [
    entry(0, {
      kind: "order",
      code: "accepted",
      operation: null,
      workUnit: null,
      values: { quantity: row.quantity.value },
      opens: { kind: "message", id: "msg-1" },
    }),
    entry(1, {
      kind: "change",
      code: "apply-now",
      values: { what: "quantity", from: "500", to: row.quantity.value },
      opens: { kind: "message", id: "msg-2" },
    }),
    entry(2, {
      kind: "instruction",
      code: "verified",
      level: "good",
      values: { count: "4" },
      opens: { kind: "instruction", id: "ins-1" },
    }),
    entry(3, {
      kind: "person",
      code: "PersonSignedOn",
      values: { person: "p-7Q" },
      opens: { kind: "fact", id: "fact-p" },
    }),
    entry(4, { kind: "run", code: "JobStarted", level: "good", opens: { kind: "fact", id: "fact-0" } }),
    entry(5, {
      kind: "material",
      code: "MaterialLoaded",
      values: { material: "WIRE-0.5-BU", lot: "LOT-77" },
      opens: { kind: "fact", id: "fact-m" },
    }),
    entry(6, {
      kind: "state",
      code: "fault",
      level: "bad",
      values: { reason: "Wire jam" },
      opens: { kind: "fact", id: "fact-s" },
    }),
    entry(7, {
      kind: "posting",
      code: "confirmed",
      level: "good",
      values: { kind: "confirmation", quantity: "250" },
      opens: { kind: "posting", id: "post-0" },
    }),
    entry(8, {
      kind: "document",
      code: "confirmation",
      level: "good",
      values: { document: "4900001234" },
      opens: { kind: "posting", id: "post-0" },
    }),
    entry(9, {
      kind: "posting",
      code: "refused",
      level: "bad",
      values: { kind: "goods-issue", message: "Period 10 is closed" },
      opens: { kind: "posting", id: "post-1" },
    }),
    entry(10, {
      kind: "question",
      code: "counter/drop",
      level: "warning",
      values: { text: "The counter fell from 512 to 3" },
    }),
    entry(11, { kind: "decision", code: "retry", values: { by: "p-7Q", because: "Period was opened" } }),
    entry(12, { kind: "fact", code: "surprise-code", values: { note: "a code the screens do not know" } }),
  ];
  const more = Array.from({ length: Math.max(0, count - first.length) }, (_, n) =>
    entry(n + first.length, {
      kind: "fact",
      code: "UnitsCounted",
      values: { good: String(10 + (n % 7)), scrap: n % 11 === 0 ? "1" : "0" },
      opens: { kind: "fact", id: `fact-${n}` },
    }),
  );
  return [...first, ...more];
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
    body: { grade: "good", quantity: "12", uom: "C62" },
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
      {
        what: isRefused ? "Component used" : "Good pieces",
        material: "WIRE-0.5-BU",
        amount: pieces(250),
        location: "101C",
        lot: "LOT-77",
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
    version: "3",
    plannedAt: ago(plant, 5 * minuteMs),
    settledAt: isRefused ? null : ago(plant, 4 * minuteMs),
    traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  };
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

export interface Mending {
  production: Item<ReplyOf<"GET /api/v1/mend/production">>[];
  orders: Item<ReplyOf<"GET /api/v1/mend/orders">>[];
  postings: Item<ReplyOf<"GET /api/v1/mend/postings">>[];
  questions: Item<ReplyOf<"GET /api/v1/mend/questions">>[];
}

export function makeMending(plant: Plant): Mending {
  const unit = [...plant.units.keys()][0] ?? "CUT-01-001";
  const posting = (
    n: number,
    state: "refused" | "parked" | "needs-person" | "in-doubt",
  ): Mending["postings"][number] => ({
    id: `post-${n}`,
    version: "3",
    state,
    kind: n % 2 === 0 ? "confirmation" : "goods-issue",
    erp: "sap",
    order: plant.orders[n]?.id ?? "o",
    number: plant.orders[n]?.number ?? "1000000",
    operation: "0010",
    lines: [
      {
        what: n % 2 === 0 ? "Good pieces" : "Component used",
        material: "WIRE-0.5-BU",
        amount: pieces(250 + n),
        location: "101C",
        lot: n % 2 === 0 ? null : "LOT-77",
      },
    ],
    code: state === "refused" ? "sap/period-closed" : state === "parked" ? "sap/short-stock" : "sap/no-answer",
    message:
      state === "refused"
        ? "Posting period 10/2026 is closed. Ask accounting to open it, or post with another date."
        : state === "parked"
          ? "101C holds 12 m of WIRE-0.5-BU, 262 m are to be issued."
          : "The reply was lost after the request had left.",
    attempts: 1 + (n % 3),
    plannedAt: ago(plant, (n + 2) * 40 * minuteMs),
    sentAt: ago(plant, (n + 1) * 40 * minuteMs),
    nextTryAt: state === "parked" ? ago(plant, -10 * minuteMs) : null,
    askedAbsent: state === "needs-person" ? 2 : 0,
  });
  return {
    production: Array.from({ length: 4 }, (_, n) => ({
      id: `run-${n}`,
      version: "1",
      workUnit: unit,
      job: `LOCAL-${n}`,
      article: "W-4711-BU",
      startedAt: ago(plant, (n + 3) * 60 * minuteMs),
      endedAt: n === 0 ? null : ago(plant, (n + 2) * 60 * minuteMs),
      good: pieces(120 + n),
      scrap: pieces(n),
      code: n === 3 ? "execution/order-closed" : "execution/unknown-job",
      message: "The machine ran a job that no order knows. Assign it to a job order, or dismiss it.",
      openedAt: ago(plant, (n + 2) * 60 * minuteMs),
      candidates:
        n === 2
          ? []
          : plant.orders
              .slice(n, n + 2)
              .map((row) => ({
                jobOrder: `job-${row.id}-10`,
                number: row.number,
                operation: "0010",
                why: "Same article, same unit, was next",
              })),
    })),
    orders: Array.from({ length: 3 }, (_, n) => ({
      id: `q-${n}`,
      version: "1",
      erp: "sap",
      number: String(1_999_990 + n),
      code: "order/unknown-work-center",
      message: "Work center Z-99 is not in site.yaml. Add it there, then let the order be judged again.",
      openedAt: ago(plant, (n + 1) * 90 * minuteMs),
      inbound: "msg-1",
    })),
    postings: [
      posting(1, "refused"),
      posting(2, "parked"),
      posting(3, "in-doubt"),
      posting(4, "needs-person"),
      posting(5, "refused"),
    ],
    questions: [
      {
        id: "ask-0",
        version: "1",
        subject: `${unit} good counter`,
        text: "The counter fell from 512 to 3 and no reset was seen. How many good pieces were made?",
        workUnit: unit,
        run: "run-0",
        askedAt: ago(plant, 50 * minuteMs),
        evidence: [
          { id: "s1", item: "ns=2;s=Good", at: ago(plant, 51 * minuteMs), value: "512" },
          { id: "s2", item: "ns=2;s=Good", at: ago(plant, 50 * minuteMs), value: "3" },
        ],
        answers: ["counted", "nothing-made", "noted"],
      },
    ],
  };
}

export function balancesOf(plant: Plant): Item<ReplyOf<"GET /api/v1/materials">>[] {
  const places = ["stock:PL01/101C", "stock:PL01/FG01", "unit:CUT-01-001", "world:consumed", "world:unexplained"];
  return ["WIRE-0.5-BU", "WIRE-0.5-BK", "TERM-6.3", "W-4711-BU"].flatMap((material, m) =>
    places.map((account, n) => ({
      material,
      account,
      lot: n % 2 === 0 ? `LOT-${m}${n}` : null,
      amount: { value: account === "world:unexplained" ? "-3.25" : `${(m + 1) * 1000 + n}.125`, uom: "MTR" },
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
    to: "world:consumed",
    eventAt: ago(plant, n * 4 * minuteMs),
    recordedAt: ago(plant, n * 4 * minuteMs - 300),
    corrects: n === 4 ? "mv-5" : null,
    order: plant.orders[0]?.id ?? null,
    number: plant.orders[0]?.number ?? null,
  }));
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

export function accountsOf(plant: Plant): ReplyOf<"GET /api/v1/people">["items"] {
  const one = (
    person: string,
    login: string,
    name: string | null,
    role: Role,
    isActive = true,
  ): ReplyOf<"GET /api/v1/people">["items"][number] => ({
    person,
    version: "1",
    login,
    name,
    email: `${login}@example.test`,
    grants: [{ role, equipment: "SITE" }],
    isActive,
    mustChangePassword: false,
    lastSignInAt: ago(plant, 400 * minuteMs),
    createdAt: ago(plant, 90_000 * minuteMs),
  });
  return [
    one("p-1A", "ada", "Ada Lehmann", "administrator"),
    one("p-7Q", "otto", "Otto Brandt", "operator"),
    one("p-3C", "gone", null, "planner", false),
  ];
}

export function keysOf(plant: Plant): ReplyOf<"GET /api/v1/keys">["items"] {
  return [
    {
      id: "key-1",
      name: "Dashboard",
      prefix: "mr_7f3k",
      scopes: ["floor.read", "order.read"],
      equipment: "SITE",
      createdBy: "p-1A",
      createdAt: ago(plant, 9000 * minuteMs),
      lastUsedAt: ago(plant, minuteMs),
      expiresAt: null,
      revokedAt: null,
    },
  ];
}

export function auditOf(plant: Plant): ReplyOf<"GET /api/v1/audit">["items"] {
  return Array.from({ length: 30 }, (_, n) => ({
    seq: 100 - n,
    at: ago(plant, n * 13 * minuteMs),
    who: n % 3 === 0 ? "system" : "p-7Q",
    name: n % 3 === 0 ? null : "Otto Brandt",
    what: ["mend.retry", "session.begin", "people.change"][n % 3]!,
    about: `post-${n}`,
    detail: { because: "Period was opened" },
    hash: `${String(n).padStart(4, "0")}9f86d081884c7d659a2feaa0c55ad015`,
  }));
}

export function sessionOf(may: readonly Permission[] = permissions): ReplyOf<"GET /api/v1/session"> {
  return {
    person: "p-1A",
    name: "Ada Lehmann",
    login: "ada",
    grants: [{ role: "administrator", equipment: "SITE" }],
    permissions: [...may],
    csrfToken: "csrf-of-the-fixture",
    mustChangePassword: false,
    expiresAt: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    site: { id: "SITE", name: "Riverside works", timeZone: "Europe/Berlin" },
  };
}

export function permissionsOfRole(role: Role): readonly Permission[] {
  return permissionsOf[role];
}
