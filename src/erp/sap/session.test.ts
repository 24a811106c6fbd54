/** The session against a SAP that misbehaves: tokens, cookies, lost replies, and every form of no. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, test } from "node:test";
import { postingKey } from "../../base/id.ts";
import { unwrap } from "../../base/result.ts";
import type { Envelope, ErpSession, PushOutcome } from "../connector.ts";
import { sapConnector } from "./index.ts";
import { reply, sapError, startFakeSap, type FakeOptions, type FakeSap, type Mishap } from "./testing/fake-sap.ts";
import { made, never, orderRow, requestOf, response, settings, used } from "./testing/sample.ts";

const open: { close(): Promise<void> }[] = [];
after(async () => {
  for (const one of open.toReversed()) await one.close();
});

async function connect(
  options: FakeOptions = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ sap: FakeSap; session: ErpSession }> {
  const sap = await startFakeSap(options);
  const session = unwrap(await sapConnector.open(settings(sap.baseUrl, more), never));
  open.push(sap, session);
  return { sap, session };
}

const request = requestOf(orderRow());

function envelope(
  session: ErpSession,
  name: string,
  kind: "confirmation" | "goods-receipt" | "goods-issue" = "confirmation",
): Envelope {
  const materials = kind === "goods-receipt" ? [made] : kind === "goods-issue" ? [used] : [];
  return unwrap(session.compose(postingKey(name), request, { kind, response: response({ materials }) }));
}

async function pushWith(
  mishap: Mishap,
  name: string,
): Promise<PushOutcome & { sap: FakeSap; session: ErpSession; sent: Envelope }> {
  const { sap, session } = await connect({}, { timeoutMs: 300 });
  sap.mishaps.push(mishap);
  const sent = envelope(session, name);
  return { ...(await session.push(sent, never)), sap, session, sent };
}

const htmlOf = (title: string): string =>
  `<html><head><title>${title}</title><script>var x = 1;</script></head><body>…</body></html>`;

test("the trace of whoever planned a posting goes with it, and is no part of the frozen bytes", async () => {
  const { sap, session } = await connect();
  const plain = envelope(session, "traced");
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  assert.equal((await session.push({ ...plain, traceparent }, never)).outcome, "confirmed");
  const write = sap.seen.findLast(({ line }) => line.startsWith("POST"));
  assert.equal(write?.headers["traceparent"], traceparent);
  assert.ok(!Buffer.from(plain.bytes).toString("utf8").includes("traceparent"));
  assert.equal((await session.push(envelope(session, "untraced"), never)).outcome, "confirmed");
  assert.equal(sap.seen.findLast(({ line }) => line.startsWith("POST"))?.headers["traceparent"], undefined);
});

test("forty writes in parallel need one token", async () => {
  const { sap, session } = await connect();
  const sent = Array.from({ length: 40 }, (_, n) =>
    envelope(session, `many ${n}`, n % 2 ? "confirmation" : "goods-issue"),
  );
  const outcomes = await Promise.all(sent.map((one) => session.push(one, never)));
  assert.deepEqual(new Set(outcomes.map(({ outcome }) => outcome)), new Set(["confirmed"]));
  assert.equal(sap.confirmations.length + sap.documents.length, 40);
  assert.equal(sap.tokenCalls(), 1);
  const call = sap.seen.find(({ headers }) => headers["x-csrf-token"] === "Fetch");
  assert.match(call?.line ?? "", /^HEAD \/sap\/opu\/odata\/sap\/API_\w+_SRV\/$/);
});

test("a session that ends in mid-run costs one new token and neither loses nor doubles a write", async () => {
  const { sap, session } = await connect();
  await session.push(envelope(session, "before"), never);
  sap.forgetSessions();
  const outcomes = await Promise.all([1, 2, 3, 4, 5].map((n) => session.push(envelope(session, `after ${n}`), never)));
  assert.ok(
    outcomes.every(({ outcome }) => outcome === "confirmed"),
    JSON.stringify(outcomes),
  );
  assert.equal(sap.confirmations.length, 6);
  assert.equal(sap.tokenCalls(), 2);
});

test("a token that is never accepted ends after the second try as provably not applied", async () => {
  const { sap, session } = await connect();
  const required: Mishap = (_, to) => {
    to.setHeader("x-csrf-token", "Required");
    reply(to, 403, "CSRF token validation failed", "text/plain");
  };
  sap.mishaps.push(required, required, required);
  const outcome = await session.push(envelope(session, "csrf"), never);
  assert.equal(outcome.outcome, "not-applied");
  assert.equal(outcome.outcome === "not-applied" && outcome.fault.code, "erp/sap-csrf");
  assert.equal(sap.mishaps.length, 1);
});

test("a server that gives tokens only for GET is understood", async () => {
  const { sap, session } = await connect({ tokenByGet: true });
  assert.equal((await session.push(envelope(session, "get"), never)).outcome, "confirmed");
  assert.equal(sap.confirmations.length, 1);
});

test("a 403 of a proxy fetches no token, repeats nothing and says who may have answered", async () => {
  const got = await pushWith((_, to) => reply(to, 403, htmlOf("Blocked by policy"), "text/html"), "proxy");
  assert.equal(got.outcome, "refused");
  assert.equal(got.outcome === "refused" && got.parked, true);
  assert.match(got.outcome === "refused" ? got.fault.message : "", /proxy.*Blocked by policy/);
  assert.equal(got.sap.tokenCalls(), 1);
  assert.equal(got.sap.seen.filter(({ line }) => line.startsWith("POST")).length, 1);
});

test("a reply that is lost after SAP has committed is in doubt, and asking finds exactly one document", async () => {
  const lost: [string, Mishap][] = [
    ["cut", (incoming, _, commit) => (commit(), incoming.socket.destroy())],
    ["never answered", (_, __, commit) => void commit()],
    ["503 after commit", (_, to, commit) => (commit(), reply(to, 503, htmlOf("Service unavailable"), "text/html"))],
    ["500 with an envelope", (incoming, to, commit) => (commit(), sapError(500, "SY/530", "Internal error")(incoming, to, commit))],
    ["cut off in the body", (_, to, commit) => (commit(), to.writeHead(201, { "content-length": "5000" }), to.write('{"d":{'), setTimeout(() => to.destroy(), 20))],
    ["201 that cannot be read", (_, to, commit) => (commit(), reply(to, 201, '{"d":{"Confir'))],
    ["201 without a number", (_, to, commit) => (commit(), reply(to, 201, '{"d":{}}'))],
    ["204", (_, to, commit) => (commit(), reply(to, 204, ""))],
    ["an error beside a document", (_, to, commit) => (to.setHeader("sap-message", '{"severity":"error","message":"COGI","code":"RU/1"}'), reply(to, 201, JSON.stringify({ d: commit() })))],
  ]; // prettier-ignore
  for (const [name, mishap] of lost) {
    const got = await pushWith(mishap, name);
    assert.equal(got.outcome, "in-doubt", name);
    assert.equal(got.outcome === "in-doubt" && got.fault.kind, "ambiguous", name);
    const found = await got.session.resolve(got.sent, never);
    assert.deepEqual(found, { outcome: "applied", document: { kind: "confirmation", number: "1001/1" } }, name);
    assert.equal(got.sap.confirmations.length, 1, name);
  }
});

test("a connection that is cut before SAP reads is in doubt too, and asking finds nothing", async () => {
  const got = await pushWith((incoming) => incoming.socket.destroy(), "cut before");
  assert.equal(got.outcome, "in-doubt");
  assert.deepEqual(await got.session.resolve(got.sent, never), { outcome: "absent" });
});

test("what never left is not applied: nothing listens, unknown host, stopped before sending", async () => {
  const { session, sap } = await connect();
  const sent = envelope(session, "unsent");
  const stopped = await session.push(sent, AbortSignal.abort());
  assert.equal(stopped.outcome, "not-applied");
  await sap.close();
  const closed = await session.push(sent, never);
  assert.equal(closed.outcome, "not-applied");
  assert.equal(closed.outcome === "not-applied" && closed.fault.kind, "transient");
  const away = unwrap(await sapConnector.open(settings("http://sap.invalid/sap"), never));
  open.push(away);
  const unknown = await away.push(sent, never);
  assert.equal(unknown.outcome, "not-applied");
});

test("a session opens while SAP is away, interprets, says so, and lets documents wait", async () => {
  const session = unwrap(await sapConnector.open(settings("http://127.0.0.1:1/sap"), never));
  open.push(session);
  const bytes = new TextEncoder().encode(JSON.stringify(orderRow()));
  const read = session.interpret({
    idempotencyKey: "k",
    noun: "order",
    number: "1",
    bytes,
    mediaType: "application/json",
  });
  assert.equal(read.ok, true);
  const composed = session.compose("K".repeat(16), request, { kind: "confirmation", response: response() });
  assert.equal(!composed.ok && composed.fault.kind, "transient");
  assert.equal((await session.check(never))?.code, "erp/sap-unreachable");
  const pulled = await session.pull(null, never);
  assert.equal(!pulled.ok && pulled.fault.kind, "transient");
});

test("a TLS server that is none is provably not applied", async () => {
  const plain = createServer((socket) => socket.end("no TLS here\r\n", () => socket.destroy()));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => new Promise((resolve) => plain.close(() => resolve())) });
  const address = plain.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const session = unwrap(await sapConnector.open(settings(`https://127.0.0.1:${port}/sap`), never));
  open.push(session);
  const { session: earlier } = await connect();
  const outcome = await session.push(envelope(earlier, "tls"), never);
  assert.equal(outcome.outcome, "not-applied");
});

test("SAP's ways to say no", async () => {
  const languages = (_: unknown, to: Parameters<Mishap>[1]): void =>
    reply(
      to,
      400,
      JSON.stringify({
        error: {
          code: "M7/021",
          message: {
            value: [
              { lang: "de", value: "Bestand unterschritten" },
              { lang: "en", value: "Deficit of 5 PC" },
            ],
          },
        },
      }),
    );
  const bare = (_: unknown, to: Parameters<Mishap>[1]): void =>
    reply(to, 400, JSON.stringify({ error: { code: "RU/018", message: "Order not found" } }));
  const inner: Mishap = (_, to) =>
    reply(
      to,
      400,
      JSON.stringify({
        error: {
          code: "/IWBEP/CX_MGW_BUSI_EXCEPTION",
          message: { lang: "en", value: "Posting failed" },
          innererror: {
            transactionid: "ABC",
            errordetails: [
              { code: "M7/053", message: "Posting only possible in periods 2026/10 and 2026/11", severity: "error" },
            ],
          },
        },
      }),
    );
  const retry: Mishap = (_, to) => (to.setHeader("retry-after", "7"), reply(to, 429, "slow down", "text/plain"));
  const dated: Mishap = (_, to) => (
    to.setHeader("date", "Sun, 22 Nov 2026 10:00:00 GMT"),
    to.setHeader("retry-after", "Sun, 22 Nov 2026 10:00:30 GMT"),
    reply(to, 429, "")
  );
  const message: Mishap = (_, to) => (
    to.setHeader("sap-message", '{"code":"RU/505","message":"Confirmation failed","severity":"error","details":[]}'),
    reply(to, 200, '{"d":{}}')
  );
  const cases: [string, Mishap, string, string, Readonly<Record<string, unknown>>][] = [
    ["stock", sapError(400, "M7/021", "Deficit of BA Unrestricted-use 5 PC : WIRE-1"), "refused", "erp/sap-stock-short", { parked: true }],
    ["a list of languages", languages, "refused", "erp/sap-stock-short", { parked: true }],
    ["period, in a detail", inner, "refused", "erp/sap-period-closed", { parked: true }],
    ["a bare text", bare, "refused", "erp/sap-refused", { parked: false }],
    ["status", sapError(400, "BS/007", "System status TECO is active (ORD 1000101)"), "refused", "erp/sap-order-status", { parked: false }],
    ["lock by status", sapError(423, "", "locked"), "not-applied", "erp/sap-locked", { retryAfterMs: null }],
    ["lock by text", sapError(400, "CO/469", "Order 1000101 is currently locked by user MILLER"), "not-applied", "erp/sap-locked", { retryAfterMs: null }],
    ["lock of a material", sapError(400, "M3/024", "Valuation data is locked"), "not-applied", "erp/sap-locked", { retryAfterMs: null }],
    ["too many", retry, "not-applied", "erp/sap-busy", { retryAfterMs: 7000 }],
    ["too many, until a date", dated, "not-applied", "erp/sap-busy", { retryAfterMs: 30_000 }],
    ["422", sapError(422, "RU/505", "Yield exceeds the order"), "refused", "erp/sap-refused", { parked: false }],
    ["unknown field", sapError(400, "/IWBEP/CM_MGW_RT/021", "Property X is invalid"), "refused", "erp/sap-request", { parked: false }],
    ["login page", (_, to) => (to.setHeader("location", "https://idp.invalid/saml"), reply(to, 302, "")), "not-applied", "erp/sap-login", {}],
    ["html 401", (_, to) => reply(to, 401, htmlOf("Logon Error Message"), "text/html"), "not-applied", "erp/sap-login", {}],
    ["service not active", (_, to) => reply(to, 404, htmlOf("Not found"), "text/html"), "not-applied", "erp/sap-service", {}],
    ["no order, as 404", sapError(404, "CO/017", "Order 4711 not found"), "refused", "erp/sap-refused", { parked: false }],
    ["html 400", (_, to) => reply(to, 400, htmlOf("Request rejected"), "text/html"), "refused", "erp/sap-request", { parked: false }],
    ["a 200 that carries an error", message, "refused", "erp/sap-refused", { parked: false }],
  ]; // prettier-ignore
  for (const [name, mishap, outcome, code, more] of cases) {
    const got = await pushWith(mishap, name);
    assert.equal(got.outcome, outcome, name);
    if (got.outcome === "confirmed") continue;
    assert.equal(got.fault.code, code, `${name}: ${got.fault.message}`);
    for (const [field, value] of Object.entries(more))
      assert.equal((got as unknown as Record<string, unknown>)[field], value, `${name}: ${field}`);
    assert.equal(got.sap.confirmations.length, 0, name);
    assert.ok(!JSON.stringify(got.fault).includes("secret") && !JSON.stringify(got.fault).includes("Basic "), name);
  }
});

test("of a message in several languages the English one is told", async () => {
  const value = [
    { lang: "de", value: "Bestand unterschritten" },
    { lang: "en", value: "Deficit of 5 PC" },
  ];
  const body = JSON.stringify({ error: { code: "M7/021", message: { value } } });
  const got = await pushWith((_, to) => reply(to, 400, body), "english");
  assert.match(got.outcome === "refused" ? got.fault.message : "", /Deficit of 5 PC \[M7\/021\]/);
});

test("an error that names our key means that SAP may have it: asked, not refused", async () => {
  const key = postingKey("known");
  const got = await pushWith(sapError(400, "RU/510", `Confirmation with external key ${key} already exists`), "known");
  assert.equal(got.outcome, "in-doubt");
  assert.deepEqual(got.outcome === "in-doubt" && [got.fault.code, got.fault.kind], ["erp/sap-key-known", "conflict"]);
});

test("a function import that answers 200 with an error is refused; with success the order is announced", async () => {
  const { sap, session } = await connect();
  const accepted = unwrap(session.compose(postingKey("mes"), request, { kind: "order-accepted", response: null }));
  const error = {
    SystemMessageType: "E",
    SystemMessageIdentification: "CO",
    SystemMessageNumber: "017",
    SystemMessageLongText: "Order is locked by MILLER",
  };
  sap.mishaps.push((_, to) => reply(to, 200, JSON.stringify({ d: { OrderReleasedByMES: error } })));
  assert.equal((await session.push(accepted, never)).outcome, "not-applied");
  sap.mishaps.push((_, to) =>
    reply(
      to,
      200,
      JSON.stringify({ d: { OrderReleasedByMES: { ...error, SystemMessageLongText: "No authorisation" } } }),
    ),
  );
  assert.equal((await session.push(accepted, never)).outcome, "refused");
  assert.deepEqual(await session.push(accepted, never), {
    outcome: "confirmed",
    document: { kind: "order-accepted", number: "1000101" },
  });
});

test("where orders are not announced nothing is sent", async () => {
  const { sap, session } = await connect({}, { announceRelease: false });
  const accepted = unwrap(session.compose(postingKey("quiet"), request, { kind: "order-accepted", response: null }));
  assert.deepEqual(await session.push(accepted, never), {
    outcome: "confirmed",
    document: { kind: "order-accepted", number: "1000101" },
  });
  assert.equal(
    sap.seen.some(({ line }) => line.startsWith("POST")),
    false,
  );
});

test("after a refused login SAP is left alone, so that it does not lock the user", async () => {
  const { sap, session } = await connect({}, { password: "wrong" });
  const { session: earlier } = await connect();
  const calls = sap.seen.length;
  for (let n = 0; n < 5; n++) {
    const outcome = await session.push(envelope(earlier, "login"), never);
    assert.equal(outcome.outcome === "not-applied" && outcome.fault.code, "erp/sap-login");
  }
  assert.equal(sap.seen.length, calls);
  assert.equal(calls, 1);
});

test("client, language and API key travel with every call, the token call has no query", async () => {
  const { sap, session } = await connect(
    {},
    { sapClient: "100", language: "DE", apiKey: { header: "APIKey", value: "k" } },
  );
  await session.push(envelope(session, "headers"), never);
  for (const { line, headers } of sap.seen) {
    assert.equal(headers["sap-client"], "100", line);
    assert.equal(headers["sap-language"], "DE", line);
    assert.equal(headers["apikey"], "k", line);
    if (headers["x-csrf-token"] === "Fetch") assert.ok(!line.includes("?"), line);
  }
});

test("SAP is asked to speak a language in which its words are known", async () => {
  const opened = await sapConnector.open(settings("http://127.0.0.1:9/sap", { language: "PL" }), never);
  assert.equal(!opened.ok && opened.fault.code, "erp/config");
  assert.match(opened.ok ? "" : opened.fault.message, /language: .*EN.*DE/);
});

test("the idempotency headers are frozen with the request, and a rejected id is doubt", async () => {
  const { sap, session } = await connect({}, { repeatability: true });
  const sent = envelope(session, "repeat");
  sap.mishaps.push(
    (_, to, commit) => (
      to.setHeader("RepeatabilityResult", "rejected"),
      reply(to, 201, JSON.stringify({ d: commit() }))
    ),
  );
  assert.equal((await session.push(sent, never)).outcome, "in-doubt");
  await session.push(sent, never);
  const ids = sap.seen
    .filter(({ line }) => line.startsWith("POST"))
    .map(({ headers }) => `${headers["requestid"]} ${headers["repeatabilitycreation"]}`);
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 1);
  assert.match(ids[0] ?? "", /^[0-9A-F]{32} 2025-02-03T09:01:00/);
});

test("an envelope alone is enough: another session with other settings sends the same bytes", async () => {
  const { sap, session } = await connect();
  const sent = envelope(session, "frozen", "goods-issue");
  await session.push(sent, never);
  const other = unwrap(
    await sapConnector.open(settings(sap.baseUrl, { language: "DE", company: "other", padOrderNumbers: true }), never),
  );
  open.push(other);
  await other.push({ ...sent, bytes: Uint8Array.from(sent.bytes) }, never);
  const bodies = sap.seen.filter(({ line }) => line.startsWith("POST")).map(({ body }) => body);
  assert.equal(bodies.length, 2);
  assert.equal(bodies[0], bodies[1]);
});

test("a damaged envelope is refused, never sent", async () => {
  const { sap, session } = await connect();
  const outcome = await session.push({ key: "K", kind: "confirmation", bytes: new Uint8Array([123, 34]) }, never);
  assert.equal(outcome.outcome === "refused" && outcome.fault.code, "erp/sap-envelope");
  assert.equal(
    sap.seen.some(({ line }) => line.startsWith("POST")),
    false,
  );
});
