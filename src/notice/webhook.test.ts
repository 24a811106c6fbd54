/** Webhooks against a receiver on loopback that checks signatures with code of its own, and that misbehaves. */
import assert from "node:assert/strict";
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import type { NoticeDelivery } from "../record/notice.ts";
import type { Attempt } from "./channel.ts";
import { signatureHeader, webhookKey } from "./signature.ts";
import { webhookChannel } from "./webhook.ts";

const now = instant(Date.parse("2025-02-03T07:00:00.700Z"));
const newSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;
const delivery: NoticeDelivery = {
  notice: "a".repeat(32),
  stage: "raised",
  channel: "andon",
  role: "operator",
  equipment: "A565",
  body: '{"type":"notification.raised","data":{"text":"Störung → Ω"}}',
  attempts: 1,
  giveUpAt: instant(now + 86_400_000),
  done: [],
};

interface Received {
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly url: string;
}

async function receiver(
  t: TestContext,
  answer: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const { headers, url = "" } = request;
      received.push({ headers, url, body: Buffer.concat(chunks).toString("utf8") });
      answer(response, request);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // A listening TCP server has an AddressInfo.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?x=1`, received };
}

/** As a receiver does it, from the standard's text and with nothing of ours. */
function isGenuine({ headers, body }: Received, secret: string): boolean {
  const key = Buffer.from(secret.slice(6), "base64");
  const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`;
  const wanted = createHmac("sha256", key).update(signed, "utf8").digest();
  return String(headers["webhook-signature"])
    .split(" ")
    .filter((part) => part.startsWith("v1,"))
    .map((part) => Buffer.from(part.slice(3), "base64"))
    .some((given) => given.length === wanted.length && timingSafeEqual(given, wanted));
}

async function send(url: string, secrets: readonly string[], timeoutMs = 2_000): Promise<Attempt> {
  const channel = unwrap(webhookChannel("andon", { url, secrets, timeoutMs }));
  return channel.send(delivery, now, new AbortController().signal);
}

const ok = (response: ServerResponse): void => void response.writeHead(204).end();

test("the published example of the standard gets the published signature", () => {
  const key = unwrap(webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", seconds: 1_614_265_330, body: '{"test": 2432232314}' };
  assert.equal(signatureHeader([key], signed), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("a receiver can tell that it is ours, by either secret while it changes them", async (t) => {
  const { url, received } = await receiver(t, ok);
  const [fresh, old] = [newSecret(), newSecret()];
  assert.deepEqual(await send(url, [fresh, old]), { outcome: "delivered", fault: null });
  const [one] = received;
  assert.ok(one);
  assert.ok(isGenuine(one, fresh) && isGenuine(one, old));
  assert.equal(one.headers["webhook-id"], delivery.notice);
  assert.equal(one.headers["webhook-timestamp"], String(Math.floor(now / 1000)));
  assert.equal(one.headers["content-type"], "application/json");
  assert.equal(one.body, delivery.body);
  assert.equal(one.url, "/hook?x=1");
});

test("it is noticed when secret, body, time or id is another", async (t) => {
  const { url, received } = await receiver(t, ok);
  const secret = newSecret();
  await send(url, [secret]);
  const [one] = received;
  assert.ok(one && isGenuine(one, secret));
  assert.equal(isGenuine(one, newSecret()), false);
  assert.equal(isGenuine({ ...one, body: one.body.replace("Ω", "ω") }, secret), false);
  for (const header of ["webhook-id", "webhook-timestamp"])
    assert.equal(isGenuine({ ...one, headers: { ...one.headers, [header]: "1" } }, secret), false, header);
});

test("a lost reply, a slow receiver and nobody there are tried again, with the same id", async (t) => {
  const { url, received } = await receiver(t, (response) => void response.socket?.destroy());
  const lost = await send(url, [newSecret()]);
  assert.equal(lost.outcome === "again" ? lost.fault.code : "", "notice/webhook-unanswered");
  await send(url, [newSecret()]);
  assert.deepEqual(
    received.map(({ headers }) => headers["webhook-id"]),
    [delivery.notice, delivery.notice],
  );
  const slow = await receiver(t, () => undefined);
  const began = performance.now();
  assert.equal((await send(slow.url, [newSecret()], 200)).outcome, "again");
  assert.ok(performance.now() - began < 5_000);
  assert.equal((await send("http://127.0.0.1:1/", [newSecret()])).outcome, "again");
});

test("errors are tried again, as late as the receiver wants; gone is gone", async (t) => {
  for (const status of [400, 404, 429, 500, 503]) {
    const { url } = await receiver(t, (response) => void response.writeHead(status, { "retry-after": "7" }).end("no"));
    const attempt = await send(url, [newSecret()]);
    assert.equal(attempt.outcome, "again", String(status));
    assert.equal(attempt.outcome === "again" ? attempt.retryAfterMs : 0, 7_000);
    assert.match(attempt.fault?.message ?? "", new RegExp(`andon answered ${status}`));
  }
  const dated = await receiver(
    t,
    (response) => void response.writeHead(503, { "retry-after": new Date(now + 60_300).toUTCString() }).end(),
  );
  const attempt = await send(dated.url, [newSecret()]);
  assert.equal(attempt.outcome === "again" ? attempt.retryAfterMs : 0, 60_300);
  const gone = await receiver(t, (response) => void response.writeHead(410).end());
  assert.equal((await send(gone.url, [newSecret()])).outcome, "impossible");
});

test("a redirect is not followed, wherever it points", async (t) => {
  const inside = await receiver(t, ok);
  for (const status of [301, 302, 303, 307, 308]) {
    const { url } = await receiver(t, (response) => void response.writeHead(status, { location: inside.url }).end());
    const attempt = await send(url, [newSecret()]);
    assert.equal(attempt.outcome, "again");
    assert.match(attempt.fault?.message ?? "", /not followed/);
  }
  assert.deepEqual(inside.received, []);
});

test("an answer without end is not read", async (t) => {
  const { url } = await receiver(t, (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x".repeat(65_536)), 1);
    response.on("close", () => clearInterval(timer));
  });
  assert.equal((await send(url, [newSecret()])).outcome, "delivered");
});

test("a program that stops breaks off", async (t) => {
  const { url } = await receiver(t, () => undefined);
  const stop = new AbortController();
  const channel = unwrap(webhookChannel("andon", { url, secrets: [newSecret()], timeoutMs: 15_000 }));
  const sending = channel.send(delivery, now, stop.signal);
  stop.abort();
  assert.equal((await sending).outcome, "again");
});

test("a secret that is none is refused and not shown", () => {
  for (const secret of ["", "hunter2", "whsec_", "whsec_aHVudGVyMg==", `whsec_${"a".repeat(200)}`, "whsec_&&&&"]) {
    const made = webhookChannel("andon", { url: "http://127.0.0.1:1/", secrets: [secret], timeoutMs: 1 });
    assert.equal(made.ok ? "" : made.fault.code, "notice/secret");
    if (!made.ok && secret.length > 6) assert.ok(!made.fault.message.includes(secret));
  }
});
