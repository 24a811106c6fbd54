/** Compares ERP, ledger and counters once a day, at the site's time; what was missed while nothing ran is made up for. */
import type { Clock } from "../base/clock.ts";
import { fail } from "../base/result.ts";
import { instant, type Instant, type LocalDate } from "../base/instant.ts";
import { localDate, startOfDay } from "../base/site-time.ts";
import { dueOn, reconcileNight, type NightlyPorts } from "../flows/reconcile-nightly.ts";
import type { Store } from "../flows/ports.ts";
import type { BooksStore } from "../flows/view/books-view.ts";
import type { Site } from "../site/site.ts";
import type { Exchange } from "./exchange.ts";
import type { Log } from "./log.ts";

export interface NightlySettings {
  readonly site: Site;
  readonly store: Store;
  readonly books: BooksStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly exchanges: readonly Pick<Exchange, "erp" | "session" | "isReady">[];
}

const lookEveryMs = 30_000;
/** After an ERP that could not be asked. */
const againAfterMs = 600_000;

export function startNightly(settings: NightlySettings): { close(): Promise<void> } {
  const stop = new AbortController();
  const running = settings.site.reconcile.nightly === null ? Promise.resolve() : run(settings, stop.signal);
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}

async function run(settings: NightlySettings, signal: AbortSignal): Promise<void> {
  const { clock, log, exchanges } = settings;
  const startedAt = clock.now();
  while (!signal.aborted) {
    let waitMs = lookEveryMs;
    try {
      const day = await dueDay(settings, startedAt);
      // An ERP that was never reached has nothing to be compared yet.
      if (day !== null && exchanges.every((exchange) => exchange.isReady())) {
        const compared = await reconcileNight(portsOf(settings), day, signal);
        if (!compared.ok) {
          log.warn(`ERP and ledger of ${day} could not be compared: ${compared.fault.message}`);
          waitMs = againAfterMs;
        } else if (compared.value !== null)
          log.info(`ERP and ledger of ${day} were compared: unexplained = ${compared.value}.`);
      }
    } catch (error) {
      log.warn("The comparison with the ERP waits: the database does not answer.", error);
    }
    await clock.sleep(waitMs, signal);
  }
}

/**
 * The newest day whose comparison is due, and was not made; null when there is none. What is due in the evening can be missed
 * until the next morning. The first comparison of an installation is the first that becomes due while it runs.
 */
export async function dueDay(
  {
    site,
    store,
    clock,
  }: Pick<NightlySettings, "store" | "clock"> & {
    readonly site: Pick<Site, "zone"> & { readonly reconcile: Pick<Site["reconcile"], "nightly"> };
  },
  startedAt: Instant,
): Promise<LocalDate | null> {
  const { zone, reconcile } = site;
  const time = reconcile.nightly;
  if (time === null) return null;
  const now = clock.now();
  const today = localDate(now, zone);
  const yesterday = localDate(instant(startOfDay(today, zone) - 1), zone);
  const day = [today, yesterday].find((one) => dueOn(one, time, zone) <= now);
  if (day === undefined) return null;
  const newest = await store.transaction((tx) => tx.reconciliations.newest());
  if (newest === null) return dueOn(day, time, zone) >= startedAt ? day : null;
  return newest.day < day ? day : null;
}

function portsOf({ site, store, books, clock, exchanges }: NightlySettings): NightlyPorts {
  return {
    store,
    books,
    clock,
    policy: site.reconcile,
    days: site.reconcile.days,
    receipt: (erp) => site.posting(erp).receipt,
    packs: (workUnit) => site.mapOf(workUnit)?.packing !== undefined,
    documents: async (request, signal) => {
      const { erp } = request.reference;
      const session = exchanges.find((exchange) => exchange.erp === erp)?.session();
      return session
        ? session.documents(request, signal)
        : fail("transient", "app/erp-away", `${erp} is not connected now.`);
    },
  };
}
