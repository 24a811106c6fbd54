/** What of the work nouns a partner's Get is shown: job orders of its orders, and their runs. Reads only. */
import type { Document } from "../isa95/b2mml/document.ts";
import type { Noun } from "../isa95/b2mml/noun.ts";
import { jobOrderContent, jobOrderNouns, jobResponseContent, jobResponseNouns } from "../isa95/conversation/job.ts";
import type { Tx } from "./ports.ts";
import { limited, shownMax, type Shown } from "./shown-limit.ts";

export type JobNoun = (typeof jobOrderNouns)[number] | (typeof jobResponseNouns)[number];

/** What is looked for; `*` stands for anything, an empty list for no matter which. */
export interface WantedJobs {
  readonly orders: readonly string[];
  readonly jobOrders: readonly string[];
  readonly runs: readonly string[];
}

const isOrderNoun = (noun: JobNoun): noun is (typeof jobOrderNouns)[number] =>
  (jobOrderNouns as readonly Noun[]).includes(noun); // a noun of the wider type

export function isJobNoun(noun: Noun): noun is JobNoun {
  const all: readonly Noun[] = [...jobOrderNouns, ...jobResponseNouns];
  return all.includes(noun);
}

/** The number of the order, the job order and the run that things of the document name, wherever they stand. */
export function wantedJobs(asked: Document): WantedJobs {
  const wanted = { orders: new Set<string>(), jobOrders: new Set<string>(), runs: new Set<string>() };
  const add = (to: Set<string>, id: string | undefined): void => void (id !== undefined && id !== "" && to.add(id));
  switch (asked.noun) {
    case "WorkSchedule":
      for (const { WorkRequest } of asked.content)
        for (const { ID, OperationsRequestID, JobOrder } of WorkRequest) {
          add(wanted.orders, OperationsRequestID ?? ID);
          for (const job of JobOrder) add(wanted.jobOrders, job.ID);
        }
      break;
    case "JobList":
      for (const { JobOrder = [] } of asked.content) for (const { ID } of JobOrder) add(wanted.jobOrders, ID);
      break;
    case "WorkPerformance":
      for (const { WorkResponse } of asked.content) addResponses(wanted, WorkResponse);
      break;
    case "WorkResponse":
      addResponses(wanted, asked.content);
      break;
    case "JobResponseList":
      for (const { JobResponse } of asked.content) addRuns(wanted, JobResponse);
      break;
    case "JobResponse":
      addRuns(wanted, asked.content);
      break;
    default:
      throw new Error(`${asked.noun} is offered to be shown and nobody shows it.`);
  }
  return { orders: [...wanted.orders], jobOrders: [...wanted.jobOrders], runs: [...wanted.runs] };

  function addResponses(to: typeof wanted, responses: Extract<Document, { noun: "WorkResponse" }>["content"]): void {
    for (const { ID, WorkRequestID, JobResponse } of responses) {
      add(to.orders, WorkRequestID ?? ID);
      addRuns(to, JobResponse);
    }
  }

  function addRuns(to: typeof wanted, runs: Extract<Document, { noun: "JobResponse" }>["content"]): void {
    for (const { ID, JobOrderID } of runs) {
      // A run that names its job order is asked for by that; its own ID then says nothing.
      if (JobOrderID === undefined) add(to.runs, ID);
      else add(to.jobOrders, JobOrderID);
    }
  }
}

export async function shownJobs(tx: Tx, erp: string, noun: JobNoun, wanted: WantedJobs): Promise<Shown> {
  const limit = shownMax + 1;
  if (isOrderNoun(noun)) {
    const jobs = await tx.conversations.jobOrdersLike(erp, wanted, limit);
    return limited(jobs, (some) => jobOrderContent(noun, erp, some));
  }
  const runs = await tx.conversations.jobResponsesLike(erp, wanted, limit);
  return limited(runs, (some) => jobResponseContent(noun, erp, some));
}
