/**
 * A child process of a test: its own log file, a wait for a line it prints, its end by pid. Whatever is still running
 * when the test process ends is killed with it. What is started, and why, is the caller's business.
 */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { delimiter, dirname } from "node:path";

export interface ChildOptions {
  /** Short name for messages, e.g. `sap`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to the environment of the test process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Everything the child prints goes here as well; appended. */
  readonly logFile: string;
}

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** All that it printed to stdout so far. */
  stdout(): string;
  /** Each further line of stdout and stderr, as it comes. */
  onLine(listener: (line: string) => void): void;
  /** Resolves with the first line that matches; throws when it ends first or the time is over. */
  waitForLine(pattern: RegExp, timeoutMs: number): Promise<string>;
  readonly ended: Promise<ChildEnd>;
  isRunning(): boolean;
  /** `kill -9` by pid. Resolves when it is gone. */
  kill(): Promise<ChildEnd>;
  /** SIGTERM, and SIGKILL when it has not gone within `graceMs`. Idempotent. */
  stop(graceMs?: number): Promise<ChildEnd>;
}

const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signal(pid, "SIGKILL");
});

/** The environment of this process with its own Node first on the path. */
export function nodeEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = [dirname(process.execPath), process.env["PATH"] ?? ""].join(delimiter);
  // NODE_TEST_CONTEXT would make a child of a test believe that it is a test file itself.
  const { NODE_TEST_CONTEXT: _context, ...own } = process.env;
  return { ...own, PATH: path, ...extra };
}

export async function startChild(options: ChildOptions): Promise<Child> {
  await mkdir(dirname(options.logFile), { recursive: true });
  const log = createWriteStream(options.logFile, { flags: "a" });
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: nodeEnvironment(options.env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const listeners = new Set<(line: string) => void>();
  const tell = (line: string): void => {
    for (const listener of listeners) listener(line);
  };
  const [fromStdout, fromStderr] = [lineSplitter(tell), lineSplitter(tell)];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    log.write(text);
    fromStdout(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log.write(text);
    fromStderr(text);
  });
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once("error", (error) => {
      log.end(`${error.message}\n`);
      resolve({ code: 127, signal: null });
    });
    // "close" comes after the last output, so that nothing the child said is lost.
    child.once("close", (code, signalName) => {
      log.end();
      resolve({ code, signal: signalName });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error) => reject(new Error(`${options.name} cannot be started: ${error.message}`)));
  });
  const pid = child.pid ?? 0; // set once "spawn" was seen
  running.add(pid);
  let gone = false;
  void ended.then(() => {
    gone = true;
    running.delete(pid);
  });
  const end = async (name: NodeJS.Signals, graceMs: number): Promise<ChildEnd> => {
    if (!gone) signal(pid, name);
    const timer = setTimeout(() => signal(pid, "SIGKILL"), graceMs);
    const result = await ended;
    clearTimeout(timer);
    return result;
  };
  return {
    name: options.name,
    pid,
    logFile: options.logFile,
    stdout: () => printed,
    onLine: (listener) => void listeners.add(listener),
    waitForLine: (pattern, timeoutMs) =>
      waitForLine(
        { name: options.name, logFile: options.logFile, pattern, timeoutMs, listeners, ended },
        () => printed,
      ),
    ended,
    isRunning: () => !gone,
    kill: () => end("SIGKILL", 5_000),
    stop: (graceMs = 10_000) => end("SIGTERM", graceMs),
  };
}

/** Runs a command to its end. Its output is returned as well as logged. */
export async function runChild(
  options: ChildOptions,
  timeoutMs: number,
): Promise<ChildEnd & { readonly stdout: string }> {
  const child = await startChild(options);
  const timer = setTimeout(() => void child.kill(), timeoutMs);
  const end = await child.ended;
  clearTimeout(timer);
  return { ...end, stdout: child.stdout() };
}

/** Takes text as it comes and hands on whole lines. */
function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let partial = "";
  return (text) => {
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}

interface Wait {
  readonly name: string;
  readonly logFile: string;
  readonly pattern: RegExp;
  readonly timeoutMs: number;
  readonly listeners: Set<(line: string) => void>;
  readonly ended: Promise<ChildEnd>;
}

async function waitForLine(wait: Wait, printed: () => string): Promise<string> {
  const already = printed()
    .split("\n")
    .find((line) => wait.pattern.test(line));
  if (already !== undefined) return already;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      wait.listeners.delete(onLine);
      act();
    };
    const onLine = (line: string): void => {
      if (wait.pattern.test(line)) settle(() => resolve(line));
    };
    const timer = setTimeout(
      () =>
        settle(() =>
          reject(new Error(`${wait.name} was not ready after ${wait.timeoutMs / 1000} s, see ${wait.logFile}`)),
        ),
      wait.timeoutMs,
    );
    wait.listeners.add(onLine);
    void wait.ended.then((end) =>
      settle(() =>
        reject(
          new Error(
            `${wait.name} ended (${end.signal ?? `code ${end.code}`}) before it was ready, see ${wait.logFile}`,
          ),
        ),
      ),
    );
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already, which is what was asked for.
  }
}
