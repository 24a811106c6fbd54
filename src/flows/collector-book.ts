/**
 * Collectors in memory: one per source, rebuilt from the store whenever what they said could not be committed. What another
 * process has read of a source meanwhile is read here too, without a word; when that does not come to what the other one
 * stated, the collector is rebuilt.
 */
import { contentId } from "../base/id.ts";
import { withExactNumbers } from "../base/json.ts";
import { compileMap, type CompiledMap } from "../operations/collection/compiled-map.ts";
import {
  rebuildMemory,
  startMemory,
  takeSamples,
  type CollectorMemory,
  type MemoryLimits,
  type Taken,
} from "../operations/collection/memory.ts";
import { emptyState, isCollectorState, type CollectorState } from "../operations/collection/state.ts";
import type { SourceContext } from "../operations/collection/work.ts";
import type { Fact } from "../record/fact.ts";
import type { MachineMap } from "../record/machine-map.ts";
import type { Site } from "../site/site.ts";
import { checkChain } from "./kept-chain.ts";
import type { CollectorCursor, CursorMove, KeptBatch } from "./collector-ports.ts";
import type { Tx } from "./ports.ts";

export interface Collector {
  readonly context: SourceContext;
  readonly memory: CollectorMemory;
  readonly limits: MemoryLimits;
  /** Samples that were read again when it was made from what is kept. */
  readonly reread: number;
}

/** Enough to read a sample again that came late; small enough to fold again in a few milliseconds. */
export const memorySamples = 2000;

export interface CollectorBook {
  /** The collector of a source as of its locked cursor; null when the site does not know the source. */
  of(tx: Tx, source: string, cursor: CollectorCursor | null): Promise<Collector | null>;
  /** Keeps it as it stands when the cursor is moved so. Whoever has asked for it, and does not move the cursor, forgets it. */
  keep(collector: Collector | null, move: CursorMove): void;
  /** Whether asking for its collector costs little: it is here, or the site does not know the source. */
  holds(source: string): boolean;
  /** Forgets what was not committed. */
  forget(source: string): void;
}

/** With the place of the last batch that it has read. */
interface Held extends Pick<CollectorCursor, "version" | "stated" | "ordinal"> {
  readonly collector: Collector | null;
}

/** @param samples  so many can be read again, at least; fewer only where it is tried what becomes of what is settled */
export function collectorBook(site: Site, samples = memorySamples): CollectorBook {
  const known = new Map<string, Held>();
  return {
    async of(tx, source, cursor) {
      const held = known.get(source);
      if (!held || !cursor) return loadCollector(tx, site, source, cursor, samples);
      if (!held.collector || isAsOf(held, cursor)) return held.collector;
      return (
        (await readAfter(tx, { ...held, collector: held.collector }, cursor)) ??
        loadCollector(tx, site, source, cursor, samples)
      );
    },
    keep: (collector, { source, from, to }) => {
      const version = from ? from.version + 1 : 0;
      known.set(source, { collector, version, stated: to.stated, ordinal: to.ordinal });
    },
    holds: (source) => known.has(source),
    forget: (source) => void known.delete(source),
  };
}

function isAsOf(held: Held, cursor: CollectorCursor): boolean {
  return held.version === cursor.version && held.stated === cursor.stated;
}

/** Reads what another process has read since. @returns null when that is more than to rebuild it, or comes to something else here */
async function readAfter(
  tx: Tx,
  { collector, ordinal, stated }: Held & { readonly collector: Collector },
  cursor: CollectorCursor,
): Promise<Collector | null> {
  const { source } = collector.context;
  if ((await tx.collectors.checkpointOrdinal(source)) > ordinal) return null;
  const missed = await tx.collectors.batchesAfter(source, ordinal);
  checkChain(ordinal, missed, cursor);
  const now = missed.reduce((so, batch) => statedWith(so, take(collector, batch).facts), stated);
  return now === cursor.stated ? collector : null;
}

/** Reads one kept batch. */
export function take({ context, memory, limits }: Collector, { ordinal, ...batch }: KeptBatch): Taken {
  return takeSamples(context, memory, { ...batch, seq: ordinal }, limits);
}

/** The name of what a source has stated, with these facts more. Two maps may say something else of one event. */
export function statedWith(stated: string, facts: readonly Fact[]): string {
  return facts.length === 0 ? stated : contentId(stated, ...facts.flatMap(({ id, mapVersion }) => [id, mapVersion]));
}

/** The same after somebody's answer, with which the source is read from now on. */
export function statedAfter(stated: string, answer: string): string {
  return contentId(stated, "answered", answer);
}

/** The collector as of its cursor, from what is kept. */
export async function loadCollector(
  tx: Tx,
  site: Site,
  source: string,
  cursor: CollectorCursor | null,
  samples = memorySamples,
): Promise<Collector | null> {
  const bare = contextOf(site, source);
  if (!bare) return null;
  const [answers, timedSince] = [await tx.decisions.answers(source), await tx.collectors.timedSince(source)];
  const context = { ...bare, answers, timedSince };
  const limits = { samples, lateMs: context.compiled.map.clock.lateMs };
  return { context, limits, ...(await load(tx, context, cursor, limits)) };
}

/** Without what people have answered; null when the site does not know the source, or it has no map. */
export function contextOf(site: Site, source: string): SourceContext | null {
  const unit = site.workUnitByConnection(source);
  if (!unit) return null;
  const maps = site.mapsOf(unit.id).map(compiledOnce);
  const compiled = maps.at(-1);
  return compiled ? { source, workUnit: unit.id, compiled, maps } : null;
}

/** Machines of one kind share what their map is made into, and what it has found out of their items. */
const compiledMaps = new WeakMap<MachineMap, CompiledMap>();

function compiledOnce(map: MachineMap): CompiledMap {
  const known = compiledMaps.get(map) ?? compileMap(map);
  compiledMaps.set(map, known);
  return known;
}

async function load(
  tx: Tx,
  context: SourceContext,
  cursor: CollectorCursor | null,
  limits: MemoryLimits,
): Promise<Pick<Collector, "memory" | "reread">> {
  const kept = cursor ? await tx.collectors.checkpoint(context.source) : null;
  const checkpoint = kept
    ? { state: stateIn(withExactNumbers(kept.state)), seq: kept.ordinal }
    : { state: emptyState, seq: 0 };
  if (!cursor) return { memory: startMemory(checkpoint), reread: 0 };
  const batches = await tx.collectors.batchesAfter(context.source, checkpoint.seq);
  checkChain(checkpoint.seq, batches, cursor);
  const facts = await tx.facts.after(context.source, checkpoint.state.position);
  const inOrder = batches.map(({ ordinal: seq, ...content }) => ({ seq, ...content }));
  return {
    memory: rebuildMemory(context, checkpoint, inOrder, facts, limits),
    reread: batches.reduce((sum, { samples }) => sum + samples.length, 0),
  };
}

/** What is damaged need not break where it is read: counters would begin anew without a word, or here and not elsewhere. */
function stateIn(kept: unknown): CollectorState {
  if (!isCollectorState(kept)) throw new Error("The kept state of its collector cannot be read: the row is damaged.");
  return kept;
}
