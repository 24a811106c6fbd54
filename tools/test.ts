/**
 * `npm test`: format, lint, types, tidy, then every test file in a process of its own. Ends with what was skipped and
 * why, and `N passed, N failed, N skipped`; the exit code is 0 only when nothing failed.
 *
 *     npm test                          everything
 *     npm run test:quick                without e2e, peers and screens
 *     npm run test:outages              real processes, disks, clocks and lines that fail
 *     npm run test:journeys             only the README's journeys, which nothing else runs
 *     npm test -- src/base tests/e2e    only the test files under these paths, and no checks
 *
 * With MILLRACE_TEST_REQUIRE=all a skipped test is a failure.
 */
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { runFile, type FileOutcome } from "./test/file-run.ts";
import { findTests, type Group, type GroupFiles } from "./test/group.ts";
import { nextFile, type QueuedFile } from "./test/queue.ts";
import { closingLines, fileLines, indent, isGood, seconds, tally, type Check } from "./test/tally.ts";

/** What `tools/run.mjs` is given for each; the same as the npm scripts of these names. */
const checks: readonly { readonly name: string; readonly args: readonly string[] }[] = [
  { name: "format", args: ["oxfmt", "--check"] },
  { name: "lint", args: ["oxlint"] },
  { name: "types", args: ["tsc", "-p", "."] },
  { name: "types of the screens", args: ["tsc", "-p", "src/web"] },
  { name: "tidy", args: ["tools/tidy.ts"] },
];

/** After so long without a line, one says what is still running. */
const silenceMs = 60_000;

type Print = (line: string) => void;

export interface TestRun {
  readonly root: string;
  readonly quick: boolean;
  readonly paths: readonly string[];
  readonly requireAll: boolean;
  /** In place of each group's own; for the tester's tests. */
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly print: Print;
}

/** @returns whether the run is good, which is the exit code */
export async function runTests(run: TestRun): Promise<boolean> {
  const checked = run.paths.length > 0 ? [] : await runChecks(run);
  const found = await findTests(run.root, run);
  for (const path of run.paths) {
    if (!found.some(({ files }) => files.some((file) => file.startsWith(path)))) {
      run.print(`There is no test file under ${path}: name a file or folder from the repository's root.`);
    }
  }
  const sum = tally(checked, await runFiles(run, found));
  for (const line of closingLines(sum, run.requireAll)) run.print(line);
  return isGood(sum, run.requireAll);
}

async function runChecks(run: TestRun): Promise<Check[]> {
  const done: Check[] = [];
  for (const { name, args } of checks) {
    const begun = performance.now();
    const { ok, output } = await runCheck(run, args);
    run.print(`${ok ? "ok  " : "FAIL"} ${name} (${seconds(performance.now() - begun)})`);
    if (!ok) run.print(indent(output.trimEnd()));
    done.push({ name, ok, output });
  }
  return done;
}

function runCheck(run: TestRun, args: readonly string[]): Promise<{ ok: boolean; output: string }> {
  // oxlint and oxfmt colour what they write to a pipe when they see CI
  const { CI: _ci, ...env } = process.env;
  const options = { cwd: run.root, env, signal: run.signal, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(run.root, "tools/run.mjs"), ...args], options, (error, stdout, stderr) => {
      resolve({ ok: error === null, output: stdout + stderr });
    });
  });
}

async function runFiles(run: TestRun, found: readonly GroupFiles[]): Promise<FileOutcome[]> {
  let waiting: readonly QueuedFile[] = found.flatMap(({ group, files }) => files.map((file) => ({ group, file })));
  const running = new Map<QueuedFile, Promise<void>>();
  const outcomes: FileOutcome[] = [];
  const isSomeoneQuiet = found.some(({ group }) => group.quiet === true);
  const silence = setInterval(() => {
    run.print(`     still running: ${[...running.keys()].map(({ file }) => file).join(", ")}`);
  }, silenceMs);
  const runOne = async (one: QueuedFile): Promise<void> => {
    const outcome = await runFile(run.root, one.file, {
      timeoutMs: run.timeoutMs ?? one.group.timeoutMs,
      givesWay: one.group.givesWay === true && isSomeoneQuiet,
      signal: run.signal,
    });
    running.delete(one);
    outcomes.push(outcome);
    for (const line of fileLines(outcome)) run.print(line);
    silence.refresh();
  };
  const headings = new Map(found.map(({ group, files }) => [group, headingOf(group, files.length)]));
  try {
    while (waiting.length > 0 || running.size > 0) {
      for (let one = nextFile(waiting, [...running.keys()]); one; one = nextFile(waiting, [...running.keys()])) {
        const begun = one;
        waiting = waiting.filter((other) => other !== begun);
        const heading = headings.get(begun.group);
        if (heading !== undefined) run.print(heading);
        headings.delete(begun.group);
        running.set(begun, runOne(begun));
      }
      await Promise.race(running.values());
    }
  } finally {
    clearInterval(silence);
  }
  return outcomes;
}

/** Stands where the first file of a group begins; files of the one before it may end below. */
function headingOf(group: Group, count: number): string {
  const how = group.beside ? ", beside the others" : "";
  return `\n${group.name}: ${count} ${count === 1 ? "file" : "files"}${how}`;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const flag = args.find((arg) => arg.startsWith("-") && arg !== "--quick");
  if (flag !== undefined) {
    console.log(`${flag} is unknown: use --quick, or paths of test files`);
    process.exitCode = 1;
    return;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort());
  const good = await runTests({
    root: dirname(import.meta.dirname),
    quick: args.includes("--quick"),
    paths: args.filter((arg) => arg !== "--quick").map((path) => path.replace(/^\.\/|\/$/g, "")),
    requireAll: process.env["MILLRACE_TEST_REQUIRE"] === "all",
    signal: stop.signal,
    print: (line) => console.log(line),
  });
  process.exitCode = good ? 0 : 1;
}

if (import.meta.main) await main();
