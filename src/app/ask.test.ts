import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ask } from "./ask.ts";
import { writeRuntime, type RuntimeRecord } from "./runtime-file.ts";

/** A door that lets everybody in and never says a word. */
async function silentDoor(t: TestContext): Promise<number> {
  const server = createServer(() => {});
  const sockets = new Set<{ destroy(): unknown }>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function dataDirectory(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-ask-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test("a process that runs and gives no answer is to be asked again, one that has ended is to be started", async (t) => {
  const record = { pid: process.pid, port: await silentDoor(t), token: "t", connectionString: "" };
  const folder = await dataDirectory(t);
  const said = async (): Promise<string> => {
    const asked = await ask(folder, "/status", { timeoutMs: 100 });
    assert.ok(!asked.ok);
    assert.equal(asked.fault.code, "app/not-running");
    return asked.fault.message;
  };

  await writeRuntime(folder, record);
  assert.match(await said(), /^Millrace \(process \d+\) runs, but has not answered within 0\.1 s\. .*again/);

  const laterWithThisPid: RuntimeRecord = { ...record, mark: "another boot/1" };
  await writeFile(join(folder, "runtime.json"), JSON.stringify(laterWithThisPid));
  assert.match(await said(), /^Millrace \(process \d+\) has ended without .*millrace serve\.$/);
});
