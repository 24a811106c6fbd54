/** What every answer has: headers, problems, cookies, traces; the OpenAPI document; and the doors for machines that watch. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { problem } from "../../../src/api/contract/answer.ts";
import { startApi } from "../../../src/app/api.ts";
import { unwrap } from "../../../src/base/result.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openHouse, type House } from "./house.ts";

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Without the courtesies of fetch. */
function raw(
  url: string,
  options: RequestOptions & { body?: string; rejectUnauthorized?: boolean } = {},
): Promise<Raw> {
  const { body, ...rest } = options;
  return new Promise((resolve, reject) => {
    const ask = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = ask(url, { agent: false, ...rest }, (reply) => {
      let text = "";
      reply.setEncoding("utf8").on("data", (part: string) => (text += part));
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("every answer", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let house: House;
  let folder: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-pages-"));
    mkdirSync(join(folder, "web", "assets"), { recursive: true });
    writeFileSync(join(folder, "web", "index.html"), "<!doctype html><title>screens</title>");
    writeFileSync(join(folder, "web", "assets", "a-1234.js"), "export {};");
    writeFileSync(join(folder, "secret.txt"), "secret");
    house = await openHouse({ pages: join(folder, "web") });
  });
  after(async () => {
    await house?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("has the headers that keep a browser safe, and does not say what serves it", async () => {
    for (const path of ["/", "/api/v1/session", "/assets/a-1234.js", "/nothing", "/healthz"]) {
      const { headers } = await raw(`${house.url}${path}`, { headers: { accept: "text/html" } });
      assert.match(headers["content-security-policy"] as string, /script-src 'self';.*frame-ancestors 'none'/, path);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["server"], undefined);
      assert.equal(headers["x-powered-by"], undefined);
      assert.match(headers["traceparent"] as string, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    }
    assert.equal((await raw(`${house.url}/api/v1/session`)).headers["cache-control"], "no-store");
  });

  test("goes on with the trace that the caller began, in header, problem and log", async () => {
    const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    const given = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "idempotency-key": "k" };
    const answer = await house.administrator.ask("POST", "/api/v1/keys", { name: "x" }, given);
    assert.equal(answer.status, 400);
    assert.equal(answer.body.traceId, traceId);
    assert.ok(answer.headers.get("traceparent")?.startsWith(`00-${traceId}-`));
    assert.notEqual(answer.headers.get("traceparent")?.slice(36, 52), "00f067aa0ba902b7", "our step is our own");
    assert.ok(house.log.some(({ detail }) => JSON.stringify(detail ?? "").includes(traceId)));
    for (const wrong of [
      "",
      "00-0-0-0",
      `00-${"0".repeat(32)}-00f067aa0ba902b7-01`,
      `ff-${traceId}-00f067aa0ba902b7-01`,
    ]) {
      const { headers } = await house.visitor().ask("GET", "/healthz", undefined, { traceparent: wrong });
      assert.ok(!headers.get("traceparent")?.includes(traceId), wrong);
    }
  });

  test("that is a failure is a problem with its fields", async () => {
    const asked = { login: "x", name: "n", email: "none", grants: [{ role: "king", equipment: "plant" }] };
    const fields = await house.administrator.command("POST", "/api/v1/people", asked);
    assert.deepEqual([fields.status, fields.body.code], [400, "api/fields"]);
    assert.deepEqual(fields.body.errors.map((one: { at: string }) => one.at).toSorted(), [
      "body.email",
      "body.grants.0.role",
      "body.login",
    ]);
    const token = house.administrator.csrf;
    const json = { cookie: house.administrator.cookie, "x-csrf-token": token, "content-type": "application/json" };
    const send = async (headers: Record<string, string>, body: string): Promise<unknown[]> => {
      const reply = await raw(`${house.url}/api/v1/keys`, { method: "POST", headers, body });
      const said = problem.parse(JSON.parse(reply.text));
      assert.match(reply.headers["content-type"] as string, /^application\/problem\+json/);
      assert.equal(said.status, reply.status);
      assert.match(said.type, /^\/docs\/faults\.md#/);
      assert.match(said.detail, /\.$/);
      return [reply.status, said.code];
    };
    assert.deepEqual(await send(json, "{"), [400, "api/body"]);
    assert.deepEqual(await send({ ...json, "content-type": "text/plain" }, "{}"), [415, "api/media-type"]);
    assert.deepEqual(await send({ ...json, "content-type": "application/x-www-form-urlencoded" }, "a=b"), [
      415,
      "api/media-type",
    ]);
    assert.deepEqual(await send(json, `{"a":"${"x".repeat(3_000_000)}"}`), [413, "api/too-large"]);
    const key = { name: "key", scopes: ["audit.read"], equipment: "plant", expiresAt: null };
    assert.deepEqual(await send(json, JSON.stringify(key)), [400, "api/idempotency-key"]);
    assert.deepEqual(await send({ ...json, "idempotency-key": "x".repeat(101) }, JSON.stringify(key)), [
      400,
      "api/idempotency-key",
    ]);
    const polluted = await raw(`${house.url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"__proto__":{"login":"admin"},"login":"a","password":"b"}',
    });
    assert.equal(polluted.status, 400);
    const large = await raw(`${house.url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ login: "a", password: "b".repeat(20_000) }),
    });
    assert.equal(large.status, 413, "before anybody has signed in little is read");
  });

  test("of a bug says nothing of the bug", async () => {
    const broken = { ...house.store, transaction: () => Promise.reject(new Error("password=hunter2")) };
    const lines: unknown[] = [];
    const say = (...line: unknown[]): void => void lines.push(line);
    const started = await startApi(
      {
        listen: { host: "127.0.0.1", port: 0 },
        tls: null,
        insecure: false,
        trustProxy: [],
        pages: null,
        onFirstAdministrator: () => undefined,
      },
      // Its first transaction, which looks for an account, works.
      { ...house.sources, log: { info: say, warn: say, error: say }, store: onceThen(house, broken) },
    );
    const api = unwrap(started);
    try {
      const reply = await raw(`${api.url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ login: "a", password: "b" }),
      });
      assert.equal(reply.status, 500);
      assert.ok(!reply.text.includes("hunter2"));
      const said = problem.parse(JSON.parse(reply.text));
      assert.equal(said.code, "api/bug");
      assert.ok(
        JSON.stringify(lines, (_, v: unknown) => (v instanceof Error ? v.message : v)).includes("hunter2"),
        "the log has it",
      );
      assert.equal((await raw(`${api.url}/readyz`)).status, 503);
    } finally {
      await api.close();
    }
  });

  test("of an address that a person opens is the page; of a missing file or route, none", async () => {
    const html = { accept: "text/html" };
    const page = await raw(`${house.url}/orders/4711`, { headers: html });
    assert.deepEqual([page.status, page.headers["cache-control"]], [200, "no-cache"]);
    assert.match(page.text, /screens/);
    const root = await raw(`${house.url}/`, { headers: html });
    assert.deepEqual([root.status, root.headers["cache-control"]], [200, "no-cache"]);
    const asset = await raw(`${house.url}/assets/a-1234.js`);
    assert.match(asset.headers["cache-control"] as string, /immutable/);
    assert.equal((await raw(`${house.url}/assets/gone.js`, { headers: html })).status, 404);
    assert.equal((await raw(`${house.url}/api/v1/gone`, { headers: html })).status, 404);
    assert.equal((await raw(`${house.url}/orders/4711`)).status, 404);
    for (const path of [
      "/../secret.txt",
      "/%2e%2e/secret.txt",
      "/..%2fsecret.txt",
      "/assets/..%2f..%2f..%2fsecret.txt",
    ]) {
      const reply = await raw(`${house.url}${path}`);
      assert.ok(reply.status >= 400 && !reply.text.includes("secret\n") && reply.text !== "secret", path);
    }
  });

  test("over TLS sets a cookie that no other host or script gets", { skip: noOpenssl() }, async () => {
    const files = [join(folder, "cert.pem"), join(folder, "key.pem")] as const;
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-days",
        "2",
        "-out",
        files[0],
        "-keyout",
        files[1],
      ],
      { stdio: "ignore" },
    );
    const say = (): void => undefined;
    const { sources } = house;
    const options = {
      listen: { host: "127.0.0.1", port: 0 },
      insecure: false,
      trustProxy: [],
      pages: null,
      onFirstAdministrator: say,
      passwordCost: { n: 1024, r: 8, p: 1 },
    };
    const api = unwrap(await startApi({ ...options, tls: { cert: files[0], key: files[1] } }, sources));
    try {
      const person = await house.person("operator", "north");
      const { login, password } = person;
      const reply = await raw(`${api.url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ login, password }),
        rejectUnauthorized: false,
      });
      assert.equal(reply.status, 200, reply.text);
      const cookie = reply.headers["set-cookie"]?.[0] ?? "";
      assert.match(cookie, /^__Host-millrace-\d+=/);
      for (const part of ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) assert.ok(cookie.includes(part), cookie);
      assert.ok(!/domain=/i.test(cookie));
      assert.match(reply.headers["strict-transport-security"] as string, /max-age/);
    } finally {
      await api.close();
    }
    const wrong = await startApi({ ...options, tls: { cert: files[1], key: files[0] } }, sources);
    assert.equal(!wrong.ok && wrong.fault.code, "app/tls-files");
    const open = await startApi({ ...options, tls: null, listen: { host: "0.0.0.0", port: 0 } }, sources);
    assert.equal(!open.ok && open.fault.code, "app/listen-insecure");
    const untouched = { ...house.store, transaction: () => Promise.reject(new Error("nobody is made before")) };
    const taken = await startApi(
      { ...options, tls: null, listen: { host: "127.0.0.1", port: Number(new URL(house.url).port) } },
      { ...sources, store: untouched },
    );
    assert.equal(!taken.ok && taken.fault.code, "app/listen");
    const plain = await house.visitor().ask("POST", "/api/v1/session", { login: "x", password: "y" });
    assert.equal(plain.headers.getSetCookie().length, 0, "a refusal sets nothing");
  });

  test("numbers are for a key with metrics.read, and for programs of this machine that come straight", async () => {
    const near = await raw(`${house.url}/metrics`);
    assert.equal(near.status, 200);
    assert.match(near.text, /^# HELP millrace_http_answers_total /m);
    assert.match(
      near.text,
      /^millrace_http_answers_total\{route="\/api\/v1\/people",method="POST",status="400"\} \d+$/m,
    );
    assert.match(near.text, /^millrace_http_answer_seconds_bucket\{.*le="\+Inf"\} \d+$/m);
    assert.match(near.text, /^process_resident_memory_bytes \d+$/m);
    for (const line of near.text.trimEnd().split("\n")) {
      assert.match(
        line,
        /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+)$/,
        line,
      );
    }
    for (const headers of [
      { "x-forwarded-for": "10.0.0.1" },
      { forwarded: "for=10.0.0.1" },
      { host: "rebound.example" },
    ]) {
      assert.equal((await raw(`${house.url}/metrics`, { headers })).status, 401, JSON.stringify(headers));
    }
    const asked = { name: "watcher", scopes: ["metrics.read"], equipment: "plant", expiresAt: null };
    const { body } = await house.administrator.command("POST", "/api/v1/keys", asked);
    const headers = { "x-forwarded-for": "10.0.0.1", authorization: `Bearer ${body.secret}` };
    assert.equal((await raw(`${house.url}/metrics`, { headers })).status, 200);
    assert.equal((await raw(`${house.url}/healthz`)).status, 200);
  });
});

/** Certificates are made with it. */
function noOpenssl(): string | false {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return false;
  } catch {
    return "openssl is not installed: no certificate can be made";
  }
}

function onceThen(house: House, broken: House["store"]): House["store"] {
  let isFirst = true;
  return {
    transaction: (work) => {
      const store = isFirst ? house.store : broken;
      isFirst = false;
      return store.transaction(work);
    },
  };
}
