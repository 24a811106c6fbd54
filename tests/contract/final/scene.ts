/**
 * A plant around one order: the simulated ERP over HTTP, the SAP connector, PostgreSQL and the real delivery worker;
 * runs of a machine are stated as facts. For the tests of what "final" means and of what is corrected.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { randomId } from "../../../src/base/id.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { ok, unwrap, type Result } from "../../../src/base/result.ts";
import { timeZone } from "../../../src/base/site-time.ts";
import type { ErpSession } from "../../../src/erp/connector.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import { startDelivery } from "../../../src/exchange/delivery.ts";
import { applyFacts } from "../../../src/flows/apply-facts.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { goOnCorrecting } from "../../../src/flows/correct.ts";
import { finalise, finaliseByRule, type FinalOutcome, type LeftToPeople } from "../../../src/flows/finalise.ts";
import type { DecisionPorts } from "../../../src/flows/operation-view.ts";
import { outboxPort } from "../../../src/flows/outbox.ts";
import type { Store, WaitingFinal } from "../../../src/flows/ports.ts";
import { pullOrders } from "../../../src/flows/pull-orders.ts";
import { goOnReopening, reopen } from "../../../src/flows/reopen.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import { consumed, factOf, units } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import type { Confirmation } from "../../../src/simulation/erp/document.ts";
import type { OrderSeed } from "../../../src/simulation/erp/order.ts";
import { startErp, type SimulatedErp } from "../../../src/simulation/erp/server.ts";
import { buildSite, type Site } from "../../../src/site/site.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "../store/world.ts";

export const erpId = "s4";
export const orderNumber = "1000001";
export const requestId = `${erpId}//${orderNumber}`;
/** Whose days the documents carry. */
export const plantZone = unwrap(timeZone("Europe/Berlin"));
const never = new AbortController().signal;

export const oneOperation: OrderSeed = {
  order: orderNumber,
  material: "CABLE",
  plant: "1010",
  quantity: "100",
  operations: [{ operation: "0010", text: "Cut", workCenter: "CUT" }],
  components: [{ material: "WIRE", operation: "0010", quantity: "100", unit: "M" }],
};

/** Operation 0010 is confirmed with the milestone 0020. */
export const milestone: OrderSeed = {
  ...oneOperation,
  operations: [
    { operation: "0010", text: "Cut", workCenter: "CUT", controlKey: "PP03" },
    { operation: "0020", text: "Pack", workCenter: "CUT", controlKey: "PP20" },
  ],
};

export type FinalPolicy = Site["policies"]["posting"][number]["final"];

export interface Scene {
  readonly erp: SimulatedErp;
  readonly session: ErpSession;
  readonly world: World;
  readonly ports: DecisionPorts;
  readonly site: Site;
  /** A run that begins, makes and uses something, and ends. @returns its id */
  run(name: string, made: RunMade): Promise<string>;
  state(facts: readonly Fact[]): Promise<void>;
  finalise(id: string, operation?: string): Promise<Result<FinalOutcome>>;
  reopen(id: string, operation?: string): Promise<Result<FinalOutcome>>;
  /** Delivers and carries corrections and decisions on until nothing more can be done; `store` may put something in between. */
  deliver(options?: {
    readonly store?: (store: Store) => Store;
    readonly until?: () => Promise<boolean>;
  }): Promise<void>;
  /** @param look  with what earlier looks have left to people; and over other ports */
  byRule(look?: { readonly left?: LeftToPeople; readonly ports?: DecisionPorts }): Promise<number>;
  confirmations(): readonly Confirmation[];
  postings(): Promise<readonly { kind: string; state: string; facts: number }[]>;
  waiting(): Promise<readonly WaitingFinal[]>;
  jobOrderState(operation?: string): Promise<string>;
  close(): Promise<void>;
}

export interface RunMade {
  /** Another order than the first. */
  readonly order?: string;
  readonly operation?: string;
  readonly good?: number;
  /** Metres of wire. */
  readonly wire?: number;
  /** Pieces that the machine has packed. */
  readonly packed?: number;
  /** False: it goes on. */
  readonly ends?: boolean;
}

export async function openScene(
  cluster: TestCluster,
  seed: OrderSeed,
  more: {
    readonly stock?: string;
    readonly final?: FinalPolicy;
    readonly receipt?: boolean;
    readonly others?: readonly OrderSeed[];
  } = {},
): Promise<Scene> {
  const stock = [
    { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: more.stock ?? "100000", unit: "M" },
  ];
  const erp = await startErp({ orders: [seed, ...(more.others ?? [])], stock });
  const world = await openWorld(cluster);
  const { store } = world;
  const site = siteOf(more.final ?? "never", more.receipt ?? false);
  const session = await sessionOf(erp);
  const evaluate = (_: string, input: unknown): Promise<Result<unknown>> => {
    // What `segment-place` gives to every expression.
    const { request, segment } = input as { request: { reference: { number: string } }; segment: { id: string } };
    return Promise.resolve(ok(`${request.reference.number}-${segment.id}`));
  };
  const clock = systemClock;
  unwrap(await pullOrders({ store, site, clock, erp: erpId, session, evaluate }, never));
  const ports: DecisionPorts = { store, site, clock };
  const collect = { ...ports, book: collectorBook(site), dispatched: { whyNotStored: () => null } };
  const state = (facts: readonly Fact[]): Promise<void> =>
    store.transaction(async (tx) => void (await applyFacts(tx, collect, facts, clock.now())));
  const decide = (how: typeof finalise, id: string, segment: string): Promise<Result<FinalOutcome>> =>
    // A key of the test.
    how(ports, { id, request: requestId, segment, actor: { person: "p-1" as PersonKey, reason: "counted by hand" } });
  return {
    erp,
    session,
    world,
    ports,
    site,
    state,
    run: async (name, made) => {
      const facts = runFacts(name, made, clock.now());
      await state(facts);
      return name;
    },
    finalise: (id, operation = "0010") => decide(finalise, id, operation),
    reopen: (id, operation = "0010") => decide(reopen, id, operation),
    deliver: (options = {}) => deliver({ ports, session, world }, options),
    byRule: (look = {}) => finaliseByRule(look.ports ?? ports, erpId, look.left ?? new Map()),
    confirmations: () => erp.books.confirmationsOfOrder(orderNumber),
    postings: async () => {
      const rows = await world.sql(
        `select kind, state, (select count(*)::int from posting_line l where l.posting = p.id and l.active) as facts
         from posting p order by ordinal`,
      );
      return rows.map((row) => ({
        kind: String(row["kind"]),
        state: String(row["state"]),
        facts: Number(row["facts"]),
      }));
    },
    waiting: () => store.transaction((tx) => tx.status.finals(10)),
    jobOrderState: async (operation = "0010") =>
      String((await world.sql("select state from job_order where segment = $1", [operation]))[0]?.["state"]),
    close: async () => {
      await session.close();
      await world.close();
      await erp.close();
    },
  };
}

async function sessionOf(erp: SimulatedErp): Promise<ErpSession> {
  return unwrap(
    await sapConnector.open(
      {
        erp: erpId,
        baseUrl: erp.url,
        ...erp.login,
        timeZone: plantZone,
        settleMs: 150,
        timeoutMs: 3_000,
        overlapSeconds: 2,
        controlKeys: { PP01: {}, PP03: { confirmation: "optional" }, PP20: { confirmation: "milestone" } },
        consumption: { default: "measured" },
      },
      never,
    ),
  );
}

/** Facts of one run, in their order; each a second after the one before. */
export function runFacts(name: string, made: RunMade, now: Instant): readonly Fact[] {
  const { order = orderNumber, operation = "0010", good = 0, wire = 0, packed = 0, ends = true } = made;
  const job = `${order}-${operation}`;
  const of = (n: number, body: Fact["body"]): Fact =>
    factOf(`${name}-${n}`, now - 10_000 + n, body, { run: name, source: "m1", workUnit: "U1" });
  return [
    of(1, { kind: "JobStarted", job, article: "", outside: false }),
    ...(good > 0 ? [of(2, units("good", whole(good, "C62")))] : []),
    ...(wire > 0 ? [of(3, consumed("WIRE", whole(wire, "MTR")))] : []),
    ...(packed > 0 ? [of(4, { kind: "UnitPacked", handlingUnit: "BOX-1", quantity: whole(packed, "C62") })] : []),
    ...(ends ? [of(5, { kind: "JobEnded", result: "finished" })] : []),
  ];
}

/** A count that comes when the run has long ended. */
export function lateCount(run: string, n: number, good: number): Fact {
  const at = instant(systemClock.now() - 5_000 + n);
  return factOf(`${run}-late-${n}`, at, units("good", whole(good, "C62")), { run, source: "m1", workUnit: "U1" });
}

async function deliver(
  { ports, session, world }: { readonly ports: DecisionPorts; readonly session: ErpSession; readonly world: World },
  { store = (bare) => bare, until }: NonNullable<Parameters<Scene["deliver"]>[0]>,
): Promise<void> {
  const { clock } = ports;
  // Another process of the same installation each time: whoever delivered before is gone.
  const holder = { installation: "test", process: randomId() };
  const outbox = { store: store(ports.store), clock, session, erp: erpId, holder };
  const stop = new AbortController();
  const delivery = startDelivery({ session, port: outboxPort(outbox), clock, log: () => undefined }, stop.signal);
  const isQuiet = async (): Promise<boolean> => {
    const [row] = await world.sql(
      `select count(*)::int as n from posting p where state in ('sending', 'in-doubt') or (parked and due_at <= now())
        or (state = 'planned' and (closes is null or not exists (select 1 from posting q where q.request = p.request
            and q.segment = any (p.closes) and q.id <> p.id and q.state not in ('confirmed', 'dismissed', 'reversed'))))`,
    );
    return row?.["n"] === 0;
  };
  const limit = clock.monotonicMs() + 60_000;
  const follow = async (): Promise<number> =>
    (await goOnCorrecting(ports, erpId, sapConnector.corrections)) + (await goOnReopening(ports, erpId));
  try {
    for (;;) {
      await follow();
      delivery.wake();
      // What the ERP has answered meanwhile is followed up before it is quiet.
      if (await (until ?? isQuiet)()) if (until || (await follow()) === 0) break;
      assert.ok(clock.monotonicMs() < limit, "delivery comes to an end");
      await clock.sleep(15);
    }
  } finally {
    stop.abort();
    await delivery.ended;
  }
}

function siteOf(final: FinalPolicy, receipt: boolean): Site {
  return buildSite({
    id: "1010",
    name: "test",
    zone: plantZone,
    version: "test",
    equipment: [],
    workCenters: [
      {
        id: "CUT",
        level: "WorkCenter",
        description: "",
        partOf: "1010",
        erpCodes: { [erpId]: "CUT" },
        workUnits: ["U1"],
        materialFrom: { plant: "1010", location: "101C" },
        splitAbove: null,
      },
    ],
    workUnits: [{ id: "U1", level: "WorkUnit", description: "", partOf: "CUT", connection: "m1", map: "m" }],
    calendars: [],
    calendarOf: {},
    erps: [],
    machines: [],
    maps: [
      {
        name: "m",
        version: 1,
        validFrom: instant(0),
        frame: "sample",
        clock: { trust: "device", mode: "live", lateMs: 0 },
        items: {},
        run: { by: "job", job: "job", article: null },
        counters: [],
        consumption: [],
        state: null,
        energy: null,
        alarm: null,
        job: { jobOrderId: "name", job: "name", article: null, jobControl: null, setup: {}, apply: null },
      },
    ],
    policies: {
      posting: [{ erp: erpId, unplannedConsumption: "ask", receipt, announceRelease: false, final }],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 3600 },
    },
  });
}

/** What stands in the ERP for the order, in its order: yields, and F for final; reversed ones with a minus. */
export function yields(scene: Scene): string[] {
  return scene
    .confirmations()
    .map(
      (c) => `${c.isReversal ? "reverses " : c.isReversed ? "-" : ""}${Number(c.yield) / 1e6}${c.isFinal ? "F" : ""}`,
    );
}
