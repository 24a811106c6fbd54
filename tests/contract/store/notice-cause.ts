/** What flows state becomes a notice in the same transaction, whichever flow it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeFault } from "../../../src/base/result.ts";
import { sweepNotices } from "../../../src/flows/sweep-notices.ts";
import { requestOf } from "../../../src/operations/testing/order.ts";
import type { Instruction } from "../../../src/record/instruction.ts";
import { later, noticesOf, sweepPorts, telling } from "./notice-world.ts";
import { now, postingOf, seedRun, type World } from "./world.ts";

export function causeSuite(world: () => World): void {
  test("orders: new, more urgent, changed and cancelled, to the work center; the same version again says nothing", async () => {
    const store = telling(world().store);
    const order = requestOf({ reference: { erp: "s4", company: "", number: "n-order" } });
    const fewer = { micro: 80_000_000n, uom: "C62" };
    const versions = [
      order,
      { ...order, version: "2", priority: 5 },
      { ...order, version: "3", priority: 5, quantity: fewer },
      { ...order, version: "4", priority: 5, quantity: fewer, state: "Running" as const },
      { ...order, version: "5", priority: 5, quantity: fewer, state: "Cancelled" as const },
    ];
    for (const version of versions) {
      await store.transaction(async (tx) => tx.requests.save(version, await tx.requests.lock(order.id), now));
    }
    const told = await noticesOf(world(), `${order.id}@%`);
    assert.deepEqual(
      told.map(({ kind, count, role, equipment }) => [kind, count, role, equipment].join(" ")).toSorted(),
      ["order-change 2 operator A565", "order-new 1 operator A565", "order-priority 1 operator A565"],
    );
    const change = told.find(({ kind }) => kind === "order-change");
    assert.match(change?.text ?? "", /n-order/);
  });

  test("a set-up that failed says which parameter, wanted and got; one that succeeds ends it", async () => {
    const { jobOrder } = await world().store.transaction((tx) => seedRun(tx, "n-setup"));
    const store = telling(world().store);
    const instruct = async (n: number, to: "rolled-back" | "armed"): Promise<void> => {
      const instruction: Instruction = {
        id: `n-setup-${n}`,
        workUnit: "A565-0026",
        connection: "komax",
        jobOrder,
        state: "planned",
        content: {
          kind: "store",
          order: {
            jobOrderId: "JOB-N",
            description: "",
            material: "P-1",
            quantity: { micro: 1n, uom: "C62" },
            priority: 0,
            startTime: null,
            parameters: {},
          },
          setup: [],
        },
        fault: null,
        readBack: null,
        createdAt: now,
        version: 0,
      };
      const cause = { parameter: "force", wanted: 12.5, got: 11 };
      const fault = to === "armed" ? null : makeFault("refused", "gateway/setup-mismatch", "Read otherwise.", cause);
      await store.transaction(async (tx) => {
        await tx.instructions.plan(instruction);
        await tx.instructions.save(instruction, to, fault, later(n));
      });
    };
    await instruct(1, "rolled-back");
    await instruct(2, "rolled-back");
    const [failed, ...more] = await noticesOf(world(), `${jobOrder}@komax`);
    assert.deepEqual([failed?.kind, failed?.count, more.length], ["setup-failed", 2, 0]);
    assert.match(failed?.text ?? "", /A565-0026 for order n-setup failed: force should be 12.5 and is 11/);
    await instruct(3, "armed");
    const after = await noticesOf(world(), `${jobOrder}@komax`);
    assert.deepEqual(
      after.map(({ kind, resolved_at }) => [kind, resolved_at !== null]),
      [
        ["setup-failed", true],
        ["setup-ready", false],
      ],
    );
  });

  test("a refused posting is told where it was made, a parked one more softly, one that somebody else settled not at all", async () => {
    const { store } = world();
    const { request, run } = await store.transaction((tx) => seedRun(tx, "n-posting"));
    const posting = postingOf("n-posting", { request, run });
    await store.transaction((tx) => tx.postings.plan([posting], now, false));
    const fault = makeFault("refused", "erp/sap-short-stock", "Not enough at 101C.\r\nBcc: evil@example.com");
    const settle = (from: "planned" | "refused", parked: boolean): Promise<readonly string[]> =>
      telling(store).transaction((tx) =>
        tx.postings.settle(
          [
            {
              id: posting.id,
              from,
              attempt: 0,
              to: "refused",
              document: null,
              fault,
              dueAt: null,
              parked,
              askedAbsent: 0,
              releasesLanes: true,
            },
          ],
          9,
          now,
        ),
      );
    await settle("refused", true);
    assert.deepEqual(await noticesOf(world(), posting.id), [], "it was not in that state: nothing was settled");
    await settle("planned", true);
    const [parked] = await noticesOf(world(), posting.id);
    assert.deepEqual([parked?.severity, parked?.role, parked?.equipment], ["warning", "controller", "A565-0026"]);
    assert.doesNotMatch(parked?.text ?? "", /[\r\n]/);
    await settle("refused", false);
    const [refused, ...more] = await noticesOf(world(), posting.id);
    assert.deepEqual([refused?.severity, refused?.count, more.length], ["urgent", 2, 0]);
  });

  test("quarantine: production once until it was in order, an order with each message; facts read again say nothing new", async () => {
    const store = telling(world().store);
    const why = { code: "execution/no-order", message: "No order is known for it." };
    const detail = { workUnit: "A565-0026", job: "JOB-9, 1" };
    const quarantine = (kind: "order" | "production", about: unknown, ms: number): Promise<void> =>
      store.transaction((tx) => tx.attention.quarantine(kind, `n-${kind}`, why, about, later(ms)));
    for (const ms of [1, 2, 3]) await quarantine("production", detail, ms);
    const count = async (subject: string): Promise<readonly unknown[]> =>
      (await noticesOf(world(), subject)).map((n) => [n.count, n.equipment, n.resolved_at !== null]);
    assert.deepEqual(await count("production/n-production"), [[1, "A565-0026", false]]);
    await store.transaction((tx) => tx.attention.resolve("production", "n-production", later(4)));
    await sweepNotices(sweepPorts(store, { at: later(5) }));
    await quarantine("production", detail, 6);
    assert.deepEqual(await count("production/n-production"), [
      [1, "A565-0026", true],
      [1, "A565-0026", false],
    ]);
    for (const message of [7, 7, 8]) await quarantine("order", { message, number: "4711" }, message);
    assert.deepEqual(await count("order/n-order"), [[2, "PL01", false]]);
  });

  test("what a person has dismissed is not told again", async () => {
    const store = telling(world().store);
    const why = { code: "execution/no-order", message: "No order." };
    const state = (ms: number): Promise<void> =>
      store.transaction((tx) => tx.attention.quarantine("production", "n-dismissed", why, {}, later(ms)));
    await state(1);
    await world().sql("update quarantine set state = 'dismissed' where subject = 'n-dismissed'");
    await sweepNotices(sweepPorts(store, { at: later(2) }));
    await state(3);
    const told = await noticesOf(world(), "production/n-dismissed");
    assert.deepEqual(
      told.map(({ count, resolved_at }) => [count, resolved_at !== null]),
      [[1, true]],
    );
  });
}
