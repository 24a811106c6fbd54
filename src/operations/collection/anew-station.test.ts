/** Several jobs at once: begun anew, each station goes on in the run in which it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { beginAnew, type OpenRun } from "./anew.ts";
import { stationWords } from "./anew-station.ts";
import { foldSamples } from "./fold.ts";
import { startMemory, takeSamples } from "./memory.ts";
import type { KeptSamples } from "./sieve.ts";
import { emptyState, type CollectorState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { liveMould, mouldMap, mouldStepNames } from "./testing/mould-machine.ts";

const context = contextOf([mouldMap()]);
const limits = { samples: 1_000_000, lateMs: 10_000 };
type Values = Readonly<Record<string, SampleValue>>;

function batchesOf(all: readonly Values[]): readonly KeptSamples[] {
  return all.map((values, i) => {
    const at = instant(1e12 + i * 1000);
    const samples = Object.entries(values).map(([item, value]): Sample => {
      return { item, at, receivedAt: at, status: 0, value, mark: "" };
    });
    return { seq: i + 1, samples };
  });
}

function openAfter(facts: readonly Fact[]): readonly OpenRun[] {
  const ended = new Set(facts.flatMap(({ run, body }) => (body.kind === "JobEnded" ? [run] : [])));
  return facts.flatMap(({ run, body, eventAt }): readonly OpenRun[] =>
    body.kind === "JobStarted" && run !== null && !ended.has(run)
      ? [{ id: run, job: body.job, article: body.article, outside: false, startedAt: eventAt }]
      : [],
  );
}

/** As the record gives them: those of one time in no order that says anything. */
function asKept(facts: readonly Fact[]): readonly Fact[] {
  return facts.toSorted((a, b) => a.eventAt - b.eventAt || (a.id < b.id ? -1 : 1));
}

interface Anew {
  readonly before: readonly Fact[];
  readonly after: readonly Fact[];
  readonly asked: number;
  /** Each station stands where something was stated of it last. */
  readonly isStated: boolean;
}

/** Of the batches up to `cut` those in `lost` cannot be read; what comes after is read by what is begun anew. */
function readAnew(all: readonly KeptSamples[], cut: number, lost: ReadonlySet<number>): Anew {
  const read = all.slice(0, cut);
  const memory = startMemory({ state: emptyState, seq: 0 });
  const before = read.flatMap((batch) => takeSamples(context, memory, batch, limits).facts);
  const begun = beginAnew(
    context,
    {
      checkpoint: { state: emptyState, seq: 0 },
      batches: read.filter(({ seq }) => !lost.has(seq)),
      doubtfulUpto: Math.max(...lost),
      position: memory.state.position,
      runs: openAfter(before),
      ends: [],
      stations: stationWords(asKept(before)),
      stated: before,
      areCountersAsked: false,
    },
    limits,
  );
  const anew = startMemory({ state: begun.state, seq: cut });
  const taken = all.slice(cut).map((batch) => takeSamples(context, anew, batch, limits));
  const asked = taken.flatMap((one) => one.questions).length + begun.unnamed.length;
  return { before, after: taken.flatMap((one) => one.facts), asked, isStated: isStated(memory.state, before) };
}

/** @param facts  in the order in which they were stated */
function isStated({ stations, runs }: CollectorState, facts: readonly Fact[]): boolean {
  return Object.entries(stations ?? {}).every(([name, { run }]) => {
    const last = facts.findLast(({ rule }) => rule.split(":")[0]?.endsWith(`@${name}`));
    return (last?.run ?? null) === (run === null ? null : runs[run]?.id);
  });
}

/** What was counted after, as `rule job pieces`. */
function counted({ before, after }: Anew): readonly string[] {
  const jobs = new Map(
    [...before, ...after].flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])),
  );
  return after.flatMap(({ rule, run, body }) =>
    body.kind === "UnitsCounted" ? [`${rule} ${jobs.get(run)} ${Number(body.quantity.micro) / 1e6}`] : [],
  );
}

function changesOf(facts: readonly Fact[]): readonly string[] {
  return facts.flatMap(({ body }) => (body.kind === "JobStarted" || body.kind === "JobEnded" ? [body.kind] : []));
}

const named = (cavity: number, job: string): Values => ({
  [`Cavity${cavity}/Job`]: job,
  [`Cavity${cavity}/Article`]: `ART-${job}`,
});
const open = { "Cavity1/Open": 1, "Cavity2/Open": 1 };
const both = { ...named(1, "A"), "Cavity1/Open": 1, ...named(2, "A"), "Cavity2/Open": 1 };

test("a station that has gone on to another job in what is lost is in its run, and no run is ended or begun for it", () => {
  const all = batchesOf([
    { Strokes: 10, ...both },
    { Strokes: 12 },
    named(2, "B"),
    { Strokes: 14, ...open },
    { Strokes: 15 },
    { Strokes: 17 },
  ]);
  const anew = readAnew(all, 4, new Set([3]));
  assert.deepEqual(changesOf(anew.after), []);
  assert.deepEqual(counted(anew), ["strokes@1 A 1", "strokes@2 B 1", "strokes@1 A 2", "strokes@2 B 2"]);
});

test("so is one that has joined the run of another one, and says later that it goes on", () => {
  const all = batchesOf([
    { Strokes: 10, ...both, ...named(2, "B") },
    { Strokes: 12 },
    named(1, "B"),
    { Strokes: 14, ...open },
    { Strokes: 15 },
    named(1, "C"),
    { Strokes: 16 },
  ]);
  const anew = readAnew(all, 4, new Set([3]));
  assert.deepEqual(changesOf(anew.after), ["JobStarted"]);
  assert.deepEqual(counted(anew), ["strokes@1 B 1", "strokes@2 B 1", "strokes@1 C 1", "strokes@2 B 1"]);
});

test("what is said after the damage holds, whatever was stated before it", () => {
  const all = batchesOf([
    { Strokes: 10, ...both },
    { Strokes: 12 },
    named(2, "C"),
    named(2, "B"),
    { Strokes: 14, ...open },
    { Strokes: 15 },
  ]);
  const anew = readAnew(all, 5, new Set([3]));
  assert.deepEqual(changesOf(anew.after), []);
  assert.deepEqual(counted(anew), ["strokes@1 A 1", "strokes@2 B 1"]);
});

test("nothing can be read: the stations are those of which something was stated, and somebody is asked", () => {
  const all = batchesOf([
    { Strokes: 10, ...both, ...named(2, "B") },
    { Strokes: 12 },
    { Strokes: 13 },
    { Strokes: 15 },
  ]);
  const anew = readAnew(all, 2, new Set([1, 2]));
  assert.deepEqual(changesOf(anew.after), []);
  assert.ok(anew.asked > 0);
});

test("what a station has used in the run that it leaves is stated with its next run, and leaves it there", () => {
  const all = batchesOf([
    { Strokes: 10, Energy: 5, ...both },
    { Strokes: 12, Energy: 6 },
    { Energy: 8, ...named(2, "B") },
    { Strokes: 14, ...open },
    { Strokes: 15 },
    { Strokes: 17 },
  ]);
  const { before } = readAnew(all, 3, new Set([3]));
  const begun = before.find(({ body }) => body.kind === "JobStarted" && body.job === "B");
  const used = before.find(({ eventAt, body }) => eventAt === begun?.eventAt && body.kind === "EnergyUsed");
  assert.ok(begun && used, "both are stated at one time");
  for (const facts of [before, before.toReversed()]) assert.equal(stationWords(facts).get("2")?.run, begun.run);
  assert.deepEqual(counted(readAnew(all, 4, new Set([3]))), [
    "strokes@1 A 1",
    "strokes@2 B 1",
    "strokes@1 A 2",
    "strokes@2 B 2",
  ]);
});

test("energy of a station that is stated later is a word of its run; what is stated of no station is none of any", () => {
  const [one] = readAnew(batchesOf([{ Strokes: 10, ...both }, { Strokes: 11 }]), 1, new Set([1])).before;
  assert.ok(one);
  const fact = (rule: string, run: string, at: number, body: Fact["body"]): Fact => {
    return { ...one, id: `${rule} ${run}`, rule, run, eventAt: instant(at), body };
  };
  const quantity = { micro: 1n, uom: "C62" };
  const pieces: Fact["body"] = { kind: "UnitsCounted", grade: "good", quantity, reason: null };
  const energy: Fact["body"] = { kind: "EnergyUsed", quantity };
  const used: Fact["body"] = { kind: "MaterialConsumed", material: "C:9@7", lot: null, quantity };
  const facts = [
    fact("strokes@2", "B", 1, pieces),
    fact("energy@2", "A", 1, energy),
    fact("inserts@3:C:9@7", "B", 1, used),
    fact("energy@3", "A", 2, energy),
    fact("strokes@zone:4", "B", 1, pieces),
    fact("bill:C@9", "B", 3, used),
    fact("corrected:bill:C@9", "B", 3, used),
    fact("granulate:C:9@7", "B", 3, used),
    fact("run/ended:5@6", "B", 3, { kind: "JobEnded", result: "left" }),
  ];
  const runs = (all: readonly Fact[]): Record<string, string> =>
    Object.fromEntries([...stationWords(all)].map(([station, { run }]) => [station, run]));
  for (const all of [facts, facts.toReversed()]) assert.deepEqual(runs(all), { "2": "B", "3": "A", "zone:4": "B" });
});

test("a name that came late behind the damage is not that of the job to which its station has gone on in what is lost", () => {
  const [first, second, third, ...others] = batchesOf([
    { Strokes: 10, ...both },
    named(1, "B"),
    named(1, "C"),
    { Strokes: 12, ...open },
    { Strokes: 13 },
  ]);
  assert.ok(first && second && third);
  const arrived = [first, third, second, ...others].map((batch, i) => ({ ...batch, seq: i + 1 }));
  const anew = readAnew(arrived, 4, new Set([2]));
  assert.deepEqual(changesOf(anew.after), []);
  assert.deepEqual(counted(anew), ["strokes@1 C 1", "strokes@2 A 1"]);
});

test("what a clock showed before it was corrected is not counted for a station that came to a run just after it all began", () => {
  const { counters, ...map } = mouldMap();
  const setBack = counters.map((rule) => ({ ...rule, type: { ...rule.type, reset: "manual" as const } }));
  const resettable = contextOf([{ ...map, counters: setBack }]);
  const anewAt = instant(1e12);
  const memory = startMemory({ state: { ...emptyState, position: anewAt, anewAt }, seq: 0 });
  const told = batchesOf([
    { Other: 0 },
    { ...named(1, "A"), "Cavity1/Open": 1, "Cavity2/Open": 0, Strokes: 20 },
    { ...named(2, "B"), "Cavity2/Open": 1 },
    { Strokes: 18 },
    { Strokes: 21 },
  ]);
  const taken = told.map((batch) => takeSamples(resettable, memory, batch, limits));
  const pieces = taken.flatMap(({ facts }) => facts.filter(({ body }) => body.kind === "UnitsCounted"));
  assert.deepEqual(
    pieces.map(({ rule, body }) => [rule, body.kind === "UnitsCounted" && body.quantity.micro]),
    [
      ["strokes@1", 1_000_000n],
      ["strokes@2", 1_000_000n],
    ],
  );
});

const steps = fc.array(
  fc.record({
    what: fc.constantFrom(...mouldStepNames.filter((name) => name !== "sleep")),
    a: fc.nat(99),
    b: fc.nat(99),
    afterMs: fc.integer({ min: 1, max: 5_000 }),
  }),
  { minLength: 5, maxLength: 40 },
);

test("whatever is damaged, nothing is counted twice, and where something is lost somebody is asked", () => {
  const damages = fc.record({ steps, cut: fc.nat(), lost: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }) });
  forAll(
    fc.property(damages, (one) => {
      const { samples } = liveMould(one.steps, 1e12);
      const frames = [...Map.groupBy(samples, ({ at }) => at).values()];
      const all = frames.map((frame, i): KeptSamples => ({ seq: i + 1, samples: frame }));
      const cut = 1 + (one.cut % (all.length - 1));
      const lost = new Set(one.lost.map((n) => 1 + (n % cut)));
      const anew = readAnew(all, cut, lost);
      const right = piecesOf(foldSamples(context, emptyState, samples).facts);
      const stated = piecesOf([...anew.before, ...anew.after]);
      assert.ok(sumOf(stated) <= sumOf(right), `${sumOf(stated)} are stated of ${sumOf(right)}`);
      // Pieces without a job are nobody's, and nobody is told of them.
      const [own, ownRight] = [stated, right].map((pieces) => sumOf(pieces) - (pieces.get(null) ?? 0n));
      assert.ok(own === ownRight || anew.asked > 0, "what is lost is asked about");
      if (!anew.isStated) return;
      for (const [run, pieces] of stated)
        assert.ok(
          run === null || pieces <= (right.get(run) ?? 0n),
          `${pieces} are stated of ${right.get(run)} in ${run}`,
        );
    }),
    { numRuns: 200 },
  );
});

/** By run. */
function piecesOf(facts: readonly Fact[]): ReadonlyMap<string | null, bigint> {
  const sums = new Map<string | null, bigint>();
  for (const { run, body } of facts)
    if (body.kind === "UnitsCounted") sums.set(run, (sums.get(run) ?? 0n) + body.quantity.micro);
  return sums;
}

function sumOf(pieces: ReadonlyMap<string | null, bigint>): bigint {
  return [...pieces.values()].reduce((sum, one) => sum + one, 0n);
}
