/** Which test file may begin while others run. Pure; `tools/test.ts` runs them. */
import type { Group } from "./group.ts";

export interface QueuedFile {
  readonly group: Group;
  /** Path from the root. */
  readonly file: string;
}

/** One for each core that a run should have; what runs beside all is not counted. */
const filesAtOnce = 2;

/**
 * The first that may begin now. A group does not wait for the end of the one before it, so no core idles at its end;
 * when nothing runs there is always one.
 */
export function nextFile(waiting: readonly QueuedFile[], running: readonly QueuedFile[]): QueuedFile | undefined {
  const inTurn = running.map(({ group }) => group).filter(({ beside }) => beside !== true);
  return waiting.find(({ group }) => {
    if (running.filter((one) => one.group === group).length >= group.concurrency) return false;
    return group.beside === true || (inTurn.length < filesAtOnce && inTurn.every((other) => canShare(group, other)));
  });
}

function canShare(one: Group, other: Group): boolean {
  if (one === other || one.givesWay === true || other.givesWay === true) return true;
  return one.quiet !== true && other.quiet !== true;
}
