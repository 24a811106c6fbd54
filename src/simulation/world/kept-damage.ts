/** Which of what is kept of a machine is damaged, and what it looks like afterwards. */
import { unwrap } from "../../base/result.ts";
import type { Sample } from "../../record/sample.ts";
import { decodeBatch } from "../../record/sample-batch.ts";

export interface KeptRow {
  readonly ordinal: number;
  readonly bytes: Uint8Array;
}

/** What is kept of it that its memory is made from. */
export interface Kept {
  readonly hasCheckpoint: boolean;
  /** The batches after it, or all; the newest last. */
  readonly batches: readonly KeptRow[];
}

export interface Damage {
  readonly isOfCheckpoint: boolean;
  /** Ordinals. */
  readonly batches: readonly number[];
  /** What they said, as it was read before. */
  readonly samples: readonly Sample[];
}

/** No batch can be read of these, and no memory be made of this. */
export const damagedBytes = "rotten";
export const damagedState = '{"items": 7}';

/**
 * The checkpoint, the newest batch, all of them, or one in between.
 *
 * @param size  which, as a share from 0 up to 1
 * @returns null where nothing is kept that its memory would be made from
 */
export function chooseDamage({ hasCheckpoint, batches }: Kept, size: number): Damage | null {
  if (hasCheckpoint && (size < 0.25 || batches.length === 0)) return damageOf([], true);
  if (batches.length === 0) return null;
  if (size < 0.45) return damageOf(batches.slice(-1));
  if (size < 0.6) return damageOf(batches);
  const one = Math.floor(((size * 97) % 1) * batches.length);
  return damageOf(batches.slice(one, one + 1));
}

function damageOf(rows: readonly KeptRow[], isOfCheckpoint = false): Damage {
  const samples = rows.flatMap(({ bytes }) => unwrap(decodeBatch(bytes)).samples);
  return { isOfCheckpoint, batches: rows.map(({ ordinal }) => ordinal), samples };
}
