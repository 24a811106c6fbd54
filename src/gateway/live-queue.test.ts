import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../base/instant.ts";
import { aheadOfItsTime, type Sample } from "../record/sample.ts";
import { backoffMs, connectBackoff } from "./backoff.ts";
import { historyItems } from "./item-pattern.ts";
import { anyExtent, liveQueue, type LiveQueue, type QueueEntry } from "./live-queue.ts";
import { sampleAt } from "./testing/batch.ts";

function times(samples: readonly { readonly at: number }[]): number[] {
  return samples.map(({ at }) => at);
}

test("values leave the queue in order, in bounded batches, complete only at a complete end", () => {
  const queue = liveQueue();
  queue.push({ kind: "samples", samples: [1, 2, 3].map((at) => sampleAt(at)), complete: true });
  queue.push({ kind: "samples", samples: [4, 5].map((at) => sampleAt(at)), complete: false });
  queue.push({ kind: "gap", cause: "cut", ...anyExtent });
  queue.push({ kind: "samples", samples: [6].map((at) => sampleAt(at)), complete: true });
  assert.equal(queue.size(), 6);
  const first = queue.take(2);
  assert.deepEqual([times(first.samples), first.complete], [[1, 2], false], "the rest of it is under way");
  const second = queue.take(1);
  assert.deepEqual([times(second.samples), second.complete], [[3], true]);
  const third = queue.take(10);
  assert.deepEqual([times(third.samples), third.complete], [[4, 5], false], "up to the gap");
  assert.deepEqual(queue.front(), { kind: "gap", cause: "cut", ...anyExtent });
  queue.shift();
  assert.deepEqual(times(queue.take(10).samples), [6]);
  assert.equal(queue.size(), 0);
  assert.equal(queue.front(), null);
});

test("an overflow leaves a gap, the news of items, and what cannot be read again, newest last", () => {
  const queue = liveQueue();
  const samples = [1, 2, 3, 4, 5, 6].map((at) => sampleAt(at, at, at % 2 ? "kept" : "remembered"));
  queue.push({ kind: "samples", samples, complete: true });
  queue.push({ kind: "appeared", paths: ["new"] });
  assert.equal(
    queue.overflow("too much", ({ item }) => item === "kept", 2),
    1,
  );
  assert.deepEqual(queue.front(), { kind: "gap", cause: "too much", until: 6, isOpen: false });
  queue.shift();
  assert.deepEqual(queue.front(), { kind: "appeared", paths: ["new"] });
  queue.shift();
  const left = queue.take(10);
  assert.deepEqual([times(left.samples), left.complete], [[3, 5], false]);
  assert.equal(queue.size(), 0);
});

test("a place that makes room knows up to when values are missing, unless one before it is open", () => {
  const fillTo = (queue: LiveQueue, at: number): void =>
    queue.push({ kind: "samples", samples: [sampleAt(at), { ...sampleAt(9), mark: aheadOfItsTime }], complete: true });
  const room = (queue: LiveQueue): QueueEntry | null => {
    queue.overflow("too much", () => true, 0);
    return queue.front();
  };
  const queue = liveQueue();
  fillTo(queue, 5);
  fillTo(queue, 3);
  assert.deepEqual(room(queue), { kind: "gap", cause: "too much", until: 5, isOpen: false });
  fillTo(queue, 4);
  assert.deepEqual(room(queue), { kind: "gap", cause: "too much", until: 5, isOpen: false }, "what it dropped before");
  queue.push({ kind: "gap", cause: "cut", ...anyExtent });
  fillTo(queue, 2);
  assert.deepEqual(room(queue), { kind: "gap", cause: "too much", until: 5, isOpen: true });
});

test("places between kept values are one where they meet, and the word that nothing more is under way is kept", () => {
  const queue = liveQueue();
  const isBare = ({ item }: Sample): boolean => item === "bare";
  queue.push({ kind: "samples", samples: [{ ...sampleAt(1), item: "bare" }], complete: true });
  for (let i = 0; i < 1000; i += 1) {
    queue.push({ kind: "gap", cause: `cut ${i}`, until: instant(i), isOpen: false });
    queue.push({ kind: "samples", samples: [sampleAt(10 + i)], complete: true });
  }
  queue.overflow("full", isBare, 500);
  const left: QueueEntry[] = [];
  for (let front = queue.front(); front; front = queue.front()) {
    left.push(front);
    queue.shift();
  }
  assert.deepEqual(
    left.map((entry) => (entry.kind === "samples" ? [entry.samples.length, entry.complete] : entry.kind)),
    ["gap", [1, false], "gap", [0, true]],
  );
  assert.deepEqual(left[2], { kind: "gap", cause: "cut 0", until: 999, isOpen: false });
});

test("a long-lived queue does not grow", () => {
  const queue = liveQueue();
  for (let i = 0; i < 10_000; i += 1) {
    queue.push({ kind: "samples", samples: [sampleAt(i)], complete: true });
    assert.deepEqual(times(queue.take(5).samples), [i]);
  }
  assert.equal(queue.size(), 0);
});

test("a placeholder stands for one path element or a part of it, and nothing else does", () => {
  const has = historyItems([
    { path: "Counters/Slot{slot}/Total", history: true },
    { path: "Wire.{name}+x", history: true },
    { path: "State", history: false },
    { path: "Exact", history: true },
  ]);
  const items = [
    "Counters/Slot7/Total",
    "Counters/Slot/Total",
    "Counters/Slot7/a/Total",
    "Wire.a+x",
    "WireXa+x",
    "State",
    "Exact",
    "Exactly",
  ];
  assert.deepEqual(items.filter(has), ["Counters/Slot7/Total", "Wire.a+x", "Exact"]);
});

test("waits double from half a second to half a minute, and spread", () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    for (const random of [0, 0.5, 0.999]) {
      const ms = backoffMs(attempt, connectBackoff, random);
      assert.ok(ms >= 500 && ms <= 30_000, `${ms}`);
    }
  }
  assert.equal(backoffMs(3, connectBackoff, 0), 2000);
  assert.equal(backoffMs(30, connectBackoff, 0), 15_000);
  assert.ok(new Set(Array.from({ length: 20 }, () => backoffMs(10, connectBackoff))).size > 10);
});
