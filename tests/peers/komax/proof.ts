/** `npm run proof:komax`: one run of the proof, told in short lines, with an exit code. */
import { parseProofOptions, proofUsage } from "./proof-option.ts";
import { forget, runProof } from "./run.ts";
import { closingBlock, failuresOf } from "./verdict.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const parsed = parseProofOptions(process.argv.slice(2));
  if ("wrong" in parsed) {
    say(`${parsed.wrong}\n${proofUsage}`);
    return 2;
  }
  const run = await runProof(parsed.options, say);
  if (run.found === null) {
    say(`the proof needs its peers: ${run.reason}`);
    return 2;
  }
  for (const line of closingBlock(run.found)) say(line);
  if (failuresOf(run.found).length > 0) return 1;
  await forget(run.found);
  return 0;
}

for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
process.exitCode = await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  return 1;
});
