/** The plan of kills, what counts as hit, the speed that leaves time for them, and the options of a run. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { seededRandom } from "../random.ts";
import { countKills, killClasses, planKills, sendingVariants, type KillHit } from "./kill-plan.ts";
import { parseProofOptions, plainProof } from "./proof-option.ts";
import { planSpeed } from "./speed.ts";

describe("the plan of kills", () => {
  test("is as even as its number allows, and the same for the same seed", () => {
    fc.assert(
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

describe("the speed of a run", () => {
  const day = 86_400;

  test("is the machine's best when nothing is to happen, and leaves time for kills", () => {
    assert.equal(planSpeed(plainProof, day).first, 0);
    const few = planSpeed({ ...plainProof, kills: 5 }, day).first;
    const many = planSpeed({ ...plainProof, kills: 25 }, day).first;
    assert.ok(few > many && many > 0);
    assert.equal(planSpeed({ ...plainProof, kills: 5, speed: 300 }, day).first, 300);
  });

  test("falls when the kills that are left would not fit, and never to a stop", () => {
    const speed = planSpeed({ ...plainProof, kills: 10 }, day);
    assert.equal(speed.after({ index: 10, count: 100, done: false }, 9), null);
    const slower = speed.after({ index: 60, count: 100, done: false }, 8);
    assert.ok(slower !== null && slower < speed.first);
    assert.ok((speed.after({ index: 100, count: 100, done: false }, 8) ?? 0) > 0);
    assert.equal(speed.after({ index: 99, count: 100, done: false }, 0), null);
    const fixed = planSpeed({ ...plainProof, kills: 10, speed: 900 }, day);
    assert.equal(fixed.after({ index: 99, count: 100, done: false }, 9), null);
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
