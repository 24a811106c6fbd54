/** The simulation sees what it is there for: each mistake is caught within 200 seeds, and the sound parts pass the same. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planOf } from "../../src/simulation/world/planner.ts";
import { simulate } from "../../src/simulation/world/world.ts";
import { sabotages } from "./sabotage.ts";

const seedsMax = 200;

describe("it is noticed", () => {
  for (const [name, parts] of Object.entries(sabotages)) {
    test(name, async () => {
      for (let seed = 1; seed <= seedsMax; seed += 1) {
        const { violations } = await simulate(planOf(seed), parts());
        if (violations.length === 0) continue;
        const sound = await simulate(planOf(seed));
        assert.deepEqual(sound.violations, [], `seed ${seed} is sound without the mistake`);
        return;
      }
      assert.fail(`nothing was noticed in ${seedsMax} seeds`);
    });
  }
});
