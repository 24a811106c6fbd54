/** A failing world is made smaller, and the line that is printed brings it back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../src/simulation/world/plan.ts";
import { planOf } from "../../src/simulation/world/planner.ts";
import { commandOf, partOf, shrink } from "../../src/simulation/world/shrink.ts";
import { simulate } from "../../src/simulation/world/world.ts";
import { sabotages } from "./sabotage.ts";

test("what is left still breaks the same law, and is less", async () => {
  const parts = sabotages["blind resend"]?.();
  const broken = async (smaller: Plan): ReturnType<Parameters<typeof shrink>[1]> =>
    (await simulate(smaller, parts)).violations[0]?.law ?? null;
  let seed = 1;
  while ((await broken(planOf(seed))) === null) seed += 1;
  const plan = planOf(seed);
  const { keep, law } = await shrink(plan, broken, 60);
  assert.equal(law, "documents-once");
  assert.equal(await broken(partOf(plan, keep)), law);
  // One machine, or none where orders that are made by hand are enough.
  assert.ok(keep.machines.length <= 1 && keep.machines.length + keep.jobs.length > 0, commandOf(seed, keep));
  assert.ok(keep.faults.length <= 3, commandOf(seed, keep));
  assert.match(
    commandOf(seed, keep),
    /^npm run soak -- --seed \d+ --machines (m\d|none) --runs (m\d:\d+\S*|none) --faults (\d+\S*|none) --acts \S+ --jobs \S+$/,
  );
});

test("a sound world is left as it is", async () => {
  const plan = planOf(1);
  assert.equal((await shrink(plan, async () => null, 10)).keep.machines.length, plan.machines.length);
});
