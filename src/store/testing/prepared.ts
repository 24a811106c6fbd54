/**
 * Databases of a test cluster with the schema in them. The migrations run once for each cluster; every database is a
 * copy of what they made, which takes a fifth of the time.
 */
import { unwrap } from "../../base/result.ts";
import { prepareSchema } from "../schema.ts";
import { freshDatabase, type TestCluster } from "./cluster.ts";

const templates = new WeakMap<TestCluster, Promise<string>>();

/** A database of its own with the schema of today and nothing else, as a connection string. Each call gives another one. */
export async function preparedDatabase(cluster: TestCluster): Promise<string> {
  let template = templates.get(cluster);
  if (template === undefined) {
    template = makeTemplate(cluster);
    templates.set(cluster, template);
  }
  return freshDatabase(cluster, await template);
}

/** @returns its name; nobody stays connected to it, or it could not be copied */
async function makeTemplate(cluster: TestCluster): Promise<string> {
  const connectionString = await freshDatabase(cluster);
  unwrap(await prepareSchema(connectionString, () => undefined));
  return connectionString.slice(connectionString.lastIndexOf("/") + 1);
}
