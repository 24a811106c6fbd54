import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "./status.ts";
import { watchOf, type Watch } from "./watch.ts";

/** Two machines that are connected; samples of the second wait, because what is kept of it cannot be read. */
const status: Status = {
  ready: true,
  machines: ["cut-1", "cut-2"].map((id) => ({
    id,
    connected: true,
    held: id === "cut-2",
    lastSampleAt: null,
    samplesPerSecond: 0,
    backfilling: false,
    waitingSamples: 0,
    unfilledGaps: id === "cut-1" ? 2 : 0,
    lostSamples: id === "cut-1" ? 500 : 0,
    fault: null,
  })),
  erps: [],
  outbox: { pending: 0, inDoubt: 0, refused: 0, parked: 0 },
  finals: [],
  buffered: 0,
  bufferFault: null,
  instructions: 0,
  quarantine: 0,
  questions: 0,
  reconcile: null,
  recovering: false,
  idle: false,
};

test("a machine that is held is seen by whoever watches, though it is connected", async () => {
  const watch = watchOf(
    () => Promise.resolve(status),
    () => 0,
  );
  assert.deepEqual(await watch.waits(), ["machine cut-2 is held: what is kept of it cannot be read"]);
  assert.deepEqual(await linesOf(watch, "millrace_machine_held"), [
    'millrace_machine_held{machine="cut-1"} 0',
    'millrace_machine_held{machine="cut-2"} 1',
  ]);
});

test("what is missing of a machine is seen by whoever watches", async () => {
  const watch = watchOf(
    () => Promise.resolve(status),
    () => 0,
  );
  assert.deepEqual(await linesOf(watch, "millrace_machine_gaps_unfilled"), [
    'millrace_machine_gaps_unfilled{machine="cut-1"} 2',
    'millrace_machine_gaps_unfilled{machine="cut-2"} 0',
  ]);
  assert.deepEqual(await linesOf(watch, "millrace_machine_samples_lost"), [
    'millrace_machine_samples_lost{machine="cut-1"} 500',
    'millrace_machine_samples_lost{machine="cut-2"} 0',
  ]);
});

async function linesOf({ metrics }: Watch, gauge: string): Promise<readonly string[]> {
  return (await metrics.text()).split("\n").filter((line) => line.startsWith(`${gauge}{`));
}
