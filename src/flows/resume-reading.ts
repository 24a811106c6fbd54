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
 * @fault conflict gateway/buffer-cursor, and those of `SampleBuffer.append`
 */
export async function resumeReading(store: Store, buffer: SampleBuffer, site: Site): Promise<Result<number>> {
  const cursors = await store.transaction((tx) => tx.collectors.cursors());
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
  // Each source goes on at its own place; what a source has taken already is skipped by its cursor.
  return ok(Math.min(checked.value, ...own.map((c) => c.seq)));
}

function lateMsOf(site: Site, source: string): number {
  const unit = site.workUnitByConnection(source);
  return (unit && site.mapOf(unit.id)?.clock.lateMs) ?? 0;
}
