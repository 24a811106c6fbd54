/**
 * Kept batches are a chain: each names the one before it, and the cursor the last. A memory that is made without one of them
 * begins at older values, and what their samples have counted would be counted again.
 */
import type { KeptLink } from "../record/sample-batch.ts";
import type { CollectorCursor } from "./collector-ports.ts";

/**
 * @param after    place from which on the memory must be made
 * @param batches  all that are kept after it, in order of arrival
 * @throws where one is gone. Those that were kept before the chain was begun name none, and are not missed.
 */
export function checkChain(after: number, batches: readonly KeptLink[], { kept }: Pick<CollectorCursor, "kept">): void {
  let before = after;
  for (const { ordinal, follows } of batches) {
    if (follows !== null && follows > before) throw goneAfter(before);
    before = ordinal;
  }
  if (kept !== null && kept > before) throw goneAfter(before);
}

/** Where some may be missing among those that can be read. */
export interface Missing {
  /** What came up to here is all there. */
  readonly after: number;
  /** What came after this is all there. */
  readonly upto: number;
}

/**
 * @param after    place from which on they must all be there
 * @param batches  those that can be read, in order of arrival
 * @returns null when none is missing. Of those that were kept before the chain was begun nobody can tell, but where one
 *          follows directly on another
 */
export function missingIn(
  after: number,
  batches: readonly KeptLink[],
  { kept, ordinal: last }: Pick<CollectorCursor, "kept" | "ordinal">,
): Missing | null {
  let before = after;
  const places: Missing[] = [];
  for (const { ordinal, follows } of batches) {
    if ((follows ?? ordinal - 1) > before) places.push({ after: before, upto: ordinal - 1 });
    before = ordinal;
  }
  if ((kept ?? last) > before) places.push({ after: before, upto: kept ?? last });
  const [first, end] = [places[0], places.at(-1)];
  return first && end ? { after: first.after, upto: end.upto } : null;
}

function goneAfter(ordinal: number): Error {
  return new Error(`kept samples are gone that came after batch ${ordinal}.`);
}
