import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unwrap } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import type { GapMark, SampleBatch } from "../record/sample-batch.ts";
import { sampleIdentity, type Sample } from "../record/sample.ts";
import { openBuffer } from "./buffer.ts";
import type { FeedSettings } from "./feed-context.ts";
import { startFeed, type Feed } from "./feed.ts";
import type { SampleBuffer } from "./sample-buffer.ts";
import { fakeMachine, isFromHistory, type FakeMachine } from "./testing/fake-machine.ts";
import { keptLog, testFile } from "./testing/folder.ts";
import { mortalBuffer, type MortalBuffer } from "./testing/mortal-buffer.ts";
import { testClock, turns } from "./testing/test-clock.ts";

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("say"),
      item: fc.nat(2),
      count: fc.integer({ min: 1, max: 8 }),
      stepMs: fc.nat(900),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("deliver") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turns"), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cut") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("heal") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("storm"), count: fc.integer({ min: 10, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("break"), after: fc.array(fc.nat(3), { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse"), appends: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("appear"), slot: fc.nat(4), notice: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart") }) },
);

const script = fc.record({
  mode: fc.constantFrom("live" as const, "replay" as const),
  before: fc.nat(40),
  complete: fc.boolean(),
  /** Of which the machine remembers nothing: items by their number, and the slots. */
  bare: fc.oneof(fc.constant<string[]>([]), fc.subarray(["Item0", "Item1", "Item2", "Slot"])),
  sliceSamples: fc.integer({ min: 1, max: 15 }),
  limits: fc.record({
    overlapMs: fc.constantFrom(0, 50, 2000),
    queueSamplesMax: fc.constantFrom(20, 1000),
    batchSamplesMax: fc.constantFrom(3, 50),
    recentSamplesMax: fc.constantFrom(0, 30, 1000),
  }),
  steps: fc.array(step, { maxLength: 40 }),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

/** One machine, one buffer, and the feed that stands at the moment. */
interface Stage {
  readonly machine: FakeMachine;
  readonly start: () => void;
  readonly stop: (crash: boolean) => Promise<void>;
  feed: Feed;
  disk: MortalBuffer;
}

function stage(input: Script, buffer: SampleBuffer, source: string): Stage {
  const machine = fakeMachine(5_000_000);
  machine.plan.sliceSamples = input.sliceSamples;
  machine.plan.complete = input.complete;
  const settings: Omit<FeedSettings, "buffer"> = {
    source,
    open: machine.open,
    paths: [
      ...[0, 1, 2].map((n) => ({ path: `Item${n}`, history: !input.bare.includes(`Item${n}`) })),
      { path: "Slot{slot}/Total", history: !input.bare.includes("Slot") },
    ],
    clockRule: { trust: "device", mode: input.mode },
    log: keptLog(),
    clock: testClock(() => machine.now),
    limits: { ...input.limits, historyAttemptsMax: 1000 },
  };
  for (let i = 0; i < input.before; i += 1) machine.say(`Item${i % 3}`, i);
  const disk = mortalBuffer(buffer);
  const stage: Stage = {
    machine,
    disk,
    feed: startFeed({ ...settings, buffer: disk }),
    start: () => {
      stage.disk = mortalBuffer(buffer);
      stage.feed = startFeed({ ...settings, buffer: stage.disk });
    },
    stop: async (crash) => {
      if (crash) stage.disk.kill();
      await stage.feed.close();
    },
  };
  return stage;
}

async function play(stage: Stage, step: Step): Promise<void> {
  const { machine } = stage;
  switch (step.do) {
    case "say":
      if ("item" in step)
        for (let i = 0; i < step.count; i += 1) machine.say(`Item${step.item}`, machine.said.length, step.stepMs);
      break;
    case "storm":
      if ("count" in step)
        for (let i = 0; i < step.count; i += 1) machine.say(`Item${i % 3}`, machine.said.length, i % 2);
      machine.deliver();
      break;
    case "appear":
      if ("slot" in step) {
        machine.say(`Slot${step.slot}/Total`, machine.said.length);
        if (step.notice) machine.notice();
      }
      break;
    case "break":
      if ("after" in step) machine.plan.historyBreaks.push(...step.after);
      break;
    case "refuse":
      if ("appends" in step) stage.disk.refuse(step.appends);
      break;
    case "turns":
      if ("count" in step) await turns(step.count);
      break;
    case "crash":
    case "restart":
      await stage.stop(step.do === "crash");
      stage.start();
      break;
    case "deliver":
    case "cut":
    case "heal":
      machine[step.do]();
      break;
    default:
      assert.fail("an unknown step");
  }
}

/** A gap lasts until all are heard again. */
function sayLast(machine: FakeMachine): Sample {
  for (const item of new Set(machine.said.map((sample) => sample.item))) machine.say(item, "a last word");
  const last = machine.say("Item0", "the last word");
  machine.deliver();
  return last;
}

/** Lets the feed come to rest on a healthy machine and gives what the buffer holds of it. */
async function rest(stage: Stage, buffer: SampleBuffer, source: string): Promise<readonly SampleBatch[]> {
  const { machine } = stage;
  machine.heal();
  machine.plan.historyBreaks.length = 0;
  const end = Date.now() + 10_000;
  while (!stage.feed.status().connected) {
    assert.ok(Date.now() < end, "connects in time");
    await turns(1);
  }
  machine.say("Item0", "nearly the last word");
  machine.notice();
  let last = sayLast(machine);
  for (;;) {
    const batches = unwrap(await buffer.read({ after: 0, sources: [source], maxSamples: 1e9 }));
    const { waitingSamples, backfilling, gap } = stage.feed.status();
    const heard = batches.some(({ samples }) => samples.some(({ at, item }) => at === last.at && item === last.item));
    const known = buffer.knownItems(source);
    if (machine.said.some(({ item }) => !known.has(item))) {
      assert.ok(Date.now() < end, "all items become known");
      await turns(2);
      continue;
    }
    if (heard && waitingSamples === 0 && !backfilling && !gap) return batches;
    // Where no completeness is told, what had no room in the queue was read back and not heard.
    if (heard && waitingSamples === 0 && gap && !machine.plan.complete) last = sayLast(machine);
    assert.ok(Date.now() < end, `comes to rest: ${JSON.stringify(stage.feed.status())}`);
    await turns(2);
  }
}

/**
 * What the buffer must hold, or a gap: in live mode all since the session began whose values were the first to be durable.
 * What was read of the history of a slot that has just appeared is no place to go on from. Of items without history what
 * was said since the first live values that became durable: before that a source has nothing to miss.
 */
function expected(input: Script, machine: FakeMachine, batches: readonly SampleBatch[]): readonly Sample[] {
  const isOfSlot = (sample: Sample): boolean => isFromHistory(sample) && sample.item.startsWith("Slot");
  const first = batches.find(({ samples }) => samples.some((sample) => !isOfSlot(sample)));
  const receivedAt = Math.abs(first?.samples[0]?.receivedAt ?? 0);
  const began = machine.watchedAt.findLast((at) => at <= receivedAt) ?? 0;
  const live = batches.find(({ samples }) => samples.some((sample) => !isFromHistory(sample)));
  const heardAt = Math.max(0, ...(live?.samples ?? []).map((sample) => sample.receivedAt));
  return machine.said.filter((sample) => {
    if (isBare(input, sample)) return sample.at > heardAt;
    return input.mode === "replay" || sample.at > began;
  });
}

function isBare(input: Script, { item }: Sample): boolean {
  return input.bare.some((name) => item.startsWith(name));
}

function checkGaps(gaps: readonly GapMark[]): void {
  for (const [i, mark] of gaps.entries()) {
    assert.equal(mark.state, i % 2 === 0 ? "opened" : "closed", "gaps open and close by turns");
    if (mark.state === "closed") assert.ok(mark.filled, mark.cause);
  }
  assert.equal(gaps.length % 2, 0, "every gap was closed");
}

/** From where to where values are missing; a gap of items that appear may lie in one of the source, which is opened again. */
function unfilled(gaps: readonly GapMark[]): readonly { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = [];
  const open: GapMark[] = [];
  for (const mark of gaps) {
    if (mark.state === "opened") open.push(mark);
    else {
      const begun = open.findLast(({ cause }) => mark.cause.startsWith(cause));
      assert.ok(begun, `${mark.cause} was opened`);
      open.splice(0, open.length, ...open.filter(({ cause }) => cause !== begun.cause));
      if (!mark.filled) found.push({ from: begun.at, to: mark.at });
    }
  }
  assert.deepEqual(open, [], "every gap was closed");
  return found;
}

/** What may be missing: values of items without history that lie in a gap. */
function mayMiss(input: Script, gaps: readonly GapMark[]): (sample: Sample) => boolean {
  const gone = unfilled(gaps);
  return (sample) => isBare(input, sample) && gone.some(({ from, to }) => sample.at > from && sample.at <= to);
}

function checkOrder(batches: readonly SampleBatch[]): void {
  for (const { samples } of batches) {
    const read = samples.filter(isFromHistory);
    assert.ok(read.length === 0 || read.length === samples.length, "history and live values are not mixed");
    for (const [i, sample] of read.entries()) assert.ok(i === 0 || sample.at >= (read[i - 1]?.at ?? 0), "ascending");
  }
}

test("whatever happens, the buffer ends up with exactly what the machine said", { timeout: 300_000 }, async (t) => {
  const buffer = unwrap(await openBuffer({ file: testFile(t), log: keptLog() }));
  t.after(() => buffer.close());
  let run = 0;
  await forAll(
    fc.asyncProperty(script, async (input) => {
      const source = `machine-${(run += 1)}`;
      const on = stage(input, buffer, source);
      try {
        for (const next of input.steps) await play(on, next);
        const batches = await rest(on, buffer, source);
        const kept = batches.flatMap(({ samples }) => samples);
        const have = new Set(kept.map(sampleIdentity));
        const said = new Set(on.machine.said.map(sampleIdentity));
        const gaps = batches.flatMap((batch) => batch.gaps);
        const isMarked = mayMiss(input, gaps);
        const missing = expected(input, on.machine, batches).filter((sample) => !have.has(sampleIdentity(sample)));
        assert.deepEqual(
          missing.filter((sample) => !isMarked(sample)),
          [],
        );
        assert.deepEqual(
          [...have].filter((identity) => !said.has(identity)),
          [],
          "nothing was invented",
        );
        checkOrder(batches);
        if (input.bare.length > 0) return;
        checkGaps(gaps);
        assert.equal(on.feed.status().lostSamples, 0);
      } finally {
        await on.feed.close();
      }
    }),
    { interruptAfterTimeLimit: 60_000, numRuns: 150 },
  );
});
