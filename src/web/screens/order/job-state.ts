/** The state of an operation's job in a reader's words. */
import type { Order } from "../../../api/contract/order.ts";
import { micro } from "../../parts/amount.ts";

type Job = Order["steps"][number]["jobs"][number];

/** Nothing more is asked of a job once its order is done, and it is cancelled; what it was to make may have been made. */
export function shownState(
  order: Pick<Order, "progress">,
  job: Pick<Job, "state" | "good" | "quantity">,
): Job["state"] {
  const isMade = job.good.uom === job.quantity.uom && micro(job.good.value) >= micro(job.quantity.value);
  return job.state === "cancelled" && order.progress === "done" && isMade ? "completed" : job.state;
}
