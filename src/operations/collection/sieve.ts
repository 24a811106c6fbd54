/**
 * What arrives at a source before anything is read out of it: doubles, what no rule reads, what comes too late or too
 * early, and what a clock that was set back shows. Nothing is folded here.
 */
import type { Instant } from "../../base/instant.ts";
import type { GapMark } from "../../record/sample-batch.ts";
import { aheadOfItsTime, sampleIdentity, shownAt, type Sample } from "../../record/sample.ts";
import {
  hearOwnTime,
  hearSound,
  isBehind,
  isShownBy,
  isSuspect,
  readBehind,
  setBackText,
  suspect,
  type Reading,
  type SourceClock,
} from "./clock.ts";
import { byTime } from "./frame.ts";
import type { CollectorState } from "./state.ts";
import { beginningOf, isMeaning } from "./told-again.ts";
import { question, setAside, type CounterQuestion, type SetAside, type SourceContext } from "./work.ts";

/** Samples of one kept batch, with its place in the stream. */
export interface KeptSamples {
  readonly seq: number;
  readonly samples: readonly Sample[];
  /** Read back from the machine's history. */
  readonly fromHistory?: true;
  /** What it says of gaps in the stream. */
  readonly gaps?: readonly GapMark[];
}

/** By what is known of a source it is decided what is fresh. */
export interface Sieve {
  /** Everything at and before it is settled. */
  older: { readonly state: CollectorState };
  /** Samples after the older checkpoint that a rule reads, in order. */
  tail: Sample[];
  /** Newest source time of each item: what is newer cannot be a double. */
  readonly newest: Map<string, Instant>;
  /** Identities of the tail, gathered when the first sample comes that may be a double; null before that. */
  identities: Set<string> | null;
  /** Samples taken since the newer checkpoint, whether a rule reads them or not: a restart reads all of them again. */
  taken: number;
  readonly clock: SourceClock;
}

export interface Sifted {
  /** To be folded. */
  readonly fresh: Sample[];
  readonly tooLate: Sample[];
  /** Of a clock that was set back, and nothing that it shows now. */
  readonly unshown: Sample[];
  readonly setAside: SetAside[];
  readonly questions: CounterQuestion[];
  doubles: number;
  /** Samples of the tail are read at another time than before: all of it is to be folded again. */
  isRetold: boolean;
}

const shownTwice =
  "The machine's clock was set back: what it remembers of a time that it showed twice cannot be told apart.";

export const notShownNow = "Its time was settled already, and the clock cannot show it now.";

export function nothingSifted(): Sifted {
  return { fresh: [], tooLate: [], unshown: [], setAside: [], questions: [], doubles: 0, isRetold: false };
}

/**
 * Takes out doubles and what no rule reads; what is fresh counts as seen from now on.
 *
 * @param sifted  what was seen and not folded yet; what is fresh is put behind it
 */
export function sift(
  context: SourceContext,
  sieve: Sieve,
  { samples, fromHistory }: KeptSamples,
  sifted: Sifted = nothingSifted(),
): Sifted {
  const scope: Scope = { context, sieve, sifted, samples, isRemembered: fromHistory === true };
  // When a session begins, each item tells its last value, in no order of time.
  for (const sample of sieve.clock.setBack ? byTime(samples) : samples) {
    if (!isRead(context, sample.item)) continue;
    if (sample.mark === aheadOfItsTime) {
      aside(scope, sample, "Its time lies ahead of everything else that the machine says.");
    } else if (isBehind(sieve.clock, sample, context.compiled.map.clock.lateMs)) takeBehind(scope, sample);
    else takeInTime(scope, sample);
  }
  sieve.taken += samples.length;
  return sifted;
}

/** What one batch is sifted with. */
interface Scope {
  readonly context: SourceContext;
  readonly sieve: Sieve;
  readonly sifted: Sifted;
  /** All of them. */
  readonly samples: readonly Sample[];
  /** When what it tells again is read; null where it is no beginning of a session, undefined before somebody has asked. */
  beginsAt?: Instant | null;
  /** Read back from the machine's history. */
  readonly isRemembered: boolean;
}

function isRead(context: SourceContext, item: string): boolean {
  for (const { place } of context.maps) if (place(item) !== null) return true;
  return false;
}

/** A sample that is read at the time that it shows. */
function takeInTime(scope: Scope, sample: Sample): void {
  const { context, sieve, sifted, isRemembered } = scope;
  const { newest, clock } = sieve;
  const settled = sieve.older.state.position;
  const known = newest.get(sample.item);
  const isLate = isSuspect(clock, sample, context.compiled.map.clock);
  if ((known === undefined || sample.at > known) && (settled === null || sample.at > settled)) {
    newest.set(sample.item, sample.at);
    sieve.identities?.add(sampleIdentity(sample));
    sifted.fresh.push(sample);
  } else {
    const identities = identitiesOf(sieve, sifted);
    const identity = sampleIdentity(sample);
    if (identities.has(identity)) {
      sifted.doubles += 1;
      // What the machine says now, and had remembered before, may tell of its clock after all.
      if (isLate && !isRemembered && sayAnew(scope, sample, identity)) doubt(scope, sample);
      return;
    }
    if (settled !== null && sample.at <= settled) {
      if (isToldAgain(scope, sample)) return holdFromNow(scope, sample);
      // It was read, and tells as little of the clock as to whoever has begun before and still finds it among what was.
      if (isLate && isHeld(sieve, sample)) {
        sifted.doubles += 1;
        return;
      }
      sifted.tooLate.push(sample);
    } else {
      identities.add(identity);
      sifted.fresh.push(sample);
    }
  }
  if (!isLate) {
    if (!isRemembered) hearSound(clock, sample, context.compiled.map.clock.lateMs);
    hearOwnTime(clock, sample);
  } else if (isRemembered) clock.remembered.push(sample);
  else doubt(scope, sample);
}

/** What says what a count is of, and was given up, at the beginning of a session. */
function isToldAgain(scope: Scope, { item }: Sample): boolean {
  const { context, sieve, sifted, samples, isRemembered } = scope;
  const { items, anewAt } = sieve.older.state;
  if (anewAt === undefined || isRemembered || items[item] !== undefined || !isMeaning(context, item)) return false;
  if (scope.beginsAt === undefined) {
    const { older, tail, clock } = sieve;
    scope.beginsAt = beginningOf(context, { older, clock, since: [...tail, ...sifted.fresh] }, samples);
  }
  return scope.beginsAt !== null;
}

/** Of a session that begins. */
function holdFromNow({ sieve, sifted, beginsAt }: Scope, sample: Sample): void {
  if (!beginsAt) return;
  sieve.clock.front = beginsAt;
  sieve.newest.set(sample.item, beginsAt);
  sieve.identities?.add(sampleIdentity(sample));
  sifted.fresh.push({ ...sample, at: beginsAt, saidAt: sample.at });
}

/** A live value takes the place of the same one from history, where it is open what that is worth. */
function sayAnew({ sieve, sifted }: Scope, sample: Sample, identity: string): boolean {
  const { clock, tail } = sieve;
  const { fresh, tooLate } = sifted;
  const shown = shownAt(sample);
  // Its identity costs more than its item and its time, and there may be thousands.
  const from = clock.remembered.findIndex(
    (one) => one.item === sample.item && shownAt(one) === shown && sampleIdentity(one) === identity,
  );
  const [remembered] = from < 0 ? [] : clock.remembered.splice(from, 1);
  if (!remembered) return false;
  for (const samples of [tail, fresh, tooLate]) {
    const at = samples.indexOf(remembered);
    if (at >= 0) samples[at] = sample;
  }
  return true;
}

/** What lies far behind and is no double: perhaps the machine's clock was set back, and it belongs to the end. */
function doubt(scope: Scope, sample: Sample): void {
  const { context, sieve, sifted } = scope;
  const { clock } = sieve;
  const { front } = clock;
  const since = suspect(clock, sample, context.compiled.map.clock.lateMs);
  if (!since || front === null) return;
  const { remembered } = clock;
  clock.remembered = [];
  const moved = new Set([...since, ...remembered]);
  const kept = sieve.tail.filter((one) => !moved.has(one));
  sifted.isRetold ||= kept.length < sieve.tail.length;
  sieve.tail = kept;
  keepOut(sifted.fresh, moved);
  keepOut(sifted.tooLate, moved);
  sieve.identities = null;
  for (const one of remembered) aside(scope, one, shownTwice);
  // They were kept, and read until now. None of them lies behind any more: what was received before says nothing of the clock.
  for (const one of since)
    if (pushBehind(scope, { ...one, mayBeStated: true })) hearSound(clock, one, context.compiled.map.clock.lateMs);
    else aside(scope, one, notShownNow);
  sifted.questions.push(question(context, sample, `clock/${sample.at}`, setBackText(sample, front)));
}

/** A sample of a machine whose clock is set back. */
function takeBehind(scope: Scope, sample: Sample): void {
  const { context, sieve, sifted, isRemembered } = scope;
  const { lateMs } = context.compiled.map.clock;
  const { setBack } = sieve.clock;
  if (identitiesOf(sieve, sifted).has(sampleIdentity(sample)) || isHeld(sieve, sample)) sifted.doubles += 1;
  else if (isRemembered) aside(scope, sample, shownTwice);
  else if (pushBehind(scope, sample)) hearSound(sieve.clock, sample, lateMs);
  else {
    sifted.unshown.push(sample);
    // One that this clock has shown tells of no other.
    if (!setBack || !isShownBy(setBack, sample, lateMs)) doubt(scope, sample);
  }
}

/** @returns false for one that this clock cannot have shown now */
function pushBehind(scope: Scope, sample: Sample): boolean {
  const { context, sieve, sifted } = scope;
  const told = (): readonly Reading[] => readingsOf(sieve, sifted);
  const read = readBehind(sieve.clock, sample, context.compiled.map.clock.lateMs, told);
  if (!read) return false;
  const settled = sieve.older.state.position;
  if (settled !== null && read.at <= settled) {
    sifted.tooLate.push(sample);
    return true;
  }
  const known = sieve.newest.get(read.item);
  if (known === undefined || read.at > known) sieve.newest.set(read.item, read.at);
  sieve.identities?.add(sampleIdentity(read));
  sifted.fresh.push(read);
  return true;
}

/** When what the clock that is set back has shown is read: what the checkpoint knows of it, and what came since. */
function readingsOf({ older, tail, clock }: Sieve, { fresh }: Sifted): readonly Reading[] {
  const after = clock.setBack?.after;
  if (after === undefined) return [];
  const { setBack } = older.state;
  const settled = setBack?.after === after ? setBack.read : [];
  const open = [...tail, ...fresh].flatMap(({ saidAt, at }) =>
    saidAt !== undefined && at > after ? [{ shown: saidAt, at }] : [],
  );
  return [...settled, ...open];
}

/** What an item held when the checkpoint was taken: a session tells it again. */
export function isHeld({ older }: Pick<Sieve, "older">, { item, at, value, mark }: Sample): boolean {
  const held = older.state.items[item];
  return held?.at === at && held.mark === mark && JSON.stringify(held.value) === JSON.stringify(value);
}

function identitiesOf(sieve: Sieve, { fresh }: Sifted): Set<string> {
  return (sieve.identities ??= new Set([...sieve.tail, ...fresh].map(sampleIdentity)));
}

function keepOut(samples: Sample[], moved: ReadonlySet<Sample>): void {
  const kept = samples.filter((one) => !moved.has(one));
  samples.splice(0, samples.length, ...kept);
}

function aside({ context, sifted }: Scope, sample: Sample, why: string): void {
  setAside({ context, setAside: sifted.setAside }, sample, why);
}
