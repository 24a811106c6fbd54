/** The outbox of notices over the store: short transactions, none over a call. */
import type { Clock } from "../base/clock.ts";
import type { NoticeOutbox } from "../notice/delivery.ts";
import type { Store } from "./ports.ts";

export function noticeOutbox(store: Store, clock: Clock): NoticeOutbox {
  return {
    claim: (...of) => store.transaction((tx) => tx.notices.claim(...of)),
    settle: (settlement) => store.transaction((tx) => tx.notices.settle(settlement, clock.now())),
    nextDue: (besides) => store.transaction((tx) => tx.notices.nextDue(besides)),
  };
}
