/** Somebody reports a piece in the ERP itself; where there is a queue, that goes through it too. */
import type { SimulatedErp } from "./erp.ts";
import { foreign, type ErpQueue } from "./erp-queue.ts";
import type { Happened } from "./happened.ts";
import type { Plan } from "./plan.ts";

interface Desk extends Pick<Plan, "manner"> {
  readonly erp: SimulatedErp;
  readonly queue: ErpQueue;
  readonly happened: Pick<Happened, "byHand">;
}

/** @param share  which of its orders, as a share from 0 up to 1 */
export function postByHand({ erp, queue, happened, manner }: Desk, share: number): void {
  const order = erp.orderAt(share);
  if (!order) return;
  const post = (): boolean => {
    const number = erp.postByHand(order);
    if (number !== null) happened.byHand.add(number);
    return number !== null;
  };
  if (manner === "queue") queue.take(foreign(order.number, post));
  else post();
}
