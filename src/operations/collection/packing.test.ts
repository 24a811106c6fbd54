/** A machine that counts what it packs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample, SampleValue } from "../../record/sample.ts";
import { startMemory, takeSamples } from "./memory.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const map = wireMap();
const limits = { samples: 1_000_000, lateMs: 10_000 };
const because = "The packer counts what it has put into boxes, and never down.";
const type = { modulus: null, reset: "never", baseline: "first", drop: "stale", stepMax: 100, because } as const;
const packing = { rule: "packing", item: "packed", handlingUnit: "box", uom: "C62", type };
const items = {
  ...map.items,
  packed: { path: "Packer/Pieces", history: false },
  box: { path: "Packer/Box", history: false },
};
const packer = contextOf([{ ...map, items, packing }]);
/** Samples of one frame, `ms` after the start. */
function frame(ms: number, values: Readonly<Record<string, SampleValue>>): Sample[] {
  return Object.entries(values).map(([item, value]) => {
    const at = instant(Date.parse("2025-02-03T08:00:00Z") + ms);
    return { item, at, receivedAt: at, status: 0, value, mark: "" };
  });
}

const started = frame(0, {
  "Production/ActiveRun": 1,
  "Production/JobNumber": "j",
  "Production/Article": "A",
  "Production/GoodPieces": 0,
});
const kinds = (facts: readonly Fact[]): string[] => facts.map(({ body }) => body.kind);
const packed = (ms: number, pieces: number, box: string): Sample[] =>
  frame(ms, { "Packer/Box": box, "Packer/Pieces": pieces });
const read = (...samples: readonly (readonly Sample[])[]): readonly Fact[] =>
  takeSamples(packer, startMemory({ state: emptyState, seq: 0 }), { samples: samples.flat(), seq: 1 }, limits).facts;

test("what was packed is stated with its handling unit, belongs to the run, and counts no piece", () => {
  const facts = read(
    started,
    packed(500, 40, "B-1"),
    frame(1000, { "Production/GoodPieces": 2 }),
    packed(2000, 42, "B-1 "),
  );
  const [, made, fact] = facts;
  assert.deepEqual(kinds(facts), ["JobStarted", "UnitsCounted", "UnitPacked"]);
  assert.deepEqual(fact?.body, {
    kind: "UnitPacked",
    handlingUnit: "B-1",
    quantity: { micro: 2_000_000n, uom: "C62" },
  });
  assert.equal(fact?.run, made?.run);
  assert.deepEqual(fact?.evidence.map(({ item }) => item).toSorted(), ["Packer/Box", "Packer/Pieces"]);
});

test("a step that cannot be is a question, and nothing is packed by it", () => {
  assert.deepEqual(kinds(read(started, packed(500, 40, "B-1"), packed(2000, 900, "B-1"))), ["JobStarted"]);
});
