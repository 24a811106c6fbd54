/**
 * What comes too late to be read, of items that were read at later times, or is nothing that a clock which was set back shows
 * now. Most of it is told once more, by another gateway, an old buffer or a snapshot; what only a gateway that had ended has
 * heard looks the same. What was kept before tells.
 */
import type { Instant } from "../base/instant.ts";
import type { Overtaken } from "../operations/collection/memory.ts";
import { sampleIdentity } from "../record/sample.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import type { TimeSpan } from "./collector-ports.ts";
import type { Tx } from "./ports.ts";

export interface OvertakenIn {
  readonly batch: Pick<SampleBatch, "samples">;
  readonly overtaken: readonly Overtaken[];
}

/** Times nearer than this are looked for as one span: batches that came live are seldom shorter. */
const nearMs = 1_000;

/**
 * Those that stand in no batch before their own, each once.
 *
 * @param turn  the batches of one transaction in order of arrival, none of them kept yet, with what was overtaken in each
 */
export async function neverKept(tx: Tx, source: string, turn: readonly OvertakenIn[]): Promise<readonly Overtaken[]> {
  const open = newIn(turn);
  if (open.size === 0) return [];
  const times = new Set([...open.values()].map(({ sample }) => sample.at));
  await tx.collectors.samplesAround(source, spansOf(times), (samples) => {
    // An identity costs far more than a time, and a batch may be of hours.
    for (const sample of samples) if (times.has(sample.at)) open.delete(sampleIdentity(sample));
    return open.size > 0;
  });
  return [...open.values()];
}

/** By identity: what was not said in an earlier batch of this turn. */
function newIn(turn: readonly OvertakenIn[]): Map<string, Overtaken> {
  const open = new Map<string, Overtaken>();
  if (turn.every(({ overtaken }) => overtaken.length === 0)) return open;
  const said = new Set<string>();
  for (const { batch, overtaken } of turn) {
    for (const one of overtaken) {
      const identity = sampleIdentity(one.sample);
      if (!said.has(identity)) open.set(identity, one);
    }
    for (const sample of batch.samples) said.add(sampleIdentity(sample));
  }
  return open;
}

/** Times far from each other are looked for by themselves: all that was kept in between may be days. */
function spansOf(times: ReadonlySet<Instant>): readonly TimeSpan[] {
  const spans: { from: Instant; to: Instant }[] = [];
  for (const at of [...times].toSorted((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && at - last.to <= nearMs) last.to = at;
    else spans.push({ from: at, to: at });
  }
  return spans;
}
