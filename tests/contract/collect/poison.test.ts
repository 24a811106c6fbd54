/** Batches that cannot be committed, over a real database: a sample that cannot be read, and a disk that is full. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { instant } from "../../../src/base/instant.ts";
import { collect, type CollectReport } from "../../../src/flows/collect.ts";
import { collectorBook } from "../../../src/flows/collector-book.ts";
import { isolate } from "../../../src/flows/isolate.ts";
import type { Store, Tx } from "../../../src/flows/ports.ts";
import type { Sample, SampleValue } from "../../../src/record/sample.ts";
import type { SampleBatch } from "../../../src/record/sample-batch.ts";
import { int } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";

describe("a batch that cannot be committed", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
    await scene.accept(orderOf("1000002"));
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  /** Collects through a store that fails where it is told to. */
  const through = (spoil: (tx: Tx) => Tx): Parameters<typeof collect>[0] => {
    const store: Store = { transaction: (work) => scene.store.transaction((tx) => work(spoil(tx))) };
    const { site, clock } = scene;
    return { store, site, clock, book: collectorBook(site), dispatched: { whyNotStored: () => null } };
  };
  const setAside = (source: string): ReturnType<Scene["sql"]> =>
    scene.sql("select item, why from sample_set_aside where source = $1 order by at", [source]);
  const goodOf = async (number: string): Promise<unknown> =>
    (
      await scene.sql("select good_micro::text as good from job_order where request = $1 and segment = '0010'", [
        `s4//${number}`,
      ])
    )[0]?.["good"];

  test("the sample that cannot be read is set aside alone and by name, the others are facts", async () => {
    /** A count of exactly 3 pieces breaks the program. */
    const broken = (tx: Tx): Tx => ({
      ...tx,
      facts: {
        ...tx.facts,
        append: (facts, now) => {
          if (facts.some(({ body }) => body.kind === "UnitsCounted" && body.quantity.micro === 3_000_000n))
            throw new TypeError("three is too many");
          return tx.facts.append(facts, now);
        },
      },
    });
    const batch = runOf("cutter-1", "1000001-0010", [2, 4, 7, 9, 10]);
    const ports = through(broken);
    await assert.rejects(collect(ports, "b", [batch]), /three is too many/);
    const complaints: string[] = [];
    const report: CollectReport = await isolate(ports, "b", [batch], (line) => complaints.push(line));
    assert.deepEqual(await setAside("cutter-1"), [
      { item: "Pieces/Good", why: "Reading it failed: three is too many" },
    ]);
    assert.equal(complaints.length, 1);
    assert.equal(report.samples, batch.samples.length - 1);
    assert.equal(await goodOf("1000001"), "10000000", "the next value counts what the missing one would have");
    const [cursor] = await scene.sql("select seq::int as seq from collector where source = 'cutter-1'");
    assert.equal(cursor?.["seq"], batch.seq);
  });

  for (const [what, failure] of [
    [
      "a disk that is full",
      Object.assign(new Error("could not extend file: No space left on device"), { code: "53100" }),
    ],
    ["a server that stops", Object.assign(new Error("terminating connection"), { code: "57P01" })],
    ["a statement that was given up", Object.assign(new Error("canceling statement"), { code: "57014" })],
    ["a connection that is refused", Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })],
    ["a number of the database that cannot be read", thrownBy(() => int(2n ** 60n))],
    [
      "a checkpoint that cannot be written",
      Object.assign(new Error("unsupported Unicode escape sequence"), {
        code: "22P05",
        statement: "collector.save-checkpoint",
      }),
    ],
    ["a connection that ends", Object.assign(new Error("Connection terminated unexpectedly"), { code: "08006" })],
  ] as const) {
    test(`${what} is no sample's fault: nothing is set aside, and all of it comes when that is over`, async () => {
      let isFull = true;
      // A small row still finds a place where a batch does not.
      const full = (tx: Tx): Tx => ({
        ...tx,
        collectors: {
          ...tx.collectors,
          keepBatches: (batches, now) => {
            if (isFull && batches.some(({ batch }) => batch.samples.length > 3)) throw failure;
            return tx.collectors.keepBatches(batches, now);
          },
        },
      });
      const source = "cutter-2";
      seq += 1;
      const batch = runOf(source, "1000002-0010", [1, 2, 3, 4], seq);
      const ports = through(full);
      await assert.rejects(
        isolate(ports, "b", [batch], () => undefined),
        failure,
      );
      assert.deepEqual(await setAside(source), []);
      const before = BigInt(String(await goodOf("1000002")));
      isFull = false;
      await isolate(ports, "b", [batch], () => undefined);
      assert.equal(BigInt(String(await goodOf("1000002"))) - before, 4_000_000n);
    });
  }
  test("a kept batch that is damaged is no new sample's fault: nothing is set aside, and the damage is named", async () => {
    const source = "cutter-2";
    seq += 1;
    const ports = through((tx) => tx);
    await isolate(ports, "b", [runOf(source, "1000002-0010", [1, 2], seq)], () => undefined);
    await scene.sql(
      'update sample_batch set bytes = convert_to(\'{"v":1,"i":[],"r":[null]}\', \'UTF8\') where source = $1',
      [source],
    );
    await scene.sql("delete from collector_checkpoint where source = $1", [source]);
    const restarted = through((tx) => tx);
    seq += 1;
    await assert.rejects(
      isolate(restarted, "b", [runOf(source, "1000002-0010", [1, 2], seq)], () => undefined),
      /cutter-2.*cannot be read/,
    );
    assert.deepEqual(await setAside(source), []);
  });
  let seq = 0;
});

function thrownBy(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof Error);
    return error;
  }
  throw new Error("It is read.");
}

/** A run that counts up to each of these, and ends. */
function runOf(source: string, job: string, counts: readonly number[], seq = 1): SampleBatch {
  let second = seq * 1000;
  const say = (values: Readonly<Record<string, SampleValue>>): Sample[] => {
    second += 1;
    const time = at(second);
    return Object.entries(values).map(([item, value]) => ({
      item,
      at: time,
      receivedAt: instant(time + 20),
      status: 0,
      value,
      mark: "",
    }));
  };
  const samples = [
    ...say({ "Run/Job": job, "Run/Active": seq, "Pieces/Good": 0 }),
    ...counts.flatMap((good) => say({ "Pieces/Good": good })),
    ...say({ "Run/Ended": seq, "Run/LastEnded": seq, "Run/Result": "done", "Run/Active": 0 }),
  ];
  return { source, seq, samples, complete: true, gaps: [] };
}
