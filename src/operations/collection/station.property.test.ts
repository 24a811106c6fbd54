/** Several jobs at once: whatever way the samples come, each job gets what was made for it, and all of it together is what was counted. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import type { StationRule } from "../../record/machine-map.ts";
import { arrivals, collectAs, contextOf, effective, inOrder } from "./testing/arrival.ts";
import { livesOf } from "./testing/life.ts";
import {
  liveMould,
  mouldMap,
  mouldStepNames,
  type MouldRun,
  type MouldStep,
  type Shared,
} from "./testing/mould-machine.ts";

const start = Date.parse("2025-02-03T05:00:00Z");
const context = contextOf([mouldMap()]);

const steps = livesOf(mouldStepNames);

const runs = { numRuns: 300 };
const million = 1_000_000n;

test("what is held to be true does not depend on batches, doubles, lateness or restarts", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples } = liveMould(lived, start);
      const { stated } = collectAs(context, samples, arrival);
      assert.equal(new Set(stated.map(({ id }) => id)).size, stated.length);
      assert.deepEqual(effective(stated), effective(collectAs(context, samples, inOrder).stated));
    }),
    runs,
  );
});

test("each job gets what its cavities have made, and no other", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples, truth } = liveMould(lived, start);
      const held = collectAs(context, samples, inOrder);
      assert.deepEqual(held.questions, []);
      const facts = holding(collectAs(context, samples, arrival).stated);
      const starts = facts.filter(({ body }) => body.kind === "JobStarted");
      assert.equal(starts.length, truth.runs.length);
      for (const run of truth.runs) {
        const own = facts.filter((fact) => fact.run === idOf(starts, run));
        assert.equal(pieces(own, "good"), exactPieces(run.strokes), `${run.job} good`);
        assert.equal(pieces(own, "scrap"), BigInt(run.rejects) * million, `${run.job} scrap`);
        assert.equal(used(own, "INSERT"), BigInt(run.inserts) * million, `${run.job} inserts`);
        assert.equal(own.filter(({ body }) => body.kind === "JobEnded").length, 1);
        assert.equal(own.filter(({ body }) => body.kind === "JobHeld").length, run.held);
      }
      const nobody = facts.filter(({ run }) => run === null);
      assert.equal(pieces(nobody, "good"), exactPieces(truth.withoutRun));
      assert.equal(facts.filter(({ body }) => body.kind === "StateEntered").length, truth.states.length);
    }),
    runs,
  );
});

test("an amount of the whole machine is divided whole, as pieces are made", () => {
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples, truth } = liveMould(lived, start);
      const facts = holding(collectAs(context, samples, arrival).stated);
      const starts = facts.filter(({ body }) => body.kind === "JobStarted");
      for (const [shared, sum] of [
        [truth.granulate, (of: readonly Fact[]) => used(of, "PA6")],
        [truth.energy, energy],
      ] as const) {
        assert.equal(
          sum(facts),
          shared.reduce((all, { micro }) => all + BigInt(micro), 0n),
        );
        const within = BigInt(3 * (shared.length + 1));
        for (const run of truth.runs) {
          const due = dueTo(run, shared);
          const got = sum(facts.filter((fact) => fact.run === idOf(starts, run)));
          assert.ok(got - due <= within && due - got <= within, `${run.job}: ${got} of ${due}`);
        }
        const nobody = sum(facts.filter(({ run }) => run === null));
        const due = dueTo(null, shared);
        assert.ok(nobody - due <= within && due - nobody <= within, `nobody: ${nobody} of ${due}`);
      }
    }),
    runs,
  );
});

test("strokes shared in thirds: nothing is lost, nothing appears", () => {
  const shares: StationRule["shares"] = {
    "1": { numerator: 1, denominator: 3 },
    "2": { numerator: 2, denominator: 3 },
    "3": { numerator: 3, denominator: 7 },
  };
  const part = (cavity: string): bigint => (cavity === "1" ? 7n : cavity === "2" ? 14n : 9n);
  const shared = contextOf([mouldMap({ pieces: { from: "item", item: "open" }, shares })]);
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples, truth } = liveMould(lived, start);
      const facts = holding(collectAs(shared, samples, arrival).stated);
      const made = [...truth.runs.flatMap((run) => run.strokes), ...truth.withoutRun];
      const parts = (of: MouldRun["strokes"]): bigint =>
        of.reduce((all, { cavity, strokes, open }) => all + BigInt(strokes * open) * part(cavity) * million, 0n);
      assert.equal(pieces(facts, "good"), parts(made) / 21n);
      for (const cavity of ["1", "2", "3"]) {
        const own = pieces(
          facts.filter(({ rule }) => rule === `strokes@${cavity}`),
          "good",
        );
        const due = parts(made.filter((one) => one.cavity === cavity)) / 21n;
        assert.ok(own - due <= 3n && due - own <= 3n, `cavity ${cavity}: ${own} of ${due}`);
      }
    }),
    runs,
  );
});

test("a fixed number of pieces is made wherever a job is named", () => {
  const fixed = contextOf([mouldMap({ pieces: { from: "fixed", pieces: 2 }, shares: {} })]);
  forAll(
    fc.property(steps, (lived) => {
      // Every cavity counts, blocked or not.
      const opened: MouldStep[] = ["1", "2"].map((_, a) => ({ what: "open", a, b: 1, afterMs: 0 }));
      const kept = lived.filter(({ what }) => what !== "open" && what !== "block" && what !== "third");
      const { samples, truth } = liveMould([...opened, ...kept], start);
      const facts = holding(collectAs(fixed, samples, inOrder).stated);
      const starts = facts.filter(({ body }) => body.kind === "JobStarted");
      for (const run of truth.runs) {
        const own = facts.filter((fact) => fact.run === idOf(starts, run));
        assert.equal(pieces(own, "good"), exactPieces(run.strokes));
      }
      assert.equal(pieces(facts, "good"), exactPieces(truth.runs.flatMap((run) => run.strokes)));
    }),
    runs,
  );
});

test("samples that stand for themselves: batches, doubles and restarts change nothing", () => {
  const single = contextOf([{ ...mouldMap(), frame: "sample" }]);
  forAll(
    fc.property(steps, arrivals, (lived, arrival) => {
      const { samples } = liveMould(lived, start);
      const once = collectAs(single, samples, inOrder);
      const other = collectAs(single, samples, { ...arrival, delays: [0] });
      assert.deepEqual(effective(other.stated), effective(once.stated));
    }),
    { numRuns: 150 },
  );
});

test("two versions of a map, one without stations: each frame is read by its own, and no run stays open", () => {
  const map = mouldMap();
  const { stations: _, ...rest } = map;
  const items = {
    ...map.items,
    job: { path: "Cavity1/Job", history: false },
    article: { path: "Cavity1/Article", history: false },
  };
  const one = { ...rest, items, consumption: [], counters: rest.counters.slice(0, 1) };
  const between = fc.integer({ min: 0, max: 60_000 });
  forAll(
    fc.property(steps, arrivals, between, fc.boolean(), (lived, arrival, ms, isFirst) => {
      const later = { version: 2, validFrom: instant(start + ms) };
      const both = contextOf(isFirst ? [one, { ...map, ...later }] : [map, { ...one, ...later }]);
      const { samples } = liveMould(lived, start);
      const once = collectAs(both, samples, inOrder);
      assert.deepEqual(effective(collectAs(both, samples, arrival).stated), effective(once.stated));
      const facts = holding(once.stated);
      const started = facts.filter(({ body }) => body.kind === "JobStarted").map(({ run }) => run);
      const ended = facts.filter(({ body }) => body.kind === "JobEnded").map(({ run }) => run);
      assert.deepEqual(new Set(ended), new Set(started));
    }),
    { numRuns: 150 },
  );
});

describe("the properties catch", () => {
  const tries = fc.sample(fc.tuple(steps, arrivals), { numRuns: 60, seed: 11 });
  const isRight = (wrong: (facts: readonly Fact[]) => readonly Fact[]): boolean =>
    tries.every(([lived]) => {
      const { samples, truth } = liveMould(lived, start);
      const facts = wrong(holding(collectAs(context, samples, inOrder).stated));
      const starts = facts.filter(({ body }) => body.kind === "JobStarted");
      return truth.runs.every(
        (run) =>
          pieces(
            facts.filter((fact) => fact.run === idOf(starts, run)),
            "good",
          ) === exactPieces(run.strokes),
      );
    });

  test("nothing where nothing is wrong", () => assert.ok(isRight((facts) => facts)));
  test("an allotment that gives every stroke to the first cavity", () => {
    const toFirst = (facts: readonly Fact[]): readonly Fact[] => {
      const [first] = facts.filter(({ rule, run }) => rule === "strokes@1" && run !== null);
      return facts.map((fact) => (first && fact.rule.startsWith("strokes@") ? { ...fact, run: first.run } : fact));
    };
    assert.ok(!isRight(toFirst));
  });
  for (const sabotage of ["late-at-the-end", "forgets-what-it-said", "drops-a-sample", "checkpoint-too-new"] as const) {
    test(`a collector that is wrong: ${sabotage}`, () => {
      const isCaught = tries.some(([lived, arrival]) => {
        const { samples } = liveMould(lived, start);
        const way = { ...arrival, doubleEvery: 2, restarts: [2], delays: [0, 400], sabotage };
        const { stated } = collectAs(context, samples, way);
        const isUnique = new Set(stated.map(({ id }) => id)).size === stated.length;
        return !isUnique || effective(stated).join() !== effective(collectAs(context, samples, inOrder).stated).join();
      });
      assert.ok(isCaught);
    });
  }
});

function holding(stated: readonly Fact[]): readonly Fact[] {
  const takenBack = new Set(stated.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
  return stated.filter(({ id, body }) => body.kind !== "Corrected" && !takenBack.has(id));
}

function idOf(starts: readonly Fact[], { job, article, startedAt }: MouldRun): string {
  const [found, ...others] = starts.filter(
    ({ eventAt, body }) =>
      eventAt === instant(startedAt) && body.kind === "JobStarted" && body.job === job && body.article === article,
  );
  assert.ok(found?.run && others.length === 0, `${job} starts once`);
  return found.run;
}

function exactPieces(strokes: MouldRun["strokes"]): bigint {
  return strokes.reduce((sum, one) => sum + BigInt(one.strokes * one.open), 0n) * million;
}

function pieces(facts: readonly Fact[], grade: string): bigint {
  return facts.reduce(
    (sum, { body }) => (body.kind === "UnitsCounted" && body.grade === grade ? sum + body.quantity.micro : sum),
    0n,
  );
}

function used(facts: readonly Fact[], material: string): bigint {
  return facts.reduce(
    (sum, { body }) =>
      body.kind === "MaterialConsumed" && body.material === material ? sum + body.quantity.micro : sum,
    0n,
  );
}

function energy(facts: readonly Fact[]): bigint {
  return facts.reduce((sum, { body }) => (body.kind === "EnergyUsed" ? sum + body.quantity.micro : sum), 0n);
}

/** What is a run's of amounts that are divided by open cavities; null: what is nobody's. */
function dueTo(run: MouldRun | null, shared: readonly Shared[]): bigint {
  return shared.reduce((sum, { micro, open }) => {
    const all = open.reduce((n, one) => n + one.open, 0);
    if (all === 0) return run === null ? sum + BigInt(micro) : sum;
    const own = open.filter((one) => one.run === run).reduce((n, one) => n + one.open, 0);
    return sum + (BigInt(micro) * BigInt(own)) / BigInt(all);
  }, 0n);
}
