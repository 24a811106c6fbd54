/**
 * Stations: the parts of a unit in which jobs run side by side, such as the cavities of a family mould or the zones of an
 * oven. Which run each of them is in, by the job that it names; and how many pieces a count of the whole unit makes there.
 */
import type { Instant } from "../../base/instant.ts";
import type { Sample } from "../../record/sample.ts";
import type { ItemPlace } from "./compiled-map.ts";
import { tellEnergy } from "./energy.ts";
import { begin, text } from "./run.ts";
import { leftRun, noteEnded } from "./last-count.ts";
import { nothingCounted, type StationState } from "./state.ts";
import { held, pathIn, runIn, stateFact, type Reading, type Work } from "./work.ts";

/** The station that an item belongs to; null for an item of the whole unit. */
export function stationOf(work: Work, { placeholders }: ItemPlace): string | null {
  const { station } = work.context.compiled;
  return station === null ? null : (placeholders[station] ?? null);
}

/** A station is there from the first value on that the machine says of it. */
export function seeStation(work: Work, place: ItemPlace, at: Instant): void {
  const station = stationOf(work, place);
  if (station !== null) work.stations[station] ??= { run: null, since: at, energy: 0, ...nothingCounted };
}

/** In an order of their own, whatever came first. */
export function stationsIn(work: Work): readonly string[] {
  return Object.keys(work.stations).toSorted();
}

/**
 * Brings every station that names another job to that job's run, which begins with the first station that names it and
 * ends when the last one has left it.
 */
export function followStations(work: Work, at: Instant, readings: readonly Reading[]): void {
  const rule = work.context.compiled.map.run;
  const trigger = readings[0]?.sample;
  if (rule?.by !== "job" || !trigger) return;
  const left = new Map<string, Sample>();
  for (const station of stationsIn(work)) {
    const because = readingIn(work, readings, rule.job, station) ?? readingIn(work, readings, rule.article, station);
    const before = work.stations[station];
    if (!because || !before) continue;
    const job = text(held(work, rule.job, station));
    const article = text(held(work, rule.article, station));
    const run = job === "" ? null : `${job}\u001f${article}`;
    if (run === before.run) continue;
    tellEnergy(work, station, because);
    tellEnergy(work, null, because);
    leaveRun(work, station, before, readings, because);
    if (before.run !== null) left.set(before.run, because);
    work.stations[station] = { run, since: at, energy: 0, ...nothingCounted };
    if (run !== null && !work.runs[run]) begin(work, run, { number: null, job, article }, at, because, station);
  }
  endLeft(work, (key) => left.get(key) ?? trigger);
  // What ran before the map knew of stations is over as well.
  work.current = null;
}

function readingIn(work: Work, readings: readonly Reading[], key: string | null, station: string): Sample | undefined {
  if (key === null) return undefined;
  const path = pathIn(work, key, station);
  return readings.findLast(({ sample }) => sample.item === path)?.sample;
}

/** A version of the map without stations ends what runs in them. */
export function leaveStations(work: Work, readings: readonly Reading[]): void {
  const trigger = readings[0]?.sample;
  if (!trigger || !hasAny(work.stations)) return;
  for (const station of stationsIn(work)) {
    tellEnergy(work, station, trigger);
    const before = work.stations[station];
    if (before) leaveRun(work, station, before, readings, trigger);
    delete work.stations[station];
  }
  endLeft(work, () => trigger);
}

/** What is counted for its stay in the run is over with it. */
function leaveRun(
  work: Work,
  station: string,
  before: StationState,
  readings: readonly Reading[],
  trigger: Sample,
): void {
  const run = before.run === null ? undefined : work.runs[before.run];
  if (run) noteEnded(work, run, leftRun(work, before, readings, trigger, station), trigger, station);
}

/** Asked for each frame of every machine. */
function hasAny(of: object): boolean {
  for (const _ in of) return true;
  return false;
}

/** Ends the runs that no station is in any more. */
function endLeft(work: Work, because: (key: string) => Sample): void {
  const taken = new Set(Object.values(work.stations).map(({ run }) => run));
  for (const [key, run] of Object.entries(work.runs)) {
    if (taken.has(key)) continue;
    stateFact(work, because(key), `run/ended:${run.id}`, { kind: "JobEnded", result: "left" }, run);
    delete work.runs[key];
  }
}

/** A station in which a count of the whole unit makes something, or where that cannot be told. */
export interface ActiveStation {
  readonly station: string;
  /** Pieces of one count, over the shares' denominator; null when the machine or the map does not say. */
  readonly weight: number | null;
}

/** Most pieces that one count can make in a station: what is more is no number of pieces. */
const piecesMax = 1_000_000;

/**
 * What a count of the whole unit makes in a station. A machine that says how many cavities are open says it also where no
 * job is named: pieces are made there without one. A fixed number holds while a job is named.
 *
 * @returns null for a station that is idle: without a job, and nothing says that anything is made there
 */
export function activeStation(work: Work, station: string): ActiveStation | null {
  const { compiled } = work.context;
  const rule = compiled.map.stations;
  const run = runIn(work, station);
  const pieces =
    rule?.pieces.from === "item"
      ? piecesOf(held(work, rule.pieces.item, station))
      : run && rule
        ? rule.pieces.pieces
        : run
          ? null
          : 0;
  if (!run && (pieces === null || pieces === 0)) return null;
  const share = compiled.shares.numerator(station);
  if (pieces === 0) return { station, weight: 0 };
  return { station, weight: pieces === null || share === null ? null : pieces * share };
}

/** Whether what it said of how much is made there was given up, and it has not said it since. */
export function isGivenUp({ anewAt, items, context }: Work, station: string): boolean {
  const { stations } = context.compiled.map;
  if (anewAt === undefined || stations?.pieces.from !== "item") return false;
  return items[pathIn({ context }, stations.pieces.item, station)] === undefined;
}

/** A station of which it was given up both whether it names a job and how much is made there, and it has said neither since. */
export function givenUpStation(work: Work, station: string): ActiveStation | null {
  const { run } = work.context.compiled.map;
  if (work.anewAt === undefined || run?.by !== "job" || !isGivenUp(work, station)) return null;
  const job = work.items[pathIn(work, run.job, station)];
  return job === undefined || job.at <= work.anewAt ? { station, weight: null } : null;
}

function piecesOf(value: unknown): number | null {
  const pieces = typeof value === "boolean" ? Number(value) : value;
  const isNumber = typeof pieces === "number" && Number.isInteger(pieces) && pieces >= 0 && pieces <= piecesMax;
  return isNumber ? pieces : null;
}

/** The item that says how many pieces a count makes in a station, as evidence. */
export function piecesPath(work: Work, station: string): readonly string[] {
  const pieces = work.context.compiled.map.stations?.pieces;
  return pieces?.from === "item" ? [pathIn(work, pieces.item, station)] : [];
}
