import assert from "node:assert/strict";
import { test } from "node:test";
import { outside } from "./outside.ts";

/** Whether it has resolved after a few turns, in which a real server would have been asked. */
async function isOver(wait: Promise<void> | null): Promise<boolean> {
  let over = false;
  void wait?.then(() => (over = true));
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  return over;
}

test("nothing is waited for where nothing is under way", () => {
  assert.equal(outside(async () => 0).wait(), null);
});

test("an answer is waited for, and whatever is sent because of it", async () => {
  const { begin, wait } = outside(async () => 0);
  const first = begin();
  const waited = wait();
  assert.equal(await isOver(waited), false);
  const second = begin();
  first();
  first();
  assert.equal(await isOver(waited), false, "the second one is not answered, however often the first one is");
  second();
  await waited;
  assert.equal(wait(), null);
});

test("who waits for a lock is not waited for, unless somebody else works", async () => {
  let locked = 1;
  const { begin, wait } = outside(async () => locked);
  const [first, second] = [begin(), begin()];
  const waited = wait();
  assert.equal(await isOver(waited), false, "one of both works");
  locked = 2;
  await waited;
  locked = 1;
  const again = wait();
  assert.equal(await isOver(again), false, "one of both has the lock now");
  second();
  first();
  await again;
});
