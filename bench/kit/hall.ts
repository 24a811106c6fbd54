/**
 * A plant to be looked at: so many work units with a job each, so many orders, in a durable database, served with the
 * built screens by Millrace's own HTTP port. Orders are written in bulk; states go the way of the machines' facts, so
 * that the screens hear of them as they do in a plant.
 */
import type { BenchDatabase } from "./database.ts";
import { makeDemoAccounts } from "../../src/app/demo-account.ts";
import { startApi } from "../../src/app/api.ts";
import { systemClock } from "../../src/base/clock.ts";
import { instant, type Instant } from "../../src/base/instant.ts";
import { unwrap } from "../../src/base/result.ts";
import { timeZone } from "../../src/base/site-time.ts";
import { announcingStore } from "../../src/flows/announcing-store.ts";
import type { Announce } from "../../src/flows/announce.ts";
import { applyFacts } from "../../src/flows/apply-facts.ts";
import { requestOf, segmentOf } from "../../src/operations/testing/order.ts";
import type { Fact, MachineState } from "../../src/record/fact.ts";
import { factId } from "../../src/record/fact.ts";
import { buildSite, withSettings, type Site } from "../../src/site/site.ts";
import { openDatabase } from "../../src/store/connection.ts";
import { notificationView } from "../../src/store/view/notification-view.ts";
import { rebuildViews } from "../../src/store/view/rebuild.ts";
import { postgresViews } from "../../src/store/view/view-store.ts";

export interface HallSize {
  readonly units: number;
  readonly orders: number;
}

export interface Hall {
  readonly url: string;
  readonly login: string;
  readonly password: string;
  readonly units: readonly string[];
  /** The machines enter a state now. Resolves when it is committed. */
  enter(units: readonly string[], state: MachineState, at: Instant): Promise<void>;
  close(): Promise<void>;
}

const unitsPerCenter = 10;
const silent = (): void => undefined;

/** @param pages  folder of the built screens */
export async function openHall(of: BenchDatabase, size: HallSize, pages: string): Promise<Hall> {
  const database = openDatabase({ connectionString: of.connectionString, log: silent });
  const site = hallSite(size.units);
  const units = site.workUnits.map(({ id }) => id);
  await fill(of, size);
  await database.transaction(rebuildViews);
  let announce: Announce = silent;
  const store = announcingStore(of.store, site, (one) => announce(one));
  const ports = { store, site, clock: systemClock, dispatched: { whyNotStored: () => null } };
  const enter: Hall["enter"] = async (which, state, at) => {
    const facts = which.map((unit) => stateFact(unit, state, at));
    await store.transaction((tx) => applyFacts(tx, ports, facts, systemClock.now()));
  };
  await enter(units, "production", systemClock.now());
  await of.ask("vacuum analyze");
  const api = unwrap(
    await startApi(
      {
        listen: { host: "127.0.0.1", port: 0 },
        tls: null,
        insecure: false,
        trustProxy: [],
        pages,
        onFirstAdministrator: silent,
      },
      {
        site,
        store,
        clock: systemClock,
        log: { info: silent, warn: silent, error: (text) => process.stdout.write(`${text}\n`) },
        status: () => Promise.reject(new Error("Nobody asks for the status.")),
        onDecided: silent,
        views: postgresViews(database),
        notifications: notificationView(database),
        health: { machines: () => units.map(machineOf), erps: () => [], waitingBatches: () => 0 },
        mend: {
          session: () => null,
          evaluate: () => Promise.reject(new Error("Nothing is evaluated.")),
        },
        announceNotices: silent,
        give: () => Promise.reject(new Error("Nobody gives documents.")),
      },
    ),
  );
  announce = api.announce;
  const { password } = await makeDemoAccounts(store, site);
  return {
    url: api.url,
    login: "supervisor",
    password,
    units,
    enter,
    close: async () => {
      await api.close();
      await database.close();
    },
  };
}

function machineOf(unit: string): ReturnType<Parameters<typeof startApi>[1]["health"]["machines"]>[number] {
  return {
    id: `opc-${unit}`,
    connected: true,
    backfilling: false,
    lastSampleAt: systemClock.now(),
    samplesPerSecond: 10,
    waitingSamples: 0,
    lagMs: 10,
    fault: null,
  };
}

function stateFact(unit: string, state: MachineState, at: Instant): Fact {
  const sample = `${unit} ${at} ${state}`;
  return {
    id: factId(sample, "state", 0),
    source: `opc-${unit}`,
    workUnit: unit,
    run: null,
    eventAt: at,
    rule: "state",
    mapVersion: 1,
    revision: 0,
    saidBy: { by: "machine", source: `opc-${unit}` },
    evidence: [{ id: sample, item: "State", at }],
    body: { kind: "StateEntered", state, raw: state },
  };
}

function hallSite(count: number): Site {
  const unitIds = Array.from({ length: count }, (_, n) => `U-${String(n + 1).padStart(3, "0")}`);
  const centers = Array.from({ length: Math.ceil(count / unitsPerCenter) }, (_, n) => `C-${n + 1}`);
  const centerOf = (n: number): string => centers[Math.floor(n / unitsPerCenter)] ?? "C-1";
  return buildSite({
    id: "HALL",
    name: "Hall",
    zone: unwrap(timeZone("Europe/Berlin")),
    version: "bench",
    equipment: [{ id: "HALL", level: "Site", description: "Hall", partOf: null }],
    workCenters: centers.map((id) => ({
      id,
      level: "WorkCenter",
      description: `Line ${id}`,
      partOf: "HALL",
      erpCodes: { s4: id },
      workUnits: unitIds.filter((_, n) => centerOf(n) === id),
      materialFrom: null,
      splitAbove: null,
    })),
    workUnits: unitIds.map((id, n) => ({
      id,
      level: "WorkUnit",
      description: `Machine ${n + 1}`,
      partOf: centerOf(n),
      connection: `opc-${id}`,
      map: null,
    })),
    calendars: [],
    calendarOf: {},
    erps: [],
    machines: unitIds.map((id) => withSettings({ id: `opc-${id}`, protocol: "opcua", written: {} }, {})),
    maps: [],
    policies: {
      posting: [],
      dispatch: { keepStored: 1 },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 3600 },
    },
  });
}

/** An order has two operations; the first `units` of them run, one on each unit, and have counted. */
async function fill(of: BenchDatabase, { units, orders }: HallSize): Promise<void> {
  const start = instant(systemClock.now() - 3_600_000);
  const request = requestOf({
    segments: [segmentOf({ materials: [] }), segmentOf({ id: "0020", materials: [] })],
    earliestStart: start,
    latestEnd: instant(start + 86_400_000),
  });
  await of.store.transaction((tx) => tx.requests.save(request, null, start));
  await of.ask(
    `insert into operations_request (id, erp, company, number, state, body, accepted_at)
     select 's4//' || n, erp, company, n::text, state,
       body || jsonb_build_object('id', 's4//' || n, 'material', 'P-' || n % 40, 'priority', n % 9,
         'reference', jsonb_build_object('erp', 's4', 'company', '', 'number', n::text)), accepted_at
     from operations_request, generate_series(1000002, 1000000 + $1) n where number = '1000001'`,
    [orders],
  );
  await of.ask(
    `insert into job_order (id, request, segment, work_center, material, quantity_micro, uom, state, dispatch_key)
     select 'jo-' || n || '-' || s, 's4//' || n, s, 'C-' || 1 + (n - 1000001) % $2::int, 'P', 100000000, 'C62', 'ready', n::text
     from generate_series(1000001, 1000000 + $1) n, unnest(array['0010', '0020']) s`,
    [orders, Math.ceil(units / unitsPerCenter)],
  );
  await of.ask(
    `insert into run (id, source, work_unit, job, article, outside, job_order, started_at)
     select 'run-' || n, 'opc-' || u, u, n::text, 'P', false, 'jo-' || 1000000 + n || '-0010', $2
     from (select n, 'U-' || lpad(n::text, 3, '0') as u from generate_series(1, $1::int) n) x`,
    [units, new Date(start)],
  );
  await of.ask(`update job_order set state = 'running', good_micro = 42000000 where id in (select job_order from run)`);
}
