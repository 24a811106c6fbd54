/**
 * A place of its own for each test of the embedded server, and servers started by another process. When the test
 * ends, every server that works inside is stopped by pid and the place is removed; a server still there then is a
 * failure of the test.
 */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { Client } from "pg";
import { systemClock } from "../../../base/clock.ts";
import type { Fault } from "../../../base/result.ts";
import type { Identity } from "../program.ts";
import type { EmbeddedOptions } from "../startup.ts";

export const isRoot = process.geteuid?.() === 0;

export interface Sandbox {
  readonly root: string;
  readonly dataDir: string;
  readonly stateRoot: string;
  readonly options: EmbeddedOptions;
  readonly lines: readonly string[];
  /** Waits up to 30 s until something holds. */
  eventually(holds: () => Promise<boolean>): Promise<void>;
}

export async function sandbox(t: TestContext): Promise<Sandbox> {
  const root = await realpath(await mkdtemp(join(tmpdir(), "millrace-box-")));
  await chmod(root, 0o755);
  const [dataDir, stateRoot, runtimeDir] = ["data", "state", "run"].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(dataDir, { mode: 0o700 });
  await mkdir(runtimeDir, { mode: 0o755 });
  // Anybody may make directories in it, as in the system's temporary directory.
  await chmod(runtimeDir, 0o1777);
  const lines: string[] = [];
  t.after(async () => {
    const left = await serversIn(root);
    for (const pid of left) process.kill(pid, "SIGKILL");
    await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    assert.deepEqual(left, [], `no server is left behind; log:\n${lines.join("\n")}`);
  });
  return {
    root,
    dataDir,
    stateRoot,
    lines,
    options: { dataDir, stateRoot, runtimeDir, clock: systemClock, log: (line) => lines.push(line) },
    eventually: async (holds) => {
      const limit = performance.now() + 30_000;
      while (!(await holds())) {
        assert.ok(performance.now() < limit, `it comes about in time; log:\n${lines.join("\n")}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** First column of the first row. */
export async function ask(connectionString: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface Elsewhere {
  readonly child: ChildProcess;
  readonly answer: {
    readonly pid: number;
    readonly adopted: boolean;
    readonly connectionString: string;
    readonly cluster: string;
    readonly fault?: Fault;
  };
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

/** Another process that starts the server and holds it until told to stop. It ends by itself after a fault. */
export async function startElsewhere(
  box: Sandbox,
  how: { readonly as?: Identity; readonly through?: readonly string[]; readonly loopbackOnly?: true } = {},
): Promise<Elsewhere> {
  const { dataDir, stateRoot, runtimeDir } = box.options;
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const script = `
    import { startEmbedded } from ${module("../supervisor.ts")};
    import { systemClock } from ${module("../../../base/clock.ts")};
    const options = ${JSON.stringify({ dataDir, stateRoot, runtimeDir, loopbackOnly: how.loopbackOnly })};
    const result = await startEmbedded({ ...options, clock: systemClock, log: () => {} });
    if (!result.ok) console.log(JSON.stringify({ fault: result.fault }));
    else {
      const { adopted, connectionString, cluster } = result.value;
      console.log(JSON.stringify({ pid: result.value.pid(), adopted, connectionString, cluster }));
      process.stdin.once("data", () => result.value.stop().then(() => process.exit(0)));
    }`;
  const [file, ...args] = [...(how.through ?? []), process.execPath, "--input-type=module", "-e", script];
  const child = spawn(file ?? "", args, {
    ...how.as,
    cwd: "/",
    env: { PATH: process.env["PATH"] },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const said = await new Promise<string>((resolve) => {
    let text = "";
    child.stdout.on("data", (chunk) => (text += String(chunk)).includes("\n") && resolve(text));
    child.stdout.on("close", () => resolve(text));
  });
  return {
    child,
    answer: JSON.parse(said),
    ended,
    stop: async () => {
      child.stdin.write("stop\n");
      await ended;
    },
  };
}

/** Processes whose working directory lies inside; where /proc is missing, none can be found. */
async function serversIn(root: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc").catch(() => [])) {
    if (!/^\d+$/.test(name)) continue;
    const cwd = await readlink(`/proc/${name}/cwd`).catch(() => "");
    if (cwd.startsWith(root)) found.push(Number(name));
  }
  return found;
}
