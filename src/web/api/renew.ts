/** Asking again for what has become old, also for what is being read for the first time while it does. */
import type { Query, QueryClient, QueryFilters } from "@tanstack/react-query";

/** First readings that are read again when they are done. */
const awaited = new WeakSet<Promise<unknown>>();

/**
 * A first reading that is still under way is not begun again by the library, and may have been answered before: it is read
 * again when it is done. Every other one is begun anew at once.
 */
export function renew(client: QueryClient, which: QueryFilters = {}): void {
  const isUnderWay = ({ state }: Query): boolean => state.fetchStatus === "fetching" && state.data === undefined;
  const underWay = client.getQueryCache().findAll(which).filter(isUnderWay);
  void client.invalidateQueries(which);
  for (const { promise, queryKey } of underWay) {
    if (promise === undefined || awaited.has(promise)) continue;
    awaited.add(promise);
    void promise.catch(() => undefined).then(() => client.invalidateQueries({ queryKey, exact: true }));
  }
}
