/**
 * What a run owes is found from its own facts, however much was posted of other runs: also by a connection that has made
 * its plans when there was nothing yet, which it keeps until the database has looked at its tables. Rows are counted, not
 * times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { owedKinds } from "../../../src/record/posting.ts";
import type { Database } from "../../../src/store/connection.ts";
import { factRepository } from "../../../src/store/fact-repository.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { lookedAt, spoilt, withOneConnection } from "./looked-at.ts";
import { countOf, now, postingOf, seedRun, type World } from "./world.ts";

const others = 100;
const factsPerRun = 10;
/** By then a connection keeps its plan, whatever it is asked about. */
const untilKept = 8;

const asWritten = (text: string): string => text;
/** As it once was: one read of all lines for each fact. */
const joined = (text: string): string =>
  text.replace(/\(select l\.fact (from posting_line.*)\) is null/, "not exists (select 1 $1)");

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster?.close());

    /** Rows that are looked at for one run by a connection that has begun before everybody else. */
    const rowsOf = (spoil: (text: string) => string): Promise<number> =>
      withOneConnection(cluster, async (world, database) => {
        const own = await seedOwn(world);
        for (let n = 0; n < untilKept; n += 1) await owed(database, own, spoil);
        for (let n = 0; n < others; n += 1) await world.store.transaction((tx) => seedPosted(tx, `other-${n}`));
        return owed(database, own, spoil);
      });

    test("its own facts are read, and no line of another run's posting", async () => {
      const rows = await rowsOf(asWritten);
      assert.ok(rows >= factsPerRun && rows <= owedKinds.length * (2 * factsPerRun + 5), `${rows} rows`);
    });

    test("it is noticed when each fact is compared with everything that was posted", async () => {
      const rows = await rowsOf(joined);
      assert.ok(rows > 5 * others * factsPerRun, `${rows} rows`);
    });
  });
}

/** Asks for what it owes of each kind. @returns rows that were looked at for it */
function owed(database: Database, run: string, spoil: (text: string) => string): Promise<number> {
  return lookedAt(database, async (query) => {
    const facts = factRepository(spoilt(query, spoil));
    const counts: number[] = [];
    for (const kind of owedKinds) counts.push((await facts.owed(run, kind)).length);
    assert.deepEqual(counts, [factsPerRun, factsPerRun, 0]);
  });
}

function seedOwn(world: World): Promise<string> {
  return world.store.transaction(async (tx) => {
    const { run } = await seedRun(tx, "own");
    await tx.facts.append(factsOf(run), now);
    return run;
  });
}

type Transaction = Parameters<Parameters<World["store"]["transaction"]>[0]>[0];

function factsOf(run: string): ReturnType<typeof countOf>[] {
  return Array.from({ length: factsPerRun }, (_, n) => countOf(`${run} ${n}`, run));
}

/** A run of which everything was posted. */
async function seedPosted(tx: Transaction, name: string): Promise<void> {
  const { request, run } = await seedRun(tx, name);
  const facts = factsOf(run);
  await tx.facts.append(facts, now);
  const spoken = { request, run, facts: facts.map((fact) => fact.id) };
  const kinds = ["confirmation", "goods-receipt"] as const;
  await tx.postings.plan(
    kinds.map((kind) => postingOf(`${name} ${kind}`, { ...spoken, kind })),
    now,
    false,
  );
}
