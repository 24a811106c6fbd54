/** A world that has ended is let go of: else a soak of thousands of seeds ends where the memory does. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { planOf, smallPlant } from "../../src/simulation/world/planner.ts";
import { simulate } from "../../src/simulation/world/world.ts";

test("nothing holds a world that has ended", { timeout: 600_000 }, async () => {
  const ended = await Promise.all([1, 2, 3].map(simulated));
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  for (let turn = 0; turn < 10 && ended.some(isHeld); turn += 1) {
    // What was read in this turn is kept until it ends.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  assert.deepEqual(ended.map(isHeld), [false, false, false]);
});

/** The plan is what everything of a world refers to. */
async function simulated(seed: number): Promise<WeakRef<object>> {
  const plan = planOf(seed, smallPlant);
  await simulate(plan);
  return new WeakRef(plan);
}

function isHeld(world: WeakRef<object>): boolean {
  return world.deref() !== undefined;
}
