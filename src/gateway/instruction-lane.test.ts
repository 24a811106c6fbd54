import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { fail, ok } from "../base/result.ts";
import type { MachineSession } from "../machine/connector.ts";
import type { MachineJobOrder } from "../record/instruction.ts";
import { startLane, type Lane, type LaneSettings, type MachineList } from "./instruction-lane.ts";
import { fakeJobOrders, type FakeJobOrders } from "./testing/fake-job-orders.ts";
import { fakeMachine } from "./testing/fake-machine.ts";
import { keptLog, type KeptLog } from "./testing/folder.ts";
import { instructionLedger, type InstructionLedger } from "./testing/instruction-ledger.ts";
import { testClock, turns } from "./testing/test-clock.ts";

interface Bench {
  readonly machine: FakeJobOrders;
  readonly ledger: InstructionLedger;
  readonly log: KeptLog;
  readonly lists: MachineList[];
  /** The feed tells that there is a session, or none. */
  tell(isOpen: boolean): void;
  start(settings?: Partial<LaneSettings>): Lane;
}

async function bench(t: TestContext): Promise<Bench> {
  const machine = fakeJobOrders();
  const ledger = instructionLedger();
  const log = keptLog();
  const lists: MachineList[] = [];
  const listeners = new Set<(session: MachineSession | null) => void>();
  const opened = await fakeMachine().open(new AbortController().signal);
  assert.ok(opened.ok);
  const session: MachineSession = { ...opened.value, ...machine.session, jobOrders: async () => ok(machine.jobs) };
  let held: MachineSession | null = null;
  return {
    machine,
    ledger,
    log,
    lists,
    tell: (isOpen) => {
      // A session of its own each time, as after a reconnect.
      held = isOpen ? { ...session } : null;
      for (const listener of listeners) listener(held);
    },
    start: (settings) => {
      const lane = startLane({
        connection: "komax",
        place: { receiver: "Jobs", provider: "Results" },
        setup: { path: (item) => item, apply: null },
        onSession: (listener) => {
          listeners.add(listener);
          listener(held);
          return () => listeners.delete(listener);
        },
        port: ledger,
        onList: async (list) => {
          lists.push(list);
        },
        mayWrite: () => true,
        // Only the waits after a failure pass by themselves.
        clock: testClock(undefined, 2000),
        log,
        ...settings,
      });
      t.after(() => lane.close());
      return lane;
    },
  };
}

function orderOf(jobOrderId: string): MachineJobOrder {
  const quantity = { micro: 1_000_000n, uom: "C62" };
  return { jobOrderId, description: "", material: "M", quantity, priority: 0, startTime: null, parameters: {} };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < end, `in time: ${what}`);
    await turns(1);
  }
}

test("dispatching is told the list at the start, when it changes and after our own changes", async (t) => {
  const { machine, ledger, lists, tell, start } = await bench(t);
  start();
  await turns(5);
  assert.equal(lists.length, 0, "there is no session yet");
  tell(true);
  await until(() => lists.length === 1, "the first list");
  assert.deepEqual(lists[0], { stored: [], capacity: 50 });
  ledger.plan("a", { kind: "store", order: orderOf("A"), setup: [] });
  machine.capacity = 3;
  tell(true);
  await until(() => ledger.get("a").state === "armed", "stored");
  await until(() => lists.at(-1)?.stored[0]?.state === "allowed-to-start", "told of it");
  assert.equal(lists.at(-1)?.capacity, 3);
  machine.move("A", "running");
  await until(() => lists.at(-1)?.stored[0]?.state === "running", "told of the machine's own change");
});

test("what dispatching plans on a list is carried out at once, one by one and in order", async (t) => {
  const { machine, ledger, tell, start } = await bench(t);
  let planned = 0;
  start({
    onList: async ({ stored }) => {
      if (planned < 5 && stored.length === planned) {
        planned += 1;
        ledger.plan(`i${planned}`, { kind: "store", order: orderOf(`J${planned}`), setup: [] });
      }
    },
  });
  tell(true);
  await until(() => machine.held.size === 5 && ledger.steps.length === 15, "all five");
  assert.deepEqual(
    ledger.steps,
    [1, 2, 3, 4, 5].flatMap((i) => [`i${i} write`, `i${i} verify`, `i${i} arm`]),
  );
});

test("a session that goes away in the middle leaves doubt, and the next one resolves it", async (t) => {
  const { machine, ledger, tell, start } = await bench(t);
  machine.fate = (call) => {
    if (call !== "store") return "fine";
    machine.fate = () => "lost-call";
    tell(false);
    return "lost-answer";
  };
  start();
  ledger.plan("a", { kind: "store", order: orderOf("A"), setup: [] });
  tell(true);
  await until(() => ledger.get("a").state === "in-doubt", "doubt");
  machine.fate = () => "fine";
  tell(true);
  await until(() => ledger.get("a").state === "armed", "resolved");
  assert.deepEqual(machine.writes, ["store", "allowStart"], "it was there: nothing was stored twice");
});

test("a database that is away delays instructions, and a machine without job control is said to be so", async (t) => {
  const { ledger, log, tell, start } = await bench(t);
  let away = 3;
  start({
    onList: async () => {
      if (away-- > 0) throw new Error("the database is away");
    },
  });
  ledger.plan("a", { kind: "store", order: orderOf("A"), setup: [] });
  tell(true);
  await until(() => ledger.get("a").state === "armed", "in the end");
  assert.equal(log.lines.filter((line) => /instructions wait/.test(line)).length, 3);

  const other = await bench(t);
  const session = await fakeMachine().open(new AbortController().signal);
  assert.ok(session.ok);
  const opened: MachineSession = {
    ...session.value,
    jobOrders: async () => fail("invalid", "machine/job-control", "This machine has no job control."),
  };
  other.start({
    onSession: (listener) => {
      listener(opened);
      return () => undefined;
    },
  });
  await until(() => other.log.lines.some((line) => /has no job control/.test(line)), "said");
});

test("two lanes on one machine never write at once, and every order is there once", async (t) => {
  const { machine, ledger, tell, start } = await bench(t);
  let holder = 0;
  const lanes = [0, 1].map((i) => start({ mayWrite: () => holder === i, clock: testClock() }));
  for (let i = 0; i < 20; i += 1) ledger.plan(`i${i}`, { kind: "store", order: orderOf(`J${i}`), setup: [] });
  tell(true);
  // The lease goes to and fro in the middle of whatever is being done; the fake machine refuses to be written to twice.
  for (let i = 0; i < 400 && (await ledger.open("komax")).length > 0; i += 1) {
    await turns(1 + (i % 7));
    holder = i % 2;
    for (const lane of lanes) lane.wake();
  }
  await until(() => [...machine.held.values()].every(({ state }) => state === "allowed-to-start"), "all allowed");
  assert.equal(machine.held.size, 20);
  assert.equal(machine.writes.filter((call) => call === "store").length, 20);
});

test("without the lease the list is still read, and nothing is written", async (t) => {
  const { machine, ledger, lists, tell, start } = await bench(t);
  start({ mayWrite: () => false });
  ledger.plan("a", { kind: "store", order: orderOf("A"), setup: [] });
  tell(true);
  await until(() => lists.length > 0, "the list");
  await turns(20);
  assert.deepEqual(machine.writes, []);
  assert.deepEqual(ledger.steps, []);
});
