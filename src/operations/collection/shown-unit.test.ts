/** A scale that goes over to another unit within a run: what was used is stated once, in whatever unit it is shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { convert } from "../../base/quantity.ts";
import { instant } from "../../base/instant.ts";
import { unwrap } from "../../base/result.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { compileMap } from "./compiled-map.ts";
import { foldSamples, type Collected } from "./fold.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const counter: CounterType = {
  modulus: null,
  reset: "per-run",
  baseline: "first",
  stepMax: 10_000,
  drop: "stale",
  because: "a scale",
};

const uoms = { g: "GRM", kg: "KGM", lb: "LBR", m: "MTR" };

function mapOf(type: Partial<CounterType> = {}, units: Readonly<Record<string, string>> = uoms): MachineMap {
  const map = wireMap();
  const item = (path: string): MachineMap["items"][string] => ({ path, history: false });
  return {
    ...map,
    items: { ...map.items, scale: item("Scale/Used"), unit: item("Scale/Unit") },
    consumption: [
      {
        rule: "scale",
        amount: "scale",
        snapshot: null,
        material: { from: "fixed", material: "RESIN" },
        uom: { from: "item", item: "unit", uoms: units },
        type: { ...counter, ...type },
      },
    ],
  };
}

type Shown = readonly [value: number, unit: string];

function samplesOf(shown: readonly Shown[]): readonly Sample[] {
  const start = { "Production/ActiveRun": 7, "Production/JobNumber": "J", "Production/Article": "A" };
  return shown.flatMap(([value, unit], i) => {
    const at = instant(1e12 + i * 60_000);
    const said: Readonly<Record<string, SampleValue>> = {
      ...(i === 0 && start),
      "Scale/Used": value,
      "Scale/Unit": unit,
    };
    return Object.entries(said).map(([item, one]) => ({ item, at, receivedAt: at, status: 0, value: one, mark: "" }));
  });
}

function read(map: MachineMap, shown: readonly Shown[], answers: readonly CounterAnswer[] = []): Collected {
  return foldSamples({ ...contextOf([map]), answers }, emptyState, samplesOf(shown));
}

function used({ facts }: Collected): readonly string[] {
  return facts.flatMap(({ body }) =>
    body.kind === "MaterialConsumed" ? [`${Number(body.quantity.micro) / 1e6} ${body.quantity.uom}`] : [],
  );
}

const there: readonly Shown[] = [
  [1.5, "kg"],
  [1600, "g"],
  [1700.0005, "g"],
  [1.8, "kg"],
  [2, "kg"],
];

for (const drop of ["stale", "classify"] as const) {
  test(`kilograms, grams and back, ${drop}: what was used is counted once`, () => {
    const outcome = read(mapOf({ drop }), there);
    assert.deepEqual(used(outcome), ["0.1 KGM", "100.0005 GRM", "99.9995 GRM", "200 GRM"]);
    assert.deepEqual(outcome.questions, []);
  });
}

test("a display that is coarser than what was counted takes nothing back and invents nothing", () => {
  const shown: readonly Shown[] = [
    [1000, "g"],
    [1749, "g"],
    [1.7, "kg"],
    [1.8, "kg"],
  ];
  const stale = read(mapOf(), shown);
  assert.deepEqual(used(stale), ["749 GRM", "51 GRM"]);
  assert.deepEqual(stale.questions, []);
  // A scale that people can set back: whether it was nobody can tell.
  const classified = read(mapOf({ drop: "classify", reset: "manual" }), shown);
  assert.deepEqual(used(classified), ["749 GRM", "0.1 KGM"]);
  assert.equal(classified.questions.length, 1);
  assert.match(classified.questions[0]?.text ?? "", /shows 1\.7 kg, and has shown g before/);
});

test("a unit to which nothing is converted: counted on from there, and asked once for the run", () => {
  const outcome = read(mapOf(), [
    [1.5, "kg"],
    [1600, "m"],
    [1610, "m"],
    [3, "kg"],
    [4, "kg"],
    [1700, "m"],
  ]);
  assert.deepEqual(used(outcome), ["10 MTR", "1 KGM"]);
  assert.equal(new Set(outcome.questions.map(({ subject }) => subject)).size, 1);
});

test("an answer in the unit of before holds in the unit that is shown now", () => {
  const shown: readonly Shown[] = [
    [1, "kg"],
    [50_000, "kg"],
    [50_001_000.0005, "g"],
    [50_002_000.0005, "g"],
  ];
  const context = contextOf([mapOf()]);
  const asked = read(mapOf(), shown.slice(0, 2));
  const about = asked.questions[0]?.about;
  assert.ok(about);
  const { rule, run, at, value, uom } = about;
  const answered = { ...context, answers: [{ rule, run, at, value, uom }] };
  const expected = ["1000.0005 GRM", "1000 GRM"];
  assert.deepEqual(used(foldSamples(answered, emptyState, samplesOf(shown))), expected);
  const since = samplesOf(shown).filter((sample) => sample.at > at);
  assert.deepEqual(used(foldSamples(answered, asked.state, since)), expected, "what was asked about is settled");
});

test("a map that says the same word otherwise converts nothing: the machine shows what it showed", () => {
  const map = mapOf({}, { ...uoms, u: "KGM" });
  const later = { ...mapOf({}, { ...uoms, u: "GRM" }), version: map.version + 1, validFrom: instant(1e12 + 90_000) };
  const bare = contextOf([map]);
  const maps = [map, later].map(compileMap);
  const samples = samplesOf([
    [10, "u"],
    [11, "u"],
    [13, "u"],
  ]);
  assert.deepEqual(used(foldSamples({ ...bare, maps }, emptyState, samples)), ["1 KGM", "2 GRM"]);
});

test("however often it goes from one unit to another: all that was used, exactly", () => {
  const steps = fc.array(fc.record({ mg: fc.integer({ min: 0, max: 5_000_000 }), unit: fc.constantFrom("g", "kg") }), {
    minLength: 1,
    maxLength: 20,
  });
  forAll(
    fc.property(steps, fc.constantFrom("stale", "classify"), (all, drop) => {
      let mg = 1_000;
      const shown = all.map(({ mg: by, unit }): Shown => {
        mg += by;
        return [unit === "g" ? mg / 1e3 : mg / 1e6, unit];
      });
      const { facts, questions } = read(mapOf({ drop: drop as "stale" }), [[1, "g"], ...shown]);
      const sum = facts.reduce(
        (so, { body }) =>
          body.kind === "MaterialConsumed" ? so + unwrap(convert(body.quantity, "MGM")).quantity.micro : so,
        0n,
      );
      assert.deepEqual([questions.length, sum], [0, BigInt(mg - 1_000) * 1_000_000n]);
    }),
  );
});
