/** The commands of "Connect your ERP with B2MML in fifteen minutes", run as they stand there. */
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { clusterUnavailable } from "../../src/store/testing/cluster.ts";
import { Visitor } from "../contract/api/visitor.ts";

const root = resolve(import.meta.dirname, "../..");
const limitMs = 240_000;

test("the guide's commands do what the guide says", { timeout: limitMs, skip: unavailable() }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-guide-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const port = await freePort();
  const own = (text: string): string => text.replaceAll("./b2mml-data", join(folder, "data")).replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`); // prettier-ignore
  const guide = await readFile(join(root, "docs/guide/b2mml.md"), "utf8");
  const commands = guide.split("\n").filter((line) => /^ {4}(npm|curl) /.test(line)).map((line) => own(line.trim())); // prettier-ignore
  const [check = "", serve = "", ...others] = commands;
  assert.match(serve, / serve /);
  assert.match(run(check).stdout, /The site is in order/);

  const { child, password } = await start(serve);
  t.after(() => stop(child));
  const [first = "", again = "", shown = "", equipment = "", posted = "", described = "", ...more] = others;
  assert.deepEqual(more, []);
  const taken = await whenOpen(first);
  assert.match(taken.stdout, /<AcknowledgeOperationsSchedule.*actionCode="Accepted"/s);
  assert.match(taken.stderr, /taken over\./);
  const repeated = run(again);
  assert.match(repeated.stderr, /taken over before; nothing was changed now/);
  assert.equal(answerIn(repeated.stdout), answerIn(taken.stdout));
  assert.match(run(shown).stdout, /<OperationsSchedule [^>]*>.*<ID>4711<\/ID>/s);
  assert.match(run(equipment).stdout, /<EquipmentInformation [^>]*>.*<EquipmentLevel>WorkUnit<\/EquipmentLevel>/s);
  const administrator = new Visitor(`http://127.0.0.1:${port}`);
  await administrator.signInFirst("admin", password);
  const asked = { name: "office", scopes: ["document.exchange"], equipment: "PL01", expiresAt: null };
  const key: string = (await administrator.command("POST", "/api/v1/keys", asked)).body.secret;
  assert.equal(answerIn(run(posted, { MILLRACE_KEY: key }).stdout), answerIn(taken.stdout));
  assert.match(run(described).stdout, /<wsdl:definitions/);
});

function run(command: string, more: Readonly<Record<string, string>> = {}): { stdout: string; stderr: string } {
  const { DATABASE_URL: _, ...own } = process.env;
  const done = spawnSync("sh", ["-c", command], { cwd: root, encoding: "utf8", env: { ...own, ...more } });
  assert.equal(done.status, 0, `${command}\n${done.stdout}\n${done.stderr}`);
  return done;
}

/** The ERP's connection opens a moment after the process; until then it says so. */
async function whenOpen(command: string): Promise<{ stdout: string; stderr: string }> {
  for (let tries = 0; ; tries += 1) {
    const done = spawnSync("sh", ["-c", command], { cwd: root, encoding: "utf8" });
    if (done.status === 0) return done;
    assert.ok(tries < 20 && /not open yet/.test(done.stderr), done.stderr);
    await systemClock.sleep(500);
  }
}

async function start(command: string): Promise<{ child: ChildProcess; password: string }> {
  const { DATABASE_URL: _, ...own } = process.env;
  // what npm starts would outlive it: the program itself, with the same words
  const args = command.split(" ").slice(command.split(" ").indexOf("--") + 1);
  const child = spawn(process.execPath, [join(root, "src/cli/millrace.ts"), ...args], { cwd: root, env: own, stdio: ["ignore", "pipe", "pipe"] }); // prettier-ignore
  let text = "";
  child.stdout.on("data", (part: Buffer) => (text += part.toString()));
  child.stderr.on("data", (part: Buffer) => (text += part.toString()));
  for (const end = Date.now() + limitMs / 2; !/Millrace runs for site/.test(text); await systemClock.sleep(100)) {
    assert.ok(child.exitCode === null && Date.now() < end, text);
  }
  return { child, password: /one-time password (\S+)/.exec(text)?.[1] ?? assert.fail(text) };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** Without what npm prints around it. */
function answerIn(text: string): string {
  return text.slice(Math.max(0, text.indexOf("<?xml")));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : assert.fail();
}

function unavailable(): string | false {
  if (spawnSync("curl", ["--version"]).status !== 0) return "curl is not installed: the guide uses it";
  return clusterUnavailable({ major: 18 });
}
