/** What the database holds against what the machines said: every sum must be the same. */
import type { BenchDatabase } from "./database.ts";
import type { Said } from "./load.ts";

/** @returns what is not the same, in words */
export async function compare(database: BenchDatabase, said: readonly Said[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  const same = async (what: string, sql: string, expected: number): Promise<void> => {
    const found = await database.count(sql);
    if (found !== expected) wrong.push(`${what}: ${expected} were offered, the database holds ${found}`);
  };
  const ofKind = (kind: string, unit = 1_000_000): string =>
    `select coalesce(sum((body #>> '{quantity,micro}')::numeric), 0) / ${unit} from fact where kind = '${kind}'`;
  const of = (amount: (one: Said) => number): number => said.reduce((sum, one) => sum + amount(one), 0);
  const good = of((one) => one.good);
  await same(
    "samples",
    "select coalesce(sum(samples), 0) from sample_batch",
    of((one) => one.samples),
  );
  await same("pieces", ofKind("UnitsCounted"), good);
  await same("components", ofKind("MaterialConsumed"), good);
  await same(
    "Wh",
    ofKind("EnergyUsed", 1000),
    of((one) => one.wattHours),
  );
  await same("pieces of the job orders", "select sum(good_micro) / 1000000 from job_order", good);
  await same(
    "runs",
    "select count(*) from run where ended_at is not null",
    of((one) => one.runs),
  );
  await same("pieces received", "select sum(micro) / 1000000 from balance where account = 'world:erp@PL01/0002'", good);
  await same("the ledger's sum", "select coalesce(sum(micro), 0) from balance", 0);
  await same("samples set aside", "select count(*) from sample_set_aside", 0);
  await same("questions", "select count(*) from question", 0);
  const runs = of((one) => one.runsThatMade);
  for (const kind of ["confirmation", "goods-receipt", "goods-issue"]) {
    await same(`postings (${kind})`, `select count(*) from posting where kind = '${kind}'`, runs);
  }
  return wrong;
}

/** What came of it, for the line below the table. */
export async function harvest(database: BenchDatabase): Promise<string> {
  const count = (table: string): Promise<number> => database.count(`select count(*) from ${table}`);
  return `${await count("fact")} facts, ${await count("movement")} movements, ${await count("posting")} postings planned`;
}
