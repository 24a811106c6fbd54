/**
 * Collectors in memory: one per source, rebuilt from the store whenever what they said could not be committed.
 */
import { withExactNumbers } from "../base/json.ts";
import { compileMap } from "../operations/collection/compiled-map.ts";
import { rebuildMemory, startMemory, type CollectorMemory } from "../operations/collection/memory.ts";
import { emptyState, type CollectorState } from "../operations/collection/state.ts";
import type { SourceContext } from "../operations/collection/work.ts";
import type { Site } from "../site/site.ts";
import type { CollectorCursor, Tx } from "./ports.ts";

export interface Collector {
  readonly context: SourceContext;
  readonly memory: CollectorMemory;
  readonly lateMs: number;
}

/** Enough to read a sample again that came late; small enough to fold again in a few milliseconds. */
export const memorySamples = 2000;

export interface CollectorBook {
  /**
   * The collector of a source as of its locked cursor; null when the site does not know the source. Whoever asks moves the
   * cursor on in the same transaction, or forgets: when another process has moved it since, what is held is not as of it.
   */
  of(tx: Tx, source: string, cursor: CollectorCursor | null): Promise<Collector | null>;
  /** Forgets what was not committed. */
  forget(source: string): void;
}

export function collectorBook(site: Site): CollectorBook {
  const known = new Map<string, { readonly collector: Collector; readonly version: number }>();
  return {
    async of(tx, source, cursor) {
      const held = known.get(source);
      const isCurrent = held !== undefined && held.version === cursor?.version;
      const collector = isCurrent ? held.collector : await loadCollector(tx, site, source, cursor);
      if (!collector) return null;
      // The version that the cursor has when this transaction has moved it.
      known.set(source, { collector, version: cursor ? cursor.version + 1 : 0 });
      return collector;
    },
    forget: (source) => void known.delete(source),
  };
}

/** The collector as of its cursor, from what is kept. */
export async function loadCollector(
  tx: Tx,
  site: Site,
  source: string,
  cursor: CollectorCursor | null,
): Promise<Collector | null> {
  const bare = contextOf(site, source);
  if (!bare) return null;
  const context = { ...bare, answers: await tx.decisions.answers(source) };
  const memory = await load(tx, context, cursor);
  return { context, memory, lateMs: context.compiled.map.clock.lateMs };
}

function contextOf(site: Site, source: string): SourceContext | null {
  const unit = site.workUnitByConnection(source);
  if (!unit) return null;
  const maps = site.mapsOf(unit.id).map(compileMap);
  const compiled = maps.at(-1);
  return compiled ? { source, workUnit: unit.id, compiled, maps } : null;
}

async function load(tx: Tx, context: SourceContext, cursor: CollectorCursor | null): Promise<CollectorMemory> {
  const kept = cursor ? await tx.collectors.checkpoint(context.source) : null;
  const checkpoint = kept
    ? // Written by ourselves from a CollectorState.
      { state: withExactNumbers<CollectorState>(kept.state), seq: kept.ordinal }
    : { state: emptyState, seq: 0 };
  if (!cursor) return startMemory(checkpoint);
  const samples = await tx.collectors.samplesAfter(context.source, checkpoint.seq);
  const facts = await tx.facts.after(context.source, checkpoint.state.position);
  return rebuildMemory(context, checkpoint, samples, facts);
}

/** Buffers hold fewer than 2^40 rows in their life; the sum stays a safe integer for 8,000 buffers. */
const perGeneration = 2 ** 40;

/** The generation of what comes through this buffer. */
export function generationOf(cursor: CollectorCursor | null, buffer: string): number {
  if (!cursor) return 0;
  return cursor.buffer === buffer ? cursor.generation : cursor.generation + 1;
}

/** Place of a batch in the stream of all batches that a source has ever sent, over all buffers. */
export function ordinalOf(generation: number, seq: number): number {
  return generation * perGeneration + seq;
}
