/**
 * Collection: samples of one source, in order of source time, become facts by the rules of the map. A pure fold: the
 * state before and the samples decide everything, whatever batches they came in.
 */
import type { Fact } from "../../record/fact.ts";
import { isGood, type Sample } from "../../record/sample.ts";
import { mapAt } from "./compiled-map.ts";
import { byTime, frames, type Frame } from "./frame.ts";
import type { CollectorState } from "./state.ts";
import { followRun } from "./run.ts";
import { readCounters } from "./count.ts";
import { readSignals } from "./signal.ts";
import { setAside, type CounterQuestion, type Reading, type SetAside, type SourceContext, type Work } from "./work.ts";

export interface Collected {
  readonly state: CollectorState;
  readonly facts: readonly Fact[];
  readonly questions: readonly CounterQuestion[];
  readonly setAside: readonly SetAside[];
}

/** Folds samples that are all newer than the state's position, or at it. */
export function foldSamples(context: SourceContext, before: CollectorState, samples: readonly Sample[]): Collected {
  const work: Work = {
    context,
    items: { ...before.items },
    runs: { ...before.runs },
    counters: { ...before.counters },
    current: before.current,
    state: before.state,
    energy: before.energy,
    facts: [],
    questions: [],
    setAside: [],
  };
  let position = before.position;
  for (const frame of frames(byTime(samples), context.compiled.map.frame)) {
    if (context.maps.length > 1)
      work.context = { ...context, compiled: mapAt(context.maps, frame.at) ?? context.compiled };
    foldFrame(work, frame);
    position = frame.at;
  }
  const { items, runs, current, counters, state, energy, facts, questions, setAside } = work;
  return { state: { position, items, runs, current, counters, state, energy }, facts, questions, setAside };
}

function foldFrame(work: Work, frame: Frame): void {
  const readings: Reading[] = [];
  for (const sample of frame.samples) {
    const place = work.context.compiled.place(sample.item);
    if (!place) continue;
    if (!isGood(sample)) {
      setAside(work, sample, `The machine marks this value as bad (status 0x${sample.status.toString(16)}).`);
      continue;
    }
    readings.push({ sample, place });
    work.items[sample.item] = { value: sample.value, at: sample.at, mark: sample.mark };
  }
  if (readings.length === 0) return;
  const left = followRun(work, frame.at, readings);
  readCounters(work, readings);
  readSignals(work, readings, left);
}
