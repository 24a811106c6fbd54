/** Where the embedded server lives and listens: pointer and state agree, or the start is refused and nothing is touched. */
import assert from "node:assert/strict";
import { existsSync, statSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { unwrap, type Result } from "../../base/result.ts";
import { socketEndpoint } from "./endpoint.ts";
import { removeEmbedded, startEmbedded } from "./supervisor.ts";
import { sharedBuffersMb } from "./settings.ts";
import { ask, isRoot, sandbox, startElsewhere } from "./testing/sandbox.ts";

const rootOnly = isRoot ? false : "needs root";

function codeOf(result: Result<unknown>): string {
  return result.ok ? "ok" : result.fault.code;
}

test("a cluster of another major version is refused with instructions, and nothing is changed", async (t) => {
  const box = await sandbox(t);
  const server = unwrap(await startEmbedded(box.options));
  await server.stop();
  const file = join(server.cluster, "PG_VERSION");
  await writeFile(file, "17\n");
  const refused = await startEmbedded(box.options);
  assert.ok(!refused.ok);
  assert.equal(refused.fault.code, "store/version-mismatch");
  assert.match(refused.fault.message, /PostgreSQL 17.*PostgreSQL 18.*millrace backup.*millrace restore/);
  await writeFile(file, "18\n");
  await unwrap(await startEmbedded(box.options)).stop();
});

test("a start that fails gives the lock back", async (t) => {
  const box = await sandbox(t);
  const server = unwrap(await startEmbedded(box.options));
  await server.stop();
  const file = join(server.cluster, "global");
  await rename(file, `${file}.away`);
  const refused = await startEmbedded(box.options);
  assert.equal(codeOf(refused), "store/start-failed");
  assert.match(String(!refused.ok && refused.fault.cause), /global/, "the end of the log is the cause");
  await rename(`${file}.away`, file);
  await unwrap(await startEmbedded(box.options)).stop();
});

test("an initdb that was interrupted leaves nothing that looks like a database", async (t) => {
  const box = await sandbox(t);
  const server = unwrap(await startEmbedded(box.options));
  await server.stop();
  // As after a crash in the middle of initdb: a beginning under the other name, no cluster, pointer not yet ready.
  await rename(server.cluster, `${server.cluster}.new`);
  await rm(join(`${server.cluster}.new`, "global"), { recursive: true });
  const pointer = join(box.dataDir, "postgres.json");
  if (existsSync(pointer)) await writeFile(pointer, (await readFile(pointer, "utf8")).replace("true", "false"));
  const again = unwrap(await startEmbedded(box.options));
  assert.equal(await ask(again.connectionString, "select 1"), 1);
  assert.equal(existsSync(`${server.cluster}.new`), false);
  await again.stop();
});

test("loopback, where no socket can be: password needed, found again by adoption, never another address", async (t) => {
  const box = await sandbox(t);
  const options = { ...box.options, loopbackOnly: true } as const;
  const server = unwrap(await startEmbedded(options));
  assert.match(server.connectionString, /^postgres:\/\/postgres:[0-9a-f]{48}@127\.0\.0\.1:\d+\/millrace$/);
  assert.equal(await ask(server.connectionString, "show listen_addresses"), "127.0.0.1");
  await assert.rejects(ask(server.connectionString.replace(/:[0-9a-f]{48}@/, ":wrong@"), "select 1"), /password/);
  const secret = join(server.cluster, "..", "loopback.secret");
  assert.equal(statSync(secret).mode & 0o777, 0o600);
  const died = server.pid();
  process.kill(died, "SIGKILL");
  await box.eventually(async () => server.pid() !== died);
  await box.eventually(async () => (await ask(server.connectionString, "select 1").catch(() => null)) === 1);
  await server.stop();
  const parent = await startElsewhere(box, { loopbackOnly: true });
  parent.child.kill("SIGKILL");
  await parent.ended;
  const orphan = unwrap(await startEmbedded(options));
  assert.equal(orphan.adopted, true);
  assert.equal(orphan.connectionString, parent.answer.connectionString);
  assert.equal(await ask(orphan.connectionString, "select 1"), 1);
  await orphan.stop();
  await rm(secret);
  const renewed = unwrap(await startEmbedded(options));
  assert.equal(await ask(renewed.connectionString, "select 1"), 1, "a lost password is replaced");
  await renewed.stop();
});

test(
  "a lost pointer, a lost cluster and a copied data directory are refused, each with what to do",
  { skip: rootOnly },
  async (t) => {
    const box = await sandbox(t);
    const server = unwrap(await startEmbedded(box.options));
    await ask(server.connectionString, "create table kept as select 1 as x");
    await server.stop();
    const pointer = join(box.dataDir, "postgres.json");

    await rename(pointer, `${pointer}.away`);
    assert.equal(codeOf(await startEmbedded(box.options)), "store/pointer-missing");
    await rename(`${pointer}.away`, pointer);

    await rename(server.cluster, `${server.cluster}.away`);
    assert.equal(codeOf(await startEmbedded(box.options)), "store/cluster-missing");
    assert.equal(existsSync(server.cluster), false, "no empty database takes the place of a lost one");
    await rename(`${server.cluster}.away`, server.cluster);

    const copy = join(box.root, "copy");
    await cp(box.dataDir, copy, { recursive: true });
    assert.equal(codeOf(await startEmbedded({ ...box.options, dataDir: copy })), "store/cluster-shared");

    // Moved, not copied: the database goes with it.
    await rm(copy, { recursive: true });
    await rename(box.dataDir, copy);
    const moved = unwrap(await startEmbedded({ ...box.options, dataDir: copy }));
    assert.equal(await ask(moved.connectionString, "select x from kept"), 1);
    await moved.stop();
  },
);

test("removeEmbedded stops an orphan and deletes its database; the next start begins anew", async (t) => {
  const box = await sandbox(t);
  const server = unwrap(await startEmbedded(box.options));
  assert.equal(codeOf(await removeEmbedded(box.options)), "store/in-use");
  await server.stop();
  unwrap(await removeEmbedded(box.options));
  assert.equal(existsSync(server.cluster), false);
  await unwrap(await startEmbedded(box.options)).stop();
});

test("a data directory that is a file is a plain refusal", async (t) => {
  const box = await sandbox(t);
  const dataDir = join(box.root, "file");
  await writeFile(dataDir, "");
  const refused = await startEmbedded({ ...box.options, dataDir });
  assert.equal(codeOf(refused), "store/place-unusable");
});

test("the socket's directory: short, 0700, of the right owner; a name that somebody else has taken is left alone", async (t) => {
  const box = await sandbox(t);
  const own = box.options.runtimeDir ?? "";
  const first = await socketEndpoint({ runtimeDir: own, state: "/state/1", as: undefined });
  const directory = first?.socketDir ?? "";
  assert.ok(directory.startsWith(own));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.deepEqual(await socketEndpoint({ runtimeDir: own, state: "/state/1", as: undefined }), first);

  const long = join(own, "x".repeat(100));
  await mkdir(long);
  const short = await socketEndpoint({ runtimeDir: long, state: "/state/2", as: undefined });
  assert.ok(short?.socketDir && !short.socketDir.startsWith(long));

  await rm(directory, { recursive: true });
  await symlink(box.root, directory);
  const other = await socketEndpoint({ runtimeDir: own, state: "/state/1", as: undefined });
  assert.ok(other?.socketDir && !other.socketDir.startsWith(own), "a link is not followed");
  for (const made of [short, other]) await rm(made.socketDir ?? "", { recursive: true });
});

test("shared buffers are a sixteenth of the memory, within limits", () => {
  const GiB = 1024 ** 3;
  assert.deepEqual(
    [1, 2, 4, 8, 64].map((size) => sharedBuffersMb(size * GiB)),
    [128, 128, 256, 512, 512],
  );
});
