/** What fails of one thing keeps no other from its turn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { oneByOne } from "./one-by-one.ts";

test("what has failed is said and waits, longer each time, and the others go on", async () => {
  const time = { ms: 0 };
  const clock: Clock = { now: () => instant(0), monotonicMs: () => time.ms, sleep: () => Promise.resolve() };
  const said: string[] = [];
  const each = oneByOne(clock, (name) => void said.push(name));
  let tries = 0;
  const look = async (): Promise<unknown> => [
    await each("broken", () => Promise.reject(new TypeError(`${(tries += 1)}`))),
    await each("sound", async () => 1),
  ];
  for (const ms of [0, 1_999, 2_000, 5_999, 6_000]) {
    time.ms = ms;
    assert.deepEqual(await look(), [null, 1]);
  }
  assert.deepEqual([tries, said], [3, ["broken", "broken", "broken"]]);
});

test("where the database is away nothing else is tried", async () => {
  const clock: Clock = { now: () => instant(0), monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const each = oneByOne(clock, () => assert.fail("it is nobody's own fault"));
  for (const code of ["08006", "53100", "57P01", "ECONNRESET"])
    await assert.rejects(each("any", () => Promise.reject(Object.assign(new Error(code), { code }))));
});
