import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import fc from "fast-check";
import { forAll } from "../../base/testing/chance.ts";
import type { UAObject } from "node-opcua";
import { instant } from "../../base/instant.ts";
import { knownUnits } from "../../base/unit.ts";
import type { MachineJobOrder } from "../../record/instruction.ts";
import type { MachineJobOrders, MachineSession } from "../connector.ts";
import { unitIdOf, uomOf } from "./client-job.ts";
import { opcuaConnector } from "./index.ts";
import { addOlderReceiver, addReceiver, showOrders } from "./testing/receiver.ts";
import { TestServer } from "./testing/server.ts";

const signal = new AbortController().signal;
const place = { receiver: "Jobs", provider: "Results" };
let machine: TestServer;
let receiver: UAObject;
let stored: unknown[] = [];
let answer: bigint | null = 1n;

before(async () => {
  machine = await TestServer.start();
  receiver = addReceiver(machine, "Jobs", (method, input) => {
    if (method === "Store" && answer === 1n) {
      stored = [...stored, entry(input, 1)];
      showOrders(receiver, stored, 3);
    }
    return answer;
  });
  showOrders(receiver, [], 3);
  addOlderReceiver(machine, "Older");
});
after(async () => {
  await machine.stop();
});

function entry(jobOrder: unknown, stateNumber: number): unknown {
  const state = machine.structure("ISA95StateDataType", {
    stateNumber,
    stateText: { text: "" },
    browsePath: { elements: [] },
  });
  return machine.structure("ISA95JobOrderAndStateDataType", { jobOrder, state: [state] });
}

async function open(t: TestContext, more: Record<string, unknown> = {}): Promise<MachineSession> {
  const opened = await opcuaConnector.open(machine.settings(more), signal);
  assert.ok(opened.ok);
  t.after(() => opened.value.close());
  return opened.value;
}

async function orders(t: TestContext, more: Record<string, unknown> = {}): Promise<MachineJobOrders> {
  const found = await (await open(t, more)).jobOrders(place, signal);
  assert.ok(found.ok, found.ok ? "" : found.fault.message);
  return found.value;
}

const order: MachineJobOrder = {
  jobOrderId: "ZSK/00099/11/2024/695180",
  description: "Przewód ż",
  material: "07-006-0015",
  quantity: { micro: 12_345_678n, uom: "MTR" },
  priority: 7,
  startTime: instant(1_738_561_253_123),
  parameters: { order: "1000012", "a b": "" },
};

const anyOrder: fc.Arbitrary<MachineJobOrder> = fc.record({
  jobOrderId: fc.string({ minLength: 1 }),
  description: fc.string(),
  material: fc.string(),
  quantity: fc.record(
    {
      micro: fc.bigInt({ min: 0n, max: 10n ** 18n }),
      uom: fc.constantFrom(...knownUnits().map((unit) => unit.code)),
    },
    { noNullPrototype: true },
  ),
  priority: fc.integer({ min: -32_768, max: 32_767 }),
  startTime: fc.option(fc.integer({ min: 0, max: 4_000_000_000_000 }).map(instant)),
  parameters: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
});

test("whatever is stored is read back equal", async (t) => {
  const jobs = await orders(t);
  answer = 1n;
  await forAll(
    fc.asyncProperty(anyOrder, async (wanted) => {
      stored = [];
      const put = await jobs.store(wanted, signal);
      assert.ok(put.ok, put.ok ? "" : put.fault.message);
      const list = await jobs.list(signal);
      assert.ok(list.ok);
      assert.deepEqual(
        list.value.map(({ order: kept, state }) => ({ ...kept, parameters: { ...kept.parameters }, state })),
        [{ ...wanted, parameters: { ...wanted.parameters }, state: "not-allowed-to-start" }],
      );
    }),
    { numRuns: 50 },
  );
});

test("a priority that the machine cannot hold becomes its nearest", async (t) => {
  const jobs = await orders(t);
  answer = 1n;
  stored = [];
  assert.ok((await jobs.store({ ...order, priority: 100_000 }, signal)).ok);
  const list = await jobs.list(signal);
  assert.ok(list.ok);
  assert.equal(list.value[0]?.order.priority, 32_767);
});

test("each bit of the machine's answer has its meaning", async (t) => {
  const jobs = await orders(t);
  const cases: [bigint, string, string][] = [
    [2n, "refused", "machine/job-unknown"],
    [8n, "refused", "machine/job-state"],
    [16n, "refused", "machine/job-capacity"],
    [1n << 32n, "invalid", "machine/job-request"],
    [1n << 40n, "refused", "machine/job-refused"],
    [0n, "refused", "machine/job-refused"],
  ];
  for (const [bits, kind, code] of cases) {
    answer = bits;
    const calls = [
      await jobs.store(order, signal),
      await jobs.allowStart("A", signal),
      await jobs.revokeStart("A", signal),
      await jobs.cancel("A", signal),
      await jobs.clear("A", signal),
    ];
    for (const result of calls) {
      assert.equal(result.ok, false);
      if (!result.ok) assert.deepEqual([result.fault.kind, result.fault.code], [kind, code]);
    }
  }
  answer = 1n;
  assert.ok((await jobs.allowStart("A", signal)).ok);
});

test("a call that left and brought no answer is ambiguous", async (t) => {
  const jobs = await orders(t, { requestTimeoutMs: 500 });
  answer = null;
  const result = await jobs.allowStart("A", signal);
  answer = 1n;
  assert.equal(result.ok, false);
  if (!result.ok) assert.deepEqual([result.fault.kind, result.fault.code], ["ambiguous", "machine/call-unanswered"]);
});

test("states and orders of others are read; a state that does not exist is not guessed", async (t) => {
  const jobs = await orders(t);
  const foreign = machine.structure("ISA95JobOrderDataType", { jobOrderID: "foreign" });
  stored = [1, 2, 3, 4, 5, 6].map((state) => entry(foreign, state));
  showOrders(receiver, stored, 3);
  const list = await jobs.list(signal);
  assert.ok(list.ok);
  assert.deepEqual(
    list.value.map(({ state }) => state),
    ["not-allowed-to-start", "allowed-to-start", "running", "interrupted", "ended", "aborted"],
  );
  assert.deepEqual(list.value[0]?.order, {
    jobOrderId: "foreign",
    description: "",
    material: "",
    quantity: { micro: 0n, uom: "C62" },
    priority: 0,
    startTime: null,
    parameters: {},
  });
  showOrders(receiver, [entry(foreign, 9)], 3);
  const odd = await jobs.list(signal);
  assert.equal(odd.ok, false);
  if (!odd.ok) assert.equal(odd.fault.code, "machine/job-list");
});

test("capacity is the machine's own", async (t) => {
  const jobs = await orders(t);
  assert.deepEqual(await jobs.capacity(signal), { ok: true, value: 3 });
});

test("the older edition and a place without job control are told apart", async (t) => {
  const session = await open(t);
  const older = await session.jobOrders({ receiver: "Older", provider: "x" }, signal);
  assert.equal(older.ok, false);
  if (!older.ok) assert.deepEqual([older.fault.kind, older.fault.code], ["invalid", "machine/job-control-version"]);
  const none = await session.jobOrders({ receiver: "Nothing", provider: "x" }, signal);
  assert.equal(none.ok, false);
  if (!none.ok) assert.deepEqual([none.fault.kind, none.fault.code], ["invalid", "machine/job-control"]);
});

test("changes of the list are told, over a break too, until nobody wants to know", async (t) => {
  const session = await open(t);
  const found = await session.jobOrders(place, signal);
  assert.ok(found.ok);
  const calls: number[] = [];
  const end = found.value.onChange(() => void calls.push(performance.now()));
  const after = async (what: () => void): Promise<void> => {
    const before = calls.length;
    what();
    for (let waited = 0; calls.length === before && waited < 5_000; waited += 20) {
      await new Promise((done) => setTimeout(done, 20));
    }
    assert.ok(calls.length > before);
  };
  await after(() => {});
  await after(() => showOrders(receiver, [], 3));
  await after(() => machine.dropSessions());
  const foreign = machine.structure("ISA95JobOrderDataType", { jobOrderID: "foreign" });
  await after(() => showOrders(receiver, [entry(foreign, 1)], 3));
  end();
  const before = calls.length;
  showOrders(receiver, [], 3);
  await new Promise((done) => setTimeout(done, 200));
  assert.equal(calls.length, before);
});

test("every known unit has its number, and comes back from it", () => {
  assert.equal(unitIdOf("MMT"), 5_066_068);
  for (const { code } of knownUnits()) assert.equal(uomOf(unitIdOf(code)), code);
});
