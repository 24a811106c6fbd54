/** The processes that one test file has started: their rank, who is left when it has ended, and the end of all of them. */
import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";

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

/** A tenth of a core where somebody else wants all of it: little enough for a browser, and enough to come to an end. */
const lowRank = constants.priority.PRIORITY_BELOW_NORMAL;

/**
 * Gives the group that `pid` leads, just begun, a lower rank than the others. Where Linux shares the cores between sessions first, the
 * rank of a process counts within its own only, and the session has one too. A system that refuses either is none the
 * worse: the group then shares like any other.
 */
export function letGiveWay(pid: number): void {
  for (const lower of [
    () => setPriority(pid, lowRank),
    () => hasGroups && writeFileSync(`/proc/${pid}/autogroup`, String(lowRank)),
  ]) {
    try {
      lower();
    } catch {
      // it has ended meanwhile, or there is no such rank here
    }
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
