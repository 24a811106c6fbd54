/**
 * A small plant over a fresh database, filled by the flows themselves: orders through acceptance, samples through
 * collection, postings through the outbox. Two work centers, so that who sees one can be asked about the other.
 */
import assert from "node:assert/strict";
import { Client } from "pg";
import type { Caller } from "../../src/access/caller.ts";
import type { Permission } from "../../src/access/permission.ts";
import { instant, type Instant } from "../../src/base/instant.ts";
import { makeFault, ok, unwrap } from "../../src/base/result.ts";
import { timeZone } from "../../src/base/site-time.ts";
import type { ErpSession, PushOutcome } from "../../src/erp/connector.ts";
import { afterPush } from "../../src/exchange/settlement.ts";
import { acceptMessage, type Verdict } from "../../src/flows/accept-order.ts";
import { applyFacts } from "../../src/flows/apply-facts.ts";
import { collect } from "../../src/flows/collect.ts";
import type { CollectPorts } from "../../src/flows/collect-ports.ts";
import { collectorBook } from "../../src/flows/collector-book.ts";
import { leaseMs, type Lease } from "../../src/flows/lease.ts";
import type { MendPorts } from "../../src/flows/mend-ports.ts";
import { outboxPort } from "../../src/flows/outbox.ts";
import type { Store } from "../../src/flows/ports.ts";
import type { ViewStore } from "../../src/flows/view/store-view.ts";
import type { Health } from "../../src/flows/view/health-view.ts";
import type { OperationsRequest } from "../../src/isa95/schedule/operations-request.ts";
import { requestOf, requirementOf, segmentOf } from "../../src/operations/testing/order.ts";
import type { Fact } from "../../src/record/fact.ts";
import type { CounterType, MachineMap } from "../../src/record/machine-map.ts";
import type { Sample, SampleValue } from "../../src/record/sample.ts";
import { buildSite, type Site } from "../../src/site/site.ts";
import { openDatabase, type Database } from "../../src/store/connection.ts";
import { preparedDatabase } from "../../src/store/testing/prepared.ts";
import { postgresStore } from "../../src/store/store.ts";
import type { TestCluster } from "../../src/store/testing/cluster.ts";
import { postgresViews } from "../../src/store/view/view-store.ts";

export interface Scene extends Pick<MendPorts, "session" | "evaluate"> {
  readonly site: Site;
  readonly store: Store;
  readonly views: ViewStore;
  readonly database: Database;
  readonly health: Health;
  readonly clock: CollectPorts["clock"];
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  /** Takes an order in as the exchange does. */
  accept(request: OperationsRequest): Promise<Verdict>;
  /** States facts as collection does. */
  state(...facts: readonly Fact[]): Promise<void>;
  /** What a machine says at one time: item → value. */
  say(source: string, at: Instant, values: Readonly<Record<string, SampleValue>>): Promise<void>;
  /** Sends what is due, now or at the time given; the ERP answers as told, otherwise it confirms. */
  deliver(answer?: (kind: string, key: string) => PushOutcome, time?: Instant): Promise<number>;
  close(): Promise<void>;
}

/** 2025-02-03 08:00 in Warsaw, plus so many seconds. */
export function at(seconds: number): Instant {
  return instant(Date.parse("2025-02-03T07:00:00Z") + seconds * 1000);
}

/**
 * @param wrap    puts something around the store that the flows write through
 * @param machine what the signals of the cutters mean
 * @param splitAbove orders of more are split over the units of a work center
 */
export async function openScene(
  cluster: TestCluster,
  wrap: (store: Store) => Store = (store) => store,
  machine: MachineMap = map,
  splitAbove: number | null = null,
): Promise<Scene> {
  const connectionString = await preparedDatabase(cluster);
  const database = openDatabase({ connectionString, connectionsMax: 6, log: () => undefined });
  const client = new Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  const store = wrap(postgresStore(database));
  const site = sceneSite(machine, splitAbove);
  const clock = { now: () => at(86_400), monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const ports: CollectPorts = {
    store,
    site,
    clock,
    book: collectorBook(site),
    dispatched: { whyNotStored: () => null },
  };
  let seq = 0;
  return {
    site,
    store,
    views: postgresViews(database),
    database,
    health: sceneHealth,
    clock,
    evaluate,
    session: () => asked,
    sql: async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    accept: (request) => {
      const bytes = new TextEncoder().encode(`${request.reference.number} ${request.version}`);
      const key = `${request.reference.number}@${request.version}`;
      const message = {
        idempotencyKey: key,
        noun: "order",
        number: request.reference.number,
        bytes,
        mediaType: "text/plain",
      } as const;
      const session = { interpret: () => ok(request) } as unknown as ErpSession; // acceptance calls nothing else
      return acceptMessage({ store, site, clock, erp: "s4", session, evaluate }, message);
    },
    state: async (...facts) => void (await store.transaction((tx) => applyFacts(tx, ports, facts, clock.now()))),
    say: async (source, time, values) => {
      const samples = Object.entries(values).map(([item, value]): Sample => ({
        item,
        at: time,
        receivedAt: instant(time + 20),
        status: 0,
        value,
        mark: "",
      }));
      seq += 1;
      await collect(ports, "buffer", [{ source, seq, samples, complete: true, gaps: [] }]);
    },
    deliver: delivering(store, clock),
    close: async () => void (await Promise.all([database.close(), client.end()])),
  };
}

/** Delivery without a network: what is claimed is answered at once, until nothing is due. */
function delivering(store: Store, clock: Scene["clock"]): Scene["deliver"] {
  let documents = 0;
  return async (answer, time = clock.now()) => {
    const then = { ...clock, now: () => time };
    const port = outboxPort({ store, clock: then, session: composing, erp: "s4", holder });
    for (let sent = 0; ;) {
      const { claimed } = await port.take({ calls: 64, questions: 0 });
      if (claimed.length === 0) return sent;
      const settled = claimed.map((posting) => {
        documents += 1;
        const confirmed = { outcome: "confirmed", document: { number: `49${documents}`, kind: posting.kind } } as const;
        return afterPush(posting, answer?.(posting.kind, posting.key) ?? confirmed, time);
      });
      await port.settle(settled);
      sent += claimed.length;
    }
  };
}

/** The process that delivers and writes to machines. */
const holder = { installation: "scene", process: "p" };

/** The right to write to a machine, as a process holds it. */
export async function leaseOn({ store }: Pick<Scene, "store">, connection: string): Promise<Lease> {
  const role = `machine/${connection}`;
  const kept = await store.transaction((tx) => tx.site.keepLeases([role], holder, leaseMs));
  return { role, epoch: kept.get(role) ?? assert.fail("another process has the role") };
}

export const refused: PushOutcome = {
  outcome: "refused",
  fault: makeFault("refused", "erp/refused-for-a-test", "The period is closed."),
  parked: false,
};

const composing = {
  compose: (key: string, request: OperationsRequest, content: { kind: string }) =>
    ok({ key, kind: content.kind, bytes: new TextEncoder().encode(`<${content.kind} ${request.reference.number}>`) }),
} as unknown as ErpSession; // the outbox calls nothing else

/** The ERP that decisions ask: it has everything under the number that the key begins with. */
const asked: NonNullable<ReturnType<MendPorts["session"]>> = {
  compose: composing.compose,
  interpret: (message) => {
    const [number = "", version = ""] = new TextDecoder().decode(message.bytes).split(" ");
    return ok(orderOf(number, { version, segments: orderOf(number).segments.slice(0, 1) }));
  },
  resolve: async (envelope) => ({
    outcome: "applied",
    document: { number: `ERP-${envelope.key}`, kind: envelope.kind },
  }),
};

/** The map's one expression: how the machines name a job. */
async function evaluate(
  _expression: string,
  input: unknown,
): ReturnType<Parameters<typeof acceptMessage>[0]["evaluate"]> {
  const { request, segment } = input as { request: OperationsRequest; segment: { id: string } }; // as `placesOf` builds it
  return ok(`${request.reference.number}-${segment.id}`);
}

/** The number of the order is its place in the list too. */
export function orderOf(number: string, change: Partial<OperationsRequest> = {}): OperationsRequest {
  const supply = { plant: "PL01", location: "101C" };
  return requestOf({
    reference: { erp: "s4", company: "", number },
    id: `s4//${number}`,
    material: "P-1",
    segments: [
      segmentOf({
        id: "0010",
        workCenter: "CUT",
        description: "Cut",
        materials: [
          requirementOf({ id: `${number}/1`, material: "W-1", at: supply, mode: "measured" }),
          requirementOf({
            id: `${number}/2`,
            material: "T-1",
            at: supply,
            mode: "bill",
            quantity: { micro: 200_000_000n, uom: "C62" },
          }),
        ],
      }),
      segmentOf({ id: "0020", workCenter: "PACK", description: "Pack", materials: [] }),
    ],
    ...change,
  });
}

/** @param equipment what the caller sees; null for the whole site */
export function callerOf(equipment: readonly string[] | null): Caller {
  const sees = equipment && new Set(equipment);
  return {
    person: null,
    key: "test",
    actor: "key:test",
    may: (_permission: Permission, id: string) => sees === null || sees.has(id),
    visible: () => sees,
  };
}

export const everything = callerOf(null);

const counter: CounterType = {
  modulus: null,
  reset: "per-run",
  baseline: "zero",
  drop: "stale",
  stepMax: 1_000_000,
  because: "The scene counts up and never down.",
};

const map: MachineMap = {
  name: "cutter",
  version: 1,
  validFrom: instant(0),
  frame: "source-time",
  clock: { trust: "device", mode: "live", lateMs: 3_600_000 },
  items: Object.fromEntries(
    [
      "Run/Active",
      "Run/Job",
      "Run/Ended",
      "Run/LastEnded",
      "Run/Result",
      "Pieces/Good",
      "Pieces/Scrap",
      "Wire/Used",
      "State",
    ].map((path) => [path, { path, history: false }]),
  ),
  run: {
    by: "number",
    number: "Run/Active",
    none: 0,
    job: "Run/Job",
    article: null,
    ended: { count: "Run/Ended", number: "Run/LastEnded", result: "Run/Result" },
  },
  counters: [
    { rule: "good", item: "Pieces/Good", grade: "good", uom: "C62", type: counter },
    { rule: "scrap", item: "Pieces/Scrap", grade: "scrap", uom: "C62", type: counter },
  ],
  consumption: [
    {
      rule: "wire",
      amount: "Wire/Used",
      material: { from: "fixed", material: "W-1" },
      uom: { from: "fixed", uom: "MMT" },
      type: counter,
      snapshot: null,
    },
  ],
  state: { rule: "state", item: "State", states: { idle: "idle", run: "production", jam: "fault" } },
  energy: null,
  alarm: null,
  job: { jobOrderId: "job", job: "job", article: null, jobControl: null, setup: {}, apply: null },
};

const center = {
  level: "WorkCenter",
  partOf: "PL01",
  materialFrom: { plant: "PL01", location: "101C" },
} as const;
const unit = { level: "WorkUnit", description: "" } as const;

function sceneSite(machine: MachineMap, splitAbove: number | null): Site {
  return buildSite({
    id: "PL01",
    name: "scene",
    zone: unwrap(timeZone("Europe/Warsaw")),
    version: "scene",
    equipment: [
      { id: "PL01", level: "Site", description: "Plant", partOf: null },
      { id: "CUT", level: "WorkCenter", description: "Cutting", partOf: "PL01" },
      { id: "PACK", level: "WorkCenter", description: "Packing", partOf: "PL01" },
      { id: "CUT-1", level: "WorkUnit", description: "", partOf: "CUT" },
      { id: "CUT-2", level: "WorkUnit", description: "", partOf: "CUT" },
      { id: "PACK-1", level: "WorkUnit", description: "", partOf: "PACK" },
    ],
    workCenters: [
      {
        id: "CUT",
        description: "Cutting",
        ...center,
        splitAbove,
        erpCodes: { s4: "CUT" },
        workUnits: ["CUT-1", "CUT-2"],
      },
      { id: "PACK", description: "Packing", ...center, splitAbove, erpCodes: { s4: "PACK" }, workUnits: ["PACK-1"] },
    ],
    workUnits: [
      { id: "CUT-1", ...unit, partOf: "CUT", connection: "cutter-1", map: "cutter" },
      { id: "CUT-2", ...unit, partOf: "CUT", connection: "cutter-2", map: "cutter" },
      { id: "PACK-1", ...unit, partOf: "PACK", connection: null, map: null },
    ],
    calendars: [],
    calendarOf: {},
    erps: [{ id: "s4", product: "sap", company: "", written: {}, settings: {} }],
    machines: ["cutter-1", "cutter-2"].map((id) => ({ id, protocol: "opcua", written: {}, settings: {} })),
    maps: [{ ...machine, name: map.name, job: map.job }],
    policies: {
      posting: [{ erp: "s4", unplannedConsumption: "post", receipt: true, announceRelease: true, final: "never" }],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 60 },
    },
  });
}

const sceneHealth: Health = {
  machines: () => [
    {
      id: "cutter-1",
      connected: true,
      backfilling: false,
      lastSampleAt: at(5),
      samplesPerSecond: 12,
      waitingSamples: 3,
      lagMs: 20,
      fault: null,
    },
    {
      id: "cutter-2",
      connected: false,
      backfilling: false,
      lastSampleAt: null,
      samplesPerSecond: 0,
      waitingSamples: 0,
      lagMs: null,
      fault: { fault: makeFault("transient", "gateway/for-a-test", "Cutter 2 does not answer."), at: at(1) },
    },
  ],
  erps: () => [{ id: "s4", ready: true, fault: null }],
  waitingBatches: () => 4,
};
