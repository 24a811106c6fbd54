/**
 * What a machine said: one value of one item at one source time. Samples are kept as they came; what they mean is
 * decided by the map, in `operations/collection`.
 */
import { contentId, timedId } from "../base/id.ts";
import type { Instant } from "../base/instant.ts";
import { keptText, withoutPadding } from "../base/text.ts";

/** Scalars as they came; 64-bit integers beyond 2^53 as decimal text; structures as JSON. */
export type SampleValue =
  | string
  | number
  | boolean
  | null
  | readonly SampleValue[]
  | { readonly [name: string]: SampleValue };

export interface Sample {
  /** Path of the item inside its source, e.g. `Production/GoodPieces`. */
  readonly item: string;
  /** Source time: when the machine says it happened. */
  readonly at: Instant;
  /**
   * What the machine's clock showed, where it is not read at that time because the clock had been set back; left out
   * otherwise. Only in the memory of collection, never in what is kept.
   */
  readonly saidAt?: Instant;
  /** It may have been read before at the time that it shows, as long as nobody knew of that clock. Likewise only in memory. */
  readonly mayBeStated?: true;
  /** When the gateway had it in its hands. Not part of the identity. */
  readonly receivedAt: Instant;
  /** The protocol's status code, see `isGood`. */
  readonly status: number;
  readonly value: SampleValue;
  /**
   * What tells two equal samples apart where the protocol knows (event id), or where the gateway does: how often a value has
   * come back after another one at the same source time. Empty otherwise.
   */
  readonly mark: string;
}

/**
 * A value as it can be kept: texts without what controllers pad them with, and without what no text of ours can hold. Every
 * machine protocol makes its samples with it; the texts it is about are names of jobs and results as often as not.
 */
export function keptValue(value: SampleValue): SampleValue {
  if (typeof value === "string") return keptText(withoutPadding(value));
  if (typeof value !== "object" || value === null) return value;
  // isArray does not narrow a readonly array.
  if (Array.isArray(value)) return (value as readonly SampleValue[]).map(keptValue);
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [keptText(name), keptValue(held)]));
}

/**
 * The mark of a sample whose source time lies ahead of everything its source says now: it is kept, and nothing is read
 * out of it, because it would make all that follows late.
 */
export const aheadOfItsTime = "ahead-of-its-time";

/** Points at one sample for ever: enough to find it in the kept batches and to prove that it is the one. */
export interface SampleReference {
  readonly id: string;
  readonly item: string;
  readonly at: Instant;
}

/**
 * Text that is equal exactly when two samples are the same machine event, whichever way they came (subscription,
 * reconnect, history, second gateway). Cheap; `sampleId` is its hash.
 */
export function sampleIdentity(sample: Sample): string {
  return `${shownAt(sample)}|${sample.item}|${sample.status}|${sample.mark}|${JSON.stringify(sample.value)}`;
}

/** The source time that the machine gave it: by that it is found among what is kept. */
export function shownAt({ at, saidAt }: Sample): Instant {
  return saidAt ?? at;
}

/**
 * The identity of a sample across sources: what facts name as their evidence.
 *
 * @param timedSince  what the source said before has an identity without a time: it may have been stated so; null: nothing
 */
export function sampleId(source: string, sample: Sample, timedSince: Instant | null = null): string {
  const parts = ["sample", source, sampleIdentity(sample)] as const;
  const time = shownAt(sample);
  return timedSince !== null && time < timedSince ? contentId(...parts) : timedId(time, ...parts);
}

/** What points at it. */
export function referenceTo(source: string, sample: Sample, timedSince: Instant | null = null): SampleReference {
  return { id: sampleId(source, sample, timedSince), item: sample.item, at: shownAt(sample) };
}

/** The two highest bits of a status say whether it is good; the others say how: at a limit, constant, overridden by hand. */
export function isGood({ status }: Pick<Sample, "status">): boolean {
  return status >>> 30 === 0;
}

/** For people: whether it is good, and how where the status says more. */
export function statusText(sample: Pick<Sample, "status">): string {
  const code = `0x${(sample.status >>> 0).toString(16).padStart(8, "0").toUpperCase()}`;
  if (!isGood(sample)) return code;
  return sample.status === 0 ? "good" : `good (${code})`;
}
