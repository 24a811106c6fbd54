/** How a document that was keyed by hand is written in answers, with what of ours waits for it. */
import { waitingFor, type WaitingFor } from "../../flows/view/hand.ts";
import type { HandItem } from "../../flows/view/hand-view.ts";
import { mayStandBack, waitingStates, type HandAmount } from "../../record/hand-document.ts";
import type * as contract from "../contract/hand.ts";
import { amountOf, timeOf, timeOrNull } from "./answer.ts";

export function handDocumentOf(item: HandItem): contract.HandDocument {
  const { hand, request, hasMore } = item;
  return {
    erp: hand.erp,
    kind: hand.kind,
    document: hand.document,
    order: request.id,
    number: request.reference.number,
    operation: hand.segment === "" ? null : hand.segment,
    recordedAt: timeOf(hand.recordedAt),
    postingDate: hand.postingDate,
    amounts: hand.amounts && hand.amounts.map(handAmountOf),
    key: hand.key,
    waiting: waitingFor(item).map(waitingPostingOf),
    hasMore,
  };
}

function waitingPostingOf({ posting, run, amounts }: WaitingFor): contract.WaitingPosting {
  return {
    id: posting.id,
    // The view gives no others.
    state: waitingStates.find((state) => state === posting.state) ?? "planned",
    canStandBack: mayStandBack(posting),
    amounts: amounts.map(handAmountOf),
    postingDate: posting.content.response?.dates.postingDate ?? null,
    run: run && { ...run, startedAt: timeOf(run.startedAt), endedAt: timeOrNull(run.endedAt) },
  };
}

function handAmountOf({ quantity, ...said }: HandAmount): contract.HandAmount {
  return { ...said, amount: amountOf(quantity) };
}
