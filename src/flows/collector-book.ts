/**
 * Collectors in memory: one per source, rebuilt from the store whenever what they said could not be committed.
 */
import { assert } from "../base/result.ts";
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
  /** The collector of a source as of its cursor; null when the site does not know the source. */
  of(tx: Tx, source: string, cursor: CollectorCursor | null): Promise<Collector | null>;
  /** Forgets what was not committed. */
  forget(source: string): void;
}

export function collectorBook(site: Site): CollectorBook {
  const known = new Map<string, Collector>();
  return {
    async of(tx, source, cursor) {
      const held = known.get(source);
      if (held) return held;
      const context = contextOf(site, source);
      if (!context) return null;
      const memory = await load(tx, context, cursor);
      const collector = { context, memory, lateMs: context.compiled.map.clock.lateMs };
      known.set(source, collector);
      return collector;
    },
    forget: (source) => void known.delete(source),
  };
}

function contextOf(site: Site, source: string): SourceContext | null {
  const unit = site.workUnitByConnection(source);
  if (!unit) return null;
  const maps = site.mapsOf(unit.id).map(compileMap);
  const compiled = maps.at(-1);
  return compiled ? { source, workUnit: unit.id, compiled, maps } : null;
}

async function load(tx: Tx, context: SourceContext, cursor: CollectorCursor | null): Promise<CollectorMemory> {
  const kept = await tx.collectors.checkpoint(context.source);
  if (!cursor) return startMemory({ state: emptyState, seq: 0 });
  // Written by ourselves from a CollectorState.
  const checkpoint = kept
    ? { state: withExactNumbers<CollectorState>(kept.state), seq: kept.seq }
    : { state: emptyState, seq: 0 };
  assert(!kept || kept.buffer === cursor.buffer || kept.seq <= cursor.seq, "a checkpoint is never ahead of its cursor");
  const samples = await tx.collectors.samplesAfter(context.source, kept?.buffer ?? cursor.buffer, checkpoint.seq);
  const facts = await tx.facts.after(context.source, checkpoint.state.position);
  return rebuildMemory(context, checkpoint, samples, facts);
}
