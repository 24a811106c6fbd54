/** A document that was keyed by hand, and which of ours it may have been keyed for, with amounts that can be compared. */
import { amountsOfPosting, isFor } from "../../operations/reconciliation/by-hand.ts";
import type { HandAmount } from "../../record/hand-document.ts";
import type { HandItem, WaitingItem } from "./hand-view.ts";

export interface WaitingFor extends WaitingItem {
  readonly amounts: readonly HandAmount[];
}

export function waitingFor({ hand, request, waiting }: HandItem): readonly WaitingFor[] {
  return waiting
    .filter(({ posting }) => isFor(hand, posting))
    .map((item) => ({ ...item, amounts: amountsOfPosting({ request }, item.posting.content) }));
}
