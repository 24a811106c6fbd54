/**
 * The samples of a day read a second time, by the fold that reads them in production, and what that would have stated
 * against what was stated. Pure; nothing of it is kept. Spec: docs/spec/replay.md
 */
import { canonicalJson } from "../../base/json.ts";
import type { Instant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import { countedQuantity, statementOf, type Fact, type FactBody } from "../../record/fact.ts";
import { effectiveOf } from "./correction.ts";

/** Event times from `from` up to, not including, `to`. */
export interface Window {
  readonly from: Instant;
  readonly to: Instant;
}

export interface FactDifference {
  /** Null: it would be stated in addition. */
  readonly was: Fact | null;
  /** Null: it would not be stated. */
  readonly now: Fact | null;
}

/** What the facts of a run add up to, on both sides. */
export interface RunSumDifference {
  readonly run: string;
  readonly job: string;
  /** A grade of pieces, or a material. */
  readonly what: string;
  readonly uom: string;
  readonly recorded: bigint;
  readonly replayed: bigint;
}

export interface FactComparison {
  readonly recorded: number;
  readonly replayed: number;
  /** Equal byte by byte, the map's version included. */
  readonly isIdentical: boolean;
  /** What holds to be true is the same, whatever was corrected on the way, and whichever version of the map has read it. */
  readonly holdsTheSame: boolean;
  readonly differences: readonly FactDifference[];
  /** Those that differ. */
  readonly sums: readonly RunSumDifference[];
}

/** True for what a machine's samples say by themselves: neither people nor the bill of an order has a part in it. */
export function isCollected({ saidBy, rule }: Fact): boolean {
  return saidBy.by === "machine" && !/^(corrected:)?bill:/.test(rule);
}

export function within({ from, to }: Window, { eventAt }: Fact): boolean {
  return eventAt >= from && eventAt < to;
}

/** @param jobs  names of runs that began before the window */
export function compareFactsOf(
  recorded: readonly Fact[],
  replayed: readonly Fact[],
  jobs: ReadonlyMap<string, string>,
): FactComparison {
  const now = new Map(replayed.map((fact) => [fact.id, fact]));
  const was = new Map(recorded.map((fact) => [fact.id, fact]));
  const differences = [
    ...recorded.flatMap((fact) => {
      const again = now.get(fact.id);
      return again && canonicalJson(again) === canonicalJson(fact) ? [] : [{ was: fact, now: again ?? null }];
    }),
    ...replayed.filter(({ id }) => !was.has(id)).map((fact) => ({ was: null, now: fact })),
  ];
  return {
    recorded: recorded.length,
    replayed: replayed.length,
    isIdentical: differences.length === 0,
    holdsTheSame: canonicalJson(holding(recorded)) === canonicalJson(holding(replayed)),
    differences,
    sums: sumDifferences(recorded, replayed, jobs),
  };
}

/** What holds, without the way there. */
function holding(facts: readonly Fact[]): unknown {
  const held = [...effectiveOf(facts)].filter(([, { holds }]) => holds);
  return held
    .map(([id, { fact }]) => ({ id, run: fact.run, eventAt: fact.eventAt, body: fact.body }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function sumDifferences(
  recorded: readonly Fact[],
  replayed: readonly Fact[],
  jobs: ReadonlyMap<string, string>,
): readonly RunSumDifference[] {
  const names = new Map([...jobs, ...jobsIn(recorded), ...jobsIn(replayed)]);
  const was = sumsOf(recorded);
  const now = sumsOf(replayed);
  return [...new Set([...was.keys(), ...now.keys()])].toSorted().flatMap((key) => {
    const [run = "", what = "", uom = ""] = key.split("\u001f");
    const sums = { recorded: was.get(key) ?? 0n, replayed: now.get(key) ?? 0n };
    return sums.recorded === sums.replayed ? [] : [{ run, job: names.get(run) ?? "", what, uom, ...sums }];
  });
}

function jobsIn(facts: readonly Fact[]): readonly (readonly [string, string])[] {
  return facts.flatMap(({ run, body }) =>
    run !== null && body.kind === "JobStarted" ? [[run, body.job || body.article] as const] : [],
  );
}

function sumsOf(facts: readonly Fact[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { run, body } of facts) {
    const counted = countedOf(body);
    if (!counted) continue;
    const key = [run ?? "", counted.what, counted.quantity.uom].join("\u001f");
    sums.set(key, (sums.get(key) ?? 0n) + counted.quantity.micro);
  }
  return sums;
}

function countedOf(body: FactBody): { readonly what: string; readonly quantity: Quantity } | null {
  const quantity = countedQuantity(body);
  const said = statementOf(body);
  if (!quantity) return null;
  if (said.kind === "UnitsCounted") return { what: said.grade, quantity };
  return said.kind === "MaterialConsumed" ? { what: said.material, quantity } : null;
}
