/**
 * A run whose kills could not all be placed while the machine ran has shown nothing about them: it is made once more,
 * with another draw. A run that shows any other failure is never repeated.
 */
import type { Found } from "../peer.ts";
import type { ProofOptions } from "./proof-option.ts";
import { forget, runProof, type ProofRun, type Say } from "./run.ts";
import { failuresOf } from "./verdict.ts";

export async function runUntilPlaced(options: ProofOptions, say: Say): Promise<Found<ProofRun>> {
  const first = await runProof(options, say);
  const failures = first.found === null ? [] : failuresOf(first.found);
  const isUnplaced = failures.length > 0 && failures.every((failure) => failure.code === "kills-missed");
  if (first.found === null || !isUnplaced) return first;
  say("the kills could not all be placed; once more with another draw");
  await forget(first.found);
  return runProof({ ...options, seed: options.seed + 1 }, say);
}
