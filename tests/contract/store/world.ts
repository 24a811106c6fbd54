/**
 * What the suite is given of a store, and rows to begin with. `store` and `other` have connections of their own, like two
 * processes. Here over a fresh database of a test cluster; in memory it is `memory-world.ts`.
 */
import { Client } from "pg";
import { contentId, postingKey } from "../../../src/base/id.ts";
import type { Instant } from "../../../src/base/instant.ts";
import type { NewPosting, Store, Tx } from "../../../src/flows/ports.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import type { SegmentResponse } from "../../../src/isa95/response/operations-response.ts";
import { at, factOf, jobOrderOf, requestOf } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import type { Movement } from "../../../src/record/movement.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { preparedDatabase } from "../../../src/store/testing/prepared.ts";
import { postgresStore } from "../../../src/store/store.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";

export interface StoreWorld {
  readonly store: Store;
  readonly other: Store;
  /** Committed rows of a table whose columns are equal to these; amounts and instants as text, in no order. */
  rows(table: string, where?: Readonly<Record<string, unknown>>): Promise<readonly Record<string, unknown>[]>;
  /** Writes columns of all rows that fit by hand, past every repository. */
  write(
    table: string,
    columns: Readonly<Record<string, unknown>>,
    where?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Writes by hand a row like the first one that fits, with these columns instead of its own. */
  add(
    table: string,
    columns: Readonly<Record<string, unknown>>,
    where: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  clear(table: string): Promise<void>;
  /** The site is being put back from a backup. */
  startRecovery(): Promise<void>;
  /** It was put back from a backup at this time, and recovery is over; null: it never was. */
  restored(at: Instant | null): Promise<void>;
  /** Ends every connection that waits for its next statement inside a transaction. */
  endIdle(): Promise<void>;
  /** How many transactions wait for another one at this moment. */
  waiting(): Promise<number>;
}

/** A store over PostgreSQL; `sql` asks the database itself. */
export interface World extends StoreWorld {
  readonly connectionString: string;
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openWorld(cluster: TestCluster): Promise<World> {
  const connectionString = await preparedDatabase(cluster);
  const first = openDatabase({ connectionString, connectionsMax: 6, log: () => undefined });
  const second = openDatabase({ connectionString, connectionsMax: 6, log: () => undefined });
  const client = new Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  const sql: World["sql"] = async (text, values = []) =>
    (await client.query<Record<string, unknown>>(text, [...values])).rows;
  return {
    connectionString,
    store: postgresStore(first),
    other: postgresStore(second),
    sql,
    rows: (table, where = {}) => sql(`select * from ${table} ${whereText(where)}`, Object.values(where)),
    write: async (table, columns, where = {}) => {
      const set = Object.keys(columns).map((name, i) => `${name} = $${Object.keys(where).length + i + 1}`);
      const values = [...Object.values(where), ...Object.values(columns)];
      await sql(`update ${table} set ${set.join(", ")} ${whereText(where)}`, values);
    },
    add: async (table, columns, where) => {
      const [like] = await sql(`select * from ${table} ${whereText(where)} limit 1`, Object.values(where));
      const row = { ...like, ...columns };
      const places = Object.keys(row).map((_, i) => `$${i + 1}`);
      await sql(
        `insert into ${table} (${Object.keys(row).join(", ")}) overriding user value values (${places.join(", ")})`,
        Object.values(row),
      );
    },
    clear: async (table) => void (await sql(`delete from ${table}`)),
    startRecovery: async () =>
      void (await sql(
        "insert into site_state (site, recovering_since) values ('', now()) on conflict (id) do update set recovering_since = now()",
      )),
    restored: async (when) =>
      void (await sql(
        `insert into site_state (site, restored_at) values ('', $1)
         on conflict (id) do update set restored_at = $1, recovering_since = null`,
        [when === null ? null : new Date(when)],
      )),
    waiting: async () => (await sql("select 1 from pg_locks where not granted")).length,
    endIdle: async () =>
      void (await sql("select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'")),
    close: async () => void (await Promise.all([first.close(), second.close(), client.end()])),
  };
}

function whereText(where: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(where);
  return names.length === 0 ? "" : `where ${names.map((name, i) => `${name} = $${i + 1}`).join(" and ")}`;
}

export const now = at(0);

/** As nobody can in a running plant: what guards the record, and every foreign key, is off meanwhile. */
export async function unguarded<T>({ sql }: Pick<World, "sql">, work: () => Promise<T>): Promise<T> {
  await sql("set session_replication_role = replica");
  try {
    return await work();
  } finally {
    await sql("set session_replication_role = origin");
  }
}

/** An order with one job order and one run of it, named after `name`. */
export async function seedRun(
  tx: Tx,
  name: string,
  change: Partial<OperationsRequest> = {},
): Promise<{ request: string; jobOrder: string; run: string }> {
  const request = requestOf({ reference: { erp: "s4", company: "", number: name }, ...change });
  const jobOrder = jobOrderOf({ id: `jo-${name}`, request: request.id });
  await tx.requests.save(request, null, now);
  await tx.jobOrders.insert([jobOrder]);
  const run = `run-${name}`;
  await tx.runs.begin(
    {
      id: run,
      source: "komax",
      workUnit: "A565-0026",
      job: "JOB-1, 1",
      article: "P-1",
      outside: false,
      jobOrder: jobOrder.id,
      startedAt: now,
      endedAt: null,
      result: null,
    },
    { was: true, because: null },
  );
  return { request: request.id, jobOrder: jobOrder.id, run };
}

export function countOf(n: number | string, run: string, pieces = 1): Fact {
  const body = {
    kind: "UnitsCounted",
    grade: "good",
    quantity: { micro: BigInt(pieces) * 1_000_000n, uom: "C62" },
    reason: null,
  } as const;
  return factOf(n, now, body, { run });
}

/** Five pieces from the supplier to the free stock of one place. */
export function movementOf(id: string, fact: string, change: Partial<Movement> = {}): Movement {
  return {
    id,
    fact,
    material: "W-1",
    lot: null,
    quantity: { micro: 5_000_000n, uom: "C62" },
    from: "world:supplier",
    to: "stock:PL01/A/free",
    eventAt: now,
    corrects: null,
    ...change,
  };
}

/** A posting of a run; what is not named is of its own, and so is its lane. */
export function postingOf(name: string, change: Partial<NewPosting> & Pick<NewPosting, "request">): NewPosting {
  const none = { micro: 0n, uom: "C62" };
  const segment: SegmentResponse = {
    segment: "0010",
    sequence: "",
    workCenter: "A565-26",
    good: { micro: 1_000_000n, uom: "C62" },
    scrap: none,
    rework: none,
    final: false,
    materials: [],
  };
  const dates = {
    eventFrom: now,
    eventTo: now,
    recordedAt: now,
    postingDate: "2025-02-03",
    documentDate: "2025-02-03",
  } as const;
  const asked = change.kind ?? "confirmation";
  const kind =
    asked === "order-accepted" || asked === "confirmation-reversal" || asked === "movement-reversal"
      ? "confirmation"
      : asked;
  return {
    id: contentId("posting", name),
    key: postingKey("posting", name),
    erp: "s4",
    kind,
    segment: "0010",
    run: null,
    content: { kind, response: { reference: { erp: "s4", company: "", number: name }, dates, segment } },
    facts: [],
    lanes: [`lane:${name}`],
    sequenceKey: null,
    ...change,
  };
}

/** How two things that are done at once end: `ok`, or the constraint that refused. */
export async function race(...works: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(works);
  return settled
    .map((end) => {
      if (end.status === "fulfilled") return "ok";
      const { reason } = end;
      return reason instanceof Error && "constraint" in reason ? String(reason.constraint) : String(reason);
    })
    .toSorted();
}
