import assert from "node:assert/strict";
import { test } from "node:test";
import { testClock } from "../../src/gateway/testing/test-clock.ts";
import type { Pace, Paced } from "./machine-process.ts";
import { climb, type Climb, type Taker } from "./rising-load.ts";

const rise = { fromPerSecond: 500, toPerSecond: 64_000, seconds: 10 };

/** What comes to the end of so many values that were said within so many seconds, and how long after the last one. */
type Reader = (offered: number, perSecond: number) => { readonly arrives: number; readonly afterMs: number };

async function climbed(reader: Reader, machinePerSecond = Number.POSITIVE_INFINITY): Promise<Climb> {
  const clock = testClock();
  let there = 0;
  let coming = { arrives: 0, at: 0 };
  const taker: Taker = {
    arrived: () => (clock.monotonicMs() >= coming.at ? there + coming.arrives : there),
    onPiece: () => undefined,
    pid: () => process.pid,
  };
  const steady = ({ perSecond, seconds }: Pace): Promise<Paced> => {
    there = taker.arrived();
    const taken = Math.max(seconds, (perSecond * seconds) / machinePerSecond);
    const samples = perSecond * seconds;
    const { arrives, afterMs } = reader(samples, perSecond);
    coming = { arrives, at: clock.monotonicMs() + afterMs };
    const said = { samples: 0, good: 0, wattHours: 0, runs: 0, runsThatMade: 0 };
    return Promise.resolve({ said, samples, seconds: taken });
  };
  return climb({ pid: process.pid, steady }, taker, rise, clock);
}

function verdicts({ stretches }: Climb): readonly string[] {
  return stretches.map(({ askedPerSecond, verdict }) => `${askedPerSecond} ${verdict}`);
}

test("a reader that takes everything in time has no limit", async () => {
  const { best, limit } = await climbed((offered) => ({ arrives: offered, afterMs: 300 }));
  assert.equal(best?.askedPerSecond, 64_000);
  assert.equal(limit, null);
});

test("a reader that falls behind is asked once more, and its limit is looked for twice in between", async () => {
  const capacity = 3_000;
  const climbing = await climbed((offered, perSecond) => ({
    arrives: offered,
    afterMs: Math.max(0, ((perSecond - capacity) / capacity) * 10_000),
  }));
  assert.deepEqual(verdicts(climbing), [
    "500 held",
    "1000 held",
    "2000 held",
    "4000 late",
    "4000 late",
    "2828 held",
    "3363 late",
    "3363 late",
  ]);
  assert.equal(climbing.best?.askedPerSecond, 2_828);
  assert.equal(climbing.limit?.askedPerSecond, 3_363);
});

test("what other work on the computer delays once is no limit", async () => {
  let isBusy = true;
  const { best } = await climbed((offered, perSecond) => {
    const afterMs = perSecond === 4_000 && isBusy ? 3_000 : 100;
    if (perSecond === 4_000) isBusy = false;
    return { arrives: offered, afterMs };
  });
  assert.equal(best?.askedPerSecond, 64_000);
});

test("a single value that is lost or doubled ends the rise, and is not tried away", async () => {
  for (const [off, verdict] of [
    [-1, "lost"],
    [1, "doubled"],
  ] as const) {
    const climbing = await climbed((offered, perSecond) => ({
      arrives: perSecond === 2_000 ? offered + off : offered,
      afterMs: 0,
    }));
    assert.deepEqual(verdicts(climbing).slice(0, 3), ["500 held", "1000 held", `2000 ${verdict}`]);
    assert.equal(climbing.stretches.filter(({ askedPerSecond }) => askedPerSecond === 2_000).length, 1);
    assert.equal(climbing.limit?.askedPerSecond, 2_000);
  }
});

test("a reader that takes nothing any more is given up", async () => {
  const climbing = await climbed((offered, perSecond) => ({ arrives: perSecond > 500 ? 0 : offered, afterMs: 0 }));
  assert.equal(climbing.best?.askedPerSecond, 500);
  assert.equal(climbing.limit?.verdict, "lost");
});

test("what the machine could not say is no limit of its reader", async () => {
  const climbing = await climbed((offered) => ({ arrives: offered, afterMs: 0 }), 10_000);
  assert.equal(climbing.best?.askedPerSecond, 9_514);
  assert.equal(climbing.limit?.verdict, "unsaid");
});
