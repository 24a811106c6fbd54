/**
 * The SAP connector against an S/4HANA-like ERP that we did not write: orders down, documents up, each of them found
 * again by its key, and lost replies that never make a second document.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { postingKey } from "../../../src/base/id.ts";
import { instant } from "../../../src/base/instant.ts";
import { add, whole, zero, type Quantity } from "../../../src/base/quantity.ts";
import { unwrap } from "../../../src/base/result.ts";
import type { Envelope, ErpSession, InboundMessage } from "../../../src/erp/connector.ts";
import { sapConnector } from "../../../src/erp/sap/index.ts";
import type { MaterialActual, OperationsResponse } from "../../../src/isa95/response/operations-response.ts";
import type { OperationsRequest } from "../../../src/isa95/schedule/operations-request.ts";
import type { OwedKind } from "../../../src/record/posting.ts";
import { startFaultProxy } from "../fault-proxy.ts";
import { isDocument, locked, ofKind, refuseStock, unavailable } from "../fault-rule.ts";
import { sharedFolder, withoutPeer } from "../peer.ts";
import { sapUrl, sapUser, startSap, type SapPeer } from "./peer.ts";

const never = new AbortController().signal;
const skip = withoutPeer("sap");
const shared = sharedFolder();
const seed = shared.found === null ? "" : join(shared.found, "data/machines/komax-alpha-565/orders.json");

const ends = new AsyncDisposableStack();
after(() => ends.disposeAsync());

async function peer(page?: number): Promise<SapPeer> {
  const logs = await mkdtemp(join(tmpdir(), "millrace-sap-"));
  ends.defer(() => rm(logs, { recursive: true, force: true }));
  const sap = await startSap({ seed, logs, ...(page === undefined ? {} : { page }) });
  assert.ok(sap.found, "the peer is there, as withoutPeer said");
  const { child } = sap.found;
  ends.defer(async () => void (await child.stop()));
  return sap.found;
}

async function connect(baseUrl: string, more: Readonly<Record<string, unknown>> = {}): Promise<ErpSession> {
  const { name: user, password } = sapUser;
  const settings = {
    erp: "s4",
    baseUrl,
    user,
    password,
    timeZone: "Europe/Warsaw",
    settleMs: 0,
    timeoutMs: 5000,
    ...more,
  };
  const session = unwrap(await sapConnector.open(settings, never));
  ends.defer(() => session.close());
  return session;
}

async function pullAll(
  session: ErpSession,
  from: string | null,
): Promise<{ messages: readonly InboundMessage[]; cursor: string }> {
  const messages: InboundMessage[] = [];
  for (let cursor = from, pages = 0; pages < 500; pages++) {
    const page = unwrap(await session.pull(cursor, never));
    messages.push(...page.messages);
    if (!page.more) return { messages, cursor: page.cursor };
    cursor = page.cursor;
  }
  return assert.fail("the pages do not end");
}

async function requestsOf(session: ErpSession): Promise<readonly OperationsRequest[]> {
  return (await pullAll(session, null)).messages.map((message) => unwrap(session.interpret(message)));
}

/** A few of the real orders have no component, so nothing could be issued for them. */
async function withComponents(session: ErpSession): Promise<readonly OperationsRequest[]> {
  return (await requestsOf(session)).filter(({ segments }) => segments.some(({ materials }) => materials.length > 0));
}

const empty = (uom: string): Quantity => zero(uom);

/** Seven good pieces of an operation, received and with all its components issued. */
function responseOf(request: OperationsRequest, kind: OwedKind): OperationsResponse {
  const [segment] = request.segments;
  assert.ok(segment);
  const at = request.receiptLocation ?? assert.fail("the seed names a location");
  const stock = { lot: null, stockType: "free", specialStock: null } as const;
  const produced: MaterialActual = {
    use: "Produced",
    requirement: null,
    stock: { ...stock, material: request.material, quantity: whole(7, "C62"), at },
  };
  const consumed = segment.materials.map(({ id, material, quantity, at: from }): MaterialActual => ({
    use: "Consumed",
    requirement: id,
    stock: { ...stock, material, quantity: whole(3, quantity.uom), at: from ?? at },
  }));
  const eventFrom = instant(Date.UTC(2025, 1, 3, 8));
  return {
    reference: request.reference,
    dates: {
      eventFrom,
      eventTo: eventFrom,
      recordedAt: eventFrom,
      postingDate: "2025-02-03",
      documentDate: "2025-02-03",
    },
    segment: {
      segment: segment.id,
      sequence: segment.sequence,
      workCenter: segment.workCenter,
      good: kind === "confirmation" ? whole(7, "C62") : empty("C62"),
      scrap: empty("C62"),
      rework: empty("C62"),
      final: false,
      materials: kind === "goods-receipt" ? [produced] : kind === "goods-issue" ? consumed : [],
    },
  };
}

const kinds = ["confirmation", "goods-receipt", "goods-issue"] as const;

function compose(
  session: ErpSession,
  request: OperationsRequest,
  kind: OwedKind | "order-accepted",
  run = "run",
): Envelope {
  const key = postingKey(run, request.id, kind);
  const content =
    kind === "order-accepted" ? ({ kind, response: null } as const) : { kind, response: responseOf(request, kind) };
  return unwrap(session.compose(key, request, content));
}

for (const page of [undefined, 2]) {
  test(
    `194 orders down, documents up and found again, server pages of ${page ?? 1000}`,
    { skip, timeout: 120_000 },
    async () => {
      const { url } = await peer(page);
      const session = await connect(url);
      assert.equal(await session.check(never), null);
      const first = await pullAll(session, null);
      assert.equal(first.messages.length, 194);
      assert.equal(new Set(first.messages.map(({ idempotencyKey }) => idempotencyKey)).size, 194);
      const requests = first.messages.map((message) => unwrap(session.interpret(message)));
      assert.equal(
        requests.every(({ state, segments }) => state === "Released" && segments.length === 1),
        true,
      );
      assert.equal(
        requests
          .flatMap(({ segments }) => segments.flatMap(({ materials }) => materials))
          .every(({ at }) => at !== null),
        true,
      );

      for (const request of requests.slice(0, 3)) {
        const accepted = compose(session, request, "order-accepted");
        assert.equal((await session.push(accepted, never)).outcome, "confirmed");
        assert.equal((await session.push(accepted, never)).outcome, "confirmed", "a repeat does nothing");
        assert.equal((await session.resolve(accepted, never)).outcome, "applied");
        const numbers: (string | false)[] = [];
        for (const kind of kinds) {
          const envelope = compose(session, request, kind);
          assert.deepEqual(await session.resolve(envelope, never), { outcome: "absent" });
          const pushed = await session.push(envelope, never);
          assert.equal(pushed.outcome, "confirmed", JSON.stringify(pushed));
          const found = await session.resolve(envelope, never);
          assert.deepEqual(
            found.outcome === "applied" && found.document,
            pushed.outcome === "confirmed" && pushed.document,
          );
          numbers.push(pushed.outcome === "confirmed" && pushed.document.number);
        }
        const documents = unwrap(await session.documents(request, never));
        assert.deepEqual(
          documents.map(({ document }) => document.number),
          numbers,
        );
        for (const [index, kind] of kinds.entries()) {
          const { key, reversed, response } = documents[index] ?? assert.fail();
          const asked = responseOf(request, kind);
          assert.deepEqual([key, reversed], [postingKey("run", request.id, kind), false]);
          assert.equal(response.dates.postingDate, asked.dates.postingDate);
          assert.deepEqual(response.segment.materials, asked.segment.materials);
          assert.deepEqual(response.segment.good, asked.segment.good);
        }
      }
      // What we announced and confirmed changed the orders' stamps; it is no news.
      assert.deepEqual((await pullAll(session, first.cursor)).messages, []);
    },
  );
}

test("a hundred writes, parallel and in a row, ask for one token", { skip, timeout: 120_000 }, async () => {
  const { port } = await peer();
  const proxy = await startFaultProxy(port);
  ends.defer(() => proxy.close());
  const tokens = { calls: 0 };
  proxy.rules.push({ onRequest: (call) => (call.method === "HEAD" ? ((tokens.calls += 1), null) : null) });
  const session = await connect(sapUrl(proxy.port));
  const requests = (await withComponents(session)).slice(0, 25);
  for (const kind of ["order-accepted", ...kinds] as const) {
    const outcomes = await Promise.all(requests.map((request) => session.push(compose(session, request, kind), never)));
    assert.deepEqual([...new Set(outcomes.map(({ outcome }) => outcome))], ["confirmed"]);
  }
  assert.equal(tokens.calls, 1);
});

test(
  "sixty replies lost after the commit: each document is there exactly once",
  { skip, timeout: 120_000 },
  async () => {
    const { port, url } = await peer();
    const proxy = await startFaultProxy(port);
    ends.defer(() => proxy.close());
    const session = await connect(sapUrl(proxy.port));
    const requests = (await withComponents(session)).slice(0, 20);
    proxy.rules.push({ onReply: (call) => (isDocument(call) ? { fate: "lose-reply" } : null) });
    for (const request of requests) {
      for (const kind of kinds) {
        const envelope = compose(session, request, kind);
        assert.equal((await session.push(envelope, never)).outcome, "in-doubt");
        assert.equal((await session.resolve(envelope, never)).outcome, "applied");
      }
    }
    assert.equal(proxy.incidents.length, 60);
    const direct = await connect(url);
    for (const request of requests) {
      const documents = unwrap(await direct.documents(request, never));
      assert.deepEqual(
        documents.map(({ document }) => document.kind),
        [...kinds],
      );
      const received = documents
        .flatMap(({ response }) => response.segment.materials)
        .filter(({ use }) => use === "Produced");
      assert.deepEqual(
        received.map(({ stock }) => stock.quantity).reduce((a, b) => unwrap(add(a, b)), zero("C62")),
        whole(7, "C62"),
      );
    }
  },
);

test("lost requests, a busy server, locks and missing stock are told apart", { skip, timeout: 120_000 }, async () => {
  const { port } = await peer();
  const proxy = await startFaultProxy(port);
  ends.defer(() => proxy.close());
  const session = await connect(sapUrl(proxy.port));
  const [request = assert.fail()] = await requestsOf(session);
  const outcomeWith = async (rule: (typeof proxy.rules)[number], kind: (typeof kinds)[number]): Promise<string> => {
    proxy.rules.splice(0, proxy.rules.length, rule);
    const outcome = await session.push(compose(session, request, kind), never);
    proxy.rules.length = 0;
    return outcome.outcome === "confirmed" ? "confirmed" : `${outcome.outcome} ${outcome.fault.code}`;
  };
  assert.equal(
    await outcomeWith({ onRequest: (call) => (isDocument(call) ? { fate: "lose-request" } : null) }, "confirmation"),
    "in-doubt erp/sap-no-answer",
  );
  assert.deepEqual(await session.resolve(compose(session, request, "confirmation"), never), { outcome: "absent" });
  assert.equal(
    await outcomeWith(
      { onRequest: (call) => (isDocument(call) ? { fate: "answer", answer: unavailable } : null) },
      "confirmation",
    ),
    "in-doubt erp/sap-failed",
  );
  assert.equal(
    await outcomeWith(
      { onReply: (call) => (isDocument(call) ? { fate: "answer-instead", answer: unavailable } : null) },
      "confirmation",
    ),
    "in-doubt erp/sap-failed",
  );
  assert.equal((await session.resolve(compose(session, request, "confirmation"), never)).outcome, "applied");
  const lock = {
    onRequest: (call: Parameters<typeof isDocument>[0]) =>
      ofKind("goods-receipt")(call) ? ({ fate: "answer", answer: locked("MILLER") } as const) : null,
  };
  assert.equal(await outcomeWith(lock, "goods-receipt"), "not-applied erp/sap-locked");
  const material = request.segments[0]?.materials[0]?.material ?? assert.fail();
  assert.equal(await outcomeWith(refuseStock(material), "goods-issue"), "refused erp/sap-stock-short");
  assert.equal(await outcomeWith({}, "goods-issue"), "confirmed");
});

test(
  "what the ERP's own rules refuse is refused in words, and a wrong password is asked once",
  { skip, timeout: 60_000 },
  async () => {
    const { url } = await peer();
    const session = await connect(url);
    const [request = assert.fail()] = await requestsOf(session);
    const foreign: OperationsRequest = { ...request, reference: { ...request.reference, number: "9999999" } };
    const outcome = await session.push(compose(session, foreign, "confirmation"), never);
    assert.equal(outcome.outcome, "refused");
    assert.match(outcome.outcome === "refused" ? outcome.fault.message : "", /9999999.*RU\/018/);
    const stranger = await connect(url, { password: "wrong" });
    assert.equal((await stranger.check(never))?.code, "erp/sap-login");
  },
);
