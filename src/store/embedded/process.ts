/**
 * Whether a process is still the one we knew: a pid alone says nothing, because pids are reused. Nothing here sends
 * a signal or starts anything that lives on.
 */
import { readFile, readlink } from "node:fs/promises";
import { runProgram } from "./program.ts";

/**
 * A text that no other process of this machine ever has under this pid: boot and start tick on Linux, start time as
 * `ps` says it elsewhere. Null when there is no such process; one that has ended and waits to be reaped is none.
 */
export async function processMark(pid: number): Promise<string | null> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return null;
  if (process.platform === "linux") {
    const fields = await statFields(pid);
    if (fields === null || fields.state === "Z" || fields.state === "X") return null;
    return `${await bootId()}/${fields.startTicks}`;
  }
  const end = await runProgram({
    file: "/bin/ps",
    args: ["-o", "stat=,lstart=", "-p", String(pid)],
    env: { LC_ALL: "C" },
  });
  const line = end.stdout.trim();
  if (end.code !== 0 || line === "" || line.startsWith("Z")) return null;
  return line.replace(/^\S+\s+/, "").replace(/\s+/g, " ");
}

/**
 * Whether this process is a PostgreSQL server that works in this data directory. A postmaster changes into its data
 * directory when it starts; where that cannot be seen, its command line names it.
 *
 * @param cluster  the data directory, as a real path
 */
export async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (process.platform === "linux") {
    const fields = await statFields(pid);
    const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => null);
    return fields !== null && /^post(gres|master)/.test(fields.name) && workingDirectory === cluster;
  }
  const end = await runProgram({
    file: "/bin/ps",
    args: ["-ww", "-o", "command=", "-p", String(pid)],
    env: { LC_ALL: "C" },
  });
  return end.code === 0 && end.stdout.includes(cluster) && end.stdout.includes("postgres");
}

interface StatFields {
  readonly name: string;
  readonly state: string;
  readonly startTicks: string;
}

/** @source proc(5): the name stands in the last pair of brackets and may hold anything; state is field 3, start 22 */
async function statFields(pid: number): Promise<StatFields | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  const nameEnd = text.lastIndexOf(")");
  const rest = text.slice(nameEnd + 2).split(" ");
  const [state, startTicks] = [rest[0], rest[19]];
  if (state === undefined || startTicks === undefined) return null;
  return { name: text.slice(text.indexOf("(") + 1, nameEnd), state, startTicks };
}

async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "boot")).trim();
}
