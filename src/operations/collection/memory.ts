/**
 * Late samples: what collection keeps in memory of a source so that a sample that comes late is read as if it had come
 * in time. The stretch since a checkpoint is folded again, old and new facts are compared, and the difference is
 * stated: what no longer holds is `Corrected`, what now holds is a new revision.
 *
 * A memory is consumed by the call that takes samples: when what it said could not be committed, it is rebuilt from the
 * kept checkpoint, samples and facts (`rebuildMemory`).
 */
import { instant, type Instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample } from "../../record/sample.ts";
import { isInDoubt, startClock, type KeptClock, type SourceClock } from "./clock.ts";
import { askAnew, asking, nothingAsked, type Asking, type Withdrawn } from "./asking.ts";
import { baseId, compareFacts, effectiveOf, type Effective } from "./correction.ts";
import type { CounterFall } from "./counter.ts";
import { forgetGaps, hearGaps, noGaps, settledBefore, toldUpTo, withRead, type KnownGaps } from "./gap.ts";
import { doubtfulTimes } from "./last-count.ts";
import { foldSamples, foldStated, type Collected } from "./fold.ts";
import { byTime } from "./frame.ts";
import { isHeld, notShownNow, nothingSifted, sift, type KeptSamples, type Sieve, type Sifted } from "./sieve.ts";
import type { CollectorState, EndedRun, PassingQuestion } from "./state.ts";
import { setAside, type CounterQuestion, type SetAside, type SourceContext } from "./work.ts";

/** Everything at and before the older checkpoint is settled; everything after it can still be folded again. */
export interface CollectorMemory extends Sieve {
  older: Checkpoint;
  newer: Checkpoint;
  state: CollectorState;
  /** Statements whose event is after the older checkpoint. */
  effective: Map<string, Effective>;
  gaps: KnownGaps;
  /** Marks of gaps since the newer checkpoint: a restart reads them again, too. */
  marks: number;
  asking: Asking;
}

export interface Checkpoint {
  readonly state: CollectorState;
  /** Buffer position of the last batch that was looked at when the checkpoint was taken. */
  readonly seq: number;
}

export interface Taken {
  /** New statements: corrections, the newest first; then facts and new revisions in order of event time. */
  readonly facts: readonly Fact[];
  readonly questions: readonly CounterQuestion[];
  readonly withdrawn: readonly Withdrawn[];
  readonly setAside: readonly SetAside[];
  /** Samples that had been seen before, or are taken for such. */
  readonly doubles: number;
  /** Those of them that could not be read and are taken for doubles: they are, if they were kept before. */
  readonly overtaken: readonly Overtaken[];
  /** Samples that came after newer ones and were read at their own time. */
  readonly late: number;
  /** The checkpoint to keep from now on, when this batch moved it. */
  readonly checkpoint: Checkpoint | null;
}

/** Why it was not read, if it is no double. */
export interface Overtaken {
  readonly sample: Sample;
  readonly why: string;
}

/** At most so many samples are kept as long as it is open whether the clock was set back. */
const doubtfulMost = 8_000;

/** How many samples, and how much time, can be folded again at least. */
export interface MemoryLimits {
  readonly samples: number;
  readonly lateMs: number;
}

export function startMemory(checkpoint: Checkpoint): CollectorMemory {
  const { state } = checkpoint;
  return {
    older: checkpoint,
    newer: checkpoint,
    state,
    tail: [],
    newest: new Map(),
    identities: null,
    taken: 0,
    clock: startClock(state.position, state),
    effective: new Map(),
    gaps: state.gaps ?? noGaps,
    asking: nothingAsked,
    marks: 0,
  };
}

/** Takes the samples of one batch, in whatever order they came. */
export function takeSamples(
  context: SourceContext,
  memory: CollectorMemory,
  batch: KeptSamples,
  limits: MemoryLimits,
): Taken {
  hear(memory, batch);
  const sifted = sift(context, memory, batch);
  const { late, ...step } = read(context, memory, sifted);
  const asked = askAnew(context, memory);
  const checkpoint = rotate(context, memory, batch.seq, limits);
  memory.asking = checkpoint ? asking(context, memory) : asked.asking;
  const { tooLate } = sifted;
  const unread = tooLate.filter((sample) => !isOvertaken(memory, sample));
  return {
    ...step,
    questions: [...sifted.questions, ...step.questions, ...asked.questions],
    withdrawn: asked.withdrawn,
    setAside: [...step.setAside, ...nameUnread(context, unread.map(tooLateFor)), ...sifted.setAside],
    doubles: sifted.doubles + tooLate.length - unread.length + sifted.unshown.length,
    overtaken: [
      ...tooLate.filter((sample) => isOvertaken(memory, sample) && !isHeld(memory, sample)).map(tooLateFor),
      ...sifted.unshown.map((sample) => ({ sample, why: notShownNow })),
    ],
    late,
    checkpoint,
  };
}

function hear(memory: CollectorMemory, batch: KeptSamples): void {
  const { older, newer, gaps: before } = memory;
  memory.gaps = hearGaps(before, batch, older.state.position);
  // Whoever begins with that checkpoint finds what was read settled, and does not learn from it that it filled a gap.
  if (newer !== older && batch.fromHistory && memory.gaps !== before) {
    const gaps = withRead(newer.state.gaps ?? noGaps, memory.gaps);
    memory.newer = { ...newer, state: withKnown(newer.state, { gaps }) };
  }
  memory.marks += batch.gaps?.length ?? 0;
}

/**
 * The memory as it was when the last batch was committed. The checkpoints stand where they stood then: else each restart
 * would begin to count anew, and one that is restarted faster than a checkpoint moves on would read more each time.
 *
 * @param batches all kept batches after the checkpoint's, in order of arrival
 * @param facts   all kept facts of the source whose event is after the checkpoint's position
 */
export function rebuildMemory(
  context: SourceContext,
  checkpoint: Checkpoint,
  batches: Iterable<KeptSamples>,
  facts: readonly Fact[],
  limits: MemoryLimits,
): CollectorMemory {
  const memory = startMemory(checkpoint);
  let sifted = nothingSifted();
  for (const batch of batches) {
    hear(memory, batch);
    sift(context, memory, batch, sifted);
    if (!isDue(memory, memory.clock.front, limits)) continue;
    read(context, memory, sifted, foldStated);
    sifted = nothingSifted();
    rotate(context, memory, batch.seq, limits);
  }
  read(context, memory, sifted, foldStated);
  const settled = memory.older === checkpoint ? null : memory.older.state.position;
  memory.effective = effectiveOf(settled === null ? facts : facts.filter(({ eventAt }) => eventAt > settled));
  memory.asking = asking(context, memory);
  return memory;
}

/**
 * Reads everything since the older checkpoint again, because what the rules are given has changed: a person has answered.
 *
 * @returns the difference to what was held to be true
 */
export function readAgain(
  context: SourceContext,
  memory: CollectorMemory,
): Pick<Taken, "facts" | "questions" | "withdrawn"> {
  const { facts, questions } = refold(context, memory, []);
  const asked = askAnew(context, memory);
  memory.asking = asked.asking;
  return { facts, questions: [...questions, ...asked.questions], withdrawn: asked.withdrawn };
}

type Step = Pick<Taken, "facts" | "questions" | "setAside">;

/** Folds what is fresh; what comes before the position is read at its own time. @returns with how many those were */
function read(
  context: SourceContext,
  memory: CollectorMemory,
  { fresh, isRetold }: Sifted,
  fold: typeof foldSamples = foldSamples,
): Step & { readonly late: number } {
  const { position } = memory.state;
  const late =
    position === null ? 0 : fresh.reduce((n, s) => n + (isAfter(context, memory, s.at, position) ? 0 : 1), 0);
  const step = late === 0 && !isRetold ? append(context, memory, fresh, fold) : refold(context, memory, fresh, fold);
  return { ...step, late };
}

function append(
  context: SourceContext,
  memory: CollectorMemory,
  fresh: readonly Sample[],
  fold: typeof foldSamples,
): Step {
  const folded = fold(context, memory.state, fresh);
  if (folded.doubts.length > 0) return refold(context, memory, fresh, fold);
  memory.state = folded.state;
  for (const sample of byTime(fresh)) memory.tail.push(sample);
  for (const fact of folded.facts) memory.effective.set(baseId(fact), { fact, holds: true });
  return folded;
}

/** Folds everything after the older checkpoint again, with the late samples at their own time. */
function refold(
  context: SourceContext,
  memory: CollectorMemory,
  fresh: readonly Sample[],
  fold: typeof foldSamples = foldSamples,
): Step {
  const tail = [...byTime([...memory.tail, ...fresh])];
  const isTaken = memory.newer !== memory.older;
  const cut = isTaken ? countUntil(tail, memory.newer.state.position) : 0;
  const [first, second] = foldKnowing(context, memory.older.state, [tail.slice(0, cut), tail.slice(cut)], fold);
  if (isTaken) memory.newer = { ...memory.newer, state: withKnown(first.state, memory.newer.state) };
  memory.state = second.state;
  memory.tail = tail;
  return {
    facts: compareFacts(memory.effective, [...first.facts, ...second.facts]),
    questions: [...first.questions, ...second.questions],
    setAside: [...first.setAside, ...second.setAside],
  };
}

/** Folds both, one after the other, until each counter is read with what the others say of it, before it and after. */
function foldKnowing(
  context: SourceContext,
  from: CollectorState,
  [earlier, later]: readonly [readonly Sample[], readonly Sample[]],
  fold: typeof foldSamples,
): readonly [Collected, Collected] {
  let zeroed: readonly CounterFall[] = [];
  for (;;) {
    const first = fold({ ...context, zeroed }, from, earlier);
    const second = fold({ ...context, zeroed }, first.state, later);
    if (first.doubts.length + second.doubts.length === 0) return [first, second];
    zeroed = [...zeroed, ...first.doubts, ...second.doubts];
  }
}

/** Older than what can be folded again. */
function tooLateFor(sample: Sample): Overtaken {
  return { sample, why: "It came so late that its time is settled already." };
}

/** What is no double: kept and marked. */
export function nameUnread(context: SourceContext, samples: readonly Overtaken[]): readonly SetAside[] {
  const marked: SetAside[] = [];
  for (const { sample, why } of samples) setAside({ context, setAside: marked }, sample, why);
  return marked;
}

/**
 * Its item was read at that time or later, or what was read of it then was given up: here nobody can tell whether it is one of
 * those that were read.
 */
function isOvertaken({ older }: CollectorMemory, { item, at }: Sample): boolean {
  const { items, setBack, anewAt } = older.state;
  if (anewAt !== undefined && at <= anewAt) return true;
  // Of a clock that was set back, when the later value is read, not what it shows.
  const known = setBack?.items[item] ?? items[item];
  return known !== undefined && at <= known.at;
}

/** Moves the checkpoints on when enough has come after the newer one. @returns the checkpoint to keep, if it moved */
function rotate(context: SourceContext, memory: CollectorMemory, seq: number, limits: MemoryLimits): Checkpoint | null {
  const { newer, state, tail } = memory;
  if (!isDue(memory, state.position, limits)) return null;
  const cut = countUntil(tail, newer.state.position);
  const from: Instant | null = newer.state.position;
  memory.older = newer;
  memory.clock.suspects = [];
  memory.clock.remembered = [];
  memory.newer = { state: withKnown(state, { ...memory.clock, gaps: memory.gaps }), seq };
  memory.tail = tail.slice(cut);
  memory.identities = null;
  memory.taken = 0;
  memory.marks = 0;
  memory.effective = new Map([...memory.effective].filter(([, { fact }]) => from === null || fact.eventAt > from));
  settleEnds(context, memory, from ?? instant(0));
  return memory.older;
}

/** What nothing that comes late can touch any more is forgotten: a gap that begins later begins where the source was complete. */
function settleEnds({ compiled }: SourceContext, memory: CollectorMemory, position: Instant): void {
  const settled = settledBefore(memory.gaps, position);
  const isKept = ({ readAt, endedAt }: EndedRun): boolean => readAt > position || endedAt > settled;
  const isAsked = ({ at, run }: PassingQuestion): boolean =>
    at > position || Object.values(memory.older.state.runs).some(({ id }) => id === run);
  memory.older = withEnds(memory.older, isKept, isAsked);
  memory.newer = withEnds(memory.newer, isKept, isAsked);
  memory.state = withEnds(memory, isKept, isAsked).state;
  const [then, now] = [doubtfulTimes(compiled, memory.older.state), doubtfulTimes(compiled, memory.state)];
  const doubtful = { left: [...then.left, ...now.left], lower: [...then.lower, ...now.lower] };
  memory.gaps = forgetGaps(memory.gaps, position, doubtful);
  memory.newer = { ...memory.newer, state: withKnown(memory.newer.state, { gaps: memory.gaps }) };
}

function withEnds<T extends { readonly state: CollectorState }>(
  of: T,
  isKept: (run: EndedRun) => boolean,
  isAsked: (question: PassingQuestion) => boolean,
): T {
  const { ended = [], passing = [], ...state } = of.state;
  const kept = { ended: ended.filter(isKept), passing: passing.filter(isAsked) };
  if (kept.ended.length === ended.length && kept.passing.length === passing.length) return of;
  const left = {
    ...(kept.ended.length > 0 && { ended: kept.ended }),
    ...(kept.passing.length > 0 && { passing: kept.passing }),
  };
  return { ...of, state: { ...state, ...left } };
}

/** What is known of the clock and of gaps is no outcome of folding. */
export function withKnown(
  state: CollectorState,
  known: Pick<CollectorState | SourceClock, keyof KeptClock> & Pick<CollectorState, "gaps">,
): CollectorState {
  const { setBack, soundAt, soundBefore, frontReceivedAt, gaps } = known;
  return {
    ...state,
    ...(setBack && { setBack }),
    ...(soundAt && { soundAt }),
    ...(soundBefore && { soundBefore }),
    ...(frontReceivedAt && { frontReceivedAt }),
    ...(gaps && gaps !== noGaps && { gaps }),
  };
}

function isDue(
  { newer, taken, marks, gaps, clock }: CollectorMemory,
  position: Instant | null,
  { samples, lateMs }: MemoryLimits,
): boolean {
  // What may have to be read at another time is not settled at once.
  const takenMost = isInDoubt(clock) ? Math.max(samples, doubtfulMost) : samples;
  const isPast = (at: Instant | null): boolean => (at ?? 0) - (newer.state.position ?? 0) > lateMs;
  // A machine that only comes and goes says nothing new: its gaps tell that time has passed.
  return (taken >= takenMost && isPast(position)) || (marks >= takenMost && isPast(toldUpTo(gaps)));
}

function isAfter(context: SourceContext, memory: CollectorMemory, at: Instant, position: Instant): boolean {
  if (at !== position) return at > position;
  // A frame may have been cut by the end of a batch: what belongs to it must be read together with it. Samples that
  // stand for themselves go on, unless a checkpoint was taken in between: it must hold all of its time.
  return context.compiled.map.frame === "sample" && position !== memory.newer.state.position;
}

function countUntil(tail: readonly Sample[], position: Instant | null): number {
  if (position === null) return 0;
  let low = 0;
  let high = tail.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tail[middle]?.at ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
