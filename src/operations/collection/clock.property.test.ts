/** A machine's clock that is set while it works: what it made is told by nothing else than by what it said. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { canonicalJson } from "../../base/json.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import { sampleIdentity, type Sample } from "../../record/sample.ts";
import type { KeptSamples } from "./sieve.ts";
import { collectAs, collectBatches, contextOf, effective, inOrder, type Arrival } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";
import { live, stepNames, type Step } from "./testing/wire-machine.ts";

const start = Date.parse("2025-02-03T05:00:00Z");
const lateMs = 2_000;
const trusting: MachineMap = { ...wireMap(), clock: { trust: "device", mode: "live", lateMs } };
const context = contextOf([trusting]);
/** So long it takes until a clock that was set back is known for one. */
const noticedMs = 10_000;

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    what: fc.constantFrom(...stepNames.filter((name) => name !== "sleep")),
    a: fc.nat(999),
    b: fc.nat(999),
    afterMs: fc.integer({ min: 1, max: 5_000 }),
  }),
  { minLength: 20, maxLength: 80, size: "max" },
);

/** At a share of what the machine says, its clock is set by so much against the true time. */
interface Setting {
  readonly share: number;
  readonly toMs: number;
}

const far = fc.oneof(
  fc.integer({ min: -3 * 3_600_000, max: -6 * noticedMs }),
  fc.integer({ min: -200_000, max: -6 * noticedMs }),
  fc.constant(-30 * 365 * 86_400_000),
);
/** It does not catch up in any of these lives. */
const furthest = fc.oneof(fc.integer({ min: -3 * 3_600_000, max: -900_000 }), fc.constant(-30 * 365 * 86_400_000));
const setBack = far.map((toMs) => [{ share: 0.4, toMs }]);
const settings: fc.Arbitrary<Setting[]> = fc.oneof(
  setBack,
  // Put right again.
  far.map((toMs) => [
    { share: 0.3, toMs },
    { share: 0.7, toMs: 0 },
  ]),
  // It was ahead, and is put right.
  far.map((toMs) => [
    { share: 0, toMs: -toMs },
    { share: 0.4, toMs: 0 },
  ]),
);

const arrivals: fc.Arbitrary<Arrival> = fc.record({
  limits: fc.record({ samples: fc.integer({ min: 1, max: 60 }), lateMs: fc.constant(lateMs) }),
  delays: fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 7 }),
  sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  doubleEvery: fc.constant(0),
  restarts: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
});

test("what was made is told as if the clock had not been set", () => {
  holds(400, settings, [0], (right, set) => assert.deepEqual(story(set), story(right)));
});

test("where values come out of order as well, each job has made what it made", () => {
  holds(300, setBack, null, (right, set) => assert.deepEqual(sums(set), sums(right)));
});

test("what one gateway received, and can tell only after another one, is read where it was said, or left out by name", () => {
  const way = fc.record({
    isAhead: fc.boolean(),
    isRemembered: fc.boolean(),
    /** From and for how much of what the machine says, in shares of it, the first gateway can tell nothing. */
    from: fc.double({ min: 0.25, max: 0.85, noNaN: true }),
    part: fc.double({ min: 0.01, max: 0.4, noNaN: true }),
    further: fc.nat(20),
    limits: fc.record({ samples: fc.integer({ min: 5, max: 1_000 }), lateMs: fc.constant(lateMs) }),
    restarts: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
  });
  let whole = 0;
  let compared = 0;
  forAll(
    fc.property(steps, furthest, way, (lived, toMs, { isAhead, limits, restarts, ...held }) => {
      const { samples } = live(lived, start);
      const setting = isAhead ? { share: 0, toMs: -toMs } : { share: 0.35, toMs };
      const shown = withClock(samples, isAhead ? [setting, { share: 0.35, toMs: 0 }] : [setting]);
      const batches = shown && toldByTwo(shown, held);
      if (!batches) return;
      const { stated, isLeftOut } = collectBatches(context, batches, limits, restarts);
      assert.equal(new Set(stated.map(({ id }) => id)).size, stated.length, "nothing is stated twice");
      compared += 1;
      if (isLeftOut) return;
      whole += 1;
      assert.deepEqual(sums(stated), sums(collectAs(context, samples, inOrder).stated));
    }),
    { numRuns: 200 },
  );
  assert.ok(whole > compared / 2 && compared > 50, `${whole} of ${compared} in which nothing is left out`);
});

test("what comes late, twice or long after it was said is no clock that was set back", () => {
  const doubleEvery = fc.constantFrom(0, 1, 2, 7);
  forAll(
    fc.property(steps, arrivals, doubleEvery, (lived, arrival, again) => {
      const { samples } = live(lived, start);
      const once = collectAs(context, samples, inOrder);
      const other = collectAs(context, samples, { ...arrival, doubleEvery: again });
      assert.deepEqual(effective(other.stated), effective(once.stated));
      assert.deepEqual(
        other.questions.filter((subject) => subject.includes("/clock/")),
        [],
      );
    }),
    { numRuns: 300 },
  );
});

test("a collection that knows no such clock is caught", () => {
  const unaware = contextOf([{ ...trusting, clock: { ...trusting.clock, mode: "replay" } }]);
  const tries = fc.sample(fc.tuple(steps, setBack, arrivals), { numRuns: 20, seed: 5 });
  const isCaught = tries.some(([lived, clock, arrival]) => {
    const { samples } = live(lived, start);
    const shown = withClock(samples, clock);
    if (shown === null) return false;
    const right = sums(collectAs(context, samples, inOrder).stated);
    return (
      canonicalJson(sums(collectAs(unaware, shown, arrival).stated).map(String)) !== canonicalJson(right.map(String))
    );
  });
  assert.ok(isCaught);
});

/** What the first gateway could not tell comes some values after the other one has told for long enough what the machine says. */
function toldByTwo(
  shown: readonly Sample[],
  held: { readonly isRemembered: boolean; readonly from: number; readonly part: number; readonly further: number },
): readonly Omit<KeptSamples, "seq">[] | null {
  const from = Math.floor(shown.length * held.from);
  const to = from + Math.floor(shown.length * held.part);
  const first = shown[to];
  const knownFrom = first ? shown.findIndex(({ receivedAt }) => receivedAt > first.receivedAt + 1.5 * noticedMs) : -1;
  if (!first || knownFrom < 0) return null;
  const until = knownFrom + held.further;
  const batchesOf = (size: number, samples: readonly Sample[]): readonly { readonly samples: readonly Sample[] }[] =>
    Array.from({ length: Math.ceil(samples.length / size) }, (_, i) => ({
      samples: samples.slice(i * size, (i + 1) * size),
    }));
  const missed = shown.slice(from, to);
  // Of a clock that was ahead, what was said before it was put right lies after all that was told since.
  if (missed.some(({ at, receivedAt }) => at > receivedAt)) return null;
  const remembered = missed.map((sample) => ({ ...sample, receivedAt: first.receivedAt }));
  return [
    ...batchesOf(1, shown.slice(0, from)),
    ...(held.isRemembered ? batchesOf(7, remembered).map((one) => ({ ...one, fromHistory: true as const })) : []),
    ...batchesOf(1, shown.slice(to, until)),
    ...batchesOf(3, missed),
    ...batchesOf(1, shown.slice(until)),
  ];
}

function holds(
  numRuns: number,
  clocks: fc.Arbitrary<Setting[]>,
  delays: readonly number[] | null,
  compare: (right: readonly Fact[], set: readonly Fact[]) => void,
): void {
  let compared = 0;
  forAll(
    fc.property(steps, clocks, arrivals, (lived, clock, arrival) => {
      const { samples } = live(lived, start);
      const shown = withClock(samples, clock);
      if (shown === null) return;
      compared += 1;
      const set = collectAs(context, shown, { ...arrival, delays: delays ?? arrival.delays });
      compare(collectAs(context, samples, inOrder).stated, set.stated);
    }),
    { numRuns },
  );
  assert.ok(compared > numRuns / 2, `${compared} lives in which the clock was set`);
}

/** Null where too little is said after it to know, or where one would be taken for another. */
function withClock(samples: readonly Sample[], settings: readonly Setting[]): readonly Sample[] | null {
  const times = [...new Set(samples.map(({ at }) => at))];
  const from = settings.map(({ share, toMs }) => ({ toMs, at: times[Math.floor(times.length * share)] ?? start }));
  for (const [i, { at }] of from.entries()) {
    const end = from[i + 1]?.at ?? times.at(-1) ?? at;
    if (end - at < 3 * noticedMs) return null;
  }
  const shown = samples.map((sample) => {
    const by = from.findLast(({ at }) => at <= sample.at)?.toMs ?? 0;
    return { ...sample, at: instant(sample.at + by) };
  });
  // The same value of an item at the same time of its clock is one sample, by chance too.
  const isTwice = new Set(shown.map(sampleIdentity)).size < new Set(samples.map(sampleIdentity)).size;
  return isTwice ? null : shown;
}

function holding(stated: readonly Fact[]): readonly Fact[] {
  const takenBack = new Set(stated.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
  return stated
    .filter(({ id, body }) => body.kind !== "Corrected" && !takenBack.has(id))
    .toSorted((a, b) => a.eventAt - b.eventAt);
}

/** What is held to be true, run by run and in order, without its times. */
function story(stated: readonly Fact[]): readonly unknown[] {
  const { true: ofRuns = [], false: ofNobody = [] } = Object.groupBy(holding(stated), ({ run }) => `${run !== null}`);
  // When the first fact of nobody is stated says nothing about the order of the runs.
  const told = [ofNobody, ...Map.groupBy(ofRuns, ({ run }) => run).values()];
  return told.map((facts) => facts.map(({ body }) => canonicalJson(body)).toSorted());
}

/** Pieces by job. */
function sums(stated: readonly Fact[]): readonly (readonly [string, bigint])[] {
  const jobs = new Map<string | null, string>();
  const made = new Map<string, bigint>();
  for (const { run, body } of holding(stated)) {
    if (body.kind === "JobStarted") jobs.set(run, body.job);
    if (body.kind !== "UnitsCounted") continue;
    const job = jobs.get(run) ?? "";
    made.set(job, (made.get(job) ?? 0n) + body.quantity.micro);
  }
  return [...made].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
