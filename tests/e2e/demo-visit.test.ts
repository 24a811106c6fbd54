/** A stranger types `npm run demo`: is told where to go, signs in, uses the pages of ERP and machines, and ends it. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { visitor, type Visitor } from "../../src/simulation/page/testing/visitor.ts";

const program = join(import.meta.dirname, "../../src/cli/millrace.ts");
/** What the README promises for a fresh clone, and twice as much for a machine that does other things as well. */
const readyMs = 120_000;

let temporary: string;
let child: ChildProcess;
let text = "";
let ended: Promise<number | null>;
let at: Visitor;

function start(args: readonly string[]): ChildProcess {
  const started = spawn(process.execPath, [program, "demo", ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [started.stdout, started.stderr]) {
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  }
  return started;
}

async function until(what: () => boolean | Promise<boolean>, limitMs: number, why: string): Promise<void> {
  for (const end = Date.now() + limitMs; Date.now() < end;) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.fail(`${why}\n${text.slice(-4_000)}`);
}

const told = (pattern: RegExp): string => pattern.exec(text)?.[1] ?? "";

before(async () => {
  temporary = await mkdtemp(join(tmpdir(), "millrace-visit-"));
  child = start(["--listen", "127.0.0.1:0", "--speed", "40", "--tell"]);
  ended = new Promise((resolve) => child.on("close", resolve));
  await until(() => /^Stop/m.test(text) || child.exitCode !== null, readyMs, "the demo is ready");
  at = visitor(told(/^ERP and machines +(\S+)$/m));
});
after(async () => {
  if (child.exitCode === null) child.kill("SIGKILL");
  await rm(temporary, { recursive: true, force: true });
});

describe("the open demo", () => {
  test("says how long it took, where everything is, and how to sign in; every role can", async () => {
    assert.match(text, /^Ready after \d+\.\d s\./m);
    const url = told(/^Millrace +(\S+)$/m);
    const logins = told(/^Sign in as (.*); the password/m).split(", ");
    const password = told(/the password of all is (\S+)$/m);
    assert.equal(logins.length, 7);
    for (const login of logins) {
      const reply = await fetch(`${url}/api/v1/session`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url },
        body: JSON.stringify({ login, password }),
      });
      const session = (await reply.json()) as { mustChangePassword?: boolean };
      assert.deepEqual([reply.status, session.mustChangePassword], [200, false], login);
    }
  });

  test("a pulled plug loses nothing, and a lost answer is asked for and found, once", async () => {
    await at.press("/drop-reply");
    await until(() => /may or may not have (confirmation|issue|receipt)/.test(text), 60_000, "an answer was lost");
    const key = told(/may or may not have [^\n]*?([A-Z0-9]{16})/);
    await until(async () => (await at.look("/?still")).includes(key), 30_000, "the document stands in the ERP");
    await at.press("/unplug");
    await until(() => /nothing listens at that address/.test(text), 30_000, "the ERP is away");
    const before = text.length;
    await until(() => / → \d/.test(text.slice(before)), 60_000, "documents are posted again");
    let keys: readonly (string | undefined)[] = [];
    const enough = async (): Promise<boolean> => {
      keys = [...(await at.look("/?still")).matchAll(/<code>([^<]+)<\/code>/g)].map(([, found]) => found);
      return keys.length > 3;
    };
    await until(enough, 60_000, "there are some documents");
    assert.equal(new Set(keys).size, keys.length, "no key stands on two documents");
  });

  test("what is short is received in the ERP, and what was parked posts itself", async () => {
    await until(() => /refuses issue [^\n]*SLEEVE-6[^\n]*It is parked/.test(text), 120_000, "an issue is refused");
    const sleeve = { material: "SLEEVE-6", plant: "PL01", location: "0001", batch: "", quantity: "200" };
    assert.match(await at.press("/receive", sleeve), /200 PC of SLEEVE-6 have arrived/);
    await until(
      () => /issue [^\n]*SLEEVE-6[^\n]* → \S+ \(after \d+ tries\)/.test(text),
      150_000,
      "the parked issue is posted",
    );
  });

  test("a set-up that drifts is undone and tried again", async () => {
    const before = text.length;
    await at.press("/machines/drift-setup", { machine: "CRIMP-1" });
    const set = /CRIMP-1 is set: Recipe\/PressForce = \d+/g;
    await until(() => (text.slice(before).match(set) ?? []).length >= 2, 120_000, "it is written back");
    await until(() => /CRIMP-1 holds job/.test(text.slice(before)), 60_000, "it is tried again");
  });

  test("Ctrl-C ends it; nothing is left behind", async () => {
    child.kill("SIGINT");
    assert.equal(await ended, 0, text.slice(-2_000));
    assert.deepEqual(await readdir(temporary), []);
  });
});

test("the demo listens on this computer alone", async () => {
  text = "";
  const refused = start(["--listen", "0.0.0.0:0"]);
  assert.equal(await new Promise((resolve) => refused.on("close", resolve)), 1);
  assert.match(text, /app\/demo-listen/);
});

test("a bench for a visitor is one that there is", async () => {
  text = "";
  const refused = start(["--listen", "127.0.0.1:0", "--visitor", "CUT-1"]);
  assert.equal(await new Promise((resolve) => refused.on("close", resolve)), 1);
  assert.match(text, /Choose ASSY-1 or PACK-1[\s\S]*app\/demo-unit/);
});
