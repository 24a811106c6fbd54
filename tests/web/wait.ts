/** Waiting for what happens, with as much patience as a busy computer needs: what never happens is a defect, what is slow is none. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";

export const patienceMs = 60_000;

/** @throws AssertionError when it has not become so within `patienceMs` */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + patienceMs; !(await isSo()); await sleep(20)) {
    if (performance.now() > end) assert.fail(`never happened: ${what}`);
  }
}
