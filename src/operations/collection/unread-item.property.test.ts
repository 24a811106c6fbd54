/**
 * Items that no rule listens to change nothing: not the facts, not their evidence, not what counts as late. And a double
 * is recognised whenever it comes, although what is plainly newer is not looked up.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { instant } from "../../base/instant.ts";
import { forAll } from "../../base/testing/chance.ts";
import type { Fact } from "../../record/fact.ts";
import type { MachineMap } from "../../record/machine-map.ts";
import { sampleIdentity, type Sample, type SampleValue } from "../../record/sample.ts";
import { compileMap } from "./compiled-map.ts";
import { startMemory, takeSamples, type CollectorMemory } from "./memory.ts";
import { emptyState } from "./state.ts";
import type { SourceContext } from "./work.ts";

const map: MachineMap = {
  name: "press",
  version: 1,
  validFrom: instant(0),
  frame: "source-time",
  clock: { trust: "device", mode: "live", lateMs: 50 },
  items: {
    job: { path: "Job", history: false },
    pieces: { path: "Pieces", history: false },
    temperature: { path: "Zone{n}/Temperature", history: false },
  },
  run: { by: "job", job: "job", article: null },
  counters: [
    {
      rule: "pieces",
      item: "pieces",
      grade: "good",
      uom: "C62",
      type: { modulus: null, reset: "never", baseline: "zero", drop: "stale", stepMax: 1000, because: "It counts up." },
    },
  ],
  consumption: [],
  state: null,
  energy: null,
  alarm: null,
  job: null,
};
const compiled = compileMap(map);
const context: SourceContext = { source: "press-1", workUnit: "P1", compiled, maps: [compiled] };
const limits = { samples: 12, lateMs: 50 };

interface Step {
  readonly zones: readonly number[];
  readonly pieces: number;
  readonly job: string | null;
}

const steps = fc.array(
  fc.record({
    zones: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
    pieces: fc.integer({ min: 0, max: 3 }),
    job: fc.option(fc.constantFrom("A", "B")),
  }),
  { minLength: 1, maxLength: 60 },
);

function sample(item: string, at: number, value: SampleValue, status = 0): Sample {
  return { item, at: instant(at), receivedAt: instant(at), status, value, mark: "" };
}

/** Telemetry first: were it read, it would be the evidence of everything in its frame. */
function told(stream: readonly Step[], withTelemetry: boolean): Sample[][] {
  let pieces = 0;
  return stream.map(({ zones, pieces: made, job }, i) => {
    const at = 1000 + i * 10;
    pieces += made;
    const telemetry = withTelemetry
      ? zones.map((zone, k) => sample(`Zone${zone}/Temperature`, at, k, zone === 3 ? 0x80000000 : 0))
      : [];
    const named = job === null ? [] : [sample("Job", at, job)];
    return [...telemetry, ...named, sample("Pieces", at, pieces)];
  });
}

interface Outcome {
  readonly facts: readonly Fact[];
  readonly doubles: number;
  readonly setAside: number;
  readonly memory: CollectorMemory;
}

function take(batches: readonly (readonly Sample[])[]): Outcome {
  const memory = startMemory({ state: emptyState, seq: 0 });
  const facts: Fact[] = [];
  let setAside = 0;
  let doubles = 0;
  for (const [i, samples] of batches.entries()) {
    const taken = takeSamples(context, memory, { samples, seq: i + 1 }, limits);
    facts.push(...taken.facts);
    setAside += taken.setAside.length;
    doubles += taken.doubles;
  }
  return { facts, doubles, setAside, memory };
}

test("telemetry changes no fact and no evidence, and nothing of it is set aside or held in memory", () => {
  forAll(
    fc.property(steps, (stream) => {
      const plain = take(told(stream, false));
      const noisy = take(told(stream, true));
      assert.deepEqual(noisy.facts, plain.facts);
      assert.equal(noisy.setAside, 0);
      assert.ok(noisy.memory.tail.every(({ item }) => !item.startsWith("Zone")));
      assert.ok(!Object.keys(noisy.memory.state.items).some((item) => item.startsWith("Zone")));
    }),
  );
});

test("checkpoints follow what arrived, not what was read: a restart never has to read much more again", () => {
  const quiet = Array.from({ length: 100 }, (_, i) => [
    ...Array.from({ length: 5 }, (_, zone) => sample(`Zone${zone}/Temperature`, 1000 + i * 10, i)),
    ...(i % 20 === 0 ? [sample("Pieces", 1000 + i * 10, i)] : []),
  ]);
  const { memory } = take(quiet);
  assert.ok(memory.newer.seq > 40, `the newer checkpoint stands at batch ${memory.newer.seq} of 100`);
});

test("a double is taken out wherever it comes, in its own batch or after samples that were plainly newer", () => {
  forAll(
    fc.property(steps, fc.array(fc.nat({ max: 59 }), { maxLength: 20 }), (stream, again) => {
      const batches = told(stream, true);
      const repeated = batches.map((_, i) => again.flatMap((k) => (k <= i ? (batches[k] ?? []) : [])));
      const doubled = take(batches.map((batch, i) => [...batch, ...(repeated[i] ?? [])]));
      const read = repeated.flat().filter(({ item }) => !item.startsWith("Zone"));
      assert.deepEqual(doubled.facts, take(batches).facts);
      assert.equal(doubled.doubles, read.length);
      assert.equal(new Set(doubled.memory.tail.map(sampleIdentity)).size, doubled.memory.tail.length);
    }),
  );
});
