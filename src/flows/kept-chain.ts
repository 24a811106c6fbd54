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

function goneAfter(ordinal: number): Error {
  return new Error(`kept samples are gone that came after batch ${ordinal}.`);
}
