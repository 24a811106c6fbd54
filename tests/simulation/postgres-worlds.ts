/** Worlds on a real PostgreSQL: a test cluster, in it one database that is prepared once, and a copy of it for each world. */
import { Client } from "pg";
import { unwrap } from "../../src/base/result.ts";
import { openPostgres } from "../../src/simulation/postgres/database.ts";
import { prepareSimulation } from "../../src/simulation/postgres/prepare.ts";
import type { Parts } from "../../src/simulation/world/parts.ts";
import type { Plan } from "../../src/simulation/world/plan.ts";
import type { Report } from "../../src/simulation/world/report.ts";
import { simulate } from "../../src/simulation/world/world.ts";
import { openDatabase } from "../../src/store/connection.ts";
import { prepareSchema } from "../../src/store/schema.ts";
import { freshDatabase, withCluster, type TestedMajor } from "../../src/store/testing/cluster.ts";

export interface PostgresWorlds {
  simulate(plan: Plan, parts?: Parts): Promise<Report>;
  /** A database for one world. */
  fresh(): Promise<PreparedDatabase>;
  close(): Promise<void>;
}

export interface PreparedDatabase extends Pick<Awaited<ReturnType<typeof openPostgres>>, "open"> {
  readonly connectionString: string;
  close(): Promise<void>;
}

export async function postgresWorlds(options: { readonly major: TestedMajor }): Promise<PostgresWorlds> {
  const cluster = await withCluster(options);
  const admin = new Client({ connectionString: cluster.connectionString("postgres") });
  await admin.connect();
  const prepared = await freshDatabase(cluster);
  unwrap(await prepareSchema(prepared, () => undefined));
  const database = openDatabase({ connectionString: prepared, connectionsMax: 1, log: () => undefined });
  await database.transaction(prepareSimulation);
  await database.close();
  const template = prepared.slice(prepared.lastIndexOf("/") + 1);
  let worlds = 0;
  const fresh = async (): Promise<PreparedDatabase> => {
    worlds += 1;
    const name = `world_${worlds}`;
    await admin.query(`create database ${name} template ${template}`);
    const connectionString = cluster.connectionString(name);
    const { open, close } = await openPostgres(connectionString);
    return {
      connectionString,
      open,
      close: async () => {
        await close();
        await admin.query(`drop database ${name} with (force)`);
      },
    };
  };
  return {
    fresh,
    async simulate(plan, parts) {
      const world = await fresh();
      try {
        return await simulate(plan, parts, world.open);
      } finally {
        await world.close();
      }
    },
    async close() {
      await admin.end();
      await cluster.close();
    },
  };
}
