import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import { HistoryReadResult, StatusCodes } from "node-opcua";
import { instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import { sampleIdentity } from "../../record/sample.ts";
import type { HistoryOutcome, HistorySlice, MachineSession } from "../connector.ts";
import { opcuaConnector } from "./index.ts";
import { TestServer } from "./testing/server.ts";

const signal = new AbortController().signal;
const items = ["History/A", "History/B", "History/C", "History/D"];
const base = 1_738_561_253_000;
let machine: TestServer;

before(async () => {
  machine = await TestServer.start();
  for (const item of items) machine.add("History", item.slice(8), { value: 0, history: true });
  machine.add("History", "None", { value: 0 });
  machine.add("History", "Quiet", { value: 0, history: true });
});
after(async () => {
  await machine.stop();
});

async function open(t: TestContext, historyPageSize: number): Promise<MachineSession> {
  const opened = await opcuaConnector.open(machine.settings({ historyPageSize }), signal);
  assert.ok(opened.ok);
  t.after(() => opened.value.close());
  return opened.value;
}

async function read(
  session: MachineSession,
  from: number,
  paths = items,
): Promise<{ slices: HistorySlice[]; outcome: HistoryOutcome }> {
  const slices: HistorySlice[] = [];
  const outcome = await session.history(paths, instant(from), async (slice) => void slices.push(slice), signal);
  assert.ok(outcome.ok, outcome.ok ? "" : outcome.fault.message);
  return { slices, outcome: outcome.value };
}

type Remembered = readonly { readonly at: number; readonly value: number }[];

/** Few distinct times, so that pages often end within one. */
const memory = fc
  .array(fc.record({ step: fc.integer({ min: 0, max: 3 }), value: fc.integer({ min: 0, max: 5 }) }), { maxLength: 40 })
  .map((steps): Remembered => {
    let at = base;
    return steps.map(({ step, value }) => ({ at: (at += step), value }));
  });

function expected(memories: readonly Remembered[], from: number): string[] {
  return memories
    .flatMap((values, index) =>
      values.filter(({ at }) => at >= from).map(({ at, value }) => `${items[index]}|${at}|${value}`),
    )
    .toSorted();
}

function told(samples: readonly Sample[]): string[] {
  return samples.map((sample) => `${sample.item}|${sample.at}|${String(sample.value)}`).toSorted();
}

test("nothing is lost, nothing is cut, and every slice is complete up to where it says", async (t) => {
  const sessions = await Promise.all([1, 2, 5, 17].map((pageSize) => open(t, pageSize)));
  await forAll(
    fc.asyncProperty(
      fc.tuple(memory, memory, memory, memory),
      fc.integer({ min: -2, max: 40 }),
      fc.integer({ min: 0, max: sessions.length - 1 }),
      async (memories, offset, which) => {
        const session = sessions[which];
        assert.ok(session);
        for (const [index, values] of memories.entries()) machine.setHistory(items[index] ?? "", values);
        const { slices, outcome } = await read(session, base + offset);
        const all = slices.flatMap((slice) => slice.samples);
        assert.deepEqual(told(all), expected(memories, base + offset));
        assert.equal(outcome.samples, all.length);
        let through = base + offset - 1;
        for (const slice of slices) {
          const times = slice.samples.map((sample) => sample.at);
          assert.deepEqual(
            times,
            times.toSorted((a, b) => a - b),
            "ascending",
          );
          assert.ok(
            times.every((at) => at > through && at <= slice.through),
            "only what is new and within",
          );
          through = slice.through;
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("more values at one time than a page holds neither loop nor get lost", async (t) => {
  const many = Array.from({ length: 57 }, (_, value) => ({ at: base, value }));
  machine.setHistory("History/A", [...many, { at: base + 1, value: 99 }]);
  for (const item of items.slice(1)) machine.setHistory(item, []);
  const { slices } = await read(await open(t, 5), base);
  assert.equal(slices.flatMap((slice) => slice.samples).length, 58);
  assert.ok(slices.every((slice) => new Set(slice.samples.map((sample) => sample.at)).size >= 1));
});

test("a machine without continuation points is paged by time, past many values of one time too", async (t) => {
  const crowded = Array.from({ length: 40 }, (_, i) => ({ at: base + (i < 25 ? 3 : i), value: i }));
  machine.setHistory("History/A", [{ at: base, value: 1000 }, ...crowded]);
  machine.setHistory("History/B", [{ at: base + 30, value: 7 }]);
  const release = machine.withoutContinuationPoints();
  t.after(release);
  const { slices } = await read(await open(t, 4), base, ["History/A", "History/B"]);
  const all = slices.flatMap((slice) => slice.samples);
  assert.equal(new Set(all.map(sampleIdentity)).size, 42);
  assert.equal(all.length, 42, "nothing comes twice");
});

test("a history that is not in order loses nothing", async (t) => {
  const disorder = Array.from({ length: 60 }, (_, i) => ({ at: base + i * 1000 - (i % 2) * 5_000, value: i }));
  machine.setHistory("History/A", disorder);
  for (const item of items.slice(1)) machine.setHistory(item, []);
  const { slices } = await read(await open(t, 7), base - 10_000);
  assert.equal(slices.flatMap((slice) => slice.samples).length, 60);
});

test("status codes and times before 1970 are kept", async (t) => {
  machine.setHistory("History/A", [
    { at: -86_400_000, value: 1, status: StatusCodes.BadSensorFailure },
    { at: 0, value: 2 },
  ]);
  for (const item of items.slice(1)) machine.setHistory(item, []);
  const { slices } = await read(await open(t, 10), -100_000_000);
  assert.deepEqual(
    slices.flatMap((slice) => slice.samples).map((sample) => [sample.at, sample.status, sample.value]),
    [
      [-86_400_000, StatusCodes.BadSensorFailure.value, 1],
      [0, 0, 2],
    ],
  );
});

test("items without history are named, and the others still told", async (t) => {
  machine.setHistory("History/A", [{ at: base, value: 1 }]);
  const { slices, outcome } = await read(await open(t, 10), base, ["History/A", "History/None", "History/Absent"]);
  assert.deepEqual(outcome, { withoutHistory: ["History/None", "History/Absent"], samples: 1 });
  assert.equal(slices.length, 1);
});

test("an item that said nothing in the asked time keeps nobody's history back, whatever the machine calls that", async (t) => {
  machine.setHistory("History/A", [
    { at: base, value: 1 },
    { at: base + 1, value: 2 },
  ]);
  for (const statusCode of [StatusCodes.GoodNoData, StatusCodes.BadNoData, StatusCodes.BadBoundNotFound]) {
    const item = machine.item("History/Quiet");
    item.historyRead = async () => new HistoryReadResult({ statusCode });
    const { slices, outcome } = await read(await open(t, 10), base, ["History/A", "History/Quiet"]);
    assert.deepEqual(outcome, { withoutHistory: [], samples: 2 }, statusCode.name);
    assert.equal(slices.length, 1);
  }
});

test("the consumer is waited for, and one that gives up stops the reading", async (t) => {
  machine.setHistory(
    "History/A",
    Array.from({ length: 30 }, (_, i) => ({ at: base + i, value: i })),
  );
  for (const item of items.slice(1)) machine.setHistory(item, []);
  const session = await open(t, 3);
  let inside = 0;
  const stop = new AbortController();
  let slices = 0;
  const outcome = await session.history(
    items,
    instant(base),
    async () => {
      inside += 1;
      assert.equal(inside, 1, "one slice at a time");
      await new Promise((done) => setTimeout(done, 5));
      inside -= 1;
      slices += 1;
      if (slices === 2) stop.abort();
    },
    stop.signal,
  );
  assert.equal(outcome.ok, false);
  if (!outcome.ok) assert.equal(outcome.fault.code, "machine/given-up");
  assert.equal(slices, 2);
  assert.equal(machine.continuationPoints, 0, "what the machine kept for us is given back");
});

test("a machine that goes away half-way gives a fault that is worth a retry", async (t) => {
  machine.setHistory(
    "History/A",
    Array.from({ length: 30 }, (_, i) => ({ at: base + i, value: i })),
  );
  const session = await open(t, 3);
  const outcome = await session.history(items, instant(base), async () => machine.dropSessions(), signal);
  assert.equal(outcome.ok, false);
  if (!outcome.ok) assert.equal(outcome.fault.kind, "transient");
});
