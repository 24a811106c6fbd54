/**
 * Where an embedded server listens: a Unix socket in a short directory that only its account may enter, else loopback
 * with a password. Never anything that another machine can reach.
 */
import { hash, randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, readFile, rmdir, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Identity } from "./program.ts";

/** `directory` of the Unix socket, or null for loopback; the port also names the socket file. */
export interface Endpoint {
  readonly socketDir: string | null;
  readonly port: number;
  /** For loopback; on the socket the directory's mode is the guard. */
  readonly password: string | null;
}

/**
 * The role that owns everything in an embedded server, and the database Millrace lives in. The role is not named like
 * the schema: that would put the schema on the search path here and not on a server of one's own.
 */
export const embeddedRole = "postgres";
export const embeddedDatabase = "millrace";

/** The socket's directory is the server's own, so its number need not be searched for. */
const socketPort = 5432;

/** Bytes of a socket's path without the closing zero. @source sys/un.h: 108 on Linux, 104 on macOS and the BSDs */
const socketPathMax = process.platform === "linux" ? 107 : 103;

export function connectionString(endpoint: Endpoint, database: string): string {
  const { socketDir, port, password } = endpoint;
  return socketDir === null
    ? `postgres://${embeddedRole}:${password ?? ""}@127.0.0.1:${port}/${database}`
    : `postgres://${embeddedRole}@${encodeURIComponent(socketDir)}:${port}/${database}`;
}

/**
 * A directory for the socket, made or found with mode 0700 and the right owner; null when no candidate fits, and
 * loopback is the way.
 *
 * @param runtimeDir  the user's runtime directory (`XDG_RUNTIME_DIR`), when there is one
 * @param state       the state directory; its hash names the socket's directory
 * @param as          the account that runs the server
 */
export async function socketEndpoint(options: {
  readonly runtimeDir: string | undefined;
  readonly state: string;
  readonly as: Identity | undefined;
}): Promise<Endpoint | null> {
  const name = `millrace-${hash("sha256", options.state, "hex").slice(0, 12)}`;
  const bases = [options.runtimeDir, options.as ? "/run" : undefined, tmpdir(), "/tmp"];
  for (const base of bases) {
    if (base === undefined || base === "") continue;
    const socketDir = join(base, name);
    const socketPath = join(socketDir, `.s.PGSQL.${socketPort}`);
    if (Buffer.byteLength(socketPath) > socketPathMax || !(await canTraverse(base, options.as))) continue;
    if (await claim(socketDir, options.as)) return { socketDir, port: socketPort, password: null };
  }
  return null;
}

/** A free port of 127.0.0.1. Another program may take it before the server does: the start is then tried again. */
export async function loopbackEndpoint(password: string): Promise<Endpoint> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await new Promise((resolve) => server.close(resolve));
  return { socketDir: null, port, password };
}

export function newPassword(): string {
  return randomBytes(24).toString("hex");
}

export async function readPassword(file: string): Promise<string | null> {
  const text = (await readFile(file, "utf8").catch(() => "")).trim();
  return /^[0-9a-f]{48}$/.test(text) ? text : null;
}

/** Removes the socket's directory when the server has left it empty. */
export async function releaseEndpoint(endpoint: Endpoint): Promise<void> {
  if (endpoint.socketDir !== null) await rmdir(endpoint.socketDir).catch(() => undefined);
}

/**
 * In a directory that all may write to, somebody else may have made the name first: a directory of another owner, or
 * a link, is not ours and is left alone.
 */
async function claim(directory: string, as: Identity | undefined): Promise<boolean> {
  const uid = as?.uid ?? process.geteuid?.();
  try {
    await mkdir(directory, { mode: 0o700 });
    if (as) await chown(directory, as.uid, as.gid);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) return false;
  }
  const found = await lstat(directory).catch(() => null);
  if (!found?.isDirectory() || found.uid !== uid) return false;
  if ((found.mode & 0o777) !== 0o700) await chmod(directory, 0o700);
  return true;
}

async function canTraverse(path: string, as: Identity | undefined): Promise<boolean> {
  if (as === undefined) return true;
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => null);
    if (!found?.isDirectory()) return false;
    const bit = found.uid === as.uid ? 0o100 : found.gid === as.gid ? 0o010 : 0o001;
    if (!(found.mode & bit)) return false;
    if (at === dirname(at)) return true;
  }
}
