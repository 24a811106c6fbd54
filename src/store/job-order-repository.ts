/** Job orders: what is dispatched, and how much of it was counted. */
import { toJson, withExactNumbers } from "../base/json.ts";
import type { JobOrderRepository, JobOrderRow } from "../flows/ports.ts";
import { jobOrderStates, type JobOrder, type JobOrderState } from "../isa95/schedule/job-order.ts";
import { at, exact, int, text, textOrNull, whenOrNull, type Query, type Row } from "./connection.ts";
import { projectOrders, projectProgress } from "./view/order-projection.ts";

export const jobOrderColumns = `id, request, segment, work_center, work_unit, material, quantity_micro, uom, state, dispatch_key, earliest_start,
  machine_order, machine_job, machine_article, setup, good_micro, scrap_micro, rework_micro, runs_ended, version`;

export function jobOrderRepository(query: Query): JobOrderRepository {
  return {
    async insert(jobOrders) {
      for (const jobOrder of jobOrders) query.post("job-order.insert", insertText, valuesOf(jobOrder));
      projectOrders(query, [...new Set(jobOrders.map((jobOrder) => jobOrder.request))].toSorted());
    },

    async ofRequest(request) {
      const rows = await query.run(
        "job-order.of-request",
        `select ${jobOrderColumns} from job_order where request = $1 order by id for no key update`,
        [request],
      );
      return rows.map(jobOrderRowOf);
    },

    async named(workCenter, job, article) {
      const rows = await query.run(
        "job-order.named",
        `select ${jobOrderColumns} from job_order where machine_job = $2 and work_center = $1
         and (machine_article is null or machine_article = $3) order by dispatch_key`,
        [workCenter, job, article],
      );
      return rows.map(jobOrderRowOf);
    },

    async lock(ids) {
      if (ids.length === 0) return [];
      const rows = await query.run(
        "job-order.lock",
        `select ${jobOrderColumns} from job_order where id = any ($1::text[]) order by id for no key update`,
        [ids],
      );
      return rows.map(jobOrderRowOf);
    },

    save: (row) => save(query, row),

    async dispatchable(workCenter, workUnit, limit, also) {
      const rows = await query.run(
        "job-order.dispatchable",
        `(select ${jobOrderColumns} from job_order where work_center = $1 and state = 'ready' and (work_unit is null or work_unit = $2)
            and good_micro < quantity_micro order by (runs_ended > 0), dispatch_key limit $3)
         union
         select ${jobOrderColumns} from job_order where id = any ($4::text[])`,
        [workCenter, workUnit, limit, also],
      );
      return rows.map(jobOrderRowOf);
    },
  };
}

async function save(
  query: Query,
  { jobOrder, goodMicro, scrapMicro, reworkMicro, runsEnded }: JobOrderRow,
): Promise<void> {
  const rows = await query.run(
    "job-order.save",
    `update job_order set state = $3, work_unit = $4, quantity_micro = $5, dispatch_key = $6, good_micro = $7, scrap_micro = $8,
     rework_micro = $9, runs_ended = $10, material = $11, earliest_start = $12, machine_order = $13, machine_job = $14,
     machine_article = $15, setup = $16, version = version + 1 where id = $1 and version = $2 returning id`,
    [
      jobOrder.id,
      jobOrder.version,
      jobOrder.state,
      jobOrder.workUnit,
      jobOrder.quantity.micro,
      jobOrder.dispatchKey,
      goodMicro,
      scrapMicro,
      reworkMicro,
      runsEnded,
      jobOrder.material,
      at(jobOrder.earliestStart),
      jobOrder.machineName?.jobOrderId ?? null,
      jobOrder.machineName?.job ?? null,
      jobOrder.machineName?.article ?? null,
      toJson(jobOrder.setup),
    ],
  );
  if (rows.length !== 1) throw new Error(`Job order ${jobOrder.id} was changed by somebody else meanwhile.`);
  projectProgress(query, jobOrder.request);
}

const insertText = `insert into job_order (id, request, segment, work_center, work_unit, material, quantity_micro, uom, state,
  dispatch_key, earliest_start, machine_order, machine_job, machine_article, setup)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (id) do update set work_center = $4,
  work_unit = case when job_order.work_center = $4 then coalesce($5, job_order.work_unit) else $5 end, material = $6, quantity_micro = $7, uom = $8, state = $9,
  dispatch_key = $10, earliest_start = $11, machine_order = $12, machine_job = $13, machine_article = $14, setup = $15,
  version = job_order.version + 1`;

function valuesOf(jobOrder: JobOrder): readonly unknown[] {
  const { machineName: name } = jobOrder;
  return [
    jobOrder.id,
    jobOrder.request,
    jobOrder.segment,
    jobOrder.workCenter,
    jobOrder.workUnit,
    jobOrder.material,
    jobOrder.quantity.micro,
    jobOrder.quantity.uom,
    jobOrder.state,
    jobOrder.dispatchKey,
    at(jobOrder.earliestStart),
    name?.jobOrderId ?? null,
    name?.job ?? null,
    name?.article ?? null,
    toJson(jobOrder.setup),
  ];
}

export function jobOrderRowOf(row: Row): JobOrderRow {
  const machineOrder = textOrNull(row["machine_order"]);
  const jobOrder: JobOrder = {
    id: text(row["id"]),
    request: text(row["request"]),
    segment: text(row["segment"]),
    workCenter: text(row["work_center"]),
    workUnit: textOrNull(row["work_unit"]),
    material: text(row["material"]),
    quantity: { micro: exact(row["quantity_micro"]), uom: text(row["uom"]) },
    state: stateOf(text(row["state"])),
    dispatchKey: text(row["dispatch_key"]),
    earliestStart: whenOrNull(row["earliest_start"]),
    machineName:
      machineOrder === null
        ? null
        : { jobOrderId: machineOrder, job: text(row["machine_job"]), article: textOrNull(row["machine_article"]) },
    setup: withExactNumbers<JobOrder["setup"]>(row["setup"]),
    version: int(row["version"]),
  };
  return {
    jobOrder,
    goodMicro: exact(row["good_micro"]),
    scrapMicro: exact(row["scrap_micro"]),
    reworkMicro: exact(row["rework_micro"]),
    runsEnded: int(row["runs_ended"]),
  };
}

function stateOf(value: string): JobOrderState {
  const state = jobOrderStates.find((known) => known === value);
  if (!state) throw new Error(`The database holds the job order state "${value}", which this program does not know.`);
  return state;
}
