/** Kept samples are found by their source time, wherever in the stream they came. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleIdentity, type Sample } from "../../../src/record/sample.ts";
import { at } from "../../../src/operations/testing/order.ts";
import type { TimeSpan } from "../../../src/flows/collector-ports.ts";
import type { StoreWorld } from "./world.ts";

export function keptSamplesSuite(world: () => StoreWorld): void {
  test("those of a time are found in batches that hold others too, and in those that came later", async () => {
    const { store } = world();
    const source = "s-around";
    const [first, second, third] = [10, 500, 900].map(sampleOf);
    const again = sampleOf(11);
    assert.ok(first && second && third);
    const batches = [[first, second], [third], [again]].map((samples, i) => ({
      batch: { source, seq: i + 1, samples, complete: true, gaps: [] },
      ordinal: i + 1,
      follows: i,
    }));
    await store.transaction((tx) => tx.collectors.keepBatches(batches, at(1_000)));
    const found = async (from: number, to: number, of = source): Promise<readonly string[]> => {
      const span = { from: at(from), to: at(to) };
      const all = (await shown(of, [span])).flat();
      return all.filter((one) => one.at >= span.from && one.at <= span.to).map(sampleIdentity);
    };
    const shown = async (
      of: string,
      spans: readonly TimeSpan[],
      isEnough: (count: number) => boolean = () => false,
    ): Promise<readonly (readonly Sample[])[]> => {
      const seen: (readonly Sample[])[] = [];
      const look = (samples: readonly Sample[]): boolean => !isEnough(seen.push(samples));
      await store.transaction((tx) => tx.collectors.samplesAround(of, spans, look));
      return seen;
    };
    assert.deepEqual((await found(10, 11)).toSorted(), [first, again].map(sampleIdentity).toSorted());
    assert.deepEqual(await found(500, 500), [sampleIdentity(second)]);
    assert.deepEqual(await found(501, 900), [sampleIdentity(third)]);
    assert.deepEqual(await found(12, 499), []);
    assert.deepEqual(await found(901, 2_000), []);
    assert.deepEqual(await found(0, 2_000, "somebody else"), []);
    const spans = [10, 499, 700].map((from) => ({ from: at(from), to: at(from + 1) }));
    const counts = (await shown(source, spans)).map((samples) => samples.length);
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      [1, 2],
      "each batch once, and none that lies between the spans",
    );
    assert.equal((await shown(source, [{ from: at(0), to: at(2_000) }], (count) => count === 2)).length, 2);
    assert.deepEqual(await shown(source, []), []);
  });

  test("what was asked about what is kept of a source is over with all of it, and nothing else is", async () => {
    const { store, rows } = world();
    const subjects = ["s-held/kept/1", "s-held/kept/7", "s-held%/kept/1", "s-held/wild/1"];
    await store.transaction(async (tx) => {
      await tx.attention.ask(
        subjects.map((subject) => ({ subject, text: subject, evidence: [] })),
        at(0),
      );
      await tx.attention.answerBeginning([], at(1));
      await tx.attention.answerBeginning(["s-held/kept/", "nobody/kept/"], at(1));
    });
    const states = subjects.map(async (subject) => (await rows("question", { subject })).map((row) => row["state"]));
    assert.deepEqual((await Promise.all(states)).flat(), ["answered", "answered", "open", "open"]);
  });

  test("what is asked still is open again after it was settled, once", async () => {
    const { store, rows } = world();
    const asked = { subject: "s-still/kept/3", text: "rotten", evidence: [] };
    await store.transaction((tx) => tx.attention.askStill(asked, at(0)));
    await store.transaction((tx) => tx.attention.answer([asked.subject], at(1)));
    const states = async (): Promise<readonly unknown[]> =>
      (await rows("question", { subject: asked.subject })).map(({ state, version }) => [state, Number(version)]);
    assert.deepEqual(await states(), [["answered", 1]]);
    for (const time of [2, 3]) await store.transaction((tx) => tx.attention.askStill(asked, at(time)));
    assert.deepEqual(await states(), [["open", 2]]);
  });

  test("what can be read of what is kept is found by its place, as far as it was asked for", async () => {
    const { store } = world();
    const source = "s-readable";
    const batches = [10, 20, 30].map((ms, i) => ({
      batch: { source, seq: i + 1, samples: [sampleOf(ms)], complete: true, gaps: [] },
      ordinal: i + 1,
      follows: i,
    }));
    const found = await store.transaction(async (tx) => {
      await tx.collectors.keepBatches(batches, at(1_000));
      await tx.collectors.saveCheckpoint(source, { ordinal: 2, map: "m@1", state: { position: at(20) } }, at(1_000));
      return {
        kept: await tx.collectors.readableBatches(source, 1, 3),
        part: await tx.collectors.readableBatches(source, 0, 2),
        none: await tx.collectors.readableBatches(source, 3, 3),
        checkpoints: await tx.collectors.readableCheckpoints(source),
        source: await tx.collectors.trying(() => tx.collectors.checkpointOrdinal(source)),
      };
    });
    assert.deepEqual(
      [found.kept, found.part, found.none].map((all) => all.map(({ ordinal }) => ordinal)),
      [[2, 3], [1, 2], []],
    );
    assert.deepEqual([found.checkpoints[0]?.ordinal, found.source], [2, 2]);
  });
}

function sampleOf(ms: number): Sample {
  return { item: "i", at: at(ms), receivedAt: at(ms + 1), status: 0, value: ms, mark: "" };
}
