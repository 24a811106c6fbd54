/**
 * After an outage, an order whose documents cannot be read in the ERP: a person looks there instead. Until they have said so
 * nothing of the order is sent. Spec: docs/spec/reconcile.md
 */
import { formatInstant, type Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { OperationsRequest } from "../isa95/schedule/operations-request.ts";
import { unreadErpSubject, unreadOrderSubject } from "../record/unread-order.ts";
import type { Unseen } from "./outage-ports.ts";
import type { Tx } from "./ports.ts";

export interface UnreadOrder {
  readonly request: OperationsRequest;
  readonly unseen: Unseen;
  readonly fault: Fault;
  readonly now: Instant;
}

/** What has become of it. */
export type UnreadVerdict = "asked" | "waits" | "goes-on";

/** The ERP does not answer, or fails: it can be read later. */
export function isForLater({ kind }: Fault): boolean {
  return kind === "transient" || kind === "ambiguous";
}

/**
 * What cannot be read is asked about once; when somebody has answered, the order goes on unread. What the ERP refuses (the
 * login, the service, or it shows nothing at all) it refuses for all orders: that is one question, and not one for each.
 */
export async function settleUnread(tx: Tx, unread: UnreadOrder): Promise<UnreadVerdict> {
  const { request, unseen, fault, now } = unread;
  const { erp } = request.reference;
  const isOfErp = fault.kind === "refused";
  const subject = isOfErp ? unreadErpSubject(erp, unseen.outage) : unreadOrderSubject(request.id, unseen.outage);
  switch (await tx.outages.asked(subject)) {
    case "open":
      return "waits";
    case "settled":
      await tx.outages.looked(unseen, [], now);
      return "goes-on";
    case "not-yet":
      // Who looks there now sees what was keyed during the outages before as well.
      if (isOfErp) await tx.attention.answer(await tx.outages.askedBefore(erp, unseen.outage), now);
      await tx.attention.ask([{ subject, text: isOfErp ? textOfErp(unread) : textOfOrder(unread), evidence: [] }], now);
      return "asked";
  }
}

function textOfErp({ request, unseen, fault }: UnreadOrder): string {
  const { erp } = request.reference;
  return (
    `${away(erp, unseen)}, and what it has of our orders cannot be read: ${fault.message} ` +
    `Look there for what was ${posted(unseen)} since then for orders that are made here; dismiss our posting of the same. Then answer: what waits ` +
    `is sent. If it can be read before, it goes by itself. Until then nothing is sent to ${erp}.`
  );
}

function textOfOrder({ request, unseen, fault }: UnreadOrder): string {
  const { erp, number } = request.reference;
  return (
    `Order ${number}: ${away(erp, unseen)}, and what it has of the order cannot be read: ${fault.message} ` +
    `Look there for what was ${posted(unseen)} since then; dismiss our posting of the same. Then answer: the order is read once more, and when that ` +
    `fails again what waits of it is sent. Until then nothing of it is.`
  );
}

function away(erp: string, { since, restored }: Unseen): string {
  return restored
    ? `the record was put back from a backup, in which ${erp} was last heard of at ${formatInstant(since)}`
    : `${erp} was not reached since ${formatInstant(since)}`;
}

function posted({ restored }: Unseen): string {
  return restored ? "posted, by hand or by us," : "keyed by hand";
}
