/** A command beside a process that runs reaches its database, also where that process has no time to say how it is. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { systemClock } from "../base/clock.ts";
import { fail, ok, unwrap, type Result } from "../base/result.ts";
import { takeLock } from "../store/embedded/lock.ts";
import { reachBeside } from "./beside.ts";
import type { OpenedDatabase } from "./database.ts";
import { jsonLog } from "./log.ts";
import { readRuntime, writeRuntime, type RuntimeRecord } from "./runtime-file.ts";

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

/** What whoever opens the database beside this process is told, which holds its lock. */
async function held(t: TestContext, dataDir: string): Promise<Result<OpenedDatabase>> {
  const lock = { directory: dataDir, subject: "The database", clock: systemClock };
  const { release } = unwrap(await takeLock(lock));
  t.after(release);
  const refused = await takeLock(lock);
  assert.ok(!refused.ok);
  return refused;
}

/** What is left of a process says this instead. */
async function leave(dataDir: string, change: Partial<RuntimeRecord>): Promise<void> {
  const record = unwrap(await readRuntime(dataDir));
  await writeFile(join(dataDir, "runtime.json"), JSON.stringify({ ...record, ...change }));
}

test("a database that the process holds is that of the process, though it cannot say how it is", async (t) => {
  const dataDir = await busy(t);
  const reached = await reachBeside(dataDir, log, opening(await held(t, dataDir)));
  assert.ok(reached.ok, "who makes a backup need not stop it");
  assert.deepEqual([reached.value.connectionString, reached.value.isRunning], [connectionString, true]);
});

test("one that another process holds than has left its word is refused: its schema may be half made", async (t) => {
  const dataDir = await busy(t);
  const refused = await held(t, dataDir);
  for (const change of [{ pid: process.ppid }, { mark: "of before" }, { mark: undefined }, { mark: null }] as const) {
    await leave(dataDir, change as Partial<RuntimeRecord>); // also as releases before have left it
    const reached = await reachBeside(dataDir, log, opening(refused));
    assert.equal(reached.ok ? "reached" : reached.fault.code, "store/in-use", JSON.stringify(change));
  }
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
