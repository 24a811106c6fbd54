/** The demo as a stranger starts it: a process of its own, what it says, and how it ends. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";

export interface DemoProcess {
  readonly ended: Promise<number | null>;
  /** What it has said so far. */
  text(): string;
  /** What stands where the pattern says; empty when it was not said. */
  told(pattern: RegExp): string;
  /** Resolves when it has said where to go, or has ended. */
  ready(): Promise<void>;
  until(what: () => boolean | Promise<boolean>, limitMs: number, why: string): Promise<void>;
  /** As `| head` does when it has seen enough. */
  closeOutput(): void;
  /** As Ctrl-C does. */
  interrupt(): void;
  /** For the end of a test that has failed. */
  kill(): void;
}

const program = join(import.meta.dirname, "../../src/cli/millrace.ts");
/** What the README promises for a fresh clone, and twice as much for a machine that does other things as well. */
const readyMs = 120_000;

/** @param temporary  where it keeps what it needs while it runs */
export function startDemo(temporary: string, args: readonly string[]): DemoProcess {
  let text = "";
  const child = spawn(process.execPath, [program, "demo", ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  }
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  const until: DemoProcess["until"] = async (what, limitMs, why) => {
    for (const end = Date.now() + limitMs; Date.now() < end;) {
      if (await what()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail(`${why}\n${text.slice(-4_000)}`);
  };
  return {
    ended,
    text: () => text,
    told: (pattern) => pattern.exec(text)?.[1] ?? "",
    ready: () => until(() => /^Stop/m.test(text) || child.exitCode !== null, readyMs, "the demo is ready"),
    until,
    closeOutput: () => void child.stdout.destroy(),
    interrupt: () => void child.kill("SIGINT"),
    kill: () => void (child.exitCode === null && child.kill("SIGKILL")),
  };
}
