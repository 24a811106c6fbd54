/** The planner and the buyer of the demo's ERP: the floor never runs dry, and never drowns. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock, type Clock } from "../../base/clock.ts";
import { instant } from "../../base/instant.ts";
import { Books } from "../erp/books.ts";
import { postMaterialDocument } from "../erp/goods-movement.ts";
import { amount, type Order } from "../erp/order.ts";
import { receiveStock } from "../erp/receipt.ts";
import { random } from "../random.ts";
import { demoPlan } from "./plan.ts";
import { Planner } from "./planner.ts";
import { shortMaterial } from "./product.ts";

const start = Date.parse("2026-11-22T18:00:00Z");

function scene(seed = 1): { books: Books; planner: Planner; pass: (ms: number) => void } {
  let now = start;
  const clock: Clock = { ...systemClock, now: () => instant(now) };
  const books = new Books({ clock, stock: "counted", duplicateKeys: "accepted", companyCode: "1010" });
  const plan = demoPlan({ start: "2026-11-22", end: "2026-11-24" });
  for (const stock of plan.stock) receiveStock(books, stock);
  for (const order of plan.orders) books.createOrder(order);
  const planner = new Planner(books, { clock, random: random(seed), openMax: 10, restMs: 30_000 });
  return { books, planner, pass: (ms) => (now += ms) };
}

interface Moved {
  readonly material: string;
  readonly batch: string;
  readonly unit: string;
  readonly quantity: bigint;
  readonly type: string;
  readonly reservation?: string;
  readonly reservationItem?: string;
}

function move(books: Books, order: Order, of: Moved): boolean {
  const isReceipt = of.type === "101";
  const item = {
    material: of.material, plant: "PL01", storageLocation: isReceipt ? "0002" : "0001", batch: of.batch, movementType: of.type, stockType: "",
    specialStock: "", order: order.number, orderItem: isReceipt ? "0001" : "", reservation: of.reservation ?? "", reservationItem: of.reservationItem ?? "", refDocType: isReceipt ? "F" : "",
    finallyIssued: false, text: "", unit: of.unit, quantity: of.quantity,
  }; // prettier-ignore
  const header = {
    postingDate: start,
    documentDate: start,
    headerText: "",
    reference: "K",
    code: isReceipt ? "02" : "03",
  };
  return postMaterialDocument(books, { ...header, items: [item] }, { user: "MES", by: "user" }).ok;
}

/** Everything that an order needs is drawn, as far as there is stock, and all of it comes in. */
function make(books: Books, order: Order): void {
  for (const { material, batch, baseUnit, required, reservation, item } of order.components) {
    const unit = baseUnit.internal;
    move(books, order, { material, batch, unit, quantity: required, type: "261", reservation, reservationItem: item });
  }
  assert.ok(
    move(books, order, {
      material: order.material,
      batch: "",
      unit: order.unit.internal,
      quantity: order.quantity,
      type: "101",
    }),
  );
}

describe("the planner", () => {
  test("keeps as many orders open as it should, however often it looks", () => {
    const { books, planner } = scene();
    assert.deepEqual(planner.work(), []);
    const [first] = planner.open;
    assert.ok(first);
    make(books, first);
    assert.equal(planner.open.length, 9);
    assert.equal(planner.work().length, 1);
    assert.equal(planner.work().length, 0);
    assert.equal(planner.open.length, 10);
    assert.equal(planner.open.at(-1)?.number, "1000011");
  });

  test("closes what has come in and drawn its material, when it has rested; not what still lacks some", () => {
    const { books, planner, pass } = scene();
    const orders = planner.open.filter((order) => order.material === "CABLE-A");
    for (const order of orders) make(books, order);
    planner.work();
    assert.ok(orders.every((order) => !order.statuses.has("technically-completed")));
    pass(31_000);
    planner.work();
    // There was enough of the short material for the first of them alone.
    const done = orders.filter((order) => order.statuses.has("technically-completed"));
    assert.deepEqual(
      done.map((order) => order.number),
      ["1000001"],
    );
  });

  test("orders nothing more of what is short, until somebody has received it", () => {
    const { books, planner } = scene();
    for (let round = 0; round < 60; round++) {
      const [next] = planner.open;
      assert.ok(next);
      make(books, next);
      for (const order of planner.work()) assert.notEqual(order.material, "CABLE-A", `round ${round}`);
    }
    receiveStock(books, {
      material: shortMaterial,
      plant: "PL01",
      storageLocation: "0001",
      quantity: "400",
      unit: "PC",
    });
    const later = new Set<string>();
    for (let round = 0; round < 40; round++) {
      const [next] = planner.open;
      assert.ok(next);
      make(books, next);
      for (const order of planner.work()) later.add(order.material);
    }
    assert.ok(later.has("CABLE-A"));
  });

  test("the same seed orders the same", () => {
    const run = (): readonly string[] => {
      const { books, planner } = scene(7);
      return Array.from({ length: 20 }, () => {
        const [next] = planner.open;
        assert.ok(next);
        make(books, next);
        return planner.work().map((order) => `${order.order} ${order.material} ${order.quantity}`);
      }).flat();
    };
    assert.deepEqual(run(), run());
  });
});

describe("the buyer", () => {
  test("has everything but one material delivered before it is gone, in new lots where there are lots", () => {
    const { books, planner } = scene();
    for (let round = 0; round < 300; round++) {
      const [next] = planner.open;
      assert.ok(next);
      make(books, next);
      planner.work();
      for (const { material, withdrawn, required } of next.components) {
        if (material !== shortMaterial) assert.equal(withdrawn, required, `${material} in round ${round}`);
      }
    }
    const lots = new Set([...books.stock.rows()].filter((r) => r.material === "HOUSING-4").map((row) => row.batch));
    assert.ok(lots.size > 3, [...lots].join());
    assert.ok([...lots].every((lot) => lot.length <= 10));
    assert.ok(
      books.stock.on({ material: shortMaterial, plant: "PL01", storageLocation: "0001", batch: "" }) <= amount("20"),
    );
  });

  test("buys nothing while the month is closed", () => {
    const { books, planner } = scene();
    for (const order of planner.open) make(books, order);
    for (let round = 0; round < 10; round++) planner.work();
    const before = books.materialDocuments.length;
    books.openPeriods = { from: "2030-01", to: "2030-01" };
    planner.work();
    assert.equal(books.materialDocuments.length, before);
  });
});
