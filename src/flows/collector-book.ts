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
  /** Samples that were read again when it was made from what is kept. */
  readonly reread: number;
}

/** Enough to read a sample again that came late; small enough to fold again in a few milliseconds. */
export const memorySamples = 2000;

export interface CollectorBook {
  /**
   * The collector of a source as of its locked cursor; null when the site does not know the source. Whoever asks moves the
   * cursor on in the same transaction, or forgets: when another process has moved it since, what is held is not as of it.
   */
  of(tx: Tx, source: string, cursor: CollectorCursor | null): Promise<Collector | null>;
  /** Whether asking for its collector costs nothing: it is here, or the site does not know the source. */
  holds(source: string): boolean;
  /** Forgets what was not committed. */
  forget(source: string): void;
}

export function collectorBook(site: Site): CollectorBook {
  const known = new Map<string, { readonly collector: Collector | null; readonly version: number }>();
  return {
    async of(tx, source, cursor) {
      const held = known.get(source);
      const isCurrent = held !== undefined && held.version === cursor?.version;
      const collector = isCurrent ? held.collector : await loadCollector(tx, site, source, cursor);
      // The version that the cursor has when this transaction has moved it.
      known.set(source, { collector, version: cursor ? cursor.version + 1 : 0 });
      return collector;
    },
    holds: (source) => known.has(source),
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
  const { lateMs } = context.compiled.map.clock;
  return { context, lateMs, ...(await load(tx, context, cursor, lateMs)) };
}

function contextOf(site: Site, source: string): SourceContext | null {
  const unit = site.workUnitByConnection(source);
  if (!unit) return null;
  const maps = site.mapsOf(unit.id).map(compileMap);
  const compiled = maps.at(-1);
  return compiled ? { source, workUnit: unit.id, compiled, maps } : null;
}

async function load(
  tx: Tx,
  context: SourceContext,
  cursor: CollectorCursor | null,
  lateMs: number,
): Promise<Pick<Collector, "memory" | "reread">> {
  const kept = cursor ? await tx.collectors.checkpoint(context.source) : null;
  const checkpoint = kept
    ? // Written by ourselves from a CollectorState.
      { state: withExactNumbers<CollectorState>(kept.state), seq: kept.ordinal }
    : { state: emptyState, seq: 0 };
  if (!cursor) return { memory: startMemory(checkpoint), reread: 0 };
  const batches = await tx.collectors.batchesAfter(context.source, checkpoint.seq);
  const facts = await tx.facts.after(context.source, checkpoint.state.position);
  const inOrder = batches.map(({ ordinal: seq, ...content }) => ({ seq, ...content }));
  return {
    memory: rebuildMemory(context, checkpoint, inOrder, facts, { samples: memorySamples, lateMs }),
    reread: batches.reduce((sum, { samples }) => sum + samples.length, 0),
  };
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
