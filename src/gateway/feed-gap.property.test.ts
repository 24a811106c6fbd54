/**
 * The stream of a machine that remembers nothing, with full queues at both ends, cuts and crashes: whatever does not arrive
 * lies in a gap that is marked.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { unwrap } from "../base/result.ts";
import { forAll } from "../base/testing/chance.ts";
import { sampleIdentity } from "../record/sample.ts";
import { openBuffer } from "./buffer.ts";
import { startFeed, type Feed } from "./feed.ts";
import type { SampleBuffer } from "./sample-buffer.ts";
import { until } from "./testing/feed-bench.ts";
import { fakeMachine, type FakeMachine } from "./testing/fake-machine.ts";
import { keptLog, testFile } from "./testing/folder.ts";
import { missingOf, type Missing } from "./testing/missing.ts";
import { mortalBuffer, type MortalBuffer } from "./testing/mortal-buffer.ts";
import { testClock, turns } from "./testing/test-clock.ts";

const items = ["Item0", "Item1", "Item2"];

type Step =
  | { readonly do: "say"; readonly item: number; readonly count: number }
  | { readonly do: "turns" | "refuse"; readonly count: number }
  | { readonly do: "overrun"; readonly item: number }
  | { readonly do: "deliver" | "deliverByItem" | "cut" | "heal" | "crash" | "restart" };

const item = fc.nat(items.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("say" as const), item, count: fc.integer({ min: 1, max: 30 }) }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turns" as const), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("refuse" as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("overrun" as const), item }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom("deliver" as const, "deliverByItem" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("cut" as const, "heal" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("crash" as const, "restart" as const) }) },
);

const script = fc.record({
  complete: fc.boolean(),
  limits: fc.record({
    queueSamplesMax: fc.constantFrom(20, 1000),
    batchSamplesMax: fc.constantFrom(3, 50),
    recentSamplesMax: fc.constantFrom(0, 30),
  }),
  steps: fc.array(step, { maxLength: 40 }),
});
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never;

/** One machine, one buffer, and the feed that stands at the moment. */
class Stage {
  readonly machine: FakeMachine = fakeMachine(5_000_000);
  readonly #buffer: SampleBuffer;
  readonly #source: string;
  readonly #limits: Script["limits"];
  #disk: MortalBuffer;
  feed: Feed;

  constructor(input: Script, buffer: SampleBuffer, source: string) {
    this.machine.plan.complete = input.complete;
    this.#buffer = buffer;
    this.#source = source;
    this.#limits = input.limits;
    for (const name of items) this.machine.say(name, "the first word");
    this.#disk = mortalBuffer(buffer);
    this.feed = this.#start();
  }

  #start(): Feed {
    this.#disk = mortalBuffer(this.#buffer);
    const { machine } = this;
    return startFeed({
      source: this.#source,
      open: machine.open,
      paths: [{ path: "Item{n}", history: false }],
      clockRule: { trust: "device", mode: "live" },
      buffer: this.#disk,
      log: keptLog(),
      clock: testClock(() => machine.now),
      limits: this.#limits,
    });
  }

  async play(next: Step): Promise<void> {
    const { machine } = this;
    switch (next.do) {
      case "say":
        for (let i = 0; i < next.count; i += 1) machine.say(`Item${next.item}`, machine.said.length);
        break;
      case "overrun":
        machine.overrun(`Item${next.item}`);
        break;
      case "turns":
        await turns(next.count);
        break;
      case "refuse":
        this.#disk.refuse(next.count);
        break;
      case "crash":
      case "restart":
        if (next.do === "crash") this.#disk.kill();
        await this.feed.close();
        this.feed = this.#start();
        break;
      default:
        machine[next.do]();
    }
  }

  /** All that it has said so far, and no more of it, waits for anything. */
  async rest(): Promise<void> {
    const { machine } = this;
    machine.heal();
    await until(() => this.feed.status().connected, "connected");
    for (const name of items) machine.say(name, "the last word");
    machine.deliver();
    await until(() => this.feed.status().waitingSamples === 0 && this.feed.status().gap === null, "at rest");
  }

  async missing(): Promise<Missing> {
    const batches = unwrap(await this.#buffer.read({ after: 0, sources: [this.#source], maxSamples: 1e9 }));
    const samples = batches.flatMap((batch) => batch.samples);
    const said = new Set(this.machine.said.map(sampleIdentity));
    assert.ok(
      samples.every((sample) => said.has(sampleIdentity(sample))),
      "nothing was invented",
    );
    return missingOf(this.machine.said, { samples, gaps: batches.flatMap(({ gaps }) => gaps) });
  }
}

test("whatever is missing of a machine that remembers nothing lies in a gap", { timeout: 300_000 }, async (t) => {
  const buffer = unwrap(await openBuffer({ file: testFile(t), log: keptLog() }));
  t.after(() => buffer.close());
  let run = 0;
  let named = 0;
  await forAll(
    fc.asyncProperty(script, async (input) => {
      const stage = new Stage(input, buffer, `machine-${(run += 1)}`);
      try {
        await until(() => stage.feed.status().samples === items.length, "the first words");
        for (const next of input.steps) await stage.play(next);
        await stage.rest();
        const missing = await stage.missing();
        assert.equal(missing.silent, 0);
        named += missing.named;
      } finally {
        await stage.feed.close();
      }
    }),
    { interruptAfterTimeLimit: 60_000, numRuns: 150 },
  );
  assert.ok(named > 0, "some of it was missing");
});
