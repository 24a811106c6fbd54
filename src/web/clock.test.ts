import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { deviceMs, differs, learnServerTime, nowMs } from "./clock.ts";

const noon = Date.UTC(2026, 2, 2, 12, 0, 0, 400);
const hourMs = 3_600_000;

/** A reply whose head was written by the server at that time, to what was asked `beforeMs` before now. */
function reply(serverMs: number, beforeMs: number): void {
  learnServerTime(new Date(serverMs).toUTCString(), deviceMs() - beforeMs);
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: noon });
  reply(noon, 0);
});

test("a clock that is right stays as it is, however late a reply comes", () => {
  for (const lateMs of [20, 2000, 30_000]) reply(noon - lateMs, lateMs);
  assert.equal(nowMs(), noon);
});

test("a clock that is wrong is known to within half a second by a quick reply", () => {
  for (const wrongMs of [-hourMs, -3000, 3000, hourMs]) {
    reply(noon + wrongMs, 20);
    assert.ok(Math.abs(nowMs() - (noon + wrongMs)) <= 520, String(nowMs() - noon - wrongMs));
  }
});

test("a late reply to a device with a wrong clock leaves what is left to a quicker one", () => {
  reply(noon - hourMs, 8000);
  assert.ok(Math.abs(nowMs() - (noon - hourMs)) <= 8500);
  reply(noon - hourMs, 20);
  assert.ok(Math.abs(nowMs() - (noon - hourMs)) <= 520);
});

test("a word of the stream differs when it says another time, early or late", () => {
  const word = (ms: number): boolean => differs(new Date(noon + ms).toISOString());
  assert.deepEqual([0, -1000, 1000, -5000, 5000].map(word), [false, false, false, true, true]);
});
