/**
 * What is missing of what a machine said. When more comes than is taken, its queue or the gateway's memory drops values, and a
 * gap is marked that holds the times of all of them: that is named. What is missing outside of gaps is lost without a word.
 */
import { unwrap } from "../../src/base/result.ts";
import { decodeBatch } from "../../src/record/sample-batch.ts";
import type { BenchDatabase } from "./database.ts";
import type { Said } from "./load.ts";
import { differences, inWords, type Difference } from "./proof.ts";

/** So many values were said at one time. */
export type SaidAt = readonly [at: number, samples: number];

export interface Missing {
  readonly named: number;
  readonly silent: number;
  /** Kept more often than said. */
  readonly doubled: number;
  /** Those that no history filled. */
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly from: number;
  readonly to: number;
  /** What opened it. */
  readonly cause: string;
}

/** Batches that are read at once. */
const batchesMax = 500;

export interface Judgement {
  readonly wrong: readonly string[];
  /** What is not there and said to be missing. */
  readonly named: readonly string[];
}

/**
 * Everything is as it was said, or lies in a gap. What follows from values in a gap may be short with them: the pieces of a run whose
 * end was among them are known to nobody, and a question is asked. More than was said is always wrong.
 */
export async function judge(
  database: BenchDatabase,
  of: { readonly source: string; readonly said: Said; readonly times: readonly SaidAt[] },
): Promise<Judgement> {
  const { named, silent, doubled, gaps } = await missingOf(database, of.source, of.times);
  const wrong: string[] = [];
  if (silent > 0) wrong.push(`samples: ${silent} are missing, and no gap says so`);
  if (doubled > 0) wrong.push(`samples: ${doubled} are kept and were not said`);
  if (gaps.some(({ to }) => to === Number.POSITIVE_INFINITY)) wrong.push("a gap is still open: not all was heard");
  const off = await differences(database, [{ ...of.said, samples: of.said.samples - named - silent + doubled }]);
  const isOfGaps = ({ what, expected, found }: Difference): boolean =>
    named > 0 && (what === "questions" || (expected > 0 && found < expected));
  wrong.push(...off.filter((difference) => !isOfGaps(difference)).map(inWords));
  if (named === 0) return { wrong, named: [] };
  const ms = gaps.reduce((sum, { from, to }) => sum + to - from, 0);
  const where = gaps.length === 1 ? `a gap of ${ms} ms that is` : `${gaps.length} gaps of together ${ms} ms that are`;
  const words = `samples: ${named} of ${of.said.samples} lie in ${where} marked`;
  return { wrong, named: [words, ...new Set(gaps.map(({ cause }) => cause)), ...off.filter(isOfGaps).map(inWords)] };
}

/** @param said  by one machine */
export async function missingOf(database: BenchDatabase, source: string, said: readonly SaidAt[]): Promise<Missing> {
  const kept = await keptOf(database, source);
  const gaps = await gapsOf(database, source);
  const saidAt = new Map<number, number>();
  for (const [at, samples] of said) saidAt.set(at, (saidAt.get(at) ?? 0) + samples);
  let named = 0;
  let silent = 0;
  let doubled = 0;
  for (const at of new Set([...saidAt.keys(), ...kept.keys()])) {
    const off = (saidAt.get(at) ?? 0) - (kept.get(at) ?? 0);
    if (off < 0) doubled -= off;
    else if (off > 0 && gaps.some(({ from, to }) => from <= at && at <= to)) named += off;
    else silent += off;
  }
  return { named, silent, doubled, gaps };
}

/** Time → values. */
async function keptOf(database: BenchDatabase, source: string): Promise<ReadonlyMap<number, number>> {
  const kept = new Map<number, number>();
  for (let after = "-1"; ;) {
    const rows = await database.ask(
      "select ordinal, bytes from sample_batch where source = $1 and ordinal > $2 order by ordinal limit $3",
      [source, after, batchesMax],
    );
    for (const { bytes } of rows)
      for (const { at } of unwrap(decodeBatch(bytes as Uint8Array)).samples) kept.set(at, (kept.get(at) ?? 0) + 1);
    const last = rows.at(-1);
    if (!last) return kept;
    after = String(last["ordinal"]);
  }
}

/**
 * The next gap opens where the source was complete, or where the one before it did, and ends later: they pair in order of time. Two
 * that began at one time are one fact. One that is still open has no end.
 */
async function gapsOf(database: BenchDatabase, source: string): Promise<readonly Gap[]> {
  const facts = await database.ask(
    `select kind, (extract(epoch from event_at) * 1000)::float8 as at, body from fact
     where source = $1 and kind in ('GapOpened', 'GapClosed') order by event_at, id`,
    [source],
  );
  const opened = facts.filter(({ kind }) => kind === "GapOpened");
  const closed = facts.filter(({ kind }) => kind === "GapClosed");
  return Array.from({ length: Math.max(opened.length, closed.length) }, (_, i) => {
    const begin = opened[Math.min(i, opened.length - 1)];
    const end = closed[i];
    // What a fact says follows from its kind.
    const { cause = "" } = (begin?.["body"] ?? {}) as { readonly cause?: string };
    const { filled = false } = (end?.["body"] ?? {}) as { readonly filled?: boolean };
    return { from: Number(begin?.["at"]), to: Number(end?.["at"] ?? Number.POSITIVE_INFINITY), cause, filled };
  }).filter(({ filled }) => !filled);
}
