import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { ok } from "../base/result.ts";
import { nothingCollected } from "../flows/collect.ts";
import { KeptUnreadable } from "../flows/kept-unreadable.ts";
import type { ReadRange } from "../gateway/sample-buffer.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import { heldSources, type Commit, type HeldPorts, type HeldSources } from "./held-source.ts";

const all: readonly SampleBatch[] = ["press-1", "press-2", "press-1", "press-2", "press-1"].map((source, i) => ({
  source,
  seq: i + 1,
  samples: [],
  complete: true,
  gaps: [],
}));
const failed = (source: string): KeptUnreadable => new KeptUnreadable(source, 4, new Error("rotten"));

interface Stage {
  readonly held: HeldSources;
  /** Batches that were tried, group by group: the source and its seq. */
  readonly tried: string[];
  readonly damaged: Set<string>;
  readonly look: (afterMs: number) => Promise<void>;
  readonly asked: string[];
  /** How much the buffer was asked for, look by look. */
  readonly groups: number[];
}

/** Both are held from their first batch on; a group is two batches. */
async function bothHeld(): Promise<Stage> {
  let nowMs = 0;
  const groups: number[] = [];
  const asked: string[] = [];
  const tx = {
    attention: {
      askStill: async ({ subject }: { readonly subject: string }) => void asked.push(subject),
      answerBeginning: async () => undefined,
    },
  };
  // Each part is asked for what is given here.
  const ports = {
    site: { workUnitByConnection: () => undefined },
    store: { transaction: (work: (on: typeof tx) => unknown) => work(tx) },
    clock: { now: () => instant(nowMs), monotonicMs: () => nowMs },
    log: { info: () => undefined, error: () => undefined },
    buffer: {
      read: async ({ after, sources, maxSamples }: Required<ReadRange>) => {
        groups.push(maxSamples);
        return ok(
          all.filter(({ seq, source }) => seq > after && sources.includes(source)).slice(0, Math.min(2, maxSamples)),
        );
      },
    },
    onCollected: () => undefined,
  } as unknown as HeldPorts;
  const held = heldSources(ports);
  const tried: string[] = [];
  const damaged = new Set<string>();
  const commit: Commit = async (batches) => {
    tried.push(batches.map(({ source, seq }) => `${source} ${seq}`).join(", "));
    const rotten = batches.find(({ source }) => damaged.has(source));
    return rotten ? failed(rotten.source) : nothingCollected;
  };
  for (const source of ["press-1", "press-2"]) await held.hold(failed(source), all);
  const look = async (afterMs: number): Promise<void> => {
    nowMs += afterMs;
    await held.catchUp(5, 1000, commit);
  };
  return { held, tried, damaged, look, asked, groups };
}

test("each is looked at, then all are read together, one group in a turn: others are not kept waiting", async () => {
  const { held, tried, look } = await bothHeld();
  await look(10_000);
  assert.deepEqual(tried, ["press-1 1", "press-2 2"]);
  await look(500);
  await look(500);
  assert.deepEqual(tried.slice(2), ["press-1 3", "press-2 4, press-1 5"], "each batch once");
  assert.equal(held.isAny(), false);
});

test("one that cannot be read on after all leaves the others to go on", async () => {
  const { held, tried, damaged, look } = await bothHeld();
  await look(10_000);
  damaged.add("press-2");
  for (let n = 0; n < 5; n += 1) await look(500);
  assert.deepEqual(tried.slice(2), ["press-1 3", "press-2 4, press-1 5", "press-1 5"]);
  assert.deepEqual([held.has("press-1"), held.has("press-2")], [false, true]);
  damaged.clear();
  await look(300_000);
  assert.equal(held.places().get("press-2"), 4);
});

test("one that fails again is tried more and more rarely, at most every five minutes, and is asked about once", async () => {
  const { held, tried, damaged, look, asked } = await bothHeld();
  damaged.add("press-1").add("press-2");
  const counts: number[] = [];
  for (const minutes of [1, 10, 60]) {
    for (let second = 0; second < minutes * 60; second += 1) await look(1000);
    counts.push(tried.filter((one) => one === "press-1 1").length);
  }
  assert.deepEqual(counts, [2, 6, 18]);
  assert.ok(held.nextMs() <= 10_000, "one that is held meanwhile does not wait so long for its first look");
  assert.deepEqual(asked, ["press-1/kept/4", "press-2/kept/4"]);
});

test("as long as one cannot be read on, a look takes one batch out of the buffer: others append there meanwhile", async () => {
  const { damaged, look, groups } = await bothHeld();
  damaged.add("press-1").add("press-2");
  for (let n = 0; n < 6; n += 1) await look(60_000);
  assert.deepEqual(new Set(groups), new Set([1]));
  damaged.clear();
  groups.length = 0;
  for (let n = 0; n < 4; n += 1) await look(300_000);
  assert.deepEqual(groups, [1, 1, 1000, 1000], "and both are read with one look through it");
});
