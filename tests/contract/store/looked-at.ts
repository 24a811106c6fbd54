/**
 * How many rows of tables some work has looked at, as the database itself counts them: with the plans that the connection
 * keeps, and what triggers read. Not times, which say more of the machine.
 */
import type { Database, Query } from "../../../src/store/connection.ts";

const counted = `select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint as rows
  from pg_stat_xact_user_tables where schemaname = 'millrace'`;

/** In a transaction of its own; what the work writes stays. */
export function lookedAt(database: Database, work: (query: Query) => Promise<unknown>): Promise<number> {
  return database.transaction(async (query) => {
    const read = async (): Promise<number> => Number((await query.run("test.looked-at", counted))[0]?.["rows"]);
    const before = await read();
    await work(query);
    return (await read()) - before;
  });
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
