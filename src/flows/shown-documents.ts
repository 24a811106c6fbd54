/** What a partner's Get is shown: orders as we hold them, results as it has confirmed them. Reads only. */
import type { Document } from "../isa95/b2mml/document.ts";
import type { Told } from "../isa95/conversation/answer.ts";
import { performanceOf } from "../isa95/conversation/performance.ts";
import { scheduleOf } from "../isa95/conversation/schedule.ts";
import type { Tx } from "./ports.ts";

/** One answer shows no more: it would fill the memory of whoever reads it. */
const shownMax = 1_000;

export type Shown = Pick<Told, "verdict" | "reasons" | "content">;

/** IDs may hold `*` for anything. Nothing found is an answer too. */
export async function shownTo(tx: Tx, erp: string, asked: Document): Promise<Shown> {
  if (asked.noun === "OperationsPerformance") {
    const wanted = asked.content.flatMap((performance) => performance.OperationsResponse);
    // A response that names an order is asked for by the order; its own ID then says nothing.
    const byOrder = wanted.flatMap(({ OperationsRequestID }) => OperationsRequestID ?? []);
    const byKey = wanted.filter(({ OperationsRequestID }) => !OperationsRequestID?.length).map(({ ID }) => ID);
    const found = await tx.conversations.responsesLike(erp, { keys: byKey, orders: byOrder }, shownMax + 1);
    return limited(found, (some) => [performanceOf(erp, some)]);
  }
  if (asked.noun === "OperationsSchedule") {
    const wanted = asked.content.flatMap(({ ID, OperationsRequest }) =>
      OperationsRequest.length > 0 ? OperationsRequest.map((request) => request.ID) : [ID],
    );
    const found = await tx.conversations.requestsLike(erp, wanted, shownMax + 1);
    return limited(found, (some) => [scheduleOf(erp, some)]);
  }
  throw new Error(`${asked.noun} is offered to be shown and nobody shows it.`);
}

function limited<T>(found: readonly T[], show: (some: readonly T[]) => readonly object[]): Shown {
  if (found.length <= shownMax) return { verdict: "whole", reasons: [], content: show(found) };
  const text = `More than ${shownMax} fit: ask for fewer, for instance with an ID that begins like theirs.`;
  return { verdict: "none", reasons: [text], content: show([]) };
}
