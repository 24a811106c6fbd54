/** Orders come in: pages of an ERP into the inbox; the cursor moves only when the whole page is there. */
import type { Result } from "../base/result.ts";
import { ok } from "../base/result.ts";
import type { InboundMessage } from "../erp/connector.ts";
import { acceptMessage, type AcceptPorts, type Verdict } from "./accept-order.ts";
import { withdrawMessage } from "./given-orders.ts";

export interface PullPorts extends AcceptPorts {
  /** Told of every page before it counts as read. */
  readonly onPage?: (messages: readonly InboundMessage[]) => Promise<void>;
}

export type PullReport = Readonly<Record<Verdict, number>>;

/** Pulls until nothing more is waiting. A message that cannot be understood never stops the others. */
export async function pullOrders(ports: PullPorts, signal: AbortSignal): Promise<Result<PullReport>> {
  const counts: Record<Verdict, number> = { accepted: 0, unchanged: 0, quarantined: 0, known: 0 };
  const { store, session, erp, clock } = ports;
  for (;;) {
    const cursor = await store.transaction((tx) => tx.inbox.cursor(erp));
    const page = await session.pull(cursor, signal);
    if (!page.ok) return page;
    for (const message of page.value.messages) {
      const take = message.withdraws ? withdrawMessage : acceptMessage;
      counts[await take(ports, message)] += 1;
    }
    await ports.onPage?.(page.value.messages);
    await store.transaction((tx) => tx.inbox.saveCursor(erp, page.value.cursor, clock.now()));
    if (!page.value.more || signal.aborted) return ok(counts);
  }
}
