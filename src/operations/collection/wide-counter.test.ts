/** Counters of 64 bits: exact up to their last value and over it, or not read, with the reason. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { SampleValue } from "../../record/sample.ts";
import { rebuildMemory, startMemory, takeSamples, type Taken } from "./memory.ts";
import { emptyState, type CollectorState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const limits = { samples: 1_000_000, lateMs: 10_000 };
const end = 2n ** 64n;
const type: CounterType = {
  drop: "classify",
  modulus: 2 ** 64,
  reset: "never",
  baseline: "first",
  stepMax: 1_000,
  because: "It has 64 bits.",
};

function mapWith(of: CounterType): MachineMap {
  const map = wireMap();
  return { ...map, counters: map.counters.map((rule) => ({ ...rule, type: of })) };
}

/** As a connector tells a whole number. */
function told(value: bigint): SampleValue {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** The counter shows these, a second apart. */
function show(values: readonly SampleValue[], of: CounterType = type): Taken {
  const memory = startMemory({ state: emptyState, seq: 0 });
  return takeSamples(contextOf([mapWith(of)]), memory, { samples: samplesOf(values), seq: 1 }, limits);
}

function samplesOf(values: readonly SampleValue[], fromMs = 0): Parameters<typeof takeSamples>[2]["samples"] {
  return values.map((value, i) => {
    const at = instant(fromMs + i * 1_000);
    return { item: "Production/GoodPieces", at, receivedAt: at, status: 0, value, mark: "" };
  });
}

function counted({ facts }: Pick<Taken, "facts">): readonly bigint[] {
  return facts.flatMap(({ body }) => (body.kind === "UnitsCounted" ? [body.quantity.micro] : []));
}

describe("a counter of 64 bits", () => {
  const rows: readonly (readonly [from: bigint, to: bigint])[] = [
    // Beyond it, millionths are no exact numbers any more.
    [9_007_199_254n, 9_007_199_255n],
    [9_007_199_255n, 9_007_199_256n],
    [2n ** 53n - 1n, 2n ** 53n],
    [2n ** 53n, 2n ** 53n + 1n],
    [2n ** 63n - 1n, 2n ** 63n],
    [end - 3n, end - 1n],
  ];
  for (const [from, to] of rows) {
    test(`counts what it rises by from ${from} to ${to}`, () => {
      const taken = show([told(from), told(to), told(to)]);
      assert.deepEqual(taken.setAside, []);
      assert.deepEqual(counted(taken), [(to - from) * 1_000_000n]);
    });
  }

  test("rolls over at its end", () => {
    assert.deepEqual(counted(show([told(end - 2n), 1])), [3_000_000n]);
    assert.deepEqual(counted(show([told(end - 1n), 0])), [1_000_000n]);
  });

  test("has its values in the question, exact, and goes on in a process that knows it from its checkpoint", () => {
    const { questions, facts } = show([told(end - 5_000n), told(end - 2n)]);
    assert.equal(facts.length, 0);
    assert.match(
      questions[0]?.text ?? "",
      /rose by 4998 in one step.* from 18446744073709551614, or from 18446744073709546616 if/,
    );
    assert.equal(questions[0]?.about?.value, "18446744073709551614000000");
    const context = contextOf([mapWith(type)]);
    const memory = startMemory({ state: emptyState, seq: 0 });
    takeSamples(context, memory, { samples: samplesOf([told(end - 2n)]), seq: 1 }, limits);
    const kept = JSON.parse(JSON.stringify(memory.state)) as CollectorState; // as the database gives it back
    const again = rebuildMemory(context, { state: kept, seq: 1 }, [], [], limits);
    assert.deepEqual(
      counted(takeSamples(context, again, { samples: samplesOf([told(end - 1n), 4], 5_000), seq: 2 }, limits)),
      [1_000_000n, 5_000_000n],
    );
  });

  test("with steps of any size, from anywhere", () => {
    const moves = fc.array(fc.bigInt({ min: 0n, max: 1_000n }), { minLength: 1, maxLength: 20 });
    const first = fc.oneof(
      fc.bigInt({ min: 0n, max: end - 1n }),
      fc.bigInt({ min: end - 5_000n, max: end - 1n }),
      fc.bigInt({ min: 9_007_199_000n, max: 9_007_199_300n }),
    );
    forAll(
      fc.property(first, moves, (start, steps) => {
        const values = [start];
        for (const by of steps) values.push(((values.at(-1) ?? 0n) + by) % end);
        const sum = counted(show(values.map(told))).reduce((all, one) => all + one, 0n);
        assert.equal(sum, steps.reduce((all, one) => all + one, 0n) * 1_000_000n);
      }),
    );
  });
});

describe("a floating-point number", () => {
  test("is counted as long as it tells one count from the next", () => {
    assert.deepEqual(counted(show([12_345_678_901.5, 12_345_678_903])), [1_500_000n]);
  });

  test("is not read beyond, and the reason says so", () => {
    const { facts, setAside } = show([2 ** 53, 2 ** 53 + 2]);
    assert.equal(facts.length, 0);
    assert.match(setAside[0]?.why ?? "", /beyond 2\^53, where a floating-point number does not tell/);
    assert.equal(setAside.length, 2);
  });
});

test("what no counter of 64 bits can show is not read", () => {
  const { facts, setAside } = show([told(end - 1n), told(end)]);
  assert.equal(facts.length, 0);
  assert.match(setAside[0]?.why ?? "", /more than a counter of 64 bits can show/);
});

test("a number of a run that is no exact number follows no run, and is named", () => {
  const memory = startMemory({ state: emptyState, seq: 0 });
  const samples = samplesOf(["133772256000000001", 7]).map((sample) => ({ ...sample, item: "Production/ActiveRun" }));
  const { facts, setAside } = takeSamples(contextOf([mapWith(type)]), memory, { samples, seq: 1 }, limits);
  assert.deepEqual(
    setAside.map(({ why }) => why),
    ['"133772256000000001" is no number of a run.'],
  );
  assert.deepEqual(
    facts.map(({ body }) => body.kind),
    ["JobStarted"],
  );
});
