/**
 * PostgreSQL's data directory: made whole or not at all, and refused when another major version made it.
 */
import { chown, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Result } from "../../base/result.ts";
import type { Binaries } from "./binaries.ts";
import { durableFlags } from "./settings.ts";
import { embeddedRole, newPassword, readPassword } from "./endpoint.ts";
import { markReady, syncDirectory, writeWhole, type Place } from "./place.ts";
import { runProgram } from "./program.ts";

/**
 * Makes the cluster when there is none, beside its name first, so that a crash in the middle leaves nothing that
 * looks like one. Only under the lock, and with no server running.
 *
 * @returns whether it was made now
 * @fault conflict store/version-mismatch  the cluster is of another major version than the programs
 * @fault refused  store/initdb-failed     initdb could not make one: disk, rights
 */
export async function ensureCluster(place: Place, binaries: Binaries): Promise<Result<boolean>> {
  const found = await clusterMajor(place.cluster);
  if (found === binaries.major) {
    await markReady(place);
    return ok(false);
  }
  if (found !== null) return versionMismatch(place, found, binaries);
  const fresh = `${place.cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  if (place.as) await chown(fresh, place.as.uid, place.as.gid);
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"];
  const trust = ["--auth-local=trust", "--auth-host=scram-sha-256"];
  const end = await runProgram({
    file: binaries.initdb,
    args: ["-D", fresh, "-U", embeddedRole, "--no-instructions", ...trust, ...locale],
    as: place.as,
    env: serverEnvironment,
    limitMs: 180_000,
  });
  if (end.code !== 0) {
    await rm(fresh, { recursive: true, force: true });
    return fail(
      "refused",
      "store/initdb-failed",
      `The embedded PostgreSQL could not make its database in ${place.cluster}. See the cause; usual ones are a full ` +
        `disk and a directory that its account may not write to.`,
      end.errno ?? end.stderr.slice(-4000),
    );
  }
  await rename(fresh, place.cluster);
  await syncDirectory(place.state);
  await markReady(place);
  return ok(true);
}

/** The locale of messages is fixed because they are read; no setting of our own environment reaches the server. */
export const serverEnvironment: Readonly<Record<string, string>> = { LC_ALL: "C", PATH: "/usr/bin:/bin", TZ: "UTC" };

/**
 * The password for loopback, made and set when it is needed for the first time. Only with no server running.
 *
 * @fault refused store/start-failed   the server could not be reached in single-user mode
 */
export async function ensurePassword(place: Place, binaries: Binaries): Promise<Result<string>> {
  const file = join(place.state, "loopback.secret");
  const known = await readPassword(file);
  if (known !== null) return ok(known);
  const password = newPassword();
  const end = await runProgram({
    file: binaries.postgres,
    args: ["--single", "-D", place.cluster, ...durableFlags, "postgres"],
    as: place.as,
    env: serverEnvironment,
    input: `ALTER ROLE ${embeddedRole} PASSWORD '${password}'\n`,
  });
  if (end.code !== 0 || /\b(ERROR|FATAL|PANIC):/.test(end.stderr)) {
    return fail(
      "refused",
      "store/start-failed",
      `The embedded PostgreSQL in ${place.cluster} does not take its password for loopback. See the cause.`,
      end.errno ?? end.stderr.slice(-4000),
    );
  }
  await writeWhole(file, `${password}\n`);
  return ok(password);
}

/** The major version that made the cluster; null when there is none. 0 stands for one that does not say. */
async function clusterMajor(cluster: string): Promise<number | null> {
  const text = await readFile(join(cluster, "PG_VERSION"), "utf8").catch((error: NodeJS.ErrnoException) => error.code);
  if (text === "ENOENT") return null;
  return Number.parseInt(text ?? "", 10) || 0;
}

function versionMismatch(place: Place, found: number, binaries: Binaries): Result<never> {
  return fail(
    "conflict",
    "store/version-mismatch",
    `The database in ${place.cluster} was made by PostgreSQL ${found === 0 ? "of an unknown version" : found}, this ` +
      `Millrace brings PostgreSQL ${binaries.major}. Nothing was changed. Make a backup with the Millrace that made it ` +
      `("millrace backup"), then start this one with an empty data directory and "millrace restore" the backup.`,
  );
}
