/** In which order a work unit is offered its job orders: whoever takes the first takes the most urgent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { jobOrderOf, requestOf } from "../../../src/operations/testing/order.ts";
import { now, type StoreWorld } from "./world.ts";

export function dispatchableSuite(world: () => StoreWorld): void {
  test("what is dispatchable comes in dispatch order, what has run already last, whatever the ids are", async () => {
    const { store } = world();
    const request = requestOf({ reference: { erp: "s4", company: "", number: "in-order" } });
    const keys = ["e", "b", "d", "a", "f", "c"];
    const all = keys.map((dispatchKey, n) =>
      jobOrderOf({ id: `o-${n}`, request: request.id, workCenter: "WC-O", dispatchKey }),
    );
    const listed = await store.transaction(async (tx) => {
      await tx.requests.save(request, null, now);
      await tx.jobOrders.insert(all);
      const [first] = await tx.jobOrders.lock(["o-3"]);
      assert.ok(first);
      await tx.jobOrders.save([{ ...first, runsEnded: 1 }]);
      const keysOf = async (limit: number, also: readonly string[]): Promise<string> =>
        (await tx.jobOrders.dispatchable("WC-O", "unit-1", limit, also)).map((r) => r.jobOrder.dispatchKey).join("");
      return [
        await keysOf(9, []),
        await keysOf(2, []),
        await keysOf(3, ["o-4", "o-1", "o-0"]),
        await keysOf(0, ["o-2"]),
      ];
    });
    assert.deepEqual(listed, ["bcdefa", "bc", "cdbef", "d"]);
  });
}
