/**
 * Ways in which what a machine said can arrive: in pieces, twice, late, with restarts in between. And what collection
 * then holds to be true.
 */
import fc from "fast-check";
import { canonicalJson } from "../../../base/json.ts";
import { instant, type Instant } from "../../../base/instant.ts";
import type { Fact } from "../../../record/fact.ts";
import type { MachineMap } from "../../../record/machine-map.ts";
import type { Sample } from "../../../record/sample.ts";
import { compileMap } from "../compiled-map.ts";
import { rebuildMemory, startMemory, takeSamples, type Checkpoint, type MemoryLimits } from "../memory.ts";
import type { KeptSamples } from "../sieve.ts";
import { emptyState, type CollectorState } from "../state.ts";
import type { CounterQuestion, SourceContext } from "../work.ts";
import { hearQuestions } from "./open-questions.ts";

export function contextOf(maps: readonly MachineMap[]): SourceContext {
  const compiled = maps.map(compileMap);
  const newest = compiled.at(-1);
  if (!newest) throw new Error("a source has a map");
  return { source: "m1", workUnit: "unit-1", compiled: newest, maps: compiled };
}

export interface Arrival {
  readonly limits: MemoryLimits;
  /** Milliseconds by which samples are late, used in turn; each below the limit. */
  readonly delays: readonly number[];
  /** Sizes of batches, used in turn. */
  readonly sizes: readonly number[];
  /** After every so many samples one that came earlier comes again; 0: never. */
  readonly doubleEvery: number;
  /** After these batches (used in turn as distances) the process starts again from what is kept; empty: never. */
  readonly restarts: readonly number[];
  /** A fault put in, to see that it is noticed. */
  readonly sabotage?:
    | "late-at-the-end"
    | "forgets-what-it-said"
    | "drops-a-sample"
    | "checkpoint-too-new"
    | "counts-anew";
}

/** In order of source time, at once. */
export const inOrder: Arrival = {
  limits: { samples: 1_000_000, lateMs: 10_000 },
  delays: [0],
  sizes: [1_000_000],
  doubleEvery: 0,
  restarts: [],
};

/** Every way of arriving that a map allows, and restarts in between. */
export const arrivals: fc.Arbitrary<Arrival> = fc.record({
  limits: fc.record({ samples: fc.integer({ min: 1, max: 40 }), lateMs: fc.integer({ min: 500, max: 6000 }) }),
  delays: fc.array(fc.integer({ min: 0, max: 499 }), { minLength: 1, maxLength: 7 }),
  sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  doubleEvery: fc.constantFrom(0, 1, 2, 7),
  restarts: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
});

export interface Held {
  /** Everything that was ever stated, in order. */
  readonly stated: readonly Fact[];
  /** Without those that were taken back. */
  readonly questions: readonly string[];
  readonly setAside: number;
  readonly batches: number;
  /** The checkpoints that were kept, by the batch at which each was taken, with the batch at which it was kept. */
  readonly checkpoints: readonly (readonly [taken: number, kept: number])[];
}

/** Feeds a stream to collection as it arrives. The store is a list: what is committed survives a restart. */
export function collectAs(context: SourceContext, samples: readonly Sample[], arrival: Arrival): Held {
  const kept: { seq: number; samples: readonly Sample[] }[] = [];
  const stated: Fact[] = [];
  const questions = new Map<string, CounterQuestion>();
  const checkpoints: [number, number][] = [];
  let setAside = 0;
  let checkpoint: Checkpoint = { state: emptyState, seq: 0 };
  let memory = startMemory(checkpoint);
  let restart = 0;
  let untilRestart = arrival.restarts[0] ?? Number.POSITIVE_INFINITY;
  for (const batch of batchesOf(arrive(samples, arrival), arrival.sizes)) {
    const seq = kept.length + 1;
    const given = arrival.sabotage === "drops-a-sample" && seq === 3 ? batch.slice(1) : batch;
    const late = arrival.sabotage === "late-at-the-end" ? pushed(given, memory.state.position) : given;
    const taken = takeSamples(context, memory, { samples: late, seq }, arrival.limits);
    kept.push({ seq, samples: late });
    stated.push(...taken.facts);
    hearQuestions(questions, taken);
    setAside += taken.setAside.length;
    if (taken.checkpoint) checkpoints.push([taken.checkpoint.seq, seq]);
    const taking = arrival.sabotage === "checkpoint-too-new" ? { seq: seq + 1, state: memory.state } : taken.checkpoint;
    if (taking) checkpoint = { seq: taking.seq, state: throughDatabase(taking.state) };
    untilRestart -= 1;
    if (untilRestart <= 0) {
      restart += 1;
      untilRestart = arrival.restarts[restart % arrival.restarts.length] ?? Number.POSITIVE_INFINITY;
      const after = kept.filter((k) => k.seq > checkpoint.seq);
      const known = arrival.sabotage === "forgets-what-it-said" ? [] : factsAfter(stated, checkpoint);
      const limits = arrival.sabotage === "counts-anew" ? inOrder.limits : arrival.limits;
      memory = rebuildMemory(context, checkpoint, after, known, limits);
    }
  }
  return { stated, questions: [...questions.keys()], setAside, batches: kept.length, checkpoints };
}

/** The same with batches as they are given, and whether something came too late to be read. */
export function collectBatches(
  context: SourceContext,
  batches: readonly Omit<KeptSamples, "seq">[],
  limits: MemoryLimits,
  restarts: readonly number[],
): { readonly stated: readonly Fact[]; readonly isLeftOut: boolean; readonly asked: ReadonlySet<string> } {
  const kept: KeptSamples[] = [];
  const stated: Fact[] = [];
  const asked = new Map<string, CounterQuestion>();
  let isLeftOut = false;
  let checkpoint: Checkpoint = { state: emptyState, seq: 0 };
  let memory = startMemory(checkpoint);
  let restart = 0;
  let untilRestart = restarts[0] ?? Number.POSITIVE_INFINITY;
  for (const batch of batches) {
    const numbered = { ...batch, seq: kept.length + 1 };
    kept.push(numbered);
    const taken = takeSamples(context, memory, numbered, limits);
    stated.push(...taken.facts);
    hearQuestions(asked, taken);
    isLeftOut ||= taken.overtaken.length > 0 || taken.setAside.some(({ why }) => / settled already/.test(why));
    if (taken.checkpoint) checkpoint = { seq: taken.checkpoint.seq, state: throughDatabase(taken.checkpoint.state) };
    untilRestart -= 1;
    if (untilRestart > 0) continue;
    restart += 1;
    untilRestart = restarts[restart % restarts.length] ?? Number.POSITIVE_INFINITY;
    const after = kept.filter(({ seq }) => seq > checkpoint.seq);
    memory = rebuildMemory(context, checkpoint, after, factsAfter(stated, checkpoint), limits);
  }
  return { stated, isLeftOut, asked: new Set(asked.keys()) };
}

/** As the store gives them: in order of event time and id, not as they were stated. */
function factsAfter(stated: readonly Fact[], { state: { position } }: Checkpoint): readonly Fact[] {
  return stated
    .filter(({ eventAt }) => position === null || eventAt > position)
    .toSorted((a, b) => a.eventAt - b.eventAt || (a.id < b.id ? -1 : 1));
}

/** The order of arrival: later by each sample's delay; and some come twice. */
function arrive(samples: readonly Sample[], { delays, doubleEvery }: Arrival): readonly Sample[] {
  const arriving = samples.map((sample, i) => ({
    sample,
    at: sample.receivedAt + (delays[i % delays.length] ?? 0),
    i,
  }));
  const ordered = arriving
    .toSorted((a, b) => a.at - b.at || a.i - b.i)
    .map(({ sample, at }) => ({ ...sample, receivedAt: instant(at) }));
  if (doubleEvery === 0) return ordered;
  return ordered.flatMap((sample, i) => {
    const again = i % doubleEvery === doubleEvery - 1 ? ordered[Math.floor(i * 0.7)] : undefined;
    return again ? [sample, { ...again, receivedAt: sample.receivedAt }] : [sample];
  });
}

/** What a collector does that reads late samples as if they were new. */
function pushed(samples: readonly Sample[], position: Instant | null): readonly Sample[] {
  return samples.map((s) => (position !== null && s.at < position ? { ...s, at: instant(position + 1) } : s));
}

function* batchesOf(samples: readonly Sample[], sizes: readonly number[]): Generator<readonly Sample[]> {
  for (let from = 0, i = 0; from < samples.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    yield samples.slice(from, from + size);
    from += size;
  }
}

/** A database keeps the value, not the order of its fields. */
function throughDatabase(state: CollectorState): CollectorState {
  return JSON.parse(JSON.stringify(state, reversed)) as CollectorState; // our own state, as text and back
}

function reversed(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toReversed());
}

/** What holds after all corrections, one line per statement, in a fixed order. */
export function effective(stated: readonly Fact[]): readonly string[] {
  const takenBack = new Set(stated.flatMap((f) => (f.body.kind === "Corrected" ? [f.body.corrects] : [])));
  return stated
    .filter((f) => f.body.kind !== "Corrected" && !takenBack.has(f.id))
    .map((f) => [f.eventAt, f.rule, f.evidence[0]?.id, f.run, f.mapVersion, canonicalJson(f.body)].join(" "))
    .toSorted();
}
