/** Which tone a state has. Total by type: a new state of the contract fails to compile here. */
import type { OrderRow, PostingView } from "../../api/contract/order.ts";
import type { JobOrderState } from "../../isa95/schedule/job-order.ts";
import type { Tone } from "./mark.tsx";

export const toneOfProgress: Readonly<Record<OrderRow["progress"], Tone>> = {
  open: "quiet",
  running: "info",
  done: "good",
  cancelled: "quiet",
};

export const toneOfPosting: Readonly<Record<PostingView["state"], Tone>> = {
  planned: "quiet",
  sending: "info",
  confirmed: "good",
  refused: "bad",
  "in-doubt": "warning",
  "needs-person": "bad",
  reversing: "info",
  reversed: "quiet",
  dismissed: "quiet",
};

export const toneOfJob: Readonly<Record<JobOrderState, Tone>> = {
  waiting: "quiet",
  ready: "quiet",
  running: "info",
  held: "warning",
  completed: "good",
  aborted: "quiet",
  cancelled: "quiet",
};
