/**
 * Somebody in the office who looks into the ERP's own queue: what has failed there is processed again, once or twice when
 * its cause may have gone, or canceled. That is done in the ERP; Millrace learns of it by asking.
 */
import type { Clock } from "../../../base/clock.ts";
import type { Random } from "../../random.ts";
import type { Deed } from "../act.ts";
import type { ErpQueue } from "../erp-queue.ts";

export interface QueueKeeper {
  readonly queue: ErpQueue;
  readonly clock: Clock;
  readonly chance: Random;
  /** It is evening: whatever has failed is canceled. */
  readonly isOver: () => boolean;
  readonly did: (deed: Deed) => void;
}

const lookEveryMs = 7 * 60_000;
const patience = 2;

export async function keepErpQueue({ queue, clock, chance, isOver, did }: QueueKeeper): Promise<void> {
  for (;;) {
    await clock.sleep(lookEveryMs);
    for (const message of queue.failed()) {
      const isTriedAgain = !isOver() && message.requeued < patience && chance.chance(0.6);
      if (isTriedAgain) queue.requeue(message);
      else queue.cancel(message);
      did(isTriedAgain ? "processed-in-queue" : "canceled-in-queue");
    }
  }
}
