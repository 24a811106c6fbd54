/**
 * One wild value, or a counter that has really leapt: what is counted once a person has said "nothing was made", whenever
 * they say it, and whether or not the value can still be read again.
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
import { readAgain, rebuildMemory, startMemory, takeSamples, type Checkpoint, type MemoryLimits } from "./memory.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";
import type { CounterQuestion, SourceContext } from "./work.ts";

const item = "Production/GoodPieces";
const stepMax = 1_000;
const wild = 5_000_000;
const foldable: MemoryLimits = { samples: 1_000_000, lateMs: 10_000 };
/** What was asked about is settled after two more values. */
const settling: MemoryLimits = { samples: 1, lateMs: 0 };

function mapOf(type: Partial<CounterType>): MachineMap {
  const map = wireMap();
  const isGood = (key: string): boolean => map.items[key]?.path === item;
  return {
    ...map,
    counters: map.counters.map((one) => (isGood(one.item) ? { ...one, type: { ...one.type, stepMax, ...type } } : one)),
  };
}

const stale = mapOf({ drop: "stale" });
const manual = mapOf({ drop: "classify", reset: "manual", baseline: "first" });

/** A value each minute, in a run that begins with the first. */
function valuesOf(values: readonly number[]): readonly (readonly Sample[])[] {
  return values.map((value, i) => {
    const at = instant(1e12 + i * 60_000);
    const start = { "Production/ActiveRun": 7, "Production/JobNumber": "J", "Production/Article": "A" };
    return Object.entries(i === 0 ? { ...start, [item]: value } : { [item]: value }).map(([path, shown]) => ({
      item: path,
      at,
      receivedAt: at,
      status: 0,
      value: shown,
      mark: "",
    }));
  });
}

interface Outcome {
  readonly counted: number;
  /** Pieces that were stated and taken back. */
  readonly takenBack: number;
  readonly questions: number;
}

interface Course {
  readonly map: MachineMap;
  readonly values: readonly number[];
  /** After so many values each question that is open is answered: nothing was made. */
  readonly answeredAfter: readonly number[];
  /** They are closed instead: nothing goes on from what was asked about. */
  readonly isClosed?: true;
  readonly limits?: MemoryLimits;
  /** After so many values the process starts again. */
  readonly restartsAfter?: readonly number[];
}

function read({ map, values, answeredAfter, isClosed, limits = foldable, restartsAfter = [] }: Course): Outcome {
  const bare = contextOf([map]);
  const answers: CounterAnswer[] = [];
  const facts: Fact[] = [];
  const asked = new Map<string, CounterQuestion>();
  const answered = new Set<string>();
  const context: SourceContext = { ...bare, answers };
  let checkpoint: Checkpoint = { state: emptyState, seq: 0 };
  let memory = startMemory(checkpoint);
  const hear = (read: { readonly facts: readonly Fact[]; readonly questions: readonly CounterQuestion[] }): void => {
    facts.push(...read.facts);
    for (const question of read.questions) if (!asked.has(question.subject)) asked.set(question.subject, question);
  };
  const batches = valuesOf(values).map((samples, i) => ({ samples, seq: i + 1 }));
  for (const batch of batches) {
    const taken = takeSamples(context, memory, batch, limits);
    hear(taken);
    checkpoint = taken.checkpoint ?? checkpoint;
    if (answeredAfter.includes(batch.seq)) {
      for (const { subject, about } of asked.values()) {
        if (!about || answered.has(subject)) continue;
        answered.add(subject);
        const { rule, run, at, value, uom } = about;
        answers.push({ rule, run, at, value, uom, ...(isClosed && { closes: true }) });
      }
      hear(readAgain(context, memory));
    }
    if (!restartsAfter.includes(batch.seq)) continue;
    const { position } = checkpoint.state;
    const kept = batches.filter(({ seq }) => seq > checkpoint.seq && seq <= batch.seq);
    const known = facts.filter(({ eventAt }) => position === null || eventAt > position);
    memory = rebuildMemory(context, checkpoint, kept, known, limits);
  }
  return { counted: sum(facts, false) - sum(facts, true), takenBack: sum(facts, true), questions: asked.size };
}

function sum(facts: readonly Fact[], isCorrection: boolean): number {
  const micro = facts.reduce((so, { body }) => {
    if ((body.kind === "Corrected") !== isCorrection) return so;
    const said = body.kind === "Corrected" ? body.was : body;
    return said.kind === "UnitsCounted" && said.grade === "good" ? so + said.quantity.micro : so;
  }, 0n);
  return Number(micro) / 1e6;
}

describe("one wild value, and the counter goes on where it stood", () => {
  for (const [name, map] of [
    ["an older snapshot", stale],
    ["set back by hand", manual],
  ] as const) {
    for (const [how, limits] of [
      ["can be read again", foldable],
      ["is settled", settling],
    ] as const) {
      test(`a fall would be ${name}, the value ${how}: nothing is taken back, nothing invented`, () => {
        const values = [0, 100, wild, 101, 150, 160, 200];
        for (const after of [3, 4, 5, 6, 7]) {
          const outcome = read({ map, values, answeredAfter: [after], limits });
          assert.deepEqual(outcome, { counted: 200, takenBack: 0, questions: 1 }, `answered after ${after} values`);
        }
      });
    }
  }

  test("it stands still at first", () => {
    const outcome = read({ map: stale, values: [0, 100, wild, 100, 101], answeredAfter: [4] });
    assert.deepEqual(outcome, { counted: 101, takenBack: 0, questions: 1 });
  });

  test("the question says where counting will go on", () => {
    const outcome = takeSamples(
      contextOf([stale]),
      startMemory({ state: emptyState, seq: 0 }),
      { samples: valuesOf([0, 100, wild]).flat(), seq: 1 },
      foldable,
    );
    assert.match(
      outcome.questions[0]?.text ?? "",
      /goes on from 5000000, or from 100 if what it shows next follows from there\.$/,
    );
  });

  test("it is the first value of all", () => {
    const outcome = read({ map: stale, values: [wild, 3, 5], answeredAfter: [3] });
    assert.deepEqual(outcome, { counted: 5, takenBack: 0, questions: 1 });
  });

  test("a second wild value is a question of its own, and the answer to the first does not serve for it", () => {
    for (const limits of [foldable, settling]) {
      const values = [0, 100, wild, 101, 102, 103, 2 * wild, 104, 110];
      const outcome = read({ map: stale, values, answeredAfter: [6, 9], limits });
      assert.deepEqual(outcome, { counted: 110, takenBack: 0, questions: 2 });
    }
  });

  test("two wild values behind each other", () => {
    const outcome = read({ map: stale, values: [0, 100, wild, 2 * wild, 101, 110], answeredAfter: [3, 4] });
    assert.deepEqual(outcome, { counted: 110, takenBack: 0, questions: 2 });
  });

  test("it goes on farther than is plausible: that is asked, not left uncounted in silence", () => {
    const values = [0, 100, wild, 100 + 2 * stepMax, 101 + 2 * stepMax];
    const outcome = read({ map: stale, values, answeredAfter: [3, 4] });
    assert.deepEqual(outcome, { counted: 101, takenBack: 0, questions: 2 });
  });
});

describe("a question that was closed", () => {
  const closed = { map: stale, isClosed: true } as const;

  test("what cannot be told later is asked anew, and each of them can be closed", () => {
    for (const limits of [foldable, settling]) {
      const values = [0, 100, wild, 101, 2 * wild, 2 * wild + 5, 102];
      assert.deepEqual(
        read({ ...closed, values, answeredAfter: [3, 5, 6], limits }),
        { counted: 102, takenBack: 0, questions: 3 },
        `${limits.samples} samples`,
      );
    }
  });

  test("what came before it was closed, and could not be told either, is asked when it is closed", () => {
    const values = [0, 100, wild, 101, 2 * wild, 102];
    for (const after of [5, 6])
      assert.equal(read({ ...closed, values, answeredAfter: [after] }).questions, 2, `closed after ${after} values`);
  });

  test("the same value again is not asked anew, also when all is read again", () => {
    const values = [0, 100, wild, wild, wild, 101, wild, 102];
    for (const restartsAfter of [[], [5]]) {
      const outcome = read({ ...closed, values, answeredAfter: [3, 8], restartsAfter });
      assert.deepEqual(outcome, { counted: 102, takenBack: 0, questions: 1 });
    }
  });

  test("it has really leapt: nothing is counted from it in silence", () => {
    const values = [0, 100, wild, wild + 1, wild + 2];
    assert.deepEqual(read({ ...closed, values, answeredAfter: [3] }), { counted: 100, takenBack: 0, questions: 2 });
  });
});

describe("the counter has really leapt", () => {
  for (const [name, map] of [
    ["stale", stale],
    ["manual", manual],
  ] as const) {
    for (const limits of [foldable, settling]) {
      test(`${name}: it is counted from there on, ${limits === foldable ? "read again" : "settled"}`, () => {
        for (const after of [3, 4, 5]) {
          const values = [0, 100, wild, wild, wild + 5, wild + 9, wild + 9, wild + 20];
          const outcome = read({ map, values, answeredAfter: [after], limits });
          assert.equal(outcome.questions, 1);
          assert.equal(outcome.takenBack, 0);
          // What was settled before the answer came is read up to the next value at once.
          assert.equal(outcome.counted, 120, `answered after ${after} values`);
        }
      });
    }
  }

  test("and then it shows one wild value more", () => {
    const outcome = read({
      map: stale,
      values: [0, 100, wild, 2 * wild, wild + 5, wild + 9],
      answeredAfter: [3, 4],
    });
    assert.deepEqual(outcome, { counted: 109, takenBack: 0, questions: 2 });
  });
});

/** What a machine makes each minute, and before which value its counter shows something else for once. */
const courses = fc.record({
  made: fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 3, maxLength: 12 }),
  at: fc.nat(11),
  shows: fc.integer({ min: 20_000, max: 5_000_000 }),
  answeredAfter: fc.nat(14),
  restartsAfter: fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 3 }),
  map: fc.constantFrom(stale, manual),
  limits: fc.constantFrom(foldable, settling, { samples: 4, lateMs: 60_000 }),
});

test("whenever somebody answers: what was made is counted, and nothing that was counted is taken back", () => {
  forAll(
    fc.property(courses, ({ made, at, shows, ...course }) => {
      const shown = made.reduce<number[]>((all, by) => [...all, (all.at(-1) ?? 0) + by], [0]);
      const place = 1 + (at % made.length);
      const values = [...shown.slice(0, place), shows, ...shown.slice(place)];
      const answeredAfter = [Math.max(place + 1, Math.min(course.answeredAfter, values.length))];
      const outcome = read({ ...course, values, answeredAfter });
      assert.deepEqual(outcome, { counted: shown.at(-1), takenBack: 0, questions: 1 });
    }),
  );
});
