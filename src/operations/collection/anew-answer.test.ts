/**
 * Where a counter of a machine that was begun anew begins, somebody says what was made up to that value: what comes late, and is
 * older, says nothing more once they have said it, and moves the question while they have not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { CounterAnswer } from "../../record/counter-answer.ts";
import type { Fact } from "../../record/fact.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import { readAgain, startMemory, takeSamples } from "./memory.ts";
import { emptyState, nothingCounted, type CollectorState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { counterKinds, countedBy } from "./testing/counter-kinds.ts";
import { samplesOf } from "./testing/gap-scene.ts";
import { heldPieces } from "./testing/held-pieces.ts";
import type { CounterQuestion, SourceContext } from "./work.ts";

const limits = { samples: 1_000, lateMs: 1_000_000 };
const anewAt = instant(1_000);
/** Counted before what is kept was given up. */
const before = 10;

const perRun = countedBy(counterKinds["with each run"]);
const overRuns = countedBy(counterKinds.never);

const begun: CollectorState = {
  ...emptyState,
  position: anewAt,
  anewAt,
  current: "1",
  runs: {
    "1": { id: "r-1", number: 1, job: "A", article: "", startedAt: anewAt, ending: null, ...nothingCounted, anewAt },
  },
};

/** What happens: a value of the counter at a second, the same with which another run begins, or what a person decides. */
type Event = readonly [second: number, shows: number, run?: number] | "answered" | "dismissed";

interface Outcome {
  /** By the machine and by the person, and what was counted before. */
  readonly counted: number;
  /** By what a person has decided. */
  readonly takenBack: number;
  readonly asked: readonly number[];
}

/** The person says what is missing up to the value that is asked about. */
function read(map: MachineMap, events: readonly Event[]): Outcome {
  const answers: CounterAnswer[] = [];
  const context: SourceContext = { ...contextOf([map]), answers };
  const memory = startMemory({ state: begun, seq: 0 });
  const facts: Fact[] = [];
  const asked = new Map<string, CounterQuestion>();
  const settled = new Set<string>();
  let said = 0;
  let takenBack = 0;
  const hear = (questions: readonly CounterQuestion[]): void => {
    for (const one of questions) {
      const known = asked.get(one.subject);
      // As the store does.
      const isMoved = known?.about?.begins && one.about?.begins && one.at < known.at && !settled.has(one.subject);
      if (!known || isMoved) asked.set(one.subject, one);
    }
  };
  for (const [i, event] of events.entries()) {
    if (typeof event !== "string") {
      const [second, good, run] = event;
      const samples = samplesOf(second, { good, ...(run !== undefined && { run, job: "B" }) });
      const taken = takeSamples(context, memory, { samples, seq: i + 1 }, limits);
      facts.push(...taken.facts);
      hear(taken.questions);
      continue;
    }
    for (const { subject, about } of asked.values()) {
      if (!about || settled.has(subject)) continue;
      settled.add(subject);
      const { rule, run, at, value, uom, begins } = about;
      const closes = event === "dismissed" ? { closes: true as const } : {};
      answers.push({ rule, run, at, value, uom, ...(begins && { begins }), ...closes });
      if (event === "answered") said += Number(value) / 1e6 - before;
    }
    const again = readAgain(context, memory);
    facts.push(...again.facts);
    takenBack += takenBackBy(again.facts);
    hear(again.questions);
  }
  const counted = before + said + piecesOf(facts);
  return { counted, takenBack, asked: [...asked.values()].map(({ at }) => at / 1_000) };
}

function takenBackBy(facts: readonly Fact[]): number {
  return 0 - piecesOf(facts.filter(({ body }) => body.kind === "Corrected"));
}

function piecesOf(facts: readonly Fact[]): number {
  return Number(heldPieces(facts)) / 1e6;
}

for (const [name, type] of Object.entries(counterKinds)) {
  const map = countedBy(type);
  test(`a counter that begins again ${name}: what comes late after the answer says nothing new`, () => {
    const outcome = read(map, [[20, 15], "answered", [10, 12], [30, 18], [15, 13], [12, 12]]);
    assert.deepEqual(outcome, { counted: 18, takenBack: 0, asked: [20] });
  });

  test(`a counter that begins again ${name}: what comes late before the answer is asked about instead`, () => {
    const outcome = read(map, [[20, 15], [10, 12], "answered", [30, 18], [5, 11]]);
    assert.deepEqual(outcome, { counted: 18, takenBack: 0, asked: [10] });
  });
}

test("who closes the question has spoken of all that was made up to its value as well", () => {
  const late = read(perRun, [[20, 15], "dismissed", [10, 12], [30, 18]]);
  assert.deepEqual(late, { counted: before + 3, takenBack: 0, asked: [20] });
  const next = read(perRun, [[20, 15], "dismissed", [10, 12], [30, 18], [40, 2_000_000_000], [50, 19]]);
  assert.deepEqual(next, { counted: before + 4, takenBack: 0, asked: [20, 40] });
});

test("a counter that goes on over the runs is asked about once, in whichever run its first value is heard", () => {
  const late = read(overRuns, [[20, 15, 2], "answered", [10, 12], [30, 18]]);
  assert.deepEqual(late, { counted: 18, takenBack: 0, asked: [20] });
  const moved = read(overRuns, [[20, 15, 2], [10, 12], "answered", [30, 18]]);
  assert.deepEqual(moved, { counted: 18, takenBack: 0, asked: [10] });
});

test("in whatever order values come, and whenever somebody answers: what was made is counted once", () => {
  const courses = fc.record({
    map: fc.constantFrom(perRun, overRuns),
    made: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 8 }),
    order: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
    answeredAfter: fc.nat(),
  });
  forAll(
    fc.property(courses, ({ map, made, order, answeredAfter }) => {
      let shown = before;
      const values = made.map((by, i): Event => [i + 2, (shown += by)]);
      const arrived = values
        .map((value, i) => [order[i] ?? 0, value] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, value]) => value);
      const place = 1 + (answeredAfter % arrived.length);
      const outcome = read(map, [...arrived.slice(0, place), "answered", ...arrived.slice(place)]);
      assert.deepEqual([outcome.counted, outcome.takenBack], [shown, 0]);
    }),
  );
});
