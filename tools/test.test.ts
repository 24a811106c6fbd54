import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test, type TestContext } from "node:test";
import { runTests, type TestRun } from "./test.ts";
import { findTests } from "./test/group.ts";

const head = 'import { test, describe } from "node:test";\nimport assert from "node:assert/strict";\n';

async function makeTree(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "tester-"));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries({ "package.json": '{"type":"module"}', ...files })) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), path.endsWith(".ts") ? head + text : text);
  }
  return root;
}

interface Ran {
  readonly good: boolean;
  readonly lines: string[];
  readonly last: string;
}

/** Runs the tester over one tree; `paths` of everything, so that it makes no checks. */
async function runOver(root: string, how: Partial<TestRun> = {}): Promise<Ran> {
  const lines: string[] = [];
  const good = await runTests({
    root,
    quick: false,
    paths: ["src", "tests"],
    requireAll: false,
    timeoutMs: 20_000,
    signal: new AbortController().signal,
    print: (line) => lines.push(...line.split("\n")),
    ...how,
  });
  return { good, lines, last: lines.at(-1) ?? "" };
}

const passing = 'test("adds", () => assert.equal(1 + 1, 2));';

test("what passes is counted, one by one", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": `${passing}\ntest("outer", async (t) => { await t.test("inner", () => {}); });`,
    "tests/contract/b.test.ts": passing,
  });
  const { good, last, lines } = await runOver(root);
  assert.equal(last, "4 passed, 0 failed, 0 skipped");
  assert.equal(good, true);
  assert.ok(!lines.includes("Skipped:") && !lines.includes("Failed:"));
});

test("a skipped test is named with its reason, and fails the run when all are required", async (t) => {
  const root = await makeTree(t, {
    "tests/peers/sap.test.ts": `${passing}\ndescribe("posting", () => { test("posts", (t) => t.skip("no peer here")); });`,
  });
  const allowed = await runOver(root);
  assert.equal(allowed.good, true);
  assert.equal(allowed.last, "1 passed, 0 failed, 1 skipped");
  assert.ok(allowed.lines.includes("  tests/peers/sap.test.ts > posting > posts: no peer here"));
  const required = await runOver(root, { requireAll: true });
  assert.equal(required.good, false);
  assert.ok(required.lines.some((line) => line.startsWith("MILLRACE_TEST_REQUIRE=all: 1 skipped")));
  assert.ok(required.lines.includes("  tests/peers/sap.test.ts > posting > posts: no peer here"));
});

test("a skip without a reason is a failure, and so is a test that is only planned", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": `${passing}\ntest.skip("quiet", () => {});\ntest.todo("planned");`,
  });
  const { good, last, lines } = await runOver(root);
  assert.equal(good, false);
  assert.equal(last, "1 passed, 2 failed, 2 skipped");
  assert.ok(lines.includes('  src/a.test.ts: "quiet" is skipped without a reason'));
});

test("a failure is shown with its message, and the others still run", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": 'test("outer", async (t) => { await t.test("subtracts", () => assert.equal(3, 4)); });',
    "src/b.test.ts": passing,
  });
  const { good, last, lines } = await runOver(root);
  assert.equal(good, false);
  assert.equal(last, "1 passed, 1 failed, 0 skipped");
  assert.ok(lines.some((line) => line.includes("3 !== 4")));
  assert.ok(lines.includes("  src/a.test.ts > outer > subtracts"));
});

test("a run that breaks leaves no timer behind that keeps it going", async (t) => {
  const root = await makeTree(t, { "src/a.test.ts": passing });
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  const print = (line: string): void => {
    if (line.startsWith("ok")) throw new Error("nobody reads any more");
  };
  await assert.rejects(runOver(root, { print }), /nobody reads/);
  assert.equal(timers(), before);
});

for (const [name, text, wanted] of [
  ["throws while it is loaded", `${passing}\nthrow new Error("no such table");`, /no such table/],
  ["does not parse", "const = 1;", /SyntaxError/],
  ["imports what does not exist", 'import "./nothing.ts";', /nothing\.ts/],
  ["leaves by process.exit(0) in the middle", 'test("a", () => process.exit(0));', /ended with 0 before its tests did/],
  ["kills itself", 'test("a", () => process.kill(process.pid, "SIGKILL"));', /killed by SIGKILL/],
  ["throws after its tests", `${passing}\nprocess.on("exit", () => { process.exitCode = 3; });`, /ended with 3/],
  ["holds no test", "", /or no test in it/],
  [
    "throws in a hook",
    `import { after } from "node:test"; ${passing} after(() => { throw new Error("in after"); });`,
    /in after/,
  ],
] as const) {
  test(`a file that ${name} fails the run`, async (t) => {
    const { good, last, lines } = await runOver(await makeTree(t, { "src/a.test.ts": text, "src/b.test.ts": passing }));
    assert.equal(good, false);
    assert.doesNotMatch(last, / 0 failed/);
    assert.match(lines.join("\n"), wanted);
  });
}

for (const [name, text, wanted] of [
  [
    "waits for ever",
    'test("a", () => new Promise(() => { setInterval(() => {}, 1000); }));',
    /killed after 1\.5 s: "a" had not ended/,
  ],
  ["loops for ever", 'test("a", () => { for (;;); });', /killed after 1\.5 s/],
  ["leaves a timer open", `${passing}\nsetInterval(() => {}, 1000);`, /killed after 1\.5 s: a timer/],
] as const) {
  test(`a file that ${name} is killed when its time is up`, async (t) => {
    const root = await makeTree(t, { "src/a.test.ts": text });
    const begun = performance.now();
    const { good, lines } = await runOver(root, { timeoutMs: 1500 });
    assert.ok(performance.now() - begun < 15_000);
    assert.equal(good, false);
    assert.match(lines.join("\n"), wanted);
  });
}

test(
  "a file that leaves a process running fails, and the process is ended",
  { skip: process.platform !== "linux" && "needs /proc to see processes" },
  async (t) => {
    const root = await makeTree(t, {
      "src/a.test.ts": `
      import { spawn } from "node:child_process";
      test("starts", () => {
        const child = spawn("sleep", ["300"], { stdio: "inherit" });
        child.unref();
        console.log("pid", child.pid);
      });`,
    });
    const { good, lines } = await runOver(root);
    assert.equal(good, false);
    assert.match(lines.join("\n"), /left processes running: sleep/);
    const pid = Number(/pid (\d+)/.exec(lines.join("\n"))?.[1]);
    await sleep(200);
    // gone, or dead and not yet collected
    assert.match(await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") Z "), /\) Z /);
  },
);

/** A test that writes its own mark and waits for the other one's. */
const meets = (mine: string, other: string): string => `
  import { existsSync, writeFileSync } from "node:fs";
  test("meets", async () => {
    writeFileSync("${mine}", "");
    for (let tries = 0; !existsSync("${other}") && tries < 100; tries += 1) await new Promise((go) => setTimeout(go, 50));
    assert.ok(existsSync("${other}"));
  });`;

test("what keeps a pace of its own runs beside the others, and counts like them", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": meets("unit", "line"),
    "tests/peers/komax/line.test.ts": meets("line", "unit"),
    "tests/peers/komax/sabotage.test.ts": 'test("fails", () => assert.fail());',
  });
  const { good, last } = await runOver(root);
  assert.equal(last, "2 passed, 1 failed, 0 skipped");
  assert.equal(good, false);
});

test("a group does not wait for the last file of the one before it", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": passing,
    "src/b.test.ts": meets("unit", "contract"),
    "tests/contract/c.test.ts": meets("contract", "unit"),
  });
  const { last, lines } = await runOver(root);
  assert.equal(last, "3 passed, 0 failed, 0 skipped");
  assert.deepEqual(
    lines.filter((line) => /files?$/.test(line)),
    ["unit and property: 2 files", "contract: 1 file"],
  );
});

test("what gives way has a lower rank where there is somebody to give way to", async (t) => {
  const ranked = (rank: number): string => `
    import { readFileSync } from "node:fs";
    import { getPriority } from "node:os";
    test("rank", () => {
      let session = "nice ${rank}"; // what the session has where there is such a rank
      try { session = readFileSync("/proc/self/autogroup", "utf8"); } catch {}
      assert.match(\`\${getPriority()} \${session}\`, /^${rank} .*nice ${rank}\\b/);
    });`;
  const both = await makeTree(t, { "tests/simulation/a.test.ts": ranked(10), "tests/web/b.test.ts": ranked(0) });
  const alone = await makeTree(t, { "tests/simulation/a.test.ts": ranked(0) });
  // on a busy computer it gives way to everybody, for a while
  const withScreens = await runOver(both, { timeoutMs: 120_000 });
  assert.equal(withScreens.last, "2 passed, 0 failed, 0 skipped", withScreens.lines.join("\n"));
  const withNobody = await runOver(alone, { paths: ["tests"] });
  assert.equal(withNobody.last, "1 passed, 0 failed, 0 skipped", withNobody.lines.join("\n"));
});

test("an aborted run ends soon and is no success", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": 'test("a", () => new Promise(() => setInterval(() => {}, 1000)));',
  });
  const stop = new AbortController();
  const running = runOver(root, { signal: stop.signal });
  await sleep(500);
  stop.abort();
  assert.equal((await running).good, false);
});

test("a run in which nothing ran is no success", async (t) => {
  const { good, lines } = await runOver(await makeTree(t, {}));
  assert.equal(good, false);
  assert.ok(lines.some((line) => line.includes("no test file under src")));
});

test("quick leaves e2e and peers out, and no folder is left out for want of a row", async (t) => {
  const root = await makeTree(t, {
    "src/a/b.test.ts": "",
    "src/a/c.property.test.ts": "",
    "tools/d.test.ts": "",
    "tests/contract/e.test.ts": "",
    "tests/e2e/f.test.ts": "",
    "tests/peers/sap/g.test.ts": "",
    "tests/simulation/h.test.ts": "",
    "tests/new/i.test.ts": "",
    "tests/journey/l.test.ts": "",
    "tests/manual/j.test.ts": "",
    "src/node_modules/k.test.ts": "",
  });
  const names = async (quick: boolean, paths: string[] = []): Promise<string[]> =>
    (await findTests(root, { quick, paths })).flatMap(({ group, files }) =>
      files.map((file) => `${group.name} ${file}`),
    );
  const quick = [
    "unit and property src/a/b.test.ts",
    "unit and property src/a/c.property.test.ts",
    "unit and property tools/d.test.ts",
    "contract tests/contract/e.test.ts",
    "simulation tests/simulation/h.test.ts",
    "others tests/new/i.test.ts",
  ];
  assert.deepEqual(await names(true), quick);
  assert.deepEqual(
    await names(false),
    quick.toSpliced(4, 0, "e2e tests/e2e/f.test.ts", "peers tests/peers/sap/g.test.ts"),
  );
  assert.deepEqual(await names(false, ["tests/journey"]), ["journeys tests/journey/l.test.ts"], "only when named");
  assert.deepEqual(await names(true, ["tests/peers"]), ["peers tests/peers/sap/g.test.ts"]);
  assert.deepEqual(await names(false, ["src/a/b.test.ts"]), [quick[0]]);
  assert.deepEqual(await names(false, ["src/a/b"]), [], "a path is a file or a folder, not a beginning");
});

test("checks run before the tests, and a failing one fails the run with its output", async (t) => {
  const root = await makeTree(t, {
    "src/a.test.ts": passing,
    "tools/run.mjs":
      'const [name] = process.argv.slice(2);\nif (name === "tsc") { console.log("a.ts(1,1)"); process.exitCode = 2; }',
  });
  const { good, lines, last } = await runOver(root, { paths: [] });
  assert.equal(good, false);
  assert.equal(last, "4 passed, 2 failed, 0 skipped");
  assert.deepEqual(
    lines.filter((line) => /^(ok|FAIL)/.test(line)).map((line) => line.replace(/ \(.*/, "")),
    ["ok   format", "ok   lint", "FAIL types", "FAIL types of the screens", "ok   tidy", "ok   src/a.test.ts"],
  );
  assert.ok(lines.includes("  a.ts(1,1)"));
});
