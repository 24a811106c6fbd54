/**
 * Collection: samples of one source, in order of source time, become facts by the rules of the map. A pure fold: the
 * state before and the samples decide everything, whatever batches they came in.
 */
import type { Fact } from "../../record/fact.ts";
import { isGood, shownAt, type Sample } from "../../record/sample.ts";
import { mapAt } from "./compiled-map.ts";
import { byTime, frames, type Frame } from "./frame.ts";
import type { CounterFall } from "./counter.ts";
import type { CollectorState } from "./state.ts";
import { followRun } from "./run.ts";
import { followStations, leaveStations, seeStation } from "./station.ts";
import { readCounters } from "./count.ts";
import { readSignals, readStationEnergy, readStationSignals } from "./signal.ts";
import { setAside, type CounterQuestion, type Reading, type SetAside, type SourceContext, type Work } from "./work.ts";

export interface Collected {
  readonly state: CollectorState;
  readonly facts: readonly Fact[];
  readonly questions: readonly CounterQuestion[];
  readonly setAside: readonly SetAside[];
  /** Counters that were set to zero just after another one was read to have rolled over: it has to be read with them. */
  readonly doubts: readonly CounterFall[];
}

/** Folds samples that are all newer than the state's position, or at it. */
export function foldSamples(context: SourceContext, before: CollectorState, samples: readonly Sample[]): Collected {
  return fold(context, before, samples, []);
}

/** The same where all of it was stated before: only what it comes to. To state it is nearly half of the work. */
export function foldStated(context: SourceContext, before: CollectorState, samples: readonly Sample[]): Collected {
  return fold(context, before, samples, null);
}

function fold(
  context: SourceContext,
  before: CollectorState,
  samples: readonly Sample[],
  stated: Fact[] | null,
): Collected {
  const work: Work = {
    context,
    items: { ...before.items },
    runs: { ...before.runs },
    unnumbered: before.unnumbered ?? [],
    counters: { ...before.counters },
    current: before.current,
    state: before.state,
    energy: before.energy,
    anewAt: before.anewAt,
    stations: { ...before.stations },
    credits: { ...before.credits },
    falls: before.falls ?? [],
    doubts: [],
    ended: [...(before.ended ?? [])],
    passing: [...(before.passing ?? [])],
    facts: stated,
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
  const { facts, questions, setAside, doubts } = work;
  return { state: stateOf(work, position), facts: facts ?? [], questions, setAside, doubts };
}

/** What a unit without stations does not have is left out of its state. */
function stateOf(work: Work, position: CollectorState["position"]): CollectorState {
  const { items, runs, unnumbered, current, counters, state, energy, anewAt, stations, credits, falls } = work;
  const { ended, passing } = work;
  return {
    position,
    items,
    runs,
    current,
    counters,
    state,
    energy,
    ...(unnumbered.length > 0 && { unnumbered }),
    ...(Object.keys(stations).length > 0 && { stations }),
    ...(Object.keys(credits).length > 0 && { credits }),
    ...(falls.length > 0 && { falls }),
    ...(ended.length > 0 && { ended }),
    ...(passing.length > 0 && { passing }),
    ...(anewAt !== undefined && { anewAt }),
  };
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
    const before = work.items[sample.item];
    readings.push({ sample, place, ...(before && { before }) });
    work.items[sample.item] = { value: sample.value, at: shownAt(sample), mark: sample.mark };
    seeStation(work, place, frame.at);
  }
  if (readings.length === 0) return;
  if (work.context.compiled.station === null) {
    leaveStations(work, readings);
    const change = followRun(work, frame.at, readings);
    readCounters(work, readings);
    readSignals(work, readings, change);
    return;
  }
  // What a meter shows in the frame in which a job changes was used before.
  readStationEnergy(work, readings);
  followStations(work, frame.at, readings);
  readCounters(work, readings);
  readStationSignals(work, readings);
}
