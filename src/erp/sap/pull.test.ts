/** Reading changed orders: pages, overlap, and which re-reads are news. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { unwrap } from "../../base/result.ts";
import type { ErpSession, InboundMessage } from "../connector.ts";
import { readCursor, sight, writeCursor } from "./cursor.ts";
import { sapConnector } from "./index.ts";
import { startFakeSap, reply, type FakeOptions, type FakeSap } from "./testing/fake-sap.ts";
import { never, operationRow, orderRow, settings } from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

async function connect(
  count: number,
  options: FakeOptions = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ sap: FakeSap; session: ErpSession }> {
  const sap = await startFakeSap(options);
  for (let n = 0; n < count; n++)
    sap.orders.push(
      orderRow({ ManufacturingOrder: String(1_000_101 + n), LastChangeDateTime: String(20261120080000 + n) }),
    );
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl, more), never));
  open.push(sap, session);
  return { sap, session };
}

async function drain(
  session: ErpSession,
  from: string | null,
): Promise<{ messages: readonly InboundMessage[]; cursor: string; pages: number }> {
  const messages: InboundMessage[] = [];
  let cursor = from;
  for (let pages = 1; pages < 200; pages++) {
    const page = unwrap(await session.pull(cursor, never));
    messages.push(...page.messages);
    cursor = page.cursor;
    if (!page.more) return { messages, cursor, pages };
  }
  return assert.fail("the pages do not end");
}

const numbers = (messages: readonly InboundMessage[]): string[] => messages.map(({ number }) => number);

test("all orders come once, whatever the size of our pages and the server's", async () => {
  for (const [pageSize, pageMax] of [
    [50, 1000],
    [5, 2],
    [1, 1],
    [7, 3],
    [23, 1000],
  ] as const) {
    const { session } = await connect(23, { pageMax }, { pageSize });
    const all = await drain(session, null);
    assert.deepEqual(
      numbers(all.messages),
      Array.from({ length: 23 }, (_, n) => String(1_000_101 + n)),
      `${pageSize}/${pageMax}`,
    );
    assert.equal(new Set(all.messages.map(({ idempotencyKey }) => idempotencyKey)).size, 23);
  }
});

test("more orders with one stamp than fit on a page are all read", async () => {
  const { sap, session } = await connect(20, {}, { pageSize: 3 });
  for (const order of sap.orders) order["LastChangeDateTime"] = "20261120080000";
  assert.equal((await drain(session, null)).messages.length, 20);
});

test("orders that change while the pages are read come again, none is missed", async () => {
  const { sap, session } = await connect(9, {}, { pageSize: 3 });
  const first = unwrap(await session.pull(null, never));
  const [moved] = sap.orders;
  Object.assign(moved ?? {}, { LastChangeDateTime: "20261120090000", TotalQuantity: "200.000" });
  const rest = await drain(session, first.cursor);
  assert.equal(new Set([...numbers(first.messages), ...numbers(rest.messages)]).size, 9);
  assert.equal(numbers(rest.messages).at(-1), "1000101");
});

test("__next is followed on our own host only: a front's backend is never called", async () => {
  const { sap, session } = await connect(6, { pageMax: 2 });
  await drain(session, null);
  assert.ok(sap.seen.some(({ line }) => line.includes("skiptoken=4")));
});

test("an unchanged re-read is no news; neither is what our own postings change in an order", async () => {
  const { sap, session } = await connect(3);
  const { cursor } = await drain(session, null);
  assert.deepEqual((await drain(session, cursor)).messages, []);
  const [order] = sap.orders;
  Object.assign(order ?? {}, {
    LastChangeDateTime: "20261120090000",
    OrderIsConfirmed: "X",
    OrderIsDelivered: "X",
    MfgOrderConfirmedYieldQty: "100.000",
    to_ProductionOrderStatus: { results: [{ StatusCode: "I0002" }, { StatusCode: "I0009" }, { StatusCode: "I0606" }] },
  });
  assert.deepEqual((await drain(session, cursor)).messages, []);
});

test("a changed order is news, an order that returns to what it was is news again", async () => {
  const { sap, session } = await connect(1);
  const [order = {}] = sap.orders;
  const keys: string[] = [];
  let cursor: string | null = null;
  const steps: [string, Record<string, unknown>][] = [
    ["20261120080000", {}],
    ["20261120080100", { OrderIsLocked: "X" }],
    ["20261120080200", { OrderIsLocked: "" }],
    ["20261120080300", { OrderIsLocked: "X" }],
    ["20261120080400", { OrderIsLocked: "", OrderIsTechnicallyCompleted: "X" }],
  ];
  for (const [stamp, change] of steps) {
    Object.assign(order, change, { LastChangeDateTime: stamp });
    const read = await drain(session, cursor);
    assert.equal(read.messages.length, 1, stamp);
    keys.push(read.messages[0]?.idempotencyKey ?? "");
    cursor = read.cursor;
  }
  assert.equal(new Set(keys).size, steps.length);
});

test("an order that was forgotten meanwhile is news when it returns to what it was", async () => {
  const forgetful = (cursor: string): string => {
    const read = unwrap(readCursor(cursor));
    const seen = new Map(read.seen);
    for (let n = 0; n < 5000; n += 1) sight(seen, `other ${n}`, "x");
    return writeCursor({ ...read, seen });
  };
  for (const forget of [forgetful, () => null]) {
    const { sap, session } = await connect(1);
    const [order = {}] = sap.orders;
    const released = await drain(session, null);
    Object.assign(order, { LastChangeDateTime: "20261120080100", OrderIsLocked: "X" });
    const locked = await drain(session, forget(released.cursor));
    Object.assign(order, { LastChangeDateTime: "20261120080200", OrderIsLocked: "" });
    const again = await drain(session, locked.cursor);
    const all = [released, locked, again].flatMap(({ messages }) => messages);
    const stateOf = (message: InboundMessage): string => unwrap(session.interpret(message)).state;
    assert.deepEqual(all.map(stateOf), ["Released", "Held", "Released"]);
    assert.equal(new Set(all.map(({ idempotencyKey }) => idempotencyKey)).size, 3);
  }
});

test("two changes within one second are both read, by the overlap", async () => {
  const { sap, session } = await connect(1);
  const { cursor } = await drain(session, null);
  Object.assign(sap.orders[0] ?? {}, { TotalQuantity: "120.000" });
  const again = await drain(session, cursor);
  assert.equal(again.messages.length, 1);
});

test("the first scan wants what can still be made; later ones also hear of orders taken back", async () => {
  const { sap, session } = await connect(6);
  Object.assign(sap.orders[0] ?? {}, { OrderIsTechnicallyCompleted: "X" });
  Object.assign(sap.orders[1] ?? {}, { OrderIsReleased: "", OrderIsCreated: "X" });
  Object.assign(sap.orders[2] ?? {}, { OrderIsConfirmed: "X" });
  const first = await drain(session, null);
  assert.deepEqual(numbers(first.messages), ["1000104", "1000105", "1000106"]);
  Object.assign(sap.orders[3] ?? {}, { OrderIsMarkedForDeletion: "X", LastChangeDateTime: "20261120090000" });
  Object.assign(sap.orders[0] ?? {}, { LastChangeDateTime: "20261120090001" });
  const second = await drain(session, first.cursor);
  assert.deepEqual(numbers(second.messages), ["1000104"]);
  const read = unwrap(session.interpret(second.messages[0] ?? assert.fail()));
  assert.equal(read.state, "Cancelled");
});

test("filters on plants and work centres", async () => {
  const { sap, session } = await connect(2, {}, { plants: ["PL01", "P'2"], workCenters: ["A565-26"] });
  Object.assign(sap.orders[1] ?? {}, {
    to_ProductionOrderOperation: { results: [operationRow({ WorkCenter: "OTHER" })] },
  });
  assert.deepEqual(numbers((await drain(session, null)).messages), ["1000101"]);
  const asked = decodeURIComponent(sap.seen.at(-1)?.line ?? "");
  assert.match(asked, /\(ProductionPlant eq 'PL01' or ProductionPlant eq 'P''2'\)/);
});

test("an order that cannot be read is delivered all the same, once, and again when it was mended", async () => {
  const { sap, session } = await connect(1);
  Object.assign(sap.orders[0] ?? {}, { TotalQuantity: "0.000" });
  const bad = await drain(session, null);
  assert.equal(bad.messages.length, 1);
  const read = session.interpret(bad.messages[0] ?? assert.fail());
  assert.equal(!read.ok && read.fault.code, "erp/sap-order-quantity");
  assert.deepEqual((await drain(session, bad.cursor)).messages, []);
  Object.assign(sap.orders[0] ?? {}, { TotalQuantity: "10.000" });
  assert.equal((await drain(session, bad.cursor)).messages.length, 1);
});

test("numbers outside of quotes never pass through a float", async () => {
  const { sap, session } = await connect(1);
  sap.gate = (request, to) => {
    if (!request.url?.includes("/A_ProductionOrder_2?")) return false;
    const row = JSON.stringify(orderRow({ TotalQuantity: "@" })).replace('"@"', "9007199254.740993");
    reply(to, 200, `{"d":{"results":[${row}]}}`);
    return true;
  };
  const { messages } = await drain(session, null);
  const read = unwrap(session.interpret(messages[0] ?? assert.fail()));
  assert.equal(read.quantity.micro, 9_007_199_254_740_993n);
});

test("only fields that the service has are asked for, customer fields too", async () => {
  const { sap, session } = await connect(1);
  await drain(session, null);
  const query = new URL(`http://sap${sap.seen.at(-1)?.line.split(" ")[1]}`).searchParams;
  const fields = (query.get("$select") ?? "").split(",");
  assert.ok(fields.includes("ZZ1_Drawing_ORD"));
  assert.ok(fields.includes("to_ProductionOrderComponentExt4/RequiredQuantity"));
  assert.equal(fields.includes("MRPController"), false);
});

test("pages that cannot be read, and faults of SAP, are faults of the pull", async () => {
  const cases: [string, number, string][] = [
    ["erp/sap-reply", 200, "<html>maintenance</html>"],
    ["erp/sap-reply", 200, '{"d":{"results":[{"a":'],
    ["erp/sap-failed", 503, "busy"],
    ["erp/sap-forbidden", 403, "no"],
    ["erp/sap-service", 404, "gone"],
    ["erp/sap-request", 400, '{"error":{"code":"X","message":{"value":"bad filter"}}}'],
    ["erp/sap-login", 302, ""],
  ];
  for (const [code, status, body] of cases) {
    const { sap, session } = await connect(1);
    sap.gate = (request, to) => {
      if (!request.url?.includes("/A_ProductionOrder_2?")) return false;
      reply(to, status, body, "text/html");
      return true;
    };
    const read = await session.pull(null, never);
    assert.equal(!read.ok && read.fault.code, code);
  }
});

test("a cursor that is none is a fault; a good one survives the round trip in order", () => {
  for (const text of ["", "{}", "null", '{"v":2}', '{"v":1,"from":1,"newest":"","seen":{}}']) {
    const read = readCursor(text);
    assert.equal(!read.ok && read.fault.code, "erp/sap-cursor", text);
  }
  const seen = new Map([["20", "b"], ["3", "c"], ["A-1", "d"]]); // prettier-ignore
  const cursor = {
    from: "20261120080000",
    after: { stamp: "20261120080000", number: null },
    newest: "20261120080001",
    seen,
  };
  assert.deepEqual(unwrap(readCursor(writeCursor(cursor))), cursor);
  const ofBefore = { ...cursor, v: 1, seen: { "#20": "a,b", "#3": "c", "#A-1": "d" } };
  assert.deepEqual(unwrap(readCursor(JSON.stringify(ofBefore))), cursor);
});

test("memory of contents is bounded, and forgetting leads to a repeat, never to a loss", () => {
  const seen = new Map<string, string>();
  for (let n = 0; n < 5000; n++) assert.equal(sight(seen, String(n), "x"), true);
  assert.equal(sight(seen, "0", "x"), false);
  for (let n = 5000; n < 6000; n++) sight(seen, String(n), "x");
  assert.equal(seen.size, 5000);
  assert.equal(sight(seen, "0", "x"), false, "what still moves is remembered");
  assert.equal(sight(seen, "1", "x"), true);
});
