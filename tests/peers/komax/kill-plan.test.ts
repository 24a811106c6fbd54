/** The plan of kills, what counts as hit, the speed that leaves time for them, and the options of a run. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../../src/base/testing/chance.ts";
import { seededRandom } from "../random.ts";
import { countKills, killClasses, planKills, sendingVariants, type KillHit } from "./kill-plan.ts";
import { parseProofOptions, plainProof } from "./proof-option.ts";
import { isPaced, recordsPerSecond, secondsPerKill } from "./pace.ts";

describe("the plan of kills", () => {
  test("is as even as its number allows, and the same for the same seed", () => {
    forAll(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, count) => {
        const plan = planKills(seededRandom(seed), count);
        assert.equal(plan.length, count);
        const perClass = killClasses.map((killClass) => plan.filter((kill) => kill.class === killClass).length);
        assert.ok(Math.max(...perClass) - Math.min(...perClass) <= 1);
        assert.ok(plan.every((kill) => kill.nth >= 1));
        assert.deepEqual(plan, planKills(seededRandom(seed), count));
      }),
    );
  });

  test("hits a posting in every variant, begins with one that needs no restart, and walks through the start", () => {
    const plan = planKills(seededRandom(5), 20);
    const sendings = plan.filter((kill) => kill.class === "posting-sending");
    assert.deepEqual(new Set(sendings.map((kill) => kill.variant)), new Set(sendingVariants));
    assert.equal(plan[0]?.class, "posting-sending");
    assert.deepEqual(
      plan.filter((kill) => kill.class === "startup").map((kill) => kill.nth),
      [1, 2, 3, 4],
    );
  });

  test("can be limited to some points", () => {
    const plan = planKills(seededRandom(5), 4, ["history-slice", "startup"]);
    assert.deepEqual(new Set(plan.map((kill) => kill.class)), new Set(["history-slice", "startup"]));
    assert.deepEqual(planKills(seededRandom(5), 4, []), []);
  });

  test("a kill counts only while the machine runs, and only where it was planned", () => {
    const plan = planKills(seededRandom(1), 5);
    const hit = (killClass: KillHit["class"], whileRunning: boolean): KillHit => ({
      class: killClass,
      about: "",
      index: 1,
      count: 2,
      whileRunning,
    });
    const counted = countKills(plan, [hit("startup", true), hit("history-slice", false), hit("anytime", true)]);
    assert.deepEqual(
      counted.filter((count) => count.hit > 0).map((count) => count.class),
      ["startup"],
    );
  });
});

describe("the pace of a run", () => {
  const nothing = { kills: 0, restore: false };

  test("is the machine's own when nothing is to happen, or when a speed was asked for", () => {
    assert.equal(isPaced(plainProof), false);
    assert.equal(isPaced({ ...plainProof, kills: 5 }), true);
    assert.equal(isPaced({ ...plainProof, restore: true }), true);
    assert.equal(isPaced({ ...plainProof, kills: 5, speed: 300 }), false);
    assert.equal(recordsPerSecond(5_000, nothing, 14), null);
  });

  test("falls with what is still to happen, and with what each kill takes", () => {
    const few = recordsPerSecond(5_000, { kills: 5, restore: false }, 14) ?? 0;
    const many = recordsPerSecond(5_000, { kills: 25, restore: false }, 14) ?? 0;
    assert.ok(few > many && many > 0);
    assert.ok((recordsPerSecond(5_000, { kills: 5, restore: false }, secondsPerKill(2, 90)) ?? 0) < few);
    assert.ok((recordsPerSecond(5_000, { kills: 5, restore: true }, 14) ?? 0) < few);
  });

  test("leaves a running machine for the last kill, though it takes ten times what the others took", () => {
    let left = 300;
    for (let second = 0; second < 10 * secondsPerKill(0, 0); second += 1) {
      left -= recordsPerSecond(left, { kills: 1, restore: false }, secondsPerKill(19, 19 * 14)) ?? 0;
    }
    assert.ok(left > 1 && left < 300);
  });
});

describe("the options of a run", () => {
  test("are read, and wrong ones are named", () => {
    const parsed = parseProofOptions([
      "--days",
      "2",
      "--kills=20",
      "--lost-replies=9",
      "--seed",
      "7",
      "--restore",
      "--speed",
      "0",
    ]);
    assert.deepEqual(parsed, {
      options: { ...plainProof, days: 2, kills: 20, lostReplies: 9, seed: 7, restore: true, speed: 0 },
    });
    assert.deepEqual(parseProofOptions(["--kill-class", "startup"]), {
      options: { ...plainProof, killClasses: ["startup"] },
    });
    for (const [args, named] of [
      [["--days", "some"], /--days wants a whole number/],
      [["--kill-class", "lunch"], /--kill-class knows .* not lunch/],
      [["--speed", "fast"], /--speed wants a number/],
      [["--unknown"], /--unknown/],
    ] as const) {
      const outcome = parseProofOptions(args);
      assert.match("wrong" in outcome ? outcome.wrong : "", named);
    }
  });
});
