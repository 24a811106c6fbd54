/** Transactions: all or nothing, and once more when the database asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { heldOrder } from "../../../src/flows/change-order.ts";
import type { Tx } from "../../../src/flows/ports.ts";
import { requestOf } from "../../../src/operations/testing/order.ts";
import { now, seedRun, type StoreWorld } from "./world.ts";

export function transactionSuite(world: () => StoreWorld): void {
  test("a throw takes everything back and is passed on", async () => {
    const { store, rows } = world();
    await assert.rejects(
      store.transaction(async (tx) => {
        await seedRun(tx, "thrown");
        throw new Error("stop");
      }),
      /stop/,
    );
    assert.deepEqual(await rows("operations_request", { number: "thrown" }), []);
  });

  test("an order that changes and a count of it wait for each other, and neither locks the other out", async () => {
    const { store, other, waiting } = world();
    const { request, jobOrder } = await store.transaction((tx) => seedRun(tx, "changes"));
    let tries = 0;
    const counting = Promise.withResolvers<void>();
    const changing = Promise.withResolvers<void>();
    // As collecting does.
    const counts = store.transaction(async (tx) => {
      tries += 1;
      await tx.jobOrders.lock([jobOrder]);
      counting.resolve();
      await changing.promise;
      await tx.requests.lock(request);
    });
    await counting.promise;
    const changes = other.transaction(async (tx) => {
      tries += 1;
      return heldOrder(tx, request);
    });
    while ((await waiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    changing.resolve();
    await counts;
    assert.equal((await changes)?.rows.length, 1);
    assert.equal(tries, 2, "neither was begun anew");
  });

  test("of two that lock each other out both come through, one of them at the second try", async () => {
    const { store, other } = world();
    const orders = await Promise.all(["dead-a", "dead-b"].map((n) => store.transaction((tx) => seedRun(tx, n))));
    const [a, b] = orders.map((o) => o.request);
    assert.ok(a && b);
    let tries = 0;
    let met = 0;
    const both = Promise.withResolvers<void>();
    const work = (first: string, second: string) => async (tx: Tx) => {
      tries += 1;
      await tx.requests.lock(first);
      met += 1;
      if (met === 2) both.resolve();
      if (met <= 2) await both.promise;
      await tx.requests.lock(second);
    };
    await Promise.all([store.transaction(work(a, b)), other.transaction(work(b, a))]);
    assert.ok(tries >= 3, "one of them was run again");
  });

  test("of two that accept one order at once the second one tries again, and finds it accepted", async () => {
    const { store, other } = world();
    const request = requestOf({ reference: { erp: "s4", company: "", number: "at-once" } });
    let met = 0;
    const both = Promise.withResolvers<void>();
    const accept = (version: string) => async (tx: Tx) => {
      const held = await tx.requests.lock(request.id);
      met += 1;
      if (met === 2) both.resolve();
      await both.promise;
      await tx.requests.save({ ...request, version }, held, now);
      return held?.request.version ?? "nothing";
    };
    const before = await Promise.all([store.transaction(accept("1")), other.transaction(accept("2"))]);
    const [first, second] = before[0] === "nothing" ? ["1", "2"] : ["2", "1"];
    assert.deepEqual(before.toSorted(), [first, "nothing"]);
    const held = await store.transaction((tx) => tx.requests.lock(request.id));
    assert.deepEqual([held?.request.version, held?.version], [second, 1]);
  });

  test("a run that the database ends is done again; an error of ours is not", async () => {
    const { store, endIdle } = world();
    let tries = 0;
    await store.transaction(async (tx) => {
      tries += 1;
      await tx.site.isRecovering();
      if (tries > 1) return;
      await endIdle();
      await tx.site.isRecovering();
    });
    assert.equal(tries, 2);
    let own = 0;
    await assert.rejects(
      store.transaction((): Promise<void> => {
        own += 1;
        throw new TypeError("ours");
      }),
    );
    assert.equal(own, 1);
  });

  test("somebody who worked on an older version is refused", async () => {
    const { store } = world();
    await store.transaction((tx) => seedRun(tx, "version"));
    const held = await store.transaction((tx) => tx.requests.lock("s4//version"));
    const [row] = await store.transaction((tx) => tx.jobOrders.ofRequest("s4//version"));
    assert.ok(held && row);
    await store.transaction(async (tx) => {
      await tx.requests.save({ ...held.request, version: "2" }, held, now);
      await tx.jobOrders.save([row]);
    });
    await assert.rejects(
      store.transaction((tx) => tx.requests.save(held.request, held, now)),
      /somebody else/,
    );
    await assert.rejects(
      store.transaction((tx) => tx.jobOrders.save([row])),
      /somebody else/,
    );
    const cursor = { buffer: "b", seq: 5, ordinal: 5, kept: null, position: now, stated: "" };
    const advance = (): Promise<boolean> =>
      store.transaction((tx) => tx.collectors.advance([{ source: "v", from: null, to: cursor }]));
    assert.equal(await advance(), true);
    assert.equal(await advance(), false, "somebody else has begun the source");
    const first = (await store.transaction((tx) => tx.collectors.lock(["v"]))).get("v") ?? null;
    const on = (): Promise<boolean> =>
      store.transaction((tx) => tx.collectors.advance([{ source: "v", from: first, to: { ...cursor, seq: 6 } }]));
    assert.deepEqual([await on(), await on()], [true, false]);
    const both = (...froms: readonly (typeof first)[]): Promise<boolean> =>
      store.transaction((tx) =>
        tx.collectors.advance(
          froms.map((from, n) => ({ source: n === 0 ? "v" : "w", from, to: { ...cursor, seq: 7 } })),
        ),
      );
    const second = (await store.transaction((tx) => tx.collectors.lock(["w", "v"]))).get("v") ?? null;
    assert.equal(await both(first, null), false, "one of two was moved meanwhile");
    const third = (await store.transaction((tx) => tx.collectors.lock(["v", "w"]))).get("w") ?? null;
    assert.deepEqual([second?.seq, third?.seq], [6, 7], "each cursor with its own source");
    assert.equal(await both(second, third), true);
  });
}
