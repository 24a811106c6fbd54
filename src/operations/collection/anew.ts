/**
 * Where collection goes on when what is kept of a source is damaged and given up: at the place up to which everything was
 * read, with what can still be told of it. Nothing that was counted before is counted again: a counter of which nobody can
 * tell where it stood begins with the value that it shows next, and a person is asked. Spec: docs/spec/collection.md
 */
import type { Instant } from "../../base/instant.ts";
import type { Fact } from "../../record/fact.ts";
import type { Sample } from "../../record/sample.ts";
import { standingAsStated, type StationWord } from "./anew-station.ts";
import { rebuildMemory, withKnown, type Checkpoint, type MemoryLimits } from "./memory.ts";
import { runId } from "./run.ts";
import type { KeptSamples } from "./sieve.ts";
import { isMeaning } from "./told-again.ts";
import {
  nothingCounted,
  outsideRun,
  type CollectorState,
  type EndedRun,
  type RunState,
  type UnnumberedRun,
} from "./state.ts";
import type { SourceContext } from "./work.ts";

/** A run that is open by the record. */
export interface OpenRun {
  readonly id: string;
  readonly job: string;
  readonly article: string;
  readonly outside: boolean;
  readonly startedAt: Instant;
}

/** A run that is over by the record. */
export interface RecordedEnd {
  readonly id: string;
  readonly job: string;
  readonly endedAt: Instant;
}

/** What can be told of a source. */
export interface Salvage {
  readonly checkpoint: Checkpoint;
  /** Kept batches after it that can be read, in order of arrival. */
  readonly batches: readonly KeptSamples[];
  /** Place up to which some may be missing: what was shown after it was counted up to what it showed. */
  readonly doubtfulUpto: number;
  /** Newest source time that was read. */
  readonly position: Instant | null;
  /** In order of their start. */
  readonly runs: readonly OpenRun[];
  /** Those that ended in what can be read. */
  readonly ends: readonly RecordedEnd[];
  /** For which run something was stated of each station last; of a machine without any: none. */
  readonly stations: ReadonlyMap<string, StationWord>;
  /** Since the first value that can be read behind what is missing, or longer. */
  readonly stated: readonly Fact[];
  /** Whether counters were asked about meanwhile: then what they showed need not be what they were counted up to. */
  readonly areCountersAsked: boolean;
}

export interface BegunAnew {
  readonly state: CollectorState;
  /** Open runs of which nobody can tell the number: until the machine names it, nothing more is counted in them. */
  readonly unnamed: readonly OpenRun[];
}

export function beginAnew(context: SourceContext, salvage: Salvage, limits: MemoryLimits): BegunAnew {
  const { checkpoint, batches, doubtfulUpto, position } = salvage;
  const behind = batches.filter(({ seq }) => seq > doubtfulUpto);
  const certain = notOvertaken(context, behind, salvage.stated);
  const doubtful = batches.filter(({ seq }) => seq <= doubtfulUpto);
  const before = readOver(context, checkpoint, doubtful, limits);
  const keyed = keyedRuns(context, salvage, before);
  const runs = Object.fromEntries(
    [...keyed].map(([key, { run, number }]) => [key, openState(context, run, number, before)]),
  );
  const told = bare({ ...before, runs, items: untold(context, before.items) }, position);
  // What is older is told again there, and read no more.
  const said = certain.flatMap(({ samples }) => samples.filter(({ at }) => at > (before.position ?? -Infinity)));
  const paths = new Set(said.map(({ item }) => item));
  const standing = standingAsStated(context, told, { words: salvage.stations, told: paths });
  const begun = inRun(context, standing, { told: paths, runs: salvage.runs });
  const shown = readOver(context, { state: begun, seq: doubtfulUpto }, certain, limits);
  // What seems not to have been heard may have been, in what is lost.
  const { ended, unnumbered: _, passing: __, ...rest } = shown;
  const { passing } = checkpoint.state;
  const over = endsOnRecord(ended ?? [], salvage);
  const newest = later(shown.position, position);
  const read = {
    ...rest,
    items: asCertain(context, rest, newest),
    runs: asOnRecord(runs, shown),
    position: newest,
    ...(over.length > 0 && { ended: over }),
    ...(passing && { passing }),
  };
  const known = new Set([...keyed.values()].map(({ run }) => run.id));
  const unnamed = salvage.runs.filter(({ id }) => !known.has(id));
  const state = salvage.areCountersAsked ? bare(read, position) : { ...read, current: openIn(read) };
  const unnumbered = unnamed.map((run) => unnumberedState(context, run, before));
  return { state: unnumbered.length > 0 ? { ...state, unnumbered } : state, unnamed };
}

function readOver(
  context: SourceContext,
  checkpoint: Checkpoint,
  batches: readonly KeptSamples[],
  limits: MemoryLimits,
): CollectorState {
  const { state, clock, gaps } = rebuildMemory(context, checkpoint, batches, [], limits);
  return withKnown(state, { ...clock, gaps });
}

/**
 * Without what may be overtaken in what is lost: where what is stated names a later value of a counter, or of what says which run
 * the machine is in, and that cannot be read here, it was counted up to another value, or in another run.
 */
function notOvertaken(
  context: SourceContext,
  behind: readonly KeptSamples[],
  stated: readonly Fact[],
): readonly KeptSamples[] {
  const nameOf = ({ item, at }: Pick<Sample, "item" | "at">): string => `${at} ${item}`;
  const read = new Set(behind.flatMap(({ samples }) => samples.map(nameOf)));
  const lost = new Map<string, Instant>();
  for (const one of stated.flatMap(({ evidence }) => evidence)) {
    const known = lost.get(one.item);
    if (!read.has(nameOf(one)) && (known === undefined || one.at > known)) lost.set(one.item, one.at);
  }
  const isNewest = ({ item, at }: Sample): boolean => {
    const naming = namingPaths(context, item);
    if (!naming.includes(item) && !isAmount(context, item)) return true;
    return [item, ...naming].every((path) => at >= (lost.get(path) ?? at));
  };
  return behind.map((batch) => ({ ...batch, samples: batch.samples.filter(isNewest) }));
}

/** Whether it is what a counter shows, by any version of the map. */
function isAmount({ maps }: SourceContext, path: string): boolean {
  return maps.some(({ place, amounts }) => amounts.has(place(path)?.key ?? ""));
}

/**
 * Without what counters showed: a run that begins, or a list that is told again, would go on from that. And without what says
 * what they count: it may have changed in what is lost.
 */
function untold(context: SourceContext, items: CollectorState["items"]): CollectorState["items"] {
  const isUntold = (path: string): boolean => isAmount(context, path) || isMeaning(context, path);
  return Object.fromEntries(Object.entries(items).filter(([path]) => !isUntold(path)));
}

/**
 * What is older than the newest that was read may have been overtaken in what is lost, if it came late or out of history; but for
 * what names the run that the machine is in.
 */
function asCertain(context: SourceContext, state: CollectorState, newest: Instant | null): CollectorState["items"] {
  const named = namedIn(context, state, openIn(state));
  return Object.fromEntries(
    Object.entries(state.items).filter(
      ([path, { value, at }]) =>
        newest === null || at >= newest || !isMeaning(context, path) || named[path]?.value === value,
    ),
  );
}

/** Without what was counted; what was said of the ends of runs stays. */
function bare(of: CollectorState, position: Instant | null): CollectorState {
  const { falls: _, ...state } = of;
  const anew = position === null ? {} : { anewAt: position };
  const runs = Object.entries(of.runs).map(([key, run]) => [key, { ...run, ...nothingCounted, ...anew }]);
  const stations = Object.entries(state.stations ?? {}).map(([station, { run, since }]) => [
    station,
    { run: run !== null && state.runs[run] ? run : null, since, energy: 0, ...nothingCounted, ...anew },
  ]);
  return {
    ...state,
    runs: Object.fromEntries(runs),
    counters: {},
    energy: 0,
    current: openIn(state),
    ...anew,
    ...(stations.length > 0 && { stations: Object.fromEntries(stations) }),
  };
}

interface KeyedRun {
  readonly run: OpenRun;
  readonly number: number | null;
}

/** By their keys. What number a machine has given to a run is not on record, but its identity follows from it. */
function keyedRuns(context: SourceContext, salvage: Salvage, before: CollectorState): ReadonlyMap<string, KeyedRun> {
  const keyed = new Map<string, KeyedRun>();
  const told = context.compiled.map.run?.by === "number" ? numbersIn(context, salvage, before) : [];
  for (const run of salvage.runs) {
    if (run.outside) keyed.set(outsideRun, { run, number: null });
    else if (context.compiled.map.run?.by === "job") keyed.set(`${run.job}\u001f${run.article}`, { run, number: null });
    else {
      const number = numberOf(context, run, told);
      if (number !== null) keyed.set(String(number), { run, number });
    }
  }
  return keyed;
}

/** Machines count their runs: so many numbers from the first, and from the last that is known, are tried. */
const numbersMost = 100_000;

function numberOf({ source }: SourceContext, run: OpenRun, told: readonly number[]): number | null {
  const isIts = (number: number): boolean => runId(source, { ...run, number }, run.startedAt) === run.id;
  const known = told.find(isIts);
  if (known !== undefined) return known;
  for (const from of new Set([Math.max(0, ...told), 0]))
    for (let n = 0; n < numbersMost; n += 1) if (isIts(from + n)) return from + n;
  return null;
}

/** All that the machine has named, as far as it can be read. */
function numbersIn(
  context: SourceContext,
  { checkpoint, batches }: Salvage,
  before: CollectorState,
): readonly number[] {
  const paths = runPaths(context);
  const told = batches.flatMap(({ samples }) =>
    samples.filter(({ item }) => paths.has(item)).map(({ value }) => value),
  );
  const held = [...paths].map((path) => before.items[path]?.value);
  const open = [...Object.values(checkpoint.state.runs), ...Object.values(before.runs)].map(({ number }) => number);
  return [...new Set([...told, ...held, ...open])].filter((value) => Number.isSafeInteger(value)).map(Number);
}

/** Of the items that name the run that the machine is in, or that station of it of which an item is. */
function namingPaths({ compiled }: SourceContext, item: string): readonly string[] {
  const { run } = compiled.map;
  const name = compiled.station;
  const station = name === null ? null : compiled.place(item)?.placeholders[name];
  if (!run || station === undefined) return [];
  const keys = [...(run.by === "number" ? [run.number] : []), run.job, ...(run.article === null ? [] : [run.article])];
  return keys.map((key) => compiled.path(key, name === null || station === null ? {} : { [name]: station }));
}

/** Of the items that say which run the machine is in. */
function runPaths({ compiled }: SourceContext): ReadonlySet<string> {
  const { run } = compiled.map;
  if (!run) return new Set();
  return new Set([compiled.path(run.by === "number" ? run.number : run.job, {})]);
}

function openState(context: SourceContext, run: OpenRun, number: number | null, before: CollectorState): RunState {
  const known = Object.values(before.runs).find(({ id }) => id === run.id);
  const { id, job, article, startedAt } = run;
  const state: RunState = known ?? { id, number, job, article, startedAt, ending: null, ...nothingCounted };
  const mayHaveEnded = number !== null && !state.ending && !areEndsCounted(context, before);
  return mayHaveEnded ? { ...state, mayHaveEnded } : state;
}

function unnumberedState(
  context: SourceContext,
  { id, job, article, startedAt }: OpenRun,
  before: CollectorState,
): UnnumberedRun {
  const state = { id, job, article, startedAt };
  return areEndsCounted(context, before) ? state : { ...state, mayHaveEnded: true };
}

/** Whether it is known how many runs had ended: then one that ends unheard is missed at the next. */
function areEndsCounted({ compiled }: SourceContext, { items }: CollectorState): boolean {
  const { run } = compiled.map;
  return run?.by === "number" && items[compiled.path(run.ended.count, {})] !== undefined;
}

/** Those that are open by the record, with what was read of them; a reading that began in the middle may have begun others. */
function asOnRecord(runs: CollectorState["runs"], shown: CollectorState): CollectorState["runs"] {
  return Object.fromEntries(
    Object.entries(runs).map(([key, run]) => {
      const read = shown.runs[key];
      return [key, read?.id === run.id ? read : run];
    }),
  );
}

/** A reading that began in the middle gives a run another identity; of one that is not on record nobody can be asked. */
function endsOnRecord(
  ended: readonly EndedRun[],
  { checkpoint, runs, ends }: Pick<Salvage, "checkpoint" | "runs" | "ends">,
): readonly EndedRun[] {
  const known = new Set([
    ...(checkpoint.state.ended ?? []).map(({ run }) => run),
    ...[...runs, ...ends].map(({ id }) => id),
  ]);
  return ended.flatMap((one) => {
    if (known.has(one.run)) return [one];
    const [own, ...others] = ends.filter(({ job, endedAt }) => job === one.job && endedAt === one.readAt);
    return own && others.length === 0 ? [{ ...one, run: own.id }] : [];
  });
}

/** The key of the run that it is in, where that is open. */
function openIn({ current, runs }: CollectorState): string | null {
  return current !== null && runs[current] ? current : null;
}

/**
 * Which run the machine is in before it says so: the one that was begun last, where it has not said so since. Otherwise nobody
 * knows which it was in up to then.
 */
function inRun(
  context: SourceContext,
  state: CollectorState,
  { told, runs }: { readonly told: ReadonlySet<string>; readonly runs: readonly OpenRun[] },
): CollectorState {
  if (!context.compiled.map.run || context.compiled.station !== null) return { ...state, current: null };
  const paths = runPaths(context);
  const isTold = [...paths].some((path) => told.has(path));
  const newest = isTold ? undefined : runs.at(-1)?.id;
  const current = Object.entries(state.runs).find(([, { id }]) => id === newest)?.[0] ?? null;
  const isKnown = current !== null && current === state.current;
  // What it had said before says nothing until it says it again, but for the run that it is known to be in.
  const items = isKnown
    ? state.items
    : Object.fromEntries(Object.entries(state.items).filter(([path]) => !paths.has(path)));
  return { ...state, current, items: { ...items, ...namedIn(context, state, current) } };
}

/** What it named in a run: it need not say it again in the next. Of one that names only jobs: nothing, it names the next one. */
function namedIn(
  { compiled }: SourceContext,
  { runs }: CollectorState,
  current: string | null,
): CollectorState["items"] {
  const { run: rule } = compiled.map;
  const run = current === null ? undefined : runs[current];
  if (rule?.by !== "number" || !run) return {};
  const named = [
    [rule.job, run.job] as const,
    ...(rule.article === null ? [] : [[rule.article, run.article] as const]),
  ];
  return Object.fromEntries(
    named.map(([key, value]) => [compiled.path(key, {}), { value, at: run.startedAt, mark: "" }]),
  );
}

function later(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a > b ? a : b;
}
