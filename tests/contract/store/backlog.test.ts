/**
 * A backlog of postings that no statistics know of, as after an outage of the ERP: what is due is found by looking at what it depends
 * on, and not at everything that waits. Rows are counted, not times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { contentId, postingKey } from "../../../src/base/id.ts";
import { openDatabase, type Database, type Query } from "../../../src/store/connection.ts";
import { postingRepository } from "../../../src/store/posting-repository.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { now, openWorld, postingOf, seedRun, type World } from "./world.ts";

const sequences = 20;
const perSequence = 40;
const waiting = sequences * perSequence;

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    let world: World;
    let database: Database;
    before(async () => {
      cluster = await withCluster({ major });
      world = await openWorld(cluster);
      database = openDatabase({ connectionString: world.connectionString, log: () => undefined });
      const { store, sql } = world;
      const { request } = await store.transaction((tx) => seedRun(tx, "backlog"));
      const postings = (name: string, count: number): ReturnType<typeof postingOf>[] =>
        Array.from({ length: count }, (_, n) => {
          const own = { id: contentId(name, n), key: postingKey(name, n), request };
          return postingOf(`${name}-${n}`, { ...own, sequenceKey: `${name}-${n % sequences}` });
        });
      await store.transaction((tx) => tx.postings.plan(postings("before", 200), now, false));
      await sql("update posting set state = 'confirmed', document = id");
      await sql("analyze posting");
      await store.transaction((tx) => tx.postings.plan(postings("after", waiting), now, false));
    });
    after(async () => {
      await database?.close();
      await world?.close();
      await cluster?.close();
    });

    /** @returns what was found due, and rows that were looked at for it and thrown away */
    const due = (spoil: (text: string) => string): Promise<readonly [number, number]> =>
      database.transaction(async (query) => {
        let wasted = 0;
        const explaining: Query = {
          ...query,
          run: async (name, text, values) => {
            const asked = `explain (analyze, format json) ${spoil(text)}`;
            const [row] = await query.run(`explain.${asked.length}`, asked, values);
            const [top] = (row?.["QUERY PLAN"] ?? []) as readonly { readonly Plan: Node }[]; // as the database documents it
            wasted += top ? wastedIn(top.Plan) : 0;
            return query.run(name, text, values);
          },
        };
        const found = await postingRepository(explaining).due("s4", now, 200);
        return [found.length, wasted];
      });

    test("the first of each sequence is due, and each posting is compared with its own sequence", async () => {
      const [found, wasted] = await due((text) => text);
      assert.equal(found, sequences);
      assert.ok(wasted <= 2 * waiting, `${wasted} rows for ${waiting} that wait`);
    });

    test("it is noticed when each is compared with all that wait", async () => {
      const [, wasted] = await due((text) => text.replace("lower(q.state)", "q.state"));
      assert.ok(wasted > 20 * waiting, `${wasted} rows for ${waiting} that wait`);
    });
  });
}

interface Node {
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Node[];
}

function wastedIn(node: Node): number {
  const own = (node["Rows Removed by Filter"] ?? 0) * node["Actual Loops"];
  return (node.Plans ?? []).reduce((sum, child) => sum + wastedIn(child), own);
}
