/** How long a process has worked, by the kernel's count. A process that waits for its turn has not worked. */
import { readFileSync } from "node:fs";

/** The kernel counts in hundredths of a second on every Linux that Node runs on (USER_HZ). */
const msPerTick = 10;

/** Milliseconds of processor time; null where it cannot be known: other systems than Linux, a process that is gone. */
export function workedMs(pid: number | undefined): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold blanks and brackets; what follows its last bracket is regular.
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return user === undefined || system === undefined ? null : (user + system) * msPerTick;
  } catch {
    return null;
  }
}
