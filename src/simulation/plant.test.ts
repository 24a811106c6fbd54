/** The plant without Millrace: a clerk puts every order into the machines by hand, and the answer key must be right. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { HistoryData, MessageSecurityMode, OPCUACertificateManager, OPCUAClient, SecurityPolicy } from "node-opcua";
import { demoPlan as planOf } from "./demo/plan.ts";
import { amount } from "./erp/order.ts";
import { returnStatus } from "./machine/job-list.ts";
import { handTruth, startPlant, type OperationTruth, type PlantSimulation } from "./plant.ts";

const demoPlan = planOf({ start: "2026-11-23", end: "2026-11-25" });

/** Jobs of an operation, each machine its own share. */
function jobsOf(plant: PlantSimulation): { machine: string; id: string; article: string; quantity: number }[] {
  return plant.plan.orders.flatMap((order, i) =>
    order.operations.flatMap(({ operation }) => {
      const able = plant.machines.filter(({ machine }) => machine.profile.steps.includes(operation));
      const isSplit = able.length > 1 && Number(order.quantity) > 30;
      const chosen = isSplit ? able : able.slice(i % Math.max(1, able.length)).slice(0, 1);
      const quantity = Number(order.quantity) / chosen.length;
      const job = { id: `${order.order}-${operation}`, article: order.material, quantity };
      return chosen.map(({ machine }) => ({ machine: machine.profile.name, ...job }));
    }),
  );
}

async function putIn(plant: PlantSimulation): Promise<void> {
  const waiting = jobsOf(plant);
  for (const end = Date.now() + 60_000; !plant.isMade();) {
    assert.ok(Date.now() < end, "the plant makes its orders within a minute");
    for (const { machine } of plant.machines) {
      const { jobs } = machine;
      for (const job of jobs.all) if (job.endedAt !== null) jobs.apply("Clear", job.content.id, {});
      const next = waiting.findIndex((job) => job.machine === machine.profile.name && !jobs.get(job.id));
      const job = waiting[next];
      if (!job || jobs.all.length >= jobs.capacity) continue;
      const status = jobs.store({ ...job, priority: 0, parameters: {}, received: null });
      if (status !== returnStatus.noError) continue;
      waiting.splice(next, 1);
      jobs.apply("Start", job.id, { allowedAt: Date.now() });
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** All values that a node's history holds. */
async function historyOf(url: string, item: string): Promise<readonly number[]> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-client-"));
  const clientCertificateManager = new OPCUACertificateManager({ rootFolder: folder });
  await clientCertificateManager.initialize();
  const client = OPCUAClient.create({
    applicationUri: "urn:millrace:simulation:test",
    clientCertificateManager,
    endpointMustExist: false,
    securityMode: MessageSecurityMode.None,
    securityPolicy: SecurityPolicy.None,
  });
  await client.connect(url);
  const session = await client.createSession();
  const namespaces: string[] = (await session.readNamespaceArray()) ?? [];
  const nodeId = `ns=${namespaces.indexOf("urn:millrace:simulation:machine")};s=${item}`;
  const answer = await session.readHistoryValue({ nodeId }, new Date(0), new Date(Date.now() + 60_000));
  await session.close();
  await client.disconnect();
  await rm(folder, { recursive: true, force: true });
  assert.ok(answer.historyData instanceof HistoryData);
  return (answer.historyData.dataValues ?? []).map((value) => Number(value.value.value));
}

test("the answer key is what the nodes have said, order by order, split and rolled over", async () => {
  const plant = await startPlant({ plan: demoPlan, seed: 11, speed: 2_000 });
  try {
    await putIn(plant);
    const truth = plant.truth();
    assert.equal(truth.length, 20, "ten orders, two operations with a machine");
    for (const order of demoPlan.orders) {
      for (const made of truth.filter((t) => t.order === order.order)) assert.equal(String(made.good), order.quantity);
    }
    const split = truth.filter((t) => t.machines.length === 2);
    assert.deepEqual(
      split.map((t) => `${t.order}/${t.operation}`),
      ["1000010/0010", "1000010/0020"],
    );

    const url = plant.lines[0]?.endpointUrl ?? "";
    for (const grade of ["good", "scrap"] as const) {
      let counted = 0;
      for (const name of ["CUT-1", "CUT-2"]) {
        const values = await historyOf(url, `${name}/Counters/${grade === "good" ? "Good" : "Scrap"}`);
        counted += values.reduce(
          (sum, value, i) => sum + (i === 0 ? 0 : (value - (values[i - 1] ?? 0) + 65_536) % 65_536),
          0,
        );
        if (grade === "scrap") continue;
        const rollsOver = values.some((value, i) => value < (values[i - 1] ?? 0));
        assert.equal(rollsOver, name === "CUT-1", "the first one rolls over on the way");
      }
      const cut = truth.filter((t) => t.operation === "0010").reduce((sum, t) => sum + t[grade], 0);
      assert.equal(counted, cut, grade);
    }
    // Each run counts up from zero: what it used is the value before the next zero.
    const amounts = [await historyOf(url, "CUT-1/Counters/Amount"), await historyOf(url, "CUT-2/Counters/Amount")];
    const used = amounts
      .map((values) => values.reduce((sum, value, i) => sum + ((values[i + 1] ?? 0) === 0 ? value : 0), 0))
      .reduce((sum, value) => sum + value, 0);
    const wire = truth.filter((t) => t.operation === "0010").flatMap((t) => [...t.used.values()]);
    assert.equal(
      BigInt(used) * 1000n,
      wire.reduce((sum, { micro }) => sum + micro, 0n),
    );
  } finally {
    await plant.close();
  }
});

test("the bill counts by good pieces and a fixed amount once, and one material is short until it arrives", async () => {
  const plant = await startPlant({ plan: demoPlan, seed: 11, speed: 2_000 });
  try {
    await putIn(plant);
    const hand = (operation: string, good: number): OperationTruth =>
      handTruth(plant.orders(), { order: "1000010", operation, unit: "ASSY-1", good, scrap: 3 });
    assert.deepEqual(
      [...hand("0030", 60).used].map(([material, { micro }]) => [material, micro]),
      [
        ["HOUSING-4", amount("60")],
        ["SLEEVE-8", amount("60")],
      ],
    );
    assert.equal(hand("0030", 20).used.get("HOUSING-4")?.micro, amount("20"));
    assert.equal(hand("0040", 20).used.get("LABEL")?.micro, amount("1"));
    assert.equal(hand("0040", 0).used.size, 0);
    const short = plant.plan.orders.filter((o) => o.components.some((c) => c.material === "SLEEVE-6"));
    const asked = short.reduce((sum, order) => sum + amount(order.quantity), 0n);
    const place = { material: "SLEEVE-6", plant: "PL01", storageLocation: "0001", batch: "" };
    assert.ok(plant.erp.books.stock.on(place) < asked);
    plant.receiveLateStock();
    assert.ok(plant.erp.books.stock.on(place) >= asked);
  } finally {
    await plant.close();
  }
});
