/** What may be done to an order as a whole. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { actOnOrder, changeOrderQuantity } from "./order-action.ts";
import { amount } from "./order.ts";
import { code, withOrder } from "./testing/scene.ts";

describe("orders", () => {
  test("release, acceptance and completion follow each other; repeating one changes nothing", () => {
    const all = withOrder({ released: false });
    assert.equal(code(actOnOrder(all, "1000001", "accept-by-mes")), "BS/001");
    assert.equal(code(actOnOrder(all, "1000001", "release")), "accepted");
    assert.equal(code(actOnOrder(all, "000001000001", "accept-by-mes")), "accepted");
    const stamp = all.order("1000001")?.changedAt;
    assert.equal(code(actOnOrder(all, "1000001", "accept-by-mes")), "accepted");
    assert.equal(all.order("1000001")?.changedAt, stamp);
    assert.equal(code(actOnOrder(all, "404", "release")), "RU/018");
  });

  test("a change of quantity changes its operations and its components in proportion, not the fixed ones", () => {
    const all = withOrder();
    assert.equal(code(changeOrderQuantity(all, "1000001", amount("50"))), "accepted");
    const order = all.order("1000001");
    assert.deepEqual(
      order?.components.map((c) => c.required),
      [amount("25"), amount("100"), amount("1")],
    );
    assert.equal(order?.operations[0]?.planned, amount("50"));
  });
});
