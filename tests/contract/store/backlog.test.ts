/**
 * A backlog of postings, as after an outage of the ERP: a claim costs what it takes, and not what waits; also on a connection
 * that has made its plans when nothing waited, and without statistics. Rows are counted, not times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { contentId, postingKey } from "../../../src/base/id.ts";
import { requestOf } from "../../../src/operations/testing/order.ts";
import type { Database } from "../../../src/store/connection.ts";
import { postingRepository } from "../../../src/store/posting-repository.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { lookedAt, spoilt, withOneConnection } from "./looked-at.ts";
import { now, openWorld, postingOf, type World } from "./world.ts";

const limit = 8;
const perQueue = 50;
/** Of other orders, which are on their way. */
const lanesHeld = 200;
/** By then a connection keeps its plan, whatever it is asked about. */
const untilKept = 8;
/** Of each posting that is found: itself, its queue, and the first of that or of its sequence. */
const rowsEach = 5;

const asWritten = (text: string): string => text;
/** Every queue, and of those what is wanted. */
const withoutEnd = (text: string): string => text.replace("limit $3) found", "order by first.id limit $3) found");
/** What is on its way, for each queue. */
const laneByLane = (text: string): string =>
  text.replace("own.key in (select key from lane)", "(select true from lane l where l.key = own.key)");
/** Everything that is planned, as it was: the earliest first. */
const queueless = (text: string): string => text.replaceAll("queue_of(w.lanes, w.sequence_key)", "w.id");

for (const major of [15, 18] as const) {
  describe(`PostgreSQL ${major}`, { skip: clusterUnavailable({ major }) }, () => {
    let cluster: TestCluster;
    before(async () => {
      cluster = await withCluster({ major });
    });
    after(() => cluster?.close());

    /** @returns rows that are looked at for what is due next, and of how many orders that is */
    const rowsOf = (orders: number, spoil = asWritten): Promise<{ rows: number; found: number }> =>
      withOneConnection(cluster, async (world, database) => {
        await planFor(world, ["first"], 1);
        await world.sql("vacuum analyze lane");
        for (let n = 0; n < untilKept; n += 1) await due(database, spoil);
        // What is settled lies beside what waits.
        await planFor(world, namesOf("settled", 10), perQueue);
        await world.sql("update posting set state = 'in-doubt'");
        await world.sql("update posting set state = 'confirmed', document = id");
        await world.sql("insert into lane (key, posting) select 'lane:' || id, id from posting limit $1", [lanesHeld]);
        await planFor(world, namesOf("waiting", orders), perQueue);
        return due(database, spoil);
      });

    for (const orders of [4, 40]) {
      test(`of ${orders * 2 * perQueue} that wait a claim looks at what it takes`, async () => {
        const { rows, found } = await rowsOf(orders);
        assert.equal(found, Math.min(orders * 2, limit));
        assert.ok(rows <= rowsEach * limit + lanesHeld, `${rows} rows for ${found} postings`);
      });
    }

    test("it is noticed when the lanes are read for each queue", async () => {
      const { rows } = await rowsOf(4, laneByLane);
      assert.ok(rows > 5 * lanesHeld, `${rows} rows`);
    });

    test("it is noticed when every queue is looked at", async () => {
      const { rows } = await rowsOf(40, withoutEnd);
      assert.ok(rows > 3 * rowsEach * limit + lanesHeld, `${rows} rows`);
    });

    test("it is noticed when each posting is looked at by itself", async () => {
      const { rows } = await rowsOf(4, queueless);
      assert.ok(rows > 3 * rowsEach * limit + lanesHeld, `${rows} rows`);
    });

    test("orders take turns, and of each the earliest goes", async () => {
      const world = await openWorld(cluster);
      try {
        const names = namesOf("turn", 5);
        await planFor(world, names, 2);
        const turns: string[] = [];
        for (let after = ""; turns.length < 7;) {
          const taken = await world.store.transaction((tx) => tx.postings.due("s4", now, 2, after));
          assert.equal(new Set(taken.map((p) => p.request)).size, 1, "its yield and its receipt");
          assert.deepEqual(
            taken.map((p) => [p.kind, p.sequence?.number ?? null]),
            [
              ["confirmation", 1],
              ["goods-receipt", null],
            ],
          );
          after = taken.at(-1)?.request ?? "";
          turns.push(after);
        }
        const all = names.map(orderOf);
        assert.deepEqual(turns, [...all, ...all].slice(0, 7));
      } finally {
        await world.close();
      }
    });
  });
}

/** @returns rows that were looked at, and what was found due */
async function due(database: Database, spoil: (text: string) => string): Promise<{ rows: number; found: number }> {
  let found = 0;
  const rows = await lookedAt(database, async (query) => {
    found = (await postingRepository(spoilt(query, spoil)).due("s4", now, limit)).length;
  });
  return { rows, found };
}

function namesOf(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${String(n).padStart(3, "0")}`);
}

const referenceOf = (name: string) => ({ erp: "s4", company: "", number: name }) as const;
const orderOf = (name: string): string => requestOf({ reference: referenceOf(name) }).id;

/** Of each order so many yields, one after the other, and as many receipts. */
async function planFor({ store }: World, names: readonly string[], count: number): Promise<void> {
  await store.transaction(async (tx) => {
    for (const name of names) {
      const request = requestOf({ reference: referenceOf(name) });
      await tx.requests.save(request, null, now);
      const own = (kind: "confirmation" | "goods-receipt", n: number): ReturnType<typeof postingOf> =>
        postingOf(`${name}-${kind}-${n}`, {
          id: contentId(name, kind, n),
          key: postingKey(name, kind, n),
          request: request.id,
          kind,
          lanes: [`order:${request.id}`, ...(kind === "confirmation" ? [] : [`stock:PL01/${name}`])],
          sequenceKey: kind === "confirmation" ? `${request.id}//0010` : null,
        });
      const postings = Array.from({ length: count }, (_, n) => [own("confirmation", n), own("goods-receipt", n)]);
      await tx.postings.plan(postings.flat(), now, false);
    }
  });
}
