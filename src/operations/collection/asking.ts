/** What is asked about what was not heard, and what of it is taken back when that is told late. */
import type { Instant } from "../../base/instant.ts";
import type { KnownGaps } from "./gap.ts";
import { askLastCounts, type UnheardDoubt } from "./last-count.ts";
import type { CollectorState, PassingQuestion } from "./state.ts";
import type { CounterQuestion, SourceContext } from "./work.ts";

/** What is asked now. */
export interface Asking {
  readonly doubts: ReadonlyMap<string, AskedDoubt>;
  /** From what they follow: while it is the same, they are. */
  readonly of: readonly unknown[];
}

interface AskedDoubt extends UnheardDoubt {
  /** Of a counter, which the fold itself asks about: a late value may give it another beginning, or leave another one. */
  readonly about?: PassingQuestion["about"];
}

/** A question that is none any more; that of a counter only while it is asked about the value of that time. */
export interface Withdrawn {
  readonly subject: string;
  readonly at?: Instant;
}

interface Source {
  readonly state: CollectorState;
  readonly gaps: KnownGaps;
}

export const nothingAsked: Asking = { doubts: new Map(), of: [] };

/** What may not have been heard as it is known now. */
export function asking(context: SourceContext, source: Source): Asking {
  const { state, gaps } = source;
  const passing = (state.passing ?? []).map((one): AskedDoubt => ({
    subject: one.subject,
    question: () => one,
    ...(one.about && { about: one.about }),
  }));
  const doubts: readonly AskedDoubt[] = [...askLastCounts(context, state.ended ?? [], gaps.unfilled), ...passing];
  return { doubts: new Map(doubts.map((one) => [one.subject, one])), of: askedOf(context, source) };
}

interface AskedAnew {
  readonly asking: Asking;
  readonly questions: readonly CounterQuestion[];
  readonly withdrawn: readonly Withdrawn[];
}

/** The same, against what was asked before. */
export function askAnew(context: SourceContext, source: Source & { readonly asking: Asking }): AskedAnew {
  const before = source.asking;
  const of = askedOf(context, source);
  const isSame = of.length === before.of.length && of.every((one, i) => one === before.of[i]);
  if (isSame) return { asking: before, questions: [], withdrawn: [] };
  const now = asking(context, source);
  const fresh = [...now.doubts.values()].filter(({ subject, about }) => !about && !before.doubts.has(subject));
  const past = [...before.doubts.values()].filter((one) => !isStill(one, now.doubts.get(one.subject)));
  return {
    asking: now,
    questions: fresh.map(({ question }) => question()),
    withdrawn: past.map(({ subject, about }) => (about ? { subject, at: about.at } : { subject })),
  };
}

function askedOf({ answers }: SourceContext, { state, gaps }: Source): readonly unknown[] {
  return [gaps.unfilled, answers, ...(state.ended ?? []), ...(state.passing ?? [])];
}

function isStill({ about }: AskedDoubt, now: AskedDoubt | undefined): boolean {
  if (!about || !now?.about) return now !== undefined;
  return about.at === now.about.at && about.value === now.about.value && about.stood?.value === now.about.stood?.value;
}
