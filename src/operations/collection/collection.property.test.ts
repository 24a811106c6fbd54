/** Collection as a whole: whatever way the samples come, the same is held to be true, and it is what was made. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import { arrivals, collectAs, contextOf, effective, inOrder } from "./testing/arrival.ts";
import { livesOf } from "./testing/life.ts";
import { wireMap } from "./testing/map.ts";
import { live, stepNames } from "./testing/wire-machine.ts";

const start = Date.parse("2025-02-03T05:00:00Z");
const context = contextOf([wireMap()]);

const steps = livesOf(stepNames);

const runs = { numRuns: 400 };

test("what is held to be true does not depend on batches, doubles, lateness or restarts", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples } = live(lived, start);
      const once = collectAs(context, samples, inOrder);
      const other = collectAs(context, samples, arrival);
      assert.deepEqual(effective(other.stated), effective(once.stated));
    }),
    runs,
  );
});

test("every statement has an id of its own, and each is taken back at most once", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { stated } = collectAs(context, live(lived, start).samples, arrival);
      assert.equal(new Set(stated.map((f) => f.id)).size, stated.length);
      const corrected = stated.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : []));
      assert.equal(new Set(corrected).size, corrected.length);
    }),
    runs,
  );
});

test("what is held to be true is what was made", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples, truth } = live(lived, start);
      const { stated } = collectAs(context, samples, arrival);
      assert.deepEqual(collectAs(context, samples, inOrder).questions, []);
      const facts = holding(stated);
      for (const run of truth.runs) {
        const started = facts.filter((f) => f.body.kind === "JobStarted" && f.eventAt === instant(run.startedAt));
        assert.equal(started.length, 1, `run ${run.number} starts once`);
        const own = facts.filter((f) => f.run === started[0]?.run);
        assert.deepEqual(
          { ...bodyOf(started[0]), good: pieces(own), used: used(own), ends: ends(own) },
          {
            job: run.job,
            article: run.article,
            outside: false,
            good: run.good,
            used: sorted([...run.used].filter(([, amount]) => amount > 0)),
            ends: [run.result],
          },
        );
      }
      const starts = facts.filter((f) => f.body.kind === "JobStarted");
      const outside = starts.filter((f) => bodyOf(f).outside === true);
      assert.equal(starts.length - outside.length, truth.runs.length);
      const byJob = new Map<string, number>();
      for (const run of outside) {
        const made = pieces(facts.filter((f) => f.run === run.run));
        const { job } = bodyOf(run);
        if (made > 0) byJob.set(String(job), (byJob.get(String(job)) ?? 0) + made);
      }
      assert.deepEqual(sorted([...byJob]), sorted([...truth.outside]));
      assert.equal(facts.filter((f) => f.body.kind === "StateEntered").length, truth.states.length);
      assert.equal(facts.filter((f) => f.body.kind === "AlarmRaised").length, truth.alarms);
      const numbers = new Map(truth.runs.map((run) => [instant(run.startedAt), run.number]));
      const names = new Map(
        starts.map((f) => [
          f.run,
          bodyOf(f).outside ? `outside ${bodyOf(f).job}` : `run ${numbers.get(f.eventAt) ?? "?"}`,
        ]),
      );
      const energy = new Map<string, number>();
      for (const { run, body } of facts) {
        if (body.kind !== "EnergyUsed") continue;
        const name = run === null ? "nothing" : (names.get(run) ?? "?");
        energy.set(name, (energy.get(name) ?? 0) + Number(body.quantity.micro));
      }
      assert.deepEqual(sorted([...energy]), sorted([...truth.energy]));
    }),
    runs,
  );
});

test("two versions of a map: each frame is read by its own, whatever way the samples come", () => {
  const map = wireMap();
  const between = fc.integer({ min: 0, max: 60_000 });
  forAll(
    fc.property(steps, arrivals, between, (lived, arrival, ms) => {
      const validFrom = instant(start + ms);
      const counters = map.counters.map((rule) => ({ ...rule, rule: "pieces-2", grade: "rework" as const }));
      const both = contextOf([map, { ...map, version: 2, validFrom, counters }]);
      const { samples } = live(lived, start);
      const once = collectAs(both, samples, inOrder);
      assert.deepEqual(effective(collectAs(both, samples, arrival).stated), effective(once.stated));
      for (const { eventAt, mapVersion } of once.stated) assert.equal(mapVersion, eventAt < validFrom ? 1 : 2);
    }),
    { numRuns: 150 },
  );
});

test("samples that stand for themselves: batches, doubles and restarts change nothing", () => {
  const single = contextOf([{ ...wireMap(), frame: "sample" }]);
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples } = live(lived, start);
      // Values of one time keep their order of arrival: that order is all there is.
      const once = collectAs(single, samples, inOrder);
      const other = collectAs(single, samples, { ...arrival, delays: [0] });
      assert.deepEqual(effective(other.stated), effective(once.stated));
    }),
    { numRuns: 150 },
  );
});

test("checkpoints move on as if nothing had ever been restarted", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples } = live(lived, start);
      const { checkpoints } = collectAs(context, samples, { ...arrival, restarts: [] });
      assert.deepEqual(collectAs(context, samples, arrival).checkpoints, checkpoints);
    }),
    runs,
  );
});

test("a collector whose restart counts anew is restarted too fast for any checkpoint", () => {
  const [lived] = fc.sample(fc.tuple(steps), { numRuns: 1, seed: 3 })[0] ?? [[]];
  const { samples } = live([...lived, ...lived, ...lived], start);
  const fast = { ...inOrder, limits: { samples: 6, lateMs: 500 }, sizes: [4], restarts: [1] };
  assert.ok(collectAs(context, samples, fast).checkpoints.length > 5);
  const wrong = collectAs(context, samples, { ...fast, sabotage: "counts-anew" });
  assert.ok(
    wrong.checkpoints.every(([taken]) => taken === 0),
    "it always reads from the beginning",
  );
});

describe("the properties catch", () => {
  const tries = fc.sample(fc.tuple(steps, arrivals), { numRuns: 60, seed: 7 });
  const isCaught = (collect: typeof collectAs): boolean =>
    tries.some(([lived, arrival]) => {
      const { samples } = live(lived, start);
      const { stated } = collect(context, samples, { ...arrival, doubleEvery: 2, restarts: [2], delays: [0, 400] });
      const isUnique = new Set(stated.map((f) => f.id)).size === stated.length;
      return !isUnique || effective(stated).join() !== effective(collectAs(context, samples, inOrder).stated).join();
    });

  test("nothing where nothing is wrong", () => assert.equal(isCaught(collectAs), false));
  for (const sabotage of ["late-at-the-end", "forgets-what-it-said", "drops-a-sample", "checkpoint-too-new"] as const) {
    test(`a collector that is wrong: ${sabotage}`, () =>
      assert.ok(isCaught((on, samples, arrival) => collectAs(on, samples, { ...arrival, sabotage }))));
  }
});

function holding(stated: readonly Fact[]): readonly Fact[] {
  const takenBack = new Set(stated.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : [])));
  return stated.filter((f) => f.body.kind !== "Corrected" && !takenBack.has(f.id));
}

function bodyOf(fact: Fact | undefined): { job?: string; article?: string; outside?: boolean } {
  if (fact?.body.kind !== "JobStarted") return {};
  const { job, article, outside } = fact.body;
  return { job, article, outside };
}

function pieces(facts: readonly Fact[]): number {
  return facts.reduce(
    (sum, f) => (f.body.kind === "UnitsCounted" ? sum + Number(f.body.quantity.micro) / 1e6 : sum),
    0,
  );
}

function used(facts: readonly Fact[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const { body } of facts) {
    if (body.kind !== "MaterialConsumed") continue;
    sums.set(body.material, (sums.get(body.material) ?? 0) + Number(body.quantity.micro) / 1e6);
  }
  return sorted([...sums]);
}

function sorted(amounts: readonly [string, number][]): [string, number][] {
  return amounts.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function ends(facts: readonly Fact[]): string[] {
  return facts.flatMap((f) => (f.body.kind === "JobEnded" ? [f.body.result] : []));
}
