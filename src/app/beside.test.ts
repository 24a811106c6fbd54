/** A command beside a process that runs reaches its database, also where that process has no time to say how it is. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../base/clock.ts";
import { fail, ok, type Result } from "../base/result.ts";
import { reachBeside } from "./beside.ts";
import type { OpenedDatabase } from "./database.ts";
import { jsonLog } from "./log.ts";
import { writeRuntime } from "./runtime-file.ts";

const log = jsonLog(systemClock, () => undefined);
const connectionString = "postgresql:///of-the-process";

/** A data directory whose process answers, but cannot say how it is. */
async function busy(t: TestContext): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-beside-"));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const door = createServer((_request, reply) => void reply.writeHead(503).end("{}"));
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  t.after(() => door.close());
  const { port } = door.address() as AddressInfo; // listens on a port
  await writeRuntime(dataDir, { pid: process.pid, port, token: "t", connectionString });
  return dataDir;
}

const opening = (outcome: Result<OpenedDatabase>) => (): Promise<Result<OpenedDatabase>> => Promise.resolve(outcome);

test("a database that the process holds is that of the process, though it cannot say how it is", async (t) => {
  const reached = await reachBeside(await busy(t), log, opening(fail("conflict", "store/in-use", "In use.")));
  assert.ok(reached.ok, "who makes a backup need not stop it");
  assert.deepEqual([reached.value.connectionString, reached.value.isRunning], [connectionString, true]);
});

test("one that nobody holds is opened for the while, whatever a process of before has left", async (t) => {
  const own = ok({ connectionString: "postgresql:///own", stop: () => Promise.resolve() });
  const reached = await reachBeside(await busy(t), log, opening(own));
  assert.ok(reached.ok);
  assert.deepEqual([reached.value.connectionString, reached.value.isRunning], ["postgresql:///own", false]);
});

test("one that is held where no process has left a word is refused", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "millrace-beside-"));
  t.after(() => rm(dataDir, { recursive: true, force: true }));
  const reached = await reachBeside(dataDir, log, opening(fail("conflict", "store/in-use", "In use.")));
  assert.deepEqual(reached.ok ? null : reached.fault.code, "store/in-use");
});
