/** The closing table finds what does not agree, whichever side it is on. A table that agrees with everything proves nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "../../base/clock.ts";
import { instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { Fact, FactBody } from "../../record/fact.ts";
import { Books } from "../erp/books.ts";
import { postConfirmation } from "../erp/confirmation.ts";
import { postMaterialDocument, type MovementInput } from "../erp/goods-movement.ts";
import { amount, type OrderSeed } from "../erp/order.ts";
import type { OperationTruth } from "../plant.ts";
import { closeOrders, formatTable, type ClosingSides } from "./closing.ts";

const order: OrderSeed = {
  order: "1",
  material: "CABLE",
  plant: "PL01",
  quantity: "10",
  operations: [
    { operation: "0010", text: "Cut", workCenter: "CUT", controlKey: "PP01" },
    { operation: "0020", text: "Assemble", workCenter: "CELL", controlKey: "PP20" },
  ],
  components: [{ material: "WIRE", operation: "0010", quantity: "5", unit: "M", storageLocation: "0001" }],
};

const truths: readonly OperationTruth[] = [
  {
    order: "1",
    operation: "0010",
    good: 10,
    scrap: 1,
    runs: 1,
    machines: ["CUT-1"],
    used: new Map([["WIRE", { micro: amount("5.5"), unit: "M" }]]),
  },
  { order: "1", operation: "0020", good: 10, scrap: 0, runs: 1, machines: ["CELL-1"], used: new Map() },
];

function fact(run: string, body: FactBody): Fact {
  const source = "cutter";
  return {
    id: `${run}/${body.kind}/${JSON.stringify(body, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))}`,
    source,
    workUnit: "CUT-1",
    run,
    eventAt: instant(0),
    rule: "rule",
    mapVersion: 1,
    revision: 0,
    saidBy: { by: "machine", source },
    evidence: [],
    body,
  };
}

const pieces = (text: string): Quantity => ({ micro: amount(text), uom: "C62" });
const counted = (run: string, grade: "good" | "scrap", text: string): Fact =>
  fact(run, { kind: "UnitsCounted", grade, quantity: pieces(text), reason: null });
const started = (run: string, job: string): Fact =>
  fact(run, { kind: "JobStarted", job, article: "CABLE", outside: false });
const wireUse = (millimetres: string): Fact =>
  fact("r1", {
    kind: "MaterialConsumed",
    material: "WIRE",
    lot: null,
    quantity: { micro: amount(millimetres), uom: "MMT" },
  });

const facts: readonly Fact[] = [
  started("r1", "1-0010"),
  counted("r1", "good", "10"),
  counted("r1", "scrap", "1"),
  wireUse("5500"),
  started("r2", "1-0020"),
  counted("r2", "good", "10"),
];

const day = Date.parse("2026-11-20T00:00:00Z");

function confirm(books: Books, operation: string, good: string, scrap: string, key: string): void {
  const answer = postConfirmation(
    books,
    {
      order: "1", operation, sequence: "0", yield: amount(good), scrap: amount(scrap), rework: 0n, unit: "PC", finalType: "", isFinal: false,
      clearsReservations: false, hasNoGoodsMovements: true, postingDate: day, externalKey: key, text: "", noted: {},
    },
    "MES",
  ); // prettier-ignore
  assert.ok(answer.ok);
}

function move(books: Books, item: Partial<MovementInput>, code: string, reference: string): void {
  const whole: MovementInput = {
    material: "WIRE", plant: "PL01", storageLocation: "0001", batch: "", movementType: "261", stockType: "", specialStock: "", order: "1", orderItem: "",
    reservation: "", reservationItem: "", refDocType: "", finallyIssued: false, text: "", unit: "M", quantity: 0n, ...item,
  }; // prettier-ignore
  const document = { code, postingDate: day, documentDate: day, headerText: "", reference, items: [whole] };
  assert.ok(postMaterialDocument(books, document, { user: "MES", by: "user" }).ok);
}

/** Books in which everything is as it should be. */
function fullBooks(): Books {
  const books = new Books({ clock: systemClock, stock: "unlimited", duplicateKeys: "accepted", companyCode: "1010" });
  books.createOrder(order);
  confirm(books, "0010", "10", "1", "k1");
  confirm(books, "0020", "10", "0", "k2");
  move(books, { quantity: amount("5.5") }, "03", "K3");
  move(books, { material: "CABLE", movementType: "101", unit: "PC", quantity: amount("10") }, "02", "K4");
  return books;
}

function differences(change: Partial<ClosingSides>): readonly string[] {
  return closeOrders({ orders: [order], truths, facts, books: fullBooks(), ...change }).flatMap(
    (row) => row.differences,
  );
}

describe("the closing table", () => {
  test("has no difference when all three sides agree", () => {
    assert.deepEqual(differences({}), []);
    const rows = closeOrders({ orders: [order], truths, facts, books: fullBooks() });
    const table = formatTable(rows);
    assert.match(table[2] ?? "", /^1 +CABLE +10 +10 +1 +5\.5 m WIRE +4 +0$/);
  });

  test("finds pieces that Millrace missed or counted twice", () => {
    assert.match(
      differences({ facts: facts.filter((f) => f !== facts[2]) }).join(),
      /the machines made 1 scrap, Millrace counted 0/,
    );
    assert.match(
      differences({ facts: [...facts, counted("r2", "good", "1")] }).join(),
      /Millrace has 11 good, the ERP has confirmed 10/,
    );
  });

  test("finds a correction that was not taken back in the ERP", () => {
    const was = counted("r2", "good", "1");
    const corrected = fact("r2", { kind: "Corrected", corrects: was.id, was: was.body });
    assert.match(differences({ facts: [...facts, corrected] }).join(), /Millrace has 9 good, the ERP has confirmed 10/);
  });

  test("finds material that was used and not issued, or issued twice", () => {
    assert.match(
      differences({ facts: [...facts, wireUse("1")] }).join(),
      /Millrace has 5\.501 M, the ERP has issued 5\.5/,
    );
    const books = fullBooks();
    move(books, { quantity: amount("5.5") }, "03", "K5");
    assert.match(differences({ books }).join(), /the ERP has issued 11/);
  });

  test("finds documents that came twice, that nobody asked for, and a receipt that is missing", () => {
    const twice = fullBooks();
    confirm(twice, "0020", "1", "0", "k2");
    assert.match(differences({ books: twice }).join(), /1 ERP documents repeat a key/);
    const foreign = fullBooks();
    move(foreign, { quantity: amount("1") }, "03", "");
    assert.match(differences({ books: foreign }).join(), /1 ERP documents without a key/);
    const books = fullBooks();
    books.orders.get("1")?.statuses.clear();
    const bare = books.order("1");
    if (bare) bare.received = 0n;
    assert.match(differences({ books }).join(), /Millrace has 10 good, the ERP has received 0/);
  });
});
