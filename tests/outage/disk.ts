/**
 * Small disks for tests: a file with ext4 on it, mounted through a loop device. Needs root, `mkfs.ext4` and loop devices;
 * what is missing is said. The copy of a file under a mounted disk is what a power cut would have left: what was only in
 * the page cache of the mount is not in it.
 */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, open, rm, statfs, truncate, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../../src/store/embedded/program.ts";

const mkfs = "/usr/sbin/mkfs.ext4";
const mount = "/usr/bin/mount";

/** Why there can be no small disk here, or false. For the `skip` option of a test. */
export function disksUnavailable(): string | false {
  if (process.geteuid?.() !== 0) return "mounting a disk needs root";
  if (!existsSync(mkfs)) return `${mkfs} is not installed (Debian: e2fsprogs)`;
  if (!existsSync("/dev/loop-control")) return "there are no loop devices";
  return false;
}

export interface Disk {
  /** Where it is mounted; everybody may pass. */
  readonly path: string;
  /** Takes all the room there is. */
  fill(): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  /** What the device holds at this moment, mounted elsewhere. Whoever wrote on this one must be dead. */
  cutOff(): Promise<Disk>;
  close(): Promise<void>;
}

export async function makeDisk(megabytes: number): Promise<Disk> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-outage-disk-"));
  const image = join(folder, "image");
  await writeFile(image, "");
  await truncate(image, megabytes * 1024 * 1024);
  await command(mkfs, ["-q", "-m", "0", image]);
  return mounted(folder, image);
}

async function mounted(folder: string, image: string): Promise<Disk> {
  const path = join(folder, "disk");
  await mkdir(path);
  await command("/usr/bin/chmod", ["711", folder]);
  // Its own commits come late: what is on the device was asked for by whoever writes.
  await command(mount, ["-o", "loop,commit=300", image, path]);
  const guardian = watchOver(folder, path);
  const ballast = join(path, "ballast");
  return {
    path,
    async fill() {
      const file = await open(ballast, "a");
      try {
        // Large pieces first, then what is left of the last one.
        for (const size of [1024 * 1024, 4096])
          for (const bytes = Buffer.alloc(size, 1); ;) if (!(await wrote(() => file.write(bytes)))) break;
        await wrote(() => file.sync());
      } finally {
        await file.close();
      }
    },
    free: () => rm(ballast, { force: true }),
    async cutOff() {
      const elsewhere = await mkdtemp(join(tmpdir(), "millrace-outage-disk-"));
      await copyFile(image, join(elsewhere, "image"));
      return mounted(elsewhere, join(elsewhere, "image"));
    },
    async close() {
      guardian.ref();
      guardian.stdin.end();
      if (guardian.exitCode === null) await once(guardian, "exit");
    },
  };
}

/** A shell that reads a pipe from us: when we close it, or die in whatever way, the disk is taken away. */
function watchOver(folder: string, path: string): ChildProcessByStdio<Writable, null, null> {
  const script = 'read -r line; umount --lazy "$1"; rm -rf "$2"';
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" };
  const guardian = spawn("/bin/sh", ["-c", script, "guardian", path, folder], {
    env,
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guardian.unref();
  // A pipe to a child is a socket, which can be unreferenced; the general stream type does not say so.
  (guardian.stdin as Socket).unref();
  return guardian;
}

/** Free bytes of the disk that holds this path. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** False when there is no more room. */
async function wrote(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOSPC") return false;
    throw error;
  }
}

async function command(file: string, args: readonly string[]): Promise<void> {
  const end = await runProgram({ file, args, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  if (end.code !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${end.errno ?? end.stderr}`);
}
