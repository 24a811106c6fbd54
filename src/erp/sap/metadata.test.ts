/** Reading `$metadata`, and what is said about a release that lacks something. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { unwrap } from "../../base/result.ts";
import { sapConnector } from "./index.ts";
import { readMetadata, typeOfNavigation, typeOfSet } from "./metadata.ts";
import { productQuery } from "./product.ts";
import { checkModel, orderQuery } from "./service.ts";
import { confirmationEntities, documentEntities, edmx, orderEntities } from "./testing/edmx.ts";
import { reply, startFakeSap } from "./testing/fake-sap.ts";
import { never, orderRow, requestOf, response, settings, used } from "./testing/sample.ts";

const models = () => ({
  order: unwrap(readMetadata("o", edmx("O", orderEntities, ["OrderReleasedByMES"]))),
  confirmation: unwrap(readMetadata("c", edmx("C", confirmationEntities))),
  materialDocument: unwrap(readMetadata("d", edmx("D", documentEntities))),
});

test("types, sets, navigations and functions", () => {
  const { order, confirmation } = models();
  const head = typeOfSet(order, "A_ProductionOrder_2");
  assert.deepEqual(head?.properties.get("TotalQuantity"), {
    type: "Edm.Decimal",
    maxLength: null,
    scale: 3,
    filterable: true,
  });
  assert.equal(
    head && typeOfNavigation(order, head, "to_ProductionOrderItem"),
    typeOfSet(order, "A_ProductionOrderItem_2"),
  );
  assert.deepEqual(order.functions.get("OrderReleasedByMES"), ["ManufacturingOrder"]);
  assert.equal(typeOfSet(confirmation, "Nothing"), undefined);
});

test("prefixes, single quotes, entities, comments, CDATA and a > inside a value", () => {
  const xml = `<?xml version='1.0'?><!-- <EntityType Name="Ghost"> --><x:Edmx><![CDATA[<EntityType Name="Ghost2">]]>
    <edm:EntityType Name='AType'><edm:Property Name="P" sap:Name="wrong" Type="Edm.String" sap:label="a > b &amp; c" MaxLength='7'></edm:Property></edm:EntityType>
    <edm:ComplexType Name="C"><edm:Property Name="NotP" Type="Edm.String"/></edm:ComplexType>
    <edm:EntitySet Name="A" EntityType="ns.AType"/></x:Edmx>`;
  const model = unwrap(readMetadata("s", xml));
  assert.deepEqual([...model.types.keys()], ["AType"]);
  assert.deepEqual([...(typeOfSet(model, "A")?.properties.keys() ?? [])], ["P"]);
  assert.equal(typeOfSet(model, "A")?.properties.get("P")?.maxLength, 7);
});

test("what is no metadata is a fault that says so", () => {
  const cases: [string, RegExp][] = [
    ['<!DOCTYPE x [<!ENTITY a "b">]><x/>', /DOCTYPE/],
    ["<html><body>login</body></html>", /no entity sets/],
    ["<a><!-- never closed", /breaks off/],
    ["<a><EntityType Name=", /well-formed/],
    ["", /no entity sets/],
  ];
  for (const [xml, words] of cases) {
    const read = readMetadata("API_X", xml);
    assert.match(read.ok ? "read" : read.fault.message, words);
  }
});

test("missing mandatory things are named, all of them", () => {
  const { order, confirmation, materialDocument } = models();
  const without = (...names: string[]) =>
    confirmationEntities.map((entity) => ({
      ...entity,
      properties: Object.fromEntries(Object.entries(entity.properties).filter(([name]) => !names.includes(name))),
    }));
  const poor = unwrap(readMetadata("c", edmx("C", without("ExternalSystemConfirmation", "PostingDate"))));
  const checked = checkModel({ order: { ...order, functions: new Map() }, confirmation: poor, materialDocument }, true);
  const message = checked.ok ? "" : checked.fault.message;
  for (const name of ["ProdnOrdConf2/ExternalSystemConfirmation", "ProdnOrdConf2/PostingDate", "OrderReleasedByMES()"])
    assert.ok(message.includes(name), message);
  assert.equal(
    checkModel({ order: { ...order, functions: new Map() }, confirmation, materialDocument }, false).ok,
    true,
  );
});

test("a release that lacks something mandatory does not open", async () => {
  const sap = await startFakeSap();
  sap.metadata["API_MATERIAL_DOCUMENT_SRV"] = edmx("D", documentEntities.slice(0, 1));
  const opened = await sapConnector.open(settings(sap.baseUrl), never);
  await sap.close();
  assert.equal(!opened.ok && opened.fault.code, "erp/sap-metadata");
});

test("check looks again, reads one row of each set and writes nothing", async () => {
  const sap = await startFakeSap();
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
  assert.equal(await session.check(never), null);
  assert.equal(
    sap.seen.some(({ line }) => line.startsWith("POST")),
    false,
  );
  sap.metadata["API_PROD_ORDER_CONFIRMATION_2_SRV"] = edmx("C", [
    { set: "ProdnOrdConf2", properties: { OrderID: "String" } },
  ]);
  assert.equal((await session.check(never))?.code, "erp/sap-metadata");
  await session.close();
  await session.close(); // idempotent
  await sap.close();
});

test("check finds out that no token is given, or that one set may not be read", async () => {
  const sap = await startFakeSap();
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
  sap.gate = (request, to) => {
    if (request.headers["x-csrf-token"] === undefined) return false;
    reply(to, 200, "{}");
    return true;
  };
  assert.equal((await session.check(never))?.code, "erp/sap-csrf");
  sap.gate = (request, to) => {
    if (!request.url?.includes("/ProdnOrdConf2?")) return false;
    reply(
      to,
      403,
      JSON.stringify({ error: { code: "/IWFND/CM_CONSUMER/101", message: { value: "No authorization" } } }),
    );
    return true;
  };
  const forbidden = await session.check(never);
  assert.equal(forbidden?.code, "erp/sap-forbidden");
  assert.match(forbidden?.message ?? "", /ProdnOrdConf2.*No authorization/);
  await session.close();
  await sap.close();
});

test("older component entities are used where the newest is missing", () => {
  const [head, ...rest] = orderEntities;
  const { to_ProductionOrderComponentExt4: target = "", ...others } = head?.navigations ?? {};
  const older = [
    {
      set: "A_ProductionOrder_2",
      properties: head?.properties ?? {},
      navigations: { ...others, to_ProductionOrderComponent: target },
    },
    ...rest,
  ];
  const query = orderQuery(unwrap(readMetadata("o", edmx("O", older))));
  assert.equal(query.component, "to_ProductionOrderComponent");
  assert.ok(query.expand.split(",").includes("to_ProductionOrderComponent"));
});

const shared = process.env["MILLRACE_SHARED"] ?? "../shared";
const folder = `${shared}/data/sap/edmx`;
const files = ((): string[] => {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".edmx"));
  } catch {
    return [];
  }
})();

test(
  "the metadata of published services reads completely",
  { skip: files.length === 0 && "the shared data are not here" },
  () => {
    for (const file of files) {
      const xml = readFileSync(`${folder}/${file}`, "utf8");
      const model = unwrap(readMetadata(file, xml));
      const count = (tag: RegExp): number => [...xml.matchAll(tag)].length;
      assert.equal(model.types.size, count(/<EntityType /g), file);
      assert.equal(model.sets.size, count(/<EntitySet /g), file);
      for (const [set] of model.sets) assert.ok((typeOfSet(model, set)?.properties.size ?? 0) > 0, `${file} ${set}`);
      for (const type of model.types.values())
        for (const [name, target] of type.navigations)
          assert.ok(model.types.has(target), `${file} ${name} → ${target}`);
    }
  },
);

test(
  "the published service of products has all that is read of it",
  { skip: files.length === 0 && "the shared data are not here" },
  () => {
    const model = unwrap(readMetadata("p", readFileSync(`${folder}/API_PRODUCT_SRV.edmx`, "utf8")));
    const type = typeOfSet(model, "A_Product");
    assert.ok(type);
    const read = productQuery(model);
    for (const name of read.split(",")) {
      const [navigation = "", field] = name.split("/");
      const of = field === undefined ? type : typeOfNavigation(model, type, navigation);
      assert.ok(of?.properties.has(field ?? navigation), name);
    }
    assert.equal(read.split(",").length, 11);
  },
);

test("nothing is frozen before SAP has said which fields it has", async (t) => {
  const sap = await startFakeSap();
  t.after(() => sap.close());
  const [header, item] = documentEntities;
  assert.ok(header && item);
  const { Batch: _, ...withoutBatch } = item.properties;
  sap.metadata["API_MATERIAL_DOCUMENT_SRV"] = edmx("M", [header, { ...item, properties: withoutBatch }]);
  sap.gate = (_, to) => (reply(to, 503, "busy"), true);
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl), never));
  t.after(() => session.close());
  const ofLot = { ...used, stock: { ...used.stock, lot: "L-1" } };
  const composed = (): ReturnType<typeof session.compose> =>
    session.compose("ABCDEFGHJKMNPQRS", requestOf(orderRow()), {
      kind: "goods-issue",
      response: response({ materials: [ofLot] }),
    });
  const early = composed();
  assert.deepEqual(early.ok || [early.fault.kind, early.fault.code], ["transient", "erp/sap-undescribed"]);
  assert.match(early.ok ? "" : early.fault.message, /HTTP 503/);
  const accepted = { kind: "order-accepted", response: null } as const;
  assert.ok(session.compose("ABCDEFGHJKMNPQRT", requestOf(orderRow()), accepted).ok, "it names no field");
  sap.gate = null;
  assert.ok((await session.pull(null, never)).ok);
  const late = composed();
  assert.deepEqual(late.ok || [late.fault.kind, late.fault.code], ["invalid", "erp/sap-field"]);
});

test("settings that make no sense name the setting and never its value", async () => {
  const cases: [string, Record<string, unknown>][] = [
    ["baseUrl", { baseUrl: "ftp://x" }],
    ["timeZone", { timeZone: "Mars/Base" }],
    ["password", { password: undefined }],
    ["pageSize", { pageSize: 0 }],
    ["units.KAR", { units: { KAR: "BOX" } }],
    ["consumption.default", { consumption: { default: "erp" } }],
    ["passwort", { passwort: "hunter2" }],
  ];
  for (const [name, more] of cases) {
    const opened = await sapConnector.open({ ...settings("http://127.0.0.1:1/sap"), ...more }, never);
    assert.ok(!opened.ok, name);
    assert.equal(opened.fault.code, "erp/config");
    assert.ok(opened.fault.message.includes(name), opened.fault.message);
    assert.ok(!JSON.stringify(opened.fault).includes("hunter2"));
  }
});
