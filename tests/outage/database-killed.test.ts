/** PostgreSQL is killed with all its processes while machines work and documents go out, twice, and started again. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { killTree, OwnServer } from "./server.ts";
import { openStage, untilPosted } from "./stage.ts";
import { failuresOf, judge, type Verdict } from "./verdict.ts";

const timeout = 900_000;

test(
  "the embedded server is killed and comes back by itself",
  { timeout, skip: clusterUnavailable({ major: 18 }) },
  async (t) => {
    const { plant, millrace: make } = await openStage(t);
    const millrace = await make("millrace");
    await millrace.start();
    for (const kill of [1, 2]) {
      await untilPosted(plant, 3, 4);
      const pid = await postmasterOf(millrace.data);
      await killTree(pid);
      assert.ok(millrace.isRunning(), `kill ${kill} did not end Millrace`);
    }
    assert.deepEqual(failuresOf(await judge(plant, millrace)), []);
    assert.ok(millrace.isRunning());
  },
);

test(
  "a server of one's own is killed and stays away for a while",
  { timeout, skip: clusterUnavailable({ major: 15 }) },
  async (t) => {
    assert.deepEqual(failuresOf(await ownServerKilled(t)), []);
  },
);

test(
  "sabotage: a server that answers before it has written is seen",
  { timeout, skip: clusterUnavailable({ major: 15 }) },
  async (t) => {
    const failures = failuresOf(await ownServerKilled(t, answeringEarly));
    assert.ok(failures.length > 0, "it was not seen");
  },
);

/** Whatever a connection asks for, its commits are answered before they are written. */
const answeringEarly = `
  create function millrace.answer_early() returns trigger language plpgsql as $$
  begin
    perform set_config('synchronous_commit', 'off', true);
    return null;
  end $$;
  do $$ declare name text;
  begin
    for name in select relname from pg_class
      where relnamespace = 'millrace'::regnamespace and relkind in ('r', 'p') and not relispartition
    loop
      execute format('create trigger answer_early after insert or update or delete on millrace.%I
        for each statement execute function millrace.answer_early()', name);
    end loop;
  end $$`;

async function ownServerKilled(t: TestContext, sabotage?: string): Promise<Verdict> {
  const { plant, ends, millrace: make } = await openStage(t);
  const server = await OwnServer.in();
  ends.defer(() => server.close());
  await server.start();
  const millrace = await make("millrace", { environment: { DATABASE_URL: server.url } });
  await millrace.start();
  if (sabotage !== undefined) await server.query(sabotage);
  for (const awayMs of [300, 2_000]) {
    if (sabotage !== undefined) await server.stopWriting();
    await untilPosted(plant, 3, 4);
    await server.kill();
    await systemClock.sleep(awayMs);
    await server.start();
  }
  return judge(plant, millrace);
}

/** The cluster is in the data directory, or where its pointer leads (for root). */
async function postmasterOf(data: string): Promise<number> {
  const pointer = await readFile(join(data, "postgres.json"), "utf8").catch(() => null);
  // Written by our own supervisor.
  const state = pointer === null ? data : (JSON.parse(pointer) as { readonly state: string }).state;
  const [pid] = (await readFile(join(state, "postgres", "postmaster.pid"), "utf8")).split("\n");
  return Number(pid);
}
