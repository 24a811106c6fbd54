/** Where reading the samples of a buffer goes on after a start. */
import { instant } from "../base/instant.ts";
import { ok, type Result } from "../base/result.ts";
import type { SampleBuffer } from "../gateway/sample-buffer.ts";
import type { Site } from "../site/site.ts";
import type { Store } from "./ports.ts";

/**
 * The seq after which this buffer is read; and, for a buffer that knows less than the database, from when history is read:
 * so long before the newest value that the database has as values of that source may come late, because those that were
 * on their way are in no buffer any more. What is read twice is one sample.
 *
 * @fault conflict gateway/buffer-cursor, and those of `SampleBuffer.append` and `stats`
 */
export async function resumeReading(store: Store, buffer: SampleBuffer, site: Site): Promise<Result<number>> {
  const [cursors, isRecovering] = await store.transaction(
    async (tx) => [await tx.collectors.cursors(), await tx.site.isRecovering()] as const,
  );
  const own = [...cursors.values()].filter((c) => c.buffer === buffer.id);
  for (const [source, { position }] of cursors) {
    if (position === null || buffer.through(source) !== null) continue;
    const told = await buffer.append(
      source,
      { samples: [], complete: true, gaps: [] },
      { through: instant(position - lateMsOf(site, source)) },
    );
    if (!told.ok) return told;
  }
  const newest = own.toSorted((a, b) => b.seq - a.seq)[0];
  if (!newest) return ok(0);
  const checked = buffer.resume({ buffer: newest.buffer, seq: newest.seq });
  if (!checked.ok) return checked;
  const stats = await buffer.stats();
  if (!stats.ok) return stats;
  const all = new Set([...cursors.keys(), ...site.workUnits.flatMap(({ connection }) => connection ?? [])]);
  const state = { isRecovering, isAnyUnplaced: all.size > own.length };
  // Each source goes on at its own place; what a source has taken already is skipped by its cursor.
  return ok(Math.min(checked.value, committedOfAll(stats.value.released, state), ...own.map((c) => c.seq)));
}

/**
 * Up to where rows of sources that have no place in this buffer are committed: those of one are committed apart from those of
 * others, so the places of others tell nothing about it. A restored database may be older than what was released.
 */
function committedOfAll(
  released: number,
  { isRecovering, isAnyUnplaced }: { readonly isRecovering: boolean; readonly isAnyUnplaced: boolean },
): number {
  if (!isRecovering) return released;
  return isAnyUnplaced ? 0 : Number.POSITIVE_INFINITY;
}

function lateMsOf(site: Site, source: string): number {
  const unit = site.workUnitByConnection(source);
  return (unit && site.mapOf(unit.id)?.clock.lateMs) ?? 0;
}
