/** The whole way: a question in the database becomes a signed call and a mail, and an escalation follows, over real connections. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test, type TestContext } from "node:test";
import { SMTPServer } from "smtp-server";
import { systemClock, type Clock } from "../base/clock.ts";
import { instant } from "../base/instant.ts";
import { unwrap } from "../base/result.ts";
import { notifyingStore } from "../flows/notify.ts";
import { checkSite } from "../site/load.ts";
import type { ReferenceLookup } from "../site/reference.ts";
import { changed, lookup, rules, siteYaml } from "../site/testing/example.ts";
import { openDatabase } from "../store/connection.ts";
import { preparedDatabase } from "../store/testing/prepared.ts";
import { postgresStore } from "../store/store.ts";
import { clusterUnavailable, withCluster } from "../store/testing/cluster.ts";
import { noticeNews, startNotices } from "./notice.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

async function listen(t: TestContext): Promise<{ hook: string; smtp: string; calls: Call[]; mails: string[] }> {
  const calls: Call[] = [];
  const hook = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      calls.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  const mails: string[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData(stream, _session, done) {
      let raw = "";
      stream.on("data", (part: Buffer) => (raw += part.toString("utf8")));
      stream.on("end", () => {
        mails.push(raw);
        done();
      });
    },
  });
  hook.listen(0, "127.0.0.1");
  await once(hook, "listening");
  await new Promise<void>((resolve) => {
    smtp.listen(0, "127.0.0.1", resolve);
  });
  t.after(() => {
    hook.closeAllConnections();
    hook.close();
    return new Promise<void>((resolve) => {
      smtp.close(resolve);
    });
  });
  // Listening TCP servers have an AddressInfo.
  const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
  return { hook: `http://127.0.0.1:${port(hook)}/`, smtp: String(port(smtp.server)), calls, mails };
}

interface Call {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

const notices = `notices:
  channels:
    - { id: andon, kind: webhook, settings: { url: { env: HOOK }, secrets: [{ env: KEY }] } }
    - { id: mail, kind: email, settings: { host: 127.0.0.1, port: { env: SMTP }, security: none, from: millrace@plant.example } }
  rules:
    - { kinds: [question], role: operator, by: [andon], escalate: { afterMinutes: 10, role: supervisor, by: [mail] } }
policies:
`;

test(
  "from the cause to the receiver, and further up to an account with the role",
  {
    skip: clusterUnavailable({ major: 18 }),
  },
  async (t) => {
    const cluster = await withCluster({ major: 18 });
    t.after(() => cluster.close());
    const connectionString = await preparedDatabase(cluster);
    const database = openDatabase({ connectionString, log: () => undefined });
    const { hook, smtp, calls, mails } = await listen(t);
    const values: Readonly<Record<string, string>> = { HOOK: hook, KEY: secret, SMTP: smtp };
    const all: ReferenceLookup = { ...lookup, environment: (name) => values[name] ?? lookup.environment(name) };
    const site = unwrap(checkSite(changed([siteYaml, "policies:\n", notices]), rules, all).site);
    // Sleeps are short, so that the sweep comes soon; the time is set by hand.
    const time = { at: systemClock.now() };
    const clock: Clock = {
      ...systemClock,
      now: () => time.at,
      sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal),
    };
    const news = noticeNews();
    const changes: string[] = [];
    news.listen((changed) => void changes.push(...changed.map(({ id }) => id)));
    const store = notifyingStore(postgresStore(database), site, news.announce);
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const asked: unknown[] = [];
    const running = unwrap(
      startNotices({
        site,
        store,
        clock,
        log,
        news,
        holder: { installation: "test", process: "p" },
        machines: () => [],
        recipientsOf: async (role, equipment) => {
          asked.push([role, equipment]);
          return [{ key: "p-1", address: "lead@plant.example" }];
        },
      }),
    );
    const until = async (is: () => boolean): Promise<void> => {
      const limit = performance.now() + 10_000;
      while (!is() && performance.now() < limit) await systemClock.sleep(10);
      assert.ok(is());
    };
    await store.transaction((tx) =>
      tx.attention.ask([{ subject: "komax/x", text: "Where from?", evidence: [] }], time.at),
    );
    await until(() => calls.length === 1);
    const [call] = calls;
    assert.ok(call);
    const id = String(call.headers["webhook-id"]);
    const key = Buffer.from(secret.slice(6), "base64");
    const signed = `${id}.${String(call.headers["webhook-timestamp"])}.${call.body}`;
    assert.equal(call.headers["webhook-signature"], `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
    assert.match(call.body, /"type":"notification.raised".*"equipment":"A565-0026"/);
    assert.deepEqual(mails, []);
    time.at = instant(time.at + 10 * 60_000);
    await until(() => mails.length === 1);
    assert.match(mails[0] ?? "", /To: lead@plant\.example\r\n/);
    assert.match(mails[0] ?? "", /Not acknowledged/);
    assert.deepEqual(asked, [["supervisor", "A565-0026"]]);
    await running.close();
    await database.close();
    assert.equal(calls.length, 1);
    assert.deepEqual(new Set(changes), new Set([id]));
  },
);
