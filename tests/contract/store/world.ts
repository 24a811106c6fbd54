/**
 * A store over a fresh database of a test cluster, and rows to begin with. `store` and `other` have connections of their
 * own, like two processes; `sql` asks the database itself.
 */
import { Client } from "pg";
import { contentId, postingKey } from "../../../src/base/id.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { NewPosting, Store, Tx } from "../../../src/flows/ports.ts";
import type { SegmentResponse } from "../../../src/isa95/response/operations-response.ts";
import { at, factOf, jobOrderOf, requestOf } from "../../../src/operations/testing/order.ts";
import type { Fact } from "../../../src/record/fact.ts";
import { openDatabase } from "../../../src/store/connection.ts";
import { prepareSchema } from "../../../src/store/schema.ts";
import { postgresStore } from "../../../src/store/store.ts";
import { freshDatabase, type TestCluster } from "../../../src/store/testing/cluster.ts";

export interface World {
  readonly connectionString: string;
  readonly store: Store;
  readonly other: Store;
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

export async function openWorld(cluster: TestCluster): Promise<World> {
  const connectionString = await freshDatabase(cluster);
  unwrap(await prepareSchema(connectionString, () => undefined));
  const first = openDatabase({ connectionString, connectionsMax: 6, log: () => undefined });
  const second = openDatabase({ connectionString, connectionsMax: 6, log: () => undefined });
  const client = new Client({ connectionString, options: "-c search_path=millrace" });
  await client.connect();
  return {
    connectionString,
    store: postgresStore(first),
    other: postgresStore(second),
    sql: async (text, values = []) => (await client.query<Record<string, unknown>>(text, [...values])).rows,
    close: async () => void (await Promise.all([first.close(), second.close(), client.end()])),
  };
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
export async function seedRun(tx: Tx, name: string): Promise<{ request: string; jobOrder: string; run: string }> {
  const request = requestOf({ reference: { erp: "s4", company: "", number: name } });
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

/** A posting of a run; what is not named is of its own. */
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
    lanes: [],
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
