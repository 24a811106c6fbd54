/**
 * A machine's list of job orders and its set-up values, for tests of the instruction lane: answers by the rules of OPC
 * 10031-4, loses answers, changes what it is told, and dies with the process that talks to it when told to.
 */
import { assert, fail, ok, type Result } from "../../base/result.ts";
import { instant } from "../../base/instant.ts";
import type { MachineJobOrders, MachineJobState, StoredJobOrder } from "../../machine/connector.ts";
import type { MachineJobOrder } from "../../record/instruction.ts";
import type { SampleValue } from "../../record/sample.ts";
import type { SetUpSession } from "../lease-guard.ts";

/** What happens to one call: nothing unusual, it never arrives, its answer is lost, or the process dies before or after. */
export type Fate = "fine" | "lost-call" | "lost-answer" | "killed-before" | "killed-after";

export class Killed extends Error {}

export interface FakeJobOrders {
  readonly jobs: MachineJobOrders;
  readonly session: SetUpSession;
  readonly held: Map<string, StoredJobOrder>;
  readonly values: Map<string, SampleValue>;
  /** Names of all calls that reached the machine and change it. */
  readonly writes: string[];
  capacity: number;
  /** Decides what happens to the next call. */
  fate: (call: string) => Fate;
  /** What the machine makes of an order it is told. */
  keep: (order: MachineJobOrder) => MachineJobOrder;
  /** What the machine makes of a value it is told. */
  take: (path: string, value: SampleValue) => SampleValue;
  applyFails: boolean;
  move(jobOrderId: string, state: MachineJobState): void;
}

export function fakeJobOrders(): FakeJobOrders {
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  let writing = 0;

  const call = async <T>(name: string, isWrite: boolean, work: () => Result<T>): Promise<Result<T>> => {
    assert(!isWrite || writing === 0, "nobody else writes to the machine at this moment");
    if (isWrite) writing += 1;
    try {
      const fate = machine.fate(name);
      if (fate === "killed-before") throw new Killed(name);
      await new Promise((resolve) => setImmediate(resolve));
      if (fate === "lost-call") return fail("transient", "machine/line", "The line is down.");
      const result = work();
      if (isWrite) {
        machine.writes.push(name);
        changed();
      }
      if (fate === "killed-after") throw new Killed(name);
      return fate === "lost-answer" ? fail("ambiguous", "machine/call-unanswered", "No answer came.") : result;
    } finally {
      if (isWrite) writing -= 1;
    }
  };

  const transition = (id: string, from: readonly MachineJobState[], to: MachineJobState | null): Result<void> => {
    const entry = machine.held.get(id);
    if (!entry) return fail("refused", "machine/job-unknown", `The machine does not know ${id}.`);
    if (!from.includes(entry.state)) return fail("refused", "machine/job-state", `${id} is ${entry.state}.`);
    if (to) machine.held.set(id, { ...entry, state: to });
    else machine.held.delete(id);
    return ok(undefined);
  };
  const store = (order: MachineJobOrder): Result<void> => {
    if (machine.held.has(order.jobOrderId) || machine.held.size >= machine.capacity) {
      return fail("refused", "machine/job-capacity", "The list is full, or the id is known.");
    }
    machine.held.set(order.jobOrderId, { order: machine.keep(order), state: "not-allowed-to-start" });
    return ok(undefined);
  };

  const machine: FakeJobOrders = {
    held: new Map(),
    values: new Map(),
    writes: [],
    capacity: 50,
    fate: () => "fine",
    keep: (order) => order,
    take: (_path, value) => value,
    applyFails: false,
    move: (id, state) => {
      const entry = machine.held.get(id);
      assert(entry, `${id} is stored`);
      machine.held.set(id, { ...entry, state });
      changed();
    },
    jobs: {
      capacity: () => call("capacity", false, () => ok(machine.capacity)),
      list: () => call("list", false, () => ok([...machine.held.values()])),
      store: (order) => call("store", true, () => store(order)),
      allowStart: (id) => call("allowStart", true, () => transition(id, ["not-allowed-to-start"], "allowed-to-start")),
      revokeStart: (id) =>
        call("revokeStart", true, () => transition(id, ["allowed-to-start"], "not-allowed-to-start")),
      cancel: (id) => call("cancel", true, () => transition(id, ["not-allowed-to-start", "allowed-to-start"], null)),
      clear: (id) => call("clear", true, () => transition(id, ["ended", "aborted"], null)),
      onChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    session: {
      read: (paths) =>
        call("read", false, () =>
          ok(
            paths.map((item) => ({
              item,
              at: instant(1),
              receivedAt: instant(1),
              status: 0,
              value: machine.values.get(item) ?? null,
              mark: "",
            })),
          ),
        ),
      write: (path, value) =>
        call(`write ${path}`, true, () => {
          machine.values.set(path, machine.take(path, value));
          return ok(undefined);
        }),
      call: () =>
        call("apply", true, () =>
          machine.applyFails ? fail("refused", "machine/method", "A value is out of range.") : ok(undefined),
        ),
    },
  };
  return machine;
}
