/** The people at the benches, at a bench that only remembers what they say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { random } from "../random.ts";
import { Worker, type Bench, type BenchJob, type WorkerSays } from "./worker.ts";

interface Scene {
  readonly worker: Worker;
  readonly said: WorkerSays[];
  arrived: number;
  visitedAt: number | null;
  now: number;
  refuses: string | null;
}

function scene(asked = 6, scrapRate = 0, piecesMost = 1): Scene {
  const said: WorkerSays[] = [];
  let job: BenchJob = { jobOrder: "jo", order: "1", operation: "0030", asked, good: 0 };
  let isOpen = false;
  let isDone = false;
  const bench: Bench = {
    unit: "ASSY-1",
    current: () => Promise.resolve(isOpen ? job : null),
    next: () => Promise.resolve(isDone ? null : job),
    visitedAt: () => Promise.resolve(all.visitedAt),
    say: (what) => {
      if (all.refuses !== null) return Promise.resolve(all.refuses);
      said.push(what);
      if (what.kind === "start") isOpen = true;
      if (what.kind === "count" && what.grade === "good") job = { ...job, good: job.good + what.pieces };
      if (what.kind === "finish") [isOpen, isDone] = [false, true];
      return Promise.resolve(null);
    },
  };
  const worker = new Worker({
    bench,
    random: random(3),
    scrapRate,
    scrapReason: "damaged",
    piecesMost,
    arrived: () => all.arrived,
    breakMs: 1_000,
    now: () => all.now,
  });
  const all: Scene = { worker, said, arrived: asked, visitedAt: null, now: 10_000, refuses: null };
  return all;
}

async function times(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await work();
}

test("he starts, counts every piece, finishes, and then has nothing to do", async () => {
  const { worker, said } = scene();
  await times(20, () => worker.work());
  assert.deepEqual(
    said.map(({ kind }) => kind),
    ["start", ...Array.from({ length: 6 }, () => "count"), "finish"],
  );
  assert.deepEqual(worker.made, [{ order: "1", operation: "0030", unit: "ASSY-1", good: 6, scrap: 0 }]);
});

test("several pieces in a handle are never more than what is asked and has arrived", async () => {
  const all = scene(10, 0, 4);
  all.arrived = 5;
  await times(5, () => all.worker.work());
  assert.equal(all.worker.made[0]?.good, 5);
  all.arrived = 12;
  await times(9, () => all.worker.work());
  assert.deepEqual(
    all.said.flatMap((what) => (what.kind === "count" ? [what.pieces] : [])),
    [4, 1, 4, 1],
  );
  assert.equal(all.worker.hasOpenJob, false);
});

test("scrap has a reason, and is counted on top", async () => {
  const { worker, said } = scene(30, 0.3);
  await times(100, () => worker.work());
  const scrap = said.filter((what) => what.kind === "count" && what.grade === "scrap");
  assert.ok(scrap.length > 2 && scrap.every((what) => what.kind === "count" && what.reason === "damaged"));
  assert.deepEqual([worker.made[0]?.good, worker.made[0]?.scrap], [30, scrap.length]);
});

test("he makes nothing of what has not arrived, and goes on when it does", async () => {
  const all = scene();
  all.arrived = 0;
  await times(5, () => all.worker.work());
  assert.equal(all.said.length, 0);
  all.arrived = 2;
  await times(10, () => all.worker.work());
  assert.equal(all.worker.made[0]?.good, 2);
  all.arrived = 6;
  await times(10, () => all.worker.work());
  assert.equal(all.said.at(-1)?.kind, "finish");
});

test("he leaves the bench to a visitor, and comes back when the visitor has been gone for a while", async () => {
  const all = scene();
  await times(3, () => all.worker.work());
  all.visitedAt = all.now;
  const before = all.said.length;
  await times(5, () => all.worker.work());
  assert.equal(all.said.length, before);
  assert.equal(all.worker.isAtWork, false);
  all.now += 1_000;
  await times(20, () => all.worker.work());
  assert.equal(all.said.at(-1)?.kind, "finish");
});

test("what was refused he has not made", async () => {
  const all = scene();
  await times(2, () => all.worker.work());
  all.refuses = "The job is held.";
  assert.equal(await all.worker.work(), "The job is held.");
  assert.equal(all.worker.made[0]?.good, 1);
});
