/** Whatever is damaged of what is kept: nothing is counted twice, and what is lost is asked about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { beginAnew, type OpenRun } from "./anew.ts";
import { foldSamples, type Collected } from "./fold.ts";
import { startMemory, takeSamples } from "./memory.ts";
import type { KeptSamples } from "./sieve.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const perRun: CounterType = {
  modulus: null,
  reset: "per-run",
  baseline: "zero",
  drop: "stale",
  stepMax: 1000,
  because: "counts up",
};
const paths = ["Run/Active", "Run/Job", "Run/Ended", "Run/LastEnded", "Run/Result", "Good", "Total"];
const { packing: _, ...wire } = wireMap();
const map: MachineMap = {
  ...wire,
  frame: "source-time",
  items: Object.fromEntries(paths.map((path) => [path, { path, history: false }])),
  run: {
    by: "number",
    number: "Run/Active",
    none: 0,
    job: "Run/Job",
    article: null,
    ended: { count: "Run/Ended", number: "Run/LastEnded", result: "Run/Result" },
  },
  counters: [
    { rule: "good", item: "Good", grade: "good", uom: "C62", type: perRun },
    {
      rule: "scrap",
      item: "Total",
      grade: "scrap",
      uom: "C62",
      type: { ...perRun, reset: "never", baseline: "first" },
    },
  ],

  consumption: [],
  state: null,
  energy: null,
  alarm: null,
};
const context = contextOf([map]);
const limits = { samples: 1_000_000, lateMs: 10_000 };

type Step = { readonly does: "good" | "total" | "next" | "aside" | "back"; readonly by: number };

const steps = fc.array(
  fc.record({
    does: fc.constantFrom<Step["does"]>("good", "good", "total", "next", "aside", "back"),
    by: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 4, maxLength: 40 },
);

/** One batch for each statement of a machine; `aside`: it steps into another run, and `back` from it. */
function batchesOf(all: readonly Step[]): readonly KeptSamples[] {
  const good = new Map<number, number>();
  const open = [1];
  let runs = 1;
  let ended = 0;
  let total = 5;
  const named = (): Readonly<Record<string, SampleValue>> => {
    const run = open.at(-1) ?? 0;
    return { "Run/Active": run, "Run/Job": `J${run}`, Good: good.get(run) ?? 0 };
  };
  const told: Readonly<Record<string, SampleValue>>[] = [{ ...named(), Total: total }];
  for (const { does, by } of all) {
    const run = open.at(-1) ?? 0;
    if (does === "good") told.push({ Good: good.set(run, (good.get(run) ?? 0) + by).get(run) ?? 0 });
    else if (does === "total") told.push({ Total: (total += by) });
    else if (does === "aside" || open.length === 1) {
      if (does !== "aside") told.push(endOf(open.pop() ?? 0, (ended += 1)));
      open.push((runs += 1));
      told.push(named());
    } else {
      told.push(endOf(open.pop() ?? 0, (ended += 1)));
      if (does === "next") open.push((runs += 1));
      told.push(named());
    }
  }
  return told.map((values, i) => ({ seq: i + 1, samples: samplesOf(i, values) }));
}

function endOf(run: number, ended: number): Readonly<Record<string, SampleValue>> {
  return { "Run/Ended": ended, "Run/LastEnded": run, "Run/Result": "done" };
}

function samplesOf(i: number, values: Readonly<Record<string, SampleValue>>): readonly Sample[] {
  const at = instant(1e12 + i * 1000);
  return Object.entries(values).map(([item, value]) => ({ item, at, receivedAt: at, status: 0, value, mark: "" }));
}

function sumsOf(facts: readonly Fact[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { run, body } of facts) {
    if (body.kind !== "UnitsCounted") continue;
    const key = `${body.grade} ${run ?? ""}`;
    sums.set(key, (sums.get(key) ?? 0n) + body.quantity.micro);
  }
  return sums;
}

function openAfter(facts: readonly Fact[]): readonly OpenRun[] {
  const ended = new Set(facts.flatMap(({ run, body }) => (body.kind === "JobEnded" ? [run] : [])));
  return facts.flatMap(({ run, body, eventAt }): readonly OpenRun[] =>
    body.kind === "JobStarted" && run !== null && !ended.has(run)
      ? [{ id: run, job: body.job, article: body.article, outside: body.outside, startedAt: eventAt }]
      : [],
  );
}

interface Anew {
  readonly whole: Collected;
  readonly before: Collected;
  readonly facts: readonly Fact[];
  readonly asked: number;
}

/** Of the batches up to `cut` those in `damaged` are lost; what comes after is read by what is begun anew. */
function readAnew(all: readonly KeptSamples[], cut: number, damaged: ReadonlySet<number>, isSabotaged = false): Anew {
  const read = all.slice(0, cut);
  const before = foldSamples(
    context,
    emptyState,
    read.flatMap(({ samples }) => samples),
  );
  const batches = read.filter(({ seq }) => !damaged.has(seq));
  const lost = read.filter(({ seq }) => damaged.has(seq));
  const begun = beginAnew(
    context,
    {
      checkpoint: { state: emptyState, seq: 0 },
      batches,
      doubtfulUpto: isSabotaged ? 0 : (lost.at(-1)?.seq ?? 0),
      position: before.state.position,
      runs: openAfter(before.facts),
      ends: [],
      stations: new Map(),
      stated: isSabotaged ? [] : before.facts,
      areCountersAsked: false,
    },
    limits,
  );
  const memory = startMemory({ state: begun.state, seq: cut });
  const taken = all.slice(cut).map((batch) => takeSamples(context, memory, batch, limits));
  const facts = taken.flatMap((one) => one.facts);
  // Whether a run is over says nothing of its pieces.
  const questions = taken.flatMap((one) => one.questions).filter(({ subject }) => !subject.endsWith("/unheard-end"));
  const asked = questions.length + begun.unnamed.length;
  return {
    whole: foldSamples(
      context,
      emptyState,
      all.flatMap(({ samples }) => samples),
    ),
    before,
    facts,
    asked,
  };
}

const damages = fc.record({
  steps,
  cut: fc.nat(),
  damaged: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
});

function isDoubled({ whole, before, facts }: Anew): boolean {
  const right = new Map<string, bigint>();
  for (const [key, sum] of sumsOf(whole.facts))
    right.set(key.split(" ")[0] ?? "", (right.get(key.split(" ")[0] ?? "") ?? 0n) + sum);
  const all = new Map<string, bigint>();
  for (const [key, sum] of sumsOf([...before.facts, ...facts]))
    all.set(key.split(" ")[0] ?? "", (all.get(key.split(" ")[0] ?? "") ?? 0n) + sum);
  return [...all].some(([grade, sum]) => sum > (right.get(grade) ?? 0n));
}

test("whatever is damaged, nothing is counted twice, and where something is lost somebody is asked", () => {
  forAll(
    fc.property(damages, (one) => {
      const all = batchesOf(one.steps);
      const cut = 1 + (one.cut % (all.length - 1));
      const anew = readAnew(all, cut, new Set(one.damaged.map((n) => 1 + (n % cut))));
      assert.ok(!isDoubled(anew));
      const starts = anew.facts.filter(({ body }) => body.kind === "JobStarted").map(({ run }) => run);
      const known = new Set(anew.before.facts.map(({ run }) => run));
      assert.ok(!starts.some((run) => known.has(run)), "no run is begun twice");
      const right = sumsOf(anew.whole.facts);
      const stated = sumsOf([...anew.before.facts, ...anew.facts]);
      const isSame = [...right].every(([key, sum]) => (stated.get(key) ?? 0n) === sum);
      assert.ok(isSame || anew.asked > 0, "what is lost is asked about");
    }),
    { numRuns: 150 },
  );
});

test("also where one of them came later than those after it", () => {
  const late = fc.record({
    steps,
    cut: fc.nat(),
    damaged: fc.nat(),
    late: fc.nat(),
    by: fc.integer({ min: 1, max: 8 }),
  });
  forAll(
    fc.property(late, (one) => {
      const all = batchesOf(one.steps);
      const cut = 1 + (one.cut % (all.length - 1));
      const [moved, ...others] = [all[one.late % cut], ...all.filter((_, i) => i !== one.late % cut)];
      if (!moved) return;
      const at = Math.min((one.late % cut) + one.by, cut - 1);
      const arrived = [...others.slice(0, at), moved, ...others.slice(at)].map((batch, i) => ({
        ...batch,
        seq: i + 1,
      }));
      const anew = readAnew(arrived, cut, new Set([1 + (one.damaged % cut)]));
      assert.ok(!isDoubled(anew));
      const right = sumsOf(anew.whole.facts);
      const stated = sumsOf([...anew.before.facts, ...anew.facts]);
      const isSame = [...right].every(([key, sum]) => (stated.get(key) ?? 0n) === sum);
      assert.ok(isSame || anew.asked > 0, "what is lost is asked about");
    }),
    { numRuns: 300 },
  );
});

test("it is noticed when counters are taken for certain that may have gone on in what is damaged", () => {
  const all = batchesOf([
    { does: "good", by: 3 },
    { does: "good", by: 4 },
    { does: "good", by: 2 },
  ]);
  assert.ok(!isDoubled(readAnew(all, 3, new Set([3]))));
  assert.ok(isDoubled(readAnew(all, 3, new Set([3]), true)));
});
