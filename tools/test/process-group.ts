/** The processes that one test file has started: who is left when it has ended, and the end of all of them. */
import { readdir, readFile } from "node:fs/promises";

/** Linux and macOS keep a group; elsewhere a child is killed alone. */
export const hasGroups = process.platform !== "win32";

/** Kills every process of the group that `pid` leads. None being left is not an error. */
export function killGroup(pid: number): void {
  try {
    process.kill(hasGroups ? -pid : pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

/**
 * Commands of the group's processes that still run, other than its leader. Dead ones that nobody has collected do not
 * count. Empty where the system has no /proc.
 */
export async function groupMembers(leader: number): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== leader);
  const members = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
      // pid (name, which may hold anything) state parent group
      const [, name = "", state = "", group = ""] = /^\d+ \((.*)\) (\S) \d+ (\d+)/s.exec(stat) ?? [];
      return Number(group) === leader && state !== "Z" ? [`${name} (${pid})`] : [];
    }),
  );
  return members.flat();
}
