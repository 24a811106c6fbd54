/**
 * One test file in a process of its own, until it ends or its time is up. Whatever the process does (crash, hang, exit
 * early, leave children behind) is an outcome here, never an exception.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { groupMembers, hasGroups, killGroup, letGiveWay } from "./process-group.ts";
import type { EndLine, TestLine, TurnLine } from "./reporter.ts";

export interface FileOutcome {
  readonly file: string;
  readonly tests: readonly TestLine[];
  /** Why the file as a whole failed, beside its tests: crash, hang, nothing in it, something left running. */
  readonly trouble: readonly string[];
  /** The end of what it wrote to stdout and stderr. */
  readonly output: string;
  readonly durationMs: number;
}

const outputSignsMax = 20_000;
/** So long may a child that was told to stop take after the file's own end. */
const partingMs = 2_000;

export interface FileTerms {
  /** After that the whole process group is killed. */
  readonly timeoutMs: number;
  /** Has the lower rank where others want the core too. */
  readonly givesWay: boolean;
  /** Aborts the run; the file then counts as failed. */
  readonly signal: AbortSignal;
}

/**
 * @param root  the working directory
 * @param file  path from the root
 */
export async function runFile(root: string, file: string, terms: FileTerms): Promise<FileOutcome> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-test-"));
  const lines = join(folder, "lines");
  const begun = performance.now();
  try {
    const end = await runProcess(root, file, lines, terms);
    const said = parse(await readFile(lines, "utf8").catch(() => ""));
    const trouble = troubleOf(end, said, terms.timeoutMs);
    return { file, tests: said.tests, trouble, output: end.output, durationMs: performance.now() - begun };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly cut: "timeout" | "abort" | undefined;
  readonly left: readonly string[];
  readonly output: string;
}

async function runProcess(root: string, file: string, lines: string, terms: FileTerms): Promise<End> {
  const { signal } = terms;
  const reporter = pathToFileURL(join(import.meta.dirname, "reporter.ts")).href;
  const flags = [
    "--disable-warning=ExperimentalWarning",
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${lines}`,
  ];
  // when the tester itself is being tested, the inner run must not report to the outer one
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const child = spawn(process.execPath, [...flags, join(root, file)], {
    cwd: root,
    env,
    detached: hasGroups,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (terms.givesWay && child.pid !== undefined) letGiveWay(child.pid);
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-outputSignsMax);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  let cut: End["cut"];
  const kill = (why: "timeout" | "abort"): void => {
    cut ??= why;
    if (child.pid !== undefined) killGroup(child.pid);
  };
  const timer = setTimeout(kill, terms.timeoutMs, "timeout");
  const abort = (): void => kill("abort");
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  // "exit", not "close": a grandchild that holds the pipes open must not hold the run
  const ended = await new Promise<Pick<End, "code" | "signal">>((resolve) => {
    child.on("exit", (code, ending) => resolve({ code, signal: ending }));
    child.on("error", (error) => {
      keep(Buffer.from(`${error.message}\n`));
      resolve({ code: -1, signal: null });
    });
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", abort);
  const left = child.pid === undefined ? [] : await partFrom(child.pid);
  child.stdout.destroy();
  child.stderr.destroy();
  return { ...ended, cut, left, output };
}

/** Waits a moment for the file's own children; kills and names those that stay. */
async function partFrom(pid: number): Promise<string[]> {
  let left = await groupMembers(pid);
  for (const deadline = performance.now() + partingMs; left.length > 0 && performance.now() < deadline;) {
    await sleep(100);
    left = await groupMembers(pid);
  }
  if (left.length > 0) killGroup(pid);
  return left;
}

/** What the reporter could write before the process ended. */
interface Said {
  readonly tests: readonly TestLine[];
  /** Names of tests that had begun and not ended. */
  readonly open: readonly string[];
  readonly isWhole: boolean;
}

function parse(text: string): Said {
  const tests: TestLine[] = [];
  const turns = new Map<string, number>();
  let isWhole = false;
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const parsed = parseLine(line);
    if (parsed === undefined) break; // cut in the middle by a crash
    if ("end" in parsed) isWhole = true;
    else if ("turn" in parsed) turns.set(parsed.name, (turns.get(parsed.name) ?? 0) + parsed.turn);
    else tests.push(parsed);
  }
  return { tests, open: [...turns.keys()].filter((name) => (turns.get(name) ?? 0) > 0), isWhole };
}

function parseLine(line: string): TestLine | TurnLine | EndLine | undefined {
  try {
    // written by reporter.ts
    return JSON.parse(line) as TestLine | TurnLine | EndLine;
  } catch {
    return undefined;
  }
}

function troubleOf(end: End, { tests, open, isWhole }: Said, timeoutMs: number): string[] {
  if (end.cut === "abort") return ["the run was stopped"];
  const trouble: string[] = [];
  const failed = tests.some(({ outcome }) => outcome === "failed");
  if (end.cut === "timeout") {
    const why = open.length > 0 ? `"${open.join('", "')}" had not ended` : "a timer, socket or process kept it alive";
    trouble.push(`it was killed after ${timeoutMs / 1000} s: ${why}`);
  } else if (end.signal !== null) trouble.push(`it was killed by ${end.signal}`);
  else if (!isWhole)
    trouble.push(`it ended with ${end.code} before its tests did: a crash, process.exit, or no test in it`);
  else if (end.code !== 0 && !failed) trouble.push(`it ended with ${end.code} although no test failed`);
  else if (end.code === 0 && failed) trouble.push("it ended with 0 although a test failed");
  else if (tests.length === 0) trouble.push("it holds no test");
  if (end.left.length > 0 && end.cut === undefined) trouble.push(`it left processes running: ${end.left.join(", ")}`);
  for (const { path, outcome, reason } of tests) {
    if (outcome === "skipped" && reason === "") trouble.push(`"${path.join(" > ")}" is skipped without a reason`);
  }
  return trouble;
}
