/**
 * The embedded server against the real programs: the six situations it must stand (root with an account, root without
 * one, normal user, unreachable checkout, orphan, two at once) and the ways it can break. Each test leaves no process
 * and no directory behind; that is checked, too.
 */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { chmod, chown, cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { unwrap } from "../../base/result.ts";
import { machineAccounts, serviceAccount, type AccountSystem } from "./account.ts";
import { packagedDirectory } from "./binaries.ts";
import { processMark } from "./process.ts";
import { removeEmbedded, startEmbedded } from "./supervisor.ts";
import { ask, isRoot, sandbox, startElsewhere } from "./testing/sandbox.ts";

const rootOnly = isRoot ? false : "needs root";
const rootOnLinux = isRoot && process.platform === "linux" ? false : "needs root on Linux";
const knownAccount = isRoot ? await machineAccounts.lookup("postgres") : null;

test(
  "(1) root with an OS user postgres: the server runs as that user and the data directory holds a pointer",
  { skip: rootOnly || (knownAccount ? false : "this machine has no OS user postgres") },
  async (t) => {
    const box = await sandbox(t);
    const server = unwrap(await startEmbedded(box.options));
    assert.equal(server.adopted, false);
    assert.match(server.version, /^18\./);
    assert.equal(statSync(`/proc/${server.pid()}`).uid, knownAccount?.uid);
    assert.deepEqual(JSON.parse(await readFile(join(box.dataDir, "postgres.json"), "utf8")), {
      state: join(server.cluster, ".."),
      ready: true,
    });
    assert.ok(server.cluster.startsWith(box.stateRoot));
    const durable = await ask(
      server.connectionString,
      "select string_agg(setting, ' ' order by name) from pg_settings where name in ('fsync','synchronous_commit','full_page_writes')",
    );
    assert.equal(durable, "on on on");
    assert.equal(await ask(server.connectionString, "show listen_addresses"), "");
    await ask(server.connectionString, "create table kept as select 42 as x");
    await server.stop();
    await server.stop();
    const again = unwrap(await startEmbedded(box.options));
    assert.equal(await ask(again.connectionString, "select x from kept"), 42);
    await again.stop();
  },
);

test("(2) root without an OS user: an account that cannot be made is a plain refusal", async () => {
  const nobody: AccountSystem = {
    uid: () => 0,
    lookup: async () => null,
    create: async () => ({ account: null, said: "useradd: exit code 1" }),
  };
  const result = await serviceAccount(nobody);
  assert.ok(!result.ok);
  assert.equal(result.fault.code, "store/no-account");
  assert.match(result.fault.message, /normal user/);
  const asked: string[] = [];
  const made = { name: "millrace", uid: 4711, gid: 4712 };
  const able = {
    ...nobody,
    lookup: async (name: string) => (asked.push(name), null),
    create: async () => ({ account: made, said: "" }),
  };
  assert.deepEqual(await serviceAccount(able), { ok: true, value: made });
  assert.deepEqual(asked, ["postgres", "millrace"]);
});

test(
  "(2) root without an OS user, for real: in a mount namespace whose /etc knows none, one is made and runs the server",
  { skip: rootOnLinux || (existsSync("/usr/bin/unshare") ? false : "unshare is not installed") },
  async (t) => {
    const box = await sandbox(t);
    const etc = join(box.root, "etc");
    await cp("/etc", etc, { recursive: true, verbatimSymlinks: true });
    for (const name of ["passwd", "shadow", "group", "gshadow"]) {
      const lines = (await readFile(`/etc/${name}`, "utf8")).split("\n");
      await writeFile(join(etc, name), lines.filter((line) => !/^(postgres|millrace):/.test(line)).join("\n"));
    }
    const before = ["passwd", "shadow", "group"].map((name) => hash("sha256", readFileSync(`/etc/${name}`)));
    const server = await startElsewhere(box, {
      through: ["/usr/bin/unshare", "-m", "/bin/sh", "-c", 'mount --bind "$0" /etc && exec "$@"', etc],
    });
    assert.equal(server.answer.fault, undefined);
    const account = /^millrace:[^:]*:(\d+):(\d+):.*:\/usr\/sbin\/nologin$/m.exec(
      readFileSync(join(etc, "passwd"), "utf8"),
    );
    assert.ok(account, "the account was made in the namespace's /etc, without a login");
    assert.equal(statSync(`/proc/${server.answer.pid}`).uid, Number(account[1]));
    assert.equal(await ask(server.answer.connectionString, "select 1"), 1);
    await server.stop();
    assert.deepEqual(
      before,
      ["passwd", "shadow", "group"].map((name) => hash("sha256", readFileSync(`/etc/${name}`))),
    );
  },
);

test("(3) normal user: everything lives in the data directory and runs as that user", async (t) => {
  const box = await sandbox(t);
  const uid = isRoot ? 65_534 : (process.geteuid?.() ?? -1);
  if (isRoot) await chown(box.dataDir, uid, uid);
  const server = await startElsewhere(box, isRoot ? { as: { uid, gid: uid } } : {});
  assert.equal(server.answer.fault, undefined);
  assert.equal(server.answer.cluster, join(box.dataDir, "postgres"));
  assert.equal(statSync(server.answer.cluster).uid, uid);
  if (process.platform === "linux") assert.equal(statSync(`/proc/${server.answer.pid}`).uid, uid);
  assert.equal(existsSync(join(box.dataDir, "postgres.json")), false);
  await ask(server.answer.connectionString, "create table kept as select 7 as x");
  await server.stop();
  if (!isRoot) return;
  // Root starts the same data directory later: the cluster's owner decides, and the user can still come back.
  const asRoot = unwrap(await startEmbedded(box.options));
  assert.equal(statSync(`/proc/${asRoot.pid()}`).uid, uid);
  assert.equal(await ask(asRoot.connectionString, "select x from kept"), 7);
  await asRoot.stop();
  const back = await startElsewhere(box, { as: { uid, gid: uid } });
  assert.equal(back.answer.fault, undefined);
  assert.equal(await ask(back.answer.connectionString, "select x from kept"), 7);
  await back.stop();
});

test(
  "(3) normal user: a database that root has made is refused, and its place is named",
  { skip: rootOnly },
  async (t) => {
    const box = await sandbox(t);
    await unwrap(await startEmbedded(box.options)).stop();
    await chmod(box.dataDir, 0o755);
    const other = await startElsewhere(box, { as: { uid: 65_534, gid: 65_534 } });
    assert.equal(other.answer.fault?.code, "store/foreign-cluster");
    assert.ok(other.answer.fault?.message.includes(box.stateRoot));
  },
);

test(
  "(4) checkout under a 0700 home: the programs are copied to where the user can reach them",
  { skip: rootOnLinux },
  async (t) => {
    const box = await sandbox(t);
    const home = join(box.root, "home");
    const binaries = join(home, "millrace", "node_modules", "native");
    await mkdir(home, { mode: 0o700 });
    await cp(unwrap(packagedDirectory()), binaries, { recursive: true, verbatimSymlinks: true });
    await chmod(home, 0o700);
    const options = { ...box.options, binaries, dataDir: join(home, "data") };
    const server = unwrap(await startEmbedded(options));
    const program = readlinkSync(`/proc/${server.pid()}/exe`);
    assert.ok(program.startsWith(box.stateRoot), program);
    assert.equal((await ask(server.connectionString, "select count(*)::int from pg_collation")) !== 0, true);
    await server.stop();

    const copy = join(program, "..", "..");
    const madeAt = statSync(copy).ctimeMs;
    await unwrap(await startEmbedded(options)).stop();
    assert.equal(statSync(copy).ctimeMs, madeAt, "the copy is made once");

    // A copy that was damaged later is replaced, not used.
    await rm(join(copy, "bin", "postgres"));
    await unwrap(await startEmbedded(options)).stop();
    unwrap(await removeEmbedded(options));
  },
);

test("(5) orphan after kill -9 of the parent: adopted with the same process, data intact", async (t) => {
  const box = await sandbox(t);
  const parent = await startElsewhere(box);
  await ask(parent.answer.connectionString, "create table kept as select generate_series(1, 1000) as x");
  parent.child.kill("SIGKILL");
  await parent.ended;
  assert.notEqual(await processMark(parent.answer.pid), null, "the server outlives its parent");
  const server = unwrap(await startEmbedded(box.options));
  assert.equal(server.adopted, true);
  assert.equal(server.pid(), parent.answer.pid);
  assert.equal(server.connectionString, parent.answer.connectionString);
  assert.equal(await ask(server.connectionString, "select count(*)::int from kept"), 1000);
  await server.stop();
  assert.equal(await processMark(parent.answer.pid), null, "what was adopted is also stopped");
});

const disagreements = [
  ["version", "17.9"],
  ["cluster", "/somewhere/else"],
  ["mark", "another start"],
  ["pid", 1],
  ["fingerprint", "other settings"],
] as const;

for (const [field, value] of disagreements) {
  test(`(5) orphan whose ${field} disagrees: stopped cleanly and started anew, data intact`, async (t) => {
    const box = await sandbox(t);
    const parent = await startElsewhere(box);
    await ask(parent.answer.connectionString, "create table kept as select 1 as x");
    parent.child.kill("SIGKILL");
    await parent.ended;
    const recordFile = join(parent.answer.cluster, "..", "server.json");
    const record = JSON.parse(await readFile(recordFile, "utf8"));
    await writeFile(recordFile, JSON.stringify({ ...record, [field]: value }));
    const server = unwrap(await startEmbedded(box.options));
    assert.equal(server.adopted, false);
    assert.notEqual(server.pid(), parent.answer.pid);
    assert.equal(await processMark(parent.answer.pid), null);
    assert.equal(await ask(server.connectionString, "select x from kept"), 1);
    const log = await readFile(server.logFile, "utf8");
    assert.match(log, /received fast shutdown request[^]*database system is shut down/);
    assert.doesNotMatch(log, /not properly shut down/);
    await server.stop();
  });
}

test("(5) a postmaster.pid that names a stranger is no server: nobody is signalled, the start succeeds", async (t) => {
  const box = await sandbox(t);
  const first = unwrap(await startEmbedded(box.options));
  await first.stop();
  await writeFile(join(first.cluster, "postmaster.pid"), `${process.pid}\n${first.cluster}\n0\n5432\n\n\n\nready   \n`);
  const server = unwrap(await startEmbedded(box.options));
  assert.equal(server.adopted, false);
  await server.stop();
});

test("(6) two starts at once in two processes: exactly one wins, the other says who holds it since when", async (t) => {
  const box = await sandbox(t);
  for (let round = 0; round < 3; round++) {
    const both = await Promise.all([startElsewhere(box), startElsewhere(box)]);
    const winner = both.find((one) => one.answer.fault === undefined);
    const loser = both.find((one) => one.answer.fault !== undefined);
    assert.ok(winner && loser, JSON.stringify(both.map((one) => one.answer)));
    assert.equal(loser.answer.fault?.code, "store/in-use");
    assert.match(
      loser.answer.fault?.message ?? "",
      new RegExp(`process ${winner.child.pid} since \\d{4}-\\d\\d-\\d\\dT`),
    );
    assert.equal(await ask(winner.answer.connectionString, "select 1"), 1);
    await winner.stop();
  }
});

test("(6) two starts at once in one process: exactly one wins; when it has stopped, the next one succeeds", async (t) => {
  const box = await sandbox(t);
  const results = await Promise.all([startEmbedded(box.options), startEmbedded(box.options)]);
  const winners = results.filter((result) => result.ok);
  assert.equal(winners.length, 1);
  const refused = results.find((result) => !result.ok);
  assert.equal(refused && !refused.ok && refused.fault.code, "store/in-use");
  assert.equal(statSync(join(winners[0]?.value.cluster ?? "", "..", "lock")).mode & 0o777, 0o600);
  await winners[0]?.value.stop();
  await unwrap(await startEmbedded(box.options)).stop();
});

test("a server that dies is started again under the same connection string, and nothing committed is lost", async (t) => {
  const box = await sandbox(t);
  const server = unwrap(await startEmbedded(box.options));
  await ask(server.connectionString, "create table kept as select 1 as x");
  const died = server.pid();
  process.kill(died, "SIGKILL");
  await box.eventually(async () => server.pid() !== died);
  await box.eventually(async () => (await ask(server.connectionString, "select x from kept").catch(() => null)) === 1);
  await server.stop();
});

test("a server that cannot be started again is given up after a bounded number of attempts, with its log", async (t) => {
  const box = await sandbox(t);
  const faults: unknown[] = [];
  const hurried = {
    ...box.options.clock,
    sleep: (ms: number, signal?: AbortSignal) => box.options.clock.sleep(Math.min(ms, 20), signal),
  };
  const server = unwrap(
    await startEmbedded({ ...box.options, clock: hurried, onFault: (fault) => faults.push(fault) }),
  );
  const version = join(server.cluster, "PG_VERSION");
  await rename(version, `${version}.away`);
  process.kill(server.pid(), "SIGKILL");
  await box.eventually(async () => faults.length > 0);
  const [fault] = faults as { code: string; cause: string }[];
  assert.equal(fault?.code, "store/server-lost");
  assert.match(fault?.cause ?? "", /not a valid data directory/);
  await server.stop();
  assert.equal(faults.length, 1);
  await rename(`${version}.away`, version);
  await unwrap(await startEmbedded(box.options)).stop();
});
