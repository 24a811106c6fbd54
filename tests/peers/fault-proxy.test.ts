/** The fault proxy against a small ERP that counts what it commits, and once against the S/4HANA-like peer. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { classifyCall, type PostedKind } from "./erp-call.ts";
import { startFaultProxy, type FaultProxy, type FaultRule } from "./fault-proxy.ts";
import { firstOf, isDocument, locked, loseReplies, ofKind, refuseStock, spread, unavailable } from "./fault-rule.ts";
import { withoutPeer } from "./peer.ts";
import { seededRandom } from "./random.ts";
import { sapUrl, sapUser, startSap } from "./sap/peer.ts";

const confirmationPath = "/sap/API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2";
const movementPath = "/sap/API_MATERIAL_DOCUMENT_SRV/A_MaterialDocumentHeader";

interface World {
  readonly proxy: FaultProxy;
  /** Keys in the order in which the ERP committed them. */
  readonly committed: string[];
  post(kind: PostedKind, key: string, material?: string): Promise<Response>;
}

describe("fault proxy", () => {
  test("without a rule everything passes both ways, and is counted", () =>
    within([], async ({ proxy, committed, post }) => {
      const reply = await post("confirmation", "K1");
      assert.equal(reply.status, 201);
      assert.deepEqual(await reply.json(), { key: "K1" });
      await post("goods-issue", "K2");
      assert.deepEqual(committed, ["K1", "K2"]);
      assert.deepEqual(Object.fromEntries(proxy.passed), { confirmation: 1, "goods-issue": 1 });
    }));

  test("a lost reply: the ERP has committed and the caller hears nothing", () =>
    within(
      [firstOf(1, isDocument, { onReply: () => ({ fate: "lose-reply" }) })],
      async ({ proxy, committed, post }) => {
        await assert.rejects(post("goods-receipt", "K1"));
        assert.deepEqual(committed, ["K1"]);
        assert.equal((await post("goods-receipt", "K2")).status, 201);
        assert.deepEqual(
          proxy.incidents.map((incident) => [incident.call.kind, incident.call.key, incident.fate, incident.status]),
          [["goods-receipt", "K1", "lose-reply", 201]],
        );
      },
    ));

  test("a lost request: the caller cannot tell it from a lost reply, and the ERP has nothing", () =>
    within([firstOf(1, isDocument, { onRequest: () => ({ fate: "lose-request" }) })], async ({ committed, post }) => {
      await assert.rejects(post("confirmation", "K1"));
      assert.deepEqual(committed, []);
    }));

  test("a late request: the ERP commits after the caller has given up", () =>
    within([firstOf(1, isDocument, { onRequest: () => ({ fate: "late", ms: 60 }) })], async ({ committed, post }) => {
      await assert.rejects(post("confirmation", "K1"));
      assert.deepEqual(committed, []);
      await until(() => committed.length === 1);
    }));

  test("answers before and after the commit, a lock, a delay", () =>
    within(
      [
        firstOf(1, ofKind("confirmation"), { onRequest: () => ({ fate: "answer", answer: unavailable }) }),
        firstOf(1, ofKind("confirmation"), { onReply: () => ({ fate: "answer-instead", answer: unavailable }) }),
        firstOf(1, ofKind("goods-receipt"), { onRequest: () => ({ fate: "answer", answer: locked("PLANNER") }) }),
        firstOf(1, ofKind("goods-issue"), { onRequest: () => ({ fate: "delay", ms: 50 }) }),
      ],
      async ({ committed, post }) => {
        assert.equal((await post("confirmation", "before")).status, 503);
        assert.deepEqual(committed, []);
        assert.equal((await post("confirmation", "after")).status, 503);
        assert.deepEqual(committed, ["after"]);
        const lock = await post("goods-receipt", "locked");
        assert.equal(lock.status, 423);
        assert.match(await lock.text(), /M3\/897.*locked by the user PLANNER/);
        const started = performance.now();
        assert.equal((await post("goods-issue", "slow")).status, 201);
        assert.ok(performance.now() - started >= 49);
        assert.deepEqual(committed, ["after", "slow"]);
      },
    ));

  test("stock is refused for one material until it is lifted", () => {
    const short = refuseStock("07-006-0015");
    return within([short], async ({ committed, post }) => {
      const refused = await post("goods-issue", "K1", "07-006-0015");
      assert.equal(refused.status, 400);
      // The shape of an answer is asserted below, not trusted.
      const { error } = (await refused.json()) as { error: { code: string; message: { value: string } } };
      assert.equal(error.code, "M7/021");
      assert.match(error.message.value, /07-006-0015/);
      assert.equal((await post("goods-issue", "K2", "04-004-0073L")).status, 201);
      assert.equal((await post("goods-receipt", "K3", "07-006-0015")).status, 201);
      short.lift();
      assert.equal((await post("goods-issue", "K4", "07-006-0015")).status, 201);
      assert.deepEqual(committed, ["K2", "K3", "K4"]);
    });
  });

  test("a held reply waits for the harness, then breaks; a held request reaches the ERP only when told to", async () => {
    for (const held of ["hold-reply", "hold-request", "hold-and-deliver"] as const) {
      let committedAtHold = -1;
      let world: World | null = null;
      const until_ = async (): Promise<void> => void (committedAtHold = world?.committed.length ?? -1);
      const rule: FaultRule =
        held === "hold-reply"
          ? { onReply: () => ({ fate: "hold-reply", until: until_ }) }
          : { onRequest: () => ({ fate: "hold-request", until: until_, deliver: held === "hold-and-deliver" }) };
      await within([firstOf(1, isDocument, rule)], async (inside) => {
        world = inside;
        await assert.rejects(inside.post("confirmation", "K1"));
        assert.equal(committedAtHold, held === "hold-reply" ? 1 : 0, held);
        if (held === "hold-and-deliver") await until(() => inside.committed.length === 1);
        assert.equal(inside.committed.length, held === "hold-request" ? 0 : 1, held);
      });
    }
  });

  test("lost replies are spread over the kinds, hit only what was committed, and repeat with their seed", async () => {
    const expected = { confirmation: 6, "goods-receipt": 6, "goods-issue": 6 };
    const runs = [7, 7, 8].map(async (seed) => {
      const lose = loseReplies(seededRandom(seed), 7, expected);
      assert.deepEqual(lose.plan, { confirmation: 3, "goods-receipt": 2, "goods-issue": 2 });
      const lost: string[] = [];
      await within([lose], async ({ committed, post }) => {
        for (let index = 0; index < 6; index += 1) {
          for (const kind of ["confirmation", "goods-receipt", "goods-issue"] as const) {
            const key = `${kind}-${index}`;
            await post(kind, key).catch(() => lost.push(key));
          }
        }
        assert.equal(committed.length, 18);
      });
      assert.equal(lost.length, 7);
      return lost.join();
    });
    const [first, again, other] = await Promise.all(runs);
    assert.equal(first, again);
    assert.notEqual(first, other);
  });

  test("what one kind cannot give, the others do", () => {
    assert.deepEqual(spread(20, { confirmation: 30, "goods-receipt": 2, "goods-issue": 5 }), {
      confirmation: 13,
      "goods-receipt": 2,
      "goods-issue": 5,
    });
    assert.deepEqual(spread(20, { confirmation: 1, "goods-receipt": 0, "goods-issue": 2 }), {
      confirmation: 1,
      "goods-receipt": 0,
      "goods-issue": 2,
    });
  });

  test("calls are told apart by path and document, inside a batch too", () => {
    const kindOf = (method: string, path: string, body = ""): string =>
      classifyCall({ number: 1, method, path, body }).kind;
    assert.equal(kindOf("GET", "/sap/API_PRODUCTION_ORDER_2_SRV/A_ProductionOrder_2?$top=1"), "order-read");
    assert.equal(kindOf("GET", "/sap/API_PRODUCTION_ORDER_2_SRV/A_ProductionOrderComponent_4"), "read");
    assert.equal(kindOf("HEAD", confirmationPath), "read");
    assert.equal(kindOf("POST", confirmationPath, '{"OrderID":"1"}'), "confirmation");
    assert.equal(kindOf("POST", movementPath, '{"GoodsMovementCode":"02"}'), "goods-receipt");
    assert.equal(kindOf("POST", movementPath, '{"GoodsMovementCode": "03"}'), "goods-issue");
    const batch = 'POST A_MaterialDocumentHeader HTTP/1.1\r\n\r\n{"GoodsMovementCode":"03","ReferenceDocument":"K9"}';
    const inBatch = classifyCall({
      number: 1,
      method: "POST",
      path: "/sap/API_MATERIAL_DOCUMENT_SRV/$batch",
      body: batch,
    });
    assert.deepEqual([inBatch.kind, inBatch.key], ["goods-issue", "K9"]);
    assert.equal(kindOf("POST", "/sap/API_PRODUCTION_ORDER_2_SRV/OrderReleasedByMES?ManufacturingOrder='1'"), "other");
  });
});

describe("fault proxy before the S/4HANA-like peer", { skip: withoutPeer("sap"), timeout: 400_000 }, () => {
  test("sign-on, token, paging and documents work through it; a lost reply leaves its document", async () => {
    const logs = await mkdtemp(join(tmpdir(), "millrace-proxy-"));
    after(() => rm(logs, { recursive: true, force: true }));
    const sap = await startSap({ logs, page: 2 });
    if (sap.found === null) throw new Error(sap.reason);
    after(() => sap.found.child.stop());
    const proxy = await startFaultProxy(sap.found.port);
    after(() => proxy.close());
    const url = sapUrl(proxy.port);

    const authorization = `Basic ${Buffer.from(`${sapUser.name}:${sapUser.password}`).toString("base64")}`;
    const headers = { authorization, accept: "application/json" };
    const orders = await fetch(`${url}/API_PRODUCTION_ORDER_2_SRV/A_ProductionOrder_2?$select=ManufacturingOrder`, {
      headers,
    });
    // The peer's answers have this shape; a wrong one fails the assertions.
    const page = (await orders.json()) as { d: { results: unknown[]; __next: string } };
    assert.equal(page.d.results.length, 2);
    assert.equal(new URL(page.d.__next).port, String(proxy.port), "the next page is behind the proxy too");

    const session = await fetch(`${url}/API_PROD_ORDER_CONFIRMATION_2_SRV/`, {
      headers: { ...headers, "x-csrf-token": "Fetch" },
    });
    const post = (key: string): Promise<Response> =>
      fetch(`${url}/API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2`, {
        method: "POST",
        headers: {
          ...headers,
          "content-type": "application/json",
          "x-csrf-token": session.headers.get("x-csrf-token") ?? "",
          cookie: session.headers
            .getSetCookie()
            .map((cookie) => cookie.split(";")[0])
            .join("; "),
        },
        body: JSON.stringify({
          OrderID: "1000101",
          OrderOperation: "0010",
          ConfirmationYieldQuantity: "3",
          ExternalSystemConfirmation: key,
        }),
      });
    proxy.rules.push(firstOf(1, isDocument, { onReply: () => ({ fate: "lose-reply" }) }));
    await assert.rejects(post("11111111-2222-3333-4444-555555555555"));
    assert.equal((await post("11111111-2222-3333-4444-666666666666")).status, 201);
    const found = await fetch(`${sap.found.url}/API_PROD_ORDER_CONFIRMATION_2_SRV/ProdnOrdConf2/$count`, { headers });
    assert.equal(await found.text(), "2");
  });
});

async function within(rules: readonly FaultRule[], body: (world: World) => Promise<void>): Promise<void> {
  const committed: string[] = [];
  const erp = await countingErp(committed);
  const proxy = await startFaultProxy(erp.port);
  proxy.rules.push(...rules);
  const post: World["post"] = (kind, key, material = "M") =>
    fetch(`http://127.0.0.1:${proxy.port}${kind === "confirmation" ? confirmationPath : movementPath}`, {
      method: "POST",
      body: JSON.stringify({
        GoodsMovementCode: kind === "goods-receipt" ? "02" : "03",
        ReferenceDocument: key,
        to_MaterialDocumentItem: [{ Material: material }],
      }),
    });
  try {
    await body({ proxy, committed, post });
  } finally {
    await proxy.close();
    erp.server.closeAllConnections();
    await new Promise((done) => erp.server.close(done));
  }
}

async function countingErp(committed: string[]): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.on("end", () => {
      // Only this file posts to it.
      const { ReferenceDocument: key } = JSON.parse(text) as { ReferenceDocument: string };
      committed.push(key);
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify({ key }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return { server, port: address.port };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 10) {
    assert.ok(waited < 30_000, "it did not become true");
    await new Promise((done) => setTimeout(done, 10));
  }
}
