/** One counter: how every rise and drop is told apart, and that what is counted is what was made. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterType } from "../../record/machine-map.ts";
import { readCounter, startCounter, type CounterReading, type CounterState } from "./counter.ts";

const because = "for the test";
const stale: CounterType = { drop: "stale", modulus: null, reset: "per-run", baseline: "zero", stepMax: 100, because };
const classify: CounterType = { ...stale, drop: "classify", reset: "never" };
const bits16: CounterType = { ...classify, modulus: 65_536 };
const manual: CounterType = { ...classify, reset: "manual" };
const both: CounterType = { ...bits16, reset: "manual" };

function inShort(reading: CounterReading): string {
  if (reading.change === "counted") return `${reading.how} ${reading.by}`;
  return reading.change === "none" ? reading.how : "question";
}

describe("a further value", () => {
  const at = (counted: number, last = counted, base = 0): CounterState => ({ base, counted, last });
  const rows: readonly (readonly [type: CounterType, before: CounterState, value: number, says: string])[] = [
    [stale, at(10), 10, "same"],
    [stale, at(10), 11, "step 1"],
    [stale, at(10), 110, "step 100"],
    [stale, at(10), 111, "question"],
    [stale, at(10), 9, "stale"],
    [stale, at(10), 0, "stale"],
    [stale, at(10, 9), 9, "same"],
    [stale, at(10, 9), 10, "same"],
    [stale, at(10, 9), 12, "step 2"],
    // Beyond what is plausible and still there: it stays a question.
    [stale, at(10, 500), 500, "question"],
    [classify, at(10), 9, "question"],
    [classify, at(10), 0, "question"],
    [bits16, at(65_530), 4, "rollover 10"],
    [bits16, at(65_535), 0, "rollover 1"],
    [bits16, at(65_500), 64, "rollover 100"],
    [bits16, at(65_500), 65, "question"],
    [bits16, at(30_000), 20_000, "question"],
    [manual, at(5_000), 0, "reset 0"],
    [manual, at(5_000), 60, "reset 60"],
    [manual, at(5_000), 100, "reset 100"],
    [manual, at(5_000), 101, "question"],
    [manual, at(50), 40, "reset 40"],
    [both, at(65_530), 4, "rollover 10"],
    [both, at(30_000), 4, "reset 4"],
    [both, at(30_000), 400, "question"],
    [{ ...stale, modulus: 65_536 }, at(65_530), 4, "stale"],
  ];
  for (const [type, before, value, says] of rows) {
    const name = `${type.drop}/${type.modulus ?? "no end"}/${type.reset}`;
    test(`${name}: ${before.counted} (shown ${before.last}) → ${value} is ${says}`, () => {
      const reading = readCounter(type, before, value);
      // A reset to zero counts nothing, which is said as `same`.
      assert.equal(inShort(reading), says === "reset 0" ? "same" : says);
      assert.equal(reading.state.last, value);
      if (reading.change === "counted" || says === "reset 0") assert.equal(reading.state.counted, value);
      else assert.equal(reading.state.counted, before.counted, "nothing is counted from what is not understood");
    });
  }
});

describe("a fall while another counter of the machine is set to zero", () => {
  const at = (counted: number, last = counted, isDoubted?: true): CounterState => ({
    base: 0,
    counted,
    last,
    ...(isDoubted && { isDoubted }),
  });
  type Zeroed = "then" | "about-then" | undefined;
  const rows: readonly (readonly [
    type: CounterType,
    before: CounterState,
    value: number,
    zeroed: Zeroed,
    says: string,
  ])[] = [
    [bits16, at(65_530), 4, "then", "question"],
    [bits16, at(65_530), 4, "about-then", "question"],
    [both, at(65_530), 4, "then", "reset 4"],
    [both, at(65_530), 4, "about-then", "question"],
    [both, at(5_000), 4, "about-then", "reset 4"],
    [bits16, at(65_530), 65_533, "then", "step 3"],
    [bits16, at(30_000), 4, "then", "question"],
    // Asked about, and the others have been quiet since.
    [bits16, at(65_530, 0, true), 4, undefined, "question"],
    [both, at(65_530, 0, true), 4, undefined, "question"],
    [bits16, at(65_530, 0, true), 65_531, undefined, "step 1"],
  ];
  for (const [type, before, value, zeroed, says] of rows) {
    test(`${type.reset}: ${before.counted} (shown ${before.last}) → ${value}, ${zeroed ?? "not"}, is ${says}`, () => {
      const reading = readCounter(type, before, value, { at: instant(0), lateMs: 10_000, ...(zeroed && { zeroed }) });
      assert.equal(inShort(reading), says);
      const stands = says === "question" && Number(before.counted) > 60_000;
      assert.equal(reading.state.isDoubted, stands ? true : undefined, "until it goes on");
    });
  }
});

describe("values that a clock which was corrected shows again", () => {
  /** All of them within the time by which values may be late. */
  const after = (...values: readonly number[]): CounterState =>
    values.reduce<CounterState>(
      (state, value, i) => readCounter(both, state, value, { at: instant(1_000 * i), lateMs: 10_000 }).state,
      { base: 0, counted: values[0] ?? 0, last: values[0] ?? 0 },
    );
  const rows: readonly (readonly [shown: readonly number[], value: number, atMs: number, says: string])[] = [
    [[100, 103], 102, 3_000, "stale"],
    [[100, 103], 99, 3_000, "reset 99"],
    [[100, 103], 102, 60_000, "question"],
    // It began again in between.
    [[65_533, 65_534, 1], 65_535, 3_000, "stale"],
    [[65_533, 65_534, 1], 0, 3_000, "stale"],
    [[65_533, 65_534, 1, 65_535], 0, 4_000, "stale"],
    [[65_533, 65_534, 1, 65_535, 0], 2, 5_000, "step 1"],
    [[65_533, 65_534, 1], 65_535, 60_000, "question"],
    [[65_533, 65_534, 1], 0, 60_000, "reset 0"],
    // Its last value by time is one of those before; later it is what it shows now.
    [[65_533, 65_534, 1, 0], 0, 5_000, "stale"],
    [[65_533, 65_534, 1, 0], 0, 60_000, "reset 0"],
    [[100, 103, 101], 101, 60_000, "question"],
    [[65_533, 65_534, 1], 65_000, 3_000, "question"],
    // Set back in between: what it showed before that is no measure.
    [[100, 103, 5], 102, 3_000, "step 97"],
    [[5_000, 5_003, 0], 5_001, 3_000, "question"],
  ];
  for (const [shown, value, atMs, says] of rows) {
    test(`${shown.join(", ")}, and ${value} after ${atMs} ms is ${says}`, () => {
      const reading = readCounter(both, after(...shown), value, { at: instant(atMs), lateMs: 10_000 });
      assert.equal(inShort(reading), says === "reset 0" ? "same" : says);
      if (says === "reset 0") assert.equal(reading.state.counted, 0);
    });
  }
});

describe("the first value", () => {
  const rows: readonly (readonly [type: CounterType, value: number, says: string, counted: number])[] = [
    [stale, 0, "same", 0],
    [stale, 7, "step 7", 7],
    [stale, 100, "step 100", 100],
    [stale, 101, "question", 0],
    [{ ...stale, baseline: "first" }, 7, "baseline", 7],
    [{ ...stale, baseline: "first" }, 1_000_000, "baseline", 1_000_000],
  ];
  for (const [type, value, says, counted] of rows) {
    test(`baseline ${type.baseline}: ${value} is ${says}`, () => {
      const reading = startCounter(type, value);
      assert.equal(inShort(reading), says);
      assert.equal(reading.state.counted, counted);
    });
  }
});

/** A machine that counts what it makes, in a register of its own width; it knows nothing of how it is read. */
interface Life {
  readonly modulus: number | null;
  readonly first: number;
  readonly moves: readonly { readonly make: number; readonly resetTo: number | null; readonly older: boolean }[];
}

const stepMax = 1000;

function lives(options: {
  readonly modulus: number | null;
  readonly resets: boolean;
  readonly stales: boolean;
}): fc.Arbitrary<Life> {
  const move = fc.record({
    make: fc.oneof(fc.nat(stepMax), fc.constantFrom(0, 1, stepMax)),
    resetTo: options.resets ? fc.option(fc.nat(stepMax), { nil: null, freq: 6 }) : fc.constant(null),
    older: options.stales ? fc.boolean() : fc.constant(false),
  });
  return fc.record({
    modulus: fc.constant(options.modulus),
    first: fc.nat((options.modulus ?? 100_000) - 1),
    moves: fc.array(move, { maxLength: 300, size: "max" }),
  });
}

type Read = (type: CounterType, before: CounterState, value: number) => CounterReading;

/** @returns what was made, what was counted, and how many questions came up */
function liveAndRead(
  life: Life,
  type: CounterType,
  read: Read = readCounter,
): { made: number; counted: number; asked: number } {
  let shown = type.baseline === "zero" ? 0 : life.first;
  let made = 0;
  let counted = 0;
  let asked = 0;
  let state = startCounter(type, shown).state;
  const look = (value: number): void => {
    const reading = read(type, state, value);
    state = reading.state;
    if (reading.change === "counted") counted += reading.by;
    if (reading.change === "question") asked += 1;
  };
  for (const { make, resetTo, older } of life.moves) {
    const top = life.modulus ?? Number.POSITIVE_INFINITY;
    // A reset shows when the value falls, and when it cannot be taken for a rollover.
    if (resetTo !== null && resetTo < shown && top - shown + resetTo > stepMax) {
      made += resetTo;
      shown = resetTo;
    } else {
      made += make;
      shown = life.modulus === null ? shown + make : (shown + make) % life.modulus;
    }
    look(shown);
    if (older && shown > 0) {
      look(Math.floor(shown / 2));
      look(shown);
    }
  }
  return { made, counted, asked };
}

describe("what is counted is what was made", () => {
  const cases: readonly (readonly [string, CounterType, fc.Arbitrary<Life>])[] = [
    ["a counter that only rises", { ...classify, stepMax }, lives({ modulus: null, resets: false, stales: false })],
    ["16 bits", { ...bits16, stepMax, baseline: "first" }, lives({ modulus: 65_536, resets: false, stales: false })],
    [
      "32 bits",
      { ...bits16, modulus: 2 ** 32, stepMax, baseline: "first" },
      lives({ modulus: 2 ** 32, resets: false, stales: false }),
    ],
    [
      "set back by hand",
      { ...manual, stepMax, baseline: "first" },
      lives({ modulus: null, resets: true, stales: false }),
    ],
    [
      "16 bits, set back by hand",
      { ...both, stepMax, baseline: "first" },
      lives({ modulus: 65_536, resets: true, stales: false }),
    ],
    ["older values in between", { ...stale, stepMax }, lives({ modulus: null, resets: false, stales: true })],
  ];
  for (const [name, type, life] of cases) {
    test(name, () => {
      forAll(
        fc.property(life, (lived) => {
          const { made, counted, asked } = liveAndRead(lived, type);
          assert.deepEqual({ counted, asked }, { counted: made, asked: 0 });
        }),
        { numRuns: 300 },
      );
    });
  }

  const wrong: Readonly<Record<string, readonly [Read, CounterType, fc.Arbitrary<Life>]>> = {
    "a rollover taken for a reset": [
      (type, b, v) => readCounter({ ...type, modulus: null, reset: "manual" }, b, v),
      ...rest(1),
    ],
    "a reset that is not counted": [(type, b, v) => readCounter({ ...type, drop: "stale" }, b, v), ...rest(3)],
    "an older value taken for a reset": [
      (type, b, v) => readCounter({ ...type, drop: "classify", reset: "manual" }, b, v),
      ...rest(5),
    ],
    "the newest value as what is counted": [
      (type, b, v) => {
        const reading = readCounter(type, b, v);
        return { ...reading, state: { ...reading.state, counted: v } };
      },
      ...rest(5),
    ],
  };
  function rest(i: number): [CounterType, fc.Arbitrary<Life>] {
    const found = cases[i];
    assert.ok(found);
    return [found[1], found[2]];
  }
  for (const [name, [read, type, life]] of Object.entries(wrong)) {
    test(`it is noticed: ${name}`, () => {
      const tries = fc.sample(life, { numRuns: 50, seed: 3 });
      assert.ok(tries.some((lived) => liveAndRead(lived, type, read).counted !== liveAndRead(lived, type).made));
    });
  }
});

test("a state is plain JSON and no number is lost in it", () => {
  forAll(
    fc.property(fc.nat(), fc.nat(), (a, b) => {
      const { state } = readCounter(both, { base: 0, counted: a, last: a }, b);
      assert.deepEqual(JSON.parse(JSON.stringify(state)), state);
    }),
  );
});
