/**
 * What is kept of a machine is damaged for good, and a person gives it up: it is read on, nothing is counted twice, and what
 * nobody can tell is asked.
 */
import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { beginAnewFrom } from "../../../src/flows/begin-anew.ts";
import { countByPerson } from "../../../src/flows/decide-question.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, openScene, orderOf, type Scene } from "../../view/scene.ts";
import { by } from "../store/mend-scene.ts";
import { heldPlant, until, type HeldPlant } from "./held-plant.ts";

describe("a machine that is begun anew", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster | undefined;
  let scene: Scene;
  beforeEach(async () => {
    cluster ??= await withCluster({ major: 18 });
    scene = await openScene(cluster);
    await scene.accept(orderOf("1000001"));
    await scene.accept(orderOf("1000002"));
  });
  afterEach(() => scene.close());
  after(() => cluster?.close());

  const goodsOf = (plant: HeldPlant): Promise<readonly number[]> =>
    Promise.all([plant.goodOf("1000001"), plant.goodOf("1000002")]);

  /** Five batches: run 1 with four pieces, then run 2, in which the machine is. */
  async function made(plant: HeldPlant, second = 2): Promise<void> {
    const rest = { "Wire/Used": 1, "Pieces/Scrap": 1 };
    await plant.say("cutter-1", 1, [{ "Run/Job": "1000001-0010", "Run/Active": 1, "Pieces/Good": 1, ...rest }]);
    await plant.say("cutter-1", 2, [{ "Pieces/Good": 3 }, { "Pieces/Good": 4 }]);
    await plant.say("cutter-1", 10, [{ "Run/Job": "1000002-0010", "Run/Active": second, "Pieces/Good": 0 }]);
    await plant.say("cutter-1", 20, [{ "Pieces/Good": 2 }]);
    await plant.say("cutter-1", 30, [{ "Pieces/Good": 5 }]);
    await plant.read();
    assert.deepEqual(await goodsOf(plant), [4, 5]);
  }

  /** Held, with one more value of the counter that waits; then decided as it stands on the screen. */
  async function decided(plant: HeldPlant, id = "anew"): Promise<Awaited<ReturnType<typeof beginAnewFrom>>> {
    await until(async () => (await plant.questions()).some(({ subject }) => String(subject).includes("/kept/")));
    const question = (await plant.questions()).find(({ subject }) => String(subject).includes("/kept/"));
    return beginAnewFrom(scene, {
      ...by(Number(question?.["version"]), "p-1", id),
      question: Number(question?.["id"]),
    });
  }

  test("the last batches can be read: their counters go on as they stood, and nothing is counted twice", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant);
    await scene.sql("update sample_batch set bytes = 'rotten' where ordinal = 3");
    await plant.say("cutter-1", 40, [{ "Pieces/Good": 6 }]);
    const operations = await plant.start();
    t.after(() => operations.close());
    const done = await decided(plant);
    assert.ok(done.ok, done.ok ? "" : done.fault.message);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 6]);
    // What was shown in what is damaged nobody knows: the first value of it is asked about.
    await plant.say("cutter-1", 50, [{ "Pieces/Scrap": 3 }, { "Pieces/Scrap": 4 }, { "Pieces/Good": 8 }]);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 8]);
    const scrap = await scene.sql(
      "select sum((body #>> '{quantity,micro}')::bigint)::text as micro from fact where kind = 'UnitsCounted' and body ->> 'grade' = 'scrap'",
    );
    assert.equal(scrap[0]?.["micro"], "2000000", "one before, one after the value that is asked about");
    const questions = await plant.questions();
    assert.deepEqual(
      questions.map(({ subject, state }) => [String(subject).split("/").slice(0, 2).join("/"), state]),
      [
        ["cutter-1/kept", "answered"],
        ["cutter-1/scrap", "open"],
      ],
    );
    assert.match(String(questions[1]?.["text"]), /shows 3 and goes on from there.*damaged and given up/);
    const gaps = await scene.sql(
      "select kind, said_by ->> 'by' as by, event_at from fact where kind in ('GapOpened', 'GapClosed') order by event_at",
    );
    assert.deepEqual(
      gaps.map(({ kind, by }) => [kind, by]),
      [
        ["GapOpened", "person"],
        ["GapClosed", "person"],
      ],
    );
    const [again] = await scene.sql("select count(*)::int as runs from run");
    assert.equal(again?.["runs"], 2, "no run is begun once more");
  });

  test("nothing can be read: each counter is asked about once, and goes on in the run that it was in", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant);
    await scene.sql("update sample_batch set bytes = 'rotten'");
    await plant.say("cutter-1", 40, [{ "Pieces/Good": 6 }, { "Pieces/Good": 7 }]);
    const operations = await plant.start();
    t.after(() => operations.close());
    assert.ok((await decided(plant)).ok);
    await until(() => operations.consumed() === plant.buffer.head());
    const [runs] = await scene.sql("select count(*)::int as runs from run");
    assert.equal(runs?.["runs"], 2, "no run is begun once more");
    assert.deepEqual(await goodsOf(plant), [4, 6]);
    const open = (await plant.questions()).filter(({ state }) => state === "open");
    assert.deepEqual(
      open.map(({ subject }) => String(subject).split("/")[1]),
      ["good"],
    );
    const [doubt] = open;
    const said = await countByPerson(scene, {
      ...by(Number(doubt?.["version"])),
      question: Number(doubt?.["id"]),
      units: [{ grade: "good", quantity: { micro: 1_000_000n, uom: "C62" } }],
    });
    assert.ok(said.ok, said.ok ? "" : said.fault.message);
    await plant.say("cutter-1", 60, [{ "Pieces/Good": 9 }]);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 9], "what the person said is counted once");
    await plant.say("cutter-1", 70, [{ "Run/Job": "1000001-0010", "Run/Active": 3, "Pieces/Good": 2 }]);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [6, 9], "the next run begins as any other");
  });

  test("an open run that nobody can tell any more is asked about, and nothing is counted in another", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant, 7_000_000);
    await scene.sql("update sample_batch set bytes = 'rotten' where ordinal = 3");
    await plant.say("cutter-1", 40, [{ "Pieces/Good": 6 }]);
    const operations = await plant.start();
    t.after(() => operations.close());
    assert.ok((await decided(plant)).ok);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 5]);
    const open = (await plant.questions()).filter(({ state }) => state === "open");
    assert.match(String(open[0]?.["text"]), /run of job "1000002-0010".*is open/);
    // What the counter shows first there is asked about, and goes on.
    await plant.say("cutter-1", 60, [{ "Run/Active": 7_000_000, "Pieces/Good": 7 }, { "Pieces/Good": 9 }]);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 7]);
    const [runs] = await scene.sql("select count(*)::int as runs from run");
    assert.equal(runs?.["runs"], 2, "no run is begun once more");
  });

  test("a checkpoint that is damaged costs nothing where all that came before it is kept", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant);
    await scene.sql(
      `insert into collector_checkpoint (source, ordinal, map, state, taken_at) values ('cutter-1', 4, '', '{"items": 7}', now())`,
    );
    await plant.say("cutter-1", 40, [{ "Pieces/Good": 6 }, { "Pieces/Scrap": 2 }]);
    const operations = await plant.start();
    t.after(() => operations.close());
    const done = await decided(plant);
    assert.equal(done.ok && done.value.from, null);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 6]);
    assert.deepEqual(
      (await plant.questions()).map(({ state }) => state),
      ["answered"],
    );
    assert.deepEqual(await scene.sql("select 1 from fact where kind like 'Gap%'"), []);
  });

  test("nor where very many batches came after the checkpoint that can be read", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant);
    await Promise.all(Array.from({ length: 5_100 }, (_, n) => plant.say("cutter-1", 31 + n, [{ "Pieces/Good": 5 }])));
    await plant.read();
    await scene.sql(`update collector_checkpoint set state = '{"items": 7}' where source = 'cutter-1'`);
    await plant.say("cutter-1", 6_000, [{ "Pieces/Good": 7 }]);
    const operations = await plant.start();
    t.after(() => operations.close());
    const done = await decided(plant);
    assert.equal(done.ok && done.value.from, null);
    await until(() => operations.consumed() === plant.buffer.head());
    assert.deepEqual(await goodsOf(plant), [4, 7]);
  });

  for (const isWithoutValues of [false, true]) {
    test(`a counter that is asked about is so still, the next batch without values: ${isWithoutValues}`, async (t) => {
      const plant = await heldPlant(t, scene);
      const rest = { "Wire/Used": 1, "Pieces/Scrap": 1 };
      await plant.say("cutter-1", 1, [{ "Run/Job": "1000002-0010", "Run/Active": 2, "Pieces/Good": 0, ...rest }]);
      await plant.say("cutter-1", 20, [{ "Pieces/Good": 2 }]);
      await plant.say("cutter-1", 22, [{ "Pieces/Good": 5 }, { "Pieces/Good": 5_000_000 }]);
      const mark = { state: "opened", at: at(25), cause: "cut", filled: false } as const;
      if (isWithoutValues) await plant.buffer.append("cutter-1", { samples: [], complete: true, gaps: [mark] });
      await plant.say("cutter-1", 40, [{ "Pieces/Good": 5_000_001 }]);
      await plant.read();
      assert.deepEqual(await goodsOf(plant), [0, 5]);
      await scene.sql("update sample_batch set bytes = 'rotten' where ordinal = 3");
      await plant.say("cutter-1", 50, [{ "Pieces/Good": 5_000_003 }]);
      const operations = await plant.start();
      t.after(() => operations.close());
      assert.ok((await decided(plant)).ok);
      await until(() => operations.consumed() === plant.buffer.head());
      const open = (await plant.questions()).filter(({ state }) => state === "open");
      assert.ok(
        open.some(({ text }) => /damaged and given up/.test(String(text))),
        "what was not counted since the first question is asked about",
      );
    });
  }

  test("of two people at once one decides, the same command again changes nothing, and what can be read is not given up", async (t) => {
    const plant = await heldPlant(t, scene);
    await made(plant);
    const kept = await scene.sql("select ordinal, bytes from sample_batch");
    await scene.sql("update sample_batch set bytes = 'rotten' where ordinal = 3");
    await plant.say("cutter-1", 40, [{ "Pieces/Good": 6 }]);
    const first = await plant.start();
    await until(async () => (await plant.questions()).length > 0);
    await first.close();
    const [question] = await plant.questions();
    const asked = { question: Number(question?.["id"]) };
    const version = Number(question?.["version"]);
    await scene.sql("update sample_batch set bytes = $1 where ordinal = 3", [
      kept.find(({ ordinal }) => Number(ordinal) === 3)?.["bytes"],
    ]);
    const early = await beginAnewFrom(scene, { ...by(version, "p-1", "early"), ...asked });
    assert.equal(early.ok ? null : early.fault.code, "decision/kept-is-readable");
    await scene.sql("update sample_batch set bytes = 'rotten' where ordinal = 3");
    const both = await Promise.all(["a", "b"].map((id) => beginAnewFrom(scene, { ...by(version, id, id), ...asked })));
    assert.equal(both.filter(({ ok }) => ok).length, 1);
    const lost = both.find(({ ok }) => !ok);
    assert.equal(lost && !lost.ok ? lost.fault.code : null, "decision/changed");
    const [cursor] = await scene.sql("select version from collector where source = 'cutter-1'");
    const winner = both[0]?.ok ? "a" : "b";
    assert.ok((await beginAnewFrom(scene, { ...by(version, winner, winner), ...asked })).ok);
    assert.deepEqual(await scene.sql("select version from collector where source = 'cutter-1'"), [cursor]);
    const [facts] = await scene.sql("select count(*)::int as n from fact where kind like 'Gap%'");
    assert.equal(facts?.["n"], 2);
    await plant.read();
    assert.deepEqual(await goodsOf(plant), [4, 6]);
  });
});
