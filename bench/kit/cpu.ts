/**
 * CPU seconds of whole process trees, read from `/proc`: of PostgreSQL with its backends, of peers, of this process with
 * its threads. Children that ended are counted with the parent that reaped them. Linux only; elsewhere what cannot be
 * read counts nothing, and the table says so.
 */
import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts in hundredths of a second on every Linux that Node runs on (USER_HZ). */
const ticksPerSecond = 100;

export const isMeasured: boolean = process.platform === "linux";

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
  readonly seconds: number;
}

/** CPU seconds of this process, all threads. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** CPU seconds of a process and everything below it, with what ended there already. */
export function treeCpuSeconds(pid: number): number {
  const all = processes();
  const tree = new Set([pid]);
  for (let size = 0; size !== tree.size;) {
    size = tree.size;
    for (const { pid: own, parent } of all) if (tree.has(parent)) tree.add(own);
  }
  return all.reduce((sum, { pid: own, seconds }) => sum + (tree.has(own) ? seconds : 0), 0);
}

/** The child of a process that runs this program; null when there is none. */
export function childRunning(parent: number, program: string): number | null {
  const found = processes().find((one) => one.parent === parent && one.program === program);
  return found?.pid ?? null;
}

function processes(): readonly ProcessTimes[] {
  if (!isMeasured) return [];
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (timesOf(Number(name)) ?? []) : []));
}

function timesOf(pid: number): ProcessTimes | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold blanks and brackets; what follows its last bracket is regular.
    const end = text.lastIndexOf(")");
    const fields = text.slice(end + 2).split(" ");
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const program = text.slice(text.indexOf("(") + 1, end);
    return { pid, parent: Number(fields[1]), program, seconds: ticks / ticksPerSecond };
  } catch {
    return null; // it has ended meanwhile
  }
}
