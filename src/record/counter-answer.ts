/**
 * What a person said about a counter that could not be told: from which value counting may go on. What was made in between
 * is a fact of its own, said by the person; the counter adds nothing for it.
 */
import type { Instant } from "../base/instant.ts";
import type { UnitGrade } from "./fact.ts";

/**
 * What a counter shows, in whole millionths: a number where that is exact, else decimal text, because checkpoints and
 * questions are kept as JSON. Each value has one form, so that equal ones are identical.
 */
export type CounterValue = number | string;

export function counterValue(micro: bigint): CounterValue {
  const number = Number(micro);
  return Number.isSafeInteger(number) ? number : micro.toString();
}

/** Under this rule, and with `@` under that of a station, what a run showed last is asked and answered: no counter has it. */
export const lastCountRule = "run/last-count";

/** What must be known of a counter's question so that a person can answer it with pieces. */
export interface CounterDoubt {
  readonly source: string;
  readonly workUnit: string;
  /** The map's rule, and for material which one. */
  readonly rule: string;
  /** The run that the value belongs to; null for a counter outside every run. */
  readonly run: string | null;
  readonly at: Instant;
  /** The value that could not be told, in millionths of the counter's unit. */
  readonly value: CounterValue;
  readonly uom: string;
  /** For counters of pieces; null for counters of material. */
  readonly grade: UnitGrade | null;
  readonly mapVersion: number;
  /** Paths of the items that it names, where it is about the last counts of a run; left out otherwise, and in older ones: all. */
  readonly items?: readonly string[];
  /**
   * Grades that only other counters of the machine count, where it is about the last counts of a run: their pieces are said when
   * those are asked about. Left out otherwise, and in older ones: nobody knows.
   */
  readonly elsewhere?: readonly UnitGrade[];
  /**
   * It is the first value of a counter that was begun anew: whoever decides speaks of all that was made up to it. Left out
   * otherwise, and in older ones.
   */
  readonly begins?: true;
  /**
   * Where counting stood when this value could not be told from there: whoever says what was made speaks of all from there up to
   * the value. Left out for one that begins, and in older ones.
   */
  readonly stood?: {
    /** What was counted up to; 0 where nothing was. */
    readonly value: CounterValue;
    /** When its item had shown that last, by the machine's clock; left out where it had shown something else since, or nothing. */
    readonly since?: Instant;
  };
}

/**
 * Counting goes on from `value`, unless the counter has gone on from where it stood. With `closes` it was closed without
 * that: counting goes on from where it stood alone, and what cannot be told from there later is asked anew. With `stood` the person
 * has said pieces: all that were made from there up to `value`.
 */
export type CounterAnswer = Pick<
  CounterDoubt,
  "rule" | "run" | "at" | "value" | "uom" | "items" | "begins" | "stood"
> & {
  readonly closes?: true;
  /** Nobody has closed it: what was asked was no doubt any more. */
  readonly isTakenBack?: true;
};
