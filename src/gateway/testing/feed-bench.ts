/** A feed on a fake machine and a real buffer, for tests: what was kept, and waiting for something to come true. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { unwrap } from "../../base/result.ts";
import type { GapMark } from "../../record/sample-batch.ts";
import { sampleIdentity, type Sample } from "../../record/sample.ts";
import { openBuffer } from "../buffer.ts";
import type { FeedSettings } from "../feed-context.ts";
import { startFeed, type Feed } from "../feed.ts";
import type { SampleBuffer } from "../sample-buffer.ts";
import { fakeMachine, type FakeMachine } from "./fake-machine.ts";
import { keptLog, testFile } from "./folder.ts";
import { testClock, turns } from "./test-clock.ts";

export const pieces = "Production/GoodPieces";

export interface FeedBench {
  readonly machine: FakeMachine;
  readonly buffer: SampleBuffer;
  start(settings?: Partial<FeedSettings>): Feed;
  kept(): Promise<{ samples: Sample[]; gaps: GapMark[] }>;
}

export async function feedBench(t: TestContext): Promise<FeedBench> {
  const machine = fakeMachine();
  const buffer = unwrap(await openBuffer({ file: testFile(t), log: keptLog() }));
  const feeds: Feed[] = [];
  t.after(async () => {
    await Promise.all(feeds.map((feed) => feed.close()));
    await buffer.close();
  });
  return {
    machine,
    buffer,
    start: (settings) => {
      const feed = startFeed({
        source: "komax",
        open: machine.open,
        paths: [
          { path: pieces, history: true },
          { path: "Slot{slot}/Total", history: true },
        ],
        clockRule: { trust: "device", mode: "live" },
        buffer,
        log: keptLog(),
        clock: testClock(() => machine.now),
        ...settings,
      });
      feeds.push(feed);
      return feed;
    },
    kept: async () => {
      const batches = unwrap(await buffer.read({ after: 0, maxSamples: 1e9 }));
      return { samples: batches.flatMap(({ samples }) => samples), gaps: batches.flatMap(({ gaps }) => gaps) };
    },
  };
}

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + 5000;
  while (!(await condition())) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await turns(2);
  }
}

export function sayAndDeliver(machine: FakeMachine, count: number, item = pieces): void {
  for (let i = 0; i < count; i += 1) machine.say(item, machine.said.length);
  machine.deliver();
}

export function identities(samples: readonly Sample[]): string[] {
  return [...new Set(samples.map(sampleIdentity))].toSorted();
}

export function shape(gaps: readonly GapMark[]): string[] {
  return gaps.map(({ state, filled }) => (state === "opened" ? state : `${state} ${filled ? "filled" : "unfilled"}`));
}
