/**
 * A packing shop without controllers over a fresh database: orders, people with and without rights, and ways to report.
 * Handlers are called as the server calls them; what they did is asked of the database.
 */
import { Client } from "pg";
import type { Caller } from "../../../src/access/caller.ts";
import type { Permission } from "../../../src/access/permission.ts";
import { terminalHandlers, type TerminalPorts } from "../../../src/api/handlers/terminal.ts";
import type { FloorUnit } from "../../../src/api/contract/floor.ts";
import { report as reportSchema, type Report, type Statement } from "../../../src/api/contract/terminal.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { instant, type Instant } from "../../../src/base/instant.ts";
import { whole } from "../../../src/base/quantity.ts";
import { unwrap, type Result } from "../../../src/base/result.ts";
import { timeZone } from "../../../src/base/site-time.ts";
import type { Store } from "../../../src/flows/ports.ts";
import type { PersonKey } from "../../../src/isa95/resource/person.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import { makeJobOrders } from "../../../src/operations/order/job-order.ts";
import { at, requestOf, requirementOf, segmentOf } from "../../../src/operations/testing/order.ts";
import { buildSite, plainTerminal, type Site, type TerminalPolicy } from "../../../src/site/site.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { preparedDatabase } from "../../../src/store/testing/prepared.ts";
import { postgresStore } from "../../../src/store/store.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";

export const operator = callerOf("p-ann", []);
export const colleague = callerOf("p-bob", []);
export const supervisor = callerOf("p-eve", ["terminal.back-date", "terminal.substitute"]);

/** 2025-02-03 08:00 in Warsaw. */
export const morning = at(0);
export const minutes = (n: number): number => n * 60_000;

type Handlers = ReturnType<typeof terminalHandlers>;
export type Said = Awaited<ReturnType<Handlers["POST /api/v1/units/:unit/reports"]>>;

export interface Bench {
  readonly site: Site;
  readonly store: Store;
  readonly handlers: Handlers;
  /** A second process over the same database. */
  readonly others: Handlers;
  readonly clock: Clock & { set(at: Instant): void; pass(ms: number): void };
  sql<T extends Record<string, unknown> = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<T[]>;
  order(change?: Partial<OperationsRequest>): Promise<OperationsRequest>;
  jobOrder(number: string, operation?: string): Promise<string>;
  say(statement: Statement, on?: Saying): Promise<Said>;
  close(): Promise<void>;
}

export interface Saying {
  readonly unit?: string;
  readonly caller?: Caller;
  readonly command?: string;
  readonly through?: Handlers;
  readonly with?: Partial<Omit<Report, "statement">>;
}

export function callerOf(key: string, also: readonly Permission[]): Caller {
  const permissions = new Set<Permission>(["terminal.read", "terminal.report", ...also]);
  // A key of the test.
  const person = key as PersonKey;
  return { person, key: null, actor: key, may: (permission) => permissions.has(permission), visible: () => null };
}

export async function openBench(cluster: TestCluster, terminal: Partial<TerminalPolicy> = {}): Promise<Bench> {
  const connectionString = await preparedDatabase(cluster);
  const first = openDatabase({ connectionString, connectionsMax: 8, log: () => undefined });
  const second = openDatabase({ connectionString, connectionsMax: 8, log: () => undefined });
  const client = new Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  const site = siteOf({ ...plainTerminal, ...terminal });
  const clock = handClock();
  const portsOn = (store: Store): TerminalPorts => ({
    store,
    site,
    clock,
    onReported: () => undefined,
    floorUnit: (id) => Promise.resolve(floorUnitOf(id)),
  });
  const store = postgresStore(first);
  const handlers = terminalHandlers(portsOn(store));
  let commands = 0;
  const sql: Bench["sql"] = async (text, values = []) => (await client.query(text, [...values])).rows as never[];
  return {
    site,
    store,
    handlers,
    others: terminalHandlers(portsOn(postgresStore(second))),
    clock,
    sql,
    order: (change = {}) => acceptOrder(store, change),
    async jobOrder(number, operation = "0010") {
      const [row] = await sql("select id from job_order where request = $1 and segment = $2", [
        `s4//${number}`,
        operation,
      ]);
      return String(row?.["id"]);
    },
    say(statement, { unit = "PACK-1", caller = operator, command, through = handlers, with: more = {} } = {}) {
      const body = reportSchema.parse({ statement, ...more });
      return through["POST /api/v1/units/:unit/reports"]({
        ...noCall,
        params: { unit },
        body,
        caller,
        command: command ?? `c-${(commands += 1)}`,
      });
    },
    close: async () => void (await Promise.all([first.close(), second.close(), client.end()])),
  };
}

export const noCall = { query: undefined, version: "", traceparent: "" } as const;

function handClock(): Bench["clock"] {
  let now = morning;
  return {
    now: () => now,
    monotonicMs: () => now,
    sleep: () => Promise.resolve(),
    set: (to) => void (now = to),
    pass: (ms) => void (now = instant(now + ms)),
  };
}

export function siteOf(terminal: TerminalPolicy): Site {
  const center = (id: string, units: readonly string[]): Site["workCenters"][number] => ({
    id,
    level: "WorkCenter",
    description: id,
    partOf: "PL01",
    erpCodes: { s4: id },
    workUnits: units,
    materialFrom: { plant: "PL01", location: "101C" },
    splitAbove: null,
  });
  const unit = (
    id: string,
    partOf: string,
    positions: NonNullable<Site["workUnits"][number]["positions"]> = [],
  ): Site["workUnits"][number] => ({
    id,
    level: "WorkUnit",
    description: id,
    partOf,
    connection: null,
    map: null,
    positions,
  });
  const place = (id: string, materialPrefix = ""): { id: string; description: string; materialPrefix: string } => ({
    id,
    description: id,
    materialPrefix,
  });
  return buildSite({
    id: "PL01",
    name: "bench",
    zone: unwrap(timeZone("Europe/Warsaw")),
    version: "1",
    equipment: [],
    workCenters: [center("PACK", ["PACK-1", "PACK-2"]), center("MIX", ["MIX-1"])],
    workUnits: [
      unit("PACK-1", "PACK"),
      unit("PACK-2", "PACK"),
      unit("MIX-1", "MIX", [place("hopper"), place("spool-a", "W-"), place("spool-b", "W-")]),
    ],
    calendars: [],
    calendarOf: {},
    erps: [],
    machines: [],
    maps: [],
    policies: {
      posting: [],
      dispatch: { keepStored: "capacity" },
      samples: { retentionDays: 90 },
      buffer: { retentionDays: 7 },
      pull: { everySeconds: 10 },
    },
    terminal,
  });
}

/** One operation of 100 pieces at PACK; the component W-1 by bill, 10 for each piece. */
async function acceptOrder(store: Store, change: Partial<OperationsRequest>): Promise<OperationsRequest> {
  const materials = [requirementOf({ mode: "bill", quantity: whole(1000, "MMT") })];
  const request = requestOf({ segments: [segmentOf({ workCenter: "PACK", materials })], ...change });
  const places = request.segments.map(({ id, workCenter }) => ({
    segment: id,
    workCenter,
    workUnits: [],
    machineName: null,
    setup: [],
  }));
  await store.transaction(async (tx) => {
    await tx.requests.save(request, null, morning);
    await tx.jobOrders.insert(makeJobOrders(request, places));
  });
  return request;
}

export const good = (value: string | number, uom = "C62"): Statement => count("good", value, uom);
export const scrap = (value: string | number, reason: string | null = "bent"): Statement =>
  count("scrap", value, "C62", reason);
const count = (
  grade: "good" | "scrap" | "rework",
  value: string | number,
  uom: string,
  reason: string | null = null,
): Statement => ({
  kind: "count",
  grade,
  quantity: { value: String(value), uom },
  reason,
});

/** The floor's part of a terminal is another's; here it only stands there. */
function floorUnitOf(id: string): FloorUnit {
  const nothing = { state: null, jobs: [], people: 0, connection: null, lastEventAt: null, lastSampleAt: null };
  return { id, description: id, workCenter: "PACK", kind: "manual", ...nothing };
}

/** The code of a refusal; empty when it was done. */
export function codeOf(said: Result<unknown>): string {
  return said.ok ? "" : said.fault.code;
}

/** A time of the database as answers write it. */
export function iso(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}
