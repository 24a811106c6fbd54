/** The exchange over TLS: who is trusted, and when the first byte of a request can leave. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createServer, type Server } from "node:tls";
import { promisify } from "node:util";
import { noLease, openHttp, type Http, type HttpOutcome } from "./http.ts";

const run = promisify(execFile);
const never = new AbortController().signal;
const hasOpenssl = await run("openssl", ["version"]).then(
  () => true,
  () => false,
);

describe("over TLS", { skip: !hasOpenssl && "openssl is not installed" }, () => {
  let folder: string;
  let certificate: string;
  let server: Server;
  let url: string;
  /** What has come to the server, deciphered. */
  let heard = "";
  let connections = 0;
  const sockets = new Set<Socket>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-tls-"));
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const kind = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=erp.test"];
    await run("openssl", [...kind, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert]);
    certificate = await readFile(cert, "utf8");
    server = createServer({ key: await readFile(key), cert: certificate }, (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (chunk) => {
        heard += chunk.toString("utf8");
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok");
      });
    });
    server.on("connection", (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
    });
    server.on("tlsClientError", () => undefined);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    for (const socket of sockets) socket.destroy();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const trusting = (): Http => openHttp({ concurrency: 4, baseUrl: url, timeoutMs: 5000, tls: { ca: certificate } });
  const send = (http: Http, mayLeave?: () => boolean): Promise<HttpOutcome> =>
    http.exchange({ method: "POST", url: `${url}/x`, headers: {}, body: "{}", mayLeave }, never);

  test("a server whose certificate is named is trusted, and no other: then nothing leaves", async () => {
    const [known, unknown] = [trusting(), openHttp({ concurrency: 4, baseUrl: url, timeoutMs: 5000 })];
    heard = "";
    const refused = await send(unknown);
    assert.deepEqual([refused.reply, refused.reply === null && refused.sent, heard], [null, false, ""]);
    assert.equal((await send(known)).reply?.text, "ok");
    assert.match(heard, /^POST \/x/);
    for (const http of [known, unknown]) http.close();
  });

  test("nothing leaves when nobody may send any more by the time that both have agreed on keys", async () => {
    const http = trusting();
    [heard, connections] = ["", 0];
    const late = await send(http, () => false);
    assert.deepEqual([late.reply, late.reply === null && [late.sent, late.errno]], [null, [false, noLease]]);
    // Once in use, a session is resumed: its keys are agreed on sooner.
    assert.equal((await send(http, () => true)).reply?.text, "ok");
    const known = heard;
    const again = await send(http, () => false);
    assert.equal(again.reply === null && again.sent, false);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(heard, known);
    assert.ok(connections >= 2, "it was connected each time");
    http.close();
  });
});
