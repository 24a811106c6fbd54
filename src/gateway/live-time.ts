/**
 * At which time a live value counts: the machine's, or the gateway's own where that is trusted. And how far the time line of
 * a source has come: what lies ahead of it is marked, in what is said live as in what the machine remembers.
 */
import { formatInstant } from "../base/instant.ts";
import { aheadOfItsTime, type Sample } from "../record/sample.ts";
import type { SessionContext } from "./feed-context.ts";

/** So far may values run ahead: history is read while the machine goes on, and clocks are not all alike. */
const aheadMsMax = 86_400_000;

/** Live values as they are kept. */
export function timed(context: SessionContext, samples: readonly Sample[]): readonly Sample[] {
  const { trust, mode } = context.settings.clockRule;
  if (trust === "gateway") return samples.map((sample) => asReceived(context, sample));
  const numbered = samples.map(context.numberReturns);
  return mode === "live" ? markAhead(context, numbered) : numbered;
}

/** Those that tell where the source's time line stands; the same array when all do. */
export function withoutAhead(samples: readonly Sample[]): readonly Sample[] {
  return samples.some(isAhead) ? samples.filter((sample) => !isAhead(sample)) : samples;
}

/** Beyond this time nothing is on the time line of the source. */
export function timeLineLimit(context: SessionContext): number {
  return timeLineEnd(context) + aheadMsMax;
}

/** Values of one item that come together have the same time: numbered, the second of two equal ones is no double. */
function asReceived({ told }: SessionContext, sample: Sample): Sample {
  const { item, receivedAt: at } = sample;
  const last = told.get(item);
  const before = last?.at === at ? last.before + 1 : 0;
  told.set(item, { at, before });
  // What the protocol itself tells apart is not numbered.
  return { ...sample, at, mark: before === 0 || sample.mark !== "" ? sample.mark : String(before) };
}

/** One value with the greatest time that its protocol knows would make all that follows late. */
function markAhead(context: SessionContext, samples: readonly Sample[]): readonly Sample[] {
  const limit = timeLineLimit(context);
  const first = samples.find(({ at }) => at > limit);
  if (!first) return samples;
  if (!context.isAheadNoted) noteAhead(context, first);
  return samples.map((sample) => (sample.at > limit ? { ...sample, mark: aheadOfItsTime } : sample));
}

function noteAhead(context: SessionContext, { item, at }: Sample): void {
  const { source, log } = context.settings;
  context.isAheadNoted = true;
  log.warn(
    `${source}: ${item} shows ${formatInstant(at)}, more than a day after this gateway's clock. Such values are kept and not read. See that the clocks of the machine and of this gateway are right.`,
  );
}

function isAhead({ mark }: Sample): boolean {
  return mark === aheadOfItsTime;
}

/** Nothing is ahead of a time line that is not known. */
function timeLineEnd(context: SessionContext): number {
  const { settings, clock, heardAll, heardUpTo } = context;
  const heard = heardAll && heardUpTo !== null ? heardUpTo : null;
  // Our own clock may have been set back: where the source was complete already is behind its time line in any case.
  const known = settings.buffer.through(settings.source)?.at ?? 0;
  if (settings.clockRule.mode === "live") return Math.max(clock.now(), heard ?? 0, known);
  return heard ?? Number.POSITIVE_INFINITY;
}
