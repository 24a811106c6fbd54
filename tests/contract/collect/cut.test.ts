/**
 * A database that is cut as soon as one source has been read again, over and over: collection gets on all the same,
 * because each part that was read is committed by itself. A collection in one transaction stands still.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { collect } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import type { CollectPorts } from "../../../src/flows/collect-ports.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import type { Sample } from "../../../src/record/sample.ts";
import type { SampleBatch } from "../../../src/record/sample-batch.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, type Scene } from "../../view/scene.ts";

const sources = ["cutter-1", "cutter-2"];
/** As many as one part reads again before it is committed. */
const manySamples = 20_000;

describe("a database that is cut while sources are read again", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  type Collect = typeof collect;

  /** @returns samples of each source that are read after so many lives, each of which lets one source be read again */
  async function live(lives: number, isRestarted: boolean, collecting: Collect): Promise<number[]> {
    await scene?.close();
    scene = await openScene(cluster);
    const { site, clock, store } = scene;
    const portsOf = (over: Store): CollectPorts => {
      return { store: over, site, clock, book: collectorBook(site), dispatched: { whyNotStored: () => null } };
    };
    await collect(
      portsOf(store),
      "b",
      sources.map((source, i) => batchOf(source, i + 1, manySamples)),
    );
    let reread = 0;
    const cut = (tx: Tx): Tx => ({
      ...tx,
      collectors: {
        ...tx.collectors,
        batchesAfter: (source, ordinal) => {
          reread += 1;
          if (reread > 1) throw Object.assign(new Error("the line is cut"), { code: "ECONNREFUSED" });
          return tx.collectors.batchesAfter(source, ordinal);
        },
      },
    });
    const cutStore: Store = { transaction: (work) => store.transaction((tx) => work(cut(tx))) };
    const batches = sources.map((source, i) => batchOf(source, i + 11, 5));
    let ports = portsOf(cutStore);
    for (let life = 0; life < lives; life += 1) {
      if (isRestarted) ports = portsOf(cutStore);
      reread = 0;
      await collecting(ports, "b", batches).catch((error: unknown) => assert.match(String(error), /the line is cut/));
    }
    const rows = await scene.sql("select source, sum(samples)::int as n from sample_batch group by 1 order by 1");
    return rows.map((row) => Number(row["n"]) - manySamples);
  }

  /** What collection was: whatever is read again is committed with everything else, or not at all. */
  const allInOne: Collect = (ports, buffer, batches) =>
    ports.store.transaction((tx) => collect({ ...ports, store: { transaction: (work) => work(tx) } }, buffer, batches));

  for (const [what, isRestarted] of [
    ["the process goes on", false],
    ["the process starts anew", true],
  ] as const) {
    test(`each life takes one source further, and ${what}`, async () => {
      assert.deepEqual(await live(1, isRestarted, collect), [5, 0]);
      assert.deepEqual(await live(2, isRestarted, collect), [5, 5]);
    });
  }

  test("in one transaction for all of them nothing goes on, however long it tries", async () => {
    assert.deepEqual(await live(6, true, allInOne), [0, 0]);
  });
});

/** Telemetry that no rule reads: kept, and read again after a restart. */
function batchOf(source: string, seq: number, count: number): SampleBatch {
  const samples = Array.from({ length: count }, (_, n): Sample => {
    const time = at(seq * 1000 + n / 100);
    return { item: `Telemetry/T${n % 50}`, at: time, receivedAt: instant(time + 20), status: 0, value: n, mark: "" };
  });
  return { source, seq, samples, complete: true, gaps: [] };
}
