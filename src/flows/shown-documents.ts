/** What a partner's Get is shown: orders as we hold them, results as it has confirmed them. Reads only. */
import type { Document } from "../isa95/b2mml/document.ts";
import { performanceOf } from "../isa95/conversation/performance.ts";
import { scheduleOf } from "../isa95/conversation/schedule.ts";
import type { Tx } from "./ports.ts";
import { limited, shownMax, type Shown } from "./shown-limit.ts";

/** What of a noun is to be shown. `*` stands for anything. */
export interface Wanted {
  /** Numbers of orders. */
  readonly orders: readonly string[];
  /** Keys of postings; of results alone. */
  readonly keys: readonly string[];
}

/** What a Get asks for. Nothing found is an answer too. */
export function shownTo(tx: Tx, erp: string, asked: Document): Promise<Shown> {
  if (asked.noun === "OperationsPerformance") {
    const wanted = asked.content.flatMap((performance) => performance.OperationsResponse);
    // A response that names an order is asked for by the order; its own ID then says nothing.
    const orders = wanted.flatMap(({ OperationsRequestID }) => OperationsRequestID ?? []);
    const keys = wanted.filter(({ OperationsRequestID }) => !OperationsRequestID?.length).map(({ ID }) => ID);
    return shownOf(tx, erp, asked.noun, { orders, keys });
  }
  if (asked.noun === "OperationsSchedule") {
    const orders = asked.content.flatMap(({ ID, OperationsRequest }) =>
      OperationsRequest.length > 0 ? OperationsRequest.map((request) => request.ID) : [ID],
    );
    return shownOf(tx, erp, asked.noun, { orders, keys: [] });
  }
  throw new Error(`${asked.noun} is offered to be shown and nobody shows it.`);
}

export async function shownOf(
  tx: Tx,
  erp: string,
  noun: "OperationsSchedule" | "OperationsPerformance",
  wanted: Wanted,
): Promise<Shown> {
  if (noun === "OperationsSchedule") {
    const found = await tx.conversations.requestsLike(erp, wanted.orders, shownMax + 1);
    return limited(found, (some) => [scheduleOf(erp, some)]);
  }
  const found = await tx.conversations.responsesLike(erp, wanted, shownMax + 1);
  return limited(found, (some) => [performanceOf(erp, some)]);
}
