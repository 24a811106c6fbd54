/**
 * A counter leaps, and somebody says what was made up to the value that was asked about: what comes late, or is read back, from in
 * between says nothing more once they have said it, and changes what is asked, or takes it back, while they have not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact } from "../../record/fact.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import { readAgain, rebuildMemory, startMemory, takeSamples, type Taken } from "./memory.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { counterKinds, countedBy } from "./testing/counter-kinds.ts";
import { samplesOf } from "./testing/gap-scene.ts";
import { heldPieces } from "./testing/held-pieces.ts";
import { hearQuestions } from "./testing/open-questions.ts";
import type { KeptSamples } from "./sieve.ts";
import type { CounterQuestion, SourceContext } from "./work.ts";

const limits = { samples: 1_000, lateMs: 1_000_000 };
const stepMost = 10;

const kinds = Object.entries(counterKinds).map(
  ([name, type]) => [name, countedBy({ ...type, stepMax: stepMost })] as const,
);
const perRun = countedBy({ stepMax: stepMost });

/** What the counter shows at a second; what a person decides; the process starts anew. */
type Event =
  | readonly [second: number, shows: number, run?: number]
  | "answered"
  | "nothing"
  | "dismissed"
  | "restarted";

interface Outcome {
  /** By the machine and by the person. */
  readonly counted: number;
  /** Seconds of what was asked about, in order; of each value once. */
  readonly asked: readonly number[];
  /** Questions that are open. */
  readonly open: number;
}

/** The person says what is missing in what is stated up to the value that is asked about. */
function read(map: MachineMap, events: readonly Event[], sabotage?: "forgets-where-it-stood"): Outcome {
  const answers: CounterAnswer[] = [];
  let context: SourceContext = { ...contextOf([map]), answers: [] };
  let memory = startMemory({ state: emptyState, seq: 0 });
  const kept: KeptSamples[] = [];
  const facts: Fact[] = [];
  const asked: number[] = [];
  const open = new Map<string, CounterQuestion>();
  const said: Said[] = [];
  const hear = (taken: Pick<Taken, "facts" | "questions" | "withdrawn">): void => {
    facts.push(...taken.facts);
    hearQuestions(open, taken);
    for (const { at } of open.values()) if (!asked.includes(at / 1_000)) asked.push(at / 1_000);
  };
  const take = (second: number, values: Readonly<Record<string, number | string>>): void => {
    kept.push({ samples: samplesOf(second, values), seq: kept.length + 1 });
    hear(takeSamples(context, memory, kept.at(-1) ?? { samples: [], seq: 0 }, limits));
  };
  take(1, { run: 1, job: "A", good: 0 });
  for (const event of events) {
    if (event === "restarted") memory = rebuildMemory(context, { state: emptyState, seq: 0 }, kept, facts, limits);
    else if (typeof event === "string") {
      for (const [subject, { about }] of open) {
        if (!about) continue;
        open.delete(subject);
        const { rule, run, at, value, uom, stood } = about;
        const closes = event === "dismissed" ? { closes: true as const } : {};
        const saysPieces = event === "answered" && !sabotage;
        answers.push({ rule, run, at, value, uom, ...(stood && saysPieces && { stood }), ...closes });
        const made = Number(value) / 1e6 - statedUntil(facts, said, at);
        if (event === "answered") said.push({ at, made });
      }
      context = { ...context, answers: answers.toSorted((a, b) => a.at - b.at) };
      hear(readAgain(context, memory));
    } else {
      const [second, good, run] = event;
      take(second, { good, ...(run !== undefined && { run, job: `J-${run}` }) });
    }
  }
  return { counted: statedUntil(facts, said, Infinity), asked, open: open.size };
}

interface Said {
  readonly at: number;
  readonly made: number;
}

function statedUntil(facts: readonly Fact[], said: readonly Said[], until: number): number {
  const counted = Number(heldPieces(facts.filter(({ eventAt }) => eventAt <= until))) / 1e6;
  return said.reduce((sum, { at, made }) => sum + (at <= until ? made : 0), counted);
}

for (const [name, map] of kinds) {
  test(`a counter that begins again ${name}: what comes late after the answer says nothing new`, () => {
    const outcome = read(map, [[10, 5], [20, 25], "answered", [15, 12], [18, 20], [30, 28]]);
    assert.deepEqual(outcome, { counted: 28, asked: [20], open: 0 });
  });

  test(`a counter that begins again ${name}: what comes late before the answer takes the question back`, () => {
    const outcome = read(map, [
      [10, 5],
      [20, 25],
      [15, 15],
      [30, 28],
    ]);
    assert.deepEqual(outcome, { counted: 28, asked: [20], open: 0 });
  });

  test(`a counter that begins again ${name}: what comes late before the answer, and tells not all, changes what is asked`, () => {
    const outcome = read(map, [[10, 5], [20, 25], [12, 8], "answered", [30, 28]]);
    assert.deepEqual(outcome, { counted: 28, asked: [20], open: 0 });
  });

  test(`a counter that begins again ${name}: a question that was closed in words says nothing of what comes late`, () => {
    const outcome = read(map, [[10, 5], [20, 25], "dismissed", [15, 15], [30, 28]]);
    assert.deepEqual(outcome, { counted: 28, asked: [20], open: 0 });
  });
}

test("seen to fail: an answer that does not say where counting stood lets it count twice", () => {
  const events: readonly Event[] = [[10, 5], [20, 25], "answered", [15, 12], [18, 20], [30, 28]];
  assert.equal(read(perRun, events, "forgets-where-it-stood").counted, 28 + 20);
});

test("the first value of a run may leap as well", () => {
  const outcome = read(perRun, [[20, 25], "answered", [10, 5], [12, 9], [30, 28]]);
  assert.deepEqual(outcome, { counted: 28, asked: [20], open: 0 });
});

const wild = 2_000_000;

test("who says that nothing was made has said no pieces: what comes late counts", () => {
  const late = read(perRun, [[10, 5], [20, wild], "nothing", [15, 12], [18, 20], [30, 28]]);
  assert.deepEqual(late, { counted: 28, asked: [20], open: 0 });
  const last = read(perRun, [[10, 5], [20, wild], "nothing", [15, 12]]);
  assert.deepEqual(last, { counted: 12, asked: [20], open: 0 });
});

test("a wild value in between tells nothing of when counting stood where it leapt from", () => {
  for (const decided of ["dismissed", "nothing"] as const) {
    const events: readonly Event[] = [[10, 5], [12, wild], decided, [20, 25], "answered", [11, 9], [30, 28]];
    assert.equal(read(perRun, events).counted, 28, decided);
  }
  const stale = read(perRun, [[10, 5], [12, 3], [20, 25], "answered", [11, 9], [30, 28]]);
  assert.equal(stale.counted, 28);
});

test("a second value at the time at which counting stood is spoken of, too", () => {
  assert.equal(read(perRun, [[10, 5], [20, 25], "answered", [10, 8], [30, 28]]).counted, 28);
});

test("of another run, in which the machine was in between, nobody has spoken", () => {
  const events = (late: readonly Event[]): readonly Event[] => [
    ...([
      [12, 0, 2],
      [18, 0, 1],
      [20, 25],
    ] as const),
    "answered",
    ...late,
  ];
  const outcome = read(perRun, events([]));
  const withOther = read(
    perRun,
    events([
      [14, 6],
      [16, 9],
    ]),
  );
  assert.deepEqual([outcome.counted, withOther.counted], [25, 25 + 9]);
});

test("in whatever order values come, whenever somebody answers, and with restarts: what was made is counted once", () => {
  const courses = fc.record({
    map: fc.constantFrom(...kinds.map(([, map]) => map)),
    made: fc.array(fc.integer({ min: 0, max: 3 * stepMost }), { minLength: 2, maxLength: 8 }),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    doneAfter: fc.array(fc.tuple(fc.nat({ max: 8 }), fc.constantFrom("answered" as const, "restarted" as const)), {
      maxLength: 4,
    }),
  });
  forAll(
    fc.property(courses, ({ map, made, order, doneAfter }) => {
      let shown = 0;
      const values = made.map((by, i): Event => [i + 2, (shown += by)]);
      const arrived = values
        .map((value, i) => [order[i] ?? 0, value] as const)
        .toSorted(([a], [b]) => a - b)
        .flatMap(([, value], i): readonly Event[] => [
          value,
          ...doneAfter.flatMap(([after, what]) => (after === i ? [what] : [])),
        ]);
      // Nobody is asked any more when all that is asked was answered, again and again.
      const outcome = read(map, [...arrived, ...arrived.map((): Event => "answered")]);
      assert.deepEqual([outcome.counted, outcome.open], [shown, 0]);
    }),
  );
});
