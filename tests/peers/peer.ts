/**
 * Servers that we did not write, for tests to run against. They stand beside the repository (`MILLRACE_SHARED`, else
 * `../shared`), which may be read-only: a copy with installed packages is kept under `.cache/peers` and made again when
 * the peer changes. Without them, there is a reason instead of a peer, and the test is skipped with it.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runChild, startChild, type Child } from "./child.ts";

export const repositoryRoot: string = fileURLToPath(new URL("../..", import.meta.url));

export type Found<T> = { readonly found: T } | { readonly found: null; readonly reason: string };

/** The folder beside the project, or why there is none. */
export function sharedFolder(): Found<string> {
  const named = process.env["MILLRACE_SHARED"];
  const folder = resolve(repositoryRoot, named ?? "../shared");
  if (existsSync(join(folder, "peers"))) return { found: folder };
  const hint = named === undefined ? "set MILLRACE_SHARED to it" : "MILLRACE_SHARED names it";
  return { found: null, reason: `no folder with test peers at ${folder} (${hint})` };
}

/** Why tests against this peer cannot run here, or false. For the `skip` option of a test. */
export function withoutPeer(name: string): string | false {
  const shared = sharedFolder();
  if (shared.found === null) return shared.reason;
  return existsSync(join(shared.found, "peers", name, "package.json")) ? false : `no peer ${name} in ${shared.found}`;
}

const installTimeoutMs = 300_000;
const stampName = ".copied-from";

/** Folder of a copy of the peer that can be started. */
export async function preparePeer(name: string): Promise<Found<string>> {
  const reason = withoutPeer(name);
  const shared = sharedFolder();
  if (shared.found === null || reason !== false) return { found: null, reason: String(reason) };
  const source = join(shared.found, "peers", name);
  const copy = join(repositoryRoot, ".cache", "peers", name);
  const stamp = await contentOf(source);
  if ((await readStamp(copy)) === stamp) return { found: copy };
  await mkdir(join(copy, ".."), { recursive: true });
  const fresh = `${copy}.${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await cp(source, fresh, { recursive: true, filter: (path) => !path.includes("node_modules") });
  await makeWritable(fresh);
  const logFile = `${fresh}.log`;
  const args = ["ci", "--no-audit", "--no-fund"];
  const end = await runChild(
    { name: `npm ci of ${name}`, command: "npm", args, cwd: fresh, logFile },
    installTimeoutMs,
  );
  if (end.code !== 0) throw new Error(`npm ci of the peer ${name} failed, see ${logFile}`);
  await writeFile(join(fresh, stampName), stamp);
  await rm(logFile, { force: true });
  return { found: await putInPlace(fresh, copy, stamp) };
}

export interface PeerOptions {
  readonly name: string;
  /** Arguments of Node in the peer's folder, for the port it got. */
  readonly args: (port: number) => readonly string[];
  readonly env?: (port: number) => Readonly<Record<string, string>>;
  /** The line by which it says that it can be used. */
  readonly ready: RegExp;
  readonly logFile: string;
}

export interface RunningPeer {
  readonly port: number;
  readonly child: Child;
}

/** Starts a prepared peer on a free port and waits until it can be used. Throws when it cannot be started. */
export async function startPeer(folder: string, options: PeerOptions): Promise<RunningPeer> {
  const port = await freePort();
  const child = await startChild({
    name: options.name,
    command: process.execPath,
    args: options.args(port),
    cwd: folder,
    env: options.env?.(port) ?? {},
    logFile: options.logFile,
  });
  try {
    await child.waitForLine(options.ready, 60_000);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { port, child };
}

/** A port of the loopback interface that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

/** A hash over the names and contents of the peer's files, without what `npm ci` makes. */
async function contentOf(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes("node_modules"))
    .toSorted();
  for (const path of files) {
    hash.update(path.slice(folder.length));
    hash.update(await readFile(path));
  }
  return hash.digest("hex");
}

async function readStamp(copy: string): Promise<string | null> {
  return readFile(join(copy, stampName), "utf8").catch(() => null);
}

/** The source may be read-only; a copy with its modes could neither be installed into nor removed. */
async function makeWritable(folder: string): Promise<void> {
  await runChild({ name: "chmod", command: "chmod", args: ["-R", "u+w", folder], logFile: `${folder}.log` }, 30_000);
}

/** Two test processes may prepare the same peer at once: the first one in place wins. */
async function putInPlace(fresh: string, copy: string, stamp: string): Promise<string> {
  if ((await readStamp(copy)) !== stamp) {
    await rm(copy, { recursive: true, force: true });
    await rename(fresh, copy).catch(async (error: unknown) => {
      if ((await readStamp(copy)) !== stamp) throw error;
    });
  }
  await rm(fresh, { recursive: true, force: true });
  return copy;
}
