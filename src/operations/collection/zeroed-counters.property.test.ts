/**
 * A machine with several counters that somebody sets to zero, each of them wherever it stands. A counter near the end of its
 * range falls as if it had rolled over: that another one falls too tells them apart, in whatever order both are said and heard.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact } from "../../record/fact.ts";
import type { CounterType, MachineMap } from "../../record/machine-map.ts";
import type { Sample } from "../../record/sample.ts";
import { startMemory, takeSamples } from "./memory.ts";
import { emptyState } from "./state.ts";
import { collectAs, contextOf, effective, inOrder, type Arrival } from "./testing/arrival.ts";
import type { SourceContext } from "./work.ts";

const lateMs = 10_000;
const modulus = 65_536;
const stepMax = 1_000;
const counters = ["c0", "c1", "c2"] as const;
type Counter = (typeof counters)[number];

interface Machine {
  readonly reset: CounterType["reset"];
  readonly frame: MachineMap["frame"];
  readonly from: Readonly<Record<Counter, number>>;
  /** When each counter says what all of them come to at once. */
  readonly afterMs: Readonly<Record<Counter, number>>;
  readonly moves: readonly Move[];
}

interface Move {
  readonly waitMs: number;
  /** Somebody sets the counters to zero before it, if that shows. */
  readonly isReset: boolean;
  readonly made: Readonly<Record<Counter, number>>;
}

function mapOf({ reset, frame }: Pick<Machine, "reset" | "frame">, counted: readonly Counter[] = counters): MachineMap {
  const because = "The counter begins again at zero behind its largest value.";
  const type: CounterType = { drop: "classify", modulus, reset, baseline: "first", stepMax, because };
  return {
    name: "m1",
    version: 1,
    validFrom: instant(0),
    items: Object.fromEntries(["job", ...counters].map((key) => [key, { path: key, history: true }])),
    frame,
    clock: { trust: "device", mode: "live", lateMs },
    run: { by: "job", job: "job", article: null },
    counters: counted.map((key) => ({ rule: key, item: key, grade: "good", uom: "C62", type })),
    consumption: [],
    state: null,
    energy: null,
    alarm: null,
    job: null,
  };
}

const each = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<Counter, T>> =>
  fc.record({ c0: value, c1: value, c2: value });
const nearEnd = fc.integer({ min: modulus - 300, max: modulus - 1 });
const piecesMost = 120;
const pieces = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: piecesMost }));

/** @param low  where counters stand that have made little: what is set to zero near it cannot always be told from a wild value */
function machines(waitMs: number, low: number): fc.Arbitrary<Machine> {
  return fc.record({
    reset: fc.constantFrom("never", "manual"),
    frame: fc.constantFrom("source-time", "sample"),
    from: each(fc.oneof(nearEnd, fc.constant(low), fc.integer({ min: 5_000, max: modulus - 1 }))),
    afterMs: fc.oneof(each(fc.constant(0)), each(fc.integer({ min: 0, max: lateMs - 1_000 }))),
    moves: fc.array(
      fc.record({
        waitMs: fc.integer({ min: waitMs, max: 3 * waitMs }),
        isReset: fc.boolean(),
        made: each(pieces),
      }),
      { minLength: 1, maxLength: 20 },
    ),
  });
}

interface Shown {
  value: number;
  beganAgainAt: number;
}

/** Its own fall tells that it was set to zero. */
function isTelling({ value, beganAgainAt }: Shown, now: number): boolean {
  return value > 0 && value < modulus - stepMax && now - beganAgainAt > 3 * lateMs;
}

interface Life {
  readonly samples: readonly Sample[];
  readonly made: Readonly<Record<Counter, number>>;
}

/**
 * @param resetsMost  so many times somebody sets its counters to zero at most
 * @param lowest      and only while each shows that much
 */
function live({ from, afterMs, moves }: Machine, { resetsMost, lowest }: { resetsMost: number; lowest: number }): Life {
  const start = (value: number): Shown => ({ value, beganAgainAt: Number.NEGATIVE_INFINITY });
  const shows = { c0: start(from.c0), c1: start(from.c1), c2: start(from.c2) };
  const made = { c0: 0, c1: 0, c2: 0 };
  let now = 1_000_000;
  let resets = 0;
  const samples: Sample[] = [];
  const say = (): void => {
    for (const item of counters) samples.push(said(now + afterMs[item], item, shows[item].value));
  };
  samples.push(said(now, "job", "J-1"));
  say();
  for (const move of moves) {
    now += move.waitMs;
    // Of two that stand near their ends, or of one beside others at zero, nobody can tell.
    const all = Object.values(shows);
    const isTold = all.some((one) => isTelling(one, now)) && all.every(({ value }) => value >= lowest);
    if (move.isReset && isTold && resets < resetsMost) {
      resets += 1;
      for (const one of all) one.value = 0;
    } else {
      for (const counter of counters) {
        const one = shows[counter];
        const to = one.value + move.made[counter];
        made[counter] += move.made[counter];
        if (to >= modulus) one.beganAgainAt = now;
        one.value = to % modulus;
      }
    }
    say();
  }
  return { samples: samples.toSorted((a, b) => a.at - b.at), made };
}

function said(at: number, item: string, value: number | string): Sample {
  return { item, at: instant(at), receivedAt: instant(at), status: 0, value, mark: "" };
}

const arrivals: fc.Arbitrary<Arrival> = fc.record({
  limits: fc.record({ samples: fc.integer({ min: 1, max: 40 }), lateMs: fc.constant(lateMs) }),
  delays: fc.array(fc.integer({ min: 0, max: 499 }), { minLength: 1, maxLength: 7 }),
  sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  doubleEvery: fc.constantFrom(0, 2, 7),
  restarts: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
});

function countedOf(stated: readonly Fact[]): Record<Counter, number> {
  const takenBack = new Set(stated.map(({ body }) => (body.kind === "Corrected" ? body.corrects : "")));
  const counted = { c0: 0, c1: 0, c2: 0 };
  for (const { id, body, rule } of stated) {
    const counter = counters.find((name) => rule === name);
    if (body.kind === "UnitsCounted" && counter && !takenBack.has(id))
      counted[counter] += Number(body.quantity.micro) / 1e6;
  }
  return counted;
}

/** Each question is answered with "nothing was made, it goes on from there": of a counter that was set to zero that is so. */
function readAnswering(context: SourceContext, samples: readonly Sample[]): Record<Counter, number> {
  const answers: CounterAnswer[] = [];
  for (;;) {
    const memory = startMemory({ state: emptyState, seq: 0 });
    const { facts, questions } = takeSamples({ ...context, answers }, memory, { samples, seq: 1 }, inOrder.limits);
    const open = questions.find(
      ({ about }) => about && !answers.some(({ rule, at }) => rule === about.rule && at === about.at),
    );
    if (!open?.about) return countedOf(facts);
    answers.push(open.about);
  }
}

describe("counters of a machine that are set to zero", () => {
  test("one that rolls over is no question, wherever the others stand", () => {
    forAll(
      fc.property(machines(1_000, 0), arrivals, (machine, arrival) => {
        const { samples, made } = live(machine, { resetsMost: 0, lowest: 0 });
        const { stated, questions } = collectAs(contextOf([mapOf(machine)]), samples, arrival);
        assert.deepEqual({ counted: countedOf(stated), questions }, { counted: made, questions: [] });
      }),
      { numRuns: 300 },
    );
  });

  test("no piece is counted that was not made, in whatever order they are said and heard", () => {
    forAll(
      fc.property(machines(1_000, 0), arrivals, (machine, arrival) => {
        const { samples, made } = live(machine, { resetsMost: Number.POSITIVE_INFINITY, lowest: 0 });
        const counted = countedOf(collectAs(contextOf([mapOf(machine)]), samples, arrival).stated);
        for (const counter of counters)
          assert.ok(counted[counter] <= made[counter], `${counter}: ${counted[counter]} of ${made[counter]}`);
      }),
      { numRuns: 500 },
    );
  });

  test("it is noticed where each is read alone", () => {
    const alone = (machine: Machine, counter: Counter): boolean => {
      const { samples, made } = live(machine, { resetsMost: Number.POSITIVE_INFINITY, lowest: 0 });
      const { stated } = collectAs(contextOf([mapOf(machine, [counter])]), samples, inOrder);
      return countedOf(stated)[counter] > made[counter];
    };
    const tries = fc.sample(machines(1_000, 0), { numRuns: 50, seed: 3 });
    assert.ok(tries.some((machine) => counters.some((counter) => alone(machine, counter))));
  });

  test("any cut of the stream says the same", () => {
    forAll(
      fc.property(machines(1_000, 0), arrivals, (machine, arrival) => {
        const { samples } = live(machine, { resetsMost: Number.POSITIVE_INFINITY, lowest: 0 });
        const context = contextOf([mapOf(machine)]);
        const whole = effective(collectAs(context, samples, inOrder).stated);
        assert.deepEqual(effective(collectAs(context, samples, arrival).stated), whole);
      }),
      { numRuns: 300 },
    );
  });

  test("what is asked about and answered is counted exactly", () => {
    forAll(
      fc.property(machines(3 * lateMs, 5_000), (machine) => {
        const { samples, made } = live(machine, { resetsMost: 1, lowest: 2 * piecesMost });
        assert.deepEqual(readAnswering(contextOf([mapOf(machine)]), samples), made);
      }),
      { numRuns: 500 },
    );
  });
});
