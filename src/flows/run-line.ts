/** The run that stands for another one now: readings of a machine may have put several in its place, one after the other. */
import type { HeldRun, Tx } from "./ports.ts";

/** Locked. Null when there is no such run. */
export async function runInPlaceOf(tx: Tx, id: string): Promise<HeldRun | null> {
  const [run] = await tx.runs.lock([id]);
  if (!run) return null;
  return run.heir === null ? run : runInPlaceOf(tx, run.heir);
}
