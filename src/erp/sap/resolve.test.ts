/** Asking SAP what it has: by key, with its content, and for a whole order. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { guidOf, postingKey } from "../../base/id.ts";
import { formatMicro } from "../../base/quantity.ts";
import { unwrap } from "../../base/result.ts";
import type { Envelope, ErpSession } from "../connector.ts";
import { sapConnector } from "./index.ts";
import { confirmationEntities, edmx } from "./testing/edmx.ts";
import { reply, startFakeSap, type FakeSap } from "./testing/fake-sap.ts";
import {
  componentRow,
  made,
  never,
  operationRow,
  orderRow,
  requestOf,
  response,
  settings,
  used,
} from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

async function connect(
  prepare: (sap: FakeSap) => void = () => undefined,
): Promise<{ sap: FakeSap; session: ErpSession }> {
  const sap = await startFakeSap();
  prepare(sap);
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
  open.push(sap, session);
  return { sap, session };
}

const request = requestOf(orderRow());
type Kind = "confirmation" | "goods-receipt" | "goods-issue";
const kinds: readonly Kind[] = ["confirmation", "goods-receipt", "goods-issue"];

function envelope(session: ErpSession, name: string, kind: Kind): Envelope {
  const materials = kind === "goods-receipt" ? [made] : kind === "goods-issue" ? [used] : [];
  return unwrap(session.compose(postingKey(name), request, { kind, response: response({ materials }) }));
}

const rowOf = (sap: FakeSap, kind: Kind): Record<string, unknown> =>
  (kind === "confirmation" ? sap.confirmations : sap.documents)[0] ?? {};

test("absent, then applied with the number that the push gave", async () => {
  for (const kind of kinds) {
    const { session } = await connect();
    const sent = envelope(session, kind, kind);
    assert.deepEqual(await session.resolve(sent, never), { outcome: "absent" });
    const pushed = await session.push(sent, never);
    const found = await session.resolve(sent, never);
    assert.equal(found.outcome, "applied");
    assert.deepEqual(
      found.outcome === "applied" && found.document,
      pushed.outcome === "confirmed" && pushed.document,
      kind,
    );
  }
});

test("twice under one key is for a person", async () => {
  for (const kind of kinds) {
    const { session } = await connect();
    const sent = envelope(session, kind, kind);
    await session.push(sent, never);
    await session.push(sent, never);
    const found = await session.resolve(sent, never);
    assert.equal(found.outcome === "differs" && found.fault.code, "erp/sap-key-twice", kind);
  }
});

test("another content under our key is for a person, and named", async () => {
  const items =
    (change: Record<string, unknown>) =>
    (row: Record<string, unknown>): void => {
      const expanded = row["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
      Object.assign(expanded.results[0] ?? {}, change);
    };
  const fields =
    (change: Record<string, unknown>) =>
    (row: Record<string, unknown>): void =>
      void Object.assign(row, change);
  const cases: [Kind, string, (row: Record<string, unknown>) => void][] = [
    ["confirmation", "yield", fields({ ConfirmationYieldQuantity: "5.001" })],
    ["confirmation", "scrap", fields({ ConfirmationScrapQuantity: "0" })],
    ["confirmation", "no number", fields({ ConfirmationYieldQuantity: "five" })],
    ["confirmation", "operation", fields({ OrderOperation: "0020" })],
    ["confirmation", "order", fields({ OrderID: "1000102" })],
    ["confirmation", "date", fields({ PostingDate: "/Date(1738627200000)/" })],
    ["confirmation", "final", fields({ IsFinalConfirmation: true })],
    ["confirmation", "document number", fields({ ConfirmationGroup: "" })],
    ["goods-receipt", "amount", items({ QuantityInEntryUnit: "6" })],
    ["goods-receipt", "movement", items({ GoodsMovementType: "531" })],
    ["goods-issue", "material", items({ Material: "WIRE-9" })],
    ["goods-issue", "location", items({ StorageLocation: "X" })],
    ["goods-issue", "unit", items({ EntryUnit: "M" })],
    ["goods-issue", "date", fields({ PostingDate: "/Date(1738627200000)/" })],
  ]; // prettier-ignore
  for (const [kind, name, change] of cases) {
    const { sap, session } = await connect();
    const sent = envelope(session, name, kind);
    await session.push(sent, never);
    change(rowOf(sap, kind));
    const found = await session.resolve(sent, never);
    assert.equal(found.outcome === "differs" && found.fault.code, "erp/sap-content-differs", `${kind} ${name}`);
  }
});

test("the same content in SAP's own writing is equal: padding, decimals, nulls, a line split by batch", async () => {
  const { sap, session } = await connect();
  const confirmation = envelope(session, "c", "confirmation");
  await session.push(confirmation, never);
  Object.assign(rowOf(sap, "confirmation"), {
    OrderID: "000001000101",
    ConfirmationYieldQuantity: "5.000",
    ConfirmationReworkQuantity: null,
    OrderOperation: "10",
    IsFinalConfirmation: null,
  });
  assert.equal((await session.resolve(confirmation, never)).outcome, "applied");
  const issue = envelope(session, "i", "goods-issue");
  await session.push(issue, never);
  const expanded = rowOf(sap, "goods-issue")["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
  const [line = {}] = expanded.results;
  expanded.results = [
    { ...line, Batch: "A", QuantityInEntryUnit: "1500" },
    { ...line, Batch: "B", QuantityInEntryUnit: "500.000" },
  ];
  assert.equal((await session.resolve(issue, never)).outcome, "applied");
});

test("an issue of several lots is compared lot by lot, and what was sent without one in sum", async () => {
  const lotted = (lot: string | null, material = "WIRE-1"): typeof used => ({
    ...used,
    stock: { ...used.stock, lot, material },
  });
  type Lines = (readonly [material: string, batch: string, amount: string])[];
  const cases: [string, (typeof used)[], Lines, "applied" | "differs"][] = [
    ["each lot its line", [lotted("A"), lotted("B")], [["WIRE-1", "B", "2000"], ["WIRE-1", "A", "2000"]], "applied"],
    ["lots exchanged", [lotted("A"), lotted("B")], [["WIRE-1", "A", "4000"]], "differs"],
    ["another material split by SAP", [lotted("A"), lotted(null, "SEAL-1")], [["WIRE-1", "A", "2000"], ["SEAL-1", "X", "500"], ["SEAL-1", "Y", "1500"]], "applied"],
    ["a lot lost beside it", [lotted("A"), lotted(null, "SEAL-1")], [["WIRE-1", "B", "2000"], ["SEAL-1", "X", "2000"]], "differs"],
    ["the rest of the same material chosen by SAP", [lotted("A"), lotted(null)], [["WIRE-1", "A", "2500"], ["WIRE-1", "B", "1500"]], "applied"],
    ["too little of the lot that was named", [lotted("A"), lotted(null)], [["WIRE-1", "A", "1500"], ["WIRE-1", "B", "2500"]], "differs"],
    ["too much in sum", [lotted("A"), lotted(null)], [["WIRE-1", "A", "2000"], ["WIRE-1", "B", "2500"]], "differs"],
  ]; // prettier-ignore
  for (const [name, materials, lines, outcome] of cases) {
    const { sap, session } = await connect();
    const content = { kind: "goods-issue", response: response({ materials }) } as const;
    const sent = unwrap(session.compose(postingKey(name), request, content));
    await session.push(sent, never);
    const expanded = rowOf(sap, "goods-issue")["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
    assert.deepEqual(
      expanded.results.map(({ Batch }) => Batch ?? null),
      materials.map(({ stock }) => stock.lot),
      "each line its own lot",
    );
    const [line = {}] = expanded.results;
    expanded.results = lines.map(([Material, Batch, QuantityInEntryUnit]) => ({
      ...line,
      Material,
      Batch,
      QuantityInEntryUnit,
    }));
    assert.equal((await session.resolve(sent, never)).outcome, outcome, name);
  }
});

test("letters of a unit that only SAP knows are those that were sent: in another language a document is recognised", async () => {
  const inPolish = (field: string, letters: string, iso: string): Record<string, string> => ({
    [field]: letters,
    [`${field}ISOCode`]: iso,
  });
  const row = orderRow({
    ...inPolish("ProductionUnit", "SZT", "PCE"),
    to_ProductionOrderOperation: { results: [operationRow(inPolish("OperationUnit", "SZT", "PCE"))] },
    to_ProductionOrderComponentExt4: { results: [componentRow(inPolish("BaseUnit", "MLM", "MMT"))] },
  });
  for (const kind of kinds) {
    const { sap, session } = await connect();
    const materials = kind === "goods-receipt" ? [made] : kind === "goods-issue" ? [used] : [];
    const content = { kind, response: response({ materials }) };
    const sent = unwrap(session.compose(postingKey(`polish ${kind}`), requestOf(row), content));
    assert.match(new TextDecoder().decode(sent.bytes), /SZT|MLM/);
    await session.push(sent, never);
    const expanded = rowOf(sap, kind)["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] } | undefined; // stored by the fake
    const booked = expanded?.results[0] ?? rowOf(sap, kind);
    assert.equal((await session.resolve(sent, never)).outcome, "applied", `${kind} in its own letters`);
    const [unit, iso] = kind === "goods-issue" ? ["MLM", "MMT"] : ["SZT", "PCE"];
    Object.assign(booked, inPolish(kind === "confirmation" ? "ConfirmationUnit" : "EntryUnit", unit, iso));
    assert.equal((await session.resolve(sent, never)).outcome, "applied", `${kind} with its code beside`);
    Object.assign(booked, inPolish(kind === "confirmation" ? "ConfirmationUnit" : "EntryUnit", "KG", "KGM"));
    assert.equal((await session.resolve(sent, never)).outcome, "differs", `${kind} in another unit`);
  }
});

test("a reversal bears the key too and is not counted", async () => {
  const { sap, session } = await connect();
  const sent = envelope(session, "r", "goods-receipt");
  await session.push(sent, never);
  const original = rowOf(sap, "goods-receipt");
  const expanded = original["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
  const reversing = expanded.results.map((item) => ({
    ...item,
    GoodsMovementType: "102",
    ReversedMaterialDocument: "4900000101",
    MaterialDocument: "4900000102",
  }));
  sap.documents.push({ ...original, MaterialDocument: "4900000102", to_MaterialDocumentItem: { results: reversing } });
  const found = await session.resolve(sent, never);
  assert.deepEqual(found, { outcome: "applied", document: { kind: "goods-receipt", number: "4900000101/2026" } });
});

test("expanded items that are cut short are read to the end before they are compared", async () => {
  const { sap, session } = await connect();
  const sent = envelope(session, "cut", "goods-issue");
  await session.push(sent, never);
  sap.gate = (incoming, to) => {
    if (!incoming.url?.includes("/A_MaterialDocumentHeader?")) return false;
    const cut = { ...rowOf(sap, "goods-issue"), to_MaterialDocumentItem: { results: [], __next: "…?$skiptoken=1" } };
    reply(to, 200, JSON.stringify({ d: { results: [cut] } }));
    return true;
  };
  assert.equal((await session.resolve(sent, never)).outcome, "applied");
});

test("a question that fails is unknown, never absent", async () => {
  for (const [status, body] of [
    [503, "busy"],
    [401, "no"],
    [200, "<html>"],
    [200, '{"d":{"results":'],
    [404, "gone"],
  ] as const) {
    const { sap, session } = await connect();
    sap.gate = (incoming, to) => {
      if (!/ProdnOrdConf2\?|Header\?/.test(incoming.url ?? "")) return false;
      reply(to, status, body, "text/html");
      return true;
    };
    for (const kind of kinds)
      assert.equal(
        (await session.resolve(envelope(session, "q", kind), never)).outcome,
        "unknown",
        `${kind} ${status}`,
      );
  }
  const { sap, session } = await connect();
  await sap.close();
  assert.equal((await session.resolve(envelope(session, "q", "confirmation"), never)).outcome, "unknown");
});

test("a release that cannot be asked by external key is asked by order", async () => {
  const { sap, session } = await connect((fake) => {
    const [entity] = confirmationEntities;
    const properties = { ...entity?.properties, ExternalSystemConfirmation: "Guid!" };
    fake.metadata["API_PROD_ORDER_CONFIRMATION_2_SRV"] = edmx("C", [{ set: "ProdnOrdConf2", properties }]);
  });
  const sent = envelope(session, "byorder", "confirmation");
  await session.push(envelope(session, "another", "confirmation"), never);
  await session.push(sent, never);
  Object.assign(sap.confirmations[1] ?? {}, {
    OrderID: "000001000101",
    ExternalSystemConfirmation: guidOf(sent.key).toUpperCase(),
  });
  const found = await session.resolve(sent, never);
  assert.deepEqual(found.outcome === "applied" && found.document.number, "1001/2");
});

test("all documents of an order, ours with their key, others' without, reversals negative", async () => {
  const { sap, session } = await connect();
  const sent = kinds.map((kind) => envelope(session, kind, kind));
  for (const one of sent) await session.push(one, never);
  sap.confirmations.push({
    ...rowOf(sap, "confirmation"),
    ConfirmationCount: "00000002",
    ConfirmationText: "by hand",
    ExternalSystemConfirmation: null,
  });
  const by = { MaterialDocument: "4900000900", MaterialDocumentYear: "2026" };
  sap.documents.push({ ...by, PostingDate: "/Date(1738540800000)/", ReferenceDocument: "", to_MaterialDocumentItem: { results: [
    { ...by, Material: "WIRE-1", Plant: "PL01", StorageLocation: "101C", GoodsMovementType: "262", ManufacturingOrder: "000001000101", Reservation: "0000005000", ReservationItem: "0001", EntryUnit: "M", QuantityInEntryUnit: "1.500" },
  ] } }); // prettier-ignore
  const found = unwrap(await session.documents(request, never));
  assert.deepEqual(found.map(({ key, document }) => [document.kind, document.number, key]), [
    ["confirmation", "1001/1", sent[0]?.key],
    ["confirmation", "1001/2", null],
    ["goods-receipt", "4900000101/2026", sent[1]?.key],
    ["goods-issue", "4900000102/2026", sent[2]?.key],
    ["goods-issue", "4900000900/2026", null],
  ]); // prettier-ignore
  const [first] = found;
  const again = response();
  assert.deepEqual(first?.response.segment, again.segment);
  assert.equal(first?.response.dates.eventFrom, again.dates.eventFrom);
  assert.equal(first?.response.dates.postingDate, "2025-02-03");
  const [returned] = found.at(-1)?.response.segment.materials ?? [];
  assert.equal(returned?.requirement, "5000/1");
  assert.equal(`${formatMicro(returned?.stock.quantity.micro ?? 0n)} ${returned?.stock.quantity.uom}`, "-1.5 MTR");
});

test("what was reversed in SAP says so", async () => {
  const { sap, session } = await connect();
  for (const kind of kinds) await session.push(envelope(session, kind, kind), never);
  Object.assign(sap.confirmations[0] ?? {}, { IsReversed: true });
  for (const document of sap.documents) {
    const expanded = document["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
    for (const item of expanded.results) item["GoodsMovementIsCancelled"] = true;
  }
  const found = unwrap(await session.documents(request, never));
  assert.deepEqual(
    found.map(({ reversed }) => reversed),
    [true, true, true],
  );
});

test("what cancels an item is no movement of its own, and half a document is two entries", async () => {
  const { sap, session } = await connect();
  const by = { MaterialDocument: "4900000900", MaterialDocumentYear: "2026" };
  const item = {
    Material: "WIRE-1",
    Plant: "PL01",
    StorageLocation: "101C",
    ManufacturingOrder: "000001000101",
    EntryUnit: "M",
  };
  const gone = {
    GoodsMovementType: "261",
    GoodsMovementIsCancelled: true,
    QuantityInEntryUnit: "2.000",
    MaterialDocumentItem: "2",
  };
  sap.documents.push({ ...by, PostingDate: "/Date(1738540800000)/", ReferenceDocument: "", to_MaterialDocumentItem: { results: [
    { ...by, ...item, GoodsMovementType: "261", QuantityInEntryUnit: "1.500", MaterialDocumentItem: "1" },
    { ...by, ...item, ...gone },
  ] } }); // prettier-ignore
  const back = { MaterialDocument: "4900000901", MaterialDocumentYear: "2026" };
  const takesBack = {
    ReversedMaterialDocumentYear: "2026",
    ReversedMaterialDocument: "4900000900",
    ReversedMaterialDocumentItem: "2",
  };
  sap.documents.push({ ...back, PostingDate: "/Date(1738540800000)/", ReferenceDocument: "", to_MaterialDocumentItem: { results: [
    { ...back, ...item, ...takesBack, GoodsMovementType: "262", QuantityInEntryUnit: "2.000", MaterialDocumentItem: "1" },
  ] } }); // prettier-ignore
  const found = unwrap(await session.documents(request, never));
  assert.deepEqual(
    found.map(({ document, reversed, response: { segment } }) => [
      document.number,
      reversed,
      segment.materials.map(({ stock }) => formatMicro(stock.quantity.micro)),
    ]),
    [
      ["4900000900/2026", false, ["1.5"]],
      ["4900000900/2026", true, ["2"]],
    ],
  );
});

test("letters that the order has explained are known in its documents", async () => {
  const { sap, session } = await connect();
  await session.push(envelope(session, "o", "goods-issue"), never);
  const expanded = rowOf(sap, "goods-issue")["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
  Object.assign(expanded.results[0] ?? {}, { EntryUnit: "MLM" });
  const component = componentRow({ BaseUnit: "MLM", BaseUnitISOCode: "MMT" });
  const asked = requestOf(orderRow({ to_ProductionOrderComponentExt4: { results: [component] } }));
  const [found] = unwrap(await session.documents(asked, never));
  assert.deepEqual(
    found?.response.segment.materials.map(({ stock }) => stock.quantity.uom),
    ["MMT"],
  );
});

test("an unknown unit in SAP's documents is a fault, not a gap in the list", async () => {
  const { sap, session } = await connect();
  await session.push(envelope(session, "u", "goods-issue"), never);
  const expanded = rowOf(sap, "goods-issue")["to_MaterialDocumentItem"] as { results: Record<string, unknown>[] }; // stored by the fake
  Object.assign(expanded.results[0] ?? {}, { EntryUnit: "KAR" });
  const found = await session.documents(request, never);
  assert.equal(!found.ok && found.fault.code, "erp/sap-unit-unknown");
});
