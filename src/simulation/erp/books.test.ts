/** The business rules of the simulated ERP, without HTTP. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cancelConfirmation } from "./confirmation-reversal.ts";
import { postConfirmation } from "./confirmation.ts";
import { cancelMaterialDocument } from "./goods-movement.ts";
import { actOnOrder } from "./order-action.ts";
import { amount } from "./order.ts";
import { receiveStock } from "./receipt.ts";
import { user, seed, books, withOrder, confirmation, issue, post, code, receipt } from "./testing/scene.ts";

describe("goods movements", () => {
  test("an issue beyond stock is refused with the amount that is missing, and accepted once stock is received", () => {
    const all = withOrder();
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "3.5", unit: "M" });
    const refusal = post(all, [issue()]);
    assert.ok(!refusal.ok);
    assert.equal(refusal.refusal.code, "M7/021");
    assert.equal(refusal.refusal.text, "Deficit of SL Unrestricted-use 1.5 M : WIRE 1010 101C");
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "1.5", unit: "M" });
    assert.equal(code(post(all, [issue()])), "accepted");
    assert.equal(all.stock.on({ material: "WIRE", plant: "1010", storageLocation: "101C", batch: "" }), 0n);
    assert.equal(all.order("1000001")?.components[0]?.withdrawn, amount("5"));
  });

  test("stock of another storage location does not help", () => {
    const all = withOrder();
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101B", quantity: "100", unit: "M" });
    assert.equal(code(post(all, [issue()])), "M7/021");
  });

  test("a document is posted whole or not at all", () => {
    const all = withOrder();
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "8", unit: "M" });
    const before = all.materialDocuments.length;
    assert.equal(code(post(all, [issue(), issue()])), "M7/021");
    assert.equal(all.materialDocuments.length, before);
    assert.equal(all.order("1000001")?.components[0]?.withdrawn, 0n);
  });

  test("an issue in millimetres is deducted in metres", () => {
    const all = withOrder();
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "1", unit: "M" });
    assert.equal(code(post(all, [issue({ unit: "MM", quantity: amount("250") })])), "accepted");
    assert.equal(all.stock.on({ material: "WIRE", plant: "1010", storageLocation: "101C", batch: "" }), amount("0.75"));
  });

  test("orders that are not released, technically complete, closed or locked are refused", () => {
    const created = withOrder({ released: false });
    assert.equal(code(post(created, [issue()])), "RU/020");
    const complete = withOrder({}, { stock: "unlimited" });
    assert.equal(code(actOnOrder(complete, "1000001", "complete-technically")), "accepted");
    assert.equal(code(post(complete, [issue()])), "BS/007");
    assert.equal(code(post(complete, [receipt("1")], "02")), "accepted");
    assert.equal(code(actOnOrder(complete, "1000001", "close")), "accepted");
    assert.equal(code(post(complete, [receipt("1")], "02")), "BS/013");
  });

  test("movement type, goods movement code, items and dates must fit", () => {
    const all = withOrder({}, { stock: "unlimited" });
    assert.equal(code(post(all, [issue()], "02")), "M7/024");
    assert.equal(code(post(all, [issue()], "99")), "M7/001");
    assert.equal(code(post(all, [])), "M7/254");
    assert.equal(code(post(all, [issue()], "03", null)), "M7/018");
    assert.equal(code(post(all, [issue({ material: "NOTHING" })])), "M3/305");
    assert.equal(code(post(all, [issue({ order: "9" })])), "M7/010");
    assert.equal(code(post(all, [issue({ reservationItem: "9" })])), "M7/061");
    assert.equal(code(post(all, [issue({ material: "SEAL", unit: "PC" })])), "M7/062");
    assert.equal(code(post(all, [issue({ unit: "KG" })])), "BM/303");
    assert.equal(code(post(all, [issue({ unit: "XX" })])), "BM/302");
    assert.equal(code(post(all, [{ ...receipt("1"), material: "WIRE", unit: "M" }], "02")), "M7/019");
  });

  test("a closed period refuses, an open one accepts", () => {
    const all = withOrder({}, { stock: "unlimited" });
    all.openPeriods = { from: "2026-12", to: "2027-01" };
    const refusal = post(all, [issue()]);
    assert.ok(!refusal.ok);
    assert.equal(refusal.refusal.code, "M7/053");
    assert.match(refusal.refusal.text, /2026\/12 and 2027\/01 in company code 1010/);
    all.openPeriods = { from: "2026-11", to: "2026-12" };
    assert.equal(code(post(all, [issue()])), "accepted");
  });

  test("a batch-managed material needs its batch", () => {
    const all = books({ stock: "unlimited" });
    all.defineMaterial("WIRE", "M", "batch-managed");
    all.createOrder(seed);
    assert.equal(code(post(all, [issue()])), "M7/018");
    assert.equal(code(post(all, [issue({ batch: "B1" })])), "accepted");
  });

  test("receipts count towards the order and stop at the overdelivery tolerance", () => {
    const all = withOrder({ overdeliveryPercent: 5 });
    assert.equal(code(post(all, [receipt("60")], "02")), "accepted");
    assert.ok(all.order("1000001")?.statuses.has("partially-delivered"));
    assert.equal(code(post(all, [receipt("46")], "02")), "M7/290");
    assert.equal(code(post(all, [receipt("45")], "02")), "accepted");
    assert.ok(all.order("1000001")?.statuses.has("delivered"));
    assert.equal(all.order("1000001")?.received, amount("105"));
  });

  test("a cancelled document puts everything back, once", () => {
    const all = withOrder();
    receiveStock(all, { material: "WIRE", plant: "1010", storageLocation: "101C", quantity: "5", unit: "M" });
    const posted = post(all, [issue()]);
    assert.ok(posted.ok);
    const wanted = { year: "2026", number: posted.value.document, postingDate: null };
    const cancelled = cancelMaterialDocument(all, wanted, user);
    assert.ok(cancelled.ok);
    assert.equal(cancelled.value.items[0]?.movementType, "262");
    assert.equal(cancelled.value.items[0]?.reverses?.document, posted.value.document);
    assert.equal(all.stock.on({ material: "WIRE", plant: "1010", storageLocation: "101C", batch: "" }), amount("5"));
    assert.equal(all.order("1000001")?.components[0]?.withdrawn, 0n);
    assert.equal(code(cancelMaterialDocument(all, wanted, user)), "M7/255");
  });

  test("more than was withdrawn cannot be returned", () => {
    const all = withOrder({}, { stock: "unlimited" });
    assert.equal(code(post(all, [issue({ movementType: "262" })])), "M7/023");
  });
});

describe("confirmations", () => {
  test("are counted per operation and found by their external key, whatever its case", () => {
    const all = withOrder();
    const key = "AAAAAAAA-0000-4000-8000-000000000001";
    assert.equal(code(postConfirmation(all, confirmation({ externalKey: key }), "MES")), "accepted");
    const second = postConfirmation(all, confirmation({ scrap: amount("2") }), "MES");
    assert.ok(second.ok);
    assert.equal(second.value.count, "2");
    assert.equal(all.confirmationsByKey(key.toLowerCase()).length, 1);
    assert.equal(all.order("1000001")?.operations[0]?.yield, amount("20"));
    assert.equal(all.order("1000001")?.operations[0]?.scrap, amount("2"));
    assert.ok(all.order("1000001")?.statuses.has("partially-confirmed"));
  });

  test("nothing is confirmed after the final confirmation, not before release, not for a key without confirmation", () => {
    const all = withOrder();
    assert.equal(code(postConfirmation(all, confirmation({ isFinal: true }), "MES")), "accepted");
    assert.equal(code(postConfirmation(all, confirmation(), "MES")), "RU/021");
    assert.equal(code(postConfirmation(all, confirmation({ operation: "0040" }), "MES")), "RU/012");
    assert.equal(code(postConfirmation(all, confirmation({ operation: "0099" }), "MES")), "RU/008");
    assert.equal(code(postConfirmation(all, confirmation({ order: "77" }), "MES")), "RU/018");
    assert.equal(code(postConfirmation(all, confirmation({ operation: "0020", yield: -1n }), "MES")), "RU/033");
    assert.equal(code(postConfirmation(withOrder({ released: false }), confirmation(), "MES")), "RU/020");
  });

  test("automatic final confirmation waits until everything is confirmed", () => {
    const all = withOrder();
    const first = postConfirmation(all, confirmation({ finalType: "1", yield: amount("60") }), "MES");
    const second = postConfirmation(
      all,
      confirmation({ finalType: "1", yield: amount("38"), scrap: amount("2") }),
      "MES",
    );
    assert.deepEqual([first.ok && first.value.isFinal, second.ok && second.value.isFinal], [false, true]);
  });

  test("tolerance is per operation; null means any amount", () => {
    const all = withOrder();
    assert.equal(code(postConfirmation(all, confirmation({ yield: amount("111") }), "MES")), "RU/206");
    assert.equal(code(postConfirmation(all, confirmation({ yield: amount("110") }), "MES")), "accepted");
    const any = withOrder({ overdeliveryPercent: null });
    assert.equal(code(postConfirmation(any, confirmation({ yield: amount("5000") }), "MES")), "accepted");
  });

  test("a second confirmation with the same key is refused only when the ERP is set so", () => {
    const key = "aaaaaaaa-0000-4000-8000-000000000001";
    const lax = withOrder();
    const strict = withOrder({}, { duplicateKeys: "refused" });
    for (const all of [lax, strict])
      assert.equal(code(postConfirmation(all, confirmation({ externalKey: key }), "MES")), "accepted");
    assert.equal(code(postConfirmation(lax, confirmation({ externalKey: key }), "MES")), "accepted");
    assert.equal(code(postConfirmation(strict, confirmation({ externalKey: key }), "MES")), "RU/510");
  });

  test("a milestone confirms what arrived at it for the operations before it, and its reversal takes that back", () => {
    const all = withOrder();
    assert.equal(code(postConfirmation(all, confirmation({ yield: amount("15") }), "MES")), "accepted");
    const milestone = postConfirmation(
      all,
      confirmation({ operation: "0030", yield: amount("20"), scrap: amount("3") }),
      "MES",
    );
    assert.ok(milestone.ok);
    const yields = (): readonly bigint[] => all.order("1000001")?.operations.map((operation) => operation.yield) ?? [];
    assert.deepEqual(yields(), [amount("23"), amount("23"), amount("20"), 0n]);
    const { group, count } = milestone.value;
    const reversal = cancelConfirmation(all, { group, count, externalKey: null, postingDate: null }, "MES");
    assert.ok(reversal.ok && reversal.value.isReversal);
    assert.deepEqual(yields(), [amount("15"), 0n, 0n, 0n]);
    assert.equal(
      code(cancelConfirmation(all, { group, count, externalKey: null, postingDate: null }, "MES")),
      "RU/123",
    );
  });

  test("a milestone covers back to the milestone before it, and not beyond", () => {
    const operation = (number: string, controlKey: string) => ({
      operation: number,
      text: "",
      workCenter: "A",
      controlKey,
    });
    const operations = [
      operation("0010", "PP01"),
      operation("0020", "PP20"),
      operation("0030", "PP01"),
      operation("0040", "PP20"),
    ];
    const all = withOrder({ operations, components: [] });
    assert.equal(
      code(postConfirmation(all, confirmation({ operation: "0040", yield: amount("5") }), "MES")),
      "accepted",
    );
    const yields = all.order("1000001")?.operations.map((o) => o.yield);
    assert.deepEqual(yields, [0n, 0n, amount("5"), amount("5")]);
  });

  test("a final milestone makes the operations before it final too, and the order confirmed", () => {
    const all = withOrder();
    assert.equal(code(postConfirmation(all, confirmation({ operation: "0030", isFinal: true }), "MES")), "accepted");
    assert.deepEqual(
      all.order("1000001")?.operations.map((operation) => operation.isFinal),
      [true, true, true, false],
    );
    assert.ok(all.order("1000001")?.statuses.has("confirmed"));
    assert.equal(code(postConfirmation(all, confirmation(), "MES")), "RU/021");
  });

  test("the ERP deducts what is marked for backflush, once for a fixed amount, and nothing when told not to", () => {
    const all = withOrder({}, { stock: "unlimited" });
    const milestone = confirmation({
      operation: "0030",
      hasNoGoodsMovements: false,
      yield: amount("10"),
      scrap: amount("2"),
    });
    const first = postConfirmation(all, milestone, "MES");
    assert.ok(first.ok);
    const moved = first.value.movements.map((item) => [item.material, item.quantity, item.automatic]);
    assert.deepEqual(moved, [
      ["SEAL", amount("24"), true],
      ["LABEL", amount("1"), true],
    ]);
    const second = postConfirmation(all, milestone, "MES");
    assert.ok(second.ok);
    assert.deepEqual(
      second.value.movements.map((item) => item.material),
      ["SEAL"],
    );
    const without = postConfirmation(all, { ...milestone, hasNoGoodsMovements: true }, "MES");
    assert.ok(without.ok && without.value.movements.length === 0);
    assert.deepEqual(
      all.order("1000001")?.components.map((c) => c.withdrawn),
      [0n, amount("48"), amount("1")],
    );
  });

  test("an automatic issue that fails does not stop the confirmation: it waits among the failed movements", () => {
    const all = withOrder();
    const input = confirmation({ operation: "0030", hasNoGoodsMovements: false });
    assert.equal(code(postConfirmation(all, input, "MES")), "accepted");
    assert.deepEqual(
      all.failedMovements.map((failed) => [failed.material, failed.code]),
      [
        ["SEAL", "M7/021"],
        ["LABEL", "M7/021"],
      ],
    );
  });

  test("a control key with automatic receipt receives the yield", () => {
    const operations = [{ operation: "0010", text: "All", workCenter: "A", controlKey: "PP30" }];
    const all = withOrder({ operations, components: [] });
    const answer = postConfirmation(all, confirmation({ hasNoGoodsMovements: false, yield: amount("7") }), "MES");
    assert.ok(answer.ok);
    assert.deepEqual(
      answer.value.movements.map((item) => [item.movementType, item.quantity]),
      [["101", amount("7")]],
    );
    assert.equal(all.order("1000001")?.received, amount("7"));
  });
});
