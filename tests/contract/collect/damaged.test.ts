/**
 * What is kept of one machine can no longer be read: the others go on, the machine is named, and all that it says waits
 * in the buffer until what is kept can be read again.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { openScene, orderOf, type Scene } from "../../view/scene.ts";
import { heldPlant, samplesOf, until } from "./held-plant.ts";

describe("what is kept of a machine cannot be read", { skip: clusterUnavailable({ major: 18 }) }, () => {
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

  test("others go on, it is named, and nothing of it is lost or counted twice when it can be read again", async (t) => {
    const { buffer, start, say, goodOf, questions } = await heldPlant(t, scene);
    const first = await start();
    for (const [source, job] of [
      ["cutter-1", "1000001-0010"],
      ["cutter-2", "1000002-0010"],
    ] as const)
      await say(source, 1000, [{ "Run/Job": job, "Run/Active": 1, "Pieces/Good": 0 }, { "Pieces/Good": 4 }]);
    await until(() => first.consumed() === buffer.head());
    await first.close();

    const [kept] = await scene.sql("select bytes from sample_batch where source = 'cutter-1'");
    await scene.sql("update sample_batch set bytes = 'rotten' where source = 'cutter-1'");
    await scene.sql("delete from collector_checkpoint where source = 'cutter-1'");
    const second = await start();
    t.after(() => second.close());
    await say("cutter-1", 2000, [{ "Pieces/Good": 6 }]);
    await say("cutter-2", 2000, [{ "Pieces/Good": 7 }]);
    await until(async () => (await goodOf("1000002")) === 7);
    await say("cutter-2", 3000, [{ "Pieces/Good": 9 }]);
    await until(async () => (await goodOf("1000002")) === 9);
    assert.equal(await goodOf("1000001"), 4, "nothing is invented");
    assert.ok(second.consumed() < buffer.head(), "what waits is not given up");
    assert.equal(second.fault("cutter-1")?.code, "collection/kept-unreadable");
    assert.equal(second.fault("cutter-2"), null);
    await until(async () => (await questions()).length > 0);
    const [asked] = await questions();
    assert.match(String(asked?.["subject"]), /^cutter-1\//);
    assert.match(String(asked?.["text"]), /cutter-1 .*cannot be read/);

    await scene.sql("update sample_batch set bytes = $1 where source = 'cutter-1'", [kept?.["bytes"]]);
    await until(async () => (await goodOf("1000001")) === 6);
    await until(() => second.fault("cutter-1") === null);
    await say("cutter-1", 3000, [{ "Pieces/Good": 8 }]);
    await until(() => second.consumed() === buffer.head());
    assert.equal(await goodOf("1000001"), 8);
    assert.deepEqual(
      (await questions()).map(({ state }) => state),
      ["answered"],
    );
  });

  test("a checkpoint that can be read and makes no memory holds its machine too, and no sample is set aside", async (t) => {
    const { buffer, start, say } = await heldPlant(t, scene);
    const first = await start();
    await say("cutter-1", 4000, [{ "Pieces/Good": 0 }, { "Pieces/Good": 3 }]);
    await until(() => first.consumed() === buffer.head());
    await first.close();

    const text = `insert into collector_checkpoint (source, ordinal, map, state, taken_at) values ('cutter-1', 0, '', '{"items": 7}', now())
      on conflict (source) do update set state = excluded.state`;
    await scene.sql(text);
    const second = await start();
    t.after(() => second.close());
    await say("cutter-1", 5000, [{ "Pieces/Good": 5 }]);
    await until(() => second.fault("cutter-1") !== null);
    assert.deepEqual(await scene.sql("select 1 from sample_set_aside"), []);
    await scene.sql("delete from collector_checkpoint where source = 'cutter-1'");
    await until(() => second.consumed() === buffer.head());
  });

  test("so does one that breaks nowhere when it is read on: what it has lost would be counted again", async (t) => {
    const { buffer, start, say } = await heldPlant(t, scene);
    const first = await start();
    await say("cutter-1", 6000, [{ "Pieces/Good": 5 }, { "Pieces/Good": 6 }]);
    await until(() => first.consumed() === buffer.head());
    await first.close();

    const [last] = await scene.sql("select max(ordinal) as ordinal from sample_batch where source = 'cutter-1'");
    const text = `insert into collector_checkpoint (source, ordinal, map, state, taken_at) values ('cutter-1', $1, '', '{"position": null, "items": {}}', now())`;
    await scene.sql(text, [last?.["ordinal"]]);
    const second = await start();
    t.after(() => second.close());
    await say("cutter-1", 7000, [{ "Pieces/Good": 8 }]);
    await until(() => second.fault("cutter-1") !== null || second.consumed() === buffer.head());
    assert.equal(second.fault("cutter-1")?.code, "collection/kept-unreadable");
    await scene.sql("delete from collector_checkpoint where source = 'cutter-1'");
    await until(() => second.consumed() === buffer.head());
  });

  test("kept samples that are gone hold it until they are back: it does not count again what they have counted", async (t) => {
    const { buffer, start, say, goodOf } = await heldPlant(t, scene);
    const first = await start();
    for (const [run, good] of [
      [10, 11],
      [11, 13],
      [12, 16],
    ] as const) {
      await say("cutter-2", run * 1000, [{ "Pieces/Good": good }]);
      await until(() => first.consumed() === buffer.head());
    }
    await first.close();
    assert.equal(await goodOf("1000002"), 16);

    await scene.sql("delete from collector_checkpoint where source = 'cutter-2'");
    for (const gone of ["= (select min(ordinal)", "= (select max(ordinal) - 1", "= (select max(ordinal)"]) {
      const place = `source = 'cutter-2' and ordinal ${gone} from sample_batch where source = 'cutter-2')`;
      await scene.sql(`create table gone as select * from sample_batch where ${place}`);
      await scene.sql(`delete from sample_batch where ${place}`);
      const second = await start();
      await say("cutter-2", 13000, [{ "Pieces/Good": 18 }]);
      await until(() => second.fault("cutter-2") !== null || second.consumed() === buffer.head());
      assert.match(second.fault("cutter-2")?.message ?? "", /are gone/);
      await second.close();
      await scene.sql("insert into sample_batch select * from gone");
      await scene.sql("drop table gone");
    }
    const last = await start();
    t.after(() => last.close());
    await until(() => last.consumed() === buffer.head());
    assert.equal(await goodOf("1000002"), 18);
  });

  test("a restart while it is held asks nothing anew, and the question is over whoever reads on", async (t) => {
    const { buffer, start, say, questions } = await heldPlant(t, scene);
    await scene.sql("delete from question");
    await scene.sql("delete from collector_checkpoint where source = 'cutter-1'");
    await scene.sql("create table rotten as select ordinal, bytes from sample_batch where source = 'cutter-1'");
    await scene.sql("update sample_batch set bytes = 'rotten' where source = 'cutter-1'");
    for (const run of [20, 21]) {
      await say("cutter-2", run * 1000, [{ "Pieces/Good": run }]);
      await say("cutter-1", run * 1000, [{ "Pieces/Good": run }]);
      const held = await start();
      await until(() => held.fault("cutter-1") !== null);
      await until(async () => (await questions()).length > 0);
      await held.close();
    }
    assert.deepEqual(
      (await questions()).map(({ state }) => state),
      ["open"],
    );
    await scene.sql(
      "update sample_batch b set bytes = r.bytes from rotten r where b.source = 'cutter-1' and b.ordinal = r.ordinal",
    );
    const last = await start();
    t.after(() => last.close());
    await until(() => last.consumed() === buffer.head());
    assert.deepEqual(
      (await questions()).map(({ state }) => state),
      ["answered"],
    );
  });

  test("what waits of a machine that is held takes no room from the others: only its own samples are refused, and taken later", async (t) => {
    const { buffer, start, say, goodOf } = await heldPlant(t, scene, { bytesMax: 200_000, recentSamplesMax: 0 });
    const bulky = { "Note/Text": "x".repeat(3000) };
    await scene.sql("delete from collector_checkpoint where source = 'cutter-1'");
    await scene.sql("create table rotten_too as select ordinal, bytes from sample_batch where source = 'cutter-1'");
    await scene.sql("update sample_batch set bytes = 'rotten' where source = 'cutter-1'");
    const first = await start();
    await say("cutter-1", 30000, [{ "Pieces/Good": 30 }]);
    await until(() => first.fault("cutter-1") !== null);
    // The room of a plant is not filled within a moment.
    const sayInTurns = async (from: number, to: number): Promise<void> => {
      for (let run = from; run < to; run += 1) {
        await say("cutter-2", run * 1000, [{ "Pieces/Good": run, ...bulky }]);
        if (run % 10 === 9) await until(async () => (await goodOf("1000002")) === run);
      }
    };
    await sayInTurns(30, 100);

    let refused: string | null = null;
    let taken = 30;
    while (refused === null && taken < 130) {
      const samples = samplesOf((taken + 1) * 1000, { "Pieces/Good": taken + 1, ...bulky });
      const appended = await buffer.append("cutter-1", { samples, complete: true, gaps: [] });
      if (appended.ok) taken += 1;
      else refused = appended.fault.code;
    }
    assert.equal(refused, "gateway/buffer-held");
    await sayInTurns(100, 130);
    await first.close();

    // A restart knows of none that is held before it has looked.
    const second = await start();
    t.after(() => second.close());
    await until(() => second.fault("cutter-1") !== null);
    await sayInTurns(130, 160);
    await scene.sql(
      "update sample_batch b set bytes = r.bytes from rotten_too r where b.source = 'cutter-1' and b.ordinal = r.ordinal",
    );
    await until(() => second.consumed() === buffer.head());
    assert.equal(await goodOf("1000001"), taken, "all that was taken is counted, once");
    await say("cutter-1", (taken + 1) * 1000, [{ "Pieces/Good": taken + 1, ...bulky }]);
    await until(async () => (await goodOf("1000001")) === taken + 1);
  });
});
