/**
 * The comparison over PostgreSQL, the SAP connector and the simulated ERP: what is posted differs in nothing, and one
 * planted difference of each class stands in its class alone.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { systemClock } from "../../../src/base/clock.ts";
import { postingKey } from "../../../src/base/id.ts";
import { formatMicro } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { ErpDocumentContent } from "../../../src/erp/connector.ts";
import { dismissPosting, takeBackPosting } from "../../../src/flows/decide-posting.ts";
import { reconcile, type ReconciledOrder, type ReconcilePorts } from "../../../src/flows/reconcile.ts";
import type { OrderScope } from "../../../src/flows/view/books-view.ts";
import { correctionBy } from "../../../src/operations/collection/correction.ts";
import { unexplainedIn } from "../../../src/operations/reconciliation/comparison.ts";
import { openDatabase, type Database } from "../../../src/store/connection.ts";
import { clusterUnavailable, withCluster, type TestCluster } from "../../../src/store/testing/cluster.ts";
import { postgresBooks } from "../../../src/store/view/books-view.ts";
import { deskOf } from "../correction/desk.ts";
import { oneOperation, openScene, requestId, runFacts, type Scene } from "../final/scene.ts";
import { by } from "../store/mend-scene.ts";
import { unguarded } from "../store/world.ts";
import { confirmByHand, issueByHand, reverseConfirmation, reverseMovement } from "./hand.ts";

const skip = clusterUnavailable({ major: 18 });
const never = new AbortController().signal;
const everything: OrderScope = { orders: null, day: null, material: null, since: null };

describe("reconcile", { skip, timeout: 120_000 }, () => {
  let cluster: TestCluster;
  let scene: Scene;
  let database: Database;
  before(async () => {
    cluster = await withCluster({ major: 18 });
  });
  after(() => cluster?.close());
  afterEach(async () => {
    await database?.close();
    await scene?.close();
  });

  async function open(stock?: string): Promise<void> {
    scene = await openScene(cluster, oneOperation, stock === undefined ? {} : { stock });
    const { connectionString } = scene.world;
    database = openDatabase({ connectionString, log: () => undefined, readOnly: true });
  }

  function ports(change: Partial<ReconcilePorts> = {}): ReconcilePorts {
    return {
      books: postgresBooks(database),
      clock: systemClock,
      policy: scene.site.reconcile,
      receipt: () => false,
      packs: () => false,
      documents: (request, signal) => scene.session.documents(request, signal),
      ...change,
    };
  }

  async function compare(change: Partial<ReconcilePorts> = {}, scope = everything): Promise<ReconciledOrder> {
    const wish = { scope, material: scope.material, factsMost: 10 };
    const orders: ReconciledOrder[] = [];
    for await (const one of reconcile(ports(change), wish, never)) orders.push(unwrap(one));
    const [order, ...others] = orders;
    assert.ok(order && others.length === 0);
    return order;
  }

  /** Aspect, class and amount of each difference. */
  function partsOf({ comparison }: ReconciledOrder): string[] {
    return (comparison?.lines ?? []).flatMap(({ line, parts }) =>
      parts.map((part) => `${line.aspect} ${part.class} ${formatMicro(part.micro)}`),
    );
  }

  test("what is posted differs in nothing, and every number opens down to documents and facts", async () => {
    await open();
    await scene.run("r1", { good: 60, wire: 61 });
    await scene.deliver();
    const order = await compare();
    assert.ok(order.comparison && order.books);
    assert.deepEqual([partsOf(order), order.comparison.ledger, unexplainedIn(order.comparison)], [[], [], 0]);
    assert.deepEqual(
      order.comparison.lines.map(({ line, counted, posted, erp }) => [
        line.aspect,
        ...[counted, posted, erp].map(formatMicro),
        line.uom,
      ]),
      [
        ["good", "60", "60", "60", "C62"],
        ["issue", "61", "61", "61", "MTR"],
      ],
    );
    assert.equal(order.books.ledger.length, 2, "the ledger was looked at");
    assert.deepEqual(
      order.facts.map((fact) => [fact.kind, fact.what, formatMicro(fact.quantity.micro)]),
      [["confirmation", "good", "60"], ["goods-receipt", "good", "60"], ["goods-issue", "WIRE", "61"]],
    ); // prettier-ignore
    assert.equal(order.facts[0]?.posting, order.books.postings[0]?.key);
  });

  test("what was made and not packed is made-not-packed, on machines that pack alone", async () => {
    await open();
    await scene.run("r1", { good: 60, packed: 48 });
    await scene.deliver();
    const order = await compare();
    assert.deepEqual(partsOf(order), ["packed made-not-packed 12"]);
    const line = order.comparison?.lines.find((one) => one.line.aspect === "packed");
    assert.deepEqual([line?.counted, line?.erp], [60_000_000n, 48_000_000n]);
    assert.equal(order.comparison && unexplainedIn(order.comparison), 0);
    // What was said wrongly is taken back: then more was packed than made.
    const count = runFacts("r1", { good: 60 }, systemClock.now())[1];
    assert.ok(count);
    await scene.state([correctionBy(count, count.saidBy)]);
    assert.ok(partsOf(await compare()).includes("packed unexplained -48"));
  });

  test("a machine that packs and has packed nothing is asked about too", async () => {
    await open();
    await scene.run("r1", { good: 5 });
    await scene.deliver();
    assert.deepEqual(partsOf(await compare()), []);
    assert.deepEqual(partsOf(await compare({ packs: (unit) => unit === "U1" })), ["packed made-not-packed 5"]);
  });

  test("made and not sent is in flight; short stock is refused", async () => {
    await open("1");
    await scene.run("r1", { good: 5 });
    assert.deepEqual(partsOf(await compare()), ["good in-flight 5"]);
    await scene.deliver();
    await scene.run("r2", { wire: 3 });
    await scene.deliver({ until: async () => (await scene.postings()).at(-1)?.state === "refused" });
    assert.deepEqual(partsOf(await compare()), ["issue refused 3"]);
    await scene.run("r3", { good: 2, ends: false });
    assert.deepEqual(partsOf(await compare()), ["good in-flight 2", "issue refused 3"]);
  });

  test("taken back in the ERP is reversed, and keyed again it is settled", async () => {
    await open();
    await scene.run("r1", { good: 5, wire: 4 });
    await scene.deliver();
    reverseConfirmation(scene.erp.books);
    reverseMovement(scene.erp.books);
    assert.deepEqual(partsOf(await compare()), ["good reversed 5", "issue reversed 4"]);
    confirmByHand(scene.erp.books, 5);
    const order = await compare();
    assert.deepEqual(partsOf(order), ["good reversed 5", "good by-hand -5", "issue reversed 4"]);
  });

  test("what we take back and post anew differs in nothing; what a person takes back is reversed", async () => {
    await open();
    const { made, again, usedAgain, takenBack, decide } = deskOf(() => scene);
    const first = await made("r1", { good: 10, wire: 8 });
    const [pieces, wire] = [first.get("UnitsCounted"), first.get("MaterialConsumed")];
    await scene.deliver();
    await scene.state([takenBack(pieces), again(pieces, 6), takenBack(wire), usedAgain(wire, 5)]);
    assert.deepEqual(partsOf(await compare()), ["good in-flight -4", "issue in-flight -3"]);
    await scene.deliver();
    const corrected = await compare();
    assert.deepEqual([partsOf(corrected), corrected.comparison?.ledger], [[], []]);
    assert.deepEqual(
      corrected.comparison?.lines.map(({ counted, posted, erp }) => [counted, posted, erp].map(formatMicro)),
      [
        ["6", "6", "6"],
        ["5", "5", "5"],
      ],
    );
    assert.equal(corrected.books?.documents.filter(({ reversed }) => reversed).length, 2, "both are looked at");
    assert.equal(await decide(takeBackPosting, "goods-issue", "confirmed"), "reversing");
    await scene.deliver();
    assert.deepEqual(partsOf(await compare()), ["issue reversed 5"]);
  });

  test("what somebody else posts is by hand, and what bears an unknown key is unexplained", async () => {
    await open();
    confirmByHand(scene.erp.books, 5);
    issueByHand(scene.erp.books, 2);
    issueByHand(scene.erp.books, 3, postingKey("another", "installation"));
    const order = await compare();
    assert.deepEqual(partsOf(order), ["good by-hand -5", "issue by-hand -2", "issue unexplained -3"]);
    assert.equal(order.comparison && unexplainedIn(order.comparison), 1);
  });

  test("dismissed is dismissed", async () => {
    await open();
    await scene.run("r1", { good: 5 });
    const [posting] = await scene.world.sql("select id, version from posting");
    const command = { ...by(Number(posting?.["version"])), posting: String(posting?.["id"]) };
    unwrap(await dismissPosting(scene.ports, command));
    assert.deepEqual(partsOf(await compare()), ["good dismissed 5"]);
  });

  test("what the ERP has twice stays unexplained when a person has dismissed ours", async () => {
    await open();
    await scene.run("r1", { wire: 4 });
    const [sent] = await scene.world.sql(
      "update posting set state = 'in-doubt', sent_at = now() - interval '1 hour' where kind = 'goods-issue' returning key",
    );
    for (const _ of [1, 2]) issueByHand(scene.erp.books, 4, String(sent?.["key"]));
    assert.deepEqual(partsOf(await compare()), ["issue unexplained -4"]);
    await scene.deliver({ until: async () => (await scene.postings())[0]?.state === "needs-person" });
    const [asked] = await scene.world.sql("select id, version from posting");
    const command = { ...by(Number(asked?.["version"])), posting: String(asked?.["id"]) };
    unwrap(await dismissPosting(scene.ports, command));
    assert.deepEqual(partsOf(await compare()), ["issue unexplained -4"]);
  });

  test("another last digit in the ERP is rounding", async () => {
    await open();
    await scene.run("r1", { wire: 4 });
    await scene.deliver();
    const rounded = (found: ErpDocumentContent): ErpDocumentContent => {
      const { segment } = found.response;
      const materials = segment.materials.map((actual) => {
        const { quantity } = actual.stock;
        return { ...actual, stock: { ...actual.stock, quantity: { ...quantity, micro: quantity.micro - 400n } } };
      });
      return { ...found, response: { ...found.response, segment: { ...segment, materials } } };
    };
    const order = await compare({
      documents: async (request, signal) => {
        const found = await scene.session.documents(request, signal);
        return found.ok ? { ok: true, value: found.value.map(rounded) } : found;
      },
    });
    assert.deepEqual(partsOf(order), ["issue rounding 0.0004"]);
  });

  test("what the ledger has not booked is unexplained", async () => {
    await open();
    await scene.run("r1", { wire: 4 });
    await scene.deliver();
    await unguarded(scene.world, () => scene.world.sql("delete from movement"));
    const order = await compare();
    assert.deepEqual([partsOf(order), order.comparison?.ledger.length], [[], 1]);
    assert.equal(order.comparison && unexplainedIn(order.comparison), 1);
  });

  test("what is sent between the two looks is no difference", async () => {
    await open();
    await scene.run("r1", { good: 5 });
    let looks = 0;
    const order = await compare({
      documents: async (request, signal) => {
        looks += 1;
        const found = await scene.session.documents(request, signal);
        if (looks === 1) {
          // It goes out, and another one is made and goes out, after the first look at the database.
          await scene.run("r2", { good: 3 });
          await scene.deliver();
        }
        return looks === 1 ? scene.session.documents(request, signal) : found;
      },
    });
    assert.deepEqual([partsOf(order), looks], [[], 2]);
  });

  test("by order, day and material", async () => {
    await open();
    await scene.run("r1", { good: 5, wire: 4 });
    const today = systemClock.now();
    const day = { date: "2020-01-01", from: today, to: today } as const;
    const found = async (scope: Partial<OrderScope>): Promise<readonly string[]> =>
      postgresBooks(database).read((books) => books.orders({ ...everything, ...scope }, "", 10));
    assert.deepEqual(await found({ orders: ["s4//other"] }), []);
    assert.deepEqual(await found({ orders: [requestId] }), [requestId]);
    assert.deepEqual(await found({ day }), []);
    const around = { from: (today - 60_000) as typeof today, to: (today + 60_000) as typeof today };
    assert.deepEqual(await found({ day: { ...day, ...around } }), [requestId]);
    assert.deepEqual([await found({ material: "WIRE" }), await found({ material: "ROPE" })], [[requestId], []]);
    assert.deepEqual(
      [await found({ since: around.to }), await found({ since: around.from })],
      [[requestId], [requestId]],
    );
    const order = await compare({}, { ...everything, material: "WIRE" });
    assert.deepEqual(partsOf(order), ["issue in-flight 4"]);
  });

  test("an ERP that is away ends it, and an order whose documents cannot be read is named", async () => {
    await open();
    await scene.erp.unplug();
    const [gone] = await Array.fromAsync(
      reconcile(ports(), { scope: everything, material: null, factsMost: 1 }, never),
    );
    assert.equal(gone && !gone.ok && gone.fault.code, "flows/reconcile-erp");
    const fault = { kind: "invalid", code: "erp/sap-unit-unknown", message: "KAR" } as const;
    const order = await compare({ documents: () => Promise.resolve({ ok: false, fault }) });
    assert.deepEqual([order.comparison, order.fault], [null, fault]);
  });

  test("nothing is written: the database refuses it on this connection", async () => {
    await open();
    await assert.rejects(
      database.transaction((query) => query.run("test.write", "delete from posting")),
      /read-only transaction/,
    );
  });
});
