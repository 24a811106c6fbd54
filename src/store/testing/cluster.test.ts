/** The temporary clusters themselves: they work, they are apart, and nothing of them stays, even after a kill. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { clusterUnavailable, freshDatabase, withCluster, type TestedMajor } from "./cluster.ts";

async function ask(connectionString: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

/** For its socket and for its data. */
async function foldersOf(connection: string): Promise<string[]> {
  const data = String(await ask(connection, "show data_directory"));
  return [String(await ask(connection, "show unix_socket_directories")), dirname(data)];
}

for (const major of [15, 18] as const satisfies readonly TestedMajor[]) {
  test(
    `a cluster of PostgreSQL ${major} gives empty databases and leaves nothing`,
    { skip: clusterUnavailable({ major }) },
    async () => {
      const cluster = await withCluster({ major });
      const one = await freshDatabase(cluster);
      const two = await freshDatabase(cluster);
      assert.notEqual(one, two);
      assert.match(String(await ask(one, "show server_version_num")), new RegExp(`^${major}\\d{4}$`));
      assert.equal(await ask(one, "show server_encoding"), "UTF8");
      const folders = await foldersOf(one);
      await ask(one, "create table t (x int)");
      assert.equal(await ask(two, "select count(*)::int from pg_tables where tablename = 't'"), 0);
      await cluster.close();
      await cluster.close();
      assert.deepEqual(folders.filter(existsSync), []);
      await assert.rejects(ask(one, "select 1"));
    },
  );
}

test(
  "a test that is killed leaves neither server nor directory",
  { skip: clusterUnavailable({ major: 18 }) },
  async () => {
    const module = new URL("./cluster.ts", import.meta.url).href;
    const script = `const { withCluster } = await import(${JSON.stringify(module)});
    const c = await withCluster({ major: 18 }); console.log(c.connectionString("postgres")); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
      cwd: fileURLToPath(new URL(".", import.meta.url)),
    });
    const [line] = await once(child.stdout, "data");
    const connection = String(line).trim();
    const folders = await foldersOf(connection);
    child.kill("SIGKILL");
    for (let n = 0; folders.some(existsSync) && n < 500; n++) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(folders.filter(existsSync), []);
  },
);
