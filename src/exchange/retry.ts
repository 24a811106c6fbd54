/** When something that failed is tried again: exponential, bounded, with a share of chance so that not all come at once. */

export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const deliveryBackoff: Backoff = { firstMs: 500, longestMs: 60_000 };
/** Stock short, period closed, lock held: the cause goes away by somebody's hand, not by ours. */
export const parkedBackoff: Backoff = { firstMs: 2_000, longestMs: 120_000 };

/**
 * @param attempt  1 for the first failure
 * @param share    0..1, spreads the wait between half and the whole of it; derived from the posting, not from chance
 */
export function backoffMs(backoff: Backoff, attempt: number, share: number): number {
  const whole = Math.min(backoff.longestMs, backoff.firstMs * 2 ** Math.min(20, Math.max(0, attempt - 1)));
  return Math.round(whole * (0.5 + share / 2));
}

/** A fixed share of 0..1 for a key: the same posting always waits alike. */
export function shareOf(key: string): number {
  let sum = 0;
  for (let i = 0; i < key.length; i += 1) sum = (sum * 31 + key.charCodeAt(i)) % 9973;
  return sum / 9973;
}
