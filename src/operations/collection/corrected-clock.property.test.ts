/**
 * A machine whose network corrects its clock by a step back that is no larger than values may be late: it goes on counting and
 * says times again. What it made is counted once, and a counter that is set back is still seen.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { beginAnew } from "./anew.ts";
import { startMemory, takeSamples } from "./memory.ts";
import { emptyState } from "./state.ts";
import { collectAs, contextOf, inOrder } from "./testing/arrival.ts";
import { heldPieces } from "./testing/held-pieces.ts";

const lateMs = 10_000;
const modulus = 65_536;
const stepMax = 1_000;

function mapOf(late: number): MachineMap {
  const because = "The counter is set back by hand, and begins again at zero behind its largest value.";
  const type: CounterType = {
    drop: "classify",
    modulus,
    reset: "manual",
    baseline: "first",
    stepMax,
    because,
  };
  return {
    name: "m1",
    version: 1,
    validFrom: instant(0),
    items: Object.fromEntries(["Job", "Good", "Scrap"].map((path) => [path.toLowerCase(), { path, history: true }])),
    frame: "source-time",
    clock: { trust: "device", mode: "live", lateMs: late },
    run: { by: "job", job: "job", article: null },
    counters: (["good", "scrap"] as const).map((item) => ({ rule: item, item, grade: item, uom: "C62", type })),
    consumption: [],
    state: null,
    energy: null,
    alarm: null,
    job: null,
  };
}

function said(at: number, item: string, value: SampleValue): Sample {
  return { item, at: instant(at), receivedAt: instant(at), status: 0, value, mark: "" };
}

interface Cycle {
  readonly waitMs: number;
  readonly pieces: number;
}

/** Cycles of a machine, whose counter may begin again in them; before one its clock goes back, before another its counter to zero. */
const courses = fc.record({
  from: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: modulus - 200, max: modulus - 1 })),
  cycles: fc.array(fc.record({ waitMs: fc.integer({ min: 1, max: 4_000 }), pieces: fc.integer({ min: 1, max: 9 }) }), {
    minLength: 4,
    maxLength: 40,
  }),
  correctedAt: fc.nat({ max: 39 }),
  byMs: fc.integer({ min: 1, max: lateMs }),
  resetAt: fc.option(fc.nat({ max: 39 })),
});
type Course = typeof courses extends fc.Arbitrary<infer T> ? T : never;

/** No value comes twice, nor two at one time: what is said last of a time is what counts then. */
function samplesOf({ from, cycles, correctedAt, byMs, resetAt }: Course): { samples: Sample[]; made: number } {
  const samples = [said(1_000_000, "Job", "J-1"), said(1_000_000, "Good", from)];
  const taken = new Set([1_000_000]);
  let now = 1_020_000;
  let shows = from;
  let made = 0;
  let zeroAt = 1_000_000;
  const show = (): void => {
    while (taken.has(now)) now += 1;
    taken.add(now);
    samples.push(said(now, "Good", shows));
  };
  for (const [i, { waitMs, pieces }] of (cycles as readonly Cycle[]).entries()) {
    now += waitMs;
    // Of a counter that was set to zero in a time that is shown again nobody can tell.
    if (i === correctedAt) now = Math.max(now - byMs, zeroAt + 1);
    // A person needs longer to set it back than a clock is ever wrong; just before its top nobody can tell that from a rollover.
    if (i === resetAt && i !== correctedAt && shows < modulus - stepMax) {
      now += 2 * lateMs;
      shows = 0;
      show();
      zeroAt = now;
    }
    shows = (shows + pieces) % modulus;
    made += pieces;
    show();
  }
  return { samples, made };
}

function counted(samples: readonly Sample[], late = lateMs): bigint {
  const context = contextOf([mapOf(late)]);
  const { stated, questions } = collectAs(context, samples, { ...inOrder, limits: { samples: 1_000_000, lateMs } });
  assert.deepEqual(questions, []);
  return heldPieces(stated);
}

test("what it made is counted once", () => {
  forAll(
    fc.property(courses, (course) => {
      const { samples, made } = samplesOf(course);
      assert.equal(counted(samples), BigInt(made) * 1_000_000n);
    }),
    { numRuns: 500 },
  );
});

const again = [100, 101, 102, 103].map((value, i) => said(1_000_000 + 1_000 * i, "Good", value));
const behind = [104, 105, 106].map((value, i) => said(1_000_500 + 1_000 * i, "Good", value));
const both = [said(1_000_000, "Job", "J-1"), ...again, ...behind];

test("a counter of 100 does not count 100 pieces anew for each value that is shown again", () => {
  assert.equal(counted(both), 6_000_000n);
});

test("one that begins again meanwhile does not count its range, nor what it made since, anew", () => {
  const shown = [65_533, 65_534, 1, 65_535, 0, 2].map((value, i) => said(1_000_000 + 1_000 * i, "Good", value));
  assert.equal(counted([said(1_000_000, "Job", "J-1"), ...shown]), 5_000_000n);
});

test("it is noticed where nothing may be late", () => {
  assert.ok(counted(both, 0) > 300_000_000n);
});

interface Anew {
  readonly stated: bigint;
  /** What somebody is told of: questions, and values that are looked for among what was kept, and named. */
  readonly told: number;
  /** Subjects of the questions. */
  readonly asked: readonly string[];
}

/** All that was kept of what it said first is lost, and it is begun anew before it says the rest. */
function countedAnew(samples: readonly Sample[], lost: number): Anew {
  const context = contextOf([mapOf(lateMs)]);
  const limits = { samples: 1_000_000, lateMs };
  const memory = startMemory({ state: emptyState, seq: 0 });
  const before = takeSamples(context, memory, { seq: 1, samples: samples.slice(0, lost) }, limits);
  const { position, runs } = memory.state;
  const open = Object.values(runs).map((run) => ({ ...run, outside: false }));
  const nothing = { checkpoint: { state: emptyState, seq: 0 }, batches: [], ends: [], stations: new Map() };
  const salvage = { ...nothing, doubtfulUpto: 1, position, runs: open, stated: before.facts, areCountersAsked: false };
  const anew = startMemory({ state: beginAnew(context, salvage, limits).state, seq: 1 });
  const rest = samples.slice(lost).map((one, i) => takeSamples(context, anew, { seq: 2 + i, samples: [one] }, limits));
  const told = rest.reduce((sum, { questions, overtaken }) => sum + questions.length + overtaken.length, 0);
  const asked = rest.flatMap(({ questions }) => questions.map(({ subject }) => subject));
  return { stated: heldPieces([before, ...rest].flatMap(({ facts }) => facts)), told, asked };
}

test("begun anew anywhere in it, nothing is counted that was not made, and where something lacks somebody is told", () => {
  forAll(
    fc.property(courses, fc.nat(), (course, at) => {
      const { samples, made } = samplesOf(course);
      const { stated, told } = countedAnew(samples, 2 + (at % (samples.length - 2)));
      assert.ok(stated <= BigInt(made) * 1_000_000n, `${stated} of ${made}`);
      assert.ok(stated === BigInt(made) * 1_000_000n || told > 0, "what lacks is told");
    }),
    { numRuns: 500 },
  );
});

test("what a clock showed before it was corrected is not counted anew by a counter that has just been begun anew", () => {
  const known = [said(1_000_000, "Job", "J-1"), said(1_000_000, "Good", 5), said(1_010_000, "Good", 6)];
  const shown = [said(1_060_400, "Good", 7), said(1_055_000, "Good", 8), said(1_090_000, "Good", 10)];
  const { stated, told } = countedAnew([...known, ...shown], known.length);
  assert.equal(stated, 3_000_000n, "5 to 6, and 8 to 10");
  assert.ok(told > 0);
});

test("one that rolls over just after it was begun anew is counted, and one that is set back later", () => {
  const known = [said(1_000_000, "Job", "J-1"), said(1_000_000, "Good", 65_520)];
  const shown = [said(1_020_000, "Good", 65_530), said(1_021_000, "Good", 4), said(1_060_000, "Good", 2_000)];
  const later = [said(1_060_500, "Good", 0), said(1_100_000, "Good", 3)];
  assert.equal(countedAnew([...known, ...shown.slice(0, 2)], known.length).stated, 10_000_000n);
  const rising = [said(1_022_000, "Good", 500), said(1_060_000, "Good", 700), ...later];
  assert.equal(countedAnew([...known, ...shown.slice(0, 2), ...rising], known.length).stated, 709_000_000n);
});

test("set to zero just after one of them was begun anew, counters say nothing until somebody does: each run is asked about", () => {
  const known = [said(1_000_000, "Job", "J-1"), said(1_000_000, "Good", 65_000)];
  const shown = [said(1_020_000, "Good", 65_010), said(1_040_000, "Good", 65_020), said(1_041_000, "Scrap", 3)];
  const zeroed = [said(1_045_000, "Good", 0), said(1_045_000, "Scrap", 0), said(1_060_000, "Good", 5)];
  const next = [said(1_100_000, "Job", ""), said(1_200_000, "Job", "J-2"), said(1_210_000, "Good", 9)];
  const { stated, asked } = countedAnew([...known, ...shown, ...zeroed, ...next], known.length);
  assert.equal(stated, 10_000_000n);
  const about = (rule: string): number => new Set(asked.filter((one) => one.startsWith(`m1/${rule}/`))).size;
  assert.deepEqual([about("good"), about("scrap")], [3, 2], "where they began anew, and in each run where they fell");
  // Where it stood for longer it is known to be set back, and the other one with it.
  const late = [...shown, ...zeroed, ...next].map((one, i) => (i < 3 ? { ...one, at: instant(one.at - 15_000) } : one));
  assert.equal(countedAnew([...known, ...late], known.length).stated, 19_000_000n);
});
