/** Whether a request may have left, for each way in which an exchange can end without a reply. */
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { noLease, openHttp, type HttpOutcome } from "./http.ts";

const never = new AbortController().signal;

const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address ? address.port : assert.fail();
}

async function post(url: string, signal = never, timeoutMs = 200): Promise<HttpOutcome> {
  const http = openHttp({ concurrency: 4, baseUrl: url, timeoutMs });
  const outcome = await http.exchange({ method: "POST", url: `${url}/x`, headers: {}, body: "ü" }, signal);
  http.close();
  return outcome;
}

const sentOf = (outcome: HttpOutcome): boolean | string => (outcome.reply ? "reply" : outcome.sent);

test("nothing left: refused, unknown host, no TLS on the other side, stopped before", async () => {
  assert.equal(sentOf(await post("http://127.0.0.1:1")), false);
  assert.equal(sentOf(await post("http://sap.invalid")), false);
  const plain = await listen((socket) => socket.end("no TLS here\r\n"));
  assert.equal(sentOf(await post(`https://127.0.0.1:${plain}`)), false);
  const silent = await listen(() => undefined);
  const handshake = await post(`https://127.0.0.1:${silent}`);
  assert.equal(sentOf(handshake), false);
  assert.equal(handshake.reply === null && handshake.errno, "TIMEOUT");
  assert.equal(sentOf(await post(`http://127.0.0.1:${silent}`, AbortSignal.abort())), false);
});

test("nothing leaves when nobody may send any more by the time that the server is reached", async () => {
  let [connections, bytes] = [0, 0];
  const port = await listen((socket) => {
    connections += 1;
    socket.on("data", (chunk) => {
      bytes += chunk.length;
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok");
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const http = openHttp({ concurrency: 4, baseUrl: url, timeoutMs: 500 });
  const send = (isOurs: boolean): Promise<HttpOutcome> =>
    http.exchange({ method: "POST", url: `${url}/x`, headers: {}, body: "{}", mayLeave: () => isOurs }, never);
  const late = await send(false);
  assert.deepEqual([sentOf(late), late.reply === null && late.errno], [false, noLease]);
  assert.equal(sentOf(await send(true)), "reply");
  const [reached, heard] = [connections, bytes];
  assert.equal(sentOf(await send(false)), false, "on a connection that is kept");
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([connections, bytes], [reached, heard]);
  assert.ok(reached >= 1 && heard > 0);
  http.close();
});

test("it may have left: cut, silence, stopped meanwhile, a reply that breaks off", async () => {
  const cut = await listen((socket) => socket.once("data", () => socket.destroy()));
  assert.equal(sentOf(await post(`http://127.0.0.1:${cut}`)), true);
  const silent = await listen(() => undefined);
  assert.equal(sentOf(await post(`http://127.0.0.1:${silent}`)), true);
  const stop = new AbortController();
  const stopping = await listen((socket) => socket.once("data", () => stop.abort()));
  assert.equal(sentOf(await post(`http://127.0.0.1:${stopping}`, stop.signal, 5000)), true);
  const half = await listen((socket) =>
    socket.once("data", () => socket.end("HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{")),
  );
  assert.equal(sentOf(await post(`http://127.0.0.1:${half}`)), true);
  const slow = await listen((socket) =>
    socket.once("data", () => socket.write("HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{")),
  );
  assert.equal(sentOf(await post(`http://127.0.0.1:${slow}`)), true);
});

test("on a kept connection that the server closes a second request may have left", async () => {
  let requests = 0;
  const port = await listen((socket) =>
    socket.on("data", () => {
      requests += 1;
      if (requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok");
      else socket.destroy();
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  const http = openHttp({ concurrency: 4, baseUrl: url, timeoutMs: 500 });
  const request = { method: "POST", url: `${url}/x`, headers: {}, body: "{}" } as const;
  const first = await http.exchange(request, never);
  assert.equal(first.reply?.text, "ok");
  assert.equal(sentOf(await http.exchange(request, never)), true);
  http.close();
});

test("the length of a body is counted in bytes", async () => {
  let seen = "";
  const port = await listen((socket) =>
    socket.once("data", (data) => ((seen = data.toString()), socket.end("HTTP/1.1 204 No Content\r\n\r\n"))),
  );
  assert.equal((await post(`http://127.0.0.1:${port}`)).reply?.status, 204);
  assert.match(seen, /content-length: 2\r\n/);
});

test("an answer is asked for uncompressed: who is not told may send any form", async () => {
  const squeezed = gzipSync("ok");
  const port = await listen((socket) =>
    socket.once("data", (data) => {
      const isPlain = /^accept-encoding: identity\r$/im.test(data.toString());
      const [coding, body] = isPlain ? ["", Buffer.from("ok")] : ["content-encoding: gzip\r\n", squeezed];
      socket.end(
        Buffer.concat([Buffer.from(`HTTP/1.1 201 Created\r\n${coding}content-length: ${body.length}\r\n\r\n`), body]),
      );
    }),
  );
  assert.equal((await post(`http://127.0.0.1:${port}`, never, 5_000)).reply?.text, "ok");
});
