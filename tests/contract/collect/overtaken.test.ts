/**
 * Values that come when later ones of their items were settled already, over a real database: those that were kept before are
 * doubles; those that only a gateway which had ended has heard are named.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { collect, type CollectReport } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { CollectPorts } from "../../../src/flows/collect-ports.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import type { SampleBatch } from "../../../src/record/sample-batch.ts";
import type { Database, Query } from "../../../src/store/connection.ts";
import { postgresStore } from "../../../src/store/store.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, type Scene } from "../../view/scene.ts";

const source = "cutter-1";
const hour = 3_600;

describe("values that come after later ones were settled", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let ports: CollectPorts;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  beforeEach(async () => {
    await scene?.close();
    scene = await openScene(cluster);
    ports = portsOver(scene.store);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  /** It can read again what came within the last two hours. */
  const portsOver = (store: Store): CollectPorts => {
    const { site, clock } = scene;
    return { store, site, clock, book: collectorBook(site, 1), dispatched: { whyNotStored: () => null } };
  };
  const named = async (): Promise<readonly number[]> => {
    const rows = await scene.sql("select why, item, at from sample_set_aside order by at");
    for (const { why, item } of rows) assert.deepEqual([why, item], [tooLate, "Pieces/Good"]);
    return rows.map((row) => (Number(row["at"]) - at(0)) / 1000);
  };

  const begun = batchOf(1, 0, { "Run/Job": "J-1", "Run/Active": 1, "Pieces/Good": 0 });
  /** The first gateway told one of them, and has kept two more when it ends. */
  const [told, ...heard] = [1, 2, 3].map((good) => batchOf(1 + good, 10 * good, { "Pieces/Good": good }));
  assert.ok(told);
  /** What both have heard. */
  const both = batchOf(5, 40, { "Pieces/Good": 4 });
  const later = [2, 4, 6, 8].map((h, i) => batchOf(2 + i, h * hour, { "Pieces/Good": 5 + i }));

  const tellFirst = async (): Promise<void> => {
    await collect(ports, "gateway-1", [begun, told]);
    await collect(ports, "gateway-2", [{ ...both, seq: 1 }]);
    for (const batch of later) await collect(ports, "gateway-2", [batch]);
  };
  const tellAgain = (): Promise<CollectReport> => collect(ports, "gateway-1", [begun, told, ...heard, both]);

  test("what nobody has told before is named, and nothing else is", async () => {
    await tellFirst();
    const { doubles, facts } = await tellAgain();
    assert.deepEqual(await named(), [20, 30]);
    assert.equal(doubles, begun.samples.length + told.samples.length + both.samples.length);
    assert.equal(facts, 0);
  });

  test("it is named once, however often it comes", async () => {
    await tellFirst();
    await tellAgain();
    const { doubles } = await collect(ports, "gateway-3", [...heard, ...heard].map(inOrder));
    assert.deepEqual(await named(), [20, 30]);
    assert.equal(doubles, 4);
  });

  test("so it is where all of it comes in one turn", async () => {
    const turn = [begun, told, both, ...later, told, ...heard, told];
    await collect(ports, "gateway-1", turn.map(inOrder));
    assert.deepEqual(await named(), [20, 30]);
  });

  test("what stands in a kept batch that is damaged is named too: nothing tells any more that it was kept", async () => {
    await tellFirst();
    const text = "update sample_batch set bytes = 'rotten' where source = $1 and from_at = to_timestamp($2)";
    await scene.sql(text, [source, at(40) / 1000]);
    await tellAgain();
    assert.deepEqual(await named(), [20, 30, 40]);
  });

  test("so is all of which a damaged page may tell, and what came with it is read", async () => {
    const { database } = scene;
    const failing = (query: Query): Query => ({
      ...query,
      run: (name, ...rest) =>
        name === "collector.batches-around" ? query.run("test.damaged", damaged) : query.run(name, ...rest),
    });
    const onDamaged: Database = {
      ...database,
      transaction: (work) => database.transaction((query) => work(failing(query))),
    };
    await tellFirst();
    ports = { ...ports, store: postgresStore(onDamaged) };
    assert.ok((await tellAgain()).samples > 0);
    assert.deepEqual(await named(), [0, 10, 20, 30, 40]);
  });

  test("it is noticed where what only one has heard passes for kept", async () => {
    const blind: Store = {
      transaction: (work) => scene.store.transaction((tx) => work({ ...tx, collectors: withAll(tx.collectors) })),
    };
    await tellFirst();
    ports = portsOver(blind);
    await tellAgain();
    assert.deepEqual(await named(), []);
  });

  const withAll = (collectors: Tx["collectors"]): Tx["collectors"] => ({
    ...collectors,
    samplesAround: async (of, spans, look) => {
      if (look(heard.flatMap(({ samples }) => samples))) await collectors.samplesAround(of, spans, look);
    },
  });
});

/** What PostgreSQL answers when a page is not as it was written. */
const damaged = "do $$ begin raise exception 'invalid page in block 0' using errcode = 'XX001'; end $$";

const tooLate = "It came so late that its time is settled already.";

function batchOf(seq: number, second: number, values: Readonly<Record<string, SampleValue>>): SampleBatch {
  const time = at(second);
  const samples = Object.entries(values).map(([item, value]): Sample => ({
    item,
    at: time,
    receivedAt: time,
    status: 0,
    value,
    mark: "",
  }));
  return { source, seq, samples, complete: true, gaps: [] };
}

function inOrder(batch: SampleBatch, i: number): SampleBatch {
  return { ...batch, seq: i + 1 };
}
