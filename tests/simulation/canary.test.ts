/** The simulation sees what it is there for: each mistake is caught within 200 seeds, and the sound parts pass the same. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Law } from "../../src/simulation/world/checker/finding.ts";
import type { Parts } from "../../src/simulation/world/parts.ts";
import { planOf } from "../../src/simulation/world/planner.ts";
import { simulate } from "../../src/simulation/world/world.ts";
import { sabotages } from "./sabotage.ts";

const seedsMax = 200;
const law: Law = "as-predicted";
/** What the second model must notice by itself, whatever other laws see of it. */
const foretold = ["refused posting marked confirmed", "milestone posted twice"] as const;
/** What no other law can see. */
const foretoldOnly = "piece that goes into the next document";

describe("it is noticed", () => {
  for (const [name, parts] of Object.entries(sabotages)) {
    test(name, () => notices(parts, (laws) => laws.length > 0));
  }
});

describe("the second model notices it", () => {
  for (const name of foretold) {
    test(name, () => notices(sabotages[name], (laws) => laws.includes(law)));
  }

  test(`${foretoldOnly}, and no other law does`, () =>
    notices(sabotages[foretoldOnly], (laws) => laws.length > 0 && laws.every((one) => one === law)));
});

async function notices(parts: (() => Parts) | undefined, isNoticed: (laws: readonly Law[]) => boolean): Promise<void> {
  assert.ok(parts, "there is such a mistake");
  for (let seed = 1; seed <= seedsMax; seed += 1) {
    const { violations } = await simulate(planOf(seed), parts());
    if (!isNoticed(violations.map((one) => one.law))) continue;
    const sound = await simulate(planOf(seed));
    assert.deepEqual(sound.violations, [], `seed ${seed} is sound without the mistake`);
    return;
  }
  assert.fail(`nothing was noticed in ${seedsMax} seeds`);
}
