import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "./status.ts";
import { watchOf } from "./watch.ts";

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
  const lines = (await watch.metrics.text()).split("\n").filter((line) => line.startsWith("millrace_machine_held{"));
  assert.deepEqual(lines, ['millrace_machine_held{machine="cut-1"} 0', 'millrace_machine_held{machine="cut-2"} 1']);
});
