/**
 * A machine that remembers nothing, or tells late what it remembers, with counters that begin anew with each run, and a line
 * that is cut now and then: of every run of which pieces are missing somebody is asked, however what was heard is cut, and
 * with restarts in between.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant, type Instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { GapMark } from "../../record/sample-batch.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import type { KeptSamples } from "./sieve.ts";
import { collectBatches, contextOf, effective } from "./testing/arrival.ts";
import { named } from "./testing/gap-scene.ts";

type Batch = Omit<KeptSamples, "seq">;

interface Script {
  /** Pieces of each run, and of each how many seconds it takes. */
  readonly runs: readonly { readonly steps: readonly number[]; readonly idleS: number }[];
  /** By turns so many seconds of a sound line, and of one that is cut. */
  readonly line: readonly number[];
  /** What was said while it was cut is told later, after so many batches; 0: never. */
  readonly remembers: readonly number[];
}

const script: fc.Arbitrary<Script> = fc.record({
  runs: fc.array(
    fc.record({
      steps: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 }),
      idleS: fc.constantFrom(0, 0, 3),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  line: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 8 }),
  remembers: fc.array(fc.constantFrom(0, 0, 1, 3), { minLength: 1, maxLength: 4 }),
});

interface Said {
  readonly at: number;
  readonly values: Readonly<Record<string, SampleValue>>;
}

/** What it says, second by second, and the pieces of each job. */
function live({ runs }: Script): { readonly said: readonly Said[]; readonly made: ReadonlyMap<string, number> } {
  const made = new Map<string, number>();
  const said: Said[] = [{ at: 1, values: { job: "", good: 0 } }];
  let at = 1;
  for (const [i, { steps, idleS }] of runs.entries()) {
    const job = `J${i}`;
    at += 1;
    said.push({ at, values: { job, good: 0 } });
    let good = 0;
    for (const step of steps) {
      at += step;
      good += step;
      said.push({ at, values: { good } });
    }
    made.set(job, good);
    at += 1;
    if (idleS > 0 || i === runs.length - 1) said.push({ at, values: { job: "" } });
    at += idleS;
  }
  return { said, made };
}

function samplesOf({ at, values }: Said): readonly Sample[] {
  const time = instant(at * 1_000);
  return Object.entries(values).map(([item, value]) => ({
    item,
    at: time,
    receivedAt: time,
    status: 0,
    value,
    mark: "",
  }));
}

/** What is heard of it, in order of arrival: values one by one, and at each end of a cut what stands then. */
function heard(script: Script, said: readonly Said[]): readonly Batch[] {
  const batches: Batch[] = [];
  const waiting: { readonly batch: Batch; left: number }[] = [];
  const tell = (batch: Batch): void => {
    batches.push(batch);
    for (const one of waiting) one.left -= 1;
    for (const one of waiting.splice(0, waiting.length)) {
      if (one.left > 0) waiting.push(one);
      else batches.push(one.batch);
    }
  };
  const end = (said.at(-1)?.at ?? 0) + 1;
  const standing = new Map<string, Sample>();
  let at = 0;
  let isUp = true;
  let cut = -1;
  let lost: Sample[] = [];
  let from = instant(0);
  for (let turn = 0; at < end; turn += 1) {
    const until = turn > 30 ? end : Math.min(end, at + (script.line[turn % script.line.length] ?? 1));
    for (const one of said.filter((each) => each.at > at && each.at <= until)) {
      const samples = samplesOf(one);
      for (const sample of samples) standing.set(sample.item, sample);
      if (isUp) tell({ samples, gaps: [] });
      else lost.push(...samples);
      if (isUp) from = instant(one.at * 1_000);
    }
    at = until;
    if (isUp && at < end) {
      cut += 1;
      lost = [];
      tell({ samples: [], gaps: [{ state: "opened", at: from, cause: `cut ${cut}`, filled: false }] });
    } else if (!isUp) {
      const first = [...standing.values()];
      tell({ samples: first, gaps: [] });
      tell({ samples: [], gaps: [closing(from, first, `cut ${cut}`)] });
      const left = script.remembers[cut % script.remembers.length] ?? 0;
      if (left > 0 && lost.length > 0) waiting.push({ batch: { samples: lost, gaps: [], fromHistory: true }, left });
      from = first.reduce((latest, one) => (one.at > latest ? one.at : latest), from);
    }
    isUp = !isUp;
  }
  batches.push(...waiting.map(({ batch }) => batch));
  return batches;
}

function closing(from: Instant, first: readonly Sample[], cause: string): GapMark {
  const items = Object.fromEntries(first.filter((one) => one.at > from).map(({ item, at }) => [item, at]));
  const at = first.reduce((latest, one) => (one.at > latest ? one.at : latest), from);
  return { state: "closed", at, cause, filled: false, missing: { from, items } };
}

const context = contextOf([named]);
const roomy = { samples: 1_000_000, lateMs: 1_000_000 };

/** The same in other pieces: what one batch holds comes in several, and what several hold in one. */
function cutAnew(batches: readonly Batch[], sizes: readonly number[]): readonly Batch[] {
  const anew: Batch[] = [];
  let size = 0;
  for (const batch of batches) {
    const last = anew.at(-1);
    const isLike = last && batch.fromHistory === last.fromHistory && (batch.gaps ?? []).length === 0;
    size = (size + 1) % Math.max(1, sizes.length);
    if (last && isLike && (sizes[size] ?? 0) === 0 && (last.gaps ?? []).length === 0) {
      anew.splice(-1, 1, { ...last, samples: [...last.samples, ...batch.samples] });
    } else if ((sizes[size] ?? 0) === 2 && batch.samples.length > 1) {
      anew.push(
        { ...batch, samples: batch.samples.slice(0, 1), gaps: [] },
        { ...batch, samples: batch.samples.slice(1) },
      );
    } else anew.push(batch);
  }
  return anew;
}

interface Outcome {
  readonly asked: readonly string[];
  readonly facts: readonly string[];
  readonly made: ReadonlyMap<string, number>;
  /** Those of which somebody is asked. */
  readonly jobs: ReadonlySet<string>;
  readonly isLeftOut: boolean;
}

function read(batches: readonly Batch[], limits: typeof roomy, restarts: readonly number[]): Outcome {
  const { stated, asked, isLeftOut } = collectBatches(context, batches, limits, restarts);
  const takenBack = new Set(stated.flatMap(({ body }) => (body.kind === "Corrected" ? [body.corrects] : [])));
  const holding = stated.filter(({ id, body }) => body.kind !== "Corrected" && !takenBack.has(id));
  const jobs = new Map(holding.flatMap(({ run, body }) => (body.kind === "JobStarted" ? [[run, body.job]] : [])));
  const made = new Map([...jobs.values()].map((job) => [job, 0]));
  for (const { run, body } of holding) {
    const job = jobs.get(run);
    if (body.kind !== "UnitsCounted" || job === undefined) continue;
    made.set(job, (made.get(job) ?? 0) + Number(body.quantity.micro) / 1e6);
  }
  const about = [...asked].map((subject) => jobs.get(subject.split("/")[2] ?? "") ?? subject);
  return { asked: [...asked].toSorted(), facts: effective(stated), made, jobs: new Set(about), isLeftOut };
}

test("of every run of which pieces are missing somebody is asked, and of none in which nothing can be missing", () => {
  let lost = 0;
  let whole = 0;
  forAll(
    fc.property(script, (input) => {
      const { said, made } = live(input);
      const { made: counted, jobs } = read(heard(input, said), roomy, []);
      for (const [job, pieces] of counted) {
        // What a run that lies wholly in a gap shows last may look like the last word of the one before.
        const next = `J${Number(job.slice(1)) + 1}`;
        if (made.has(next) && !counted.has(next)) continue;
        if (pieces === made.get(job)) whole += 1;
        else assert.ok(jobs.has(job), `of ${job} ${pieces} are counted, and it made ${made.get(job)}`);
        if (pieces !== made.get(job)) lost += 1;
      }
      const isNeverCut = heard(input, said).every(({ gaps }) => (gaps ?? []).length === 0);
      if (isNeverCut) assert.deepEqual([...jobs], []);
    }),
    { numRuns: 400 },
  );
  assert.ok(lost > 10 && whole > 10, `${lost} lost, ${whole} whole`);
});

test("whatever pieces it is heard in, and with restarts in between, the same is asked", () => {
  const way = fc.record({
    sizes: fc.array(fc.constantFrom(0, 1, 2), { minLength: 1, maxLength: 5 }),
    samples: fc.integer({ min: 1, max: 30 }),
    lateMs: fc.constantFrom(5_000, 60_000),
    restarts: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
  });
  let compared = 0;
  forAll(
    fc.property(script, way, (input, { sizes, samples, lateMs, restarts }) => {
      const batches = heard(input, live(input).said);
      const one = read(batches, roomy, []);
      const other = read(cutAnew(batches, sizes), { samples, lateMs }, restarts);
      // What comes too late to be read is named, and takes no question back.
      if (other.isLeftOut) {
        for (const job of one.jobs) assert.ok(other.jobs.has(job), `of ${job} somebody is asked`);
        return;
      }
      assert.deepEqual(other.facts, one.facts);
      assert.deepEqual(other.asked, one.asked);
      compared += one.asked.length;
    }),
    { numRuns: 300 },
  );
  assert.ok(compared > 20, `${compared} questions compared`);
});
