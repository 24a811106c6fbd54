/**
 * Runs one short program and collects what it says. Nothing that lives on: the postmaster is started in
 * `postmaster.ts`.
 */
import { spawn } from "node:child_process";

/** The operating system account that a program runs as. Absent: our own. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface ProgramRun {
  readonly file: string;
  readonly args: readonly string[];
  readonly as?: Identity | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for its standard input. */
  readonly input?: string;
  /** Killed after this many milliseconds. */
  readonly limitMs?: number;
}

/** `code` is null when the program could not be started or was killed; `errno` then says why, if the system told. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly errno: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects: a program that cannot be started is an end with an `errno`. */
export function runProgram(run: ProgramRun): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    let stdout = "";
    let stderr = "";
    const child = spawn(run.file, [...run.args], {
      ...(run.as && { uid: run.as.uid, gid: run.as.gid }),
      env: { ...run.env },
      cwd: run.cwd ?? "/",
      stdio: ["pipe", "pipe", "pipe"],
      timeout: run.limitMs ?? 60_000,
      killSignal: "SIGKILL",
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    // A program that ends without reading its input closes the pipe; its exit code tells what happened.
    child.stdin.on("error", () => undefined);
    child.stdin.end(run.input ?? "");
    child.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ code: null, errno: error.code ?? error.message, stdout, stderr }),
    );
    child.on("close", (code) => resolve({ code, errno: null, stdout, stderr }));
  });
}
