/** What only looks writes nothing where it is called, and what is mistyped is said, through the command line. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { lines } from "../../src/simulation/demo/machine.ts";
import { startMachines } from "../../src/simulation/machine/server.ts";

const program = join(import.meta.dirname, "../../src/cli/millrace.ts");
const site = join(import.meta.dirname, "../../examples/demo");
// Nobody listens there.
const nowhere = {
  SAP_URL: "http://127.0.0.1:9",
  CUTTERS_URL: "opc.tcp://127.0.0.1:9",
  CRIMPERS_URL: "opc.tcp://127.0.0.1:9",
};
const login = { SAP_USER: "u", SAP_PASSWORD: "p", OPCUA_USER: "u", OPCUA_PASSWORD: "p" };

let folder: string;
let addresses: Readonly<Record<string, string>>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "millrace-mistyped-"));
  addresses = nowhere;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function millrace(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }> {
  const { DATABASE_URL: _, ...environment } = process.env;
  const env = { ...environment, ...addresses, ...login };
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, said }));
  });
}

const written = (): Promise<readonly string[]> => readdir(folder);

test("doctor without a data directory keeps nothing, and says of which machines it cannot tell without one", async (t) => {
  const cutters = await startMachines({ machines: lines[0]?.machines ?? [] });
  t.after(() => cutters.close());
  addresses = { ...nowhere, CUTTERS_URL: cutters.endpointUrl };
  const strict = await mkdtemp(join(tmpdir(), "millrace-site-"));
  t.after(() => rm(strict, { recursive: true, force: true }));
  await cp(site, strict, { recursive: true });
  const text = await readFile(join(strict, "site.yaml"), "utf8");
  await writeFile(join(strict, "site.yaml"), text.replaceAll("trust: accept-unknown", "trust: explicit"));
  const { code, said } = await millrace("doctor", "--site", strict);
  assert.match(said, /FAIL machine cut-1: Whether certificates are trusted .* name it with --data/);
  assert.match(said, /FAIL machine crimp-1: .*cannot be reached/);
  assert.equal(code, 1);
  assert.deepEqual(await written(), []);
});

test("doctor names each variable that is not set on a line of its own", async () => {
  addresses = { CUTTERS_URL: nowhere.CUTTERS_URL };
  const { code, said } = await millrace("doctor", "--site", site);
  const found = said.split("\n").filter((line) => /site\.yaml:\d+: /.test(line));
  const names = found.map((line) => /variable (\w+) is not set/.exec(line)?.[1]);
  assert.deepEqual(new Set(names), new Set(["CRIMPERS_URL", "SAP_URL"]), said);
  assert.equal(code, 1);
});

test("serve and doctor of a mistyped folder of the site say so, and blame no file that is not there", async () => {
  for (const command of ["serve", "doctor"]) {
    const { code, said } = await millrace(command, "--site", "my-sit", "--data", "dta");
    assert.match(said, /the folder of the site, .*my-sit, cannot be read/);
    assert.doesNotMatch(said, /site\.yaml|as it is written/);
    assert.equal(code, 1);
  }
  assert.deepEqual(await written(), []);
});

test("what would be applied for the first time is told without a database", async () => {
  const { code, said } = await millrace("apply", site, "--dry-run");
  assert.match(said, /site\.yaml/);
  assert.equal(code, 0, said);
  assert.deepEqual(await written(), []);
});

const nothingKept = {
  "config history": ["config", "history", "--data", "dta"],
  "config rollback": ["config", "rollback", "1", "--site", "back", "--data", "dta"],
  "account reset": ["account", "reset", "admin", "--data", "dta"],
} as const;
for (const [name, args] of Object.entries(nothingKept))
  test(`${name} of a mistyped data directory says so, and makes none`, async () => {
    const { code, said } = await millrace(...args);
    assert.match(said, /app\/no-data/);
    assert.equal(code, 1);
    assert.deepEqual(await written(), []);
  });

test("restore of a mistyped file says so, and makes no data directory", async () => {
  const { code, said } = await millrace("restore", "no.backup", "--data", "new");
  assert.match(said, /store\/backup-unreadable/);
  assert.equal(code, 1);
  assert.deepEqual(await written(), []);
});

test("an administrator of what the site does not have is none", async () => {
  const reset = ["account", "reset", "admin", "--data", "data", "--administrator-of", "PL0l"] as const;
  const unnamed = await millrace(...reset);
  assert.deepEqual([unnamed.code, unnamed.said.includes("Usage")], [2, true], "the site says what there is");
  const { code, said } = await millrace(...reset, "--site", site);
  assert.match(said, /PL0l.*PL01.*access\/unknown-equipment/s);
  assert.equal(code, 1);
});

test("an argument that a command has no place for is not passed over", async () => {
  for (const args of [
    ["check", site, site],
    ["doctor", "--site", site, "data"],
    ["status", "--data", "data", "json"],
  ]) {
    const { code, said } = await millrace(...args);
    assert.match(said, /no place for/, args.join(" "));
    assert.equal(code, 2);
  }
  assert.deepEqual(await written(), []);
});

test("a port that somebody has is noticed before anything is started", async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const { code, said } = await millrace("serve", "--site", site, "--data", "dta", "--listen", `127.0.0.1:${port}`);
  assert.match(said, /Another program has port \d+\..*app\/listen/);
  assert.equal(code, 1);
  assert.deepEqual(await written(), []);
});

const databases = {
  nonsense: /FAIL database: What DATABASE_URL holds is no address/,
  "postgres://u:p@127.0.0.1:1/x": /FAIL database: The database does not answer/,
} as const;
for (const [url, wanted] of Object.entries(databases))
  test(`doctor says what is wrong with the database ${url}`, async () => {
    addresses = { ...nowhere, DATABASE_URL: url };
    const { code, said } = await millrace("doctor", "--site", ".");
    assert.match(said, wanted);
    assert.equal(code, 1);
  });

test("a data directory that was used before is none for a demo, in which everything begins anew", async () => {
  await mkdir(join(folder, "used"));
  await writeFile(join(folder, "used", "postgres.json"), "{}");
  for (const more of [["--once"], ["--listen", "127.0.0.1:0"]]) {
    const { code, said } = await millrace("demo", "--data", "used", ...more);
    assert.match(said, /was used before.*app\/demo-data/);
    assert.equal(code, 1);
  }
  assert.deepEqual(await readdir(join(folder, "used")), ["postgres.json"]);
});

test("a bench that the demo does not have is refused before anything is started", async () => {
  const { code, said } = await millrace("demo", "--listen", "127.0.0.1:0", "--visitor", "CUT-1");
  assert.match(said, /^CUT-1 is no bench.*app\/demo-unit/);
  assert.equal(code, 1);
});

const senseless: readonly (readonly [args: readonly string[], reason: RegExp])[] = [
  [["demo", "--speed", "fast"], /--speed is fast; write a number above 0/],
  [["demo", "--speed", "0"], /--speed is 0/],
  [["demo", "--seed", "x"], /--seed is x/],
  [["demo", "--once", "extra"], /no place for "extra"/],
  [["config", "history", "--limit", "abc"], /--limit is abc/],
  [["config", "rollback", "abc"], /"abc" is no number of a version/],
  [["audit", "verify", "--data", "d", "--known", "foo"], /--known is what verify has told/],
  [["export", "Nope"], /"Nope" cannot be written; choose /],
  [["serve", "--site", "s", "--data", "d", "--cert", "c"], /--cert and --key go together/],
  [["serve", "--sit", "s"], /^Unknown option '--sit'\.\nUsage/],
  [["final", "1", "0010"], /Say why with --because/],
  [["reconcile", "--day", "gestern"], /"gestern" is no day of the calendar/],
  [["replay", "--day", "2025-02-30"], /"2025-02-30" is no day of the calendar/],
];

test("what makes no sense is answered with the reason and the usage, once", async () => {
  for (const [args, reason] of senseless) {
    const { code, said } = await millrace(...args);
    assert.match(said, reason);
    assert.equal(said.match(/^Usage: millrace/gm)?.length, 1, said);
    assert.equal(code, 2, said);
  }
  assert.deepEqual(await written(), []);
});

test("a command tells of itself when it is asked to, and the program its version", async () => {
  const help = await millrace("backup", "--help");
  assert.deepEqual([help.code, help.said.match(/Usage: millrace backup --data DIR/g)?.length], [0, 1]);
  const version = await millrace("--version");
  assert.deepEqual([version.code, /^\d+\.\d+\.\d+\n$/.test(version.said)], [0, true], version.said);
});

test("a command that there is not is answered with the one that was meant, at the end of what is said", async () => {
  const { code, said } = await millrace("statsu");
  assert.match(said, /^There is no command "statsu" \(did you mean status\?\)/);
  assert.equal(code, 2);
  assert.ok(said.split("\n").length < 6, "it can be read on one screen");
});

test("of a folder of a site that is none, the path is told", async () => {
  const away = await millrace("check", "nowhere");
  assert.match(away.said, /folder of the site, \S+nowhere, cannot be read: check that it is there/);
  await writeFile(join(folder, "site.yaml"), "");
  const file = await millrace("check", "site.yaml");
  assert.match(file.said, /\S+site\.yaml, cannot be read: it is a file/);
});
