import assert from "node:assert/strict";
import { test } from "node:test";
import { instant } from "../../base/instant.ts";
import { aheadOfItsTime, type Sample, type SampleValue } from "../../record/sample.ts";
import { startMemory, takeSamples } from "./memory.ts";
import { emptyState } from "./state.ts";
import { contextOf } from "./testing/arrival.ts";
import { wireMap } from "./testing/map.ts";

const start = Date.parse("2026-11-30T08:00:00Z");
const run = "Production/ActiveRun";
const limits = { samples: 2_000, lateMs: 10_000 };

function sample(seconds: number, item: string, value: SampleValue, mark = ""): Sample {
  const at = instant(start + seconds * 1_000);
  return { item, at, receivedAt: at, status: 0, value, mark };
}

test("a value that is marked as ahead of its time is set aside, and what follows is read at its own time", () => {
  const memory = startMemory({ state: emptyState, seq: 0 });
  const context = contextOf([wireMap()]);
  const at = instant(Date.parse("9999-12-31T23:59:59Z"));
  const ahead = { ...sample(0, "Production/GoodPieces", 0), at, mark: aheadOfItsTime };
  const taken = takeSamples(context, memory, { seq: 1, samples: [ahead, sample(1, run, 7)] }, limits);
  assert.deepEqual(
    taken.setAside.map(({ sample: { item, at: shown } }) => [item, shown]),
    [[ahead.item, at]],
  );
  assert.deepEqual(taken.questions, []);
  assert.equal(memory.state.items[run]?.value, 7);
  assert.equal(memory.state.position, start + 1_000);
});

test("of values of one item at one time, told apart by their mark, all are read and the last holds", () => {
  const memory = startMemory({ state: emptyState, seq: 0 });
  const samples = [sample(1, run, 7), sample(1, run, 0, "1"), sample(1, run, 7, "2")];
  const taken = takeSamples(contextOf([wireMap()]), memory, { seq: 1, samples }, limits);
  assert.equal(taken.doubles, 0);
  assert.equal(memory.state.items[run]?.value, 7);
});
