/** The SOAP door as a client that others wrote uses it: description, both versions, keys and tokens, faults. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:http";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { BearerSecurity, createClientAsync, WSSecurity, type Client } from "soap";
import { XmlDocument } from "libxml2-wasm";
import { startApi } from "../../../src/app/api.ts";
import { unwrap } from "../../../src/base/result.ts";
import { clusterUnavailable } from "../../../src/store/testing/cluster.ts";
import { openScene, type Scene } from "./scene.ts";
import { scheduleMessage } from "./schedule.ts";

type Answered = readonly [unknown, string];

describe("the SOAP door", { skip: clusterUnavailable({ major: 18 }) }, () => {
  let scene: Scene;
  before(async () => void (scene = await openScene()));
  after(() => scene?.close());

  /** The content of the root element: the client writes the element itself. */
  const process = async (client: Client, text: string, how: object = {}): Promise<string> => {
    const xml = text.replace(/^<\?xml[^>]*\?>\s*/, "");
    // the client makes a method for each operation that the WSDL names
    const call = client["ProcessOperationsScheduleAsync"] as (content: object, how: object) => Promise<Answered>;
    return (await call.call(client, { _xml: xml }, how))[1];
  };

  for (const version of ["1.1", "1.2"] as const) {
    test(
      `a client made from the WSDL sends a schedule over SOAP ${version} and reads the answer`,
      { timeout: 120_000 },
      async () => {
        const client = await clientOf(scene.url, version);
        client.setSecurity(new BearerSecurity(scene.key));
        const number = `S-${version}`;
        const answer = await process(client, scheduleMessage({ bodId: randomUUID(), orders: [{ number }] }));
        assert.match(answer, /<soap:Envelope.*<AcknowledgeOperationsSchedule/s);
        assert.match(answer, /actionCode="Accepted"/);
        assert.ok((await scene.orders()).some((order) => order.number === number));
      },
    );
  }

  test(
    "a UsernameToken with a key is taken over TLS and refused in the clear",
    { timeout: 120_000, skip: noOpenssl() },
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "millrace-soap-"));
      t.after(() => rm(folder, { recursive: true, force: true }));
      const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
      const made = spawnSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tls.key, "-out", tls.cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]); // prettier-ignore
      assert.equal(made.status, 0, made.stderr.toString());
      const client = await clientOf(scene.url, "1.1");
      client.setSecurity(new WSSecurity("office", scene.key));
      await assert.rejects(process(client, scheduleMessage()), /UsernameToken travels readable/);
      const listen = { host: "127.0.0.1", port: 0 };
      const usual = { insecure: false, trustProxy: [], pages: null, onFirstAdministrator: () => undefined };
      const secure = unwrap(await startApi({ ...usual, listen, tls }, scene.sources));
      t.after(() => secure.close());
      client.setEndpoint(`${secure.url}/soap`);
      const overTls = { httpsAgent: new Agent({ ca: await readFile(tls.cert, "utf8"), keepAlive: false }) };
      const orders = [{ number: "TOKEN" }];
      const say = (): Promise<string> => process(client, scheduleMessage({ bodId: randomUUID(), orders }), overTls);
      client.setSecurity(new WSSecurity("office", "mr_000000000000_wrong"));
      await assert.rejects(say(), /unknown, was revoked/);
      client.setSecurity(new WSSecurity("office", scene.key, { passwordType: "PasswordDigest" }));
      await assert.rejects(say(), /PasswordText/);
      client.setSecurity(null as never); // the client takes it as none
      await assert.rejects(say(), /not signed in/);
      client.setSecurity(new WSSecurity("office", scene.key));
      assert.match(await say(), /actionCode="Accepted"/);
      // Far more than is read of somebody who is not known.
      orders.push(...Array.from({ length: 300 }, (_, i) => ({ number: `TOKEN${i}` })));
      assert.match(await say(), /actionCode="Accepted"/);
      assert.ok((await scene.orders()).some(({ number }) => number === "TOKEN299"));
      const [row] = await scene.world.sql("select given_by from b2mml_message order by id desc limit 1");
      assert.match(String(row?.["given_by"]), /^key:/);
    },
  );

  for (const [what, before] of [
    ["no token", ""],
    ["a body that does not begin", "<e:Header/>".padEnd(70_000, "<!-- -->")],
  ] as const)
    test(
      `of an envelope with ${what} no more is read: the answer comes before its end`,
      { timeout: 120_000 },
      async () => {
        const status = await new Promise((resolve, reject) => {
          const sent = request(`${scene.url}/soap`, { method: "POST", headers: { "content-type": "text/xml" } });
          sent.on("response", (reply) => {
            resolve(reply.statusCode);
            sent.destroy();
          });
          sent.on("error", reject);
          const start = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">${before}<e:Body><d>`;
          sent.write(start.padEnd(100_000, "<a/>"));
        });
        assert.equal(status, before === "" ? 401 : 500);
      },
    );

  test("what is wrong comes back as a fault of the version that was sent, with the code", async () => {
    const bodies: readonly [string, string, number, RegExp][] = [
      ["text/xml", envelope("http://schemas.xmlsoap.org/soap/envelope/", "<x/>"), 500, /<faultcode xmlns="">soap:Client.*b2mml\/namespace/s],
      ["application/soap+xml", envelope("http://www.w3.org/2003/05/soap-envelope", "<x/>"), 400, /soap:Sender.*b2mml\/namespace/s],
      ["text/xml", "<!DOCTYPE x><x/>", 500, /b2mml\/doctype/],
      ["text/xml", envelope("http://schemas.xmlsoap.org/soap/envelope/", ""), 500, /api\/soap-envelope/],
      ["text/xml", "<Envelope/>", 500, /api\/soap-envelope/],
    ]; // prettier-ignore
    for (const [type, body, status, wanted] of bodies) {
      const headers = { "content-type": type, authorization: `Bearer ${scene.key}` };
      const reply = await fetch(`${scene.url}/soap`, { method: "POST", headers, body });
      const text = await reply.text();
      assert.equal(reply.status, status, text);
      assert.match(text, wanted);
      XmlDocument.fromString(text).dispose();
    }
  });

  test("an envelope is read in the encoding that it is in, and refused when it is in none that it names", async () => {
    const orders = [{ number: "Ü-1" }, { number: "Ä-1" }];
    const message = scheduleMessage({ bodId: randomUUID(), orders }).replace(/^<\?xml.*\?>/, "");
    const soap = envelope("http://schemas.xmlsoap.org/soap/envelope/", message);
    const say = async (text: string, type: string): Promise<Response> =>
      fetch(`${scene.url}/soap`, {
        method: "POST",
        headers: { "content-type": type, authorization: `Bearer ${scene.key}` },
        body: Buffer.from(text, "latin1"),
      });
    const refused = await say(soap, "text/xml; charset=utf-8");
    assert.deepEqual([refused.status, /b2mml\/encoding/.test(await refused.text())], [500, true]);
    const declared = `<?xml version="1.0" encoding="ISO-8859-1"?>${soap}`;
    for (const [text, type] of [
      [declared, "text/xml"],
      [soap, 'text/xml; charset="iso-8859-1"'],
    ] as const) {
      const reply = await say(text, type);
      assert.match(await reply.text(), /actionCode="Accepted"/);
    }
    const numbers = (await scene.orders()).map(({ number }) => number);
    assert.deepEqual(numbers.filter((number) => number.endsWith("-1")).toSorted(), ["Ä-1", "Ü-1"]);
  });

  test("a document without an envelope too", async () => {
    const reply = await fetch(`${scene.url}/b2mml`, {
      method: "POST",
      headers: { "content-type": "application/xml; charset=ISO-8859-1", authorization: `Bearer ${scene.key}` },
      body: Buffer.from(scheduleMessage({ bodId: randomUUID(), orders: [{ number: "Ö-2" }] }), "latin1"),
    });
    assert.match(await reply.text(), /actionCode="Accepted"/);
    assert.ok((await scene.orders()).some(({ number }) => number === "Ö-2"));
  });

  test("of MESA's schemas only schemas are shown", async () => {
    assert.equal((await fetch(`${scene.url}/soap/schema/B2MML-Common.xsd`)).status, 200);
    for (const other of ["..%2fLICENSE", "AllSchemas.json", "nothing.xsd"]) {
      assert.equal((await fetch(`${scene.url}/soap/schema/${other}`)).status, 404, other);
    }
  });
});

function envelope(namespace: string, body: string): string {
  return `<e:Envelope xmlns:e="${namespace}"><e:Body>${body}</e:Body></e:Envelope>`;
}

function clientOf(url: string, version: "1.1" | "1.2"): Promise<Client> {
  return createClientAsync(`${url}/soap?wsdl`, { forceSoap12Headers: version === "1.2" }, `${url}/soap`);
}

function noOpenssl(): string | false {
  return spawnSync("openssl", ["version"]).status === 0
    ? false
    : "openssl is not installed: no certificate can be made";
}
