/** What taking orders over needs of the store. */
import type { Instant } from "../base/instant.ts";
import type { Fault } from "../base/result.ts";
import type { InboundMessage } from "../erp/connector.ts";
import type { OrderDecision } from "../operations/order/change.ts";

export interface InboxRepository {
  /** @returns the id of the new row, or null when the message is there already */
  receive(erp: string, message: InboundMessage, at: Instant): Promise<number | null>;
  /** What stands under a key; null when nothing does. */
  kept(erp: string, idempotencyKey: string): Promise<InboundMessage | null>;
  /** The last message about an order; null when there is none. */
  last(erp: string, number: string): Promise<InboundMessage | null>;
  /** @param decision what was decided about the order, kept with the message; null when it was not understood */
  settle(
    id: number,
    verdict: "accepted" | "unchanged" | "quarantined",
    fault: Fault | null,
    decision: OrderDecision | null,
  ): Promise<void>;
  cursor(erp: string): Promise<string | null>;
  saveCursor(erp: string, cursor: string, at: Instant): Promise<void>;
}
