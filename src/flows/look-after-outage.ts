/**
 * After an outage the ERP may hold what people have keyed by hand meanwhile. Before the first posting of an order goes out,
 * the order's documents are read there; what somebody else has posted for something that we owe becomes a question, and the
 * order waits for its answer. Spec: docs/spec/reconcile.md
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { ok, type Fault, type Result } from "../base/result.ts";
import { localDate, startOfDay } from "../base/site-time.ts";
import type { ErpSession } from "../erp/connector.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { amountsOfPosting, amountText, foundByHand, isFor } from "../operations/reconciliation/by-hand.ts";
import { handSubject, type HandDocument } from "../record/hand-document.ts";
import type { Site } from "../site/site.ts";
import type { Unseen } from "./outage-ports.ts";
import type { Store, Tx } from "./ports.ts";
import { isForLater, settleUnread } from "./unread-order.ts";

export interface LookPorts {
  readonly store: Store;
  readonly site: Site;
  readonly clock: Clock;
  readonly erp: string;
  readonly session: Pick<ErpSession, "documents">;
  /** Kept from one look to the next; left out: from the earliest order on. */
  readonly turn?: LookTurn;
}

/** The order that was looked at last: those that the ERP fails on each time hold up no other. */
export interface LookTurn {
  after: bigint;
}

export interface LookReport {
  /** That go on, or wait for what was found in them to be decided. */
  readonly orders: number;
  readonly questions: number;
}

const ordersMost = 20;

/** Without a word for so long the ERP counts as lost: a stated time, and never less than three looks for orders. */
export function silentMsOf({ reconcile, policies }: Pick<Site, "reconcile" | "policies">): number {
  return Math.max(reconcile.outageMinutes * 60_000, policies.pull.everySeconds * 3_000);
}

/**
 * Looks at some of the orders that wait for it; nothing when there was no outage. An order that cannot be read holds up no
 * other.
 *
 * @returns also when an order is to be read again later, as the fault of the first one: the others were looked at
 */
export async function lookAfterOutage(ports: LookPorts, signal: AbortSignal): Promise<Result<LookReport>> {
  const { store, clock, session, site, erp, turn = { after: 0n } } = ports;
  const waiting = await store.transaction((tx) => tx.outages.unseen(erp, ordersMost, turn.after));
  let [orders, questions] = [0, 0];
  let later: Fault | null = null;
  for (const unseen of waiting) {
    turn.after = unseen.ordinal;
    const [request] = await store.transaction((tx) => tx.requests.get([unseen.request]));
    if (!request) continue;
    const asked = await session.documents(request, signal);
    if (!asked.ok) {
      const { fault } = asked;
      const unread = { request, unseen, fault, now: clock.now() };
      const verdict = isForLater(fault) ? "later" : await store.transaction((tx) => settleUnread(tx, unread));
      if (verdict === "goes-on") orders += 1;
      if (verdict === "asked") questions += 1;
      // What it refuses may be mended there: it goes by itself then.
      if (verdict === "later" || (verdict !== "goes-on" && fault.kind === "refused")) later ??= fault;
      continue;
    }
    const scope = { request, receipt: site.posting(erp).receipt };
    // An ERP may say the day alone: all of the day on which it was lost.
    const from = startOfDay(localDate(unseen.since, site.zone), site.zone);
    const found = foundByHand(scope, asked.value, from);
    questions += await store.transaction((tx) => settle(tx, { request, unseen, found, now: clock.now() }));
    orders += 1;
  }
  return later ? { ok: false, fault: later } : ok({ orders, questions });
}

interface Look {
  readonly request: OperationsRequest;
  readonly unseen: Unseen;
  readonly found: readonly HandDocument[];
  readonly now: Instant;
}

async function settle(tx: Tx, { request, unseen, found, now }: Look): Promise<number> {
  const fresh = await tx.outages.looked(unseen, found, now);
  if (fresh.length === 0) return 0;
  const waiting = await tx.outages.waiting(request.id);
  await tx.attention.ask(
    fresh.map((hand) => {
      const own = waiting.filter((posting) => isFor(hand, posting));
      const ours = own.map(
        ({ kind, key, content }) => `${kind} ${key} (${amountText(amountsOfPosting({ request }, content))})`,
      );
      const ofOurs = ours.length === 0 ? "Of ours nothing waits for it yet." : `Of ours waits now: ${ours.join("; ")}.`;
      const text =
        `Order ${request.reference.number}: document ${hand.document} (${hand.kind}, ${amountText(hand.amounts ?? [])}) was posted by hand in ${hand.erp} while it was not ` +
        `reached. ${ofOurs} For which of ours was it keyed, or is it something else? Until then nothing of the order is sent.`;
      return { subject: handSubject(hand), text, evidence: [] };
    }),
    now,
  );
  return fresh.length;
}

/** The ERP has answered: notes it, and whether that ends an outage. */
export async function heardOf({
  store,
  site,
  clock,
  erp,
}: Pick<LookPorts, "store" | "site" | "clock" | "erp">): Promise<{ readonly lostAt: Instant } | null> {
  return store.transaction((tx) => tx.outages.heard(erp, instant(clock.now()), silentMsOf(site)));
}
