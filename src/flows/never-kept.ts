/**
 * What comes too late to be read, of items that were read at later times, or is nothing that a clock which was set back shows
 * now. Most of it is told once more, by another gateway, an old buffer or a snapshot; what only a gateway that had ended has
 * heard looks the same. What was kept before tells.
 */
import { instant, type Instant } from "../base/instant.ts";
import type { Overtaken } from "../operations/collection/memory.ts";
import { sampleIdentity, type Sample } from "../record/sample.ts";
import type { SampleBatch } from "../record/sample-batch.ts";
import type { Tx } from "./ports.ts";

export interface OvertakenIn {
  readonly batch: Pick<SampleBatch, "samples">;
  readonly overtaken: readonly Overtaken[];
}

/** So much time is looked through at once. */
const spanMs = 600_000;

/**
 * Those that stand in no batch before their own, each once.
 *
 * @param turn  the batches of one transaction in order of arrival, none of them kept yet, with what was overtaken in each
 */
export async function neverKept(tx: Tx, source: string, turn: readonly OvertakenIn[]): Promise<readonly Overtaken[]> {
  const open = newIn(turn);
  for (const span of spansOf([...open.values()].map(({ sample }) => sample))) {
    for (const sample of await tx.collectors.samplesAround(source, span)) {
      if (sample.at >= span.from && sample.at <= span.to) open.delete(sampleIdentity(sample));
    }
  }
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
function spansOf(samples: readonly Sample[]): readonly { readonly from: Instant; readonly to: Instant }[] {
  const spans: { from: Instant; to: Instant }[] = [];
  for (const { at } of samples.toSorted((a, b) => a.at - b.at)) {
    const last = spans.at(-1);
    if (last && at - last.from <= spanMs) last.to = instant(at);
    else spans.push({ from: at, to: at });
  }
  return spans;
}
