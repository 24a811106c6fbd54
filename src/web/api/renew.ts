/** Asking again for what has become old, also for what is being read while it does. */
import type { QueryClient, QueryFilters } from "@tanstack/react-query";
import { upMs } from "../clock.ts";

/** A connection that is gone without a word is not waited for to the end of the call where the page hears others speak. */
const stuckMs = 10_000;

/** Readings of which the end is waited for, since when. */
const awaitedSince = new WeakMap<Promise<unknown>, number>();

/**
 * What is under way may have been answered before: it is read again when it is done. It is not begun anew, else a reading that
 * takes longer than it stays new would never end.
 */
export function renew(client: QueryClient, which: QueryFilters = {}): void {
  const now = upMs();
  const underWay = client.getQueryCache().findAll({ fetchStatus: "fetching", ...which });
  void client.invalidateQueries(which, { cancelRefetch: false });
  for (const { promise, queryKey } of underWay) {
    if (promise === undefined) continue;
    const reading = { queryKey, exact: true };
    const since = awaitedSince.get(promise);
    if (since === undefined) {
      awaitedSince.set(promise, now);
      void promise.catch(() => undefined).then(() => client.invalidateQueries(reading, { cancelRefetch: false }));
    } else if (now - since > stuckMs) void client.invalidateQueries(reading);
  }
}
