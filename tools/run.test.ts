import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { access, chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { test, type TestContext } from "node:test";

interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Tree {
  readonly root: string;
  write(path: string, text: string): Promise<void>;
  /** As npm would leave it: the hidden lock file, package `a`, and the pinned Node unless `node` is false. */
  installed(version?: string, node?: boolean): Promise<void>;
  start(args: readonly string[], env?: NodeJS.ProcessEnv, flags?: readonly string[]): ChildProcess;
  run(args: readonly string[], env?: NodeJS.ProcessEnv, flags?: readonly string[]): Promise<Outcome>;
}

/** A repository of one script, one package and a fake npm that writes down what it was asked. */
async function makeTree(t: TestContext, node = process.versions.node): Promise<Tree> {
  const root = await mkdtemp(join(tmpdir(), "run-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  const lock = (version: string): string => JSON.stringify({ packages: { "node_modules/a": { version, dev: true } } });
  await write("package.json", JSON.stringify({ devDependencies: { node } }));
  await write("package-lock.json", lock("1.0.0"));
  await write("src/entry.ts", "const args: string[] = process.argv.slice(2);\nconsole.log(JSON.stringify(args));\n");
  await mkdir(join(root, "tools"));
  await copyFile(join(import.meta.dirname, "run.mjs"), join(root, "tools/run.mjs"));

  const installed = async (version = "1.0.0", withNode = true): Promise<void> => {
    await write("node_modules/.package-lock.json", lock(version));
    await write("node_modules/a/package.json", "{}");
    await mkdir(join(root, "node_modules/node/bin"), { recursive: true });
    if (withNode) await symlink(process.execPath, join(root, "node_modules/node/bin/node"));
  };
  const start: Tree["start"] = (args, env = {}, flags = []) =>
    spawn(process.execPath, [...flags, join(root, "tools/run.mjs"), ...args], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  return { root, write, installed, start, run: async (...how) => outcome(start(...how)) };
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const deadline = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const [code, signal] = await once(child, "close");
  clearTimeout(deadline);
  return { code, signal, stdout, stderr };
}

/** An npm that notes its arguments and, unless it is told to fail, leaves what `npm ci` would. */
async function fakeNpm(tree: Tree, ending: "installs" | "fails" | "installs nothing"): Promise<NodeJS.ProcessEnv> {
  const script = `
    const fs = require("node:fs");
    fs.appendFileSync("npm.log", process.argv.slice(2).join(" ") + "\\n");
    console.log("chatter of npm");
    if (${ending === "fails"}) process.exit(9);
    if (${ending === "installs nothing"}) process.exit(0);
    fs.mkdirSync("node_modules/a", { recursive: true });
    fs.mkdirSync("node_modules/node/bin", { recursive: true });
    fs.rmSync("node_modules/node/bin/node", { force: true });
    fs.symlinkSync(${JSON.stringify(process.execPath)}, "node_modules/node/bin/node");
    fs.writeFileSync("node_modules/.package-lock.json", fs.readFileSync("package-lock.json"));`;
  await tree.write("npm/npm-cli.js", script);
  return { npm_execpath: join(tree.root, "npm/npm-cli.js") };
}

async function npmLog(tree: Tree): Promise<string> {
  return readFile(join(tree.root, "npm.log"), "utf8").catch(() => "");
}

/** The same run on a Node that cannot replace its own process. */
const asChild = ["--import", "data:text/javascript,process.execve=undefined"];

test("an installed tree runs the entry at once, with its arguments and exit code", async (t) => {
  const tree = await makeTree(t);
  await tree.installed();
  const env = await fakeNpm(tree, "installs");
  for (const flags of [[], asChild]) {
    const ran = await tree.run(["src/entry.ts", "demo", "--once", "a b", "--", ""], env, flags);
    assert.deepEqual(JSON.parse(ran.stdout), ["demo", "--once", "a b", "--", ""]);
    assert.equal(ran.code, 0);
    assert.equal(ran.stderr, "");
  }
  assert.equal(await npmLog(tree), "");
  await tree.write("src/entry.ts", "process.exitCode = 7 satisfies number;");
  for (const flags of [[], asChild]) assert.equal((await tree.run(["src/entry.ts"], env, flags)).code, 7);
});

test("a fresh clone is installed first, and npm's output stays off stdout", async (t) => {
  const tree = await makeTree(t, "24.0.0");
  const env = await fakeNpm(tree, "installs");
  const ran = await tree.run(["tools/entry.ts"], env);
  assert.match(ran.stderr, /There is no tools\/entry\.ts/);
  assert.match(await npmLog(tree), /^ci --include=dev /);
  const again = await tree.run(["src/entry.ts", "x"], env);
  assert.equal(again.stdout, '["x"]\n');
  assert.match(ran.stderr, /node_modules is missing\. Installing/);
  assert.match(ran.stderr, /chatter of npm/);
  assert.equal(ran.stdout, "");
  assert.equal((await npmLog(tree)).split("\n").length, 2, "the second run installs nothing");
});

test("an outdated or half-deleted package is installed anew", async (t) => {
  const tree = await makeTree(t);
  const env = await fakeNpm(tree, "installs");
  await tree.write("tools/entry.ts", "console.log(1);");
  await tree.installed("0.9.0");
  assert.match(
    (await tree.run(["tools/entry.ts"], env)).stderr,
    /node_modules\/a is 0\.9\.0, package-lock\.json wants 1/,
  );
  await rm(join(tree.root, "node_modules/a"), { recursive: true });
  const ran = await tree.run(["tools/entry.ts"], env);
  assert.match(ran.stderr, /node_modules\/a is missing/);
  assert.equal(ran.stdout, "1\n");
});

test("two runs in a fresh clone install once", async (t) => {
  const tree = await makeTree(t);
  const env = await fakeNpm(tree, "installs");
  await tree.write("tools/entry.ts", "console.log(1);");
  const runs = await Promise.all([1, 2, 3].map(() => tree.run(["tools/entry.ts"], env)));
  assert.deepEqual(
    runs.map(({ stdout }) => stdout),
    ["1\n", "1\n", "1\n"],
  );
  assert.equal(await npmLog(tree), "ci --include=dev --prefer-offline --no-audit --no-fund --loglevel=error\n");
});

test("a list of packages that is half written is waited for, or written anew", async (t) => {
  const tree = await makeTree(t);
  const env = await fakeNpm(tree, "installs");
  await tree.write("tools/entry.ts", "console.log(1);");
  await tree.write("node_modules/.package-lock.json", '{"packages": {"node_mod');
  const ran = await tree.run(["tools/entry.ts"], env);
  assert.match(ran.stderr, /half installed/);
  assert.equal(ran.stdout, "1\n");
});

test("the lock of a process that is gone does not hold anyone up", async (t) => {
  const tree = await makeTree(t);
  const env = await fakeNpm(tree, "installs");
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "close");
  await tree.write(".cache/install.lock", String(gone.pid));
  await tree.write("tools/entry.ts", "console.log(1);");
  assert.equal((await tree.run(["tools/entry.ts"], env)).stdout, "1\n");
  await assert.rejects(access(join(tree.root, ".cache/install.lock")), "and the own lock is given back");
});

test("a failing npm ends the run with a sentence, and leaves no lock", async (t) => {
  const tree = await makeTree(t, "99.0.0");
  const failed = await tree.run(["src/entry.ts"], await fakeNpm(tree, "fails"));
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /`npm ci` ended with 9/);
  assert.doesNotMatch(failed.stderr, /at .*run\.mjs/, "no stack");
  const empty = await tree.run(["src/entry.ts"], await fakeNpm(tree, "installs nothing"));
  assert.match(empty.stderr, /`npm ci` ran, but node_modules is missing/);
  await assert.rejects(access(join(tree.root, ".cache/install.lock")));
});

test("a node_modules that is a link to another folder is never deleted", async (t) => {
  const tree = await makeTree(t);
  await mkdir(join(tree.root, "elsewhere"));
  await symlink(join(tree.root, "elsewhere"), join(tree.root, "node_modules"));
  const ran = await tree.run(["tools/entry.ts"], await fakeNpm(tree, "installs"));
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /node_modules is a link/);
  assert.equal(await npmLog(tree), "");
});

test("without npm on the PATH the sentence says so", async (t) => {
  const tree = await makeTree(t);
  const ran = await tree.run(["tools/entry.ts"], { PATH: join(tree.root, "empty") });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /npm could not be started/);
});

test("an older Node says which runs, which is needed, why, and what to type", async (t) => {
  const tree = await makeTree(t, "99.1.0");
  await tree.installed("1.0.0", false);
  const ran = await tree.run(["src/entry.ts"]);
  assert.equal(ran.code, 1);
  assert.equal(ran.stdout, "");
  for (const part of [
    "needs Node 99",
    `Node ${process.versions.node} is running`,
    "node/bin/node does not exist",
    "--ignore-scripts",
    "npm ci --ignore-scripts=false",
  ]) {
    assert.ok(ran.stderr.includes(part), `${part} in: ${ran.stderr}`);
  }
});

test("a pinned Node that does not start on this system is named, and a new enough one used instead", async (t) => {
  const tree = await makeTree(t, "99.1.0");
  await tree.installed("1.0.0", false);
  await tree.write("node_modules/node/bin/node", "#!/no/such/loader\n");
  await chmod(join(tree.root, "node_modules/node/bin/node"), 0o755);
  assert.match((await tree.run(["src/entry.ts"])).stderr, /does not start on this system/);
  await tree.write("package.json", JSON.stringify({ devDependencies: { node: process.versions.node } }));
  assert.equal((await tree.run(["src/entry.ts", "x"])).stdout, '["x"]\n');
});

test("a server installed without development packages runs on the right Node as it is", async (t) => {
  const tree = await makeTree(t);
  await tree.write("node_modules/.package-lock.json", '{"packages":{}}');
  const env = await fakeNpm(tree, "installs");
  assert.equal((await tree.run(["src/entry.ts", "x"], env)).stdout, '["x"]\n');
  assert.equal(await npmLog(tree), "");
});

test("signals reach the entry, and its own end is the end of the run", async (t) => {
  const tree = await makeTree(t);
  await tree.installed();
  await tree.write(
    "src/entry.ts",
    'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("ready");',
  );
  for (const flags of [[], asChild]) {
    const child = tree.start(["src/entry.ts"], {}, flags);
    const ended = outcome(child);
    if (child.stdout) await once(child.stdout, "data");
    child.kill("SIGTERM");
    assert.equal((await ended).code, 5);
  }
  await tree.write("src/entry.ts", 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);');
  for (const flags of [[], asChild]) assert.equal((await tree.run(["src/entry.ts"], {}, flags)).signal, "SIGTERM");
});

test("the entry's children find the same Node first", async (t) => {
  const tree = await makeTree(t);
  await tree.installed();
  await tree.write("src/entry.ts", "console.log(process.env['PATH']);");
  const { stdout } = await tree.run(["src/entry.ts"]);
  assert.equal(stdout.split(delimiter)[0], join(tree.root, "node_modules/node/bin"));
});

test("a program is found by its name", async (t) => {
  const tree = await makeTree(t);
  await tree.installed();
  await tree.write("node_modules/typescript/package.json", '{"bin":{"tsc":"./bin/tsc"}}');
  await tree.write("node_modules/typescript/bin/tsc", "console.log('tsc', process.argv[2]);");
  assert.equal((await tree.run(["tsc", "-p"])).stdout, "tsc -p\n");
  assert.match((await tree.run([])).stderr, /Say what to run/);
});
