/** What machines are told of orders that change, over a real database: two cutters of one work center. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { whole } from "../../../src/base/quantity.ts";
import { dispatchTo, instructionSteps } from "../../../src/flows/dispatch.ts";
import type { StoredJobOrder } from "../../../src/machine/connector.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { at, leaseOn, openScene, orderOf, type Scene } from "../../view/scene.ts";

describe("what machines are told of orders that change", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let minutes = 0;
  before(async () => {
    cluster = await withCluster({ major: 18 });
    scene = await openScene(cluster);
  });
  after(async () => {
    await scene?.close();
    await cluster?.close();
  });

  /** One look of a machine's lane: what is planned on its list is done at once. @returns what it was told */
  const look = async (machine: Map<string, StoredJobOrder>, connection: string): Promise<readonly string[]> => {
    // What was taken away rests for 30 s.
    minutes += 1;
    const clock = { ...scene.clock, now: () => at(86_400 + minutes * 60) };
    await dispatchTo({ ...scene, clock }, connection, { stored: [...machine.values()], capacity: 50 });
    const lease = await leaseOn(scene, connection);
    const steps = instructionSteps({ ...scene, clock }, () => lease);
    const told: string[] = [];
    for (const instruction of await steps.open(connection)) {
      told.push(tell(machine, instruction));
      for (const command of ["write", "verify", "arm"] as const)
        assert.ok((await steps.advance(instruction.id, command, null, null)).ok);
    }
    return told;
  };

  test("a quantity that changes before work has begun is told anew", async () => {
    const machine = new Map<string, StoredJobOrder>();
    await scene.accept(orderOf("1000001"));
    assert.deepEqual(await look(machine, "cutter-1"), ["store 1000001-0010 100"]);
    assert.deepEqual(await look(machine, "cutter-1"), [], "nothing has changed");
    const [cut, pack] = orderOf("1000001").segments;
    assert.ok(cut && pack);
    const segments = [{ ...cut, quantity: whole(70, "C62") }, pack];
    await scene.accept(orderOf("1000001", { version: "2", quantity: whole(70, "C62"), segments }));
    assert.deepEqual(await look(machine, "cutter-1"), ["remove 1000001-0010"]);
    assert.deepEqual(await look(machine, "cutter-1"), ["store 1000001-0010 70"]);
    assert.deepEqual(await look(machine, "cutter-1"), []);
  });

  test("an order that changes stays with the machine that was told it, and is told to no other", async () => {
    const [first, second] = [new Map<string, StoredJobOrder>(), new Map<string, StoredJobOrder>()];
    await scene.accept(orderOf("1000002"));
    await scene.sql("update job_order set state = 'held' where request <> 's4//1000002'");
    assert.deepEqual(await look(first, "cutter-1"), ["store 1000002-0010 100"]);
    assert.deepEqual(await look(second, "cutter-2"), []);
    await scene.accept(orderOf("1000002", { version: "2", priority: 900 }));
    assert.deepEqual(await look(second, "cutter-2"), [], "the other machine must not make it too");
    assert.deepEqual(await look(first, "cutter-1"), []);
  });

  test("whoever still holds it in its list keeps it from the others, whatever the job order says", async () => {
    const [first, second] = [new Map<string, StoredJobOrder>(), new Map<string, StoredJobOrder>()];
    await scene.accept(orderOf("1000003"));
    await scene.sql("update job_order set state = 'held' where request <> 's4//1000003'");
    assert.deepEqual(await look(first, "cutter-1"), ["store 1000003-0010 100"]);
    await scene.sql("update job_order set work_unit = 'CUT-2' where request = 's4//1000003' and segment = '0010'");
    assert.deepEqual(await look(second, "cutter-2"), []);
    assert.deepEqual(await look(first, "cutter-1"), ["remove 1000003-0010"]);
    assert.deepEqual(await look(second, "cutter-2"), ["store 1000003-0010 100"]);
  });
});

function tell(machine: Map<string, StoredJobOrder>, { content }: Instruction): string {
  if (content.kind === "remove") {
    machine.delete(content.jobOrderId);
    return `remove ${content.jobOrderId}`;
  }
  const { order } = content;
  machine.set(order.jobOrderId, { order, state: "allowed-to-start" });
  return `store ${order.jobOrderId} ${order.quantity.micro / 1_000_000n}`;
}
