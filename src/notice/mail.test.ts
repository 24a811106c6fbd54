/** E-mail against an SMTP server on loopback: what arrives, what is refused, and what never leaves without encryption. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test, type TestContext } from "node:test";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { instant } from "../base/instant.ts";
import type { NoticeDelivery } from "../record/notice.ts";
import type { Attempt, Recipient } from "./channel.ts";
import { mailChannel, type MailSettings } from "./mail.ts";
import { messageBody } from "./message.ts";

const now = instant(Date.parse("2025-02-03T07:00:00Z"));

function deliveryOf(text: string, values: Readonly<Record<string, string>> = {}): NoticeDelivery {
  const body = messageBody(
    { kind: "question", severity: "warning", equipment: "A565", text, values, request: null, posting: null },
    { id: "b".repeat(32), stage: "raised", role: "operator", site: "Plant", language: "de", at: now },
  );
  return {
    notice: "b".repeat(32),
    stage: "raised",
    channel: "mail",
    role: "operator",
    equipment: "A565",
    body,
    attempts: 1,
    giveUpAt: instant(now + 86_400_000),
    done: [],
  };
}

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: string;
  readonly isEncrypted: boolean;
  readonly user: string | undefined;
}

async function mailServer(t: TestContext, options: SMTPServerOptions = {}): Promise<{ port: number; mails: Mail[] }> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString("utf8"),
          isEncrypted: session.secure,
          user: session.user,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  t.after(() => new Promise<void>((resolve) => server.close(resolve)));
  // A listening TCP server has an AddressInfo.
  return { port: (server.server.address() as AddressInfo).port, mails };
}

async function send(
  port: number,
  delivery: NoticeDelivery,
  change: Partial<MailSettings> = {},
  accounts: readonly Recipient[] = [],
): Promise<Attempt> {
  const settings: MailSettings = {
    host: "127.0.0.1",
    port,
    security: "none",
    from: "millrace@plant.example",
    to: ["lead@plant.example"],
    timeoutMs: 2_000,
    ...change,
  };
  const channel = mailChannel("mail", settings, () => Promise.resolve(accounts));
  try {
    return await channel.send(delivery, now, new AbortController().signal);
  } finally {
    channel.close();
  }
}

/** Unfolds headers and decodes RFC 2047 words. */
function headersOf(raw: string): ReadonlyMap<string, string> {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  const decoded = head
    .replace(/\?= =\?/g, "?==?")
    .replace(/=\?utf-8\?(q|b)\?([^?]*)\?=/gi, (_, how: string, text: string) =>
      how.toLowerCase() === "b"
        ? Buffer.from(text, "base64").toString("utf8")
        : Buffer.from(
            text
              .replace(/_/g, " ")
              .replace(/=([0-9A-F]{2})/g, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
            "latin1",
          ).toString("utf8"),
    );
  return new Map(
    decoded
      .split("\r\n")
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
}

test("each recipient gets a mail of their own, an address once, and the id stays the same", async (t) => {
  const { port, mails } = await mailServer(t);
  const accounts = [
    { key: "p-1", address: "anna@plant.example" },
    { key: "p-2", address: "LEAD@plant.example" },
  ];
  const delivery = deliveryOf("Rüsten fehlgeschlagen: Kraft soll 12,5 sein.", { parameter: "Kraft" });
  assert.deepEqual(await send(port, delivery, {}, accounts), { outcome: "delivered", fault: null });
  assert.deepEqual(
    mails.map(({ to }) => to),
    [["anna@plant.example"], ["LEAD@plant.example"]],
  );
  const [first] = mails;
  const headers = headersOf(first?.raw ?? "");
  assert.equal(headers.get("subject"), "[Plant] Rüsten fehlgeschlagen: Kraft soll 12,5 sein.");
  assert.equal(headers.get("message-id"), `<${"b".repeat(32)}.p-1@millrace.invalid>`);
  assert.equal(headers.get("auto-submitted"), "auto-generated");
  assert.equal(first?.from, "millrace@plant.example");
  assert.ok(!(first?.raw ?? "").includes("LEAD@plant.example"));
});

test("no text of an order can add a header, a recipient or a second mail", async (t) => {
  const { port, mails } = await mailServer(t);
  const evil = "4711\r\nBcc: evil@example.com\r\n\r\n.\r\nMAIL FROM:<evil@example.com>\nX-Evil: 1\u2028X-Evil: 2\0";
  await send(port, deliveryOf(`Order ${evil}`, { order: evil, [`x\r\nX-Evil: 3`]: "1" }));
  assert.equal(mails.length, 1);
  assert.deepEqual(mails[0]?.to, ["lead@plant.example"]);
  const headers = headersOf(mails[0]?.raw ?? "");
  assert.deepEqual([...headers.keys()].toSorted(), [
    "auto-submitted",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "subject",
    "to",
    "x-millrace-notice",
  ]);
});

test("one refused for good keeps nobody else from theirs; busy is tried again for those who have none", async (t) => {
  const busy = new Set(["busy@plant.example"]);
  const { port, mails } = await mailServer(t, {
    onRcptTo({ address }, _session, done) {
      if (address.startsWith("gone")) return done(Object.assign(new Error("no such user"), { responseCode: 550 }));
      if (busy.has(address)) return done(Object.assign(new Error("try later"), { responseCode: 451 }));
      done();
    },
  });
  const to = ["gone@plant.example", "busy@plant.example", "lead@plant.example"];
  const first = await send(port, deliveryOf("x"), { to });
  assert.equal(first.outcome, "again");
  const done = first.outcome === "again" ? first.done : [];
  assert.equal(done.length, 2);
  assert.ok(!JSON.stringify(done).includes("plant.example"), "no address is kept");
  busy.clear();
  const second = await send(port, { ...deliveryOf("x"), done }, { to });
  assert.equal(second.outcome, "delivered");
  assert.deepEqual(
    mails.flatMap((mail) => mail.to),
    ["lead@plant.example", "busy@plant.example"],
  );
  assert.equal(second.fault?.code, "notice/mail-refused", "that one will never have it stays told");
  const none = await send(port, deliveryOf("x"), { to: ["gone@plant.example"] });
  assert.deepEqual([none.outcome, none.fault?.code], ["impossible", "notice/mail-refused"]);
});

test("what nobody was allowed to have is not delivered, be it refused at once or one after the other", async (t) => {
  const answers = new Map<string, number>();
  const { port, mails } = await mailServer(t, {
    onRcptTo({ address }, _session, done) {
      const responseCode = answers.get(address) ?? 250;
      done(responseCode === 250 ? null : Object.assign(new Error("no"), { responseCode }));
    },
  });
  const to = ["a@plant.example", "b@plant.example", "c@plant.example"];
  for (const one of to) answers.set(one, 550);
  const relay = await send(port, deliveryOf("x"), { to });
  assert.deepEqual([relay.outcome, relay.fault?.code], ["impossible", "notice/mail-refused"]);
  answers.set("b@plant.example", 451);
  const first = await send(port, deliveryOf("x"), { to });
  const done = first.outcome === "again" ? first.done : [];
  assert.equal(done.length, 2);
  answers.set("b@plant.example", 550);
  const second = await send(port, { ...deliveryOf("x"), done }, { to });
  assert.deepEqual([second.outcome, second.fault?.code], ["impossible", "notice/mail-refused"]);
  assert.equal(mails.length, 0);
});

test("whoever has it has it, also when nobody is left to write to", async (t) => {
  const { port } = await mailServer(t, {
    onRcptTo({ address }, _session, done) {
      done(address.startsWith("busy") ? Object.assign(new Error("later"), { responseCode: 451 }) : null);
    },
  });
  const accounts = ["anna", "busy"].map((key) => ({ key, address: `${key}@plant.example` }));
  const first = await send(port, deliveryOf("x"), { to: [] }, accounts);
  const done = first.outcome === "again" ? first.done : [];
  assert.deepEqual(done, ["anna"]);
  const second = await send(port, { ...deliveryOf("x"), done }, { to: [] }, []);
  assert.deepEqual(second, { outcome: "delivered", fault: null });
});

test("nobody with the role, no server, and a server that says nothing", async (t) => {
  const { port } = await mailServer(t);
  const nobody = await send(port, deliveryOf("x"), { to: [] });
  assert.deepEqual([nobody.outcome, nobody.fault?.code], ["impossible", "notice/no-recipient"]);
  const away = await send(1, deliveryOf("x"), { to: ["a@plant.example", "b@plant.example"] });
  assert.deepEqual([away.outcome, away.fault?.code], ["again", "notice/mail-failed"]);
  const mute = await mailServer(t, { onConnect: () => undefined });
  const began = performance.now();
  assert.equal((await send(mute.port, deliveryOf("x"), { timeoutMs: 300 })).outcome, "again");
  assert.ok(performance.now() - began < 5_000);
});

test("with an account it signs in; a wrong password is no reason to send without", async (t) => {
  let tries = 0;
  const { port, mails } = await mailServer(t, {
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      tries += 1;
      if (username === "millrace" && password === "right") return done(null, { user: "millrace" });
      done(Object.assign(new Error("wrong"), { responseCode: 535 }));
    },
  });
  const to = ["lead@plant.example", "other@plant.example", "third@plant.example"];
  const wrong = await send(port, deliveryOf("x"), { user: "millrace", password: "wrong", to });
  assert.equal(wrong.outcome, "again");
  assert.equal(tries, 1, "not once for each recipient, which would lock the account");
  assert.ok(!JSON.stringify(wrong.fault?.message).includes("wrong"));
  assert.equal((await send(port, deliveryOf("x"), { user: "millrace", password: "right" })).outcome, "delivered");
  assert.deepEqual(
    mails.map(({ user }) => user),
    ["millrace"],
  );
});

let certificate: { key: string; cert: string } | null = null;
before(() => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-mail-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const args = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-keyout",
      key,
      "-out",
      cert,
      ...subject,
    ];
    execFileSync("openssl", args, { stdio: "ignore" });
    certificate = { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } catch {
    certificate = null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

for (const security of ["starttls", "tls"] as const) {
  test(`${security}: encrypted with a trusted certificate, not at all with another`, async (t) => {
    if (!certificate) return t.skip("openssl is not installed");
    const { port, mails } = await mailServer(t, { ...certificate, secure: security === "tls", disabledCommands: [] });
    const trusted = await send(port, deliveryOf("x"), { security, ca: certificate.cert });
    assert.deepEqual(trusted, { outcome: "delivered", fault: null });
    assert.equal(mails[0]?.isEncrypted, true);
    const unknown = await send(port, deliveryOf("x"), { security });
    assert.deepEqual([unknown.outcome, unknown.fault?.code], ["again", "notice/mail-failed"]);
    assert.equal(mails.length, 1);
  });
}

test("starttls: a server that cannot gets nothing, neither mail nor password", async (t) => {
  let asked = 0;
  const { port, mails } = await mailServer(t, {
    allowInsecureAuth: true,
    onAuth: (_auth, _session, done) => {
      asked += 1;
      done(null, { user: "x" });
    },
  });
  const sent = await send(port, deliveryOf("x"), { security: "starttls", user: "millrace", password: "right" });
  assert.deepEqual([sent.outcome, mails.length, asked], ["again", 0, 0]);
});
