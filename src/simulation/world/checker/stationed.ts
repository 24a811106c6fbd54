/**
 * The simple reading of a machine with stations: each stroke makes, in each station, as many pieces as are open there when it
 * is shown. Stations that name one job are in one run. A station that names no job and has nothing open makes nothing, and
 * whatever is shown then is where it goes on from.
 */
import { stationItems, strokes } from "../machine-work.ts";
import { stationNames, type StationName } from "../plan.ts";
import {
  add,
  isSetToZero,
  riseBetween,
  newRun,
  type CounterPlan,
  type Read,
  type ReadRun,
  type Said,
} from "./read-run.ts";

interface Station {
  job: string;
  open: number;
  run: ReadRun | null;
  /** What it has counted its strokes and its scrap up to; undefined before the first value. */
  strokes: number | undefined;
  scrap: number | undefined;
}

const counted: readonly string[] = [strokes.count, ...stationNames.map((name) => stationItems(name).scrap)];

export function readStationed(frames: readonly Said[], plan: CounterPlan, scrapIsGoodFrom: number): Read {
  const stations = new Map<StationName, Station>(
    stationNames.map((name) => [name, { job: "", open: 0, run: null, strokes: undefined, scrap: undefined }]),
  );
  const runs: ReadRun[] = [];
  let doubts = 0;
  const last = new Map<string, number>();
  /** The counters that are set to zero with the frame at hand: what falls with them is, too. */
  let zeroed: readonly string[] = [];
  const made = (item: string, before: number | undefined, now: number): number | null => {
    if (before !== undefined && now < before && zeroed.some((other) => other !== item)) return now;
    const pieces = before === undefined ? 0 : riseBetween(before, now, plan);
    if (pieces === null) doubts += 1;
    return pieces;
  };
  for (const { at, samples } of frames) {
    const shown = new Map(samples.map(({ item, value }) => [item, value]));
    const counts = samples.flatMap(({ item, value }) =>
      counted.includes(item) && typeof value === "number" ? [[item, value] as const] : [],
    );
    zeroed = counts.flatMap(([item, now]) => (isSetToZero(last.get(item) ?? now, now, plan) ? [item] : []));
    for (const [item, now] of counts) last.set(item, now);
    for (const [name, station] of stations) {
      const { job, open } = stationItems(name);
      station.job = String(shown.get(job) ?? station.job);
      station.open = Number(shown.get(open) ?? station.open);
    }
    follow(stations, runs, at);
    const count = shown.get(strokes.count);
    for (const [name, station] of stations) {
      if (typeof count === "number") {
        const isIdle = station.job === "" && station.open === 0;
        const by = isIdle ? 0 : made(strokes.count, station.strokes, count);
        if (by !== null) station.strokes = count;
        if (by !== null && by * station.open > 0 && station.run) add(station.run, "good", by * station.open, at);
      }
      const { scrap } = stationItems(name);
      const spoilt = shown.get(scrap);
      if (typeof spoilt !== "number") continue;
      const by = made(scrap, station.scrap, spoilt);
      if (by === null) continue;
      station.scrap = spoilt;
      if (by > 0 && station.run) add(station.run, at >= scrapIsGoodFrom ? "good" : "scrap", by, at);
    }
  }
  return { runs, doubts };
}

/** Each station is in the run of the job that it names; a run that no station is in any more is over. */
function follow(stations: ReadonlyMap<StationName, Station>, runs: ReadRun[], at: number): void {
  const before = new Set([...stations.values()].flatMap(({ run }) => run ?? []));
  const open = new Map([...before].map((run) => [run.job, run]));
  for (const station of stations.values()) {
    if (station.job === (station.run?.job ?? "")) continue;
    const known = open.get(station.job);
    station.run = station.job === "" ? null : (known ?? newRun(station.job, at, null));
    if (!station.run || known) continue;
    runs.push(station.run);
    open.set(station.job, station.run);
  }
  const after = new Set([...stations.values()].flatMap(({ run }) => run ?? []));
  for (const run of before) if (!after.has(run)) run.lastAt = at;
}
