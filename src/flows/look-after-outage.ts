/**
 * After an outage the ERP may hold what people have keyed by hand meanwhile; after a restore also what we have posted
 * since the backup. Before the first posting of an order goes out, the order's documents are read there; what is there for
 * something that we owe, and is not known here, becomes a question, and the order waits for its answer. Spec: docs/spec/reconcile.md
 */
import type { Clock } from "../base/clock.ts";
import { instant, type Instant } from "../base/instant.ts";
import { fail, ok, type Fault, type Result } from "../base/result.ts";
import { localDate, startOfDay } from "../base/site-time.ts";
import type { ErpDocumentContent, ErpSession } from "../erp/connector.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import {
  amountsOfPosting,
  amountText,
  foundByHand,
  foundUnknown,
  isFor,
} from "../operations/reconciliation/by-hand.ts";
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
    const look = { request, unseen, documents: asked.value, now: clock.now() };
    const settled = await store.transaction((tx) => settle(tx, site, look));
    if (!settled.ok) {
      later ??= settled.fault;
      continue;
    }
    questions += settled.value;
    orders += 1;
  }
  return later ? { ok: false, fault: later } : ok({ orders, questions });
}

interface Look {
  readonly request: OperationsRequest;
  readonly unseen: Unseen;
  readonly documents: readonly ErpDocumentContent[];
  readonly now: Instant;
}

/**
 * @returns how many questions were asked
 * @fault transient outage/unread-history  the ERP has documents of ours that nobody here knows yet: what machines remember is
 *        being read, and may tell them
 */
async function settle(tx: Tx, site: Site, { request, unseen, documents, now }: Look): Promise<Result<number>> {
  const scope = { request, receipt: site.posting(request.reference.erp).receipt };
  // An ERP may say the day alone: all of the day on which it was lost.
  const from = startOfDay(localDate(unseen.since, site.zone), site.zone);
  const unknown = unseen.restored ? foundUnknown(scope, documents, await tx.outages.keys(request.id)) : [];
  if (unknown[0] && (await tx.site.isRecovering())) return unreadHistory(request, unknown[0]);
  const fresh = await tx.outages.looked(unseen, [...foundByHand(scope, documents, from), ...unknown], now);
  if (fresh.length === 0) return ok(0);
  const waiting = await tx.outages.waiting(request.id);
  await tx.attention.ask(
    fresh.map((hand) => {
      const own = waiting.filter((posting) => isFor(hand, posting));
      const ours = own.map(
        ({ kind, key, content }) => `${kind} ${key} (${amountText(amountsOfPosting({ request }, content))})`,
      );
      const ofOurs = ours.length === 0 ? "Of ours nothing waits for it yet." : `Of ours waits now: ${ours.join("; ")}.`;
      return { subject: handSubject(hand), text: `${found(request, hand)} ${ofOurs} ${asks(hand)}`, evidence: [] };
    }),
    now,
  );
  return ok(fresh.length);
}

function unreadHistory({ reference }: OperationsRequest, { document }: HandDocument): Result<never> {
  const text =
    `Order ${reference.number}: ${reference.erp} has document ${document} of ours, which the record that was put back does not know. Nothing of the ` +
    "order is sent while machines' history is being read: that may tell it.";
  return fail("transient", "outage/unread-history", text);
}

function found({ reference }: OperationsRequest, { erp, document, kind, amounts, key }: HandDocument): string {
  const what = `Order ${reference.number}: document ${document} (${kind}, ${amountText(amounts ?? [])})`;
  return key === null
    ? `${what} was posted by hand in ${erp} while it was not reached.`
    : `${what} is in ${erp} under our key ${key}, and the record that was put back from a backup does not know it: it was posted after the ` +
        "backup, by a decision that is lost or of events that are cut into documents otherwise today.";
}

function asks({ key }: HandDocument): string {
  return key === null
    ? "For which of ours was it keyed, or is it something else? Until then nothing of the order is sent."
    : "Which of ours say the same, or is it something else? Where it is wrong, take it back in the ERP, and answer that it is something " +
        "else: ours are sent. Until then nothing of the order is.";
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
