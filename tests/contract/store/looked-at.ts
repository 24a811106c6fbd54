/**
 * How many rows of tables some work has looked at, as the database itself counts them: with the plans that the connection
 * keeps, and what triggers read. Not times, which say more of the machine.
 */
import { openDatabase, type Database, type Query } from "../../../src/store/connection.ts";
import type { TestCluster } from "../../../src/store/testing/cluster.ts";
import { openWorld, type World } from "./world.ts";

const counted = `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint as rows
  from pg_stat_xact_user_tables where schemaname = 'millrace'`;

/** In a transaction of its own; what the work writes stays. */
export async function lookedAt(database: Database, work: (query: Query) => Promise<unknown>): Promise<number> {
  const own = watched(database);
  await own.transaction(work);
  return own.rows();
}

/** The same statements with another text. */
export function spoilt(query: Query, spoil: (text: string) => string): Query {
  return {
    ...query,
    run: (name, text, values) => {
      const other = spoil(text);
      return query.run(other === text ? name : `spoilt.${name}`, other, values);
    },
  };
}

/** A database that says how many rows its transactions have looked at so far. */
export function watched(database: Database): Database & { rows(): number } {
  let sum = 0;
  return {
    ...database,
    rows: () => sum,
    transaction: (work) =>
      database.transaction(async (query) => {
        const read = async (): Promise<number> => Number((await query.run("test.looked-at", counted))[0]?.["rows"]);
        const before = await read();
        const value = await work(query);
        sum += (await read()) - before;
        return value;
      }),
  };
}

/** A world of its own, with a connection that keeps its plans. */
export async function withOneConnection<T>(
  cluster: TestCluster,
  work: (world: World, database: Database) => Promise<T>,
): Promise<T> {
  const world = await openWorld(cluster);
  const { connectionString } = world;
  const database = openDatabase({ connectionString, connectionsMax: 1, log: () => undefined });
  try {
    return await work(world, database);
  } finally {
    await database.close();
    await world.close();
  }
}
