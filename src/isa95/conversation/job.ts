/**
 * What Millrace dispatches and what was done of it, as the work nouns of Part 4: what a Get of them is shown. Nothing of
 * it is ever taken from outside. Pure.
 *
 * | information model | Millrace |
 * |---|---|
 * | `WorkRequest`, `WorkResponse` | an order of the ERP, by its number, with its job orders or runs |
 * | `JobOrder` | a job order: `ID`, `StartTime` (earliest start), `DispatchStatus` (its state), `SegmentRequirementID` (the operation), `EquipmentRequirement` (the work unit, else the work center), `JobOrderParameter` (set-up values), `MaterialRequirement` (what is to be made) |
 * | `JobResponse` | a run of a job order: `ID`, `StartTime`, `EndTime`, `JobState` (`Running` or `Completed`), `EquipmentActual` (the work unit) |
 * | its JobResponseData `GoodQuantity`, `ScrapQuantity`, `ReworkQuantity` | pieces that were counted |
 * | its `MaterialActual` | what was used and made |
 */
import { formatInstant } from "../../base/instant.ts";
import type { Quantity } from "../../base/quantity.ts";
import type { Information } from "../b2mml/information.ts";
import type { Noun } from "../b2mml/noun.ts";
import { count, countIds, quantityValue } from "../b2mml/operations-response.map.ts";
import type { JobResponse } from "../response/job-response.ts";
import type { JobOrder, JobOrderState } from "../schedule/job-order.ts";

/** Nouns of job orders, and of their runs. */
export const jobOrderNouns = ["WorkSchedule", "JobList"] as const satisfies readonly Noun[];
export const jobResponseNouns = [
  "WorkPerformance",
  "WorkResponse",
  "JobResponseList",
  "JobResponse",
] as const satisfies readonly Noun[];

/** A job order and the number of the order that it is for. */
export interface DispatchedJob {
  readonly order: string;
  readonly jobOrder: JobOrder;
}

/** What was counted and moved in a run, summed. */
export interface RunSum {
  readonly what: "good" | "scrap" | "rework" | "used" | "produced";
  /** Empty for pieces, which are of the run's own product. */
  readonly material: string;
  readonly quantity: Quantity;
}

/** A run and the number of the order that it was for. */
export interface PerformedJob {
  readonly order: string;
  readonly run: JobResponse;
  readonly sums: readonly RunSum[];
}

/** @param id of the whole: the ERP that asks */
export function jobOrderContent(
  noun: (typeof jobOrderNouns)[number],
  id: string,
  jobs: readonly DispatchedJob[],
): readonly object[] {
  if (noun === "JobList") return [{ ID: id, WorkType: "Production", JobOrder: jobs.map(jobOrderOf) }];
  const requests = [...Map.groupBy(jobs, ({ order }) => order)].map(([order, own]): Information<"WorkRequest"> => ({
    ID: order,
    OperationsRequestID: order,
    JobOrder: own.map(jobOrderOf),
  }));
  return [{ ID: id, WorkType: "Production", WorkRequest: requests }];
}

/** What finds nothing is shown one thing called `none`, because 7.0.1 demands one. */
export function jobResponseContent(
  noun: (typeof jobResponseNouns)[number],
  id: string,
  jobs: readonly PerformedJob[],
): readonly object[] {
  const none = [{ ID: "none" }];
  const responses = jobs.map(jobResponseOf);
  if (noun === "JobResponse") return responses.length > 0 ? responses : none;
  if (noun === "JobResponseList") return [{ ID: id, WorkType: "Production", JobResponse: responses }];
  const perOrder = [...Map.groupBy(jobs, ({ order }) => order)].map(([order, own]): Information<"WorkResponse"> => ({
    ID: order,
    WorkRequestID: order,
    JobResponse: own.map(jobResponseOf),
  }));
  if (noun === "WorkPerformance") {
    return [{ ID: id, WorkType: "Production", WorkScheduleID: id, WorkResponse: perOrder }];
  }
  return perOrder.length > 0 ? perOrder : [{ ID: "none", JobResponse: [] }];
}

const statuses: Readonly<Record<JobOrderState, NonNullable<Information<"JobOrder">["DispatchStatus"]>>> = {
  waiting: "Waiting",
  ready: "Ready",
  running: "Running",
  held: "Held",
  completed: "Completed",
  aborted: "Aborted",
  cancelled: "Cancelled",
};

function jobOrderOf({ jobOrder }: DispatchedJob): Information<"JobOrder"> {
  const { id, segment, workCenter, workUnit, material, quantity, state, earliestStart, setup } = jobOrder;
  const parameters = setup.map(({ item, value }): Information<"Parameter"> => ({
    ID: item,
    Value: [{ ValueString: String(value) }],
  }));
  return {
    ID: id,
    WorkType: "Production",
    ...(earliestStart !== null && { StartTime: formatInstant(earliestStart) }),
    DispatchStatus: statuses[state],
    ...(parameters.length > 0 && { JobOrderParameter: parameters }),
    EquipmentRequirement: [{ ID: "1", EquipmentID: [workUnit ?? workCenter] }],
    MaterialRequirement: [
      { ID: "1", MaterialDefinitionID: [material], MaterialUse: "Produced", Quantity: [quantityValue(quantity)] },
    ],
    SegmentRequirementID: [segment],
  };
}

function jobResponseOf({ run, sums }: PerformedJob): Information<"JobResponse"> {
  const pieces = sums.flatMap(({ what, quantity }) =>
    what === "used" || what === "produced" ? [] : [count(countIds[what], quantity)],
  );
  const moved = sums
    .filter(({ what }) => what === "used" || what === "produced")
    .map(({ what, material, quantity }, index): Information<"MaterialActual"> => ({
      ID: String(index + 1),
      MaterialDefinitionID: [material],
      MaterialUse: what === "used" ? "Consumed" : "Produced",
      Quantity: [quantityValue(quantity)],
    }));
  return {
    ID: run.id,
    WorkType: "Production",
    StartTime: formatInstant(run.startedAt),
    ...(run.endedAt !== null && { EndTime: formatInstant(run.endedAt) }),
    ...(run.jobOrder !== null && { JobOrderID: run.jobOrder }),
    JobState: run.endedAt === null ? "Running" : "Completed",
    ...(pieces.length > 0 && { JobResponseData: pieces }),
    EquipmentActual: [{ ID: "1", EquipmentID: [run.workUnit] }],
    ...(moved.length > 0 && { MaterialActual: moved }),
  };
}
