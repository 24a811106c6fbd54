/** What the database holds against what the machines said: every sum must be the same. */
import type { BenchDatabase } from "./database.ts";
import type { Said } from "./load.ts";

/** What the database held before: sum by name. */
export type Held = ReadonlyMap<string, number>;

/** Every sum that is compared, as it is now. */
export async function heldIn(database: BenchDatabase): Promise<Held> {
  const held = new Map<string, number>();
  for (const { what, sql } of sumsOf([])) held.set(what, await database.count(sql));
  return held;
}

/** @returns what is not the same, in words */
export async function compare(
  database: BenchDatabase,
  said: readonly Said[],
  before: Held = new Map(),
): Promise<readonly string[]> {
  return (await differences(database, said, before)).map(inWords);
}

/** A sum that is not the same. */
export interface Difference {
  readonly what: string;
  readonly expected: number;
  readonly found: number;
}

export async function differences(
  database: BenchDatabase,
  said: readonly Said[],
  before: Held = new Map(),
): Promise<readonly Difference[]> {
  const different: Difference[] = [];
  // A past is too large to be added up line by line each time.
  const sums = [...sumsOf(said), ...(before.size === 0 ? linesOf(said) : [])];
  for (const { what, sql, expected } of sums) {
    const found = (await database.count(sql)) - (before.get(what) ?? 0);
    if (found !== expected) different.push({ what, expected, found });
  }
  return different;
}

export function inWords({ what, expected, found }: Difference): string {
  return `${what}: ${expected} were offered, the database holds ${found}`;
}

interface Sum {
  readonly what: string;
  readonly sql: string;
  readonly expected: number;
}

function sumsOf(said: readonly Said[]): readonly Sum[] {
  const sums: Sum[] = [];
  const same = (what: string, sql: string, expected: number): void => void sums.push({ what, sql, expected });
  const sumOf = (quantity: string, where: string): string =>
    `(select coalesce(sum((${quantity} ->> 'micro')::numeric), 0) from fact where ${where})`;
  // What was corrected no longer holds: values that a machine hands over late change what was stated of a run.
  const ofKind = (kind: string, unit = 1_000_000): string =>
    `select (${sumOf("body -> 'quantity'", `kind = '${kind}'`)} - ${sumOf(
      "body -> 'was' -> 'quantity'",
      `kind = 'Corrected' and body -> 'was' ->> 'kind' = '${kind}'`,
    )}) / ${unit}`;
  const of = (amount: (one: Said) => number): number => said.reduce((sum, one) => sum + amount(one), 0);
  const good = of((one) => one.good);
  same(
    "samples",
    "select coalesce(sum(samples), 0) from sample_batch",
    of((one) => one.samples),
  );
  same("pieces", ofKind("UnitsCounted"), good);
  same("components", ofKind("MaterialConsumed"), good);
  same(
    "Wh",
    ofKind("EnergyUsed", 1000),
    of((one) => one.wattHours),
  );
  same("pieces of the job orders", "select sum(good_micro) / 1000000 from job_order", good);
  same(
    "runs",
    "select count(*) from run where ended_at is not null",
    of((one) => one.runs),
  );
  same("pieces received", "select sum(micro) / 1000000 from balance where account = 'world:erp@PL01/0002'", good);
  same("the ledger's sum", "select coalesce(sum(micro), 0) from balance", 0);
  same("samples set aside", "select count(*) from sample_set_aside", 0);
  same("questions", "select count(*) from question", 0);
  const runs = of((one) => one.runsThatMade);
  for (const kind of ["confirmation", "goods-receipt", "goods-issue"]) {
    // Not the postings: what comes after the end of its run is posted in one of its own.
    same(`runs posted (${kind})`, `select count(distinct run) from posting where kind = '${kind}'`, runs);
  }
  return sums;
}

/** Each piece and its component are spoken for once by a posting of each kind. */
function linesOf(said: readonly Said[]): readonly Sum[] {
  const good = said.reduce((sum, one) => sum + one.good, 0);
  return ["confirmation", "goods-receipt", "goods-issue"].map((kind) => ({
    what: `pieces that postings speak for (${kind})`,
    sql: `select coalesce(sum((coalesce(f.body -> 'was', f.body) #>> '{quantity,micro}')::numeric
        * case when f.kind = 'Corrected' then -1 else 1 end), 0) / 1000000
      from posting_line l join fact f on f.id = l.fact where l.active and l.kind = '${kind}'`,
    expected: good,
  }));
}

/** What came of it, for the line below the table. */
export async function harvest(database: BenchDatabase): Promise<string> {
  const count = (table: string): Promise<number> => database.count(`select count(*) from ${table}`);
  return `${await count("fact")} facts, ${await count("movement")} movements, ${await count("posting")} postings planned`;
}
