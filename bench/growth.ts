/**
 * What size costs: the same samples from 10, 100 and 1,000 machines. Every size is measured in the same run and told as a
 * ratio to the smallest; more than a fifth above it is a failure.
 * Run: node bench/growth.ts [machines ...]
 */
import { openBenchDatabase } from "./kit/database.ts";
import { throughToFacts } from "./kit/intake.ts";
import { compare } from "./kit/proof.ts";
import { note, open, report } from "./kit/table.ts";

const wanted = process.argv.filter((arg) => /^\d+$/.test(arg)).map(Number);
const sizes = wanted.length > 0 ? wanted : [10, 100, 1_000];
/** As many samples and pieces in all, whatever the number of machines. No run ends while the clock runs: that is a posting's cost. */
const shape = { frames: 10_000, warmUpFrames: 5_000, piecesPerRun: 1_000_000, batchFrames: 5 } as const;

open();
let floor: { perSecond: number; cpu: number } | null = null;
for (const machines of sizes) {
  const database = await openBenchDatabase();
  const { failures, said, ...intake } = await throughToFacts(database, { machines, ...shape });
  const wrong = [...failures, ...(await compare(database, said))];
  await database.close();
  const { seconds, cpu: used } = intake.stretch;
  const perSecond = intake.done / seconds;
  const cpu = (used.millrace + used.postgres) / intake.done;
  report({
    name: `to facts, ${machines} machines`,
    unit: "samples",
    ...intake,
    floor: floor && { perSecond: floor.perSecond },
    wrong,
  });
  if (floor) note(`CPU per sample ${(cpu / floor.cpu).toFixed(2)} of ${sizes[0]} machines`);
  floor ??= { perSecond, cpu };
}
