/** The simulated ERP over HTTP: protocol and faults, as a client meets them. */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { random } from "../random.ts";
import { startErp, type SimulatedErp } from "./server.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // The shape is what each test expects of it.
  readonly d: any; // oxlint-disable-line typescript/no-explicit-any
}

let erp: SimulatedErp;
let session: Record<string, string> = {};

function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const authorization = `Basic ${Buffer.from("MES_COMM:secret").toString("base64")}`;
  return new Promise((resolve, reject) => {
    const outgoing = request(`${erp.url}/${encodeURI(path)}`, {
      method,
      agent: false,
      headers: { authorization, ...session, ...headers },
    });
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const isJson = String(incoming.headers["content-type"]).includes("json");
        const d = isJson && text ? (JSON.parse(text) as { d: unknown }).d : undefined;
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, d });
      });
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function signIn(): Promise<void> {
  session = {};
  const answer = await call("HEAD", "API_MATERIAL_DOCUMENT_SRV/", undefined, { "x-csrf-token": "Fetch" });
  const cookies = answer.headers["set-cookie"];
  assert.ok(Array.isArray(cookies));
  session = {
    "x-csrf-token": String(answer.headers["x-csrf-token"]),
    cookie: cookies.map((c) => c.split(";")[0]).join("; "),
  };
}

const orders = ["1000001", "1000002", "1000003"].map((order) => ({
  order,
  material: `CABLE-${order.slice(-1)}`,
  plant: order === "1000003" ? "1020" : "1010",
  quantity: "100",
  operations: [
    { operation: "0010", text: "Cut", workCenter: "CUT" },
    { operation: "0020", text: "Press", workCenter: "PRESS" },
  ],
  components: [{ material: "O'RING", operation: "0010", quantity: "100", unit: "PC" }],
}));

const confirmation = (key: string) => ({
  OrderID: "000001000001",
  OrderOperation: "0010",
  ConfirmationYieldQuantity: "2",
  ConfirmationUnit: "PC",
  PostingDate: "/Date(1795132800000)/",
  APIConfHasNoGoodsMovements: true,
  ExternalSystemConfirmation: key,
});
const key = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;
const confirmations = "API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2";
const documents = "API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentHeader";
const ordersPath = "API_PRODUCTION_ORDER_2_SRV/A_ProductionOrder_2";

before(async () => {
  erp = await startErp({
    orders,
    pageSize: 2,
    stock: [{ material: "O'RING", plant: "1010", storageLocation: "101C", quantity: "50", unit: "PC" }],
  });
});
after(() => erp.close());
beforeEach(async () => {
  erp.faults.clear();
  await signIn();
});

describe("reading", () => {
  test("pages are followed to the end, with selection and expansion", async () => {
    const query =
      "$select=ManufacturingOrder,to_ProductionOrderOperation/WorkCenter&$expand=to_ProductionOrderOperation&$inlinecount=allpages";
    const first = await call("GET", `${ordersPath}?${query}`);
    assert.equal(first.d.__count, "3");
    assert.equal(first.d.results.length, 2);
    const row = first.d.results[0];
    assert.deepEqual(Object.keys(row), ["__metadata", "ManufacturingOrder", "to_ProductionOrderOperation"]);
    assert.deepEqual(
      row.to_ProductionOrderOperation.results.map((o: { WorkCenter: string }) => o.WorkCenter),
      ["CUT", "PRESS"],
    );
    const next = new URL(String(first.d.__next));
    const second = await call("GET", `${ordersPath}?${decodeURIComponent(next.search.slice(1))}`);
    assert.deepEqual(
      second.d.results.map((o: { ManufacturingOrder: string }) => o.ManufacturingOrder),
      ["1000003"],
    );
    assert.equal(second.d.__next, undefined);
  });

  const found: readonly (readonly [string, string])[] = [
    ["ProductionPlant eq '1020'", "1000003"],
    ["ManufacturingOrder eq '000001000002'", "1000002"],
    ["OrderIsReleased eq 'X' and not (ProductionPlant eq '1010')", "1000003"],
    ["(Material eq 'CABLE-1' or Material eq 'CABLE-3') and ProductionPlant eq '1010'", "1000001"],
    ["ManufacturingOrder eq '1000002' or ManufacturingOrder eq '000001000002'", "1000002"],
    ["ManufacturingOrder eq '1000002' or Material eq 'CABLE-3'", "1000002,1000003"],
    ["substringof('LE-2',Material)", "1000002"],
    ["TotalQuantity ge 100.0M and startswith(Material,'CABLE-1') eq true", "1000001"],
    ["MfgOrderScheduledStartDate ge datetime'2026-01-01T00:00:00' and Material eq 'CABLE-2'", "1000002"],
    ["LastChangeDateTime lt '20200101000000'", ""],
  ];
  for (const [filter, expected] of found) {
    test(`$filter ${filter}`, async () => {
      const answer = await call("GET", `${ordersPath}?$filter=${filter}`);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.d.results.map((o: { ManufacturingOrder: string }) => o.ManufacturingOrder).join(), expected);
    });
  }

  for (const wrong of [
    "$filter=Nope eq '1'",
    "$filter=Material eq",
    "$filter=Material eq 'a' extra",
    "$filter='",
    "$select=Nope",
    "$expand=to_Nope",
    "$apply=x",
    "$top=many",
  ]) {
    test(`${wrong} is refused, not ignored`, async () => {
      const answer = await call("GET", `${ordersPath}?${wrong}`);
      assert.equal(answer.status, 400, answer.text);
    });
  }

  test("quotes inside a literal are doubled", async () => {
    const answer = await call("GET", "API_MATERIAL_STOCK_SRV/A_MatlStkInAcctMod?$filter=Material eq 'O''RING'");
    assert.equal(answer.d.results.length, 1);
    assert.equal(answer.d.results[0].MatlWrhsStkQtyInMatlBaseUnit, "50");
  });

  test("one entity by key has its ETag; what is not there is 404 in the envelope", async () => {
    const answer = await call("GET", `${ordersPath}('1000001')`);
    assert.equal(answer.headers["etag"], `W/"'${answer.d.LastChangeDateTime}'"`);
    assert.match(answer.d.MfgOrderScheduledStartDate, /^\/Date\(\d+\)\/$/);
    assert.equal(answer.d.MfgOrderScheduledStartTime, "PT06H00M00S");
    const missing = await call("GET", `${ordersPath}('9')`);
    assert.equal(missing.status, 404);
    assert.match(missing.text, /"message":\{"lang":"en"/);
  });

  test("metadata names the keys, links and functions of each service", async () => {
    const answer = await call("GET", "API_PRODUCTION_ORDER_2_SRV/$metadata");
    assert.match(answer.text, /EntityType Name="A_ProductionOrder_2Type"/);
    assert.match(answer.text, /NavigationProperty Name="to_ProductionOrderComponentExt4"/);
    assert.match(answer.text, /FunctionImport Name="OrderReleasedByMES"/);
  });
});

describe("writing", () => {
  test("needs login, session and token", async () => {
    const noToken = await call("POST", confirmations, confirmation(key(1)), { "x-csrf-token": "" });
    assert.equal(noToken.status, 403);
    assert.equal(noToken.headers["x-csrf-token"], "Required");
    const noCookie = await call("POST", confirmations, confirmation(key(1)), { cookie: "" });
    assert.equal(noCookie.status, 403);
    const noLogin = await call("GET", ordersPath, undefined, { authorization: "Basic eA==" });
    assert.equal(noLogin.status, 401);
    erp.endSessions();
    assert.equal((await call("POST", confirmations, confirmation(key(1)))).status, 403);
    assert.equal(erp.books.confirmations.length, 0);
  });

  test("a deep insert is found again by its reference, with its items", async () => {
    const item = {
      Material: "O'RING", Plant: "1010", StorageLocation: "101C", GoodsMovementType: "261", ManufacturingOrder: "1000001",
      Reservation: "50001", ReservationItem: "1", EntryUnit: "PC", QuantityInEntryUnit: "1.500",
    }; // prettier-ignore
    const body = {
      GoodsMovementCode: "03",
      PostingDate: "2026-11-20T00:00:00",
      ReferenceDocument: "ABCDEFGH12345678",
      to_MaterialDocumentItem: { results: [item] },
    };
    const created = await call("POST", documents, body);
    assert.equal(created.status, 201, created.text);
    assert.equal(created.d.to_MaterialDocumentItem.results[0].QuantityInEntryUnit, "1.5");
    assert.match(
      String(created.headers["location"]),
      /A_MaterialDocumentHeader\(MaterialDocumentYear='2026',MaterialDocument='49\d+'\)$/,
    );
    const found = await call(
      "GET",
      `${documents}?$filter=ReferenceDocument eq 'ABCDEFGH12345678'&$expand=to_MaterialDocumentItem`,
    );
    assert.equal(found.d.results.length, 1);
    assert.equal(found.d.results[0].to_MaterialDocumentItem.results[0].Reservation, "50001");
    const { MaterialDocumentYear: year, MaterialDocument: number } = created.d;
    const cancelled = await call(
      "POST",
      `API_MATERIAL_DOCUMENT_SRV/Cancel?MaterialDocumentYear='${year}'&MaterialDocument='${number}'`,
    );
    assert.equal(cancelled.status, 200, cancelled.text);
    const items = await call(
      "GET",
      `API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentItem?$filter=ManufacturingOrder eq '1000001'&$orderby=MaterialDocument desc`,
    );
    assert.deepEqual(
      items.d.results.map((i: { GoodsMovementType: string }) => i.GoodsMovementType),
      ["262", "261"],
    );
    assert.equal(items.d.results[1].GoodsMovementIsCancelled, true);
  });

  test("what the model does not know, or has another type, is refused", async () => {
    for (const change of [
      { Nope: 1 },
      { ConfirmationYieldQuantity: 2 },
      { ConfirmationYieldQuantity: "1.2345" },
      { OrderOperation: "00100" },
      { PostingDate: "yesterday" },
      { ExternalSystemConfirmation: "key" },
    ]) {
      const answer = await call("POST", confirmations, { ...confirmation(key(2)), ...change });
      assert.equal(answer.status, 400, JSON.stringify(change));
    }
    assert.equal((await call("POST", confirmations, "no object")).status, 400);
    assert.equal((await call("POST", ordersPath, {})).status, 405);
  });

  test("functions answer with a message, and what is wrong is an error", async () => {
    const answer = await call("POST", "API_PRODUCTION_ORDER_2_SRV/OrderReleasedByMES?ManufacturingOrder='1000001'");
    assert.equal(answer.d.OrderReleasedByMES.SystemMessageType, "S");
    const status = await call("GET", `${ordersPath}('1000001')/to_ProductionOrderStatus?$select=StatusCode`);
    assert.deepEqual(
      status.d.results.map((s: { StatusCode: string }) => s.StatusCode),
      ["I0002", "I0606"],
    );
    const unknown = await call("POST", "API_PRODUCTION_ORDER_2_SRV/ReleaseOrder?ManufacturingOrder='9'");
    assert.match(unknown.text, /RU\/018/);
    assert.equal((await call("POST", "API_PRODUCTION_ORDER_2_SRV/ReleaseOrder")).status, 400);
  });

  test("two writes of one order at once: the second finds it locked", async () => {
    const slow = await startErp({ orders, writeMs: 100 });
    const fast = erp;
    erp = slow;
    try {
      await signIn();
      const answers = await Promise.all([
        call("POST", confirmations, confirmation(key(3))),
        call("POST", confirmations, confirmation(key(4))),
      ]);
      assert.deepEqual(
        answers.map((a) => a.status).toSorted((a, b) => a - b),
        [201, 423],
      );
      assert.equal(slow.books.confirmations.length, 1);
      assert.equal((await call("POST", confirmations, confirmation(key(5)))).status, 201);
    } finally {
      erp = fast;
      await slow.close();
    }
  });
});

describe("faults on demand", () => {
  const made = (n: number): number => erp.books.confirmationsByKey(key(n)).length;

  test("request lost: nothing was done", async () => {
    erp.faults.add({ fault: { kind: "request-lost" }, calls: "write" });
    await assert.rejects(call("POST", confirmations, confirmation(key(10))));
    assert.equal(made(10), 0);
  });

  test("reply lost: everything was done", async () => {
    erp.faults.add({ fault: { kind: "reply-lost" }, calls: "write", path: /ProdnOrdConf2$/ });
    await assert.rejects(call("POST", confirmations, confirmation(key(11))));
    assert.equal(made(11), 1);
  });

  test("late commit: the ERP has it only after the caller has given up", async () => {
    erp.faults.add({ fault: { kind: "late-commit", ms: 80 }, calls: "write" });
    const pending = call("POST", confirmations, confirmation(key(12)));
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(made(12), 0);
    await assert.rejects(pending);
    assert.equal(made(12), 1);
  });

  test("answers that say what was done and what not", async () => {
    const wanted = [
      [{ kind: "unavailable" }, 503, 0],
      [{ kind: "too-many-calls", retryAfterSeconds: 7 }, 429, 0],
      [{ kind: "failed-before" }, 500, 0],
      [{ kind: "locked" }, 423, 0],
      [{ kind: "login-refused" }, 401, 0],
      [{ kind: "session-expired" }, 403, 0],
      [{ kind: "failed-after" }, 500, 1],
      [{ kind: "delay", ms: 5 }, 201, 1],
    ] as const;
    for (const [i, [fault, status, count]] of wanted.entries()) {
      await signIn();
      erp.faults.add({ fault, calls: "write" });
      const answer = await call("POST", confirmations, confirmation(key(20 + i)));
      assert.equal(answer.status, status, fault.kind);
      assert.equal(made(20 + i), count, fault.kind);
      if (fault.kind === "too-many-calls") assert.equal(answer.headers["retry-after"], "7");
    }
    assert.equal(erp.faults.counts.get("failed-after"), 1);
  });

  test("rules are used up, wait for their path, and the same seed hits the same calls", async () => {
    erp.faults.add({ fault: { kind: "unavailable" }, calls: "read", path: /ProdnOrdConf2$/, times: 2 });
    const statuses = [];
    for (const path of [ordersPath, confirmations, confirmations, confirmations])
      statuses.push((await call("GET", path)).status);
    assert.deepEqual(statuses, [200, 503, 503, 200]);
    const draws = (seed: number): string =>
      Array.from(
        { length: 40 },
        (
          (r) => () =>
            r.chance(0.5) ? "x" : "."
        )(random(seed)),
      ).join("");
    assert.equal(draws(7), draws(7));
    assert.notEqual(draws(7), draws(8));
  });
});
