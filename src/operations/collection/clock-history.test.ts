import assert from "node:assert/strict";
import { test } from "node:test";
import { ClockScene, samplesOf } from "./testing/clock-scene.ts";

test("no clock that was set back: what one gateway received before another read it out of the machine's history, and tells when all of it is settled", () => {
  for (const isAnew of [false, true]) {
    const scene = new ClockScene(1).begin();
    const early = Array.from({ length: 8 }, (_, i) => samplesOf(60 + i * 5, { good: 111 + i }, 60 + i * 5));
    scene.take(
      early.flatMap((_, i) => samplesOf(200, { good: 111 + i }, 60 + i * 5)),
      true,
    );
    scene.take(samplesOf(200, { good: 119 }, 190), true);
    if (isAnew) scene.restart();
    for (const said of early) scene.take(said);
    assert.equal(scene.memory.clock.setBack, null);
    assert.deepEqual([scene.made(), scene.questions, scene.setAside], [{ A: 19 }, [], []]);
  }
});
